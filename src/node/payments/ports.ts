/** What payments ask of the channels. The daemon joins them. */
import type { Msat } from '../../base/types/amount.ts';
import type { ChannelId, NodeId } from '../../base/types/brand.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
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
