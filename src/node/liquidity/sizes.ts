/** How large a channel that is bought with a payment becomes, as far as can be told before it is opened. */
import { type Msat, msat } from '../../base/types/amount.ts';
import { firstPaymentMsat } from '../../protocol/channel/facts.ts';
import type { ChannelPolicy } from '../../protocol/channel/policy.ts';

/**
 * Providers make the channel larger than its payment by about a tenth, and what they must keep comes out of that. Nobody
 * says it beforehand.
 */
const LARGER_PER_MILLE = 100n;

/**
 * The least that such a channel can bring: a tenth of it holds the reserve, the anchors and the commitment's fee, and the
 * whole is not below the smallest channel that we take.
 */
export function leastNetMsat(
  { min_funding_satoshis, min_reserve_satoshis }: ChannelPolicy,
  commitment_per_kw: number,
): Msat {
  const kept_msat = -firstPaymentMsat(0n, min_reserve_satoshis, commitment_per_kw);
  const by_rest_msat = divideUp(kept_msat * 1000n, LARGER_PER_MILLE);
  const by_size_msat = divideUp(min_funding_satoshis * 1_000_000n, 1000n + LARGER_PER_MILLE);
  return msat(by_rest_msat > by_size_msat ? by_rest_msat : by_size_msat);
}

function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}
