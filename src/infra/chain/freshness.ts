/**
 * Whether what we know of the chain is current, as far as anyone can know: the source said not long ago that our tip is
 * its best block, it does not itself wait for blocks, and that block is not old.
 */
import type { Clock } from '../../base/types/clock.ts';
import type { ChainBackend } from './backend.ts';
import type { ChainView } from './source.ts';

/** A source that said nothing new for so long may hide an hour of blocks: about one block's time. */
const CURRENT_MS = 600_000;

export interface FreshnessOptions {
  readonly clock: Pick<Clock, 'monotonicMs' | 'nowSeconds'>;
  readonly backend: Pick<ChainBackend, 'isCatchingUp' | 'tipTime'>;
  /** How old the best block may be; undefined: any age. */
  readonly max_tip_age_seconds: number | undefined;
}

export class Freshness {
  readonly #options: FreshnessOptions;
  /** When the source last said that our tip is its best block. */
  #current_ms: number | undefined;
  /** Why it does not count as current, as far as that lies with the source. */
  #problem: string | undefined;

  constructor(options: FreshnessOptions) {
    this.#options = options;
  }

  /** The source's best block is ours. */
  reached(): void {
    const isWaiting = this.#options.backend.isCatchingUp?.() === true;
    this.#current_ms = isWaiting ? undefined : this.#options.clock.monotonicMs();
    this.#problem = isWaiting ? 'the source of blocks is itself still catching up with the network' : undefined;
  }

  /** The source is where we have been: what we know is newer, but nobody says whether it is the newest. */
  lagging(): void {
    this.#problem = 'the source of blocks is a few blocks behind what this node has seen';
  }

  /** The source contradicts what we know: from now on nothing is current. */
  refused(reason: string): void {
    this.#current_ms = undefined;
    this.#problem = reason;
  }

  /** The source did not answer, or answered what cannot be: what we know stays current for a while. */
  failed(reason: string): void {
    this.#problem = reason;
  }

  /** The source leads on, and we follow. */
  leads(): void {
    this.#problem = undefined;
  }

  /** How far what we know can be relied on now. */
  view(): ChainView {
    const { clock, backend, max_tip_age_seconds } = this.#options;
    const made_at = this.#current_ms === undefined ? undefined : backend.tipTime?.();
    const age_seconds = made_at === undefined ? 0 : clock.nowSeconds() - made_at;
    if (max_tip_age_seconds !== undefined && age_seconds > max_tip_age_seconds) {
      const age = Math.floor(age_seconds / 60);
      const reason = `the newest block of the source of blocks is ${age} minutes old, or this machine's clock is wrong`;
      return { kind: 'source_behind', reason };
    }
    if (this.#current_ms !== undefined && clock.monotonicMs() - this.#current_ms <= CURRENT_MS) {
      return { kind: 'current' };
    }
    if (this.#problem !== undefined) return { kind: 'source_behind', reason: this.#problem };
    return { kind: 'following' };
  }
}
