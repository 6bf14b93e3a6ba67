/** Several lists of entries as one, by time: one entry of each is in memory. */
import type { LedgerEntry } from './entry.ts';

/**
 * The entries of all lists. Where each is in the order of time, so is the whole; among entries of one second those of the
 * earlier list come first.
 */
export async function* inOrder(lists: readonly AsyncIterable<LedgerEntry>[]): AsyncGenerator<LedgerEntry, void> {
  const readers = lists.map((list) => list[Symbol.asyncIterator]());
  try {
    const heads = await Promise.all(readers.map((reader) => reader.next()));
    for (;;) {
      let first: number | undefined;
      for (const [index, head] of heads.entries()) {
        if (head.done === true) continue;
        const best = first === undefined ? undefined : (heads[first]?.value as LedgerEntry);
        if (best === undefined || head.value.time < best.time) first = index;
      }
      if (first === undefined) return;
      yield (heads[first] as IteratorYieldResult<LedgerEntry>).value;
      heads[first] = await (readers[first] as AsyncIterator<LedgerEntry, void>).next();
    }
  } finally {
    await Promise.all(readers.map((reader) => reader.return?.()));
  }
}
