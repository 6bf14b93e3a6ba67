/**
 * What is remembered of a channel's end: which transactions the chain has confirmed, which preimages are known, what we
 * have sent and what we have reported. Everything else follows from it and from the channel, again at every step; so a
 * reorg is undone by forgetting what it took back.
 */
import type { Sat } from '../../base/types/amount.ts';
import type { PaymentHash, PaymentPreimage, Txid } from '../../base/types/brand.ts';
import type { ClosingHtlc } from './closing-channel.ts';
import type { Outpoint } from './outpoint.ts';
import type { RevokedHtlc } from './revoked-htlc.ts';

/** A transaction in a block that spends an output which we watch. */
export interface ConfirmedSpend {
  readonly txid: Txid;
  readonly height: number;
  /** Serialized, hex. */
  readonly transaction: string;
}

/** A transaction of ours that waits to be mined, or that the wallet was asked to fund. */
export interface Pending {
  /** The outputs that it takes, by name, in order. */
  readonly outpoints: readonly string[];
  /** Serialized, hex; undefined until the wallet has funded it. */
  readonly transaction: string | undefined;
  readonly fee_sat: Sat;
  /** Of the transaction; as long as there is none, what the wallet was asked for first. */
  readonly feerate_per_kw: number;
  /** When it was made, or last made again; as long as there is no transaction, when the wallet was asked first. */
  readonly height: number;
  readonly is_wallet_funded: boolean;
}

/** Our own force close, from the decision to its confirmation. */
export interface ForceClose {
  /** The signed commitment, serialized, hex. */
  readonly transaction: string;
  readonly height: number;
  /** The operator wants it mined soon, whatever the deadlines say. */
  readonly is_urgent: boolean;
  /**
   * Mempools hold a commitment of the peer instead of ours: which of the peer's commitments we take it for, by its place
   * in `ClosingChannel.remote`. A child on our anchor in it gets it into a block.
   */
  readonly rival?: number | undefined;
}

/** A plain record. Amounts are bigint, as everywhere. */
export interface OnchainState {
  /** The block up to which we know the chain. */
  readonly height: number;
  readonly spends: readonly ConfirmedSpend[];
  /** What a penalty needs, when the spend of the funding output was revoked. */
  readonly revoked_htlcs: readonly RevokedHtlc[];
  readonly preimages: readonly PaymentPreimage[];
  /** The HTLCs to us that we have accepted: another of the same hash may have come for nothing. */
  readonly accepted_ids: readonly bigint[];
  readonly force_close: ForceClose | undefined;
  readonly pending: readonly Pending[];
  /** What was pending until a block took it: a reorg makes it pending again, as the network may still know it. */
  readonly mined: readonly Pending[];
  readonly watched: readonly string[];
  /** Reports that were made and are not made again. */
  readonly told: readonly string[];
}

/** The state of a channel whose funding output is unspent. */
export function openOnchain(height: number): OnchainState {
  return {
    height,
    spends: [],
    revoked_htlcs: [],
    preimages: [],
    accepted_ids: [],
    force_close: undefined,
    pending: [],
    mined: [],
    watched: [],
    told: [],
  };
}

/** What happens. A `spent` of the block comes before its `block`, as the chain reports it. */
export type OnchainInput =
  /** Watches and broadcasts are wanted again, after a restart. */
  | { readonly kind: 'start' }
  /** The chain has this block now. */
  | { readonly kind: 'block'; readonly height: number }
  /**
   * A watched outpoint was spent in a block. For the funding output, `revoked_htlcs` is what `revokedNumberOf` asks
   * for; else empty.
   */
  | {
      readonly kind: 'spent';
      readonly transaction: Uint8Array;
      readonly height: number;
      readonly revoked_htlcs: readonly RevokedHtlc[];
    }
  /** The block that held the transaction is no longer in the best chain. */
  | { readonly kind: 'disconnected'; readonly txid: Txid; readonly height: number }
  /**
   * A preimage is known now. Say it only for a payment that was accepted: to claim is to reveal it (BOLT 5). `htlc_id` is
   * the HTLC to us that was; undefined when it is of a payment of ours.
   */
  | { readonly kind: 'preimage'; readonly htlc_id: bigint | undefined; readonly payment_preimage: PaymentPreimage }
  /** Our commitment is to be broadcast; `transaction` is the signed commitment, hex. */
  | { readonly kind: 'force_close'; readonly transaction: string; readonly is_urgent: boolean }
  /** The wallet has funded and signed what `fund` asked for; `fee_sat` is what the transaction pays. */
  | {
      readonly kind: 'funded';
      readonly outpoints: readonly string[];
      readonly transaction: string;
      readonly fee_sat: Sat;
      /** As it was asked for. */
      readonly feerate_per_kw: number;
    }
  /** The wallet has not enough to fund all of these outputs together. */
  | { readonly kind: 'unaffordable'; readonly outpoints: readonly string[] }
  /** The wallet has new change to spend: what it could not fund before is asked for again. */
  | { readonly kind: 'wallet_ready' }
  /** The network did not take this transaction of ours, hex, and why: where it can be mended it is, at once. */
  | { readonly kind: 'refused'; readonly transaction: string; readonly refusal: Refusal };

