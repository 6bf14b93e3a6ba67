/** Opens the database that the configuration names: a file in the node's directory, or a schema on a server. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describeLacked } from '../../infra/store/commit-count.ts';
import { copyDatabase } from '../../infra/store/copy.ts';
import { DATABASE_FILE } from '../../infra/store/file-name.ts';
import { isPostgresDsn } from '../../infra/store/postgres/target.ts';
import { openSqliteStore } from '../../infra/store/sqlite-store.ts';
import { fileIdentity } from '../../node/backup/database-file.ts';
import type { Database, DatabaseOptions } from './database.ts';

/** Rejects with StoreFailure. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { config, log, onFatal } = options;
  const { wallet } = config.values;
  if (wallet !== undefined && isPostgresDsn(wallet)) {
    // The driver is loaded by those who have a server.
    const { openServer } = await import('./open-server.ts');
    return await openServer(options, wallet);
  }
  const file = join(config.network_dir, DATABASE_FILE);
  const store = await openSqliteStore({
    directory: config.network_dir,
    onFailure: (error) => onFatal(error.message),
    onLacked: (commits) => log.warn(describeLacked(commits)),
  });
  return {
    store,
    identity: fileIdentity(file),
    file,
    async copy(destination) {
      await copyDatabase(file, destination);
      return statSync(destination).size;
    },
  };
}
