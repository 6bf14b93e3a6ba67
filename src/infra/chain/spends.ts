/** Tells what each new block spends, for whoever follows more outputs than can be watched one by one. */
import type { FetchedBlock } from './look-back.ts';
import { walkBlock } from './raw-block.ts';
import type { BlockRef } from './source.ts';

/** `outpoints`: 36 bytes each, as in transactions, one after the other. */
export type SpendListener = (block: BlockRef, outpoints: Uint8Array) => void;

export class Spends {
  readonly #listeners = new Set<SpendListener>();

  /** Calls back for every new block; the answer ends that. */
  on(listener: SpendListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell({ ref, block }: FetchedBlock): void {
    if (this.#listeners.size === 0) return;
    const outpoints = spentOutpoints(block);
    for (const listener of [...this.#listeners]) listener(ref, outpoints);
  }
}

function spentOutpoints(block: Buffer): Uint8Array {
  const offsets: number[] = [];
  walkBlock(block, { input: (_index, offset) => void offsets.push(offset) }, () => {});
  const outpoints = Buffer.allocUnsafeSlow(36 * offsets.length);
  for (const [index, offset] of offsets.entries()) block.copy(outpoints, 36 * index, offset, offset + 36);
  return outpoints;
}
