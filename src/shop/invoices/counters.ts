/**
 * The indexes of invoices: a number is taken by the statement that uses it (infra/store/counters.ts), so none is skipped,
 * doubled, or seen before a smaller one. And how many invoices were removed because of their age.
 */
import type { Store, Write } from '../../infra/store/store.ts';

/** How many were removed because of their age, by what they were. */
export type CleanedCounter = 'autoclean_expiredinvoices' | 'autoclean_paidinvoices';

/** What is counted. */
export type InvoiceCounter =
  | 'invoices_created'
  | 'invoices_updated'
  | 'invoices_deleted'
  | 'invoices_paid'
  | CleanedCounter;

/** One more was removed. */
export function countCleaned(counter: CleanedCounter): Write {
  return { sql: 'UPDATE counters SET value = value + 1 WHERE name = ?', params: [counter] };
}

/** The last number that was taken; 0 before the first. */
export async function readCounter(store: Store, counter: InvoiceCounter): Promise<number> {
  const [row] = await store.read('SELECT value FROM counters WHERE name = ?', [counter]);
  return Number(row?.value ?? 0);
}
