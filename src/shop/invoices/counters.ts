/**
 * The indexes of invoices, from counter rows: a number is taken in the unit that uses it, so none is skipped, doubled,
 * or seen before a smaller one.
 */
import type { Store, Write } from '../../infra/store/store.ts';

/** What is counted. */
export type InvoiceCounter =
  | 'invoices_created'
  | 'invoices_updated'
  | 'invoices_deleted'
  | 'invoices_paid'
  | 'autoclean_expiredinvoices'
  | 'autoclean_paidinvoices';

/** Takes the next number. The unit's later statements see it by `counterValue`. */
export function takeNext(counter: InvoiceCounter): Write {
  return { sql: 'UPDATE counters SET value = value + 1 WHERE name = ? RETURNING value', params: [counter] };
}

/** SQL for the number that the unit has taken. */
export function counterValue(counter: InvoiceCounter): string {
  return `(SELECT value FROM counters WHERE name = '${counter}')`;
}

/** The last number that was taken; 0 before the first. */
export async function readCounter(store: Store, counter: InvoiceCounter): Promise<number> {
  const [row] = await store.read('SELECT value FROM counters WHERE name = ?', [counter]);
  return Number(row?.value ?? 0);
}
