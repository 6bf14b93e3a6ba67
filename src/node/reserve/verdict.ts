/**
 * Whether all HTLCs that we hold can be defended. Either all of them together are within the allowance, which is trust in
 * the peers, or the wallet can carry every channel with HTLCs to the chain at the stress feerate, and what cannot be
 * carried at all is within the allowance. All channels, because an ending that is worth little asks for the same coins as
 * one that is worth much.
 */
import { type Msat, min, type Sat, sat, satToMsat, sum } from '../../base/types/amount.ts';
import type { NodeId } from '../../base/types/brand.ts';
import { CHANGE_DUST_SAT, childCost, claimCost, claimsCost } from './cost.ts';
import { covers } from './cover.ts';
import type { Stake } from './stake.ts';
import type { Feerates } from './stress.ts';

/** A channel with a stake, by its peer. */
export interface StakeOfPeer {
  readonly peer_id: NodeId;
  readonly stake: Stake;
}

/** What is judged. */
export interface Question {
  readonly stakes: readonly StakeOfPeer[];
  /** Asked only when it matters. */
  readonly coins: () => readonly Sat[];
  readonly feerates: Feerates;
  readonly allowance_msat: Msat;
  /** Peers whose HTLCs need no defence: the operator says so. */
  readonly undefended_peers: ReadonlySet<NodeId>;
}

/** How it is judged. */
export interface Verdict {
  readonly is_defended: boolean;
  /** What the wallet would have to pay for all channels with a stake, at the stress feerate. */
  readonly needed_sat: Sat;
}

/** A child may cost this part of our own balance besides what the HTLCs are worth, as in protocol/onchain/. */
const OWN_SHARE = 10n;

/** HTLCs that are worth what it costs to take them today, and the amount of those that are not. */
function worthOf(stake: Stake, today_per_kw: number): { readonly amount_sat: Sat; readonly small_sat: Sat } {
  const each_sat = claimCost(today_per_kw);
  const worthwhile = stake.amounts_sat.filter((amount_sat) => amount_sat > each_sat);
  const all_sat = sum(stake.amounts_sat);
  const worth_sat = sum(worthwhile);
  const cost_sat = childSat(stake, today_per_kw) + claimsCost(worthwhile.length, today_per_kw);
  if (worth_sat <= cost_sat) return { amount_sat: sat(0), small_sat: all_sat };
  return { amount_sat: worth_sat, small_sat: sat(all_sat - worth_sat) };
}

function childSat({ needs_child, htlc_outputs, commitment_per_kw }: Stake, feerate_per_kw: number): Sat {
  return needs_child ? childCost(htlc_outputs, commitment_per_kw, feerate_per_kw) : sat(0);
}

/** What the wallet is asked for, never more than is at stake: so much an ending pays at most. */
function costOf(stake: Stake, feerate_per_kw: number): Sat {
  const worth_sat = sum(stake.amounts_sat);
  if (stake.amounts_sat.length === 0 && !stake.needs_child) return sat(0);
  const child_sat = min(childSat(stake, feerate_per_kw), sat(worth_sat + stake.own_sat / OWN_SHARE));
  const claims_sat = min(claimsCost(stake.amounts_sat.length, feerate_per_kw), worth_sat);
  return sat(child_sat + claims_sat + 2n * CHANGE_DUST_SAT);
}

/** Judges. */
export function judge({ stakes, coins, feerates, allowance_msat, undefended_peers }: Question): Verdict {
  let hopeless_msat = 0n;
  let worth_msat = 0n;
  const costs_sat: Sat[] = [];
  for (const { peer_id, stake } of stakes) {
    // Also those that need no defence ask for coins.
    if (stake.amounts_sat.length > 0) costs_sat.push(costOf(stake, feerates.stress_per_kw));
    if (undefended_peers.has(peer_id)) continue;
    const { amount_sat, small_sat } = worthOf(stake, feerates.today_per_kw);
    hopeless_msat += stake.lost_msat + satToMsat(small_sat);
    worth_msat += satToMsat(amount_sat);
  }
  const isTrusted = hopeless_msat + worth_msat <= allowance_msat;
  const isCarried = (): boolean =>
    hopeless_msat <= allowance_msat && covers(coins(), costs_sat, feerates.stress_per_kw);
  return { is_defended: isTrusted || isCarried(), needed_sat: sum(costs_sat) };
}
