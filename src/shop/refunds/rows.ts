/** Refunds as rows, and the units that record and end them: what was given back of an invoice changes with each. */
import { type Msat, msat } from '../../base/types/amount.ts';
import type { PaymentHash, Txid } from '../../base/types/brand.ts';
import type { CurrencyCode } from '../../base/types/currency.ts';
import { lastNumber, nextNumber } from '../../infra/store/counters.ts';
import { eventData, eventWrites, selectedEvents } from '../../infra/store/event-rows.ts';
import { readAll } from '../../infra/store/read-all.ts';
import type { Row, SqlValue, Store, Write } from '../../infra/store/store.ts';
import { MAX_COLUMN } from '../../infra/store/u64.ts';
import type { Refunded } from './money.ts';
import type { Refund, RefundMethod, RefundStatus } from './refund.ts';

/** A refund before it has its number. */
export type NewRefund = Omit<Refund, 'refund_id' | 'status' | 'fee_msat' | 'txid' | 'failure' | 'ended_at'>;

/** How a refund ends. */
export type RefundEnd =
  | { readonly status: 'sent'; readonly fee_msat: bigint }
  | { readonly status: 'failed'; readonly failure: string };

const COLUMNS = `refund_id, invoice_index, label, status, method, destination, amount_msat, currency, amount, fee_msat, bolt11,
  payment_hash, txid, failure, note, idempotency_key, created_at, ended_at`;
const INSERT = `INSERT INTO refunds (refund_id, invoice_index, label, status, method, destination, amount_msat, currency, amount,
    bolt11, payment_hash, note, idempotency_key, created_at)
  VALUES (${nextNumber('refunds')}, ?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING refund_id`;

const CREATED = selectedEvents({
  type: 'refund.created',
  label: 'CAST(? AS TEXT)',
  data: `'{"refund_id":' || ${lastNumber('refunds')} || ',' || CAST(? AS TEXT)`,
});

/** Which statement of `recordUnit` stopped it. */
export const STOPPED_BY = { total: 1, twin: 2 } as const;

/**
 * The unit that records a refund, if nothing was given back of the invoice since `before` was read, and neither its key nor
 * its payment has another refund.
 */
export function recordUnit(refund: NewRefund, before: Refunded): readonly Write[] {
  const { invoice_index, label, method, destination, amount_msat, money, bolt11, payment_hash, note } = refund;
  const { idempotency_key, created_at } = refund;
  const after = [before.amount_msat + amount_msat, before.amount + (money?.amount ?? 0n)];
  const told = eventData({ created_index: invoice_index, method, amount_msat, ...money }).slice(1);
  return [
    {
      sql: 'INSERT INTO refund_totals (invoice_index, amount_msat, amount) VALUES (?, 0, 0) ON CONFLICT DO NOTHING',
      params: [invoice_index],
    },
    {
      sql: 'UPDATE refund_totals SET amount_msat = ?, amount = ? WHERE invoice_index = ? AND amount_msat = ? AND amount = ?',
      params: [...after, invoice_index, before.amount_msat, before.amount],
      stop_if_no_row: true,
    },
    {
      sql: INSERT,
      params: [
        invoice_index,
        label,
        method,
        destination,
        amount_msat,
        money?.currency ?? null,
        money?.amount ?? null,
        bolt11 ?? null,
        payment_hash ?? null,
        note ?? null,
        idempotency_key ?? null,
        created_at,
      ],
      stop_if_no_row: true,
    },
    ...CREATED(created_at, [label, told]),
  ];
}

/** For the unit that makes the transaction of a refund durable. */
export function txidWrite(refund_id: number, txid: Txid): Write {
  return { sql: "UPDATE refunds SET txid = ? WHERE refund_id = ? AND status = 'pending'", params: [txid, refund_id] };
}

