/** What somebody may have meant who mistyped a name. */

/** The name that takes the fewest changes to become this one, when they are few. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let best_distance = Math.max(1, Math.floor((name.length + 1) / 3)) + 1;
  for (const candidate of names) {
    const distance = editDistance(name, candidate);
    if (distance < best_distance) [best, best_distance] = [candidate, distance];
  }
  return best;
}

/** The end of a sentence about a name that does not exist: `; did you mean NAME?`, or nothing. */
export function didYouMean(name: string, names: readonly string[], prefix = ''): string {
  const nearest = nearestName(name, names);
  return nearest === undefined ? '' : `; did you mean ${prefix}${nearest}?`;
}

/** How many letters must be changed, added, left out, or swapped with the next. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwap ? (before[j - 2] as number) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(change, swap, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    before = row;
    row = next;
  }
  return row[b.length] as number;
}
