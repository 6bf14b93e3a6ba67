/**
 * Moves a stopped node's database from its file to a server, or back. The source stays what it is until the copy was read
 * back and compared; then it is set aside, so that no two databases can both be taken for the node's. Whatever interrupts
 * a move leaves one that can be started, at worst with the word of the operator (`copied-database`).
 */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { secureRandomBytes } from '../../base/crypto/random.ts';
import { lackedCommits } from '../../infra/store/commit-count.ts';
import { MARK_AS_COPY } from '../../infra/store/copy.ts';
import { StoreFailure } from '../../infra/store/failure.ts';
import { DATABASE_FILE } from '../../infra/store/file-name.ts';
import { HighWater } from '../../infra/store/high-water.ts';
import { lockDirectory } from '../../infra/store/lock.ts';
import { copyFromPostgres } from '../../infra/store/postgres/copy.ts';
import { describeServerFailure } from '../../infra/store/postgres/failure.ts';
import { commitsOf, releaseLease, takeFreeLease } from '../../infra/store/postgres/lease-row.ts';
import { prepareLease } from '../../infra/store/postgres/migrate.ts';
import { type Compared, compare, copyIntoServer, hasTables } from '../../infra/store/postgres/move.ts';
import { PostgresHome, PostgresStore } from '../../infra/store/postgres/postgres-store.ts';
import type { Session } from '../../infra/store/postgres/session.ts';
import type { PostgresTarget } from '../../infra/store/postgres/target.ts';
import { sync } from '../../infra/store/whole-file.ts';
import { fileIdentity, isAtHome, type PlaceRow } from '../../node/backup/database-file.ts';
import { marksIn } from '../../node/backup/run-mark.ts';
import { serverIdentity, takerOf } from './open-server.ts';

/** What the file is called once its rows are on a server. */
const SET_ASIDE = `${DATABASE_FILE}.moved`;

const PLACE = 'SELECT identity, run, previous_run FROM database_file WHERE number = 0';
const SET_PLACE = 'UPDATE database_file SET identity = ? WHERE number = 0';

/** How a database is moved. */
export interface MoveOptions {
  /** The node's directory for its network. */
  readonly directory: string;
  readonly target: PostgresTarget;
  /** Told what is being done. */
  readonly say: (what: string) => void;
  /** Only tests say false: see SessionOptions. */
  readonly must_be_durable?: boolean;
}

/** Moves the file to the server. A move that was interrupted goes on where it was. Rejects with StoreFailure. */
export async function moveToServer(options: MoveOptions): Promise<Compared> {
  const { directory } = options;
  const file = join(directory, DATABASE_FILE);
  const aside = join(directory, SET_ASIDE);
  return await withServer(options, async (home) => {
    const session = await home.session('writer');
    try {
      await prepareLease(session);
      const { held } = await takeFreeLease(session, takerOf(directory), secureRandomBytes);
      const isAside = !existsSync(file) && existsSync(aside) && (await hasTables(session));
      const compared = await copyAndCompare(isAside ? aside : file, isAside, home, session, options);
      if (!isAside) renameSync(file, aside);
      sync(directory);
      const left = new DatabaseSync(aside);
      left.exec(MARK_AS_COPY);
      left.close();
      await session.query(SET_PLACE, [serverIdentity(home)]);
      await releaseLease(session, held);
      return compared;
    } finally {
      await session.end();
    }
  });
}

/** `is_copied`: the server has all of it already. */
async function copyAndCompare(
  file: string,
  is_copied: boolean,
  home: PostgresHome,
  session: Session,
  options: MoveOptions,
): Promise<Compared> {
  if (!existsSync(file)) throw new StoreFailure(`there is no database ${file}`);
  const database = new DatabaseSync(file);
  try {
    if (!is_copied) {
      refuseStrays(database.prepare(PLACE).get() as unknown as PlaceRow | undefined, fileIdentity(file), options);
      if (lackedCommits(database, options.directory) !== undefined) throw new StoreFailure(LACKS_COMMITS);
      options.say(`copying ${file} to ${home.target.name}`);
      await copyIntoServer(database, session);
    }
    options.say('comparing every row');
    return await compare(database, home);
  } finally {
    database.close();
  }
}

/** Moves the database on the server to a file. Rejects with StoreFailure. */
export async function moveToFile(options: MoveOptions): Promise<Compared> {
  const { directory, target, say } = options;
  const file = join(directory, DATABASE_FILE);
  if (existsSync(file)) throw new StoreFailure(`${file} is there already: move it away first`);
  return await withServer(options, async (home) => {
    const failed = Promise.withResolvers<never>();
    // Whoever waits for something else hears of it there.
    failed.promise.catch(() => {});
    const store = await PostgresStore.open(home, { taker: takerOf(directory), onFailure: failed.reject });
    const { commit_number } = store.held;
    try {
      const [lease] = await store.read('SELECT lineage FROM lease WHERE number = 0');
      const known = HighWater.read(directory, commitsOf({ lineage: lease?.lineage as string }));
      if (store.found.is_behind || commit_number < known) throw new StoreFailure(LACKS_COMMITS);
      const [row] = await store.read(PLACE);
      refuseStrays(row as unknown as PlaceRow | undefined, serverIdentity(home), options);
      const moving = `${file}.moving`;
      rmSync(moving, { force: true });
      say(`copying ${target.name} to ${file}`);
      await copyFromPostgres(home, moving, 'moved');
      say('comparing every row');
      const database = new DatabaseSync(moving);
      const compared = await compare(database, home).finally(() => database.close());
      renameSync(moving, file);
      sync(directory);
      await Promise.race([store.commit([{ sql: MARK_AS_COPY, params: [] }]), failed.promise]);
      const here = new DatabaseSync(file);
      here.prepare(SET_PLACE).run(fileIdentity(file));
      here.close();
      return compared;
    } finally {
      await store.close();
    }
  });
}

const LACKS_COMMITS =
  'this database lacks commits that were durable, so it is an old one: start the node on it once, which gives its channels ' +
  'up, and stop it';

/** A database that may be an old copy would pass for the latest once it has moved. */
function refuseStrays(row: PlaceRow | undefined, identity: string, { directory }: MoveOptions): void {
  if (row !== undefined && isAtHome(row, { identity, marks: marksIn(directory) })) return;
  throw new StoreFailure(
    'this database was copied here, or no node has ever run on it: start the node on it once, so that it is told whether ' +
      'it is the latest, and stop it',
  );
}

/** Holds the directory and the way to the server while it works. */
async function withServer<T>(options: MoveOptions, work: (home: PostgresHome) => Promise<T>): Promise<T> {
  const { directory, target, must_be_durable = true } = options;
  const unlock = lockDirectory(directory);
  try {
    const home = await PostgresHome.open({ target, must_be_durable });
    try {
      return await work(home);
    } catch (error) {
      throw describeServerFailure(error, target.name);
    } finally {
      await home.close();
    }
  } finally {
    unlock();
  }
}
