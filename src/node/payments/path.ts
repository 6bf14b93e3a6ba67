/**
 * Ways to a payee: a channel of ours with it, or one with the first node of a route hint of its invoice, and then the
 * hint. Amounts and delays are worked out from the payee back to us (BOLT 7, HTLC Fees).
 */

import { type Msat, msat } from '../../base/types/amount.ts';
import type { NodeId } from '../../base/types/brand.ts';
import type { RouteHop } from '../../codec/bolt11/invoice.ts';
import type { WayOut } from './ports.ts';
import type { RouteStep } from './sendpay.ts';

export interface Path {
  readonly way: WayOut;
  /** The channels behind our peer, in order; none when the peer is the payee. */
  readonly hops: readonly RouteHop[];
  readonly payee: NodeId;
  /** The most that it is meant for; undefined: what our channel can give. */
  readonly most_msat?: Msat | undefined;
}

/** The steps of a way, of which there is at least one. */
export type Route = readonly [RouteStep, ...RouteStep[]];

/** All ways that the hints and our channels give. */
export function pathsTo(
  payee: NodeId,
  hints: readonly (readonly RouteHop[])[],
  ways: readonly WayOut[],
): readonly Path[] {
  const behind = [[], ...hints];
  return behind.flatMap((hops) => {
    const first = hops[0]?.pubkey ?? payee;
    return ways.filter((way) => way.peer_id === first).map((way) => ({ way, hops, payee }));
  });
}

/** The route that brings the payee this amount, with so many blocks left. */
export function routeOf({ way, hops, payee }: Path, amount_msat: Msat, final_delay: number): Route {
  const route: RouteStep[] = [];
  let carried = { amount_msat, delay: final_delay };
  for (let at = hops.length - 1; at >= 0; at--) {
    const hop = hops[at] as RouteHop;
    route.unshift({ id: hops[at + 1]?.pubkey ?? payee, channel: hop.short_channel_id, ...carried });
    carried = {
      amount_msat: msat(carried.amount_msat + feeOf(hop, carried.amount_msat)),
      delay: carried.delay + hop.cltv_expiry_delta,
    };
  }
  const [name] = way.names;
  if (name === undefined) throw new RangeError(`channel ${way.channel_id} has no name`);
  return [{ id: way.peer_id, channel: name, ...carried }, ...route];
}

/** What a path can bring the payee when our channel gives this much. */
export function deliverable({ hops }: Path, given_msat: bigint): Msat {
  let left = given_msat;
  for (const { fee_base_msat, fee_proportional_millionths } of hops) {
    left = ((left - BigInt(fee_base_msat)) * 1_000_000n) / (1_000_000n + BigInt(fee_proportional_millionths));
  }
  return msat(left < 0n ? 0n : left);
}

function feeOf({ fee_base_msat, fee_proportional_millionths }: RouteHop, amount_msat: bigint): bigint {
  return BigInt(fee_base_msat) + (amount_msat * BigInt(fee_proportional_millionths)) / 1_000_000n;
}
