/**
 * The store on a PostgreSQL server: one connection that writes, two that read. It is opened in two steps: a home, which
 * reaches the database and checks the server; and the store, whose holder is the only one that writes.
 */
import { type RandomBytes, secureRandomBytes } from '../../../base/crypto/random.ts';
import { type Clock, systemClock } from '../../../base/types/clock.ts';
import type { StoreFailure } from '../failure.ts';
import { LeaseProof } from '../lease/proof.ts';
import { MIGRATIONS } from '../migrations/index.ts';
import type { Migration } from '../migrations/migration.ts';
import type { Fence, Row, SqlValue, Store, UnitResult, Write } from '../store.ts';
import { describeServerFailure, isPassing } from './failure.ts';
import { type Found, type Held, type LeaseRow, type Taker, takeFreeLease, takeLease } from './lease-row.ts';
import { migratePostgres, prepareLease, refuseNewerSchema } from './migrate.ts';
import { Reader } from './reader.ts';
import { type DatabaseIdentity, nameOf, Session, type SessionOptions, type SessionRole } from './session.ts';
import type { PostgresTarget } from './target.ts';
import { type CommittedGroup, Writer } from './writer.ts';

/** How to reach a database. */
export interface PostgresHomeOptions extends SessionOptions {
  readonly target: PostgresTarget;
  readonly clock?: Clock;
  /** So long the server may be away, in seconds. Default: 5. */
  readonly timeout_seconds?: number;
}

/** A database that can be read; nothing is written, and no schema is made. */
export class PostgresHome {
  readonly target: PostgresTarget;
  readonly clock: Clock;
  readonly timeout_ms: number;
  /** As it was when the home was opened. */
  readonly identity: DatabaseIdentity;
  readonly #reader: Reader;
  readonly #options: PostgresHomeOptions;

  /** Reaches the database. Rejects with StoreFailure. */
  static async open(options: PostgresHomeOptions): Promise<PostgresHome> {
    const { clock = systemClock, timeout_seconds = DEFAULT_TIMEOUT_SECONDS, target } = options;
    const give_up_ms = clock.monotonicMs() + timeout_seconds * 1000;
    for (;;) {
      try {
        const session = await Session.open(target, 'reader', options);
        await session.end();
        return new PostgresHome(options, session.identity);
      } catch (error) {
        if (!isPassing(error) || clock.monotonicMs() > give_up_ms) throw describeServerFailure(error, target.name);
        await new Promise<void>((resolve) => clock.after(PAUSE_MS, resolve));
      }
    }
  }

  private constructor(options: PostgresHomeOptions, identity: DatabaseIdentity) {
    const { target, clock = systemClock, timeout_seconds = DEFAULT_TIMEOUT_SECONDS } = options;
    this.#options = options;
    this.target = target;
    this.clock = clock;
    this.timeout_ms = timeout_seconds * 1000;
    this.identity = identity;
    this.#reader = new Reader({
      name: target.name,
      clock,
      timeout_ms: this.timeout_ms,
      open: () => this.session('reader'),
    });
  }

  /** Another connection. Rejects as Session.open does. */
  session(role: SessionRole): Promise<Session> {
    return Session.open(this.target, role, this.#options);
  }

  /** Reads as Store.read does. */
  read(sql: string, params: readonly SqlValue[] = []): Promise<readonly Row[]> {
    return this.#reader.read(sql, params);
  }

  /** Ends its connections. */
  close(): Promise<void> {
    return this.#reader.close();
  }
}

/** So long a server may be away before the node ends. */
const DEFAULT_TIMEOUT_SECONDS = 5;
const DEFAULT_LEASE_SECONDS = 3;
const PAUSE_MS = 200;

