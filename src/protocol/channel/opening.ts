/** What both roles of an opening share: its state in memory, its outcome, and the channel that it ends in. */

import { type Msat, max, msat, type Sat } from '../../base/types/amount.ts';
import type { ChannelId, Txid } from '../../base/types/brand.ts';
import { fromHex, toHex } from '../../base/types/hex.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import type { Effect } from './effect.ts';
import type { ChannelMessage } from './message.ts';
import type { ChannelPolicy, Environment } from './policy.ts';
import { IRREVOCABLE } from './stage.ts';
import type { ChannelState, ChannelTerms, ChannelType, FundingSight, SideTerms } from './state.ts';
import { unusedChannel } from './unused.ts';

/** What the host brings to an opening in either role. */
export interface OpeningBasis {
  /** The network's, hex in the order of the wire. */
  readonly chain_hash: string;
  /** A short_channel_id that no other channel of this node has or had: what the peer will know this channel by. */
  readonly local_alias: ShortChannelId;
  /** Where our balance goes in a mutual close. */
  readonly shutdown_script: string;
  /** Whether both sides offered it. */
  readonly option_support_large_channel: boolean;
}

/** An opening that waits for the peer or for the host. It lives in memory only: a lost connection ends it. */
export interface Opening {
  readonly waits_for: 'accept_channel' | 'fund' | 'funding_created' | 'funding_signed';
  readonly opener: 'local' | 'remote';
  readonly temporary_channel_id: ChannelId;
  readonly basis: OpeningBasis;
  readonly channel_type: ChannelType;
  readonly announce_channel: boolean;
  readonly funding_satoshis: Sat;
  readonly push_msat: Msat;
  readonly feerate_per_kw: number;
  readonly minimum_depth: number;
  /** Of a channel that was bought. */
  readonly funding_sight: FundingSight | undefined;
  readonly local: SideTerms;
  /** Known from `fund` and `funding_created` on. */
  readonly remote: SideTerms | undefined;
  readonly remote_first_point: string | undefined;
  /** The channel that `funding_signed` will complete. */
  readonly channel: ChannelState | undefined;
}

/** What can happen to an opening. */
export type OpeningInput =
  | { readonly kind: 'message'; readonly message: ChannelMessage }
  /** The host's funding transaction is made, and not published. */
  | { readonly kind: 'fund'; readonly funding_txid: Txid; readonly funding_output_index: number }
  | { readonly kind: 'cancel'; readonly reason: string }
  | { readonly kind: 'disconnected' };

/** An opening goes on, or became a channel (to be stored before its effects are released), or is over. */
export interface OpeningOutcome {
  readonly opening: Opening | undefined;
  readonly channel: ChannelState | undefined;
  readonly effects: readonly Effect[];
}

/** What is asked less of a peer that opens a channel which was bought of it. */
export interface BoughtSide {
  /** The most that we may ask as to_self_delay: blocks. */
  readonly max_to_self_delay: number;
  /** The peer's own, below which its reserve cannot be. */
  readonly dust_limit_satoshis: Sat;
}

/** What we announce of ourselves. A channel that was bought is as large as its payment, so it keeps as little as can be. */
export function ownSide(
  env: Environment,
  basis: OpeningBasis,
  funding_satoshis: Sat,
  bought: BoughtSide | undefined = undefined,
): SideTerms {
  const { policy, signer } = env;
  const { dust_limit_satoshis, htlc_minimum_msat, to_self_delay, max_accepted_htlcs } = policy;
  return {
    ...signer.public_keys,
    dust_limit_satoshis,
    htlc_minimum_msat,
    to_self_delay: Math.min(to_self_delay, bought?.max_to_self_delay ?? to_self_delay),
    max_accepted_htlcs,
    max_htlc_value_in_flight_msat: msat(funding_satoshis * BigInt(policy.max_in_flight_per_mille)),
    channel_reserve_satoshis:
      bought === undefined ? reserve(policy, funding_satoshis) : max(dust_limit_satoshis, bought.dust_limit_satoshis),
    upfront_shutdown_script: env.option_upfront_shutdown_script ? basis.shutdown_script : '',
  };
}

function reserve(policy: ChannelPolicy, funding_satoshis: Sat): Sat {
  const share = (funding_satoshis * BigInt(policy.reserve_per_mille)) / 1000n;
  return max(share as Sat, policy.min_reserve_satoshis);
}

/** The id of a channel: its funding outpoint, folded together (BOLT 2, Definition of channel_id). */
export function channelId(funding_txid: Txid, funding_output_index: number): ChannelId {
  const bytes = Buffer.from(fromHex(funding_txid)).reverse();
  bytes.writeUInt16BE(bytes.readUInt16BE(30) ^ funding_output_index, 30);
  return toHex(bytes) as ChannelId;
}

/** The channel at its beginning: commitment number 0 on both sides, nothing in flight. */
export function newChannel(
  opening: Opening,
  funding_txid: Txid,
  funding_output_index: number,
  opened_height: number,
): ChannelState {
  const { remote, remote_first_point, basis, opener, funding_satoshis, push_msat } = opening;
  if (remote === undefined || remote_first_point === undefined) throw new RangeError('the peer has not accepted yet');
  const terms: ChannelTerms = {
    channel_id: channelId(funding_txid, funding_output_index),
    opener,
    channel_type: opening.channel_type,
    announce_channel: opening.announce_channel,
    funding_txid,
    funding_output_index,
    funding_satoshis,
    opened_height,
    minimum_depth: opening.minimum_depth,
    local_alias: basis.local_alias,
    default_shutdown_script: basis.shutdown_script,
    local: opening.local,
    remote,
  };
  const to_opener_msat = msat(funding_satoshis * 1000n - push_msat);
  const unused = unusedChannel({
    terms,
    knowledge: 'all',
    phase: 'opening',
    link: 'up',
    local_msat: opener === 'local' ? to_opener_msat : push_msat,
    remote_msat: opener === 'local' ? push_msat : to_opener_msat,
    feerates: [{ feerate_per_kw: opening.feerate_per_kw, stage: IRREVOCABLE }],
    remote_point: remote_first_point,
    ready_sent: false,
    ready_received: false,
    failure: undefined,
  });
  return { ...unused, funding_sight: opening.funding_sight };
}

/** Ends an opening with an error that the peer hears too. */
export function abandon(temporary_channel_id: ChannelId, reason: string): OpeningOutcome {
  return {
    opening: undefined,
    channel: undefined,
    effects: [
      { kind: 'send', message: { type: 'error', channel_id: temporary_channel_id, data: Buffer.from(reason) } },
      { kind: 'opening_failed', reason },
    ],
  };
}

/** Ends an opening without a word: the peer ended it, or is gone. */
export function giveUp(reason: string): OpeningOutcome {
  return { opening: undefined, channel: undefined, effects: [{ kind: 'opening_failed', reason }] };
}
