/**
 * What a channel of a given size costs at each provider. A price has no command of its own in bLIP 51: it is asked for by
 * making an order, which binds nobody before it is paid. What the answer says is judged here: the amounts that were asked
 * for, an invoice of the total, an address of our network.
 */
import { RpcError } from '../../base/errors.ts';
import { max, min, type Sat, sat, satText } from '../../base/types/amount.ts';
import type { NodeId } from '../../base/types/brand.ts';
import type { Network } from '../../base/types/network.ts';
import { Bolt11Error } from '../../codec/bolt11/error.ts';
import { decodeInvoice } from '../../codec/bolt11/native.ts';
import {
  type ChannelOffer,
  type OrderRequest,
  readChannelOffer,
  readOrder,
  type ShownOrder,
  writeOrderRequest,
} from '../../codec/lsps/lsps1.ts';
import type { PayOption } from './channel-order.ts';
import type { OrderProviders } from './order-ports.ts';
import { ProviderError } from './provider-error.ts';

/** The channel that is wanted. */
export interface ChannelWish {
  /** Only of this provider; undefined: of any that the operator has named. */
  readonly provider_id: NodeId | undefined;
  readonly lsp_balance_sat: Sat;
  readonly channel_expiry_blocks: number;
  readonly announce_channel: boolean;
}

/** What one provider asks for it. */
export interface Quote {
  readonly provider_id: NodeId;
  readonly shown: ShownOrder;
  readonly lightning: PayOption | undefined;
  readonly onchain: PayOption | undefined;
}

/** The fee of the cheaper way to pay. */
function leastFee({ lightning, onchain }: Quote): Sat {
  const fees = [lightning, onchain].flatMap((option) => (option === undefined ? [] : [option.fee_sat]));
  return fees.reduce((least, fee) => (fee < least ? fee : least));
}

/** The smallest and the largest channel that it sells into which the buyer puts nothing. */
export function sizesOf(offer: ChannelOffer): { readonly least_sat: Sat; readonly most_sat: Sat } {
  return {
    least_sat: max(offer.min_initial_lsp_balance_sat, offer.min_channel_balance_sat),
    most_sat: min(offer.max_initial_lsp_balance_sat, offer.max_channel_balance_sat),
  };
}

/** Why a provider cannot sell it, in our words; undefined when it can. */
function misfit(offer: ChannelOffer, { lsp_balance_sat, channel_expiry_blocks }: ChannelWish): string | undefined {
  const { least_sat, most_sat } = sizesOf(offer);
  if (lsp_balance_sat < least_sat) return `it sells no channel below ${satText(least_sat)}`;
  if (lsp_balance_sat > most_sat) return `it sells no channel above ${satText(most_sat)}`;
  if (channel_expiry_blocks > offer.max_channel_expiry_blocks) {
    return `it keeps a channel for ${offer.max_channel_expiry_blocks} blocks at most`;
  }
  if (offer.min_initial_client_balance_sat > 0n) return 'it sells only channels that the buyer puts money into';
  return undefined;
}

/** Asks one provider. Rejects with ProviderError. */
async function askOne(
  providers: OrderProviders,
  provider_id: NodeId,
  wish: ChannelWish,
  network: Network,
  refund_onchain_address: string,
  isAddress: (address: string) => boolean,
): Promise<Quote> {
  const offer = await providers.askFor(provider_id, 'lsps1.get_info', {}, { again: true }, readChannelOffer);
  const reason = misfit(offer, wish);
  if (reason !== undefined) throw new ProviderError('refused', reason);
  const request: OrderRequest = {
    lsp_balance_sat: wish.lsp_balance_sat,
    client_balance_sat: sat(0),
    required_channel_confirmations: offer.min_required_channel_confirmations,
    funding_confirms_within_blocks: Math.max(6, offer.min_funding_confirms_within_blocks),
    channel_expiry_blocks: wish.channel_expiry_blocks,
    refund_onchain_address,
    announce_channel: wish.announce_channel,
  };
  // Made once: each call makes another order.
  const shown = await providers.askFor(
    provider_id,
    'lsps1.create_order',
    writeOrderRequest(request),
    { again: false },
    readOrder,
  );
  if (shown.lsp_balance_sat < wish.lsp_balance_sat || shown.client_balance_sat !== 0n) {
    throw new ProviderError('unreadable', 'it answers with another channel than was asked for');
  }
  if (shown.order_state !== 'CREATED') throw new ProviderError('refused', 'it answers with an order that is over');
  const quote = {
    provider_id,
    shown,
    lightning: lightningOption(shown, network),
    onchain: onchainOption(shown, isAddress),
  };
  if (quote.lightning === undefined && quote.onchain === undefined) {
    throw new ProviderError('unreadable', 'it names no way to pay that can be used');
  }
  return quote;
}

/** The invoice, if it asks for exactly the total. */
function lightningOption({ bolt11 }: ShownOrder, { bolt11_prefix }: Network): PayOption | undefined {
  if (bolt11 === undefined) return undefined;
  const { invoice, fee_total_sat, order_total_sat, expires_at_ms } = bolt11;
  try {
    const { amount_msat } = decodeInvoice(invoice, { currency: bolt11_prefix });
    if (amount_msat !== order_total_sat * 1000n) return undefined;
  } catch (error) {
    if (error instanceof Bolt11Error) return undefined;
    throw error;
  }
  return {
    fee_sat: fee_total_sat,
    total_sat: order_total_sat,
    to: invoice,
    expires_at: Math.floor(expires_at_ms / 1000),
  };
}

function onchainOption({ onchain }: ShownOrder, isAddress: (address: string) => boolean): PayOption | undefined {
  if (onchain === undefined || !isAddress(onchain.address)) return undefined;
  const { address, fee_total_sat, order_total_sat, expires_at_ms } = onchain;
  return {
    fee_sat: fee_total_sat,
    total_sat: order_total_sat,
    to: address,
    expires_at: Math.floor(expires_at_ms / 1000),
  };
}

/**
 * The cheapest that can be had. Rejects with RpcError: LIQUIDITY_UNAVAILABLE when nobody can be asked or none of them
 * sells it, with what each says.
 */
export async function cheapest(
  providers: OrderProviders,
  wish: ChannelWish,
  network: Network,
  refund_onchain_address: string,
  isAddress: (address: string) => boolean,
): Promise<Quote> {
  const all = providers.list();
  const named = all.filter(({ node_id }) => wish.provider_id === undefined || wish.provider_id === node_id);
  if (named.length === 0) {
    throw new RpcError(
      'LIQUIDITY_UNAVAILABLE',
      all.length === 0
        ? 'no liquidity provider is named: start with lsp=NODE_ID@HOST:PORT'
        : `${wish.provider_id} is no provider that was named with lsp`,
    );
  }
  const asked = await Promise.allSettled(
    named.map(({ node_id }) => askOne(providers, node_id, wish, network, refund_onchain_address, isAddress)),
  );
  const quotes = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const [best] = quotes.sort((a, b) => (leastFee(a) < leastFee(b) ? -1 : leastFee(a) > leastFee(b) ? 1 : 0));
  if (best !== undefined) return best;
  const reasons = asked.map((each, index) => {
    const error: unknown = each.status === 'rejected' ? each.reason : undefined;
    if (!(error instanceof ProviderError)) throw error;
    return `${named[index]?.node_id}: ${error.message}`;
  });
  throw new RpcError('LIQUIDITY_UNAVAILABLE', `no provider sells this channel: ${reasons.join('; ')}`);
}
