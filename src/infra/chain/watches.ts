/**
 * What is being looked for, and the search of a block for it. A block's bytes are compared by their first four bytes
 * before anything is built, so a search costs the same with one watch as with thousands.
 */
import { sat } from '../../base/types/amount.ts';
import type { Txid } from '../../base/types/brand.ts';
import { ChainError } from './backend.ts';
import {
  blockTime,
  RawBlockError,
  reversedBytes,
  reversedHex,
  type TransactionSpan,
  txidBytes,
  walkBlock,
} from './raw-block.ts';
import type { BlockRef, Confirmation, WatchEvent, WatchTarget } from './source.ts';

/** One watch and what it has reported from recent blocks, so that a reorg can take it back. */
export interface Watch {
  readonly target: WatchTarget;
  readonly listener: (event: WatchEvent) => void;
  /** The first block that is to be looked through for it. */
  readonly from_height: number;
  readonly reported: { block: BlockRef; txid: Txid /** Which output, or -1 less which input. */; part: number }[];
}

/** A reorg deeper than this is not followed back event by event. */
export const REMEMBERED_BLOCKS = 200;

/** Something in a block that a watch waits for. */
export interface Found {
  readonly watch: Watch;
  readonly event: WatchEvent;
  readonly confirmation: Confirmation;
}

interface Entry {
  readonly bytes: Buffer;
  readonly watch: Watch;
}

/** Entries by the first four bytes of what they look for. */
export class PrefixIndex {
  readonly #buckets = new Map<number, Entry[]>();

  add(bytes: Buffer, watch: Watch): void {
    const key = bytes.length < 4 ? 0 : bytes.readUInt32LE(0);
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) this.#buckets.set(key, [{ bytes, watch }]);
    else bucket.push({ bytes, watch });
  }

  remove(bytes: Buffer, watch: Watch): void {
    const key = bytes.length < 4 ? 0 : bytes.readUInt32LE(0);
    const left = this.#buckets.get(key)?.filter((entry) => entry.watch !== watch) ?? [];
    if (left.length === 0) this.#buckets.delete(key);
    else this.#buckets.set(key, left);
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** The entries whose bytes are exactly those between the offsets. */
  find(bytes: Buffer, start: number, end: number): readonly Entry[] | undefined {
    const bucket = this.#buckets.get(end - start < 4 ? 0 : bytes.readUInt32LE(start));
    if (bucket === undefined) return undefined;
    const found = bucket.filter(
      (entry) => entry.bytes.length === end - start && entry.bytes.equals(bytes.subarray(start, end)),
    );
    return found.length === 0 ? undefined : found;
  }
}

/** The bytes that a watch looks for: a txid, an outpoint (both as on the wire) or a script. */
function targetBytes(target: WatchTarget): Buffer {
  if (target.kind === 'transaction') return reversedBytes(target.txid);
  if (target.kind === 'script') return scriptKey(Buffer.from(target.script_pubkey, 'hex'));
  return outpointBytes(target.outpoint.txid, target.outpoint.vout);
}

function outpointBytes(txid: Txid, vout: number): Buffer {
  const bytes = Buffer.alloc(36);
  reversedBytes(txid).copy(bytes);
  bytes.writeUInt32LE(vout, 32);
  return bytes;
}

/** Scripts share their first bytes; their last ones are hashes. So a script is indexed back to front. */
function scriptKey(script: Buffer): Buffer {
  return Buffer.from(script).reverse();
}

/** All watches of a source. */
export class Watches {
  readonly #all = new Set<Watch>();
  readonly #indexes = { transaction: new PrefixIndex(), outpoint: new PrefixIndex(), script: new PrefixIndex() };

  add(watch: Watch): void {
    this.#all.add(watch);
    this.#indexes[watch.target.kind].add(targetBytes(watch.target), watch);
  }

