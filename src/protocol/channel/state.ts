/**
 * What a channel is at one moment: plain immutable records, whose change is always a new record. The state holds all
 * that must outlive a crash and no key; the names are those of BOLT 2. Hashes, keys and signatures are lowercase hex.
 */
import type { Msat, Sat } from '../../base/types/amount.ts';
import type { ChannelId, PaymentHash, PaymentPreimage, Txid } from '../../base/types/brand.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import type { Side, Stage } from './stage.ts';

/** What one side announced in `open_channel` or `accept_channel`. Each limit binds the *other* side. */
export interface SideTerms {
  readonly dust_limit_satoshis: Sat;
  readonly max_htlc_value_in_flight_msat: Msat;
  /** What the other side must keep. */
  readonly channel_reserve_satoshis: Sat;
  readonly htlc_minimum_msat: Msat;
  /** The delay of the other side's outputs to itself. */
  readonly to_self_delay: number;
  readonly max_accepted_htlcs: number;
  readonly funding_pubkey: string;
  readonly revocation_basepoint: string;
  readonly payment_basepoint: string;
  readonly delayed_payment_basepoint: string;
  readonly htlc_basepoint: string;
  /** Empty when the side did not commit to one. */
  readonly upfront_shutdown_script: string;
}

/** The variations of `channel_type` that Till speaks; static_remotekey and anchors are always part of it. */
export interface ChannelType {
  readonly option_scid_alias: boolean;
  readonly option_zeroconf: boolean;
}

/** What was agreed at the opening and never changes. */
export interface ChannelTerms {
  readonly channel_id: ChannelId;
  /** Who opened, and so pays the fees of commitments and of the mutual close. */
  readonly opener: Side;
  readonly channel_type: ChannelType;
  readonly announce_channel: boolean;
  readonly funding_txid: Txid;
  readonly funding_output_index: number;
  readonly funding_satoshis: Sat;
  /** The height at which it was opened. */
  readonly opened_height: number;
  /** Confirmations before `channel_ready`. */
  readonly minimum_depth: number;
  /** The short_channel_id that we tell the peer to know this channel by. */
  readonly local_alias: ShortChannelId;
  /** Where our balance goes in a mutual close, unless the operator says otherwise when closing. */
  readonly default_shutdown_script: string;
  readonly local: SideTerms;
  readonly remote: SideTerms;
}

/**
 * What the attribution data beside a removal is made from when it is sent (BOLT 4): 920 bytes for each HTLC would make
 * the stored state several times as long.
 */
export interface Attribution {
  /** Shared with the payer, hex. */
  readonly shared_secret: string;
  /** How long the HTLC was held, in tenths of a second; 0 when that is unknown. */
  readonly hold_time: number;
}

/** How an HTLC goes: the receiver of it proposes this. `reason` is hex. Only ours have an attribution. */
export type Removal =
  | { readonly kind: 'fulfill'; readonly payment_preimage: PaymentPreimage; readonly attribution?: Attribution }
  | { readonly kind: 'fail'; readonly reason: string; readonly attribution?: Attribution }
  | { readonly kind: 'malformed'; readonly sha256_of_onion: string; readonly failure_code: number };

/** An HTLC, from its proposal until its removal is irrevocable. */
export interface Htlc {
  readonly offered_by: Side;
  readonly id: bigint;
  readonly amount_msat: Msat;
  readonly payment_hash: PaymentHash;
  readonly cltv_expiry: number;
  /** Ours: kept until the peer acknowledged it. The peer's: kept until the host has taken the HTLC. */
  readonly onion_routing_packet: string | undefined;
  readonly path_key: string | undefined;
  /** What the peer took off the amount that its onion names (bLIP 25); undefined: nothing. */
  readonly extra_fee: Msat | undefined;
  /** How far the adding has come. */
  readonly added: Stage;
  readonly removal: Removal | undefined;
  /** How far the removal has come; meaningless without one. */
  readonly removed: Stage;
  /** An incoming HTLC that was reported to the host, which has taken it over. */
  readonly taken: boolean;
  /** An incoming HTLC that must be failed: it exceeds the exposure to dust that we allow. */
  readonly over_exposed: boolean;
  /** The first and the last commitment of the peer that holds it, once there is one: what a penalty asks for. */
  readonly first_remote_number: number | undefined;
  readonly last_remote_number: number | undefined;
}

