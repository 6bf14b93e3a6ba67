/**
 * A ChainSource over any ChainBackend: follows the best chain block by block, forwards and back, and tells its
 * listeners and watches. One loop does it all in turn, so events never overtake each other.
 */
import type { Clock } from '../types/clock.ts';
import { type ChainBackend, ChainError } from './backend.ts';
import { previousBlockHash } from './raw-block.ts';
import {
  type BlockRef,
  type BroadcastResult,
  type ChainSource,
  FEERATE_FLOOR_PER_KW,
  type FeeTargetBlocks,
  type Outpoint,
  type TipEvent,
  type WatchEvent,
  type WatchTarget,
} from './source.ts';
import { REMEMBERED_BLOCKS, type Watch, Watches } from './watches.ts';

export interface FollowerOptions {
  readonly clock: Clock;
  /** How often a source without news of its own is asked for its tip. */
  readonly poll_ms: number;
  /** Told once when the source stops answering, and once when it answers again. */
  readonly onHealth: (problem: string | undefined) => void;
}

/** Blocks that are asked for ahead while catching up: hides the source's latency without filling memory. */
const PREFETCH_BLOCKS = 16;
const FEE_TARGETS: readonly FeeTargetBlocks[] = [2, 6, 12, 100];
/** Estimates move slowly: asking at every poll would only cost. */
const FEES_EVERY_MS = 60_000;

export class ChainFollower implements ChainSource {
  readonly #backend: ChainBackend;
  readonly #options: FollowerOptions;
  readonly #watches = new Watches();
  readonly #listeners = new Set<(event: TipEvent) => void>();
  /** Recent blocks, oldest first; the last is the tip that everyone has heard of. */
  #chain: BlockRef[] = [];
  #rescans: Watch[] = [];
  readonly #feerates = new Map<FeeTargetBlocks, number>();
  #fees_due_ms = 0;
  #running: Promise<void> | undefined;
  #again = false;
  #isStopped = true;
  #isFailing = false;
  #synced = Promise.withResolvers<void>();
  #cancelPoll: () => void = () => {};
  #cancelNews: () => void = () => {};

  constructor(backend: ChainBackend, options: FollowerOptions) {
    this.#backend = backend;
    this.#options = options;
  }

  async start(from?: BlockRef): Promise<BlockRef> {
    await this.#backend.open();
    this.#chain = [await this.#startingBlock(from)];
    this.#isStopped = false;
    this.#cancelNews = this.#backend.onNews?.(() => void this.refresh()) ?? (() => {});
    void this.refresh();
    return this.tip();
  }

