/**
 * A ChainSource over any ChainBackend: follows the best chain block by block, forwards and back, and tells its
 * listeners and watches. One loop does it all in turn, so events never overtake each other.
 */
import type { Clock } from '../../base/types/clock.ts';
import { type ChainBackend, ChainError } from './backend.ts';
import { type FetchedBlock, lookBack } from './look-back.ts';
import { blockHash, HEADER_LENGTH_BYTES, previousBlockHash } from './raw-block.ts';
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
  /** Told when the source stops answering, each time, and when it answers again. */
  readonly onHealth: (problem: string | undefined) => void;
}

/** A source that is further behind what it said before is worth a word. */
const MAX_LAG_BLOCKS = 6;
/** 1,000 sat per virtual byte: no estimate, however wrong, makes us pay more. */
const FEERATE_CEILING_PER_KW = 250_000;
/** Blocks that are asked for ahead while catching up: hides the source's latency without filling memory. */
const PREFETCH_BLOCKS = 16;
const FEE_TARGETS: readonly FeeTargetBlocks[] = [2, 6, 12, 100];
/** Estimates move slowly: asking at every poll would only cost. */
const FEES_EVERY_MS = 60_000;
/** A source that said nothing new for so long may hide an hour of blocks: about one block's time. */
const CURRENT_MS = 600_000;

export class ChainFollower implements ChainSource {
  readonly #backend: ChainBackend;
  readonly #options: FollowerOptions;
  readonly #watches = new Watches();
  readonly #listeners = new Set<(event: TipEvent) => void>();
  /** Recent blocks, oldest first; the last is the tip that everyone has heard of. */
  #chain: BlockRef[] = [];
  #rescans: Watch[] = [];
  readonly #feerates = new Map<FeeTargetBlocks, number>();
  #mempool_minimum_per_kw = FEERATE_FLOOR_PER_KW;
  #fees_due_ms = 0;
  #fees_problem: ChainError | undefined;
  /** Older blocks that a watch wanted are gone from the source, for good. */
  #gap: ChainError | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #isStopped = true;
  /** The kinds of problems that were told and have not ended. */
  readonly #failing = new Set<string>();
  /** When the source last said that our tip is its best block. */
  #current_ms: number | undefined;
  #synced = Promise.withResolvers<void>();
  #cancelPoll: () => void = () => {};
  #cancelNews: () => void = () => {};

  constructor(backend: ChainBackend, options: FollowerOptions) {
    this.#backend = backend;
    this.#options = options;
  }

  async start(from?: BlockRef): Promise<BlockRef> {
    this.#isStopped = false;
    await this.#opened();
    this.#chain = [await this.#startingBlock(from)];
    this.#cancelNews = this.#backend.onNews?.(() => void this.refresh()) ?? (() => {});
    void this.refresh();
    return this.tip();
  }

  /** Waits for a source that has only begun to run, as after the machine's start. */
  async #opened(): Promise<void> {
    for (;;) {
      try {
        await this.#backend.open();
        return this.#tellHealth({ blocks: undefined });
      } catch (error) {
        if (!(error instanceof ChainError) || !error.is_starting) throw error;
        this.#tellHealth({ blocks: error });
        await new Promise<void>((resolve) => this.#options.clock.after(this.#options.poll_ms, resolve));
      }
    }
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
    // What hangs ends with the connection.
    await this.#backend.close();
    await this.#running;
  }

  tip(): BlockRef {
    const tip = this.#chain.at(-1);
    if (tip === undefined) throw new ChainError('the chain has not been started');
    return tip;
  }

  /** Whether the tip is the best block as far as anyone can know: the source said so, not long ago. */
  isCurrent(): boolean {
    return this.#current_ms !== undefined && this.#options.clock.monotonicMs() - this.#current_ms <= CURRENT_MS;
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
    const isStarted = this.#chain.length > 0 && !this.#isStopped;
    if (!isStarted || from_height <= this.tip().height) this.#rescans.push(watch);
    if (isStarted) queueMicrotask(() => void this.refresh());
    return () => this.#watches.remove(watch);
  }

