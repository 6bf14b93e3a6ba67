/** What became of our payments: read from the store a page at a time, parts one by one or gathered to whole payments. */

import { type Msat, max, msat } from '../../base/types/amount.ts';
import type { NodeId, PaymentHash, PaymentPreimage } from '../../base/types/brand.ts';
import { readAll } from '../../infra/store/read-all.ts';
import type { SqlValue, Store } from '../../infra/store/store.ts';
import { MAX_COLUMN } from '../../infra/store/u64.ts';
import { SELECT_SENDPAYS, type Sendpay, sendpayOf } from './sendpay.ts';

const PAGE_ROWS = 500;

/** Which parts, in which order. */
export interface SendpayQuery {
  readonly payment_hash?: PaymentHash | undefined;
  readonly status?: Sendpay['status'] | undefined;
  /** `updated` leaves out what is still as it was made. */
  readonly index: 'created' | 'updated';
  /** The first index. */
  readonly start: bigint;
  readonly limit?: number | undefined;
}

/** A payment with all its parts. */
export interface Payment {
  readonly payment_hash: PaymentHash;
  readonly groupid: bigint;
  readonly status: Sendpay['status'];
  readonly destination: NodeId;
  readonly created_at: number;
  readonly completed_at: number | undefined;
  readonly label: string | undefined;
  readonly bolt11: string | undefined;
  readonly description: string | undefined;
  readonly preimage: PaymentPreimage | undefined;
  /** Of the parts that are not failed; zero when all are. */
  readonly amount_msat: Msat;
  readonly amount_sent_msat: Msat;
  readonly number_of_parts: number;
  /** Of its first part. */
  readonly created_index: bigint;
  /** Of the part that changed last. */
  readonly updated_index: bigint | undefined;
}

/** The parts of a payment, oldest first. */
export async function partsOf(store: Store, payment_hash: PaymentHash): Promise<readonly Sendpay[]> {
  const rows = await readAll(store, `${SELECT_SENDPAYS} WHERE payment_hash = ? ORDER BY created_index`, [payment_hash]);
  return rows.map(sendpayOf);
}

/** The number of the latest try to pay, of its parts; 0 when there was none. */
export function latestGroup(parts: readonly Sendpay[]): bigint {
  return parts.reduce((latest, { groupid }) => max(latest, groupid), 0n);
}

/** Parts in the order of an index, read as they are asked for. */
export async function* listParts(store: Store, query: SendpayQuery): AsyncGenerator<Sendpay> {
  const { payment_hash, status, index, limit } = query;
  const column = `${index}_index`;
  let { start } = query;
  // No index is so high.
  if (start > MAX_COLUMN) return;
  let left = limit ?? Number.POSITIVE_INFINITY;
  while (left > 0) {
    const conditions = [`${column} >= ?`];
    const params: SqlValue[] = [start];
    if (payment_hash !== undefined) {
      conditions.push('payment_hash = ?');
      params.push(payment_hash);
    }
    if (status !== undefined) {
      conditions.push('status = ?');
      params.push(status);
    }
    const page = Math.min(left, PAGE_ROWS);
    const sql = `${SELECT_SENDPAYS} WHERE ${conditions.join(' AND ')} ORDER BY ${column} LIMIT ?`;
    const rows = (await store.read(sql, [...params, BigInt(page)])).map(sendpayOf);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < page) return;
    left -= rows.length;
    start = ((index === 'created' ? last.created_index : last.updated_index) as bigint) + 1n;
  }
}

/** Gathers the parts of one try to pay. `parts` are of one hash and group, oldest first, and not none. */
export function gather(parts: readonly Sendpay[]): Payment {
  const [first] = parts;
  if (first === undefined) throw new RangeError('a payment has at least one part');
  const complete = parts.find((part) => part.status === 'complete');
  const isPending = parts.some((part) => part.status === 'pending');
  const counted = parts.filter((part) => part.status !== 'failed');
  const updated = parts.flatMap(({ updated_index }) => (updated_index === undefined ? [] : [updated_index]));
  return {
    payment_hash: first.payment_hash,
    groupid: first.groupid,
    status: complete !== undefined ? 'complete' : isPending ? 'pending' : 'failed',
    destination: first.destination,
    created_at: first.created_at,
    completed_at: complete?.completed_at,
    label: first.label,
    bolt11: first.bolt11,
    description: first.description,
    preimage: complete?.payment_preimage,
    amount_msat: msat(counted.reduce((total, part) => total + part.amount_msat, 0n)),
    amount_sent_msat: msat(counted.reduce((total, part) => total + part.amount_sent_msat, 0n)),
    number_of_parts: counted.length,
    created_index: first.created_index,
    updated_index: updated.length === 0 ? undefined : updated.reduce((most, each) => max(most, each)),
  };
}

/** Payments in the order of their first parts, each gathered from its parts. */
export async function* listPayments(store: Store, query: SendpayQuery): AsyncGenerator<Payment> {
  let left = query.limit ?? Number.POSITIVE_INFINITY;
  const { status, limit: _limit, ...rest } = query;
  for await (const part of listParts(store, rest)) {
    const group = (await partsOf(store, part.payment_hash)).filter(({ groupid }) => groupid === part.groupid);
    const payment = gather(group);
    // Each payment stands where the part stands that gives it its index.
    const place = query.index === 'created' ? payment.created_index : payment.updated_index;
    const own = query.index === 'created' ? part.created_index : part.updated_index;
    if (place !== own || (status !== undefined && payment.status !== status)) continue;
    if (left <= 0) return;
    left--;
    yield payment;
  }
}
