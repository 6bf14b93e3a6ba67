/**
 * How a standby finds out that the node that holds the lease is gone: its row stands still. Only the standby's own
 * monotonic clock counts, and only the time in which it could see the row: a standby that was paused itself, or a
 * database that was away, prove nothing about the holder, who gets its time again.
 */
import type { Clock } from '../../../base/types/clock.ts';

/** The row of the lease, as far as it moves. */
export interface LeaseSeen {
  /** Rises with each holder, and when a holder comes back after it lost its connection. */
  readonly epoch: bigint;
  /** Who holds it; empty once a holder has let go. */
  readonly holder: string;
  /** Rises with each group of units. */
  readonly commit_number: bigint;
}

/** How the holder stands. */
export type HolderIs = 'alive' | 'gone' | 'released';

/** Two looks that are further apart than this many of the usual ones do not belong together. */
const MOST_MISSED_LOOKS = 5;

export class Stillness {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #lease_ms: number;
  readonly #look_every_ms: number;
  #last: LeaseSeen | undefined;
  #highest_commit = 0n;
  /** Since when the row has stood still, and when it was seen last. */
  #still_since_ms = 0;
  #seen_ms = Number.NEGATIVE_INFINITY;

  /** `lease_ms`: how long the row must stand still. `look_every_ms`: how often it is looked at. */
  constructor(clock: Pick<Clock, 'monotonicMs'>, lease_ms: number, look_every_ms: number) {
    this.#clock = clock;
    this.#lease_ms = lease_ms;
    this.#look_every_ms = look_every_ms;
  }

  /** The highest commit that was seen: no database that knows less may be taken over without a word. */
  get highest_commit(): bigint {
    return this.#highest_commit;
  }

  /** The row was read just now. Answers how its holder stands. */
  saw(row: LeaseSeen): HolderIs {
    const now_ms = this.#clock.monotonicMs();
    const last = this.#last;
    const hasMoved = last === undefined || row.epoch !== last.epoch || row.commit_number !== last.commit_number;
    const wasAway = now_ms - this.#seen_ms > this.#look_every_ms * MOST_MISSED_LOOKS;
    if (hasMoved || wasAway) this.#still_since_ms = now_ms;
    this.#seen_ms = now_ms;
    this.#last = row;
    if (row.commit_number > this.#highest_commit) this.#highest_commit = row.commit_number;
    if (row.holder === '') return 'released';
    return now_ms - this.#still_since_ms >= this.#lease_ms ? 'gone' : 'alive';
  }
}
