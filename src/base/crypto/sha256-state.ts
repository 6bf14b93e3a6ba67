/**
 * SHA-256 that goes on from a known state, which no library here offers: a rune is restricted by hashing on from its code
 * without knowing what came before (FIPS 180-4, sections 4.1.2, 4.2.2 and 6.2.2).
 */

const BLOCK_BYTES = 64;

function firstPrimes(count: number): readonly number[] {
  const primes: number[] = [];
  for (let candidate = 2; primes.length < count; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return primes;
}

/** The first 32 bits of the fractional part. */
function fraction(value: number): number {
  return Math.floor((value - Math.floor(value)) * 2 ** 32);
}

const ROUND = Uint32Array.from(firstPrimes(64), (prime) => fraction(Math.cbrt(prime)));

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

function compress(state: Uint32Array, block: DataView, at: number, schedule: Uint32Array): void {
  for (let t = 0; t < 16; t++) schedule[t] = block.getUint32(at + 4 * t);
  for (let t = 16; t < 64; t++) {
    const early = schedule[t - 15] as number;
    const late = schedule[t - 2] as number;
    const small0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    const small1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    schedule[t] = (schedule[t - 16] as number) + small0 + (schedule[t - 7] as number) + small1;
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let t = 0; t < 64; t++) {
    const large1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const one = (h + large1 + ((e & f) ^ (~e & g)) + (ROUND[t] as number) + (schedule[t] as number)) | 0;
    const large0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const two = (large0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) state[index] = (state[index] as number) + word;
}

/** What SHA-256 appends to a message of so many bytes: a one bit, zeros to the end of a block, and the length in bits. */
export function sha256Padding(length_bytes: number): Uint8Array {
  const zeros = (BLOCK_BYTES * 2 - 9 - (length_bytes % BLOCK_BYTES)) % BLOCK_BYTES;
  const padding = Buffer.alloc(9 + zeros);
  padding[0] = 0x80;
  padding.writeBigUInt64BE(BigInt(length_bytes) * 8n, 1 + zeros);
  return padding;
}

/**
 * The state after `data`, from the state before it: 32 bytes each. `data` is whole blocks. Throws RangeError otherwise.
 */
export function continueSha256(state: Uint8Array, data: Uint8Array): Uint8Array {
  if (state.length !== 32 || data.length % BLOCK_BYTES !== 0) throw new RangeError('a state, and whole blocks of data');
  const before = new DataView(state.buffer, state.byteOffset, state.byteLength);
  const words = Uint32Array.from({ length: 8 }, (_none, index) => before.getUint32(4 * index));
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const schedule = new Uint32Array(64);
  for (let at = 0; at < data.length; at += BLOCK_BYTES) compress(words, view, at, schedule);
  const after = Buffer.alloc(32);
  for (const [index, word] of words.entries()) after.writeUInt32BE(word, 4 * index);
  return after;
}
