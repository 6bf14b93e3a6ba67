/** A source's estimates of fees, and what its mempool asks now: kept between questions, within reason. */
import type { Clock } from '../../base/types/clock.ts';
import type { ChainBackend } from './backend.ts';
import { type BroadcastResult, FEERATE_FLOOR_PER_KW, type FeeTargetBlocks } from './source.ts';

/** 1,000 sat per virtual byte: no estimate, however wrong, makes us pay more. */
const FEERATE_CEILING_PER_KW = 250_000;
const FEE_TARGETS: readonly FeeTargetBlocks[] = [2, 6, 12, 100];
/** Estimates move slowly: asking at every poll would only cost. */
const FEES_EVERY_MS = 60_000;

export class FeeEstimates {
  readonly #backend: Pick<ChainBackend, 'feeratePerKw' | 'mempoolMinimumPerKw'>;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #feerates = new Map<FeeTargetBlocks, number>();
  #due_ms = 0;
  /** What a transaction must pay to enter the mempool; the floor until the source says more. */
  mempool_minimum_per_kw = FEERATE_FLOOR_PER_KW;

  constructor(backend: Pick<ChainBackend, 'feeratePerKw' | 'mempoolMinimumPerKw'>, clock: Pick<Clock, 'monotonicMs'>) {
    this.#backend = backend;
    this.#clock = clock;
  }

  /** Undefined when the source has no estimate. */
  feeratePerKw(target: FeeTargetBlocks): number | undefined {
    return this.#feerates.get(target);
  }

  /** Whether it is time to ask again. */
  isDue(): boolean {
    return this.#clock.monotonicMs() >= this.#due_ms;
  }

  /** Asks for all of them. Throws ChainError. */
  async ask(): Promise<void> {
    this.#due_ms = this.#clock.monotonicMs() + FEES_EVERY_MS;
    for (const target of FEE_TARGETS) {
      const feerate_per_kw = await this.#backend.feeratePerKw(target);
      // What cannot be is no estimate.
      if (feerate_per_kw !== undefined && isFeerate(feerate_per_kw))
        this.#feerates.set(target, bounded(feerate_per_kw));
    }
    await this.#askMinimum();
  }

  /**
   * The mempool finds a transaction too cheap: what it asks for has risen since it was asked last, and whoever makes the
   * transaction again must know. Throws ChainError.
   */
  async heed(result: BroadcastResult): Promise<void> {
    if (result.kind === 'rejected' && /mempool min fee not met/.test(result.reason)) await this.#askMinimum();
  }

  /** Asks what enters the mempool now. Throws ChainError. */
  async #askMinimum(): Promise<void> {
    const minimum_per_kw = await this.#backend.mempoolMinimumPerKw?.();
    if (minimum_per_kw !== undefined && isFeerate(minimum_per_kw)) {
      this.mempool_minimum_per_kw = bounded(minimum_per_kw);
    }
  }
}

function isFeerate(feerate_per_kw: number): boolean {
  return feerate_per_kw > 0 && Number.isFinite(feerate_per_kw);
}

function bounded(feerate_per_kw: number): number {
  return Math.min(Math.max(Math.ceil(feerate_per_kw), FEERATE_FLOOR_PER_KW), FEERATE_CEILING_PER_KW);
}