/** A feerate on its way. The first of the list is in force on both sides; later ones replace it. */
export interface FeerateUpdate {
  readonly feerate_per_kw: number;
  readonly stage: Stage;
}

/** An HTLC of ours that is irrevocably gone, kept until the host has taken it. */
export interface RemovedHtlc {
  readonly id: bigint;
  readonly amount_msat: Msat;
  readonly payment_hash: PaymentHash;
  /**
   * `unsent`: it never was in a commitment, and the peer does not know it. Its id may be given to another HTLC.
   * `ended_on_chain`: the channel is over, and the chain gave the money back.
   */
  readonly removal: Removal | { readonly kind: 'unsent' } | { readonly kind: 'ended_on_chain' };
}

/** Where the funding transaction was found. */
export interface FundingConfirmation {
  readonly block_height: number;
  readonly transaction_index: number;
  readonly depth_blocks: number;
}

/**
 * A channel that was bought of a liquidity provider is used before it confirms, by a peer that nobody needs to trust. While
 * its funding is neither in our mempool nor in a block it `waits`: it is not ready, and nothing goes over it. `one_payment`:
 * the operator accepts that the provider sends the funding later, so the payment that it was bought for goes over it,
 * and nothing else. `seen`: it was there when it was looked for last.
 */
export type FundingSight = 'waits' | 'one_payment' | 'seen';

/** A transaction in a block that spends what the funding transaction was to spend: only one of them can be in the chain. */
export interface FundingRival {
  readonly txid: Txid;
  readonly block_height: number;
}

/** Signatures of a `channel_announcement`, of one side. */
export interface AnnouncementSignatures {
  readonly short_channel_id: ShortChannelId;
  readonly node_signature: string;
  readonly bitcoin_signature: string;
}

/** The fee negotiation of the mutual close. It begins again with every connection, so it is never stored. */
export interface ClosingNegotiation {
  readonly sent_fee_satoshis: Sat | undefined;
  readonly sent_range: ClosingFeeSpan | undefined;
  readonly received_fee_satoshis: Sat | undefined;
  readonly received_range: ClosingFeeSpan | undefined;
}

/** `fee_range` of `closing_signed`. */
export interface ClosingFeeSpan {
  readonly min_fee_satoshis: Sat;
  readonly max_fee_satoshis: Sat;
}

/** The least and the most to pay for a mutual close, in satoshi per 1000 weight. */
export interface ClosingFeerange {
  readonly min_per_kw: number;
  readonly max_per_kw: number;
}

/** What our last `closing_complete` on this connection proposed: `closing_sig` must say the same. */
export interface OfferedClose {
  readonly closer_scriptpubkey: string;
  readonly closee_scriptpubkey: string;
  readonly fee_satoshis: Sat;
  readonly locktime: number;
  readonly variants: readonly CloseVariant[];
  /** `closing_sig` has come. */
  readonly is_answered: boolean;
}

/** Which outputs a closing transaction has: the names of `closing_tlvs`. */
export type CloseVariant = 'closer_output_only' | 'closee_output_only' | 'closer_and_closee_outputs';

/** Why a channel is over. */
export interface Failure {
  /** `local`: we found the fault or were told to; `remote`: the peer said `error`, first or in answer to ours. */
  readonly by: Side;
  readonly reason: string;
  /** The peer proved that our state is old: nothing of ours may ever be broadcast. */
  readonly data_loss: boolean;
}

/**
 * `opening`: funded, not yet ready on both sides. `normal`: usable. `closing`: a shutdown was sent or received.
 * `closed`: a mutual close is signed by both. `failed`: over, the chain decides. `spent`: the funding output is spent.
 */
export type Phase = 'opening' | 'normal' | 'closing' | 'closed' | 'failed' | 'spent';

/**
 * What we know of a channel. `all`: its latest state, as far as we can tell. `terms`: it was recovered from a static
 * backup, and only its terms, phase, connection and end are facts: ask `figuresOf` (lost.ts) before showing a number.
 */
