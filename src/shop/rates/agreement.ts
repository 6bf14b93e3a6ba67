/** When sources agree: the median of those that say nearly the same, if they are most of those that answered. */
import { compareDecimals, type Decimal, middleOf, timesWhole } from '../../base/types/exact-decimal.ts';

/** What one source says one bitcoin costs. */
export interface SourceRate {
  readonly source: string;
  /** More than zero. */
  readonly rate: Decimal;
  /** Unix time, seconds. */
  readonly fetched_at: number;
}

/** What several say together. */
export interface AgreedRate {
  readonly rate: Decimal;
  /** Unix time, seconds: of the oldest of them. */
  readonly rate_at: number;
  /** In the order of their names. */
  readonly rate_sources: readonly string[];
}

/** So many must agree. */
export const LEAST_SOURCES = 2;
/** The highest of them is at most so much above the lowest, in percent. */
export const MOST_SPREAD_PERCENT = 2n;

/**
 * The median of the largest group of sources whose rates lie within 2 % of each other. Undefined when the group has fewer
 * than two, or not more than half of all: then nobody can tell who is wrong.
 */
export function agreementOf(rates: readonly SourceRate[]): AgreedRate | undefined {
  const sorted = [...rates].sort((a, b) => compareDecimals(a.rate, b.rate));
  let group: readonly SourceRate[] = [];
  for (const [first, lowest] of sorted.entries()) {
    const within = sorted.slice(first).filter(({ rate }) => isWithin(lowest.rate, rate));
    if (within.length > group.length) group = within;
  }
  if (group.length < LEAST_SOURCES || group.length * 2 <= rates.length) return undefined;
  return {
    rate: medianOf(group.map(({ rate }) => rate)),
    rate_at: Math.min(...group.map(({ fetched_at }) => fetched_at)),
    rate_sources: group.map(({ source }) => source).sort(),
  };
}

function isWithin(lowest: Decimal, rate: Decimal): boolean {
  return compareDecimals(timesWhole(rate, 100n), timesWhole(lowest, 100n + MOST_SPREAD_PERCENT)) <= 0;
}

/** Of a sorted list that is not empty. */
function medianOf(sorted: readonly Decimal[]): Decimal {
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] as Decimal;
  return sorted.length % 2 === 1 ? upper : middleOf(sorted[middle - 1] as Decimal, upper);
}
