/** What a client asks for by LSPS1, judged by what the provider sells. */
import { parseAddress } from '../../../base/types/address.ts';
import type { JsonObject } from '../../../codec/lsps/envelope.ts';
import { amountParam, invalidParam, LspsRefusal, numberParam } from './lsps0.ts';

/** The price of a channel that is bought ahead. */
export interface ChannelPrice {
  readonly base_sat: bigint;
  /** Of what the provider puts into the channel, for half a year. */
  readonly proportional: bigint;
  /** What a payment on the chain costs beyond that. */
  readonly onchain_sat: bigint;
  readonly min_lsp_balance_sat: bigint;
  readonly max_lsp_balance_sat: bigint;
  readonly max_client_balance_sat: bigint;
  /** How long an order waits for its payment. */
  readonly order_seconds: number;
}

/** Blocks. */
export const HALF_A_YEAR_BLOCKS = 26_280;
/** The longest that a channel is kept for: blocks. */
export const MAX_EXPIRY_BLOCKS = 2 * HALF_A_YEAR_BLOCKS;

/** The parameters of `lsps1.create_order`. */
export const ORDER_PARAMS = [
  'lsp_balance_sat',
  'client_balance_sat',
  'required_channel_confirmations',
  'funding_confirms_within_blocks',
  'channel_expiry_blocks',
  'token',
  'refund_onchain_address',
  'announce_channel',
];

/** What is asked for. Throws LspsRefusal. */
export function readOrder(params: JsonObject, price: ChannelPrice) {
  const lsp_balance_sat = amountParam(params, 'lsp_balance_sat');
  const client_balance_sat = amountParam(params, 'client_balance_sat');
  const required_channel_confirmations = numberParam(params, 'required_channel_confirmations');
  const funding_confirms_within_blocks = numberParam(params, 'funding_confirms_within_blocks');
  const channel_expiry_blocks = numberParam(params, 'channel_expiry_blocks');
  const { token = '', refund_onchain_address, announce_channel } = params;
  if (typeof announce_channel !== 'boolean') throw invalidParam('announce_channel', 'Not a boolean');
  if (token !== '') throw new LspsRefusal(102, 'Unrecognized or stale token', {});
  const isAddress = typeof refund_onchain_address === 'string' && parseAddress(refund_onchain_address) !== undefined;
  if (refund_onchain_address !== undefined && !isAddress)
    throw invalidParam('refund_onchain_address', 'Not an address');
  if (lsp_balance_sat < price.min_lsp_balance_sat) throw mismatch('min_initial_lsp_balance_sat');
  if (lsp_balance_sat > price.max_lsp_balance_sat) throw mismatch('max_initial_lsp_balance_sat');
  if (client_balance_sat > price.max_client_balance_sat) throw mismatch('max_initial_client_balance_sat');
  if (funding_confirms_within_blocks < 1) throw mismatch('min_funding_confirms_within_blocks');
  if (channel_expiry_blocks < 1 || channel_expiry_blocks > MAX_EXPIRY_BLOCKS)
    throw mismatch('max_channel_expiry_blocks');
  return {
    lsp_balance_sat,
    client_balance_sat,
    channel_expiry_blocks,
    announce_channel,
    refund_onchain_address: isAddress ? (refund_onchain_address as string) : undefined,
    mirrored: {
      lsp_balance_sat: String(lsp_balance_sat),
      client_balance_sat: String(client_balance_sat),
      required_channel_confirmations,
      funding_confirms_within_blocks,
      channel_expiry_blocks,
      token: '',
      announce_channel,
    },
  };
}

function mismatch(property: string): LspsRefusal {
  return new LspsRefusal(100, 'Option mismatch', { property, message: 'Not what lsps1.get_info offers' });
}
