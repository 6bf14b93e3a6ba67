/** The two counters of our payments' parts, as far as they are durable, and whoever waits for one of them to rise. */
import { untilAborted } from '../../base/types/until-aborted.ts';
import type { Sendpay } from './sendpay.ts';

/** `created`: a part was sent; `updated`: a part ended. */
export type SendpayCounter = 'created' | 'updated';

/** A counter that reached what was waited for. */
export interface CounterReached {
  readonly value: bigint;
  /** The part that it rose for, when that was seen. */
  readonly part: Sendpay | undefined;
}

interface Waiter {
  readonly counter: SendpayCounter;
  readonly next_value: bigint;
  readonly resolve: (reached: CounterReached) => void;
}

export class SendpayCounters {
  readonly #values: Record<SendpayCounter, bigint> = { created: 0n, updated: 0n };
  readonly #waiters = new Set<Waiter>();

  /** Sets both to what the store holds. */
  start(created: bigint, updated: bigint): void {
    this.#values.created = created;
    this.#values.updated = updated;
  }

  /** The part was sent, or ended, and that is durable. */
  rose(counter: SendpayCounter, part: Sendpay): void {
    const index = counter === 'created' ? part.created_index : part.updated_index;
    if (index === undefined || index <= this.#values[counter]) return;
    this.#values[counter] = index;
    for (const waiter of [...this.#waiters]) {
      if (waiter.counter === counter && index >= waiter.next_value) waiter.resolve({ value: index, part });
    }
  }

  /** Resolves once the counter has reached the value, at once if it has. Rejects with the signal's reason when that ends it. */
  async wait(counter: SendpayCounter, next_value: bigint, signal: AbortSignal): Promise<CounterReached> {
    const value = this.#values[counter];
    if (value >= next_value) return { value, part: undefined };
    const { promise, resolve } = Promise.withResolvers<CounterReached>();
    const waiter = { counter, next_value, resolve };
    this.#waiters.add(waiter);
    try {
      return await untilAborted(promise, signal);
    } finally {
      this.#waiters.delete(waiter);
    }
  }
}
