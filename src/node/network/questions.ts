/** What the rest of the node asks the map, and what it answers: plain records, because they go to a thread and back. */
import type { ChannelId, NodeId } from '../../base/types/brand.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import type { NodeAddress } from '../../protocol/gossip/addresses.ts';

/** One direction of a public channel, as `listchannels` tells it. */
export interface ListedChannel {
  readonly source: NodeId;
  readonly destination: NodeId;
  readonly short_channel_id: ShortChannelId;
  readonly direction: number;
  readonly amount_msat: number;
  readonly message_flags: number;
  readonly channel_flags: number;
  readonly active: boolean;
  readonly last_update: number;
  readonly base_fee_millisatoshi: number;
  readonly fee_per_millionth: number;
  readonly delay: number;
  readonly htlc_minimum_msat: number;
  readonly htlc_maximum_msat: number;
  /** Hex. */
  readonly features: string;
}

/** What a node says of itself. */
export interface NodeDetails {
  /** As its 32 bytes are, up to the first zero, hex. */
  readonly alias: string;
  readonly color: string;
  readonly last_timestamp: number;
  readonly features: string;
  readonly addresses: readonly NodeAddress[];
}

/** A node with a public channel, as `listnodes` tells it. */
export interface ListedNode {
  readonly nodeid: NodeId;
  /** Absent while it has not announced itself. */
  readonly details: NodeDetails | undefined;
}

/** Some entries, and where the next ones begin; undefined: these were the last. */
export interface Page<T> {
  readonly entries: readonly T[];
  readonly next: number | undefined;
}

/** How the map stands. */
export interface MapState {
  readonly channels: number;
  readonly nodes: number;
  readonly unchecked_channels: number;
  /** All that a peer knew is in it. */
  readonly is_synced: boolean;
}

/** A channel of ours, as a way out. */
export interface OwnWay {
  readonly channel_id: ChannelId;
  readonly peer_id: NodeId;
  readonly names: readonly ShortChannelId[];
  readonly spendable_msat: number;
  readonly htlc_minimum_msat: number;
}

/** A channel behind another node: who forwards over it, and what it asks. */
export interface WayHop {
  readonly pubkey: NodeId;
  readonly short_channel_id: ShortChannelId;
  readonly fee_base_msat: number;
  readonly fee_proportional_millionths: number;
  readonly cltv_expiry_delta: number;
}

/** What one direction asks now, other than the map says. `node_id` is where it begins. */
export interface NewTerms {
  readonly node_id: NodeId;
  readonly short_channel_id: ShortChannelId;
  readonly fee_base_msat: number;
  readonly fee_proportional_millionths: number;
  readonly cltv_expiry_delta: number;
  readonly htlc_minimum_msat: number;
  readonly htlc_maximum_msat: number;
}

/** What is on the way already through a channel. */
export interface HeldAmount {
  readonly node_id: NodeId;
  readonly short_channel_id: ShortChannelId;
  readonly amount_msat: number;
}

/** What all questions for a way have in common. */
export interface WayQuestion {
  readonly source: NodeId;
  readonly destination: NodeId;
  readonly amount_msat: number;
  readonly final_cltv: number;
  readonly max_fee_msat: number;
  readonly max_delay: number;
  readonly max_hops: number;
  readonly max_parts: number;
  /** What a block costs, as a share of the amount. */
  readonly price_of_block: number;
  readonly price_of_doubt: number;
  /** Channels of ours, when the way begins with us. */
  readonly own_ways: readonly OwnWay[] | undefined;
  readonly hints: readonly (readonly WayHop[])[];
  /** Nodes, channels (`SCID`, `SCID/DIRECTION`, `NODE:SCID`) and channels of ours (by channel_id) to leave out. */
  readonly avoid: readonly string[];
  readonly held: readonly HeldAmount[];
  readonly terms: readonly NewTerms[];
}

/** A hop of a way that was found. */
export interface FoundHop {
  readonly node_id_in: NodeId;
  readonly node_id_out: NodeId;
  readonly short_channel_id: ShortChannelId;
  readonly direction: 0 | 1;
  readonly amount_in_msat: number;
  readonly amount_out_msat: number;
  readonly cltv_in: number;
  readonly cltv_out: number;
  readonly fee_base_msat: number;
  readonly fee_proportional_millionths: number;
  readonly cltv_expiry_delta: number;
}

/** A part of the amount, and its way. */
export interface FoundRoute {
  readonly amount_msat: number;
  readonly probability: number;
  /** The channel of ours that it leaves through; undefined when it does not begin with us. */
  readonly channel_id: ChannelId | undefined;
  readonly hops: readonly FoundHop[];
}

/** The ways that were found, or why none was. */
export type WaysAnswer =
  | { readonly kind: 'found'; readonly routes: readonly FoundRoute[] }
  | {
      readonly kind: 'none';
      readonly reason: 'unknown_source' | 'unknown_destination' | 'too_expensive' | 'too_slow' | 'too_long' | 'no_way';
      /** As Core Lightning's `getroutes` words it. */
      readonly explanation: string;
    };

/** What a part of a payment taught of a channel. */
export interface ChannelLesson {
  readonly node_id: NodeId;
  readonly short_channel_id: ShortChannelId;
  readonly amount_msat: number;
  readonly has_carried: boolean;
}

/** What can come in through a peer: the sum of what its other channels let through to it. */
export interface IncomingCapacity {
  readonly peer_id: NodeId;
  readonly incoming_msat: number;
}

/** Every question, with its answer. */
export interface Questions {
  state: { asked: Record<never, never>; answer: MapState };
  channels: {
    asked: {
      readonly short_channel_id?: ShortChannelId | undefined;
      readonly source?: NodeId | undefined;
      readonly destination?: NodeId | undefined;
      readonly from: number;
    };
    answer: Page<ListedChannel>;
  };
  nodes: { asked: { readonly id?: NodeId | undefined; readonly from: number }; answer: Page<ListedNode> };
  ways: { asked: WayQuestion; answer: WaysAnswer };
  incoming: {
    asked: { readonly node_id: NodeId; readonly peer_ids: readonly NodeId[] };
    answer: {
      /** The map is synced, and has channels that are not ours: what it does not have is not there. */
      readonly is_known: boolean;
      readonly capacities: readonly IncomingCapacity[];
    };
  };
}

export type QuestionName = keyof Questions;
