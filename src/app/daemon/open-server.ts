/** Opens a database on a PostgreSQL server. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { secureRandomBytes } from '../../base/crypto/random.ts';
import { toHex } from '../../base/types/hex.ts';
import { lockDirectory } from '../../infra/store/lock.ts';
import { copyFromPostgres } from '../../infra/store/postgres/copy.ts';
import { readPasswordFile } from '../../infra/store/postgres/password.ts';
import { PostgresHome, PostgresStore } from '../../infra/store/postgres/postgres-store.ts';
import { type PostgresTarget, parseTarget } from '../../infra/store/postgres/target.ts';
import { openLine } from '../../infra/store/postgres/tls.ts';
import type { Store } from '../../infra/store/store.ts';
import { writeWhole } from '../../infra/store/whole-file.ts';
import type { Config } from '../config/config.ts';
import type { Database, DatabaseOptions } from './database.ts';

/** The database on a server, with its password where the configuration has it in a file. Throws StoreFailure. */
export function targetOf({ values }: Config, dsn: string): PostgresTarget {
  const target = parseTarget(dsn);
  const file = values['wallet-password-file'];
  return file === undefined ? target : { ...target, password: readPasswordFile(file) };
}

/** Opens the database that the DSN names. Rejects with StoreFailure. */
export async function openServer({ config, log, clock, onFatal }: DatabaseOptions, dsn: string): Promise<Database> {
  const target = targetOf(config, dsn);
  const warning = openLine(target);
  if (warning !== undefined) log.warn(warning);
  // Two processes on one directory would share its seed and its marks.
  const unlock = lockDirectory(config.network_dir);
  try {
    const timeout_seconds = config.values['database-timeout'];
    const home = await PostgresHome.open({ target, clock, timeout_seconds });
    const server = await PostgresStore.open(home, {
      holder: holderOf(config.network_dir),
      onFailure: (error) => onFatal(error.message),
      onWaiting: (waits_for) =>
        waits_for === undefined
          ? log.info('the database has answered')
          : log.warn(
              `the database is at work on one answer for long (it waits for ${waits_for}): until then nothing is said`,
            ),
    });
    const store: Store = {
      commit: (unit) => server.commit(unit),
      read: (sql, params) => server.read(sql, params),
      fence: () => server.fence(),
      async close() {
        await server.close();
        unlock();
      },
    };
    return {
      store,
      identity: serverIdentity(home),
      file: undefined,
      async copy(destination) {
        await copyFromPostgres(home, destination);
        return statSync(destination).size;
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** What tells a database on a server from every copy of it, as `judgeDatabase` keeps it. */
export function serverIdentity({ identity }: PostgresHome): string {
  const { system_identifier, database_oid, schema } = identity;
  return `postgres-${system_identifier}-${database_oid}-${schema}`;
}

/** Keeps the directory's name for others that would write the same database. */
const HOLDER_FILE = 'till.holder';

/** Who a node of this directory is to others. The name is made when there is none. */
export function holderOf(directory: string): string {
  const file = join(directory, HOLDER_FILE);
  if (!existsSync(file)) writeWhole(file, `${toHex(secureRandomBytes(8))}\n`);
  return `${hostname()}-${readFileSync(file, 'utf8').trim()}`;
}
