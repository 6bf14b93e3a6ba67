/** Our channels as ways in for payers: what route hints and the warnings of `invoice` are made from. */

import { MAX_U64, type Msat } from '../../base/types/amount.ts';
import type { NodeId } from '../../base/types/brand.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import { spendableMsat } from '../../protocol/channel/facts.ts';
import { isFundingSafe, shortChannelId } from '../../protocol/channel/ready.ts';
import type { LiveChannel } from './live-channel.ts';

/** A way in, with what the peer's `channel_update` asks. */
export interface WayIn {
  readonly pubkey: NodeId;
  readonly short_channel_id: ShortChannelId | undefined;
  readonly remote_alias: ShortChannelId | undefined;
  readonly scid_alias: boolean;
  readonly announced: boolean;
  readonly online: boolean;
  readonly receivable_msat: Msat;
  readonly htlc_maximum_msat: Msat;
  readonly htlc_minimum_msat: Msat;
  readonly fee_base_msat: number;
  readonly fee_proportional_millionths: number;
  readonly cltv_expiry_delta: number;
  readonly peer_incoming_msat: Msat;
}

/**
 * The open channels whose peer has told what it asks. `incomingOf` says what the network can bring to a peer; undefined
 * while nobody knows: then it is taken for much, because a hint too many costs a payer a try, and one too few a payment.
 */
export function waysIn(
  channels: readonly LiveChannel[],
  incomingOf: (peer_id: NodeId) => Msat | undefined = () => undefined,
): readonly WayIn[] {
  const ways: WayIn[] = [];
  for (const { state, remote_update, peer, peer_id } of channels) {
    // Over a funding that may still vanish no payment is accepted.
    if (state.phase !== 'normal' || remote_update === undefined || !isFundingSafe(state)) continue;
    ways.push({
      pubkey: peer_id,
      short_channel_id: shortChannelId(state),
      remote_alias: state.remote_alias,
      scid_alias: state.terms.channel_type.option_scid_alias,
      announced: state.local_announcement !== undefined && state.remote_announcement !== undefined,
      online: peer !== undefined && state.link === 'up',
      receivable_msat: spendableMsat(state, 'remote'),
      htlc_maximum_msat: remote_update.htlc_maximum_msat,
      htlc_minimum_msat: remote_update.htlc_minimum_msat,
      fee_base_msat: remote_update.fee_base_msat,
      fee_proportional_millionths: remote_update.fee_proportional_millionths,
      cltv_expiry_delta: remote_update.cltv_expiry_delta,
      peer_incoming_msat: incomingOf(peer_id) ?? (MAX_U64 as Msat),
    });
  }
  return ways;
}
