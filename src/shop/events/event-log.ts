/**
 * The log of events, as its readers see it. The rows are written by the units that make the changes
 * (src/infra/store/event-rows.ts); streams, webhooks and commands read them here, in the order of their numbers.
 *
 * A reader keeps the number of the last event that it has, reads what comes after it, and when nothing does, waits to be
 * told that there may be more. It never needs to hear what happened: that is in the table.
 */
import type { Clock } from '../../base/types/clock.ts';
import { type EventValue, eventData, eventWrites } from '../../infra/store/event-rows.ts';
import type { Row, Store } from '../../infra/store/store.ts';
import { EVENT_COLUMNS, readEvent, type ShopEvent } from './event.ts';
import type { WarningType } from './event-types.ts';
import { type EventFilter, filterSql, isWanted } from './filter.ts';
import { Tail } from './tail.ts';

export interface EventLogOptions {
  /** The store whose units write events, and which says when they are durable. */
  readonly store: Store & { onEvents(listener: () => void): () => void };
  readonly clock: Clock;
  /** Told when work in the background fails. */
  readonly onBackgroundError: (error: unknown) => void;
}

/** Which events to read. */
export interface EventQuery extends EventFilter {
  /** Those with a higher number. */
  readonly after: number;
  /** At most so many; default: 500. */
  readonly limit?: number | undefined;
}

/** A page of events. */
export interface EventPage {
  readonly events: readonly ShopEvent[];
  /** Up to here all events are either in the page or not wanted: the `after` of the next page. */
  readonly next_after: number;
  /** Whether there is more to read now. */
  readonly has_more: boolean;
}

/** The events up to this number were removed because they were old: a reader that asks for them has missed some. */
export class PrunedError extends Error {
  override readonly name = 'PrunedError';
  /** The lowest number that is kept, or will be given next. */
  readonly oldest_id: number;

  constructor(after: number, oldest_id: number) {
    super(`the events after ${after} are not all kept any more: the oldest one is ${oldest_id}`);
    this.oldest_id = oldest_id;
  }
}

/** Events in a page when the reader does not say. */
const PAGE_ROWS = 500;
/** Rows that one read looks at, wanted or not: about a millisecond. */
const LOOKED_AT_ROWS = 5_000;

const COUNTERS = "SELECT name, value FROM counters WHERE name IN ('events', 'events_pruned')";

export class EventLog {
  readonly #options: EventLogOptions;
  readonly #listeners = new Set<() => void>();
  readonly #tail = new Tail();
  #unwatch: (() => void) | undefined;
  #is_due = false;
  #pulling: Promise<void> = Promise.resolve();

  constructor(options: EventLogOptions) {
    this.#options = options;
  }

  /**
   * The wanted events after a number, the oldest first. `after` 0 begins with the oldest that is kept. Rejects with
   * PrunedError when some after that number are not kept any more.
   */
  async read(query: EventQuery): Promise<EventPage> {
    const { after, limit = PAGE_ROWS } = query;
    const fresh = this.#tail.after(after);
    if (fresh !== undefined) {
      const events = fresh.filter((event) => isWanted(event, query)).slice(0, limit);
      const is_cut = events.length === limit && events.at(-1) !== fresh.at(-1);
      const next_after = is_cut ? (events.at(-1) as ShopEvent).event_id : this.#tail.last_id;
      return { events, next_after: Math.max(next_after, after), has_more: is_cut };
    }
    const { last_id, oldest_id } = await this.range();
    if (after > 0 && after < oldest_id - 1) throw new PrunedError(after, oldest_id);
    const from = Math.max(after, oldest_id - 1);
    // Those of one label are found by an index.
    const until = query.label === undefined ? Math.min(from + LOOKED_AT_ROWS, last_id) : last_id;
    if (until <= from) return { events: [], next_after: Math.max(from, after), has_more: false };
    const { sql, params } = filterSql(query);
    const rows = await this.#options.store.read(
      `SELECT ${EVENT_COLUMNS} FROM events WHERE event_id > ? AND event_id <= ?${sql} ORDER BY event_id LIMIT ?`,
      [from, until, ...params, limit],
    );
    const events = rows.map(readEvent);
    const next_after = events.length === limit ? (events.at(-1) as ShopEvent).event_id : until;
    return { events, next_after, has_more: next_after < last_id };
  }

  /** One event; undefined when there is none of that number, or not any more. */
  async find(event_id: number): Promise<ShopEvent | undefined> {
    const sql = `SELECT ${EVENT_COLUMNS} FROM events WHERE event_id = ?`;
    const [row] = await this.#options.store.read(sql, [event_id]);
    return row === undefined ? undefined : readEvent(row);
  }

  /** The last number that was given (0 before the first), and the lowest that is kept or will be given next. */
  async range(): Promise<{ readonly last_id: number; readonly oldest_id: number }> {
    const rows = await this.#options.store.read(COUNTERS);
    const value = (name: string): number => Number(rows.find((row) => row.name === name)?.value ?? 0);
    return { last_id: value('events'), oldest_id: value('events_pruned') + 1 };
  }

  /**
   * Calls the listener whenever there may be more to read, until the function that is returned is called. It may be
   * called when there is nothing new, and once for many events. Subscribe first, read then, and wait when the page is
   * empty: so nothing is missed.
   */
  subscribe(listener: () => void): () => void {
    // A function of its own for each, so that a listener may be given twice.
    const own = (): void => listener();
    this.#listeners.add(own);
    this.#unwatch ??= this.#options.store.onEvents(() => this.#schedule());
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size > 0) return;
      this.#unwatch?.();
      this.#unwatch = undefined;
      this.#tail.clear();
    };
  }

  /** Writes a warning down; resolves when it is durable. */
  async warn(type: WarningType, data: Readonly<Record<string, EventValue>>): Promise<void> {
    const at = this.#options.clock.nowSeconds();
    await this.#options.store.commit(eventWrites({ type, at, data: eventData(data) }));
  }

  /** One round for all that became durable in this turn of the event loop; what comes during a round gets another. */
  #schedule(): void {
    if (this.#is_due) return;
    this.#is_due = true;
    setImmediate(() => {
      this.#pulling = this.#pulling
        .then(() => {
          this.#is_due = false;
          return this.#pull();
        })
        .then(() => this.#tell())
        .catch((error: unknown) => {
          // What was read for readers that have left, such as at the end of the node, is missed by nobody.
          if (this.#listeners.size > 0) this.#options.onBackgroundError(error);
        });
    });
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /** Reads what is new once, for all who listen. */
  async #pull(): Promise<void> {
    const watch = this.#unwatch;
    if (watch === undefined) return;
    // Between two watches nobody was told of anything, so what was read in an earlier one is no beginning.
    const isOver = (): boolean => this.#unwatch !== watch;
    if (this.#tail.last_id === 0) {
      const { last_id } = await this.range();
      if (!isOver()) this.#tail.begin(last_id);
      return;
    }
    const sql = `SELECT ${EVENT_COLUMNS} FROM events WHERE event_id > ? ORDER BY event_id LIMIT ?`;
    let rows: readonly Row[];
    do {
      rows = await this.#options.store.read(sql, [this.#tail.last_id, PAGE_ROWS]);
      if (isOver()) return;
      this.#tail.add(rows.map(readEvent));
    } while (rows.length === PAGE_ROWS);
  }
}
