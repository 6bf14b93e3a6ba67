/** Opens a database on a PostgreSQL server, as the node that works or as a standby that waits to. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { secureRandomBytes } from '../../base/crypto/random.ts';
import { describeLacked } from '../../infra/store/commit-count.ts';
import { StoreFailure } from '../../infra/store/failure.ts';
import type { HighWater } from '../../infra/store/high-water.ts';
import { lockDirectory } from '../../infra/store/lock.ts';
import { MIGRATIONS } from '../../infra/store/migrations/index.ts';
import { copyFromPostgres } from '../../infra/store/postgres/copy.ts';
import { JUDGED } from '../../infra/store/postgres/lease-row.ts';
import { refuseNewerSchema } from '../../infra/store/postgres/migrate.ts';
import { readPasswordFile } from '../../infra/store/postgres/password.ts';
import { PostgresHome, PostgresStore } from '../../infra/store/postgres/postgres-store.ts';
import { type Replication, readReplication } from '../../infra/store/postgres/replication.ts';
import { type PostgresTarget, parseTarget } from '../../infra/store/postgres/target.ts';
import { openLine } from '../../infra/store/postgres/tls.ts';
import type { Store } from '../../infra/store/store.ts';
import type { Outside } from '../../node/backup/database-file.ts';
import { SEED_FILE } from '../../node/keys/seed-file.ts';
import type { Config } from '../config/config.ts';
import type { Database, DatabaseOptions, EndWaiting, ServerPair } from './database.ts';
import { LeaseWait, STANDBY_NAME } from './lease-wait.ts';
import { nodeName } from './node-name.ts';
import { replicationFault } from './replication-fault.ts';

/** How often the number of commits is made safe against a loss of power, and the server is asked about its replicas. */
const EVERY_SECOND_MS = 1000;

/** The database on a server, with its password where the configuration has it in a file. Throws StoreFailure. */
export function targetOf({ values }: Config, dsn: string): PostgresTarget {
  const target = parseTarget(dsn);
  const file = values['wallet-password-file'];
  return file === undefined ? target : { ...target, password: readPasswordFile(file) };
}

/** Opens the database that the DSN names. Rejects with StoreFailure, and with StoppedWaitingError. */
export async function openServer(options: DatabaseOptions, dsn: string): Promise<Database> {
  const { config, log, clock, signal = new AbortController().signal } = options;
  const target = targetOf(config, dsn);
  const warning = openLine(target);
  if (warning !== undefined) log.warn(warning);
  // Two processes on one directory would share its seed and its marks.
  const unlock = lockDirectory(config.network_dir);
  let home: PostgresHome | undefined;
  let wait: LeaseWait | undefined;
  try {
    home = await PostgresHome.open({ target, clock, timeout_seconds: config.values['database-timeout'] });
    const lease_ms = config.values['lease-seconds'] * 1000;
    wait = new LeaseWait({
      log,
      clock,
      home,
      directory: config.network_dir,
      name: nodeName(config, secureRandomBytes),
      lease_ms,
      is_standby: config.values.standby,
      hands_off_ms: options.has_handed_over === true ? lease_ms : 0,
      signal,
    });
    return await opened(options, home, wait, unlock);
  } catch (error) {
    await wait?.close();
    await home?.close();
    unlock();
    throw error;
  }
}

async function opened(
  { config, log, clock, onFatal, standBy }: DatabaseOptions,
  home: PostgresHome,
  wait: LeaseWait,
  unlock: () => void,
): Promise<Database> {
  const { name } = nodeName(config, secureRandomBytes);
  const read: Store['read'] = (sql, params) => home.read(sql, params);
  const replication = await readReplication(read);
  const warning = replicationFault(replication, config, log);
  let endWaiting: EndWaiting = async () => {};
  if (config.values.standby && !(await wait.isFree())) {
    if (!existsSync(join(config.network_dir, SEED_FILE))) throw new StoreFailure(seedIsMissing(config));
    await refuseNewerSchema(read, MIGRATIONS);
    log.info(
      `${wait.holder === '' ? 'no node works yet' : `the node ${wait.holder} works`}: this one, ${name}, is the standby now`,
    );
    endWaiting = (await standBy?.({ read, holder: () => wait.holder, name, warning })) ?? endWaiting;
  }
  const committed: { water?: HighWater } = {};
  let found_commit = 0n;
  const { store: server, water } = await wait
    .take((taker, seen, session) => {
      found_commit = seen.commit_number;
      return PostgresStore.open(home, {
        taker,
        seen,
        session,
        lease_seconds: config.values['lease-seconds'],
        onFailure: (error) => onFatal(error.message, error),
        onCommitted: ({ commit_number }) => committed.water?.raise(commit_number),
        onWaiting: (waits_for) =>
          waits_for === undefined
            ? log.info('the database has answered')
            : log.warn(
                `the database is at work on one answer for long (it waits for ${waits_for}): until then nothing is said`,
              ),
      });
    })
    .catch(async (error: unknown) => {
      await endWaiting(false);
      throw error;
    });
  await endWaiting(true);
  committed.water = water;
  log.info(`this node, ${name}, holds the lease of the database ${home.target.name}`);
  const known = water.number;
  if (found_commit < known) log.warn(describeLacked({ found: found_commit, known }));
  water.raise(server.held.commit_number);
  const now = await readReplication(read);
  const stopLooking = lookEachSecond({ clock, log, server, water, read }, now);
  const store: Store = {
    commit: (unit) => server.commit(unit),
    read,
    fence: () => server.fence(),
    async close() {
      stopLooking();
      await server.close();
      water.close();
      unlock();
    },
  };
  return {
    store,
    identity: serverIdentity(home),
    file: undefined,
    outside: outsideOf(server, now, known),
    pair: pairOf(read, name, warning),
    async copy(destination) {
      await copyFromPostgres(home, destination);
      return statSync(destination).size;
    },
  };
}

