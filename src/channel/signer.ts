/**
 * What the state machine asks of whoever holds the channel's keys. The machine never sees a private key: it hands over
 * what is to be signed, as plain amounts and HTLCs, and gets signatures. Every answer depends on the question alone.
 */
import type { Sat } from '../types/amount.ts';
import type { CommitmentView } from './commitment.ts';
import type { ChannelTerms } from './state.ts';

/** Our public keys of a channel, 33 bytes each, hex. */
export interface ChannelPublicKeys {
  readonly funding_pubkey: string;
  readonly revocation_basepoint: string;
  readonly payment_basepoint: string;
  readonly delayed_payment_basepoint: string;
  readonly htlc_basepoint: string;
}

/** The signatures of a `commitment_signed`: compact (64 bytes), hex; one per HTLC output, in the order of outputs. */
export interface CommitmentSignatures {
  readonly signature: string;
  readonly htlc_signatures: readonly string[];
}

/** A mutual closing transaction: amounts after the fee; a side whose amount is undefined has no output. */
export interface ClosingView {
  readonly local_sat: Sat | undefined;
  readonly remote_sat: Sat | undefined;
  readonly local_script: string;
  readonly remote_script: string;
}

export interface ChannelSigner {
  readonly public_keys: ChannelPublicKeys;

  /** The script of the funding output that we share with this key of the peer, hex. */
  fundingScriptPubkey(remote_funding_pubkey: string): string;
  /** Our point for our commitment `number`, hex. */
  perCommitmentPoint(number: number): string;
  /** The secret of that point, hex. Only for commitments that are, or are about to be, revoked. */
  perCommitmentSecret(number: number): string;
  /** The point of a secret that the peer revealed; undefined when it is no valid secret. */
  pointOfSecret(secret: string): string | undefined;
  /** Adds the peer's secret of commitment `number`. Undefined when it does not follow from the seed of those before. */
  insertSecret(secrets: readonly string[], number: number, secret: string): readonly string[] | undefined;

  /** The peer's secret of a commitment it revoked, hex. */
  findSecret(secrets: readonly string[], number: number): string;

  /** Signs a commitment of the peer and its HTLC transactions. */
  signCommitment(terms: ChannelTerms, view: CommitmentView): CommitmentSignatures;
  /**
   * Checks the peer's signatures on a commitment of ours. Undefined when all are valid, else a sentence that says which
   * is not. Signatures must be low-S.
   */
  verifyCommitment(terms: ChannelTerms, view: CommitmentView, signatures: CommitmentSignatures): string | undefined;
  /** Our commitment with both signatures, ready to broadcast: serialized, hex. */
  completeCommitment(terms: ChannelTerms, view: CommitmentView, signatures: CommitmentSignatures): string;

  signClosing(terms: ChannelTerms, view: ClosingView): string;
  verifyClosing(terms: ChannelTerms, view: ClosingView, signature: string): boolean;
  /** The mutual close with both signatures: serialized, hex. `signature` is the peer's. */
  completeClosing(terms: ChannelTerms, view: ClosingView, signature: string): string;
}
