/** What the live channels ask of other modules. The daemon connects them. */

import type { Sat } from '../../base/types/amount.ts';
import type { ChannelId, NodeId, PaymentHash, PaymentPreimage, Txid } from '../../base/types/brand.ts';
import type { Features } from '../../base/types/features.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import type { KnownMessage, OpenChannel } from '../../codec/wire/index.ts';
import type { Outpoint } from '../../infra/chain/source.ts';
import type { Write } from '../../infra/store/store.ts';
import type { BoughtOpening } from '../../protocol/channel/accept.ts';
import type { ChannelSigner } from '../../protocol/channel/signer.ts';
import type { AnnouncementSignatures, ChannelState, RemovedHtlc } from '../../protocol/channel/state.ts';
import type { IncomingHtlc } from './incoming.ts';

/** The channel id that means all channels of a peer (BOLT 1). */
export const ALL_CHANNELS = '00'.repeat(32);

/** A connection to a peer, after both said `init`. */
export interface ConnectedPeer {
  readonly node_id: NodeId;
  /** What the peer offers. */
  readonly features: Features;
  /** Where it calls from, as far as places are counted (an IPv6 network of 64 bits is one); undefined when we called it. */
  readonly host: string | undefined;
  /** Whether we called it, or want to be connected to it. */
  readonly is_wanted: boolean;
  send(messages: readonly KnownMessage[]): void;
  /** Undefined when the peer was heard just now; else it is asked, and the promise resolves when it is heard again. */
  awake(): Promise<void> | undefined;
  /** Hangs up after what was sent before. */
  disconnect(reason: string): void;
}

/** The node's keys, as far as channels need them. */
export interface NodeKeys {
  readonly node_id: NodeId;
  /** A compact signature of the node's key over a digest of 32 bytes: 64 bytes. */
  signAsNode(digest: Uint8Array): Uint8Array;
  /** The SHA-256 of the point shared with the node's key (BOLT 4). */
  sharedSecret(public_key: Uint8Array): Uint8Array;
  /** The signer of a channel; `key_id` is random, and kept with the channel. */
  channelSigner(key_id: string): ChannelSigner;
  /** The private key of the channel's funding output signs a digest: compact, hex (BOLT 7, announcements). */
  signAsFunding(key_id: string, digest: Uint8Array): Uint8Array;
}

/** How the wallet is to make a funding transaction. */
export interface FundingOptions {
  readonly feerate_per_kw: number;
  /** Confirmations that the coins must have. */
  readonly min_confirmations?: number;
  /** Exactly these coins. */
  readonly utxos?: readonly Outpoint[];
  /** Also what is kept for closing channels. */
  readonly force?: boolean;
}

/** The wallet, as far as channels need it. */
export interface FundingWallet {
  /** A script of the wallet, hex: where a closed channel's balance goes. */
  newScript(): Promise<string>;
  /** Builds and keeps a signed transaction that pays the script; does not publish it. */
  fund(script_pubkey: string, amount_sat: Sat, options: FundingOptions): Promise<{ txid: Txid; vout: number }>;
  /**
   * The channel came about: publish, and go on publishing until it is mined. Resolves when the source of blocks has it,
   * or cannot be reached now; rejects with its refusal.
   */
  publish(txid: Txid): Promise<void>;
  /** The channel did not come about: the coins are free again. */
  release(txid: Txid): void;
  /**
   * Has our own output in this transaction, which waits for a block, pay for both by a child. Answers the child; undefined
   * when that cannot be done.
   */
  payForParent?(
    parent: Uint8Array,
    fees: { readonly fee_sat: Sat; readonly feerate_per_kw: number; readonly max_fee_sat: Sat },
  ): Promise<Txid | undefined>;
  /** No block will hold these transactions: what was built on them is given up. */
  dropChildren?(parents: readonly Txid[]): void;
}

/** An opening of a peer that fulfils an order. */
export interface BoughtClaim extends BoughtOpening {
  /** It has become this channel: what is written with the channel's first row. */
  opened(channel_id: ChannelId): readonly Write[];
  /** It came to nothing: the order is for another opening. */
  release(): void;
}