/** What tells a database on a server from every copy of it, as `judgeDatabase` keeps it. */
export function serverIdentity({ identity }: PostgresHome): string {
  const { system_identifier, database_oid, schema } = identity;
  return `postgres-${system_identifier}-${database_oid}-${schema}`;
}

/** Who a node of this directory is to others, for tools that work on its database while it is stopped. */
export function takerOf(network_dir: string): { holder: string; directory: string; known_commit: bigint } {
  const { name, directory_id } = nodeName({ values: {}, network_dir }, secureRandomBytes);
  return { holder: name, directory: directory_id, known_commit: 0n };
}

/** What is known of the database outside of it, and what is written when that has been judged. */
function outsideOf(
  { found }: Pick<PostgresStore, 'found'>,
  { timeline, is_synchronous }: Replication,
  known_commit: bigint,
): Outside {
  const hasChanged = found.timeline !== 0n && found.timeline !== timeline;
  // Where replicas had to confirm, and this node has a number of its own, nothing can be missing that it was told of.
  const isProven = found.is_synchronous && known_commit > 0n;
  return {
    is_behind: found.is_behind,
    may_be_behind: hasChanged && !isProven,
    judged: [{ sql: JUDGED, params: [timeline, is_synchronous ? 1n : 0n] }],
  };
}

function seedIsMissing({ network_dir }: Config): string {
  return (
    `a standby needs the seed of the node that works: copy ${SEED_FILE} of its directory to ${join(network_dir, SEED_FILE)}, ` +
    'and nothing else of that directory'
  );
}

function pairOf(read: Store['read'], name: string, warning: string | undefined): ServerPair {
  return {
    name,
    warning,
    async standbys() {
      const rows = await read(
        `SELECT application_name FROM pg_stat_activity
          WHERE datname = current_database() AND application_name LIKE '${STANDBY_NAME}%' ORDER BY application_name`,
      );
      return rows.map((row) => (row.application_name as string).slice(STANDBY_NAME.length));
    },
  };
}

/** Makes the number safe, and writes down when replicas have to confirm no longer, or do again. */
function lookEachSecond(
  the: {
    readonly clock: DatabaseOptions['clock'];
    readonly log: DatabaseOptions['log'];
    readonly server: PostgresStore;
    readonly water: HighWater;
    readonly read: Store['read'];
  },
  { is_synchronous }: Replication,
): () => void {
  let was_synchronous = is_synchronous;
  let is_stopped = false;
  let cancel = (): void => {};
  const look = async (): Promise<void> => {
    try {
      the.water.sync();
      const now = await readReplication(the.read);
      if (now.is_synchronous !== was_synchronous && !is_stopped) {
        const flag = now.is_synchronous ? 1n : 0n;
        await the.server.commit([{ sql: 'UPDATE lease SET is_synchronous = ? WHERE number = 0', params: [flag] }]);
        was_synchronous = now.is_synchronous;
        the.log.warn(
          now.is_synchronous
            ? 'the server waits for replicas again'
            : 'the server confirms without waiting for a replica: when one takes its place, payments may be missing',
        );
      }
    } catch (error) {
      if (!is_stopped)
        the.log.debug(`looking at the replicas: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (!is_stopped) arm();
  };
  const arm = (): void => {
    cancel = the.clock.after(EVERY_SECOND_MS, () => void look());
  };
  arm();
  return () => {
    is_stopped = true;
    cancel();
  };
}
