/** Deleting: one invoice by hand, its description alone, or old ones page by page. */
import { RpcError } from '../../base/errors.ts';
import { nextNumber } from '../../infra/store/counters.ts';
import type { Write } from '../../infra/store/store.ts';
import type { InvoiceChanges } from './changes.ts';
import { type CleanedCounter, countCleaned } from './counters.ts';
import { deletedEvent } from './events.ts';
import { findInvoice } from './find.ts';
import type { Invoice, InvoiceStatus } from './invoice.ts';
import type { InvoicesContext } from './ports.ts';
import { COLUMNS, readInvoice } from './row.ts';

/** Rows that are deleted in one go, so that others get their turn between two. */
const CLEAN_ROWS = 200;

const TABLE_COLUMNS = `created_index, updated_index, label, payment_hash, state, amount_msat, created_at, expires_at,
  min_final_cltv_expiry, payment_preimage, payment_secret, bolt11, description, metadata, pay_index,
  amount_received_msat, paid_at, paid_txid, paid_outnum, opening_fee_msat`;
const KEEP_PAYMENT = `INSERT INTO deleted_paid_invoices (${TABLE_COLUMNS})
  SELECT ${TABLE_COLUMNS} FROM invoices WHERE created_index = ? AND state = 'paid'`;
const DELETED_INDEX = `RETURNING ${nextNumber('invoices_deleted')} AS deleted_index`;
const DELETE_PAID = `DELETE FROM invoices WHERE created_index = ? AND state = 'paid' ${DELETED_INDEX}`;
const DELETE_UNPAID = `DELETE FROM invoices WHERE created_index = ? AND state <> 'paid' ${DELETED_INDEX}`;
const REMOVE_DESCRIPTION = `UPDATE invoices SET description = NULL, updated_index = ${nextNumber('invoices_updated')}
  WHERE created_index = ? AND description IS NOT NULL RETURNING `;

/** Which old invoices go: those that expired, or were paid, at this Unix time or before. */
export interface OldInvoices {
  readonly status: 'expired' | 'paid';
  readonly until_seconds: number;
}

const OLD = {
  // An invoice may have expired before the sweep has written so down.
  expired: `SELECT ${COLUMNS}, is_transient FROM invoices WHERE state = 'expired' AND expires_at <= ?
    UNION ALL SELECT ${COLUMNS}, is_transient FROM invoices WHERE state = 'unpaid' AND expires_at <= ?
    LIMIT ${CLEAN_ROWS}`,
  paid: `SELECT ${COLUMNS} FROM invoices WHERE pay_index IS NOT NULL AND paid_at <= ? LIMIT ${CLEAN_ROWS}`,
} as const;
const COUNT = {
  expired: `SELECT (SELECT COUNT(*) FROM invoices WHERE state = 'expired')
    + (SELECT COUNT(*) FROM invoices WHERE state = 'unpaid' AND expires_at <= ?) AS count`,
  paid: 'SELECT COUNT(*) AS count FROM invoices WHERE pay_index IS NOT NULL',
} as const;

export class Remover {
  readonly #options: InvoicesContext;
  readonly #changes: InvoiceChanges;

  constructor(options: InvoicesContext, changes: InvoiceChanges) {
    this.#options = options;
    this.#changes = changes;
  }

  /** Deletes the invoice, which must have the status. Answers it as it was. Throws RpcError. */
  async remove(label: string, status: string): Promise<Invoice> {
    for (;;) {
      const invoice = await this.#expect(label, status);
      if (await this.#delete(invoice, { is_told: true })) return invoice;
    }
  }

  /** Removes the description alone. Answers the invoice as it is then. Throws RpcError. */
  async removeDescription(label: string, status: string): Promise<Invoice> {
    const { store, clock, price_rows } = this.#options;
    for (;;) {
      const { created_index, description } = await this.#expect(label, status);
      if (description === undefined) {
        throw new RpcError('INVOICE_NO_DESCRIPTION', 'Invoice description already removed');
      }
      const sql = REMOVE_DESCRIPTION + price_rows.columns;
      const write: Write = { sql, params: [created_index], stop_if_no_row: true };
      const result = await store.commit([write]);
      const row = result.committed ? result.rows[0]?.[0] : undefined;
      if (row === undefined) continue;
      const invoice = readInvoice(row, clock.nowSeconds());
      const index = invoice.updated_index as number;
      this.#changes.announce({ what: 'description_removed', counter: 'updated', index, invoice });
      return invoice;
    }
  }

  /** Deletes old invoices; answers how many. The counter, if one is named, counts them durably. */
  async clean(old: OldInvoices, counter?: CleanedCounter): Promise<number> {
    const { store, clock } = this.#options;
    // What has not expired yet stays, whatever time was named.
    const until_seconds = Math.min(old.until_seconds, clock.nowSeconds());
    const values = old.status === 'paid' ? [until_seconds] : [until_seconds, until_seconds];
    const now = clock.nowSeconds();
    let cleaned = 0;
    for (;;) {
      const rows = await store.read(OLD[old.status], values);
      if (rows.length === 0) return cleaned;
      const deleted = await Promise.all(
        rows.map((row) => this.#delete(readInvoice(row, now), { counter, is_told: row.is_transient !== 1n })),
      );
      cleaned += deleted.filter(Boolean).length;
    }
  }

  /** How many invoices have the status now. */
  async count(status: 'expired' | 'paid'): Promise<number> {
    const values = status === 'paid' ? [] : [this.#options.clock.nowSeconds()];
    const [row] = await this.#options.store.read(COUNT[status], values);
    return Number(row?.count);
  }

  async #expect(label: string, status: string): Promise<Invoice> {
    const invoice = await findInvoice(this.#options, { label });
    if (invoice === undefined) throw new RpcError('INVOICE_NOT_FOUND', 'Unknown invoice');
    if (invoice.status === status) return invoice;
    const current_status: InvoiceStatus = invoice.status;
    throw new RpcError('INVOICE_STATUS_UNEXPECTED', `Invoice status is ${current_status} not ${status}`, {
      current_status,
      expected_status: status,
    });
  }

  /** False when the invoice was paid or deleted in the meantime. */
  async #delete(
    invoice: Invoice,
    { counter, is_told }: { readonly counter?: CleanedCounter | undefined; readonly is_told: boolean },
  ): Promise<boolean> {
    const { created_index, payment_hash } = invoice;
    const { store, clock, price_rows, jit } = this.#options;
    const writes: Write[] =
      invoice.status === 'paid'
        ? [
            { sql: KEEP_PAYMENT, params: [created_index], stop_if_no_row: true },
            { sql: DELETE_PAID, params: [created_index] },
          ]
        : [
            { sql: DELETE_UNPAID, params: [created_index], stop_if_no_row: true },
            ...price_rows.deletion(created_index),
          ];
    const counters = counter === undefined ? [] : [countCleaned(counter)];
    const event = is_told ? deletedEvent(invoice, clock.nowSeconds()) : [];
    const bought = jit?.deletionWrites(payment_hash) ?? [];
    const result = await store.commit([...writes, ...bought, ...event, ...counters]);
    if (!result.committed) return false;
    jit?.deleted(payment_hash);
    const index = Number(result.rows[invoice.status === 'paid' ? 1 : 0]?.[0]?.deleted_index);
    this.#changes.announce({ what: 'deleted', counter: 'deleted', index, invoice });
    return true;
  }
}