  remove(watch: Watch): void {
    if (this.#all.delete(watch)) this.#indexes[watch.target.kind].remove(targetBytes(watch.target), watch);
  }

  has(watch: Watch): boolean {
    return this.#all.has(watch);
  }

  /** Searches a block, and reports what it finds in the order of the chain. Throws ChainError when it is none. */
  connect(block: Buffer, ref: BlockRef): void {
    this.report(this.search(block, ref));
  }

  /** Reports what a search has found, once. */
  report(found: readonly Found[]): void {
    for (const { watch, event, confirmation } of found) {
      const { txid, block } = confirmation;
      // A listener may have ended this watch a moment ago; a watch that starts later has its own search.
      if (!this.#all.has(watch) || block.height < watch.from_height) continue;
      const part = event.kind === 'paid' ? event.vout : event.kind === 'spent' ? -1 - event.input_index : 0;
      const { reported } = watch;
      if (reported.some((known) => known.block.hash === block.hash && known.txid === txid && known.part === part))
        continue;
      reported.push({ block, txid, part });
      const oldest_height = block.height - REMEMBERED_BLOCKS;
      while (reported[0] !== undefined && reported[0].block.height < oldest_height) reported.shift();
      watch.listener(event);
    }
  }

  /** Takes back what was reported from a block. */
  disconnect(ref: BlockRef): void {
    this.#takeBack(({ hash }) => hash === ref.hash);
  }

  /** Takes back what was reported from all blocks above this height, whichever they were. */
  disconnectAbove(height: number): void {
    this.#takeBack((block) => block.height > height);
  }

  #takeBack(isGone: (block: BlockRef) => boolean): void {
    for (const watch of [...this.#all]) {
      const undone = new Map(
        watch.reported
          .filter(({ block }) => isGone(block))
          .map(({ txid, block }) => [`${block.hash} ${txid}`, { txid, block }]),
      );
      const kept = watch.reported.filter(({ block }) => !isGone(block));
      watch.reported.splice(0, watch.reported.length, ...kept);
      for (const { txid, block } of [...undone.values()].reverse())
        watch.listener({ kind: 'disconnected', block, txid });
    }
  }

  /**
   * What is in a block for these watches. `paid` gathers the outputs to watched scripts, whose spends are found from then
   * on, for the watch of the script: handed on to the search of the next block, those there too. Throws ChainError when the
   * bytes are no block.
   */
  search(block: Buffer, ref: BlockRef, paid = new PrefixIndex()): readonly Found[] {
    try {
      return this.#search(block, ref, paid);
    } catch (error) {
      if (!(error instanceof RawBlockError)) throw error;
      throw new ChainError(`block ${ref.hash} cannot be read: ${error.message}`);
    }
  }

  #search(block: Buffer, ref: BlockRef, paid: PrefixIndex): readonly Found[] {
    const { transaction, outpoint, script } = this.#indexes;
    const found: Found[] = [];
    if (this.#all.size === 0) return found;
    const makers: { watch: Watch; make: (confirmation: Confirmation) => WatchEvent }[] = [];
    const reversed = Buffer.alloc(64);
    walkBlock(
      block,
      {
        input(input_index, offset) {
          const end = offset + 36;
          for (const { watch } of [
            ...(outpoint.find(block, offset, end) ?? []),
            ...(paid.find(block, offset, end) ?? []),
          ]) {
            const spent = {
              txid: reversedHex(block.subarray(offset, offset + 32)) as Txid,
              vout: block.readUInt32LE(offset + 32),
            };
            makers.push({
              watch,
              make: (confirmation) => ({ kind: 'spent', outpoint: spent, input_index, confirmation }),
            });
          }
        },
        output(vout, offset, start, end) {
          const length = end - start;
          if (script.size === 0 || length > reversed.length) return;
          for (let index = 0; index < length; index++) reversed[index] = block[end - 1 - index] as number;
          for (const { watch } of script.find(reversed, 0, length) ?? []) {
            const script_pubkey = block.toString('hex', start, end);
            const amount_sat = sat(block.readBigUInt64LE(offset));
            makers.push({
              watch,
              make: (confirmation) => ({ kind: 'paid', script_pubkey, vout, amount_sat, confirmation }),
            });
          }
        },
      },
      (transaction_index, span) => {
        if (transaction.size > 0) {
          const txid = txidBytes(block, span);
          for (const { watch } of transaction.find(txid, 0, 32) ?? []) {
            makers.push({ watch, make: (confirmation) => ({ kind: 'confirmed', confirmation }) });
          }
        }
        if (makers.length === 0) return;
        const confirmation = confirmationOf(block, ref, transaction_index, span);
        for (const { watch, make } of makers.splice(0)) {
          const event = make(confirmation);
          found.push({ watch, event, confirmation });
          if (event.kind === 'paid') paid.add(outpointBytes(confirmation.txid, event.vout), watch);
        }
      },
    );
    return found;
  }
}

function confirmationOf(block: Buffer, ref: BlockRef, transaction_index: number, span: TransactionSpan): Confirmation {
  return {
    block: ref,
    mined_at: blockTime(block),
    transaction_index,
    transaction: new Uint8Array(block.subarray(span.start, span.end)),
    txid: reversedHex(txidBytes(block, span)) as Txid,
  };
}
