/** BIP 340 signatures and BIP 341 key tweaks, from @noble/curves (the libsecp256k1 binding has none). */
import { schnorr, secp256k1 } from '@noble/curves/secp256k1.js';
import { taggedHash } from './hash.ts';

/** A 64-byte BIP 340 signature over a 32-byte digest. */
export function schnorrSign(digest: Uint8Array, private_key: Uint8Array): Uint8Array {
  return schnorr.sign(digest, private_key);
}

/** Whether the signature is the x-only key's over the digest. */
export function schnorrVerify(signature: Uint8Array, digest: Uint8Array, x_only_public_key: Uint8Array): boolean {
  try {
    return schnorr.verify(signature, digest, x_only_public_key);
  } catch {
    return false;
  }
}

/** The private key of a key-path-only taproot output (BIP 86: no script tree). */
export function taprootTweakPrivate(private_key: Uint8Array): Uint8Array {
  const { Point } = secp256k1;
  const { Fn } = Point;
  const point = Point.BASE.multiply(Fn.fromBytes(private_key)).toAffine();
  const even = point.y % 2n === 0n ? Fn.fromBytes(private_key) : Fn.neg(Fn.fromBytes(private_key));
  const tweak = taggedHash('TapTweak', Fn.toBytes(point.x));
  return Fn.toBytes(Fn.add(even, Fn.fromBytes(tweak)));
}
