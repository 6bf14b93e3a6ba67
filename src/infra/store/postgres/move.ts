/** A database's way from a file to a server, and the proof that both hold the same. */
import type { DatabaseSync } from 'node:sqlite';
import { StoreFailure } from '../failure.ts';
import { migrate } from '../migrate.ts';
import { MIGRATIONS } from '../migrations/index.ts';
import { schemaStatements } from './migrate.ts';
import type { PostgresHome } from './postgres-store.ts';
import type { Session } from './session.ts';
import { digestOf, listed, rowsOfFile, rowsOfServer, tablesOf } from './tables.ts';

/** It holds where the database is, which a move changes. */
const PLACE_TABLE = 'database_file';

/** Whether the schema on the server has tables of a node. */
export async function hasTables(session: Session): Promise<boolean> {
  const rows = await session.query(
    `SELECT 1 AS found FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
      AND relname = 'schema_version'`,
  );
  return rows.length > 0;
}

/**
 * Makes the schema on the server and copies all rows of the file into it, as one transaction: all of it is there afterwards,
 * or nothing. The server must have no tables of a node. The file is brought to the newest schema first. Rejects with
 * StoreFailure, ServerError or ConnectionLost.
 */
export async function copyIntoServer(database: DatabaseSync, session: Session): Promise<void> {
  migrate(database, MIGRATIONS);
  if (await hasTables(session)) {
    throw new StoreFailure('there is a node in this database already: name another one, or another schema of it');
  }
  const once = (...statements: readonly string[]) =>
    session.run(statements.map((sql) => ({ sql, params: [], is_single: true })));
  // The rows lock nothing that anybody else wants, and a large file takes its time.
  await session.query("SELECT set_config('idle_in_transaction_session_timeout', '0', false)");
  await once('BEGIN', ...schemaStatements(MIGRATIONS));
  for (const table of tablesOf(database)) {
    const { name, columns } = table;
    await once(`DELETE FROM "${name}"`);
    const places = columns.map((_, index) => `$${index + 1}`).join(', ');
    const sql = `INSERT INTO "${name}" (${listed(columns)}) VALUES (${places})`;
    for await (const rows of rowsOfFile(database, table)) await session.run(rows.map((params) => ({ sql, params })));
  }
  // The next row that the server numbers itself comes behind those that were copied.
  await once(
    "SELECT setval(pg_get_serial_sequence('revoked_htlcs', 'number'), (SELECT COALESCE(MAX(number), 0) + 1 FROM revoked_htlcs), false)",
  );
  await once('COMMIT');
  const warning = session.takeFalseSuccess();
  if (warning !== undefined) throw new StoreFailure(`the copy is not on every replica that must have it: ${warning}`);
}

/** How many rows were compared. */
export interface Compared {
  readonly tables: number;
  readonly rows: number;
}

/**
 * Reads both through connections of their own and compares every row of every table. Rejects with StoreFailure when they
 * differ.
 */
export async function compare(database: DatabaseSync, home: PostgresHome): Promise<Compared> {
  const session = await home.session('reader');
  try {
    await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    let compared_rows = 0;
    const tables = tablesOf(database).filter(({ name }) => name !== PLACE_TABLE);
    for (const table of tables) {
      const here = await digestOf(rowsOfFile(database, table));
      const there = await digestOf(rowsOfServer(session, table));
      if (here.count !== there.count || here.sha256 !== there.sha256) {
        throw new StoreFailure(
          `table ${table.name} is not the same: ${here.count} rows in the file, ${there.count} on the server. The source ` +
            'is as it was: go on with that',
        );
      }
      compared_rows += here.count;
    }
    await compareRuns(database, session);
    return { tables: tables.length, rows: compared_rows };
  } finally {
    await session.end();
  }
}

async function compareRuns(database: DatabaseSync, session: Session): Promise<void> {
  const sql = `SELECT run, previous_run, node_id FROM ${PLACE_TABLE} WHERE number = 0`;
  const here = database.prepare(sql).get();
  const [there] = await session.query(sql);
  const isSame = ['run', 'previous_run', 'node_id'].every((name) => (here?.[name] ?? null) === (there?.[name] ?? null));
  if (!isSame)
    throw new StoreFailure('the file and the server were written by different runs of a node: neither is touched');
}
