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
    run TEXT COLLATE "C" NOT NULL,
    backend_pid BIGINT NOT NULL,
    backend_start TEXT COLLATE "C" NOT NULL,
    renewals BIGINT NOT NULL,
    commit_number BIGINT NOT NULL) WITH (fillfactor = 50)`,
  `INSERT INTO lease (number, epoch, holder, run, backend_pid, backend_start, renewals, commit_number)
    VALUES (0, 0, '', '', 0, '', 0, 0) ON CONFLICT (number) DO NOTHING`,
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

const IS_AT_WORK = `SELECT 1 AS found FROM pg_stat_activity
  WHERE pid = CAST(? AS BIGINT) AND backend_start::text = CAST(? AS TEXT)`;
const END_BACKEND = `SELECT pg_terminate_backend(pid, 1000) AS ended FROM pg_stat_activity
  WHERE pid = CAST(? AS BIGINT) AND backend_start::text = CAST(? AS TEXT)`;
const TAKE = `UPDATE lease SET epoch = epoch + 1, holder = ?, run = ?, backend_pid = ?, backend_start = ?
  WHERE number = 0 AND epoch = ? RETURNING epoch, commit_number`;
const RETAKE = `UPDATE lease SET epoch = epoch + 1, backend_pid = ?, backend_start = ?
  WHERE number = 0 AND run = ? RETURNING epoch, commit_number`;
const RELEASE = "UPDATE lease SET holder = '', run = '' WHERE number = 0 AND run = ?";

/**
 * Becomes the writer. `holder` is who we are to others: a directory that starts again takes from its own dead process at
 * once. Rejects with StoreFailure while another node is at work.
 */
export async function takeLease(session: Session, holder: string, randomBytes: RandomBytes): Promise<Held> {
  const [row] = await session.query('SELECT epoch, holder, backend_pid, backend_start FROM lease WHERE number = 0');
  if (row === undefined) throw new StoreFailure('the table lease has lost its row: restore the database');
  const backend = [row.backend_pid as bigint, row.backend_start as string];
  if (row.holder !== '' && row.holder !== holder && (await session.query(IS_AT_WORK, backend)).length > 0) {
    throw new StoreFailure(
      `another node writes this database: ${row.holder}. Stop it first, or give this node one of its own`,
    );
  }
  await session.query(END_BACKEND, backend);
  const run = toHex(randomBytes(8));
  const taken = await session.query(TAKE, [
    holder,
    run,
    session.backend_pid,
    session.backend_start,
    row.epoch as bigint,
  ]);
  return heldFrom(session, run, taken, 'another node was quicker: it writes this database now');
}

/**
 * Goes on over a new connection: ends what the old one may still do, and shuts out what it has not begun. Rejects with
 * StoreFailure when somebody else is the writer meanwhile.
 */
export async function retakeLease(session: Session, { run }: Held, old: Session): Promise<Held> {
  // Half a group, without the end of its packet, would keep the row locked for good.
  await session.query(END_BACKEND, [old.backend_pid, old.backend_start]);
  const taken = await session.query(RETAKE, [session.backend_pid, session.backend_start, run]);
  return heldFrom(session, run, taken, LEASE_LOST);
}

/** Says that nobody writes any more. */
export async function releaseLease(session: Session, { run }: Held): Promise<void> {
  await session.query(RELEASE, [run]);
}

/** For a writer whose group found no row of its own. */
export const LEASE_LOST =
  'another node has taken over the database: this one has written and said nothing since, and ends';

function heldFrom(session: Session, run: string, taken: readonly unknown[], or_else: string): Held {
  const [row] = taken as readonly { readonly epoch: bigint; readonly commit_number: bigint }[];
  if (row === undefined) throw new StoreFailure(or_else);
  // What an old writer has committed is durable on every replica that must have it once this is.
  const warning = session.takeFalseSuccess();
  if (warning !== undefined) throw new StoreFailure(`the server has not replicated who writes: ${warning}`);
  return { run, epoch: row.epoch, commit_number: row.commit_number };
}
