/** A rate that may be exceeded for a while: it fills with time up to its burst, and is taken from. */
import type { Clock } from '../../base/types/clock.ts';

export class Allowance {
  readonly #clock: Clock;
  readonly #per_second: number;
  readonly #burst: number;
  #left: number;
  #counted_ms: number;

  constructor(clock: Clock, per_second: number, burst: number) {
    this.#clock = clock;
    this.#per_second = per_second;
    this.#burst = burst;
    this.#left = burst;
    this.#counted_ms = clock.monotonicMs();
  }

  /** Takes the amount, and answers after how many milliseconds the allowance is out of debt: 0 when it is not in debt. */
  take(amount: number): number {
    const now_ms = this.#clock.monotonicMs();
    const gained = ((now_ms - this.#counted_ms) / 1000) * this.#per_second;
    this.#left = Math.min(this.#burst, this.#left + gained) - amount;
    this.#counted_ms = now_ms;
    return this.#left >= 0 ? 0 : Math.ceil((-this.#left / this.#per_second) * 1000);
  }
}
