/** Where a node goes on in the chain when it starts: from the blocks that it has seen, as far as the source has them. */
import { type ChainBackend, ChainError } from './backend.ts';
import type { BlockRef, ChainMemory } from './source.ts';
import { refusalOf, standingOf } from './standing.ts';
import { REMEMBERED_BLOCKS } from './watches.ts';

type Hashes = Pick<ChainBackend, 'blockHash'>;

/**
 * The blocks that still hold, oldest first; the last is the one to follow from. `target`: the source's best block;
 * `from`: the last one that this node has seen. Throws ChainError when the source follows another chain.
 */
export async function startingChain(
  source: Hashes,
  target: BlockRef,
  from: BlockRef,
  { older = [], believe_from }: ChainMemory,
): Promise<BlockRef[]> {
  const known = [...older, from];
  const standing = await standingOf(known, target, (height) => source.blockHash(height));
  switch (standing.kind) {
    case 'same':
    case 'lags':
    case 'far_behind':
      // Below the last block seen there is nothing to do but wait, and that can be done while the node runs.
      return known;
    case 'leads':
      return known.slice(0, known.indexOf(standing.fork) + 1);
    case 'unknown':
      // What the node saw was reorganised away while it was down; its watches look again from well below.
      return [await blockAt(source, Math.max(0, Math.min(from.height, target.height) - REMEMBERED_BLOCKS))];
    case 'beside':
      if (believe_from === undefined) throw refusalOf('beside', from, target);
      return [await blockAt(source, Math.max(0, Math.min(believe_from - 1, target.height)))];
  }
}

async function blockAt(source: Hashes, height: number): Promise<BlockRef> {
  const hash = await source.blockHash(height);
  if (hash === undefined) throw new ChainError(`the source of blocks has no block at height ${height}`);
  return { height, hash };
}

/** Questions that are asked at once: hides the latency of a source that is far away. */
const AT_ONCE = 16;

/** The source's blocks from this height up to the one below `end_height`. Throws ChainError. */
export async function blocksBetween(source: Hashes, from_height: number, end_height: number): Promise<BlockRef[]> {
  const blocks: BlockRef[] = [];
  for (let start = from_height; start < end_height; start += AT_ONCE) {
    const count = Math.min(AT_ONCE, end_height - start);
    blocks.push(...(await Promise.all(Array.from({ length: count }, (_, index) => blockAt(source, start + index)))));
  }
  return blocks;
}