  async broadcast(transactions: readonly Uint8Array[]): Promise<BroadcastResult> {
    return await this.#backend.broadcast(transactions);
  }

  feeratePerKw(target: FeeTargetBlocks): number | undefined {
    return this.#feerates.get(target);
  }

  mempoolMinimumPerKw(): number {
    return this.#mempool_minimum_per_kw;
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
      // Older blocks first, so that a watch hears in the order of the chain; but what keeps us from them keeps nobody
      // from the new ones.
      let problem = await this.#problemOf(this.#rescan());
      problem = (await this.#problemOf(this.#follow())) ?? problem;
      if (problem === undefined && this.#rescans.length > 0) problem = await this.#problemOf(this.#rescan());
      if (problem === undefined && this.#rescans.length === 0) this.#synced.resolve();
      // A source that does not answer for blocks is not asked for fees: that would be the same outage once more.
      if (problem === undefined) await this.#estimateFees();
      this.#tellHealth({ blocks: problem, gap: this.#gap, fees: this.#fees_problem });
    }
    if (!this.#isStopped)
      this.#cancelPoll = this.#options.clock.after(this.#options.poll_ms, () => void this.refresh());
  }

  async #problemOf(step: Promise<void>): Promise<ChainError | undefined> {
    try {
      await step;
      return undefined;
    } catch (error) {
      if (error instanceof ChainError) return error;
      throw error;
    }
  }

  /** Each kind of problem is told when it begins and when it ends: one that lasts must not hide another. */
  #tellHealth(problems: Readonly<Record<string, ChainError | undefined>>): void {
    if (this.#isStopped) return;
    for (const [kind, problem] of Object.entries(problems)) {
      if ((problem !== undefined) === this.#failing.has(kind)) continue;
      if (problem === undefined) this.#failing.delete(kind);
      else this.#failing.add(kind);
      this.#options.onHealth(problem?.message);
    }
  }

  /** Moves to the source's best chain: back to the fork, then forwards. */
  async #follow(): Promise<void> {
    while (!this.#isStopped) {
      const target = await this.#backend.tip();
      if (target.hash === this.tip().hash) {
        this.#current_ms = this.#backend.isCatchingUp?.() === true ? undefined : this.#options.clock.monotonicMs();
        return;
      }
      if (this.#isBehind(target)) return;
      await this.#backToFork(target);
      const { hash } = this.tip();
      await this.#forward(target.height);
      if (hash === this.tip().hash && !this.#isStopped) {
        throw new ChainError(`the source of blocks says that its best is at ${target.height}, and does not lead there`);
      }
    }
  }

  /**
   * Whether the source is where we have been: it catches up, or is served by several machines of which one lags. That
   * is no reorg, and nothing is taken back. Throws ChainError when it is far behind.
   */
  #isBehind(target: BlockRef): boolean {
    const { height } = this.tip();
    if (target.height >= height) return false;
    const ours = this.#chain.find((block) => block.height === target.height);
    if (ours !== undefined && ours.hash !== target.hash) return false;
    if (height - target.height > MAX_LAG_BLOCKS) {
      throw new ChainError(
        `the source of blocks is at ${target.height}, and this node saw block ${height}: it is behind`,
      );
    }
    return true;
  }

  async #backToFork(target: BlockRef): Promise<void> {
    for (let isChecked = false; ; isChecked = true) {
      const gone = this.tip();
      const now = gone.height > target.height ? '' : await this.#backend.blockHash(gone.height);
      if (now === gone.hash) return;
      if (now === undefined) {
        throw new ChainError(`the source of blocks has no block at height ${gone.height}, and says that it has more`);
      }
      // Before anything is taken back: it may have become the source of another network.
      if (!isChecked) await this.#backend.open();
      if (this.#chain.length === 1) await this.#backFar(gone);
      else {
        this.#chain.pop();
        this.#watches.disconnect(gone);
      }
      this.#tell({ kind: 'disconnected', block: gone });
    }
  }

  /** Deeper than we remember: carries on in the new chain, far below the fork. What still holds is reported again. */
  async #backFar(gone: BlockRef): Promise<void> {
    const height = Math.max(0, gone.height - REMEMBERED_BLOCKS);
    const hash = await this.#backend.blockHash(height);
    if (hash === undefined || height === gone.height) {
      throw new ChainError(`the source of blocks has none of our chain at height ${height}`);
    }
    this.#chain = [{ height, hash }];
    this.#watches.disconnectAbove(height);
  }

  async #forward(to_height: number): Promise<void> {
    const ahead: Promise<FetchedBlock | undefined>[] = [];
    let next = this.tip().height + 1;
    try {
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
    } finally {
      await Promise.allSettled(ahead);
    }
  }

