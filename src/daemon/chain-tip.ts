/** Remembers how far the chain was followed, so that a restart goes on from there and misses nothing. */
import type { BlockRef } from '../chain/source.ts';
import type { Store, Write } from '../store/store.ts';

/** The block up to which everything is known; undefined before the first start. */
export async function readTip(store: Store): Promise<BlockRef | undefined> {
  const [row] = await store.read('SELECT height, hash FROM chain_tip WHERE number = 0');
  return row === undefined ? undefined : { height: Number(row.height), hash: row.hash as string };
}

/** Part of the unit that holds what followed from the block, or of a later one. */
export function tipWrite({ height, hash }: BlockRef): Write {
  return {
    sql: `INSERT INTO chain_tip (number, height, hash) VALUES (0, ?, ?)
      ON CONFLICT (number) DO UPDATE SET height = excluded.height, hash = excluded.hash`,
    params: [BigInt(height), hash],
  };
}
