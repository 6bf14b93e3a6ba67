/** A clock for whole nodes with sockets: it begins when a test says, goes on by itself, and is moved ahead by hand. */
import { type Clock, systemClock } from '../../src/base/types/clock.ts';

interface Timer {
  readonly due_ms: number;
  readonly callback: () => void;
  cancel: () => void;
}

export class SteeredClock implements Clock {
  /** What Unix time is more than `monotonicMs`, in milliseconds. */
  readonly #epoch_ms: number;
  #ahead_ms = 0;
  readonly #timers = new Set<Timer>();

  /** Begins at this Unix time. */
  constructor(start_seconds: number) {
    this.#epoch_ms = start_seconds * 1000 - this.monotonicMs();
  }

  nowSeconds(): number {
    return Math.floor((this.#epoch_ms + this.monotonicMs()) / 1000);
  }

  monotonicMs(): number {
    return systemClock.monotonicMs() + this.#ahead_ms;
  }

  after(delay_ms: number, callback: () => void): () => void {
    const timer: Timer = { due_ms: this.monotonicMs() + delay_ms, callback, cancel: () => {} };
    this.#timers.add(timer);
    this.#arm(timer);
    return () => {
      timer.cancel();
      this.#timers.delete(timer);
    };
  }

  /** Moves it ahead to a Unix time, as when a machine has slept: what is due then is called, the oldest first. */
  advanceTo(unix_seconds: number): void {
    const ahead_ms = unix_seconds * 1000 - (this.#epoch_ms + this.monotonicMs());
    if (ahead_ms <= 0) return;
    this.#ahead_ms += ahead_ms;
    for (const timer of [...this.#timers].sort((one, other) => one.due_ms - other.due_ms)) {
      timer.cancel();
      // One of those before may have cancelled it.
      if (!this.#timers.has(timer)) continue;
      if (timer.due_ms <= this.monotonicMs()) this.#fire(timer);
      else this.#arm(timer);
    }
  }

  #arm(timer: Timer): void {
    timer.cancel = systemClock.after(timer.due_ms - this.monotonicMs(), () => this.#fire(timer));
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    timer.callback();
  }
}
