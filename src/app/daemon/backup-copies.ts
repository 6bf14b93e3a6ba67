/** Copies of the database that were made while the node ran, and the file of static backups: when and where. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { BackupState } from '../../api/commands/channel-modules.ts';
import { EMERGENCY_FILE } from '../../node/backup/backups.ts';
import type { Infra } from './build-infra.ts';

/** Copies that are remembered. */
const KEPT_COPIES = 20;

/** Copies the database and remembers it; answers the size in bytes. Rejects with StoreFailure. */
export async function copyAndRemember(
  { database, store, clock }: Pick<Infra, 'database' | 'store' | 'clock'>,
  destination: string,
): Promise<number> {
  const size = await database.copy(destination);
  await store.commit([
    {
      sql: 'INSERT INTO database_copies (made_at, destination, size_bytes) VALUES (?, ?, ?)',
      params: [clock.nowSeconds(), destination, size],
    },
    {
      sql: `DELETE FROM database_copies WHERE made_at < (SELECT MIN(made_at) FROM
        (SELECT made_at FROM database_copies ORDER BY made_at DESC LIMIT ${KEPT_COPIES}) AS newest)`,
      params: [],
    },
  ]);
  return size;
}

/** How backups stand. */
export async function backupState({ config, store }: Pick<Infra, 'config' | 'store'>): Promise<BackupState> {
  const file = join(config.network_dir, EMERGENCY_FILE);
  const found = statSync(file, { throwIfNoEntry: false });
  const rows = await store.read(
    `SELECT made_at, destination, size_bytes FROM database_copies ORDER BY made_at DESC LIMIT ${KEPT_COPIES}`,
  );
  return {
    emergency_file: file,
    emergency_written_at: found && Math.floor(found.mtimeMs / 1000),
    copies: rows.map((row) => ({
      made_at: Number(row.made_at),
      destination: row.destination as string,
      size_bytes: Number(row.size_bytes),
    })),
  };
}
