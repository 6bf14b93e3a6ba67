/**
 * The curve in pure JavaScript: what Till falls back to where libsecp256k1's binary does not load, and the oracle that
 * its tests hold the binary against.
 */

import { hash as hashOnce } from 'node:crypto';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { type Curve, CurveError } from './curve.ts';

const { Point } = secp256k1;
const { Fn } = Point;

function attempt<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch {
    throw new CurveError(`${what}: invalid key, point or scalar`);
  }
}

function scalar(bytes: Uint8Array): bigint {
  const value = Fn.fromBytes(bytes);
  if (!Fn.isValid(value)) throw new RangeError('scalar out of range');
  return value;
}

export const noble: Curve = {
  implementation: 'noble',
  isPrivateKey: (key) => secp256k1.utils.isValidSecretKey(key),
  isPublicKey: (key) => key.length === 33 && secp256k1.utils.isValidPublicKey(key, true),
  publicKey: (key) => attempt('publicKey', () => secp256k1.getPublicKey(key, true)),
  sign: (digest, key) => attempt('sign', () => secp256k1.sign(digest, key, { prehash: false, lowS: true })),
  signRecoverable: (digest, key) =>
    attempt('signRecoverable', () => {
      const bytes = secp256k1.sign(digest, key, { prehash: false, lowS: true, format: 'recovered' });
      return { signature: bytes.slice(1), recovery_id: bytes[0] as number };
    }),
  verify(signature, digest, key) {
    try {
      return secp256k1.verify(signature, digest, key, { prehash: false, lowS: true });
    } catch {
      return false;
    }
  },
  recover(signature, recovery_id, digest) {
    try {
      const parsed = secp256k1.Signature.fromBytes(signature, 'compact').addRecoveryBit(recovery_id);
      return parsed.recoverPublicKey(digest).toBytes(true);
    } catch {
      return undefined;
    }
  },
  normalize: (signature) =>
    attempt('normalize', () => {
      const { r, s } = secp256k1.Signature.fromBytes(signature, 'compact');
      return new secp256k1.Signature(r, s > Fn.ORDER / 2n ? Fn.neg(s) : s).toBytes('compact');
    }),
  ecdh: (public_key, key) =>
    attempt('ecdh', () => hashOnce('sha256', secp256k1.getSharedSecret(key, public_key, true), 'buffer')),
  tweakAddPublic: (key, tweak) =>
    attempt('tweakAddPublic', () =>
      Point.fromBytes(key)
        .add(Point.BASE.multiply(scalar(tweak)))
        .toBytes(true),
    ),
  tweakMulPublic: (key, tweak) =>
    attempt('tweakMulPublic', () => Point.fromBytes(key).multiply(scalar(tweak)).toBytes(true)),
  combinePublic: (keys) =>
    attempt('combinePublic', () => keys.reduce((sum, key) => sum.add(Point.fromBytes(key)), Point.ZERO).toBytes(true)),
  tweakAddPrivate: (key, tweak) =>
    attempt('tweakAddPrivate', () => {
      const sum = Fn.add(scalar(key), scalar(tweak));
      if (sum === 0n) throw new RangeError('zero');
      return Fn.toBytes(sum);
    }),
  tweakMulPrivate: (key, tweak) => attempt('tweakMulPrivate', () => Fn.toBytes(Fn.mul(scalar(key), scalar(tweak)))),
};
