/**
 * How a source of blocks stands to the blocks that this node has seen: whether it leads on, lags, is far behind, or is
 * another chain. Nothing is taken back before this is known.
 */
import { ChainError } from './backend.ts';
import type { BlockRef } from './source.ts';

/**
 * A reorganisation deeper than this is not followed: nothing of Bitcoin's history comes near it, and what this node holds
 * for final would be undone. A source that asks for one is another chain.
 */
export const MAX_REORG_BLOCKS = 100;
/** A source may be served by several machines, of which one lags by so much. */
export const MAX_LAG_BLOCKS = 6;

export type Standing =
  /** Its best block is ours. */
  | { readonly kind: 'same' }
  /** It leads on from this block of ours; those above it, if any, are gone. */
  | { readonly kind: 'leads'; readonly fork: BlockRef }
  /** It is where we have been, a few blocks ago: it lags, and nothing is taken back. */
  | { readonly kind: 'lags' }
  | { readonly kind: 'far_behind' }
  /** Where we have seen blocks, it has others, deeper than any reorganisation goes. */
  | { readonly kind: 'beside' }
  /** It has none of the blocks that we know, but we do not know enough of them to call it another chain. */
  | { readonly kind: 'unknown' };

/**
 * Compares what we know (oldest first, not empty) with the source's best block. Throws ChainError when the source
 * contradicts itself, or as `blockHash` does.
 */
export async function standingOf(
  known: readonly BlockRef[],
  target: BlockRef,
  blockHash: (height: number) => Promise<string | undefined>,
): Promise<Standing> {
  const tip = known.at(-1) as BlockRef;
  if (target.hash === tip.hash) return { kind: 'same' };
  const lag_blocks = tip.height - target.height;
  if (lag_blocks > 0) {
    const ours = known.find(({ height }) => height === target.height);
    const isWhereWeWere = ours === undefined || ours.hash === target.hash;
    if (isWhereWeWere) return { kind: lag_blocks > MAX_LAG_BLOCKS ? 'far_behind' : 'lags' };
    if (lag_blocks > MAX_LAG_BLOCKS) return { kind: 'beside' };
  }
  for (const block of known.toReversed()) {
    if (block.height > target.height) continue;
    if (tip.height - block.height > MAX_REORG_BLOCKS) return { kind: 'beside' };
    const hash = await blockHash(block.height);
    if (hash === undefined) {
      throw new ChainError(`the source of blocks has no block at height ${block.height}, and says that it has more`);
    }
    if (hash === block.hash) return { kind: 'leads', fork: block };
  }
  const [lowest] = known as readonly [BlockRef];
  return { kind: tip.height - lowest.height >= MAX_REORG_BLOCKS ? 'beside' : 'unknown' };
}

/** What to say of a source that is not followed. */
export function refusalOf(kind: 'far_behind' | 'beside', tip: BlockRef, target: BlockRef): ChainError {
  const seen = `this node has seen block ${tip.height}`;
  return kind === 'far_behind'
    ? new ChainError(
        `the source of blocks is only at block ${target.height}, and ${seen}: waiting until it is there. Until then no ` +
          'payment is accepted',
        { is_refused: true },
      )
    : new ChainError(
        `the source of blocks follows another chain than this node: ${seen} (${tip.hash}), which is not in it, nor is ` +
          `any of the ${MAX_REORG_BLOCKS} blocks before. Give this node the source that it had. If the chain was really ` +
          'replaced, as on a new regtest, start once with --rescan=HEIGHT: the node then believes the source from there on',
        { is_refused: true },
      );
}
