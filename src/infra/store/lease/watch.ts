/** Waits until the lease of a database is to be had: nobody holds it, its holder is gone, or it is this directory's own. */
import type { Clock } from '../../../base/types/clock.ts';
import { type LeaseSeen, Stillness } from './stillness.ts';

export interface LeaseWatchOptions<Row extends LeaseSeen> {
  readonly clock: Clock;
  /** How long the row must stand still before its holder counts as gone. */
  readonly lease_ms: number;
  /** Reads the row. Rejects while the database cannot be read: then nothing is known, and nobody counts as gone. */
  readonly look: () => Promise<Row>;
  /** Whether the holder is a process of this directory, which the directory's lock proves dead. */
  readonly isOwn: (row: Row) => boolean;
  /** This process has just let the lease go: for so long another node is to have it, until one has. */
  readonly hands_off_ms?: number;
  /** Told when the database cannot be read, and with undefined when it can again. */
  readonly onProblem: (problem: string | undefined) => void;
}

/** How often the row is read. */
export const LOOK_EVERY_MS = 200;

export class LeaseWatch<Row extends LeaseSeen> {
  readonly #options: LeaseWatchOptions<Row>;
  readonly #stillness: Stillness;
  #hands_off_until_ms: number;
  #holder = '';
  #problem: string | undefined;

  constructor(options: LeaseWatchOptions<Row>) {
    this.#options = options;
    this.#hands_off_until_ms = options.clock.monotonicMs() + (options.hands_off_ms ?? 0);
    this.#stillness = new Stillness(options.clock, options.lease_ms, LOOK_EVERY_MS);
  }

  /** Who held the lease when it was read last; empty while nobody does. */
  get holder(): string {
    return this.#holder;
  }

  /** The highest commit that was seen. */
  get highest_commit(): bigint {
    return this.#stillness.highest_commit;
  }

  /** Reads the row once. Answers it when this node may take the lease. Rejects as `look` does. */
  async look(): Promise<Row | undefined> {
    const { clock, isOwn, look } = this.#options;
    const row = await look();
    this.#holder = row.holder;
    const holder = this.#stillness.saw(row);
    if (row.holder !== '' && !isOwn(row)) this.#hands_off_until_ms = Number.NEGATIVE_INFINITY;
    if (holder !== 'gone' && clock.monotonicMs() < this.#hands_off_until_ms) return undefined;
    return holder !== 'alive' || isOwn(row) ? row : undefined;
  }

  /** Resolves with the row when this node may take the lease; with undefined when the signal is aborted first. */
  async untilFree(signal: AbortSignal): Promise<Row | undefined> {
    while (!signal.aborted) {
      try {
        const row = await this.look();
        this.#tell(undefined);
        if (row !== undefined) return row;
      } catch (error) {
        this.#tell(error instanceof Error ? error.message : String(error));
      }
      await this.#pause(signal);
    }
    return undefined;
  }

  #tell(problem: string | undefined): void {
    if (problem !== this.#problem) this.#options.onProblem(problem);
    this.#problem = problem;
  }

  #pause(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const end = (): void => {
        cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      // The look that counts comes when it is due, and not up to a whole pause later.
      const { due_in_ms } = this.#stillness;
      const isSoon = due_in_ms > 0 && due_in_ms < LOOK_EVERY_MS;
      const cancel = this.#options.clock.after(isSoon ? due_in_ms : LOOK_EVERY_MS, end);
      signal.addEventListener('abort', end);
    });
  }
}
