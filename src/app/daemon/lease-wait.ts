/**
 * Becomes the node that works on a database of a server: at once where nobody does, or by waiting for it as a standby. While
 * it waits, it remembers outside the database how many commits it saw. It looks over the connection that will write: when
 * the lease is to be had, that connection is there, and was heard of a moment ago.
 */
import type { Log } from '../../base/log.ts';
import type { Clock } from '../../base/types/clock.ts';
import { StoreFailure } from '../../infra/store/failure.ts';
import { HighWater } from '../../infra/store/high-water.ts';
import { LeaseWatch } from '../../infra/store/lease/watch.ts';
import { ServerError } from '../../infra/store/postgres/failure.ts';
import {
  commitsOf,
  type LeaseRow,
  LeaseTakenError,
  readLease,
  type Taker,
} from '../../infra/store/postgres/lease-row.ts';
import { prepareLease } from '../../infra/store/postgres/migrate.ts';
import type { PostgresHome, PostgresStore } from '../../infra/store/postgres/postgres-store.ts';
import type { Session } from '../../infra/store/postgres/session.ts';
import type { NodeName } from './node-name.ts';
import { StoppedWaitingError } from './stopped-waiting.ts';

/** The connections of a standby are called so, behind which comes the node's name. */
export const STANDBY_NAME = 'till-standby ';

export interface LeaseWaitOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly home: PostgresHome;
  readonly directory: string;
  readonly name: NodeName;
  readonly lease_ms: number;
  /** Whether it waits for as long as it takes. */
  readonly is_standby: boolean;
  /** It has just handed over: for so long it leaves the lease to another node. */
  readonly hands_off_ms: number;
  readonly signal: AbortSignal;
}

const UNDEFINED_TABLE = '42P01';
/** How long a taker whose connection breaks tries again. */
const TRY_AGAIN_FOR_MS = 10_000;
const PAUSE_MS = 200;

export class LeaseWait {
  readonly #options: LeaseWaitOptions;
  readonly #watch: LeaseWatch<LeaseRow>;
  #session: Session | undefined;
  #water: HighWater | undefined;

  constructor(options: LeaseWaitOptions) {
    const { clock, lease_ms, name, log, hands_off_ms } = options;
    this.#options = options;
    this.#watch = new LeaseWatch({
      clock,
      lease_ms,
      look: () => this.#look(),
      isOwn: ({ directory }) => directory === name.directory_id,
      hands_off_ms,
      onProblem: (problem) =>
        problem === undefined
          ? log.info('the database can be read again')
          : log.warn(`the database cannot be read: ${problem}`),
    });
  }

  /** Who holds the lease; empty while nobody does. */
  get holder(): string {
    return this.#watch.holder;
  }

  /** Whether nobody else works. Rejects when the database cannot be read. */
  async isFree(): Promise<boolean> {
    try {
      return (await this.#watch.look()) !== undefined;
    } catch (error) {
      throw error instanceof StoreFailure
        ? error
        : new StoreFailure(error instanceof Error ? error.message : String(error));
    }
  }

  /**
   * Resolves with the store once this node holds the lease, and with the number outside of it. Rejects with
   * StoppedWaitingError, and with StoreFailure, where this node does not wait also because another one works.
   */
  async take(
    open: (taker: Taker, seen: LeaseRow, session: Session) => Promise<PostgresStore>,
  ): Promise<{ readonly store: PostgresStore; readonly water: HighWater }> {
    const { name, clock } = this.#options;
    let failing_since_ms: number | undefined;
    for (;;) {
      const seen = await this.#untilFree();
      const water = this.#water as HighWater;
      const taker = { holder: name.name, directory: name.directory_id, known_commit: water.number };
      try {
        const session = this.#session as Session;
        const store = await open(taker, seen, session);
        this.#session = undefined;
        return { store, water };
      } catch (error) {
        if (!(error instanceof LeaseTakenError)) {
          failing_since_ms ??= clock.monotonicMs();
          if (!this.#options.is_standby || clock.monotonicMs() - failing_since_ms > TRY_AGAIN_FOR_MS) throw error;
        }
      }
      await new Promise<void>((resolve) => clock.after(PAUSE_MS, resolve));
    }
  }

  /** Ends its connection and closes its file, where it did not become active. */
  async close(): Promise<void> {
    this.#water?.close();
    await this.#session?.end();
  }

  async #untilFree(): Promise<LeaseRow> {
    const { is_standby, lease_ms, signal } = this.#options;
    const patience = is_standby ? signal : AbortSignal.any([signal, AbortSignal.timeout(2 * lease_ms + 1000)]);
    const seen = await this.#watch.untilFree(patience);
    if (seen !== undefined) return seen;
    if (signal.aborted) throw new StoppedWaitingError();
    throw new StoreFailure(
      `the node ${this.holder} works on this database: stop it, or start this one with --standby, and it waits to take over`,
    );
  }

  async #look(): Promise<LeaseRow> {
    const row = await this.#read();
    this.#water ??= HighWater.open(this.#options.directory, commitsOf(row));
    this.#water.raise(row.commit_number);
    return row;
  }

  async #read(): Promise<LeaseRow> {
    const { home, name } = this.#options;
    if (this.#session === undefined || this.#session.is_lost) {
      this.#session = await home.session('writer');
      await this.#session.rename(STANDBY_NAME + name.name);
    }
    try {
      return await this.#inTime(readLease(this.#session), this.#session);
    } catch (error) {
      if (!(error instanceof ServerError) || error.code !== UNDEFINED_TABLE) throw error;
      await prepareLease(this.#session);
      return await readLease(this.#session);
    }
  }

  /** A line that swallows what it is given looks like a server that thinks: it is given up after the time of the lease. */
  async #inTime<T>(work: Promise<T>, session: Session): Promise<T> {
    const cancel = this.#options.clock.after(this.#options.lease_ms, () => session.destroy());
    return await work.finally(cancel);
  }
}
