/**
 * A ChainSource over any ChainBackend: follows the best chain block by block, forwards and back, and tells its
 * listeners and watches. One loop does it all in turn, so events never overtake each other.
 */
import type { Sat } from '../../base/types/amount.ts';
import { blockGone, type ChainBackend, ChainError } from './backend.ts';
import { blocksBetween, startingChain } from './beginning.ts';
import { FeeEstimates } from './fee-estimates.ts';
import type { FollowerOptions } from './follower-options.ts';
import { Freshness } from './freshness.ts';
import { lookAtOutputs, type OutputFound, type OutputPlace } from './funding-outputs.ts';
import { Health } from './health.ts';
import { type FetchedBlock, lookBack } from './look-back.ts';
import { mempoolTransaction } from './mempool-transaction.ts';
import { blockHash, HEADER_LENGTH_BYTES, previousBlockHash } from './raw-block.ts';
import type {
  BlockRef,
  BroadcastResult,
  ChainMemory,
  ChainSource,
  ChainView,
  FeeTargetBlocks,
  Outpoint,
  TipEvent,
  WatchEvent,
  WatchTarget,
} from './source.ts';
import { type SpendListener, Spends } from './spends.ts';
import { MAX_REORG_BLOCKS, refusalOf, standingOf } from './standing.ts';
import { REMEMBERED_BLOCKS, type Watch, Watches } from './watches.ts';

/** Blocks that are asked for ahead while catching up: hides the source's latency without filling memory. */
const PREFETCH_BLOCKS = 16;

export class ChainFollower implements ChainSource {
  readonly #backend: ChainBackend;
  readonly #options: FollowerOptions;
  readonly #watches = new Watches();
  readonly #freshness: Freshness;
  readonly #health: Health;
  readonly #listeners = new Set<(event: TipEvent) => void>();
  readonly #spends = new Spends();
  /** Recent blocks, oldest first; the last is the tip that everyone has heard of. */
  #chain: BlockRef[] = [];
  #rescans: Watch[] = [];
  readonly #fees: FeeEstimates;
  #fees_problem: ChainError | undefined;
  /** Older blocks that a watch wanted are gone from the source, for good. */
  #gap: ChainError | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #isStopped = true;
  #endWait: () => void = () => {};
  #synced = Promise.withResolvers<void>();
  readonly #waiting_for_pass: (() => void)[] = [];
  #cancelPoll: () => void = () => {};
  #cancelNews: () => void = () => {};

  constructor(backend: ChainBackend, options: FollowerOptions) {
    this.#backend = backend;
    this.#options = options;
    const { clock, max_tip_age_seconds } = options;
    this.#freshness = new Freshness({ clock, backend, max_tip_age_seconds });
    this.#health = new Health(options.onHealth);
    this.#fees = new FeeEstimates(backend, clock);
  }

  async start(from?: BlockRef, memory: ChainMemory = {}): Promise<BlockRef> {
    this.#isStopped = false;
    const target = await this.#opened();
    this.#chain = from === undefined ? [target] : await startingChain(this.#backend, target, from, memory);
    this.#cancelNews = this.#backend.onNews?.(() => void this.refresh()) ?? (() => {});
    void this.refresh();
    return this.tip();
  }

