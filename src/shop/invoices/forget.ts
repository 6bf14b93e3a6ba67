/**
 * Invoices that somebody outside asked for, such as the payer of a Lightning address. Anybody can have them made, so they
 * must not fill the database: until one is paid the log of events says nothing of it, and an hour after it has expired it
 * is deleted. What was paid is kept like any other payment.
 */
import { nextNumber } from '../../infra/store/counters.ts';
import type { Store, Write } from '../../infra/store/store.ts';
import type { InvoiceChanges } from './changes.ts';
import { COLUMNS, readInvoice } from './row.ts';

/** How long an expired one is kept, so that a late look still finds it. Seconds. */
export const FORGET_AFTER_SECONDS = 3600;
/** Rows that are deleted in one go, so that others get their turn between two. */
const FORGET_ROWS = 200;

const COUNT = `SELECT COUNT(*) AS count FROM
  (SELECT 1 AS found FROM invoices WHERE is_transient = 1 AND state = 'unpaid' LIMIT ?) AS found_rows`;
const NEXT = "SELECT MIN(expires_at) AS expires_at FROM invoices WHERE is_transient = 1 AND state = 'expired'";
const DUE = `SELECT ${COLUMNS} FROM invoices WHERE is_transient = 1 AND state = 'expired' AND expires_at <= ?
  ORDER BY expires_at LIMIT ${FORGET_ROWS}`;
const FORGET = `DELETE FROM invoices WHERE created_index = ? AND is_transient = 1 AND state = 'expired'
  RETURNING ${nextNumber('invoices_deleted')} AS deleted_index`;

/** How many of them are not paid yet and not written down as expired; at most `most`. */
export async function countTransient(store: Store, most: number): Promise<number> {
  const [row] = await store.read(COUNT, [most]);
  return Number(row?.count);
}

/** When the next one is to be deleted, in Unix time; undefined when none has expired. */
export async function readForgetAt(store: Store): Promise<number | undefined> {
  const [row] = await store.read(NEXT);
  return typeof row?.expires_at === 'bigint' ? Number(row.expires_at) + FORGET_AFTER_SECONDS : undefined;
}

/** Deletes those whose time has come. Only `wait` hears of it. */
export async function forgetDue(store: Store, now_seconds: number, changes: InvoiceChanges): Promise<void> {
  for (;;) {
    const rows = await store.read(DUE, [now_seconds - FORGET_AFTER_SECONDS]);
    if (rows.length === 0) return;
    await Promise.all(
      rows.map(async (row) => {
        const invoice = readInvoice(row, now_seconds);
        const write: Write = { sql: FORGET, params: [invoice.created_index], stop_if_no_row: true };
        const result = await store.commit([write]);
        if (!result.committed) return;
        const index = Number(result.rows[0]?.[0]?.deleted_index);
        changes.announce({ what: 'deleted', counter: 'deleted', index, invoice });
      }),
    );
  }
}
