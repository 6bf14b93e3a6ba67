/**
 * Whether this node may speak now. It may for half the time of the lease from the moment at which its last group began:
 * a standby takes over at the earliest when the lease has stood still for two thirds of it, counted from when it saw what
 * that group committed, and for the whole time while our connection stands. Each group is a proof; when the last one is too old, an empty group is asked for.
 *
 * The clock is monotonic and this process's own. It goes on while the process is stopped (SIGSTOP), so one that wakes
 * knows that its proof is old before it says anything.
 */
import type { Clock } from '../../../base/types/clock.ts';
import type { Fence } from '../store.ts';

export interface LeaseProofOptions {
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
  /** How long a standby waits before it takes over. */
  readonly lease_ms: number;
  /** Whether the connection stands over which groups are committed: whoever takes over ends it first. */
  readonly isConnected: () => boolean;
  /** Commits an empty group that began after the call. Rejects when there is nothing to be had any more. */
  readonly renew: () => Promise<void>;
}

/** The lease is renewed so many times in the time that a standby waits. */
const RENEWALS = 6;

export class LeaseProof {
  readonly #options: LeaseProofOptions;
  /** When the last group that committed began. */
  #began_ms = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;
  #cancel: () => void = () => {};
  #is_stopped = false;

  constructor(options: LeaseProofOptions) {
    this.#options = options;
  }

  /** A group that began then is durable: nobody had taken over when it was. */
  proved(began_ms: number): void {
    this.#began_ms = Math.max(this.#began_ms, began_ms);
  }

  /** See Store.fence. */
  readonly fence: Fence = () => {
    if (this.#isGood()) return undefined;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  };

  /** Renews the lease from now on, whether anything else is written or not. */
  start(): void {
    const every_ms = this.#options.lease_ms / RENEWALS;
    this.#cancel = this.#options.clock.after(every_ms, () => {
      const isDue = this.#age_ms() >= every_ms;
      // What fails here fails the store, which says so and ends the process.
      const renewed = isDue ? this.#options.renew().catch(() => {}) : Promise.resolve();
      void renewed.then(() => {
        if (!this.#is_stopped) this.start();
      });
    });
  }

  /** Renews no more. */
  stop(): void {
    this.#is_stopped = true;
    this.#cancel();
  }

  #isGood(): boolean {
    return this.#options.isConnected() && this.#age_ms() < this.#options.lease_ms / 2;
  }

  #age_ms(): number {
    return this.#options.clock.monotonicMs() - this.#began_ms;
  }

  async #ask(): Promise<void> {
    do await this.#options.renew();
    while (!this.#isGood());
  }
}
