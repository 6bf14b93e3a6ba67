/**
 * Refusals leave at a measured pace. A stranger whose bad request is answered at once sends the next one at once, and a few
 * such take both cores of a small machine from the payments under way. One who has to wait asks less often. Requests that
 * are let in never wait here, whatever strangers do.
 */
import type { Clock } from '../../base/types/clock.ts';

/** So many leave at once after a quiet time: a client that is being written, a page with a few dead links. */
const MOST_AT_ONCE = 20;
/** And so many a second, for long. */
const PER_SECOND = 100;
/** Refusals that wait, ten seconds at most. Whoever comes then loses the connection without an answer. */
const MOST_WAITING = 1000;

/** What a refusal is written to: a response, or the socket of a request that cannot be read. */
export interface Refused {
  readonly destroyed?: boolean;
  destroy(): void;
}

interface Waiting {
  readonly refused: Refused;
  readonly write: () => void;
}

/** The refusals of a process, whatever server they are of: they share the machine too. */
export class Refusals {
  readonly #clock: Clock;
  #left = MOST_AT_ONCE;
  #counted_ms: number;
  #waiting: Waiting[] = [];
  #is_timed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#counted_ms = clock.monotonicMs();
  }

  /** Writes a refusal, now or when it is its turn; not at all when the client is gone by then, or too many wait already. */
  send(refused: Refused, write: () => void): void {
    this.#count();
    if (this.#waiting.length === 0 && this.#left >= 1) {
      this.#left--;
      write();
    } else if (this.#waiting.length < MOST_WAITING) {
      this.#waiting.push({ refused, write });
      this.#watch();
    } else refused.destroy();
  }

  #count(): void {
    const now_ms = this.#clock.monotonicMs();
    this.#left = Math.min(MOST_AT_ONCE, this.#left + ((now_ms - this.#counted_ms) * PER_SECOND) / 1000);
    this.#counted_ms = now_ms;
  }

  /** One timer for all that wait: it is for the first. */
  #watch(): void {
    if (this.#is_timed) return;
    this.#is_timed = true;
    this.#clock.after(Math.max(1, ((1 - this.#left) * 1000) / PER_SECOND), () => {
      this.#is_timed = false;
      this.#count();
      this.#writeDue();
      if (this.#waiting.length > 0) this.#watch();
    });
  }

  #writeDue(): void {
    let index = 0;
    for (; index < this.#waiting.length; index++) {
      const { refused, write } = this.#waiting[index] as Waiting;
      if (refused.destroyed === true) continue;
      if (this.#left < 1) break;
      this.#left--;
      write();
    }
    this.#waiting = this.#waiting.slice(index);
  }
}
