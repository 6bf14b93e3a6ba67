/** A channel that is bought ahead (bLIP 51), from its price to its end, and its row in the table `channel_orders`. */
import { type Sat, sat } from '../../base/types/amount.ts';
import type { NodeId, Txid } from '../../base/types/brand.ts';
import { eventData, eventWrites } from '../../infra/store/event-rows.ts';
import type { Row, SqlValue, Write } from '../../infra/store/store.ts';

/**
 * `quoted`: its price is known, and nothing is promised. `paying`: the node will pay it, or pays it, whatever happens.
 * `paid`: the provider has the money, and owes the channel. `delivered`: the channel is there. `refunded`: no channel,
 * and the money is ours again. `failed`: no channel, and nothing was paid, or it was and is lost: `problem` says which.
 * `expired`: it was not paid in time.
 */
export type OrderStatus = 'quoted' | 'paying' | 'paid' | 'delivered' | 'refunded' | 'failed' | 'expired';

/** The ways to pay. */
export type PayWay = 'lightning' | 'onchain';

/** What one way to pay costs. */
export interface PayOption {
  readonly fee_sat: Sat;
  readonly total_sat: Sat;
  /** The invoice, or the address. */
  readonly to: string;
  /** Unix time, seconds. */
  readonly expires_at: number;
}

/** An order. The provider's own texts in it are never shown. */
export interface ChannelOrder {
  /** 1, 2, 3 ...: how the operator names it. */
  readonly number: number;
  readonly provider_id: NodeId;
  /** The provider's name for it. */
  readonly order_id: string;
  readonly lsp_balance_sat: Sat;
  readonly channel_expiry_blocks: number;
  readonly announce_channel: boolean;
  /** Who wanted it. */
  readonly wanted_by: 'operator' | 'inbound-keep';
  /** Unix time, seconds. */
  readonly created_at: number;
  readonly lightning: PayOption | undefined;
  readonly onchain: PayOption | undefined;
  /** Where a refund on the chain comes to. */
  readonly refund_address: string;
  readonly status: OrderStatus;
  /** From `paying` on. */
  readonly pay_way: PayWay | undefined;
  readonly paid_at: number | undefined;
  /** The height of the chain when it was bought. */
  readonly ordered_height: number | undefined;
  /** The transaction that paid, on the chain. */
  readonly payment_txid: Txid | undefined;
  readonly funding_txid: Txid | undefined;
  readonly funding_outnum: number | undefined;
  /** Until when the provider keeps the channel: Unix time, seconds. */
  readonly channel_expires_at: number | undefined;
  /** What is wrong, in our own words. */
  readonly problem: string | undefined;
}

/** What the way that was chosen costs; before that the cheapest. Undefined when there is no way. */
export function optionOf({ pay_way, lightning, onchain }: ChannelOrder): PayOption | undefined {
  if (pay_way !== undefined) return pay_way === 'lightning' ? lightning : onchain;
  if (lightning === undefined || onchain === undefined) return lightning ?? onchain;
  return onchain.fee_sat < lightning.fee_sat ? onchain : lightning;
}

/** Until when one of its prices holds. */
export function expiryOf({ lightning, onchain }: ChannelOrder): number {
  return Math.max(lightning?.expires_at ?? 0, onchain?.expires_at ?? 0);
}

/** Whether something may still happen to it. */
export function isOpen({ status }: ChannelOrder): boolean {
  return status === 'paying' || status === 'paid';
}

const COLUMNS = [
  'number',
  'provider_id',
  'order_id',
  'lsp_balance_sat',
  'channel_expiry_blocks',
  'announce_channel',
  'wanted_by',
  'created_at',
  'lightning_fee_sat',
  'lightning_total_sat',
  'lightning_invoice',
  'lightning_expires_at',
  'onchain_fee_sat',
  'onchain_total_sat',
  'onchain_address',
  'onchain_expires_at',
  'refund_address',
  'status',
  'pay_way',
  'paid_at',
  'ordered_height',
  'payment_txid',
  'funding_txid',
  'funding_outnum',
  'channel_expires_at',
  'problem',
] as const;

