/**
 * The ways in which we can take an output (BOLT 3's witnesses, BOLT 5's cases), each with what is needed before it is
 * signed: when it becomes valid, what it weighs, and how its input is made.
 */
import { curve } from '../../base/crypto/secp256k1.ts';
import type { ChannelKeys } from '../../codec/tx/channel-keys.ts';
import { derivePrivateKey, deriveRevocationPrivateKey } from '../../codec/tx/keys.ts';
import { SIGHASH_ALL, type Sighash, type SighashType } from '../../codec/tx/sighash.ts';
import { derSignature, MAX_SIGNATURE_BYTES } from '../../codec/tx/signature.ts';
import type { TxOutput } from '../../codec/tx/transaction.ts';
import {
  delayedPenaltyWitness,
  delayedWitness,
  htlcClaimWitness,
  htlcPenaltyWitness,
  htlcTransactionWitness,
  inputWeight,
  signatureWitness,
  signedInputWeight,
} from '../../codec/tx/witness.ts';
import type { Outpoint } from './outpoint.ts';

/** The input of a claim, whoever pays the fee. */
export interface Claim {
  readonly outpoint: Outpoint;
  readonly spends: TxOutput;
  /** What the input weighs with the longest signatures. */
  readonly weight: number;
  readonly sequence: number;
  /** The transaction's locktime must be at least this; exactly this when there is a `paired_output`. */
  readonly locktime: number;
  /** The first block that may hold the claim. */
  readonly valid_height: number;
  /** From this height on somebody else can take the output. */
  readonly deadline_height: number | undefined;
  /** Before `deadline_height` nobody but us can take the output, however long the claim waits in mempools. */
  readonly is_exclusive: boolean;
  /** Worth taking only together with something else. */
  readonly is_extra: boolean;
  /** An HTLC transaction: its output is fixed by the peer's signature, and the wallet must bring the fee. */
  readonly paired_output: TxOutput | undefined;
  /** The witness of this input in a finished transaction. */
  readonly sign: (sighash: Sighash, input_index: number) => readonly Uint8Array[];
}

/** What all claims of one output share. */
export interface ClaimBase {
  readonly outpoint: Outpoint;
  readonly spends: TxOutput;
  readonly witness_script: Uint8Array;
  /** The height of the block that made the output. */
  readonly height: number;
}

/** Every input of ours says that it can be replaced, unless a relative lock needs the field. */
const REPLACEABLE_SEQUENCE = 0xfffffffd;

function ownSignature(base: ClaimBase, key: () => Uint8Array): (sighash: Sighash, index: number) => Uint8Array {
  return (sighash, index) => {
    const digest = sighash.segwit(index, base.witness_script, base.spends.amount_sat, SIGHASH_ALL);
    return derSignature(curve.sign(digest, key()), SIGHASH_ALL);
  };
}

function simple(
  base: ClaimBase,
): Pick<Claim, 'outpoint' | 'spends' | 'locktime' | 'is_exclusive' | 'is_extra' | 'paired_output'> {
  const { outpoint, spends } = base;
  return { outpoint, spends, locktime: 0, is_exclusive: false, is_extra: false, paired_output: undefined };
}

/** Our own delayed output: `to_local`, or what an HTLC transaction of ours made. */
export function delayedClaim(keys: ChannelKeys, base: ClaimBase, point: Uint8Array, to_self_delay: number): Claim {
  const sign = ownSignature(base, () => derivePrivateKey(keys.delayed_payment_basepoint.reveal(), point));
  return {
    ...simple(base),
    weight: signedInputWeight(base.witness_script, 0),
    sequence: to_self_delay,
    valid_height: base.height + to_self_delay,
    deadline_height: undefined,
    sign: (sighash, index) => delayedWitness(sign(sighash, index), base.witness_script),
  };
}

/** Our `to_remote` in a commitment of the peer. */
export function toRemoteClaim(keys: ChannelKeys, base: ClaimBase): Claim {
  const sign = ownSignature(base, () => keys.payment_basepoint.reveal());
  return {
    ...simple(base),
    weight: signedInputWeight(base.witness_script),
    sequence: 1,
    valid_height: base.height + 1,
    deadline_height: undefined,
    sign: (sighash, index) => signatureWitness(sign(sighash, index), base.witness_script),
  };
}

/** Our anchor, by its key. */
export function anchorClaim(keys: ChannelKeys, base: ClaimBase): Claim {
  const sign = ownSignature(base, () => keys.funding.reveal());
  return {
    ...simple(base),
    is_extra: true,
    weight: signedInputWeight(base.witness_script),
    sequence: REPLACEABLE_SEQUENCE,
    valid_height: base.height + 1,
    deadline_height: undefined,
    sign: (sighash, index) => signatureWitness(sign(sighash, index), base.witness_script),
  };
}

