/** `per` and `rate`: how much time must pass between two uses of a rune. Words: Core Lightning's lightningd/runes.c. */
import type { Alternative } from './rune.ts';

const UNITS_NS: Readonly<Record<string, bigint>> = {
  nsec: 1n,
  usec: 1000n,
  msec: 1_000_000n,
  '': 1_000_000_000n,
  sec: 1_000_000_000n,
  min: 60_000_000_000n,
  hour: 3_600_000_000_000n,
  day: 86_400_000_000_000n,
};
const MAX_COUNT = 0xffffffffn;
const MAX_U64 = 0xffffffffffffffffn;

/** A whole number from 1 to 2^32 - 2; undefined for anything else. */
function countOf(digits: string): bigint | undefined {
  if (!/^\d{1,20}$/.test(digits)) return undefined;
  const count = BigInt(digits);
  return count === 0n || count >= MAX_COUNT ? undefined : count;
}

/** The time between two uses, in nanoseconds, or what is wrong with it. */
export function intervalOf({ field, condition, value }: Alternative): bigint | string {
  if (condition !== '=') return `${field} operator must be =`;
  if (field === 'rate') {
    const count = countOf(value);
    return count === undefined ? 'malformed rate' : 60_000_000_000n / count;
  }
  const digits = /^\d*/.exec(value)?.[0] ?? '';
  const count = countOf(digits);
  if (count === undefined) return 'malformed per';
  const unit_ns = UNITS_NS[value.slice(digits.length)];
  if (unit_ns === undefined) return 'malformed suffix';
  const interval_ns = count * unit_ns;
  return interval_ns > MAX_U64 ? 'per overflow' : interval_ns;
}
