/** The newest events, kept in memory while somebody listens: ten thousand streams read each of them once. */
import type { ShopEvent } from './event.ts';

/** Events that are kept: what a listener may lag behind before it reads the table again. */
const KEPT_EVENTS = 1_000;

export class Tail {
  #events: ShopEvent[] = [];
  #last_id = 0;

  /** The number up to which events are known; 0 when none is. */
  get last_id(): number {
    return this.#last_id;
  }

  /** Knows of nothing. */
  clear(): void {
    this.#events = [];
    this.#last_id = 0;
  }

  /** Begins behind this number. */
  begin(last_id: number): void {
    this.#events = [];
    this.#last_id = last_id;
  }

  /** Adds the next ones, in their order. */
  add(events: readonly ShopEvent[]): void {
    const last = events.at(-1);
    if (last === undefined) return;
    this.#events = [...this.#events, ...events].slice(-KEPT_EVENTS);
    this.#last_id = last.event_id;
  }

  /** The events after this number; undefined when they are not all known here. */
  after(event_id: number): readonly ShopEvent[] | undefined {
    if (this.#last_id === 0 || event_id > this.#last_id) return undefined;
    const first_id = this.#last_id - this.#events.length + 1;
    return event_id < first_id - 1 ? undefined : this.#events.slice(event_id - first_id + 1);
  }
}