export type Knowledge = 'all' | 'terms';

/**
 * `down`: no connection. `reestablishing`: ours is sent, the peer's awaited. `up`: messages flow. `aside`: the channel
 * cannot go on over this connection; what comes for it is not read, and other channels of the peer are not concerned.
 */
export type Link = 'down' | 'reestablishing' | 'up' | 'aside';

/** A channel with a funding transaction. */
export interface ChannelState {
  readonly terms: ChannelTerms;
  readonly knowledge: Knowledge;
  readonly phase: Phase;
  readonly link: Link;

  /** Each side's balance, HTLCs in flight still counted to the side that offered them. */
  readonly local_msat: Msat;
  readonly remote_msat: Msat;
  readonly htlcs: readonly Htlc[];
  readonly feerates: readonly FeerateUpdate[];
  /** The operator takes any feerate from this peer, however low. */
  readonly ignore_fee_limits: boolean;
  readonly local_next_htlc_id: bigint;
  readonly remote_next_htlc_id: bigint;

  /** The number of our commitment that the peer signed last; every lower one is revoked. */
  readonly local_number: number;
  readonly local_signature: string;
  readonly local_htlc_signatures: readonly string[];

  /** The number of the peer's lowest unrevoked commitment, and the points of it and of the one that follows. */
  readonly remote_number: number;
  readonly remote_point: string;
  readonly remote_next_point: string | undefined;
  /** The peer's revoked secrets, in BOLT 3's compact form (hex of 32 bytes by number of trailing zeros). */
  readonly remote_secrets: readonly string[];
  /** We signed commitment remote_number + 1, and the peer has not revoked remote_number yet. */
  readonly awaiting_revocation: boolean;
  /** Our last revoke_and_ack went out after our last commitment_signed: retransmission keeps that order. */
  readonly revoked_after_signing: boolean;
  /** There are updates that the peer's next commitment must bring. */
  readonly commit_due: boolean;

  readonly ready_sent: boolean;
  readonly ready_received: boolean;
  readonly remote_alias: ShortChannelId | undefined;
  readonly funding_confirmation: FundingConfirmation | undefined;
  /** Only of a channel that was bought: whether its funding was seen, and what is done before. */
  readonly funding_sight: FundingSight | undefined;
  /** What stands in the funding transaction's place, after a reorganisation. */
  readonly funding_rival: FundingRival | undefined;
  readonly local_announcement: AnnouncementSignatures | undefined;
  readonly remote_announcement: AnnouncementSignatures | undefined;
  /** Ours were said on this connection: they are said once on each. */
  readonly announcement_sent: boolean;
  /** When we have lost data: how many more warnings of this connection are answered by asking to close again. */
  readonly reminders_left: number;
  /** We asked on this connection for a revoke_and_ack that we have already, and it has not come yet. */
  readonly revocation_repeated: boolean;

  /** The script to close to, once we want to close. */
  readonly local_shutdown_script: string | undefined;
  readonly shutdown_sent: boolean;
  /** The height at which closing was begun, by either side. */
  readonly closing_height: number | undefined;
  readonly remote_shutdown_script: string | undefined;
  /** The feerates that the operator wants to pay for the mutual close; undefined: what we find right. */
  readonly closing_feerange: ClosingFeerange | undefined;
  /** The peer said `shutdown` on this connection. Not stored. */
  readonly shutdown_heard: boolean;
  readonly negotiation: ClosingNegotiation | undefined;
  /** Our last `closing_complete`. Not stored: each connection begins again. */
  readonly offered_close: OfferedClose | undefined;
  /** Mutual closing transactions that both signed, serialized, hex: the latest, each of which the peer may publish. */
  readonly closing_transactions: readonly string[];
  /** The one among them whose fee we chose and pay, in a simple close. */
  readonly own_closing_transaction: string | undefined;

  readonly failure: Failure | undefined;
  /** The height at which the peer showed that its state is old: it has a while to come back with its latest. */
  readonly peer_behind_height: number | undefined;
  /** Our HTLCs that are gone and that the host has not taken yet. */
  readonly removed_htlcs: readonly RemovedHtlc[];
}
