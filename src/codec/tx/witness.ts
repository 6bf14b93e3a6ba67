/**
 * Witnesses of every way to spend an output of a channel (BOLT 3, BOLT 5), from signatures as witness items (DER with
 * their sighash byte). And what such an input weighs, with the longest signature, for fees that are reckoned before
 * anything is signed.
 */
import { MAX_SIGNATURE_BYTES } from './signature.ts';

const EMPTY = new Uint8Array(0);
/** What OP_IF takes as true (BIP 141 makes anything else non-standard). */
const TRUE = Uint8Array.of(1);

/** Spends the funding output: both signatures in the order of their keys. */
export function fundingWitness(
  first_signature: Uint8Array,
  second_signature: Uint8Array,
  funding_script: Uint8Array,
): readonly Uint8Array[] {
  return [EMPTY, first_signature, second_signature, funding_script];
}

/** The owner's own delayed output, once its delay is over (the input's sequence says so). */
export function delayedWitness(signature: Uint8Array, delayed_script: Uint8Array): readonly Uint8Array[] {
  return [signature, EMPTY, delayed_script];
}

/** A delayed output of a revoked commitment, by the revocation key. */
export function delayedPenaltyWitness(signature: Uint8Array, delayed_script: Uint8Array): readonly Uint8Array[] {
  return [signature, TRUE, delayed_script];
}

/** An HTLC output of a revoked commitment, by the revocation key. */
export function htlcPenaltyWitness(
  signature: Uint8Array,
  revocation_pubkey: Uint8Array,
  htlc_script: Uint8Array,
): readonly Uint8Array[] {
  return [signature, revocation_pubkey, htlc_script];
}

/** HTLC-success (with the preimage) or HTLC-timeout (without), of our own commitment. */
export function htlcTransactionWitness(
  remote_signature: Uint8Array,
  local_signature: Uint8Array,
  payment_preimage: Uint8Array | undefined,
  htlc_script: Uint8Array,
): readonly Uint8Array[] {
  return [EMPTY, remote_signature, local_signature, payment_preimage ?? EMPTY, htlc_script];
}

/** An HTLC output of the other side's commitment: with the preimage, or without after its expiry. */
export function htlcClaimWitness(
  signature: Uint8Array,
  payment_preimage: Uint8Array | undefined,
  htlc_script: Uint8Array,
): readonly Uint8Array[] {
  return [signature, payment_preimage ?? EMPTY, htlc_script];
}

/** An anchor by its key, or `to_remote` with anchors. */
export function signatureWitness(signature: Uint8Array, witness_script: Uint8Array): readonly Uint8Array[] {
  return [signature, witness_script];
}

/** An outpoint, an empty script and a sequence: four weight units a byte. */
const INPUT_WEIGHT = 4 * 41;

/** The weight of an input whose witness has items of these lengths (each below 253 bytes). */
export function inputWeight(...witness_lengths: readonly number[]): number {
  return witness_lengths.reduce((weight, length) => weight + 1 + length, INPUT_WEIGHT + 1);
}

/** The weight of an input that is spent by one signature, some bytes and the witness script. */
export function signedInputWeight(witness_script: Uint8Array, ...other_lengths: readonly number[]): number {
  return inputWeight(MAX_SIGNATURE_BYTES, ...other_lengths, witness_script.length);
}

/** The weight of an output with a script of this length (below 253 bytes). */
export function outputWeight(script_length: number): number {
  return 4 * (9 + script_length);
}

/** Version, counts, locktime, and the segwit marker: what a transaction weighs besides (up to 252 inputs and outputs). */
export const TRANSACTION_OVERHEAD_WEIGHT = 4 * 10 + 2;
