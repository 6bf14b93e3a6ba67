/**
 * Keys that change with every commitment (BOLT 3, Key Derivation). Points are 33 bytes, secrets 32. Errors: all throw
 * CurveError for bytes that are no key, without quoting them.
 */
import { sha256 } from '../../base/crypto/hash.ts';
import { curve } from '../../base/crypto/secp256k1.ts';

function hashOf(first: Uint8Array, second: Uint8Array): Uint8Array {
  return sha256(Buffer.concat([first, second]));
}

/** localpubkey, the htlcpubkeys and the delayedpubkeys: the basepoint moved by the per-commitment point. */
export function derivePublicKey(basepoint: Uint8Array, per_commitment_point: Uint8Array): Uint8Array {
  return curve.tweakAddPublic(basepoint, hashOf(per_commitment_point, basepoint));
}

/** The private key of `derivePublicKey`. */
export function derivePrivateKey(basepoint_secret: Uint8Array, per_commitment_point: Uint8Array): Uint8Array {
  const basepoint = curve.publicKey(basepoint_secret);
  return curve.tweakAddPrivate(basepoint_secret, hashOf(per_commitment_point, basepoint));
}

/** revocationpubkey: nobody knows its private key until the per-commitment secret is revealed. */
export function deriveRevocationPublicKey(
  revocation_basepoint: Uint8Array,
  per_commitment_point: Uint8Array,
): Uint8Array {
  return curve.combinePublic([
    curve.tweakMulPublic(revocation_basepoint, hashOf(revocation_basepoint, per_commitment_point)),
    curve.tweakMulPublic(per_commitment_point, hashOf(per_commitment_point, revocation_basepoint)),
  ]);
}

/** The private key of `deriveRevocationPublicKey`, for who has our basepoint's secret and the peer's revealed secret. */
export function deriveRevocationPrivateKey(
  revocation_basepoint_secret: Uint8Array,
  per_commitment_secret: Uint8Array,
): Uint8Array {
  const revocation_basepoint = curve.publicKey(revocation_basepoint_secret);
  const per_commitment_point = curve.publicKey(per_commitment_secret);
  return curve.tweakAddPrivate(
    curve.tweakMulPrivate(revocation_basepoint_secret, hashOf(revocation_basepoint, per_commitment_point)),
    curve.tweakMulPrivate(per_commitment_secret, hashOf(per_commitment_point, revocation_basepoint)),
  );
}