/**
 * `too_cheap`: its fee is below what the mempool takes now, or (`below_floor`) what the node relays at all. `has_rival`:
 * something that waits to be mined takes one of its outputs, and pays more. `no_parent`: what it spends is not there.
 * `not_taken`: anything else.
 */
export type Refusal = 'too_cheap' | 'below_floor' | 'has_rival' | 'no_parent' | 'not_taken';

/** A transaction for which the wallet brings inputs. Foreign inputs come first, in order, and so do the outputs. */
export interface FundRequest {
  readonly outpoints: readonly string[];
  readonly foreign: readonly {
    readonly input: { txid: Txid; vout: number; sequence: number; script_sig: Uint8Array; witness: Uint8Array[] };
    readonly spends: { readonly amount_sat: Sat; readonly script_pubkey: Uint8Array };
    readonly weight: number;
  }[];
  readonly outputs: readonly { readonly amount_sat: Sat; readonly script_pubkey: Uint8Array }[];
  readonly locktime: number;
  readonly feerate_per_kw: number;
  /** At least this must be paid (it replaces a transaction of ours), and never more than that (it is all at stake). */
  readonly min_fee_sat: Sat;
  readonly max_fee_sat: Sat;
  /** The unconfirmed commitment that an anchor pays for: it is broadcast together with the child. */
  readonly parents: { readonly weight: number; readonly fee_sat: Sat } | undefined;
}

/** What is to be done. The host commits the new state first. */
export type OnchainEffect =
  | { readonly kind: 'watch'; readonly outpoint: Outpoint; readonly from_height: number }
  /** Fully signed, hex; parents come first. */
  | { readonly kind: 'broadcast'; readonly transactions: readonly string[] }
  /** Build it with the wallet, have `signClaims` sign the foreign inputs, then say `funded`. */
  | { readonly kind: 'fund'; readonly request: FundRequest }
  /** What the channel ended with. `unknown` means that funds may be lost: tell the operator. */
  | {
      readonly kind: 'ended';
      readonly ending: 'mutual' | 'local' | 'remote' | 'revoked' | 'unknown';
      readonly txid: Txid;
      readonly number: number | undefined;
    }
  /** The ending was reorganised away. */
  | { readonly kind: 'ending_undone'; readonly txid: Txid }
  /** The chain showed the preimage of an HTLC that we offered: it is paid. */
  | {
      readonly kind: 'preimage_learned';
      readonly payment_hash: PaymentHash;
      readonly payment_preimage: PaymentPreimage;
    }
  /** An HTLC that we offered can never be fulfilled any more. */
  | { readonly kind: 'htlc_failed'; readonly htlc: ClosingHtlc }
  /** An HTLC that we were offered is ours for good: the payment is received. */
  | { readonly kind: 'htlc_claimed'; readonly htlc: ClosingHtlc }
  /** An HTLC to us that we accepted was taken back by this transaction, or was too small to be claimed. */
  | { readonly kind: 'htlc_lost'; readonly htlc: ClosingHtlc; readonly txid: Txid | undefined }
  /** The peer took this output of a commitment that it had revoked: we came too late for the penalty. */
  | { readonly kind: 'penalty_missed'; readonly outpoint: Outpoint; readonly amount_sat: Sat; readonly txid: Txid }
  /** An output of the ending, or of what followed, is irrevocably resolved; `by_us` says who has it. */
  | { readonly kind: 'output_resolved'; readonly outpoint: Outpoint; readonly role: string; readonly by_us: boolean }
  /** Nothing of this channel is left on the chain: it can be forgotten. */
  | { readonly kind: 'channel_resolved' };
