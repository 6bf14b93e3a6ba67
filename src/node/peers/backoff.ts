/** How long to wait before the next attempt to reconnect. */
import type { RandomBytes } from '../../base/crypto/random.ts';
import { FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS } from './limits.ts';

/**
 * The wait before attempt `attempt` (0 for the first repetition): doubling, bounded, and multiplied by a random factor
 * from 0.5 to 1.5, so that two nodes that lost each other do not meet head-on again and again.
 */
export function backoffMs(attempt: number, randomBytes: RandomBytes): number {
  const doubled_ms = Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(attempt, 30), LONGEST_BACKOFF_MS);
  const [high, low] = randomBytes(2) as unknown as [number, number];
  return Math.round(doubled_ms * (0.5 + (high * 256 + low) / 65_535));
}