const CHANGING = COLUMNS.slice(COLUMNS.indexOf('status'));

/** Writes the order down, new or changed. */
export function orderWrite(order: ChannelOrder): Write {
  return {
    sql: `INSERT INTO channel_orders (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})
      ON CONFLICT (number) DO UPDATE SET ${CHANGING.map((name) => `${name} = excluded.${name}`).join(', ')}`,
    params: [
      order.number,
      order.provider_id,
      order.order_id,
      order.lsp_balance_sat,
      order.channel_expiry_blocks,
      order.announce_channel ? 1 : 0,
      order.wanted_by,
      order.created_at,
      ...optionParams(order.lightning),
      ...optionParams(order.onchain),
      order.refund_address,
      order.status,
      order.pay_way ?? null,
      order.paid_at ?? null,
      order.ordered_height ?? null,
      order.payment_txid ?? null,
      order.funding_txid ?? null,
      order.funding_outnum ?? null,
      order.channel_expires_at ?? null,
      order.problem ?? null,
    ],
  };
}

function optionParams(option: PayOption | undefined): readonly SqlValue[] {
  return option === undefined
    ? [null, null, null, null]
    : [option.fee_sat, option.total_sat, option.to, option.expires_at];
}

/** Forgets an order. */
export function orderDelete(number: number): Write {
  return { sql: 'DELETE FROM channel_orders WHERE number = ?', params: [number] };
}

/** The event that belongs to the change, for the same unit. */
export function orderEvent(
  type: 'inbound.ordered' | 'inbound.delivered' | 'inbound.refunded' | 'inbound.failed',
  order: ChannelOrder,
  now_seconds: number,
): readonly Write[] {
  const option = optionOf(order);
  const data = eventData({
    order: order.number,
    provider_id: order.provider_id,
    amount_msat: order.lsp_balance_sat * 1000n,
    fee_msat: option && option.fee_sat * 1000n,
    pay_way: order.pay_way,
    wanted_by: order.wanted_by,
    funding_txid: order.funding_txid,
    funding_outnum: order.funding_outnum,
    problem: order.problem,
  });
  return eventWrites({ type, at: now_seconds, data });
}

/** Reads all orders, the first one first. */
export const SELECT_ORDERS = `SELECT ${COLUMNS.join(', ')} FROM channel_orders ORDER BY number`;

/** A row of the table. */
export function readOrderRow(row: Row): ChannelOrder {
  const numberOf = (name: (typeof COLUMNS)[number]): number | undefined =>
    row[name] === null ? undefined : Number(row[name]);
  const textOf = <T extends string>(name: (typeof COLUMNS)[number]): T | undefined =>
    (row[name] as T | null) ?? undefined;
  return {
    number: Number(row.number),
    provider_id: row.provider_id as NodeId,
    order_id: row.order_id as string,
    lsp_balance_sat: sat(row.lsp_balance_sat as bigint),
    channel_expiry_blocks: Number(row.channel_expiry_blocks),
    announce_channel: row.announce_channel === 1n,
    wanted_by: row.wanted_by as ChannelOrder['wanted_by'],
    created_at: Number(row.created_at),
    lightning: optionIn(row, 'lightning', 'lightning_invoice'),
    onchain: optionIn(row, 'onchain', 'onchain_address'),
    refund_address: row.refund_address as string,
    status: row.status as OrderStatus,
    pay_way: textOf('pay_way'),
    paid_at: numberOf('paid_at'),
    ordered_height: numberOf('ordered_height'),
    payment_txid: textOf('payment_txid'),
    funding_txid: textOf('funding_txid'),
    funding_outnum: numberOf('funding_outnum'),
    channel_expires_at: numberOf('channel_expires_at'),
    problem: textOf('problem'),
  };
}

function optionIn(row: Row, way: PayWay, to: 'lightning_invoice' | 'onchain_address'): PayOption | undefined {
  if (row[to] === null) return undefined;
  return {
    fee_sat: sat(row[`${way}_fee_sat`] as bigint),
    total_sat: sat(row[`${way}_total_sat`] as bigint),
    to: row[to] as string,
    expires_at: Number(row[`${way}_expires_at`]),
  };
}