/** Channels that were bought of peers (node/liquidity/). */
export interface BoughtPort {
  /** Takes the order that this opening is for, so that no other opening is; undefined when it is for none. */
  claim(peer_id: NodeId, message: OpenChannel): BoughtClaim | undefined;
  /** Whether a channel was bought of the peer for the payment of this hash, and it is not paid yet. */
  isFor(peer_id: NodeId, payment_hash: PaymentHash): boolean;
  /** A channel is gone that never had funding: what is written with that. */
  forgotten(channel_id: ChannelId): readonly Write[];
}

/** Payments to us. */
export interface IncomingPort {
  /**
   * The HTLC is irrevocably committed, and its record is on the way to the disk: what is written from now on is durable
   * later. May be said again after a restart.
   */
  offer(htlc: IncomingHtlc): void;
  /** The payment was claimed before the last run ended: fulfil the HTLC. */
  resume(htlc: IncomingHtlc): void;
  /** The HTLC must be failed now, if it is not being claimed. */
  expire(channel_id: ChannelId, htlc_id: bigint): void;
}

/** Payments of ours. Each may be told twice. */
export interface OutgoingPort {
  /** The preimage is known, though not yet durable: answers what to write with it. */
  fulfilled(
    channel_id: ChannelId,
    htlc_id: bigint,
    payment_hash: PaymentHash,
    preimage: PaymentPreimage,
  ): readonly Write[];
  /** The HTLC is gone: answers what to write with it. */
  removed(channel_id: ChannelId, htlc: RemovedHtlc): readonly Write[];
  /** What was written is durable. */
  told(channel_id: ChannelId, htlc_id: bigint): void;
}

/** Channels that are over: the chain decides about them, and there they are followed until nothing of them is left. */
export interface EndingPort {
  /** Goes on with those that were ending when the last run ended. `resume_height`: the first block not yet seen. */
  start(channels: readonly EndingChannel[], resume_height: number): Promise<void>;
  /**
   * The channel is over. `is_ours`: our commitment goes to the chain, unless our state is old; `is_urgent`: and is helped
   * along with fees.
   */
  begin(channel: EndingChannel, is_ours: boolean, is_urgent: boolean): void;
  /** The funding output was spent in the block of this height. */
  spent(channel: EndingChannel, transaction: Uint8Array, height: number): void;
  /** Another transaction took the place of the channel's funding for good: there is nothing to follow. */
  lost(channel: EndingChannel): void;
  /** A payment to us is claimed whose channel is over. */
  preimage(channel_id: ChannelId, htlc_id: bigint, payment_preimage: PaymentPreimage): void;
}

/** A channel as far as its ending is concerned. */
export interface EndingChannel {
  readonly channel_id: ChannelId;
  readonly peer_id: NodeId;
  readonly key_id: string;
  readonly signer: ChannelSigner;
  readonly state: ChannelState;
}

/** One line per event, for the operator. */
export interface ChannelLog {
  info(text: string): void;
  warn(text: string): void;
}

/** What is said of our channels in public: a channel_announcement, or our channel_update. */
export type PublicMessage = Extract<KnownMessage, { readonly type: 'channel_announcement' | 'channel_update' }>;

/** A channel as far as gossip is concerned. */
export interface GossipChannel extends EndingChannel {
  readonly peer: ConnectedPeer | undefined;
  /** What we said of our direction last, and when: the next must be later, whatever the clock says. */
  local_update: LocalUpdate | undefined;
}

/** Our last `channel_update` of a channel. */
export interface LocalUpdate {
  readonly timestamp: number;
  /** All that it said beside the timestamp, as text. */
  readonly content: string;
}

/** What is said of our channels in gossip (BOLT 7). */
export interface ChannelGossip {
  /** Tells the peer our `channel_update` for this channel: the last one, or another when that is old or not true any more. */
  sayUpdate(channel: GossipChannel): void;
  /** Says it again if it has to be another. Called now and then. */
  refreshUpdate(channel: GossipChannel): void;
  /** Our two signatures of the channel's announcement. */
  signAnnouncement(channel: GossipChannel, short_channel_id: ShortChannelId): AnnouncementSignatures;
  /** Both sides have signed: announces the channel. False when the peer's signatures are not valid. */
  announce(channel: GossipChannel, local: AnnouncementSignatures, remote: AnnouncementSignatures): boolean;
}