/** How to become the writer of a database. */
export interface PostgresStoreOptions {
  /** Who this is to others that would write. */
  readonly taker: Taker;
  /** The row of the lease that may be taken; without it the row as it is, unless its holder is at work. */
  readonly seen?: LeaseRow | undefined;
  /** A writer's connection that is open already; it ends with the store, and where the store cannot be opened. */
  readonly session?: Session | undefined;
  /** How long a standby waits before it takes over, in seconds. Default: 3. */
  readonly lease_seconds?: number;
  /** Called once when the database fails: the process must end, because memory may be ahead of it. */
  readonly onFailure: (error: StoreFailure) => void;
  /** The server is at work on one answer for long, waiting for this; undefined: it has answered. */
  readonly onWaiting?: (waits_for: string | undefined) => void;
  /** Called for each group that is durable, before anybody hears of its units. */
  readonly onCommitted?: (group: CommittedGroup) => void;
  /** Called with what each connection of the writer finds, before anything is done with it. What it throws fails the store. */
  readonly onFound?: (held: Held, session: Session) => void;
  /** Default: all that this Till knows. */
  readonly migrations?: readonly Migration[];
  readonly randomBytes?: RandomBytes;
}

export class PostgresStore implements Store {
  readonly #home: PostgresHome;
  readonly #writer: Writer;
  readonly #proof: LeaseProof;
  /** What the database said of itself when this store took it. */
  readonly found: Found;

  /**
   * Takes the lease, brings the schema up to date, and writes from then on. Rejects with LeaseTakenError when another node
   * was quicker, and else with StoreFailure. The home stays open then.
   */
  static async open(home: PostgresHome, options: PostgresStoreOptions): Promise<PostgresStore> {
    const { taker, migrations = MIGRATIONS, randomBytes = secureRandomBytes, onFound = () => {} } = options;
    let session: Session | undefined;
    try {
      session = options.session ?? (await home.session('writer'));
      const writer = session;
      if (options.session !== undefined) await session.rename(nameOf('writer'));
      await refuseNewerSchema((sql) => writer.query(sql), migrations);
      // Whoever has seen the row knows that it is there.
      if (options.seen === undefined) await prepareLease(session);
      const { held, found } =
        options.seen === undefined
          ? await takeFreeLease(session, taker, randomBytes)
          : await takeLease(session, options.seen, taker, randomBytes);
      onFound(held, session);
      await migratePostgres(session, migrations);
      return new PostgresStore(home, session, held, found, options);
    } catch (error) {
      session?.destroy();
      throw describeServerFailure(error, home.target.name);
    }
  }

  private constructor(home: PostgresHome, session: Session, held: Held, found: Found, options: PostgresStoreOptions) {
    const { onFailure, onWaiting = () => {}, onCommitted = () => {}, onFound = () => {} } = options;
    this.#home = home;
    this.found = found;
    this.#proof = new LeaseProof({
      clock: home.clock,
      lease_ms: (options.lease_seconds ?? DEFAULT_LEASE_SECONDS) * 1000,
      isConnected: () => this.#writer.is_connected,
      renew: () => this.#writer.renew(),
    });
    this.#writer = new Writer({
      name: home.target.name,
      clock: home.clock,
      session,
      held,
      open: () => home.session('writer'),
      timeout_ms: home.timeout_ms,
      onFailure,
      onCommitted: (group) => {
        this.#proof.proved(group.began_ms);
        onCommitted(group);
      },
      onFound,
      onWaiting,
    });
    this.#proof.start();
  }

  /** What is held now. */
  get held(): Held {
    return this.#writer.held;
  }

  commit(unit: readonly Write[]): Promise<UnitResult> {
    return this.#writer.add(unit);
  }

  /** Resolves when a group is durable that began after this was asked: whoever writes is still us. */
  renew(): Promise<void> {
    return this.#writer.renew();
  }

  read(sql: string, params: readonly SqlValue[] = []): Promise<readonly Row[]> {
    return this.#home.read(sql, params);
  }

  fence(): ReturnType<Fence> {
    return this.#proof.fence();
  }

  async close(): Promise<void> {
    this.#proof.stop();
    await this.#writer.close();
    await this.#home.close();
  }
}
