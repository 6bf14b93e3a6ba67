/**
 * The only access to the curve: libsecp256k1 where its binary loads, @noble/curves where it does not: the package's own
 * JavaScript fallback is slower and not in constant time, so it is never reached.
 *
 * Keys and scalars are 32 bytes, points are compressed (33 bytes), signatures compact (64 bytes, r then s, low-S).
 */
import { createRequire } from 'node:module';
import { type Curve, CurveError } from './curve.ts';

/** The package's interface, as far as Till uses it. Its tweaks work in place: the callers below hand it copies. */
interface Native {
  privateKeyVerify(key: Uint8Array): boolean;
  publicKeyVerify(key: Uint8Array): boolean;
  publicKeyCreate(key: Uint8Array, compressed: boolean): Uint8Array;
  ecdsaSign(digest: Uint8Array, key: Uint8Array): { signature: Uint8Array; recid: number };
  ecdsaVerify(signature: Uint8Array, digest: Uint8Array, key: Uint8Array): boolean;
  ecdsaRecover(signature: Uint8Array, recid: number, digest: Uint8Array, compressed: boolean): Uint8Array;
  signatureNormalize(signature: Uint8Array): Uint8Array;
  ecdh(public_key: Uint8Array, key: Uint8Array): Uint8Array;
  publicKeyTweakAdd(key: Uint8Array, scalar: Uint8Array, compressed: boolean): Uint8Array;
  publicKeyTweakMul(key: Uint8Array, scalar: Uint8Array, compressed: boolean): Uint8Array;
  publicKeyCombine(keys: readonly Uint8Array[], compressed: boolean): Uint8Array;
  privateKeyTweakAdd(key: Uint8Array, scalar: Uint8Array): Uint8Array;
  privateKeyTweakMul(key: Uint8Array, scalar: Uint8Array): Uint8Array;
}

/** A copy of its own: `slice` of a Buffer would share its memory, and the tweaks would change the caller's key. */
function copy(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes);
}

function attempt<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch {
    // The cause is left behind on purpose: a library's message could quote what it was given.
    throw new CurveError(`${what}: invalid key, point or scalar`);
  }
}

function wrap(native: Native): Curve {
  return {
    implementation: 'libsecp256k1',
    isPrivateKey: (key) => key.length === 32 && native.privateKeyVerify(key),
    isPublicKey: (key) => key.length === 33 && native.publicKeyVerify(key),
    publicKey: (key) => attempt('publicKey', () => native.publicKeyCreate(key, true)),
    sign: (digest, key) => attempt('sign', () => native.ecdsaSign(digest, key).signature),
    signRecoverable: (digest, key) =>
      attempt('signRecoverable', () => {
        const { signature, recid } = native.ecdsaSign(digest, key);
        return { signature, recovery_id: recid };
      }),
    verify(signature, digest, key) {
      try {
        return native.ecdsaVerify(signature, digest, key);
      } catch {
        return false;
      }
    },
    recover(signature, recovery_id, digest) {
      try {
        return native.ecdsaRecover(signature, recovery_id, digest, true);
      } catch {
        return undefined;
      }
    },
    normalize: (signature) => attempt('normalize', () => native.signatureNormalize(copy(signature))),
    ecdh: (public_key, key) => attempt('ecdh', () => native.ecdh(public_key, key)),
    tweakAddPublic: (key, scalar) => attempt('tweakAddPublic', () => native.publicKeyTweakAdd(key, scalar, true)),
    tweakMulPublic: (key, scalar) => attempt('tweakMulPublic', () => native.publicKeyTweakMul(key, scalar, true)),
    combinePublic: (keys) => attempt('combinePublic', () => native.publicKeyCombine(keys, true)),
    tweakAddPrivate: (key, scalar) => attempt('tweakAddPrivate', () => native.privateKeyTweakAdd(copy(key), scalar)),
    tweakMulPrivate: (key, scalar) => attempt('tweakMulPrivate', () => native.privateKeyTweakMul(copy(key), scalar)),
  };
}

function load(): Curve {
  const require = createRequire(import.meta.url);
  try {
    return wrap(require('secp256k1/bindings') as Native);
  } catch {
    // Loaded only where it is needed: its tables take two megabytes in each thread. The file ends as this one does.
    const file = `./secp256k1-noble${import.meta.url.slice(-3)}`;
    return (require(file) as typeof import('./secp256k1-noble.ts')).noble;
  }
}

/** The curve in use. */
export const curve: Curve = load();

/** What an operator should know where libsecp256k1's binary is missing; undefined where it is in use. */
export const slowCurve: string | undefined =
  curve.implementation === 'libsecp256k1'
    ? undefined
    : `libsecp256k1 has no binary for this machine (${process.platform}-${process.arch}): signatures take eight to thirty ` +
      'times longer, and not constant time. "npm rebuild secp256k1" compiles it: see docs/guide/libsecp256k1.md';
