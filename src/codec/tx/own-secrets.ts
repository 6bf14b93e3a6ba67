/**
 * Our per-commitment secrets and points, made from the seed (BOLT 3, Per-commitment Secret Requirements). Numbers are
 * asked for in order, so what neighbours have in common is kept: most of a secret's hashes, and the latest points.
 */
import { curve } from '../../base/crypto/secp256k1.ts';
import type { Secret } from '../../base/types/secret.ts';
import { deriveSecret, FIRST_SECRET_INDEX, secretFromSeed } from './secrets.ts';

/** Secrets whose indexes differ in this many of their lowest bits only are made from the same one. */
const SHARED_BITS = 8;
const SHARED = 2 ** SHARED_BITS;
/** The commitment that is signed, the next, and the one that the peer knows of. */
const POINTS = 4;

export class OwnSecrets {
  readonly #seed: Secret<Uint8Array>;
  #base: { readonly index: number; readonly secret: Uint8Array } | undefined;
  readonly #points = new Map<number, Uint8Array>();

  constructor(seed: Secret<Uint8Array>) {
    this.#seed = seed;
  }

  /** The secret of our commitment `number` (0 first), 32 bytes. */
  secret(number: number): Uint8Array {
    const index = FIRST_SECRET_INDEX - number;
    const base_index = index - (index % SHARED);
    if (this.#base?.index !== base_index) {
      this.#base = { index: base_index, secret: secretFromSeed(this.#seed.reveal(), base_index) };
    }
    return deriveSecret(this.#base.secret, SHARED_BITS, index);
  }

  /** The point of that secret, 33 bytes. */
  point(number: number): Uint8Array {
    const known = this.#points.get(number);
    if (known !== undefined) return known;
    const point = curve.publicKey(this.secret(number));
    this.#points.set(number, point);
    const [oldest] = this.#points.keys();
    if (this.#points.size > POINTS) this.#points.delete(oldest as number);
    return point;
  }
}
