/** What payments ask of the channels. The daemon joins them. */
import type { Msat } from '../../base/types/amount.ts';
import type { ChannelId, NodeId } from '../../base/types/brand.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import type { RouteHop } from '../../codec/bolt11/invoice.ts';
import type { Write } from '../../infra/store/store.ts';
import type { OfferedHtlc } from '../../protocol/channel/htlc.ts';

/** A channel of ours as a way out. */
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

/** A channel of ours that cannot be used now. */
export interface ClosedWay {
  readonly peer_id: NodeId;
  readonly names: readonly ShortChannelId[];
  /** What is the matter with it, as the rest of a sentence: "is not connected". */
  readonly reason: string;
}

/** The channels, as far as outgoing payments need them. */
export interface HtlcSender {
  usableChannels(): readonly WayOut[];
  /** Those that cannot be used now, and why. */
  closedChannels(): readonly ClosedWay[];
  /** Offers an HTLC; the writes go into the unit that makes it durable. Throws Refusal. */
  offer(channel_id: ChannelId, htlc: OfferedHtlc, writesOf: (htlc_id: bigint) => readonly Write[]): bigint;
  /** Called when all that was written before is durable. */
  afterwards(action: () => void): void;
  height(): number;
}

/** What one direction of a channel asks now; `node_id` is where it begins. Of an update that came back in a failure. */
export interface HopTerms {
  readonly node_id: NodeId;
  readonly short_channel_id: ShortChannelId;
  readonly fee_base_msat: number;
  readonly fee_proportional_millionths: number;
  readonly cltv_expiry_delta: number;
  readonly htlc_minimum_msat: Msat;
  readonly htlc_maximum_msat: Msat;
}

/** So much of an amount goes, or went, over this direction of a channel. */
export interface HopAmount {
  readonly node_id: NodeId;
  readonly short_channel_id: ShortChannelId;
  readonly amount_msat: Msat;
}

/** What a way through the network is asked for with. */
export interface NetworkQuestion {
  readonly payee: NodeId;
  readonly amount_msat: Msat;
  readonly final_delay: number;
  readonly max_fee_msat: bigint;
  readonly max_delay: number;
  readonly max_parts: number;
  /** What blocks cost: percent of the amount a year. */
  readonly riskfactor: number;
  readonly ways: readonly WayOut[];
  readonly hints: readonly (readonly RouteHop[])[];
  /** Nodes, channels (`SCID`, `NODE:SCID`) and channels of ours (by channel_id) that are not to be used now. */
  readonly avoid: readonly string[];
  /** What is on the way already. */
  readonly held: readonly HopAmount[];
  readonly terms: readonly HopTerms[];
}

/** A way through the network, and how much of the amount it takes. */
export interface NetworkWay {
  readonly channel_id: ChannelId;
  /** The channels behind our peer, in order. */
  readonly hops: readonly RouteHop[];
  readonly amount_msat: Msat;
}

/** The ways that carry the amount together, or why there are none: as a sentence. */
export type NetworkAnswer =
  | { readonly kind: 'found'; readonly ways: readonly NetworkWay[] }
  | { readonly kind: 'none'; readonly is_too_expensive: boolean; readonly explanation: string };

/** The map of the public network, as far as payments need it. */
export interface NetworkWays {
  find(question: NetworkQuestion): Promise<NetworkAnswer>;
  /** Channels that carried an amount, or did not. */
  learn(carried: readonly HopAmount[], refused: readonly HopAmount[]): void;
}
