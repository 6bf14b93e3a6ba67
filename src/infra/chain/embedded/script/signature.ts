/** Signatures and keys as scripts have them: their encodings, and whether a signature is right. */

import { compressPublicKey } from '../../../../base/crypto/public-key.ts';
import { schnorrVerify } from '../../../../base/crypto/schnorr.ts';
import { curve } from '../../../../base/crypto/secp256k1.ts';
import { SIGHASH_ALL, SIGHASH_SINGLE } from './digest.ts';
import { must, type Rules, ScriptFault } from './fault.ts';

/** Half of the order of the curve: a signature with a larger s is not relayed. */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/** Judges how a signature with its type is written (BIP 66, and by policy BIP 146). Throws ScriptFault. */
export function judgeSignature(signature: Uint8Array, rules: Rules): void {
  if (signature.length === 0) return;
  must(isDer(signature), 'SIG_DER');
  if (rules !== 'policy') return;
  must(partsOf(signature).s <= HALF_ORDER, 'SIG_HIGH_S');
  const base = (signature.at(-1) as number) & ~0x80;
  must(base >= SIGHASH_ALL && base <= SIGHASH_SINGLE, 'SIG_HASHTYPE');
}

/** Judges how a public key is written, by policy. Throws ScriptFault. */
export function judgePublicKey(key: Uint8Array, rules: Rules, is_segwit: boolean): void {
  if (rules !== 'policy') return;
  const isCompressed = key.length === 33 && (key[0] === 2 || key[0] === 3);
  must(isCompressed || (key.length === 65 && key[0] === 4), 'PUBKEYTYPE');
  must(isCompressed || !is_segwit, 'WITNESS_PUBKEYTYPE');
}

/** Whether the signature, without its type, is the key's over the digest. */
export function isSignedBy(signature: Uint8Array, key: Uint8Array, digest: Uint8Array): boolean {
  const compressed = compressPublicKey(key);
  if (compressed === undefined) return false;
  const { r, s } = partsOf(signature);
  if (r >= 1n << 256n || s >= 1n << 256n) return false;
  try {
    return curve.verify(curve.normalize(Buffer.concat([bytes32(r), bytes32(s)])), digest, compressed);
  } catch {
    // r or s is not below the order.
    return false;
  }
}

/** Judges a Schnorr signature of taproot over what `digestOf` answers for its type. Throws ScriptFault. */
export function judgeSchnorr(
  signature: Uint8Array,
  key: Uint8Array,
  digestOf: (type: number) => Uint8Array | undefined,
): void {
  must(signature.length === 64 || signature.length === 65, 'SCHNORR_SIG_SIZE');
  const type = signature.length === 64 ? 0 : (signature[64] as number);
  // A type of zero is not written.
  must(signature.length === 64 || type !== 0, 'SCHNORR_SIG_HASHTYPE');
  const digest = digestOf(type);
  if (digest === undefined) throw new ScriptFault('SCHNORR_SIG_HASHTYPE');
  must(schnorrVerify(signature.subarray(0, 64), digest, key), 'SCHNORR_SIG');
}

/** Whether the bytes are a signature in strict DER, and a byte for its type. */
function isDer(bytes: Uint8Array): boolean {
  if (bytes.length < 9 || bytes.length > 73) return false;
  if (bytes[0] !== 0x30 || bytes[1] !== bytes.length - 3) return false;
  const r_length = bytes[3] as number;
  if (5 + r_length >= bytes.length) return false;
  const s_length = bytes[5 + r_length] as number;
  if (r_length + s_length + 7 !== bytes.length) return false;
  return isDerInteger(bytes, 2, r_length) && isDerInteger(bytes, 4 + r_length, s_length);
}

function isDerInteger(bytes: Uint8Array, at: number, length: number): boolean {
  if (bytes[at] !== 0x02 || length === 0) return false;
  const [first, second] = [bytes[at + 2] as number, bytes[at + 3] as number];
  // Neither negative nor padded.
  return (first & 0x80) === 0 && !(length > 1 && first === 0 && (second & 0x80) === 0);
}

function partsOf(signature: Uint8Array): { readonly r: bigint; readonly s: bigint } {
  const r_length = signature[3] as number;
  const s_length = signature[5 + r_length] as number;
  return {
    r: toNumber(signature.subarray(4, 4 + r_length)),
    s: toNumber(signature.subarray(6 + r_length, 6 + r_length + s_length)),
  };
}

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

function bytes32(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
}
