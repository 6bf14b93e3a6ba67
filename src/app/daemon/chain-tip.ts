/** Remembers how far the chain was followed, so that a restart goes on from there and misses nothing. */
import type { BlockRef, ChainSource } from '../../infra/chain/source.ts';
import type { Store, Write } from '../../infra/store/store.ts';

/** The block up to which everything is known; undefined before the first start. */
export async function readTip(store: Store): Promise<BlockRef | undefined> {
  const [row] = await store.read('SELECT height, hash FROM chain_tip WHERE number = 0');
  return row === undefined ? undefined : { height: Number(row.height), hash: row.hash as string };
}

/**
 * Writes the tip down whenever it moves, from the moment on when all that was asked for has been told. Before that a
 * block may be the tip while older ones are still searched for who began to listen later: a process that died then would
 * go on behind them, and never hear what they held. Answers how to end it.
 */
export function rememberTip(
  chain: Pick<ChainSource, 'tip' | 'onTip' | 'synced'>,
  write: (...writes: readonly Write[]) => void,
): () => void {
  let isSynced = false;
  let isEnded = false;
  const stopTip = chain.onTip(() => {
    if (isSynced) write(tipWrite(chain.tip()));
  });
  void chain.synced().then(() => {
    isSynced = true;
    if (!isEnded) write(tipWrite(chain.tip()));
  });
  return () => {
    isEnded = true;
    stopTip();
  };
}

/** Part of the unit that holds what followed from the block, or of a later one. */
export function tipWrite({ height, hash }: BlockRef): Write {
  return {
    sql: `INSERT INTO chain_tip (number, height, hash) VALUES (0, ?, ?)
      ON CONFLICT (number) DO UPDATE SET height = excluded.height, hash = excluded.hash`,
    params: [BigInt(height), hash],
  };
}
