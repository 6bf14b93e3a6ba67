/** Removes old events from the oldest on. What is removed is counted, so that a reader hears that it has missed some. */
import type { Clock } from '../../base/types/clock.ts';
import type { Store } from '../../infra/store/store.ts';

export interface PrunerOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Events of more days ago are removed. */
  readonly keep_days: number;
  /** Events above this number are kept, however old: somebody has yet to be told. */
  readonly keepAbove: () => number;
  /** Told when work in the background fails. */
  readonly onBackgroundError: (error: unknown) => void;
}

/** Rows of one unit, so that others get their turn between two. */
const PRUNE_ROWS = 500;
const EVERY_MS = 3_600_000;
const DAY_SECONDS = 86_400;

const OLDEST = `SELECT event_id, happened_at FROM events
  WHERE event_id > (SELECT value FROM counters WHERE name = 'events_pruned') ORDER BY event_id LIMIT ${PRUNE_ROWS}`;

export class Pruner {
  readonly #options: PrunerOptions;
  #cancel: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  #is_stopped = false;

  constructor(options: PrunerOptions) {
    this.#options = options;
  }

  /** Removes what is old now, and every hour from now on. */
  start(): void {
    this.#running = this.prune().then(() => {}, this.#options.onBackgroundError);
    if (!this.#is_stopped) this.#cancel = this.#options.clock.after(EVERY_MS, () => this.start());
  }

  /** Ends the timer, and waits for what is under way. */
  async stop(): Promise<void> {
    this.#is_stopped = true;
    this.#cancel();
    await this.#running;
  }

  /** Removes what is old now; answers how many. An old event behind a younger one (the clock was set back) waits for it. */
  async prune(): Promise<number> {
    const { store, clock, keep_days, keepAbove } = this.#options;
    const before = clock.nowSeconds() - keep_days * DAY_SECONDS;
    let pruned = 0;
    for (let found = PRUNE_ROWS; found === PRUNE_ROWS && !this.#is_stopped; ) {
      const rows = await store.read(OLDEST);
      const young = rows.findIndex((row) => Number(row.happened_at) >= before || Number(row.event_id) > keepAbove());
      const old = young === -1 ? rows : rows.slice(0, young);
      const last = old.at(-1)?.event_id;
      if (last === undefined) break;
      await store.commit([
        { sql: 'DELETE FROM events WHERE event_id <= ?', params: [last] },
        { sql: "UPDATE counters SET value = ? WHERE name = 'events_pruned'", params: [last] },
      ]);
      found = old.length;
      pruned += found;
    }
    return pruned;
  }
}
