/** What the operator decides about channels, with the reasons for each default; and what a step sees of the world. */
import type { Msat, Sat } from '../../base/types/amount.ts';
import { msat, sat } from '../../base/types/amount.ts';
import { FULFILL_DEADLINE_BLOCKS } from './final-cltv.ts';
import type { ChannelSigner } from './signer.ts';

/** The operator's limits. */
export interface ChannelPolicy {
  /** The dust limit of our commitments: the lowest that BOLT 2 lets everyone accept. */
  readonly dust_limit_satoshis: Sat;
  /** The highest dust limit that the peer may set: above it, too much would end as fees. */
  readonly max_dust_limit_satoshis: Sat;
  readonly htlc_minimum_msat: Msat;
  /** HTLCs that the peer may have in flight. More make a commitment dearer to close than it is worth. */
  readonly max_accepted_htlcs: number;
  /** Share of the channel that the peer may have in flight, in thousandths. */
  readonly max_in_flight_per_mille: number;
  /** Share of the channel that the peer must keep, in thousandths: what it has to lose by cheating. */
  readonly reserve_per_mille: number;
  /** And never less than this: above the dust limits that other implementations use, as the reserve must be. */
  readonly min_reserve_satoshis: Sat;
  /** The highest share that the peer may ask us to keep. */
  readonly max_reserve_per_mille: number;
  /** What we impose on the peer's own outputs: the time that we have to notice a revoked commitment. */
  readonly to_self_delay: number;
  /** What the peer may impose on ours. */
  readonly max_to_self_delay: number;
  readonly minimum_depth: number;
  readonly max_minimum_depth: number;
  readonly min_funding_satoshis: Sat;
  /** The most that dust HTLCs may be worth together, on either commitment: it is lost to miners in a force close. */
  readonly max_dust_htlc_exposure_msat: Msat;
  /** The same for all channels of the node together. */
  readonly max_node_dust_exposure_msat: Msat;
  /** The least that the peer must let us have in flight, and in how many HTLCs. */
  readonly min_max_htlc_value_in_flight_msat: Msat;
  readonly min_max_accepted_htlcs: number;
  /** The highest minimum of an HTLC that the peer may set. */
  readonly max_htlc_minimum_msat: Msat;
  /** Blocks after its expiry at which an HTLC of ours is claimed on the chain. */
  readonly offered_grace_blocks: number;
  /** Blocks before its expiry at which an HTLC that we fulfilled is claimed on the chain. */
  readonly fulfill_deadline_blocks: number;
  /** Blocks that an agreement on closing may take: about two days. */
  readonly closing_timeout_blocks: number;
  /** Blocks that a peer has to come back with its latest state when it came with an old one: about a day. */
  readonly peer_behind_blocks: number;
  /** So deep is final: what a transaction in the place of a funding takes is lost then. */
  readonly irrevocable_depth: number;
  /** Any feerate is taken from the peer of any channel, however low. */
  readonly ignore_fee_limits: boolean;
  /** Confirmations before a channel is announced (BOLT 7 asks for six). */
  readonly announcement_depth: number;
}

/** What Till does when the operator says nothing. */
export const DEFAULT_POLICY: ChannelPolicy = {
  dust_limit_satoshis: sat(354),
  max_dust_limit_satoshis: sat(5_000),
  htlc_minimum_msat: msat(1),
  max_accepted_htlcs: 60,
  max_in_flight_per_mille: 1_000,
  reserve_per_mille: 10,
  min_reserve_satoshis: sat(1_000),
  max_reserve_per_mille: 200,
  to_self_delay: 144,
  max_to_self_delay: 2_016,
  minimum_depth: 3,
  max_minimum_depth: 144,
  min_funding_satoshis: sat(20_000),
  max_dust_htlc_exposure_msat: msat(50_000_000),
  max_node_dust_exposure_msat: msat(100_000_000),
  min_max_htlc_value_in_flight_msat: msat(1_000_000),
  min_max_accepted_htlcs: 5,
  max_htlc_minimum_msat: msat(10_000_000),
  offered_grace_blocks: 2,
  fulfill_deadline_blocks: FULFILL_DEADLINE_BLOCKS,
  closing_timeout_blocks: 288,
  peer_behind_blocks: 144,
  irrevocable_depth: 100,
  ignore_fee_limits: false,
  announcement_depth: 6,
};

/** Feerates as the host knows them at this moment, in satoshi per 1000 weight. */
export interface Feerates {
  /** What relays at all: never below 253. */
  readonly floor_per_kw: number;
  /** What the peer must offer for commitments that it pays for when it opens; what relays at all unless given. */
  readonly peer_floor_per_kw?: number;
  /** And what it must not go below later. */
  readonly peer_least_per_kw?: number;
  /** What enters the mempool now. */
  readonly mempool_per_kw: number;
  /** For commitments: enough to enter the mempool, as anchors can add more. */
  readonly commitment_per_kw: number;
  /** For the mutual close: what we think is fair, and the most that we would pay. */
  readonly closing_per_kw: number;
  readonly max_closing_per_kw: number;
}

/** What a step sees of the world. It is part of the input: the same state, input and environment give the same result. */
export interface Environment {
  readonly signer: ChannelSigner;
  readonly policy: ChannelPolicy;
  readonly feerates: Feerates;
  /** The best block's height. */
  readonly height: number;
  /** What is in dust HTLCs of the node's other channels; nothing unless given. */
  readonly dustElsewhereMsat?: () => bigint;
  /** Whether both sides offered `option_shutdown_anysegwit`. */
  readonly option_shutdown_anysegwit: boolean;
  /** Whether both sides offered `option_simple_close`. */
  readonly option_simple_close: boolean;
  /** Whether both sides offered `option_upfront_shutdown_script`. */
  readonly option_upfront_shutdown_script: boolean;
}