  async #fetch(height: number): Promise<FetchedBlock | undefined> {
    const hash = await this.#backend.blockHash(height);
    if (hash === undefined) return undefined;
    const block = await this.#backend.block(hash);
    if (block.length < HEADER_LENGTH_BYTES || blockHash(block) !== hash) {
      throw new ChainError(`the source of blocks answered something else for block ${hash}`);
    }
    return { ref: { height, hash }, block };
  }

  /** Searches the blocks that were reported already, for watches that want to know of older ones. */
  async #rescan(): Promise<void> {
    const tip = this.tip();
    const watches = this.#rescans.filter((watch) => this.#watches.has(watch) && watch.from_height <= tip.height);
    this.#rescans = [];
    if (watches.length === 0) return;
    try {
      let from_height = Math.max(0, Math.min(...watches.map((watch) => watch.from_height)));
      for (;;) {
        const { found, missing } = await lookBack(watches, from_height, tip, async (height) =>
          this.#isStopped ? undefined : await this.#fetch(height),
        );
        if (missing === undefined) {
          this.#watches.report(found);
          return;
        }
        // It will not come back. What a watch can still be told, it is told: most of what lies before was told to the
        // run that saw it.
        from_height = missing.height + 1;
        if (watches.some((watch) => watch.from_height <= missing.height))
          this.#gap = gap(missing.height, missing.error);
      }
    } catch (error) {
      this.#rescans = [...new Set([...this.#rescans, ...watches])];
      throw error;
    }
  }

  async #estimateFees(): Promise<void> {
    const now_ms = this.#options.clock.monotonicMs();
    if (now_ms < this.#fees_due_ms || this.#isStopped) return;
    this.#fees_due_ms = now_ms + FEES_EVERY_MS;
    this.#fees_problem = await this.#problemOf(this.#askForFees());
  }

  async #askForFees(): Promise<void> {
    for (const target of FEE_TARGETS) {
      const feerate_per_kw = await this.#backend.feeratePerKw(target);
      // What cannot be is no estimate.
      if (feerate_per_kw !== undefined && isFeerate(feerate_per_kw))
        this.#feerates.set(target, bounded(feerate_per_kw));
    }
    const minimum_per_kw = await this.#backend.mempoolMinimumPerKw?.();
    if (minimum_per_kw !== undefined && isFeerate(minimum_per_kw)) {
      this.#mempool_minimum_per_kw = bounded(minimum_per_kw);
    }
  }

  #tell(event: TipEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}

function isFeerate(feerate_per_kw: number): boolean {
  return feerate_per_kw > 0 && Number.isFinite(feerate_per_kw);
}

function bounded(feerate_per_kw: number): number {
  return Math.min(Math.max(Math.ceil(feerate_per_kw), FEERATE_FLOOR_PER_KW), FEERATE_CEILING_PER_KW);
}

function gap(height: number, { message }: ChainError): ChainError {
  return new ChainError(
    `the source of blocks no longer has block ${height} (${message}): what happened up to there to coins and channels ` +
      'of this node, and was not seen then, is not seen now either. Start once with a source that has all blocks',
  );
}

/** A fetch ahead may fail before anyone waits for it: its failure is kept for the one who does. */
function guarded<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
