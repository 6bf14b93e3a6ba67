/** Our channels as ways out: what can be sent through each now. */

import type { Msat } from '../../base/types/amount.ts';
import type { ChannelId, NodeId } from '../../base/types/brand.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import { spendableMsat } from '../../protocol/channel/facts.ts';
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
}

/** The open channels whose peer is there. */
export function waysOut(channels: readonly LiveChannel[]): readonly WayOut[] {
  return channels
    .filter(({ state, peer }) => peer !== undefined && state.phase === 'normal' && state.link === 'up')
    .map(({ state, channel_id, peer_id }) => ({
      channel_id,
      peer_id,
      names: ownNames(state),
      spendable_msat: spendableMsat(state, 'local'),
      htlc_minimum_msat: state.terms.remote.htlc_minimum_msat,
    }));
}

/** What we may call it among ourselves: the onion of a payment does not name the channel that it leaves through. */
function ownNames(state: ChannelState): readonly ShortChannelId[] {
  const real = shortChannelId(state);
  const { local_alias } = state.terms;
  return real === undefined ? [local_alias] : [real, local_alias];
}
