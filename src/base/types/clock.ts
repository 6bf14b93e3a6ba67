/**
 * Time as the node sees it. Injected everywhere, so that a test or a simulation turns the hands itself and never waits.
 */
export interface Clock {
  /** Unix time in whole seconds. */
  nowSeconds(): number;
  /** Milliseconds that only grow, from an arbitrary start: for intervals. */
  monotonicMs(): number;
  /** Calls back once after the delay (any length). The function that is returned cancels it. */
  after(delay_ms: number, callback: () => void): () => void;
}

/** setTimeout counts in 31 bits: a longer delay would fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** The machine's own clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  nowSeconds: () => Math.floor(Date.now() / 1000),
  monotonicMs: () => performance.now(),
  after(delay_ms, callback) {
    const due = performance.now() + delay_ms;
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const left_ms = due - performance.now();
      timer = setTimeout(left_ms > LONGEST_TIMER_MS ? arm : callback, Math.min(Math.max(left_ms, 0), LONGEST_TIMER_MS));
      timer.unref();
    };
    arm();
    return () => clearTimeout(timer);
  },
};

/** A clock whose hands are turned by hand. */
export class ManualClock implements Clock {
  #now_ms: number;
  #timers: { due_ms: number; order: number; callback: () => void }[] = [];
  #order = 0;

  /** Starts at the given Unix time. */
  constructor(start_seconds = 1_700_000_000) {
    this.#now_ms = start_seconds * 1000;
  }

  nowSeconds(): number {
    return Math.floor(this.#now_ms / 1000);
  }

  monotonicMs(): number {
    return this.#now_ms;
  }

  after(delay_ms: number, callback: () => void): () => void {
    const timer = { due_ms: this.#now_ms + delay_ms, order: this.#order++, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Moves time forward, firing what becomes due, in order of time. */
  advance(delay_ms: number): void {
    const end_ms = this.#now_ms + delay_ms;
    for (;;) {
      const next = this.#timers
        .filter((timer) => timer.due_ms <= end_ms)
        .sort((a, b) => a.due_ms - b.due_ms || a.order - b.order)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now_ms = Math.max(this.#now_ms, next.due_ms);
      next.callback();
    }
    this.#now_ms = end_ms;
  }
}
