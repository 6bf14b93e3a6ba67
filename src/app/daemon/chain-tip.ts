/** Remembers how far the chain was followed, so that a restart goes on from there and misses nothing. */
import type { BlockRef, ChainSource } from '../../infra/chain/source.ts';
import type { Store, Write } from '../../infra/store/store.ts';

/** The block up to which everything is known; undefined before the first start. */
export async function readTip(store: Store): Promise<BlockRef | undefined> {
  const [row] = await store.read('SELECT height, hash FROM chain_tip WHERE number = 0');
  return row === undefined ? undefined : { height: Number(row.height), hash: row.hash as string };
}

/** The blocks below that one which the node has seen, oldest first, without a gap. */
export async function readOlderBlocks(store: Store, tip: BlockRef | undefined): Promise<readonly BlockRef[]> {
  if (tip === undefined) return [];
  const rows = await store.read('SELECT height, hash FROM recent_blocks WHERE height < ? ORDER BY height DESC', [
    BigInt(tip.height),
  ]);
  const blocks: BlockRef[] = [];
  for (const row of rows) {
    const height = Number(row.height);
    if (height !== (blocks.at(-1)?.height ?? tip.height) - 1) break;
    blocks.push({ height, hash: row.hash as string });
  }
  return blocks.reverse();
}

/** How many blocks are kept: as many as a reorganisation may undo, and as another chain is recognised by. */
const KEPT_BLOCKS = 200;

/**
 * Writes the tip down whenever it moves, from the moment on when all that was asked for has been told. Before that a
 * block may be the tip while older ones are still searched for who began to listen later: a process that died then would
 * go on behind them, and never hear what they held. Answers how to end it.
 */
export function rememberTip(
  chain: Pick<ChainSource, 'tip' | 'onTip' | 'synced' | 'recent'>,
  write: (...writes: readonly Write[]) => void,
): () => void {
  let isSynced = false;
  let isEnded = false;
  const stopTip = chain.onTip(({ kind, block }) => {
    if (!isSynced) return;
    if (kind === 'connected') write(tipWrite(block), ...blockWrites(block));
    else write(tipWrite(chain.tip()));
  });
  void chain.synced().then(() => {
    isSynced = true;
    if (!isEnded) write(tipWrite(chain.tip()), FORGET_BLOCKS, ...chain.recent().map(blockWrite));
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

const FORGET_BLOCKS: Write = { sql: 'DELETE FROM recent_blocks', params: [] };

function blockWrite({ height, hash }: BlockRef): Write {
  return {
    sql: 'INSERT INTO recent_blocks (height, hash) VALUES (?, ?) ON CONFLICT (height) DO UPDATE SET hash = excluded.hash',
    params: [BigInt(height), hash],
  };
}

/** A new best block: what was known above it is gone, and what lies far below is not needed. */
function blockWrites(block: BlockRef): readonly Write[] {
  const { height } = block;
  return [
    blockWrite(block),
    {
      sql: 'DELETE FROM recent_blocks WHERE height > ? OR height <= ?',
      params: [BigInt(height), BigInt(height - KEPT_BLOCKS)],
    },
  ];
}
