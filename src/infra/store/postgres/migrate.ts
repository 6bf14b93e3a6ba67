/** Brings a database on a server to the schema that this Till knows, or refuses it. */
import { migrationForPostgres } from '../dialect.ts';
import { StoreFailure } from '../failure.ts';
import { checkOrder, refuseNewer } from '../migrate.ts';
import type { Migration } from '../migrations/migration.ts';
import type { Row } from '../store.ts';
import { LEASE_TABLE } from './lease-row.ts';
import type { Session } from './session.ts';

/**
 * Of two that start at the same time on one schema one waits. Nodes in other schemas of the database do not: their number
 * would add up to more than any of them waits for.
 */
export const SCHEMA_LOCK =
  "SELECT CAST(pg_advisory_xact_lock(hashtext('lightning-till schema'), hashtext(current_schema())) AS TEXT) AS locked";

/** A migration of many rows takes longer than a group of the writer may wait for a lock. */
const WAIT_FOR_SCHEMA = "SELECT set_config('lock_timeout', '60s', true) AS lock_timeout";

const READ_VERSION = 'SELECT version FROM schema_version';

const VERSION_TABLE: readonly string[] = [
  'CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)',
  'INSERT INTO schema_version (version) SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM schema_version)',
];

/**
 * How rows are laid out that are written again and again. Without it the state of a channel would be compressed at each
 * payment, and what is updated would move about. No promise rests on it.
 */
const LAYOUT: Readonly<Record<string, readonly string[]>> = {
  channels: [
    'ALTER TABLE channels ALTER COLUMN state SET STORAGE EXTERNAL',
    'ALTER TABLE channels SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)',
  ],
  counters: [
    'ALTER TABLE counters SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)',
  ],
};

/** What one migration is on a server, with the version that it brings. */
function statementsOf({ statements, version }: Migration): readonly string[] {
  const layout = Object.entries(LAYOUT).flatMap(([table, settings]) =>
    statements.some((statement) => statement.includes(`CREATE TABLE ${table} `)) ? settings : [],
  );
  return [...statements.map(migrationForPostgres), ...layout, `UPDATE schema_version SET version = ${version}`];
}

/** All of an empty database, for a transaction that goes on to fill it. */
export function schemaStatements(migrations: readonly Migration[]): readonly string[] {
  return [...VERSION_TABLE, ...migrations.flatMap(statementsOf)];
}

/** Makes the row of the lease, where there is none. */
export async function prepareLease(session: Session): Promise<void> {
  await transaction(session, LEASE_TABLE);
}

/**
 * Rejects with StoreFailure for a database that a newer Till has written, before anything is done with it: a node that could
 * only take its lease and end again would keep it from those that can work. `query`: over whatever connection.
 */
export async function refuseNewerSchema(
  query: (sql: string) => Promise<readonly Row[]>,
  migrations: readonly Migration[],
): Promise<void> {
  const [table] = await query("SELECT 1 AS found WHERE to_regclass('schema_version') IS NOT NULL");
  if (table === undefined) return;
  const [found] = await query(READ_VERSION);
  refuseNewer(Number(found?.version ?? 0), migrations);
}

/**
 * Runs what is missing, each migration in a transaction of its own. Only the writer may: others use the schema that is
 * there. Rejects with StoreFailure for a database that a newer Till has written.
 */
export async function migratePostgres(session: Session, migrations: readonly Migration[]): Promise<void> {
  checkOrder(migrations);
  await transaction(session, VERSION_TABLE);
  const [found] = await session.query(READ_VERSION);
  const version = Number(found?.version ?? 0);
  refuseNewer(version, migrations);
  for (const migration of migrations.slice(version)) await transaction(session, statementsOf(migration));
}

/** One transaction, in one packet: all of it or nothing. */
async function transaction(session: Session, statements: readonly string[]): Promise<void> {
  const all = ['BEGIN', WAIT_FOR_SCHEMA, SCHEMA_LOCK, ...statements, 'COMMIT'];
  await session.run(all.map((sql) => ({ sql, params: [], is_single: true })));
  const warning = session.takeFalseSuccess();
  if (warning !== undefined) throw new StoreFailure(`the schema is not on every replica that must have it: ${warning}`);
}
