/** The tables of a database as lists of rows, whichever store they are in: to copy them, and to prove that a copy is the same. */
import { createHash, type Hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { SqlValue } from '../store.ts';
import type { Session } from './session.ts';

/** Rows that are fetched, and written, at a time: others get their turn between two. */
export const PAGE_ROWS = 500;

/** A table of ours, and its columns. */
export interface TableShape {
  readonly name: string;
  readonly columns: readonly string[];
  /** The columns of its primary key, in their order; all where it has none. */
  readonly key: readonly string[];
}

/** Rows in pages; each row has the values of the table's columns. */
export type RowPages = AsyncIterable<readonly (readonly SqlValue[])[]>;

/** The tables of a SQLite database of ours, but for the one that holds the version of the schema. */
export function tablesOf(database: DatabaseSync): readonly TableShape[] {
  const names = database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    .all()
    .map(({ name }) => String(name))
    .filter((name) => name !== 'schema_version');
  return names.map((name) => {
    const rows = database.prepare(`SELECT name, pk FROM pragma_table_info('${name}')`).all();
    const keyed = rows.filter(({ pk }) => Number(pk) > 0).sort((one, other) => Number(one.pk) - Number(other.pk));
    const columns = rows.map((row) => String(row.name));
    return { name, columns, key: keyed.length === 0 ? columns : keyed.map((row) => String(row.name)) };
  });
}

/** Its columns as SQL lists them. */
export function listed(columns: readonly string[]): string {
  return columns.map((column) => `"${column}"`).join(', ');
}

/** All rows of a table of a file, in the order of its key. */
export async function* rowsOfFile(database: DatabaseSync, { name, columns, key }: TableShape): RowPages {
  const statement = database.prepare(`SELECT ${listed(columns)} FROM "${name}" ORDER BY ${listed(key)}`);
  statement.setReadBigInts(true);
  let page: SqlValue[][] = [];
  for (const row of statement.iterate()) {
    page.push(columns.map((column) => row[column] ?? null));
    if (page.length < PAGE_ROWS) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** All rows of a table on a server, in the order of its key, as the transaction that is open sees them. */
export async function* rowsOfServer(session: Session, { name, columns, key }: TableShape): RowPages {
  const once = (sql: string) => session.run([{ sql, params: [], is_single: true }]);
  await once(`DECLARE page NO SCROLL CURSOR FOR SELECT ${listed(columns)} FROM "${name}" ORDER BY ${listed(key)}`);
  for (;;) {
    const [page] = await once(`FETCH FORWARD ${PAGE_ROWS} FROM page`);
    const rows = page?.rows ?? [];
    if (rows.length > 0) yield rows.map((row) => columns.map((column) => row[column] ?? null));
    if (rows.length < PAGE_ROWS) break;
  }
  await once('CLOSE page');
}

/** How many rows there are, and the SHA-256 of all of them: equal for equal rows in an equal order. */
export async function digestOf(pages: RowPages): Promise<{ readonly count: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let count = 0;
  for await (const rows of pages) {
    for (const row of rows) for (const value of row) add(hash, value);
    count += rows.length;
  }
  return { count, sha256: hash.digest('hex') };
}

/** Each value with its type and its length, so that no two rows of values are the same bytes. */
function add(hash: Hash, value: SqlValue): void {
  if (value === null) {
    hash.update('n');
    return;
  }
  const bytes = value instanceof Uint8Array ? value : Buffer.from(String(value));
  const type = value instanceof Uint8Array ? 'b' : typeof value === 'string' ? 't' : 'i';
  hash.update(`${type}${bytes.length}:`).update(bytes);
}
