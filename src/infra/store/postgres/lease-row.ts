/**
 * The one row that says who writes, and how many groups of units were committed. Every group counts it up within its
 * transaction, so a node that is no longer its holder commits nothing; and after a lost connection the count tells whether
 * the group that was in flight took effect.
 */
import type { RandomBytes } from '../../../base/crypto/random.ts';
import { toHex } from '../../../base/types/hex.ts';
import { StoreFailure } from '../failure.ts';
import type { Session } from './session.ts';

/** Made before the migrations, since who may run them is judged by it. */
export const LEASE_TABLE: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS lease (
    number BIGINT PRIMARY KEY,
    epoch BIGINT NOT NULL,
    holder TEXT COLLATE "C" NOT NULL,
    directory TEXT COLLATE "C" NOT NULL,
    run TEXT COLLATE "C" NOT NULL,
    backend_pid BIGINT NOT NULL,
    backend_start TEXT COLLATE "C" NOT NULL,
    renewals BIGINT NOT NULL,
    commit_number BIGINT NOT NULL,
    timeline BIGINT NOT NULL,
    is_synchronous BIGINT NOT NULL,
    is_behind BIGINT NOT NULL,
    lineage TEXT COLLATE "C" NOT NULL) WITH (fillfactor = 50)`,
  `INSERT INTO lease (number, epoch, holder, directory, run, backend_pid, backend_start, renewals, commit_number,
      timeline, is_synchronous, is_behind, lineage)
    VALUES (0, 0, '', '', '', 0, '', 0, 0, 0, 0, 0, CAST(gen_random_uuid() AS TEXT)) ON CONFLICT (number) DO NOTHING`,
];

/**
 * The first statement of every group, behind BEGIN. It takes the lock of the row: whoever wants to write instead of us
 * waits for this group, and this group, if it waits for somebody, finds no row afterwards.
 */
export const FENCE = `UPDATE lease SET commit_number = commit_number + 1, renewals = renewals + 1
  WHERE number = 0 AND epoch = ? RETURNING commit_number`;

/** What a writer holds: who it is, since when, and the last group that it knows to be durable. */
export interface Held {
  /** Random, of this process alone. */
  readonly run: string;
  readonly epoch: bigint;
  readonly commit_number: bigint;
}

/** The row, for those who do not hold it. */
export interface LeaseRow {
  readonly epoch: bigint;
  /** The name of the node that holds it; empty once it has let go. */
  readonly holder: string;
  /** Random, of the holder's directory: a start from the same one finds its own. */
  readonly directory: string;
  readonly commit_number: bigint;
  readonly backend_pid: bigint;
  readonly backend_start: string;
  /** Whether that backend is there, as far as the server lets us see. */
  readonly is_connected: boolean;
  /** Random, made with the row: a number of commits counts within it. */
  readonly lineage: string;
}

/**
 * Names the commits that the row counts (HighWater). A dump that is restored on another server has the same, and fewer of
 * them.
 */
export function commitsOf({ lineage }: Pick<LeaseRow, 'lineage'>): string {
  return `postgres-${lineage}`;
}

/** Who takes it. */
export interface Taker {
  readonly holder: string;
  readonly directory: string;
  /** The highest commit that this node has heard of, outside the database. */
  readonly known_commit: bigint;
}

/** What the database said of itself when it was taken. */
export interface Found {
  /** It has fewer commits than the taker has heard of; it stays so until its channels are given up. */
  readonly is_behind: boolean;
  /** The server's timeline, and whether replicas had to confirm, when that was judged last; 0: never. */
  readonly timeline: bigint;
  readonly is_synchronous: boolean;
}

/** Somebody else was quicker, or the holder came back. */
export class LeaseTakenError extends StoreFailure {
  constructor() {
    super('another node was quicker: it writes this database now');
  }
}

const READ = `SELECT epoch, holder, directory, commit_number, backend_pid, backend_start, lineage,
    EXISTS (SELECT 1 FROM pg_stat_activity AS a
      WHERE a.pid = lease.backend_pid AND a.backend_start::text = lease.backend_start) AS is_connected
  FROM lease WHERE number = 0`;
const IS_AT_WORK = `SELECT 1 AS found FROM pg_stat_activity
  WHERE pid = CAST(? AS BIGINT) AND backend_start::text = CAST(? AS TEXT)`;
const END_BACKEND = `SELECT pg_terminate_backend(pid, 1000) AS ended FROM pg_stat_activity
  WHERE pid = CAST(? AS BIGINT) AND backend_start::text = CAST(? AS TEXT)`;
/** A database that lacks commits is marked as such, and counts on from where the taker knows it was. */
const TAKE = `UPDATE lease SET epoch = epoch + 1, holder = ?, directory = ?, run = ?, backend_pid = ?, backend_start = ?,
    is_behind = CASE WHEN commit_number < CAST(? AS BIGINT) THEN 1 ELSE is_behind END,
    commit_number = CASE WHEN commit_number < CAST(? AS BIGINT) THEN CAST(? AS BIGINT) ELSE commit_number END
  WHERE number = 0 AND epoch = ? RETURNING epoch, commit_number, is_behind, timeline, is_synchronous`;
const RETAKE = `UPDATE lease SET epoch = epoch + 1, backend_pid = ?, backend_start = ?
  WHERE number = 0 AND run = ? RETURNING epoch, commit_number`;
const RELEASE = "UPDATE lease SET holder = '', run = '' WHERE number = 0 AND run = ?";
/** What was judged of the server: the mark that commits are missing goes, since the channels are given up with it. */
export const JUDGED = 'UPDATE lease SET timeline = ?, is_synchronous = ?, is_behind = 0 WHERE number = 0';

/** Reads the row. Rejects as Session.query does. */
export async function readLease(session: Pick<Session, 'query'>): Promise<LeaseRow> {
  const [row] = await session.query(READ);
  if (row === undefined) throw new StoreFailure('the table lease has lost its row: restore the database');
  return { ...(row as unknown as LeaseRow), is_connected: row.is_connected === 1n };
}

/**
 * Becomes the writer in the place of the holder that was seen. The holder's connection is ended first: it may hang in a
 * transaction, which keeps the row locked, and it must hear of its end as soon as it can. Rejects with LeaseTakenError when
 * the row is not the one any more that was seen.
 */
export async function takeLease(
  session: Session,
  seen: LeaseRow,
  { holder, directory, known_commit }: Taker,
  randomBytes: RandomBytes,
): Promise<{ readonly held: Held; readonly found: Found }> {
  await session.query(END_BACKEND, [seen.backend_pid, seen.backend_start]);
  const run = toHex(randomBytes(8));
  const taken = await session.query(TAKE, [
    holder,
    directory,
    run,
    session.backend_pid,
    session.backend_start,
    known_commit,
    known_commit,
    known_commit,
    seen.epoch,
  ]);
  const [row] = taken;
  if (row === undefined) throw new LeaseTakenError();
  const found: Found = {
    is_behind: row.is_behind === 1n,
    timeline: row.timeline as bigint,
    is_synchronous: row.is_synchronous === 1n,
  };
  return { held: heldFrom(session, run, taken), found };
}

/**
 * Becomes the writer of a database in which nobody is at work. Rejects with StoreFailure, which names who is, and with
 * LeaseTakenError.
 */
export async function takeFreeLease(
  session: Session,
  taker: Taker,
  randomBytes: RandomBytes,
): Promise<{ readonly held: Held; readonly found: Found }> {
  const row = await readLease(session);
  const isOurs = row.holder === '' || row.directory === taker.directory;
  if (!isOurs && (await session.query(IS_AT_WORK, [row.backend_pid, row.backend_start])).length > 0) {
    throw new StoreFailure(
      `another node writes this database: ${row.holder}. Stop it first, or give this node one of its own`,
    );
  }
  return await takeLease(session, row, taker, randomBytes);
}

/**
 * Goes on over a new connection: ends what the old one may still do, and shuts out what it has not begun. Rejects with
 * StoreFailure when somebody else is the writer meanwhile.
 */
export async function retakeLease(session: Session, { run }: Held, old: Session): Promise<Held> {
  // Half a group, without the end of its packet, would keep the row locked for good.
  await session.query(END_BACKEND, [old.backend_pid, old.backend_start]);
  const taken = await session.query(RETAKE, [session.backend_pid, session.backend_start, run]);
  return heldFrom(session, run, taken);
}

/** Says that nobody writes any more. */
export async function releaseLease(session: Session, { run }: Held): Promise<void> {
  await session.query(RELEASE, [run]);
}

/** A writer's group found no row of its own. */
export class LeaseLostError extends StoreFailure {
  constructor() {
    super('another node has taken over the database: this one has written and said nothing since, and ends');
  }
}

function heldFrom(session: Session, run: string, taken: readonly unknown[]): Held {
  const [row] = taken as readonly { readonly epoch: bigint; readonly commit_number: bigint }[];
  if (row === undefined) throw new LeaseLostError();
  // What an old writer has committed is durable on every replica that must have it once this is.
  const warning = session.takeFalseSuccess();
  if (warning !== undefined) throw new StoreFailure(`the server has not replicated who writes: ${warning}`);
  return { run, epoch: row.epoch, commit_number: row.commit_number };
}
