/** Keeps one client from asking too often: a bucket of tokens for each address, which fills again with time. */
import type { Clock } from '../../../base/types/clock.ts';

export interface TokenBucketsOptions {
  readonly clock: Clock;
  /** How many at once. */
  readonly burst: number;
  /** How many a minute, for long. */
  readonly per_minute: number;
}

interface Bucket {
  tokens: number;
  filled_ms: number;
}

/** Buckets that are kept. When there are more, the ones that were used longest ago are forgotten: they are mostly full. */
const MOST_BUCKETS = 20_000;

export class TokenBuckets {
  readonly #options: TokenBucketsOptions;
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: TokenBucketsOptions) {
    this.#options = options;
  }

  /** Takes a token of the address. False: there is none, and it is asking too often. */
  take(address: string): boolean {
    const { clock, burst, per_minute } = this.#options;
    const key = networkOf(address);
    const now_ms = clock.monotonicMs();
    const bucket = this.#buckets.get(key) ?? { tokens: burst, filled_ms: now_ms };
    bucket.tokens = Math.min(burst, bucket.tokens + ((now_ms - bucket.filled_ms) * per_minute) / 60_000);
    bucket.filled_ms = now_ms;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > MOST_BUCKETS) this.#buckets.delete(this.#buckets.keys().next().value as string);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}

/** Who has one IPv6 address has a whole /64 of them. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('%')[0]!.split('::') as [string, string?];
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(8 - first.length - last.length, 0);
  return [...first, ...Array<string>(zeros).fill('0'), ...last].slice(0, 4).join(':');
}