  /** Waits for a source that does not run yet, or has only begun to, as after the machine's start. */
  async #opened(): Promise<BlockRef> {
    for (;;) {
      try {
        await this.#backend.open();
        const target = await this.#backend.tip();
        this.#tellHealth({ blocks: undefined });
        return target;
      } catch (error) {
        if (!(error instanceof ChainError) || !error.is_starting) throw error;
        if (!this.#isStopped)
          this.#tellHealth({ blocks: new ChainError(`waiting for the source of blocks: ${error.message}`) });
        await new Promise<void>((resolve) => {
          const cancel = this.#options.clock.after(this.#options.poll_ms, resolve);
          this.#endWait = () => {
            cancel();
            resolve();
          };
          if (this.#isStopped) this.#endWait();
        });
        if (this.#isStopped) throw new ChainError('stopped while waiting for the source of blocks');
      }
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelPoll();
    this.#cancelNews();
    this.#endWait();
    // What hangs ends with the connection.
    await this.#backend.close();
    await this.#running;
  }

  tip(): BlockRef {
    const tip = this.#chain.at(-1);
    if (tip === undefined) throw new ChainError('the chain has not been started');
    return tip;
  }

  recent(): readonly BlockRef[] {
    return this.#chain;
  }

  view(): ChainView {
    return this.#freshness.view();
  }

  /** Whether the tip is the best block, as far as anyone can know. */
  isCurrent(): boolean {
    return this.view().kind === 'current';
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
    await this.#options.fence?.();
    const result = await this.#backend.broadcast(transactions);
    await this.#problemOf(this.#fees.heed(result));
    return result;
  }

  feeratePerKw(target: FeeTargetBlocks): number | undefined {
    return this.#fees.feeratePerKw(target);
  }

  mempoolMinimumPerKw(): number {
    return this.#fees.mempool_minimum_per_kw;
  }

  /** Looks at funding outputs by their places in the chain. Never rejects for what the source cannot do. */
  lookAtOutputs(places: readonly OutputPlace[]): Promise<readonly OutputFound[]> {
    return lookAtOutputs(this.#backend, places);
  }

  /** Calls back with what each new block spends, before `connected` is told. */
  onSpends(listener: SpendListener): () => void {
    return this.#spends.on(listener);
  }

  async unconfirmedTo(script_pubkey: string): Promise<Sat | undefined> {
    return await this.#backend.unconfirmedTo?.(script_pubkey);
  }

  readonly mempoolTransaction: ChainSource['mempoolTransaction'] = (txid) => mempoolTransaction(this.#backend, txid);

  unspent(outpoint: Outpoint): ReturnType<ChainSource['unspent']> {
    return this.#backend.unspent(outpoint);
  }

  /**
   * Resolves when the blocks that are being told now, up to the one that was the source's best when that began, are told:
   * at once when none are. Unlike `refresh` it asks the source nothing, and blocks that keep coming do not hold it up.
   */
  caughtUp(): Promise<void> {
    if (this.#running === undefined) return Promise.resolve();
    return new Promise((resolve) => this.#waiting_for_pass.push(resolve));
  }

  #tellCaughtUp(): void {
    for (const resolve of this.#waiting_for_pass.splice(0)) resolve();
  }

  /** Looks for news now. Resolves when everything known to the source has been told. */
  async refresh(): Promise<void> {
    if (this.#isStopped) return;
    this.#again = true;
    this.#running ??= this.#loop().finally(() => {
      this.#running = undefined;
      this.#tellCaughtUp();
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
      const source_problem = await this.#problemOf(this.#follow());
      if (source_problem !== undefined) this.#freshness.failed(source_problem.message);
      problem = source_problem ?? problem;
      if (problem === undefined && this.#rescans.length > 0) problem = await this.#problemOf(this.#rescan());
      if (problem === undefined && this.#rescans.length === 0) this.#synced.resolve();
      // A source that does not answer for blocks is not asked for fees: that would be the same outage once more.
      if (problem === undefined) await this.#estimateFees();
      this.#tellHealth({ ...this.#blockProblems(problem), gap: this.#gap, fees: this.#fees_problem });
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

  /** What keeps us from blocks; and, where nothing does, why what is known may still not be current. */
  #blockProblems(problem: ChainError | undefined): Readonly<Record<string, ChainError | undefined>> {
    if (problem !== undefined && !problem.is_refused) return { blocks: problem };
    const view = this.view();
    return { blocks: undefined, view: view.kind === 'source_behind' ? new ChainError(view.reason) : undefined };
  }

  #tellHealth(problems: Readonly<Record<string, ChainError | undefined>>): void {
    if (!this.#isStopped) this.#health.tell(problems);
  }

  /** Moves to the source's best chain: back to the fork, then forwards. */
  async #follow(): Promise<void> {
    while (!this.#isStopped) {
      const target = await this.#backend.tip();
      const standing = await standingOf(this.#chain, target, (height) => this.#backend.blockHash(height));
      switch (standing.kind) {
        case 'same':
          this.#freshness.reached();
          return await this.#lookBelow();
        case 'lags':
          // That is no reorg, and nothing is taken back.
          this.#freshness.lagging();
          return;
        case 'far_behind':
        case 'beside': {
          const refusal = refusalOf(standing.kind, this.tip(), target);
          this.#freshness.refused(refusal.message);
          throw refusal;
        }
        case 'leads':
          await this.#backTo(standing.fork);
          break;
        case 'unknown':
          await this.#backFar();
          break;
      }
      this.#freshness.leads();
      const { hash } = this.tip();
      await this.#forward(target.height);
      this.#tellCaughtUp();
      if (hash === this.tip().hash && !this.#isStopped) {
        throw new ChainError(`the source of blocks says that its best is at ${target.height}, and does not lead there`);
      }
    }
  }

  /** Takes back what lies above the fork. */
  async #backTo(fork: BlockRef): Promise<void> {
    if (fork === this.tip()) return;
    // Before anything is taken back: it may have become the source of another network.
    await this.#backend.open();
    for (let gone = this.tip(); gone !== fork; gone = this.tip()) {
      this.#chain.pop();
      this.#watches.disconnect(gone);
      this.#tell({ kind: 'disconnected', block: gone });
    }
  }

  /** Deeper than we remember: carries on in the new chain, far below the fork. What still holds is told again. */
  async #backFar(): Promise<void> {
    await this.#backend.open();
    const lowest = this.#chain[0] as BlockRef;
    const height = Math.max(0, lowest.height - REMEMBERED_BLOCKS);
    const hash = await this.#backend.blockHash(height);
    if (hash === undefined || height === lowest.height) {
      throw new ChainError(`the source of blocks has none of our chain at height ${height}`);
    }
    const gone = this.#chain.toReversed();
    this.#chain = [{ height, hash }];
    this.#watches.disconnectAbove(height);
    for (const block of gone) this.#tell({ kind: 'disconnected', block });
  }

  /** Asks once for the blocks below the tip: only with them is another chain told from a reorganisation. */
  async #lookBelow(): Promise<void> {
    const [lowest] = this.#chain as [BlockRef];
    const bottom_height = Math.max(0, this.tip().height - MAX_REORG_BLOCKS);
    if (lowest.height <= bottom_height) return;
    const below = await blocksBetween(this.#backend, bottom_height, lowest.height);
    // What was read belongs to our chain only if that did not move meanwhile.
    if ((await this.#backend.blockHash(this.tip().height)) === this.tip().hash) this.#chain.unshift(...below);
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
        this.#spends.tell(fetched);
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
          this.#gap = blockGone(missing.height, missing.error);
      }
    } catch (error) {
      this.#rescans = [...new Set([...this.#rescans, ...watches])];
      throw error;
    }
  }

  async #estimateFees(): Promise<void> {
    if (!this.#isStopped && this.#fees.isDue()) this.#fees_problem = await this.#problemOf(this.#fees.ask());
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
