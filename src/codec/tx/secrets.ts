/**
 * Per-commitment secrets: ours, made from one seed, and the peer's, kept in 49 entries at most (BOLT 3, Per-commitment
 * Secret Requirements and Efficient Per-commitment Secret Storage). Commitment 0 has index 2^48 - 1, and so on downward.
 */
import { equalSecret } from '../../base/crypto/compare.ts';
import { sha256 } from '../../base/crypto/hash.ts';
import { fromHex, isHex, toHex } from '../../base/types/hex.ts';

const INDEX_BITS = 48;
/** The index of commitment 0. */
export const FIRST_SECRET_INDEX = 2 ** INDEX_BITS - 1;

/** Bit `bit` of a number of up to 48 bits, where JavaScript's own bit operators stop at 32. */
function hasBit(index: number, bit: number): boolean {
  return Math.floor(index / 2 ** bit) % 2 === 1;
}

/** The secret at `index`, from a secret whose index is the same but for its lowest `bits` bits, which are zero. */
export function deriveSecret(base: Uint8Array, bits: number, index: number): Uint8Array {
  let secret = Uint8Array.from(base);
  for (let bit = bits - 1; bit >= 0; bit--) {
    if (!hasBit(index, bit)) continue;
    const at = bit >> 3;
    secret[at] = (secret[at] as number) ^ (1 << (bit & 7));
    secret = Uint8Array.from(sha256(secret));
  }
  return secret;
}

/** The secret at an index of BOLT 3, from the seed (32 bytes). */
export function secretFromSeed(seed: Uint8Array, index: number): Uint8Array {
  return deriveSecret(seed, INDEX_BITS, index);
}

/** The secret of our commitment `number` (0 first). */
export function perCommitmentSecret(seed: Uint8Array, number: number): Uint8Array {
  return secretFromSeed(seed, FIRST_SECRET_INDEX - number);
}

function trailingZeros(index: number): number {
  for (let bit = 0; bit < INDEX_BITS; bit++) if (hasBit(index, bit)) return bit;
  return INDEX_BITS;
}

/**
 * The secrets received so far: entry b holds the last secret whose index ends in b zero bits, as hex of the 32 bytes and
 * then of the index's 6 bytes. An empty list to begin with.
 */
export type SecretStore = readonly string[];

const ENTRY_HEX_LENGTH = 2 * (32 + 6);

function parseEntry(entry: string): { secret: Uint8Array; index: number } {
  if (entry.length !== ENTRY_HEX_LENGTH || !isHex(entry)) {
    throw new RangeError('an entry of the stored secrets is damaged');
  }
  return { secret: fromHex(entry.slice(0, 64)), index: Number.parseInt(entry.slice(64), 16) };
}

/**
 * Adds the peer's secret of commitment `number`; numbers come in order from 0. Undefined when the secrets before do not
 * follow from it: then the peer lied, now or earlier. `secret` is hex. Throws RangeError when one was left out.
 */
export function insertSecret(store: SecretStore, number: number, secret: string): SecretStore | undefined {
  if (!isHex(secret, 32)) return undefined;
  const index = FIRST_SECRET_INDEX - number;
  const bucket = trailingZeros(index);
  if (bucket > store.length) throw new RangeError(`the secret of commitment ${number} comes out of order`);
  const base = fromHex(secret);
  for (const entry of store.slice(0, bucket)) {
    const known = parseEntry(entry);
    if (!equalSecret(deriveSecret(base, bucket, known.index), known.secret)) return undefined;
  }
  const next = [...store];
  next[bucket] = toHex(base) + index.toString(16).padStart(12, '0');
  return next;
}

/** The peer's secret of commitment `number`, or undefined when it has not revealed that yet. Hex. */
export function findSecret(store: SecretStore, number: number): string | undefined {
  const index = FIRST_SECRET_INDEX - number;
  for (const [bits, entry] of store.entries()) {
    const known = parseEntry(entry);
    if (index - (index % 2 ** bits) === known.index) return toHex(deriveSecret(known.secret, bits, index));
  }
  return undefined;
}
