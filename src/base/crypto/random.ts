/** Randomness, injected wherever a test or a simulation must be able to replay a run. */
import { randomFillSync } from 'node:crypto';

/** Gives `length_bytes` unpredictable bytes. */
export type RandomBytes = (length_bytes: number) => Uint8Array;

const POOL_BYTES = 16_384;
let pool = Buffer.alloc(0);
let used = 0;

/**
 * The operating system's randomness. It is drawn 16 KiB at a time: a call for 32 bytes costs 1.3 us alone and 0.1 us
 * from the pool. What was handed out is erased from the pool.
 */
export const secureRandomBytes: RandomBytes = (length_bytes) => {
  if (length_bytes > POOL_BYTES) return randomFillSync(new Uint8Array(length_bytes));
  if (used + length_bytes > pool.length) {
    pool = randomFillSync(Buffer.alloc(POOL_BYTES));
    used = 0;
  }
  const bytes = Uint8Array.prototype.slice.call(pool, used, used + length_bytes);
  pool.fill(0, used, used + length_bytes);
  used += length_bytes;
  return bytes;
};
