/** An order: a channel that a provider has promised to open for the payment of one invoice (bLIP 52). */
import type { Msat } from '../../base/types/amount.ts';
import type { ChannelId, NodeId, PaymentHash } from '../../base/types/brand.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import { openingFee } from '../../codec/lsps/lsps2.ts';
import type { Row, SqlValue, Write } from '../../infra/store/store.ts';
import { u64FromColumn, u64ToColumn } from '../../infra/store/u64.ts';

/** What was promised. It is kept in our own table and never on the wire: nobody else can change it. */
export interface Order {
  readonly payment_hash: PaymentHash;
  /** The provider. */
  readonly node_id: NodeId;
  readonly jit_channel_scid: ShortChannelId;
  /** The amount of the invoice; undefined: the payer chooses. */
  readonly payment_size_msat: Msat | undefined;
  readonly min_fee_msat: Msat;
  /** Millionths of the payment. */
  readonly proportional: number;
  /** Unix time, seconds: from then on the invoice cannot be paid, or the provider need not open a channel. */
  readonly valid_until: number;
  /** Blocks. */
  readonly min_lifetime: number;
  readonly max_client_to_self_delay: number;
  /** The provider may send the funding only when it has the preimage, and the operator accepts that. */
  readonly client_trusts_lsp: boolean;
  /** Unix time, seconds. */
  readonly created_at: number;
  /** The channel that was opened for it, if one was. */
  readonly channel_id: ChannelId | undefined;
}

/** The most that may be taken off a payment of this size; undefined when it cannot be reckoned. */
export function feeOf(order: Order, total_msat: Msat): Msat | undefined {
  return openingFee(order.payment_size_msat ?? total_msat, order);
}

const INSERT = `INSERT INTO jit_orders (payment_hash, node_id, jit_channel_scid, payment_size_msat, min_fee_msat, proportional,
    valid_until, min_lifetime, max_client_to_self_delay, client_trusts_lsp, created_at, state, channel_id)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', NULL)`;

/** The row of a new order: part of the unit that makes its invoice. */
export function orderWrite(order: Order): Write {
  return {
    sql: INSERT,
    params: [
      order.payment_hash,
      order.node_id,
      order.jit_channel_scid,
      order.payment_size_msat === undefined ? null : u64ToColumn(order.payment_size_msat),
      u64ToColumn(order.min_fee_msat),
      order.proportional,
      order.valid_until,
      order.min_lifetime,
      order.max_client_to_self_delay,
      order.client_trusts_lsp ? 1 : 0,
      order.created_at,
    ],
  };
}

/** Its channel, or none any more. */
export function channelWrite(payment_hash: PaymentHash, channel_id: ChannelId | null): Write {
  return { sql: 'UPDATE jit_orders SET channel_id = ? WHERE payment_hash = ?', params: [channel_id, payment_hash] };
}

/** It is paid, over this channel: part of the unit that marks its invoice paid. */
export function paidWrite(payment_hash: PaymentHash, channel_id: ChannelId | null): Write {
  return {
    sql: "UPDATE jit_orders SET state = 'paid', channel_id = ? WHERE payment_hash = ?",
    params: [channel_id, payment_hash],
  };
}

/** The orders that can still be paid at this Unix time; for `readAll`. */
export function openOrders(now_seconds: number): { readonly sql: string; readonly params: readonly SqlValue[] } {
  return {
    sql: "SELECT * FROM jit_orders WHERE state = 'open' AND valid_until > ? ORDER BY payment_hash",
    params: [now_seconds],
  };
}

/** One order. */
export const SELECT_ORDER = 'SELECT * FROM jit_orders WHERE payment_hash = ?';

/** Whether the payment of an invoice paid for this channel; of an invoice that is deleted it may have. */
export const SELECT_PAID_CHANNEL =
  "SELECT 1 AS found FROM jit_orders WHERE channel_id = ? AND state IN ('paid', 'deleted') LIMIT 1";

/** Whether there is any order at all. */
export const SELECT_ANY = 'SELECT 1 AS found FROM jit_orders LIMIT 1';

/** Whether the channel of an order is still there. As long as it is, the order says what it was bought for. */
const HAS_CHANNEL =
  'EXISTS (SELECT 1 FROM channels WHERE channels.channel_id = jit_orders.channel_id AND channels.is_closed = 0)';

/** Orders that came to nothing before this Unix time, and those whose invoice is deleted: unless their channel is there. */
export function forgetWrites(before_seconds: number): readonly Write[] {
  return [
    {
      sql: `DELETE FROM jit_orders WHERE state = 'open' AND valid_until < ? AND NOT ${HAS_CHANNEL}`,
      params: [before_seconds],
    },
    { sql: `DELETE FROM jit_orders WHERE state = 'deleted' AND NOT ${HAS_CHANNEL}`, params: [] },
  ];
}

/** The invoice of an order is deleted, in the same unit: nothing can be paid for it any more. */
export function deletionWrites(payment_hash: PaymentHash): readonly Write[] {
  return [
    { sql: `DELETE FROM jit_orders WHERE payment_hash = ? AND NOT ${HAS_CHANNEL}`, params: [payment_hash] },
    { sql: "UPDATE jit_orders SET state = 'deleted' WHERE payment_hash = ?", params: [payment_hash] },
  ];
}

/** The order of a row. */
export function readOrder(row: Row): Order {
  return {
    payment_hash: row.payment_hash as PaymentHash,
    node_id: row.node_id as NodeId,
    jit_channel_scid: row.jit_channel_scid as ShortChannelId,
    payment_size_msat:
      row.payment_size_msat === null ? undefined : (u64FromColumn(row.payment_size_msat as bigint) as Msat),
    min_fee_msat: u64FromColumn(row.min_fee_msat as bigint) as Msat,
    proportional: Number(row.proportional),
    valid_until: Number(row.valid_until),
    min_lifetime: Number(row.min_lifetime),
    max_client_to_self_delay: Number(row.max_client_to_self_delay),
    client_trusts_lsp: row.client_trusts_lsp === 1n,
    created_at: Number(row.created_at),
    channel_id: (row.channel_id as ChannelId | null) ?? undefined,
  };
}
