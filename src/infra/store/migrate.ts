/** Brings a database to the schema that this Till knows, or refuses it. */
import type { DatabaseSync } from 'node:sqlite';
import { StoreFailure } from './failure.ts';
import type { Migration } from './migrations/migration.ts';

/** Throws StoreFailure when the migrations are not numbered 1, 2, 3 ... */
export function checkOrder(migrations: readonly Migration[]): void {
  for (const [index, migration] of migrations.entries()) {
    if (migration.version !== index + 1) throw new StoreFailure(`migration ${migration.name} has no place in the list`);
  }
}

/**
 * Throws StoreFailure for a database that a newer Till has written: reading it with old eyes could lose payments.
 * `version` is the schema's.
 */
export function refuseNewer(version: number, migrations: readonly Migration[]): void {
  if (version <= migrations.length) return;
  throw new StoreFailure(
    `the database has schema version ${version}, made by a newer Till; this one knows versions up to ` +
      `${migrations.length}: start the newer Till, or restore a backup made before it`,
  );
}

/** Runs what is missing, each migration in a transaction of its own. Throws StoreFailure as `refuseNewer` does. */
export function migrate(database: DatabaseSync, migrations: readonly Migration[]): void {
  checkOrder(migrations);
  database.exec('CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)');
  const found = database.prepare('SELECT version FROM schema_version').get()?.version;
  if (found === undefined) database.exec('INSERT INTO schema_version (version) VALUES (0)');
  const version = Number(found ?? 0);
  refuseNewer(version, migrations);
  for (const migration of migrations.slice(version)) {
    database.exec('BEGIN IMMEDIATE');
    for (const statement of migration.statements) database.exec(statement);
    database.exec(`UPDATE schema_version SET version = ${migration.version}`);
    database.exec('COMMIT');
  }
}
