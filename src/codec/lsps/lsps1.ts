/** bLIP 51 (LSPS1): channels that are bought ahead. What a provider offers, an order, and how it stands. */
import type { Sat } from '../../base/types/amount.ts';
import { type JsonObject, type JsonValue, LspsFormatError } from './envelope.ts';
import { readBoolean, readDatetime, readObject, readSat, readText, readWhole } from './values.ts';

/** What a provider sells. */
export interface ChannelOffer {
  readonly min_required_channel_confirmations: number;
  readonly min_funding_confirms_within_blocks: number;
  readonly max_channel_expiry_blocks: number;
  readonly min_initial_client_balance_sat: Sat;
  readonly max_initial_client_balance_sat: Sat;
  readonly min_initial_lsp_balance_sat: Sat;
  readonly max_initial_lsp_balance_sat: Sat;
  readonly min_channel_balance_sat: Sat;
  readonly max_channel_balance_sat: Sat;
}

/** What is asked for. */
export interface OrderRequest {
  readonly lsp_balance_sat: Sat;
  readonly client_balance_sat: Sat;
  readonly required_channel_confirmations: number;
  readonly funding_confirms_within_blocks: number;
  readonly channel_expiry_blocks: number;
  /** Where money goes back to that was paid on the chain. */
  readonly refund_onchain_address: string;
  readonly announce_channel: boolean;
}

/** How a payment stands. `REFUNDED` is also what older providers call CANCELLED. */
export type OrderPaymentState = 'EXPECT_PAYMENT' | 'HOLD' | 'PAID' | 'REFUNDED';

/** What every way to pay says. */
export interface OrderPayment {
  readonly state: OrderPaymentState;
  /** Unix time, milliseconds. */
  readonly expires_at_ms: number;
  readonly fee_total_sat: Sat;
  readonly order_total_sat: Sat;
}

/** An order, as the provider shows it. */
export interface ShownOrder {
  readonly order_id: string;
  readonly order_state: 'CREATED' | 'COMPLETED' | 'FAILED';
  readonly lsp_balance_sat: Sat;
  readonly client_balance_sat: Sat;
  readonly channel_expiry_blocks: number;
  readonly announce_channel: boolean;
  readonly bolt11: (OrderPayment & { readonly invoice: string }) | undefined;
  readonly onchain: (OrderPayment & { readonly address: string }) | undefined;
  readonly channel:
    | { readonly funding_txid: string; readonly funding_outnum: number; readonly expires_at_ms: number }
    | undefined;
}

/** Errors of its own. */
export const LSPS1_ERRORS = { option_mismatch: 100, order_not_found: 101, unrecognized_or_stale_token: 102 } as const;

const MOST_ORDER_ID_BYTES = 64;
const MOST_INVOICE_BYTES = 2_048;
const MOST_ADDRESS_BYTES = 128;

/** Reads what `lsps1.get_info` answers. Throws LspsFormatError. */
export function readChannelOffer(result: JsonObject): ChannelOffer {
  const sat = (name: keyof ChannelOffer): Sat => readSat(result[name], name);
  const whole = (name: keyof ChannelOffer): number => readWhole(result[name], name);
  return {
    min_required_channel_confirmations: whole('min_required_channel_confirmations'),
    min_funding_confirms_within_blocks: whole('min_funding_confirms_within_blocks'),
    max_channel_expiry_blocks: whole('max_channel_expiry_blocks'),
    min_initial_client_balance_sat: sat('min_initial_client_balance_sat'),
    max_initial_client_balance_sat: sat('max_initial_client_balance_sat'),
    min_initial_lsp_balance_sat: sat('min_initial_lsp_balance_sat'),
    max_initial_lsp_balance_sat: sat('max_initial_lsp_balance_sat'),
    min_channel_balance_sat: sat('min_channel_balance_sat'),
    max_channel_balance_sat: sat('max_channel_balance_sat'),
  };
}

