/** A consistent copy of a database on a server as one SQLite file: it starts on either store. */
import { chmodSync, existsSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MARK_AS_COPY } from '../copy.ts';
import { StoreFailure } from '../failure.ts';
import { migrate } from '../migrate.ts';
import { MIGRATIONS } from '../migrations/index.ts';
import { sync } from '../whole-file.ts';
import { describeServerFailure } from './failure.ts';
import type { PostgresHome } from './postgres-store.ts';
import type { Session } from './session.ts';
import { listed, rowsOfServer, type TableShape, tablesOf } from './tables.ts';

/**
 * Copies the database to a file that must not exist yet. What was durable when it began is in it, and what happens meanwhile
 * is not. The file is durable when this resolves, and absent or whole at any time. A `backup` knows that it is one: a node
 * that starts from it gives its channels up. Rejects with StoreFailure.
 */
export async function copyFromPostgres(
  home: PostgresHome,
  destination: string,
  kind: 'backup' | 'moved' = 'backup',
): Promise<void> {
  if (existsSync(destination)) throw new StoreFailure(`${destination} exists already: a backup overwrites nothing`);
  const unfinished = `${destination}.unfinished`;
  rmSync(unfinished, { force: true });
  let session: Session | undefined;
  let copy: DatabaseSync | undefined;
  try {
    copy = new DatabaseSync(unfinished);
    chmodSync(unfinished, 0o600);
    // It is made durable once, when it is whole.
    copy.exec('PRAGMA synchronous = OFF');
    session = await home.session('reader');
    await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const [found] = await session.query('SELECT version FROM schema_version');
    migrate(copy, MIGRATIONS.slice(0, Number(found?.version ?? 0)));
    for (const table of tablesOf(copy)) await fill(copy, session, table);
    if (kind === 'backup') copy.exec(MARK_AS_COPY);
    copy.close();
    sync(unfinished);
    renameSync(unfinished, destination);
    sync(dirname(destination));
  } catch (error) {
    if (copy?.isOpen === true) copy.close();
    rmSync(unfinished, { force: true });
    throw describeServerFailure(error, home.target.name);
  } finally {
    await session?.end();
  }
}

async function fill(copy: DatabaseSync, session: Session, table: TableShape): Promise<void> {
  const { name, columns } = table;
  copy.exec(`DELETE FROM "${name}"`);
  const places = columns.map(() => '?').join(', ');
  const insert = copy.prepare(`INSERT INTO "${name}" (${listed(columns)}) VALUES (${places})`);
  for await (const rows of rowsOfServer(session, table)) {
    copy.exec('BEGIN');
    for (const row of rows) insert.run(...row);
    copy.exec('COMMIT');
  }
}
