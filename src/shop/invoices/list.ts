/**
 * Listings, in pages: a million invoices pass through in the memory of one page, and others are served between two.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MAX_COLUMN } from '../../infra/store/u64.ts';
import type { Invoice, InvoiceStatus } from './invoice.ts';
import { hasMembers } from './metadata.ts';
import type { InvoicesContext } from './ports.ts';
import { readInvoice } from './row.ts';

/** What to list, and in which order. */
export interface ListQuery {
  readonly index?: 'created' | 'updated' | 'paid' | undefined;
  /** The first index, inclusive. */
  readonly start?: bigint | undefined;
  readonly limit?: number | undefined;
  /** From the highest index down. */
  readonly reverse?: boolean | undefined;
  readonly status?: InvoiceStatus | undefined;
  /** Unix time: created (with index `paid`: paid) then or later. */
  readonly since?: bigint | undefined;
  /** Unix time: created (with index `paid`: paid) before then. */
  readonly until?: bigint | undefined;
  /** Text in the description, in either case. */
  readonly description?: string | undefined;
  /** Members that the metadata must have, with these values. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** Rows that a listing reads at a time when it is not told. */
export const DEFAULT_PAGE_ROWS = 500;

const INDEX_COLUMN = { created: 'created_index', updated: 'updated_index', paid: 'pay_index' } as const;

/** The invoices, read as they are asked for. */
export async function* listInvoices(context: InvoicesContext, query: ListQuery): AsyncGenerator<Invoice, void> {
  const { clock, price_rows, page_rows = DEFAULT_PAGE_ROWS } = context;
  const column = INDEX_COLUMN[query.index ?? 'created'];
  const [bound, order] = query.reverse === true ? ['<=', 'DESC'] : ['>=', 'ASC'];
  const where = `FROM invoices WHERE ${column} IS NOT NULL AND ${column} ${bound} ?
    ORDER BY ${column} ${order} LIMIT ?`;
  const matches = matcherOf(query);
  let left = query.limit ?? Number.POSITIVE_INFINITY;
  let from = query.start ?? (query.reverse === true ? MAX_COLUMN : 0n);
  if (from > MAX_COLUMN) {
    if (query.reverse !== true) return;
    from = MAX_COLUMN;
  }
  for (;;) {
    const rows = await price_rows.select(where, [from, Math.min(page_rows, left)]);
    for (const row of rows) {
      from = (row[column] as bigint) + (query.reverse === true ? -1n : 1n);
      const invoice = readInvoice(row, clock.nowSeconds());
      if (!matches(invoice)) continue;
      yield invoice;
      if (--left === 0) return;
    }
    if (rows.length === 0) return;
    await nextTurn();
  }
}

/** Whether an invoice is what the query asks for, wherever it stands in the order. */
export function matcherOf(query: ListQuery): (invoice: Invoice) => boolean {
  const words = query.description?.toLowerCase();
  const members = query.metadata === undefined ? undefined : Object.entries(query.metadata);
  return (invoice) => {
    const time = BigInt(query.index === 'paid' && invoice.status === 'paid' ? invoice.paid_at : invoice.created_at);
    if (query.status !== undefined && invoice.status !== query.status) return false;
    if (query.since !== undefined && time < query.since) return false;
    if (query.until !== undefined && time >= query.until) return false;
    if (words !== undefined && invoice.description?.toLowerCase().includes(words) !== true) return false;
    return members === undefined || hasMembers(invoice.metadata, members);
  };
}
