/**
 * Invoices whose payment opens the channel that it comes over (bLIP 52, Invoice Generation): what was bought decides about
 * the invoice's one hint, its time, its blocks, and whether it may be paid in parts.
 */
import { RpcError } from '../../base/errors.ts';
import { type Msat, msatText, subtractOrZero } from '../../base/types/amount.ts';
import { FEATURE_BITS, type Features } from '../../base/types/features.ts';
import type { OwnFields } from './create-request.ts';
import type { JitChannel, JitPurchase, JitSource, JitTerms } from './ports.ts';

/** What came of the wish for a channel: one was bought, or none, and why not. */
export interface JitOutcome {
  readonly channel?: JitChannel | undefined;
  readonly warning_jit?: string | undefined;
}

/** Errors that say that nothing could be bought; any other is the caller's. */
const NOT_BOUGHT: ReadonlySet<string> = new Set([
  'LIQUIDITY_UNAVAILABLE',
  'LIQUIDITY_TOO_EXPENSIVE',
  'LIQUIDITY_AMOUNT_REFUSED',
]);

/**
 * Buys. With `auto` a purchase that fails leaves an invoice without one, and the reason as a warning. Rejects with RpcError
 * when a channel is wanted and none can be had.
 */
export async function buyJit(
  source: JitSource | undefined,
  wish: true | 'auto',
  purchase: JitPurchase,
): Promise<JitOutcome> {
  try {
    if (source === undefined) throw new RpcError('LIQUIDITY_UNAVAILABLE', 'this node buys no channels');
    const channel = await source.buy(purchase);
    return { channel, warning_jit: warningOf(channel, purchase) };
  } catch (error) {
    if (wish !== 'auto' || !(error instanceof RpcError) || !NOT_BOUGHT.has(error.error)) throw error;
    return { warning_jit: `No channel was bought for this invoice: ${error.message}` };
  }
}

/** What the invoice says because of the channel that was bought. */
export function jitFields(fields: OwnFields, channel: JitChannel, created_at: number): OwnFields {
  const { hop, valid_until, extra_cltv_blocks } = channel;
  return {
    ...fields,
    routes: [[hop]],
    expiry_seconds: Math.min(fields.expiry_seconds, valid_until - created_at),
    min_final_cltv_expiry_delta: fields.min_final_cltv_expiry_delta + extra_cltv_blocks,
    features: fields.amount_msat === undefined ? withoutParts(fields.features) : fields.features,
  };
}

/** What will be left of the amount. */
export function expectedMsat(amount_msat: Msat, { opening_fee_msat }: JitTerms): Msat {
  return subtractOrZero(amount_msat, opening_fee_msat);
}

/** A provider cannot tell how large a payment of any amount is before all its parts are there (bLIP 52). */
function withoutParts(features: Features): Features {
  return new Set([...features].filter((bit) => bit - (bit % 2) !== FEATURE_BITS.basic_mpp));
}

/** What it means, for whoever shows the invoice to a customer. */
function warningOf(channel: JitChannel, { amount_msat }: JitPurchase): string {
  const { node_id, opening_fee_msat, proportional, client_trusts_lsp } = channel;
  const price =
    amount_msat === undefined
      ? `${msatText(opening_fee_msat)} or ${proportional} millionths of the amount, whichever is more`
      : `${msatText(opening_fee_msat)} of the ${msatText(amount_msat)}`;
  const trust = client_trusts_lsp
    ? ' The provider sends the funding of the channel only when it has been paid: until then it could keep the money.'
    : '';
  return (
    `The payment of this invoice opens a channel, for which the provider ${node_id} keeps ${price}. The node must be ` +
    `connected to it when the customer pays.${trust}`
  );
}
