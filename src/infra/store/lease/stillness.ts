/**
 * How a standby finds out that the node that holds the lease is gone: its row stands still. Only the standby's own
 * monotonic clock counts, and only the time in which it could see the row: a standby that was paused itself, or a
 * database that was away, prove nothing about the holder, who gets its time again.
 *
 * A holder whose connection has ended at the server has less time: a process that was killed loses it at once, one that was
 * stopped or that nobody can reach keeps it. It is still more than the half in which a holder may speak without a write.
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
  /** Whether the server still has the connection over which the holder writes, as far as it lets us see. */
  readonly is_connected: boolean;
}

/** How the holder stands. */
export type HolderIs = 'alive' | 'gone' | 'released';

/** Two looks that are further apart than this many of the usual ones do not belong together. */
const MOST_MISSED_LOOKS = 5;
/** What of the time of the lease a holder has whose connection is gone; proof.ts has it speak for half of it. */
const SHARE_WITHOUT_CONNECTION = 2 / 3;

export class Stillness {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #lease_ms: number;
  readonly #look_every_ms: number;
  #last: LeaseSeen | undefined;
  #highest_commit = 0n;
  /** Since when the row has stood still, and when it was seen last. */
  #still_since_ms = 0;
  #seen_ms = Number.NEGATIVE_INFINITY;
  /** Whether the connection of this holder was ever seen: one that belongs to another user of the server never is. */
  #was_connected = false;

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

  /** After how long, from now, the row will have stood still for long enough. */
  get due_in_ms(): number {
    const isCut = this.#was_connected && this.#last?.is_connected === false;
    const time_ms = isCut ? this.#lease_ms * SHARE_WITHOUT_CONNECTION : this.#lease_ms;
    return this.#still_since_ms + time_ms - this.#clock.monotonicMs();
  }

  /** The row was read just now. Answers how its holder stands. */
  saw(row: LeaseSeen): HolderIs {
    const now_ms = this.#clock.monotonicMs();
    const last = this.#last;
    if (last?.epoch !== row.epoch) this.#was_connected = false;
    if (row.is_connected) this.#was_connected = true;
    const hasMoved = last === undefined || row.epoch !== last.epoch || row.commit_number !== last.commit_number;
    const wasAway = now_ms - this.#seen_ms > this.#look_every_ms * MOST_MISSED_LOOKS;
    if (hasMoved || wasAway) this.#still_since_ms = now_ms;
    this.#seen_ms = now_ms;
    this.#last = row;
    if (row.commit_number > this.#highest_commit) this.#highest_commit = row.commit_number;
    if (row.holder === '') return 'released';
    return this.due_in_ms <= 0 ? 'gone' : 'alive';
  }
}
