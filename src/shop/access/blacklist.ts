/** Revoked runes, as ranges of their ids: sorted, apart from each other by at least one id, both ends revoked. */

/** The ids from `start` to `end`, both included. */
export interface IdRange {
  readonly start: number;
  readonly end: number;
}

/** The ranges with one more. */
export function addRange(ranges: readonly IdRange[], added: IdRange): readonly IdRange[] {
  const touching = ranges.filter(({ start, end }) => start <= added.end + 1 && end >= added.start - 1);
  const whole = {
    start: Math.min(added.start, ...touching.map(({ start }) => start)),
    end: Math.max(added.end, ...touching.map(({ end }) => end)),
  };
  const apart = ranges.filter((range) => !touching.includes(range));
  return [...apart, whole].sort((one, other) => one.start - other.start);
}

/** The ranges without these ids. */
export function removeRange(ranges: readonly IdRange[], removed: IdRange): readonly IdRange[] {
  return ranges.flatMap((range) => {
    if (range.end < removed.start || range.start > removed.end) return [range];
    return [
      { start: range.start, end: removed.start - 1 },
      { start: removed.end + 1, end: range.end },
    ].filter(({ start, end }) => start <= end);
  });
}

/** Whether the id is in one of the ranges. */
export function isInRange(ranges: readonly IdRange[], id: number): boolean {
  return ranges.some(({ start, end }) => start <= id && id <= end);
}