  /** Where to follow from: the block that the caller last saw, or below it when that block is gone. */
  async #startingBlock(from: BlockRef | undefined): Promise<BlockRef> {
    const tip = await this.#backend.tip();
    if (from === undefined) return tip;
    let height = Math.min(from.height, tip.height);
    if (height === from.height && (await this.#backend.blockHash(height)) === from.hash) return from;
    // What the caller saw was reorganised away while it was down; its watches look again from well below.
    height = Math.max(0, height - REMEMBERED_BLOCKS);
    const hash = await this.#backend.blockHash(height);
    if (hash === undefined) throw new ChainError(`the source of blocks has none at height ${height}`);
    return { height, hash };
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelPoll();
    this.#cancelNews();
    await this.#running;
    await this.#backend.close();
  }

  tip(): BlockRef {
    const tip = this.#chain.at(-1);
    if (tip === undefined) throw new ChainError('the chain has not been started');
    return tip;
  }

  synced(): Promise<void> {
    return this.#synced.promise;
  }

  onTip(listener: (event: TipEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  watch(target: WatchTarget, from_height: number, listener: (event: WatchEvent) => void): () => void {
    const watch: Watch = { target, listener, from_height, reported: [] };
    this.#watches.add(watch);
    // Before the start the tip is unknown: whether older blocks must be searched is judged when they can be.
    if (this.#isStopped || from_height <= this.tip().height) this.#rescans.push(watch);
    if (!this.#isStopped) queueMicrotask(() => void this.refresh());
    return () => this.#watches.remove(watch);
  }

  async broadcast(transactions: readonly Uint8Array[]): Promise<BroadcastResult> {
    return await this.#backend.broadcast(transactions);
  }

  feeratePerKw(target: FeeTargetBlocks): number | undefined {
    return this.#feerates.get(target);
  }

  unspent(outpoint: Outpoint): ReturnType<ChainSource['unspent']> {
    return this.#backend.unspent(outpoint);
  }

  /** Looks for news now. Resolves when everything known to the source has been told. */
  async refresh(): Promise<void> {
    if (this.#isStopped) return;
    this.#again = true;
    this.#running ??= this.#loop().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  async #loop(): Promise<void> {
    this.#cancelPoll();
    while (this.#again && !this.#isStopped) {
      this.#again = false;
      try {
        await this.#rescan();
        await this.#follow();
        await this.#estimateFees();
        this.#healthy();
        if (this.#rescans.length === 0) this.#synced.resolve();
      } catch (error) {
        if (!(error instanceof ChainError)) throw error;
        this.#failing(error);
      }
    }
    if (!this.#isStopped)
      this.#cancelPoll = this.#options.clock.after(this.#options.poll_ms, () => void this.refresh());
  }

  #healthy(): void {
    if (this.#isFailing) this.#options.onHealth(undefined);
    this.#isFailing = false;
  }

  #failing(error: ChainError): void {
    if (!this.#isFailing) this.#options.onHealth(error.message);
    this.#isFailing = true;
  }

  /** Moves to the source's best chain: back to the fork, then forwards. */
  async #follow(): Promise<void> {
    for (;;) {
      const target = await this.#backend.tip();
      if (target.hash === this.tip().hash || this.#isStopped) return;
      await this.#backToFork();
      await this.#forward(target.height);
    }
  }

  async #backToFork(): Promise<void> {
    while ((await this.#backend.blockHash(this.tip().height)) !== this.tip().hash) {
      const gone = this.tip();
      if (this.#chain.length === 1) {
        // Deeper than we remember: carry on from the same height in the new chain's past.
        const height = Math.max(0, gone.height - REMEMBERED_BLOCKS);
        const hash = await this.#backend.blockHash(height);
        if (hash === undefined) throw new ChainError(`the source of blocks has none at height ${height}`);
        this.#chain.unshift({ height, hash });
      }
      this.#chain.pop();
      this.#watches.disconnect(gone);
      this.#tell({ kind: 'disconnected', block: gone });
    }
  }

  async #forward(to_height: number): Promise<void> {
    const ahead: Promise<{ ref: BlockRef; block: Buffer } | undefined>[] = [];
    let next = this.tip().height + 1;
    while (!this.#isStopped) {
      while (ahead.length < PREFETCH_BLOCKS && next <= to_height) ahead.push(guarded(this.#fetch(next++)));
      const fetched = await ahead.shift();
      // Nothing more, or the chain was reorganised under us: the caller looks again.
      if (fetched === undefined || previousBlockHash(fetched.block) !== this.tip().hash) break;
      this.#watches.connect(fetched.block, fetched.ref);
      this.#chain.push(fetched.ref);
      if (this.#chain.length > REMEMBERED_BLOCKS) this.#chain.shift();
      this.#tell({ kind: 'connected', block: fetched.ref });
    }
    await Promise.allSettled(ahead);
  }

  async #fetch(height: number): Promise<{ ref: BlockRef; block: Buffer } | undefined> {
    const hash = await this.#backend.blockHash(height);
    return hash === undefined ? undefined : { ref: { height, hash }, block: await this.#backend.block(hash) };
  }

  /** Looks through the blocks that were told already, for watches that want to know of older ones. */
  async #rescan(): Promise<void> {
    const { height: tip_height } = this.tip();
    const watches = this.#rescans.filter((watch) => this.#watches.has(watch) && watch.from_height <= tip_height);
    this.#rescans = [];
    if (watches.length === 0) return;
    const only = new Watches();
    for (const watch of watches) only.add(watch);
    try {
      const oldest = Math.max(0, Math.min(...watches.map((watch) => watch.from_height)));
      for (let height = oldest; height <= tip_height; height++) {
        const fetched = await this.#fetch(height);
        if (fetched === undefined || this.#isStopped) break;
        for (const watch of watches) if (!this.#watches.has(watch)) only.remove(watch);
        only.connect(fetched.block, fetched.ref);
      }
    } catch (error) {
      this.#rescans.push(...watches);
      throw error;
    }
  }

  async #estimateFees(): Promise<void> {
    const now_ms = this.#options.clock.monotonicMs();
    if (now_ms < this.#fees_due_ms) return;
    this.#fees_due_ms = now_ms + FEES_EVERY_MS;
    for (const target of FEE_TARGETS) {
      const feerate_per_kw = await this.#backend.feeratePerKw(target);
      if (feerate_per_kw !== undefined) this.#feerates.set(target, Math.max(feerate_per_kw, FEERATE_FLOOR_PER_KW));
    }
  }

  #tell(event: TipEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}

/** A fetch ahead may fail before anyone waits for it: its failure is kept for the one who does. */
function guarded<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
