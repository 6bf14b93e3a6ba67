/**
 * What other modules ask about a channel without changing it: what a `channel_update` says of it (BOLT 7), what it can
 * send and receive now, and whether its funding can still vanish.
 */
import { type Msat, max, min, msat, satToMsat } from '../../base/types/amount.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import { ANCHORS_MSAT, balancesAt, commitmentFeeMsat } from './commitment.ts';
import { lockedMsat } from './fee.ts';
import { inFlight } from './htlc.ts';
import { shortChannelId } from './ready.ts';
import { EVERYTHING, LOCAL_NEXT, opposite, REMOTE_NEXT, type Side } from './stage.ts';
import type { ChannelState } from './state.ts';

/** What our `channel_update` says of our direction. The host adds fees, time and signature. */
export interface ChannelUpdateFacts {
  readonly short_channel_id: ShortChannelId;
  readonly htlc_minimum_msat: Msat;
  readonly htlc_maximum_msat: Msat;
  /** The update is for the peer alone: it must carry `dont_forward`. */
  readonly dont_forward: boolean;
  readonly disabled: boolean;
}

/** Undefined while the channel has no name that the peer would know. */
export function channelUpdateFacts(state: ChannelState): ChannelUpdateFacts | undefined {
  const { terms, remote_alias, local_announcement, remote_announcement } = state;
  const announced = local_announcement !== undefined && remote_announcement !== undefined;
  const real = shortChannelId(state);
  // Before it is announced the peer knows the channel best by the name that it gave itself.
  const short_channel_id = announced ? real : (remote_alias ?? real);
  if (short_channel_id === undefined) return undefined;
  const capacity_msat = msat(terms.funding_satoshis * 1000n);
  const limit_msat = terms.remote.max_htlc_value_in_flight_msat;
  return {
    short_channel_id,
    htlc_minimum_msat: terms.remote.htlc_minimum_msat,
    htlc_maximum_msat: min(limit_msat, capacity_msat),
    dont_forward: !announced,
    // Till forwards nothing, and the network may as well know: payers to Till use the other direction. What only the peer
    // hears tells it that the channel is there, and some need it before they name the channel in their invoices.
    disabled: announced || state.phase !== 'normal',
  };
}

/** Every name by which the peer may mean this channel. */
export function knownNames(state: ChannelState): readonly ShortChannelId[] {
  const real = shortChannelId(state);
  const { local_alias, channel_type } = state.terms;
  return real === undefined || channel_type.option_scid_alias ? [local_alias] : [local_alias, real];
}

/** The name for a route hint: what the peer calls the channel towards us. Undefined until it said so. */
export function routeHintName(state: ChannelState): ShortChannelId | undefined {
  const { remote_alias, terms } = state;
  return remote_alias ?? (terms.channel_type.option_scid_alias ? undefined : shortChannelId(state));
}

/** What a side could send now in one more HTLC, at most: its balance, reserve and fees, and the receiver's limits. */
export function spendableMsat(state: ChannelState, side: Side): Msat {
  const receiver_next = side === 'local' ? REMOTE_NEXT : LOCAL_NEXT;
  const receiver = side === 'local' ? 'remote' : 'local';
  let least_msat: bigint = satToMsat(state.terms.funding_satoshis);
  for (const [owner, threshold] of [
    [receiver, receiver_next],
    [side, EVERYTHING],
  ] as const) {
    const balances = balancesAt(state, threshold);
    const balance_msat = side === 'local' ? balances.local_msat : balances.remote_msat;
    // The opener keeps its fee spike buffer: twice the feerate, and room for this HTLC and one more.
    const left_msat = balance_msat - lockedMsat(state, side, owner, balances, balances.feerate_per_kw * 2, 2);
    least_msat = min(least_msat, left_msat);
  }
  const { count, limit_msat } = placesLeft(state, side);
  return msat(count <= 0 ? 0n : max(min(least_msat, limit_msat), 0n));
}

/**
 * Whether what a side can send now is bounded by the HTLCs that it has in flight: by their number, or by what they come
 * to. It could send more as soon as one of them has ended.
 */
export function isFull(state: ChannelState, side: Side): boolean {
  const { count, limit_msat, in_flight } = placesLeft(state, side);
  return in_flight > 0 && (count <= 0 || spendableMsat(state, side) >= limit_msat);
}

/** What the receiver's limits leave: how many HTLCs more, and how much in them. */
function placesLeft(state: ChannelState, side: Side): { count: number; limit_msat: bigint; in_flight: number } {
  const { max_htlc_value_in_flight_msat, max_accepted_htlcs } = state.terms[opposite(side)];
  const threshold = side === 'local' ? REMOTE_NEXT : LOCAL_NEXT;
  const { count, amount_msat } = inFlight(balancesAt(state, threshold).htlcs, side);
  return {
    count: max_accepted_htlcs - count,
    limit_msat: max_htlc_value_in_flight_msat - amount_msat,
    in_flight: count,
  };
}

/**
 * What the first payment over a channel that a peer opens can bring us: all but the reserve that the peer must keep, both
 * anchors, and the commitment's fee with the peer's buffer for its rise, as in `spendableMsat`. Below zero: nothing.
 */
export function firstPaymentMsat(funding_satoshis: bigint, reserve_satoshis: bigint, feerate_per_kw: number): bigint {
  return funding_satoshis * 1000n - reserve_satoshis * 1000n - commitmentFeeMsat(feerate_per_kw * 2, 2) - ANCHORS_MSAT;
}