/** The parameters of `lsps1.create_order`. */
export function writeOrderRequest(request: OrderRequest): JsonObject {
  return {
    lsp_balance_sat: String(request.lsp_balance_sat),
    client_balance_sat: String(request.client_balance_sat),
    required_channel_confirmations: request.required_channel_confirmations,
    funding_confirms_within_blocks: request.funding_confirms_within_blocks,
    channel_expiry_blocks: request.channel_expiry_blocks,
    token: '',
    refund_onchain_address: request.refund_onchain_address,
    announce_channel: request.announce_channel,
  };
}

/**
 * Reads what `lsps1.create_order` and `lsps1.get_order` answer. Throws LspsFormatError, also where a fee and the client's
 * share do not make the total. Ways to pay that are not known are passed over.
 */
export function readOrder(result: JsonObject): ShownOrder {
  const client_balance_sat = readSat(result.client_balance_sat, 'client_balance_sat');
  const { bolt11, onchain } = readObject(result.payment, 'payment');
  return {
    order_id: readText(result.order_id, 'order_id', MOST_ORDER_ID_BYTES),
    order_state: oneOf(result.order_state, 'order_state', ['CREATED', 'COMPLETED', 'FAILED']),
    lsp_balance_sat: readSat(result.lsp_balance_sat, 'lsp_balance_sat'),
    client_balance_sat,
    channel_expiry_blocks: readWhole(result.channel_expiry_blocks, 'channel_expiry_blocks'),
    announce_channel: readBoolean(result.announce_channel, 'announce_channel'),
    bolt11: optional(bolt11, 'bolt11', (payment) => ({
      ...readPayment(payment, client_balance_sat),
      invoice: readText(payment.invoice, 'invoice', MOST_INVOICE_BYTES),
    })),
    onchain: optional(onchain, 'onchain', (payment) => ({
      ...readPayment(payment, client_balance_sat),
      address: readText(payment.address, 'address', MOST_ADDRESS_BYTES),
    })),
    channel: optional(result.channel, 'channel', (channel) => ({
      ...readOutpoint(channel.funding_outpoint),
      expires_at_ms: readDatetime(channel.expires_at, 'expires_at'),
    })),
  };
}

function optional<T>(value: JsonValue | undefined, name: string, read: (object: JsonObject) => T): T | undefined {
  return value === undefined || value === null ? undefined : read(readObject(value, name));
}

function readPayment(payment: JsonObject, client_balance_sat: Sat): OrderPayment {
  const fee_total_sat = readSat(payment.fee_total_sat, 'fee_total_sat');
  const order_total_sat = readSat(payment.order_total_sat, 'order_total_sat');
  if (fee_total_sat + client_balance_sat !== order_total_sat) {
    throw new LspsFormatError('order_total_sat is not fee_total_sat and client_balance_sat together');
  }
  const state = oneOf(payment.state, 'state', ['EXPECT_PAYMENT', 'HOLD', 'PAID', 'REFUNDED', 'CANCELLED']);
  return {
    state: state === 'CANCELLED' ? 'REFUNDED' : state,
    expires_at_ms: readDatetime(payment.expires_at, 'expires_at'),
    fee_total_sat,
    order_total_sat,
  };
}

const OUTPOINT = /^([0-9a-f]{64}):(\d{1,5})$/;

function readOutpoint(value: JsonValue | undefined): {
  readonly funding_txid: string;
  readonly funding_outnum: number;
} {
  const match = typeof value === 'string' ? OUTPOINT.exec(value) : null;
  if (match === null) throw new LspsFormatError('funding_outpoint is no TXID:OUTPUT');
  return { funding_txid: match[1] as string, funding_outnum: Number(match[2]) };
}

function oneOf<const Words extends readonly string[]>(
  value: JsonValue | undefined,
  name: string,
  words: Words,
): Words[number] {
  if (typeof value !== 'string' || !words.includes(value))
    throw new LspsFormatError(`${name} is a word that is not known`);
  return value;
}
