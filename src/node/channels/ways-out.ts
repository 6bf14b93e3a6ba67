/** Our channels as ways out: what can be sent through each now. */

import type { Msat } from '../../base/types/amount.ts';
import type { ChannelId, NodeId } from '../../base/types/brand.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import { isFull, spendableMsat } from '../../protocol/channel/facts.ts';
import { isGone, isUnseen } from '../../protocol/channel/funding.ts';
import { shortChannelId } from '../../protocol/channel/ready.ts';
import type { ChannelState } from '../../protocol/channel/state.ts';
import type { LiveChannel } from './live-channel.ts';

/** A way out. */
export interface WayOut {
  readonly channel_id: ChannelId;
  readonly peer_id: NodeId;
  /** Every name of the channel; the first is shown. */
  readonly names: readonly ShortChannelId[];
  readonly spendable_msat: Msat;
  readonly htlc_minimum_msat: Msat;
  /** The peer takes no further HTLC, or no larger one, before one of ours has ended. */
  readonly is_full: boolean;
}

/** A channel that is no way out now. */
export interface ClosedWay {
  readonly peer_id: NodeId;
  readonly names: readonly ShortChannelId[];
  /** What is the matter with it, as the rest of a sentence. */
  readonly reason: string;
}

/** The open channels whose peer is there. */
export function waysOut(channels: readonly LiveChannel[]): readonly WayOut[] {
  return channels
    .filter((channel) => closedBecause(channel) === undefined)
    .map(({ state, channel_id, peer_id }) => ({
      channel_id,
      peer_id,
      names: ownNames(state),
      spendable_msat: spendableMsat(state, 'local'),
      htlc_minimum_msat: state.terms.remote.htlc_minimum_msat,
      is_full: isFull(state, 'local'),
    }));
}

/** The channels that cannot be used now, and why. */
export function closedWays(channels: readonly LiveChannel[]): readonly ClosedWay[] {
  return channels.flatMap((channel) => {
    const reason = closedBecause(channel);
    return reason === undefined ? [] : [{ peer_id: channel.peer_id, names: ownNames(channel.state), reason }];
  });
}

function closedBecause({ state, peer }: LiveChannel): string | undefined {
  if (isGone(state)) return 'has lost its funding transaction to a reorganisation of the chain';
  if (isUnseen(state)) return 'waits for its funding transaction';
  switch (state.phase) {
    case 'opening':
      return 'is not open yet';
    case 'normal':
      if (peer === undefined) return 'is not connected: its peer is offline';
      return state.link === 'up' ? undefined : 'is still being agreed upon with its peer, after a reconnection';
    case 'closing':
    case 'closed':
      return 'is closing';
    case 'failed':
    case 'spent':
      return 'has ended, and is being resolved on chain';
  }
}

/** What we may call it among ourselves: the onion of a payment does not name the channel that it leaves through. */
function ownNames(state: ChannelState): readonly ShortChannelId[] {
  const real = shortChannelId(state);
  const { local_alias } = state.terms;
  return real === undefined ? [local_alias] : [real, local_alias];
}