/** The unit that ends a refund, if it has not ended. A failed one leaves its amount to be given back another time. */
export function endUnit(refund: Refund, end: RefundEnd, now_seconds: number): readonly Write[] {
  const { refund_id, invoice_index, label, method, amount_msat, money, payment_hash, txid } = refund;
  const [fee_msat, failure] = end.status === 'sent' ? [end.fee_msat, undefined] : [undefined, end.failure];
  const told = {
    refund_id,
    created_index: invoice_index,
    method,
    amount_msat,
    ...money,
    fee_msat,
    payment_hash,
    txid,
    failure,
  };
  return [
    {
      sql: `UPDATE refunds SET status = ?, fee_msat = ?, failure = ?, ended_at = ?
        WHERE refund_id = ? AND status = 'pending'`,
      params: [end.status, fee_msat ?? null, failure ?? null, now_seconds, refund_id],
      stop_if_no_row: true,
    },
    ...(end.status === 'sent'
      ? []
      : [
          {
            sql: 'UPDATE refund_totals SET amount_msat = amount_msat - ?, amount = amount - ? WHERE invoice_index = ?',
            params: [amount_msat, money?.amount ?? 0n, invoice_index],
          },
        ]),
    ...eventWrites({ type: `refund.${end.status}`, at: now_seconds, label, data: eventData(told) }),
  ];
}

/** What was given back of the invoice so far, or is on its way. */
export async function readRefunded(store: Store, invoice_index: number): Promise<Refunded> {
  const sql = 'SELECT amount_msat, amount FROM refund_totals WHERE invoice_index = ?';
  const [row] = await store.read(sql, [invoice_index]);
  return { amount_msat: (row?.amount_msat as bigint) ?? 0n, amount: (row?.amount as bigint) ?? 0n };
}

/** The refund with this number, key or payment. */
export async function findRefund(
  store: Store,
  by: { readonly refund_id: number } | { readonly idempotency_key: string } | { readonly payment_hash: PaymentHash },
): Promise<Refund | undefined> {
  const [[column, value] = ['refund_id', 0]] = Object.entries(by) as [string, SqlValue][];
  const open = column === 'payment_hash' ? " AND status <> 'failed'" : '';
  const [row] = await store.read(`SELECT ${COLUMNS} FROM refunds WHERE ${column} = ?${open}`, [value]);
  return row === undefined ? undefined : readRefund(row);
}

/** Those that have not ended. */
export async function readPending(store: Store): Promise<readonly Refund[]> {
  const rows = await readAll(store, `SELECT ${COLUMNS} FROM refunds WHERE status = 'pending' ORDER BY refund_id`);
  return rows.map(readRefund);
}

/** Which refunds to list. */
export interface RefundQuery {
  /** Of the invoice with this label. */
  readonly label?: string | undefined;
  readonly status?: RefundStatus | undefined;
  /** The first number. */
  readonly start?: bigint | undefined;
  readonly limit?: number | undefined;
}

const PAGE_ROWS = 500;

/** The refunds in the order of their numbers, read as they are asked for. */
export async function* listRefunds(store: Store, query: RefundQuery): AsyncGenerator<Refund, void> {
  const { label, status, start = 0n, limit = Number.POSITIVE_INFINITY } = query;
  if (start > MAX_COLUMN) return;
  const conditions = ['refund_id >= ?', ...(label === undefined ? [] : ['label = ?'])];
  if (status !== undefined) conditions.push('status = ?');
  const rest = [label, status].filter((value) => value !== undefined);
  const sql = `SELECT ${COLUMNS} FROM refunds WHERE ${conditions.join(' AND ')} ORDER BY refund_id LIMIT ?`;
  let from: bigint = start;
  for (let left = limit; left > 0; ) {
    const rows = await store.read(sql, [from, ...rest, Math.min(PAGE_ROWS, left)]);
    for (const row of rows) yield readRefund(row);
    if (rows.length < PAGE_ROWS) return;
    left -= rows.length;
    from = (rows.at(-1)?.refund_id as bigint) + 1n;
  }
}

function readRefund(row: Row): Refund {
  const text = (name: string): string | undefined => (row[name] as string | null) ?? undefined;
  const amount = (name: string): Msat | undefined => (row[name] === null ? undefined : msat(row[name] as bigint));
  return {
    refund_id: Number(row.refund_id),
    invoice_index: Number(row.invoice_index),
    label: row.label as string,
    status: row.status as RefundStatus,
    method: row.method as RefundMethod,
    destination: row.destination as string,
    amount_msat: amount('amount_msat') as Msat,
    money: row.currency === null ? undefined : { currency: row.currency as CurrencyCode, amount: row.amount as bigint },
    fee_msat: amount('fee_msat'),
    bolt11: text('bolt11'),
    payment_hash: text('payment_hash') as PaymentHash | undefined,
    txid: text('txid') as Txid | undefined,
    failure: text('failure'),
    note: text('note'),
    idempotency_key: text('idempotency_key'),
    created_at: Number(row.created_at),
    ended_at: row.ended_at === null ? undefined : Number(row.ended_at),
  };
}
