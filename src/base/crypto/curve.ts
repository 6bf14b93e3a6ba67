/**
 * What Till asks of secp256k1. Keys and scalars are 32 bytes, points are compressed (33 bytes), signatures compact
 * (64 bytes, r then s, low-S).
 */

/** What a curve offers; both implementations are held to it by one suite (test/base/crypto/secp256k1.test.ts). */
export interface Curve {
  readonly implementation: 'libsecp256k1' | 'noble';
  /** Whether the bytes are a scalar from 1 to the order less 1. */
  isPrivateKey(key: Uint8Array): boolean;
  /** Whether the bytes are a point in compressed form. */
  isPublicKey(key: Uint8Array): boolean;
  /** The point of a private key. Throws CurveError for an invalid one. */
  publicKey(private_key: Uint8Array): Uint8Array;
  /** Deterministic ECDSA (RFC 6979) over a 32-byte digest. */
  sign(digest: Uint8Array, private_key: Uint8Array): Uint8Array;
  /** The same, with the id that lets the public key be recovered (0 to 3). */
  signRecoverable(digest: Uint8Array, private_key: Uint8Array): { signature: Uint8Array; recovery_id: number };
  /** False for anything that is not a valid, low-S signature of the digest by the key. */
  verify(signature: Uint8Array, digest: Uint8Array, public_key: Uint8Array): boolean;
  /** The public key that made the signature, or undefined when there is none. High-S is accepted, as BOLT 11 asks. */
  recover(signature: Uint8Array, recovery_id: number, digest: Uint8Array): Uint8Array | undefined;
  /** The same signature with its low s. Throws CurveError when r or s is out of range. */
  normalize(signature: Uint8Array): Uint8Array;
  /** SHA-256 of the compressed shared point (BOLT 8, BOLT 4). Throws CurveError for an invalid key. */
  ecdh(public_key: Uint8Array, private_key: Uint8Array): Uint8Array;
  /** point + scalar * G. Throws CurveError when the result is infinity. */
  tweakAddPublic(public_key: Uint8Array, scalar: Uint8Array): Uint8Array;
  /** point * scalar. */
  tweakMulPublic(public_key: Uint8Array, scalar: Uint8Array): Uint8Array;
  /** The sum of points. Throws CurveError when it is infinity. */
  combinePublic(public_keys: readonly Uint8Array[]): Uint8Array;
  /** key + scalar modulo the order. Throws CurveError when it is zero. */
  tweakAddPrivate(private_key: Uint8Array, scalar: Uint8Array): Uint8Array;
  /** key * scalar modulo the order. */
  tweakMulPrivate(private_key: Uint8Array, scalar: Uint8Array): Uint8Array;
}

/** A key, point or scalar that the curve does not accept. Never carries the bytes. */
export class CurveError extends Error {
  override readonly name = 'CurveError';
}
