/** The search of blocks that were reported already, for watches that want to know of older ones. */
import { ChainError } from './backend.ts';
import { previousBlockHash } from './raw-block.ts';
import type { BlockRef } from './source.ts';
import { type Found, PrefixIndex, type Watch, Watches } from './watches.ts';

/** A block and its place. */
export interface FetchedBlock {
  readonly ref: BlockRef;
  readonly block: Buffer;
}

/** What a search has found; nothing when the source no longer has a block that it must look through. */
export interface LookedBack {
  readonly found: readonly Found[];
  readonly missing?: { readonly height: number; readonly error: ChainError };
}

/**
 * Searches from this block up to the tip. Nothing is found before all of it is known to be the chain of that tip. What pays to
 * a watched script is found with what spends it, so that no coin seems to be there that is gone long since. Throws
 * ChainError when the chain moves meanwhile, or as `fetch` does.
 */
export async function lookBack(
  watches: readonly Watch[],
  from_height: number,
  tip: BlockRef,
  fetch: (height: number) => Promise<FetchedBlock | undefined>,
): Promise<LookedBack> {
  const only = new Watches();
  for (const watch of watches) only.add(watch);
  const found: Found[] = [];
  const paid = new PrefixIndex();
  let last_hash: string | undefined;
  for (let height = from_height; height <= tip.height; height++) {
    let fetched: FetchedBlock | undefined;
    try {
      fetched = await fetch(height);
    } catch (error) {
      if (error instanceof ChainError && error.is_pruned) return { found: [], missing: { height, error } };
      throw error;
    }
    if (fetched === undefined) throw moved();
    if (last_hash !== undefined && previousBlockHash(fetched.block) !== last_hash) throw moved();
    found.push(...only.search(fetched.block, fetched.ref, paid));
    last_hash = fetched.ref.hash;
  }
  if (last_hash !== tip.hash) throw moved();
  return { found };
}

function moved(): ChainError {
  return new ChainError('the chain moved while older blocks were looked through');
}