/** Blocks after which an anchor is anybody's (BOLT 3). */
const ANCHOR_DELAY_BLOCKS = 16;

/** The peer's anchor, once it is anybody's. */
export function oldAnchorClaim(base: ClaimBase): Claim {
  return {
    ...simple(base),
    is_extra: true,
    weight: inputWeight(0, base.witness_script.length),
    sequence: ANCHOR_DELAY_BLOCKS,
    valid_height: base.height + ANCHOR_DELAY_BLOCKS,
    deadline_height: undefined,
    sign: () => [new Uint8Array(0), base.witness_script],
  };
}

/** An HTLC in a commitment of the peer: with the preimage, or (ours) after its expiry. */
export function htlcClaim(
  keys: ChannelKeys,
  base: ClaimBase,
  point: Uint8Array,
  cltv_expiry: number,
  payment_preimage: Uint8Array | undefined,
): Claim {
  const sign = ownSignature(base, () => derivePrivateKey(keys.htlc_basepoint.reveal(), point));
  const isTimeout = payment_preimage === undefined;
  return {
    ...simple(base),
    weight: signedInputWeight(base.witness_script, isTimeout ? 0 : 32),
    sequence: 1,
    locktime: isTimeout ? cltv_expiry : 0,
    valid_height: Math.max(base.height + 1, isTimeout ? cltv_expiry + 1 : 0),
    deadline_height: isTimeout ? undefined : cltv_expiry,
    // The peer needs the expiry; with the preimage only we can take it.
    is_exclusive: !isTimeout,
    sign: (sighash, index) => htlcClaimWitness(sign(sighash, index), payment_preimage, base.witness_script),
  };
}

/** The peer's part of an HTLC transaction of ours. */
export interface RemoteHtlcSignature {
  readonly signature: Uint8Array;
  readonly sighash_type: SighashType;
}

/** An HTLC in our own commitment, by its HTLC transaction. */
export function htlcTransactionClaim(
  keys: ChannelKeys,
  base: ClaimBase,
  point: Uint8Array,
  cltv_expiry: number,
  payment_preimage: Uint8Array | undefined,
  paired_output: TxOutput,
  remote: RemoteHtlcSignature,
): Claim {
  const sign = ownSignature(base, () => derivePrivateKey(keys.htlc_basepoint.reveal(), point));
  const isTimeout = payment_preimage === undefined;
  const theirs = derSignature(remote.signature, remote.sighash_type);
  return {
    ...simple(base),
    paired_output,
    weight: inputWeight(
      ...[0, theirs.length, MAX_SIGNATURE_BYTES],
      ...[isTimeout ? 0 : 32, base.witness_script.length],
    ),
    sequence: 1,
    locktime: isTimeout ? cltv_expiry : 0,
    valid_height: Math.max(base.height + 1, isTimeout ? cltv_expiry + 1 : 0),
    deadline_height: isTimeout ? undefined : cltv_expiry,
    // The peer needs the expiry; with the preimage only we can take it.
    is_exclusive: !isTimeout,
    sign: (sighash, index) =>
      htlcTransactionWitness(theirs, sign(sighash, index), payment_preimage, base.witness_script),
  };
}

/** A delayed output of the peer from a commitment that it revoked. `deadline_height` is when its delay is over. */
export function delayedPenaltyClaim(
  keys: ChannelKeys,
  base: ClaimBase,
  per_commitment_secret: Uint8Array,
  to_self_delay: number,
): Claim {
  const key = (): Uint8Array => deriveRevocationPrivateKey(keys.revocation_basepoint.reveal(), per_commitment_secret);
  const sign = ownSignature(base, key);
  return {
    ...simple(base),
    weight: signedInputWeight(base.witness_script, 1),
    sequence: REPLACEABLE_SEQUENCE,
    valid_height: base.height + 1,
    deadline_height: base.height + to_self_delay,
    sign: (sighash, index) => delayedPenaltyWitness(sign(sighash, index), base.witness_script),
  };
}

/**
 * An HTLC output of a revoked commitment. The peer can still move it on, to where `delayedPenaltyClaim` finds it, so
 * nothing is lost when that comes first.
 */
export function htlcPenaltyClaim(
  keys: ChannelKeys,
  base: ClaimBase,
  per_commitment_secret: Uint8Array,
  revocation_pubkey: Uint8Array,
  deadline_height: number,
): Claim {
  const key = (): Uint8Array => deriveRevocationPrivateKey(keys.revocation_basepoint.reveal(), per_commitment_secret);
  const sign = ownSignature(base, key);
  return {
    ...simple(base),
    weight: signedInputWeight(base.witness_script, 33),
    sequence: REPLACEABLE_SEQUENCE,
    valid_height: base.height + 1,
    deadline_height,
    sign: (sighash, index) => htlcPenaltyWitness(sign(sighash, index), revocation_pubkey, base.witness_script),
  };
}
