/** How the chain is followed. */
import type { Clock } from '../../base/types/clock.ts';

/** What a follower is built from, beside its source. */
export interface FollowerOptions {
  readonly clock: Clock;
  /** How often a source without news of its own is asked for its tip. */
  readonly poll_ms: number;
  /** How old the best block may be before it no longer counts as current; any age unless given. */
  readonly max_tip_age_seconds?: number | undefined;
  /** Asked before a transaction is handed to the source. Absent: nobody else could speak for this node. */
  readonly fence?: () => Promise<void> | undefined;
  /** Told when the source stops answering, each time, and when it answers again. */
  readonly onHealth: (problem: string | undefined) => void;
}
