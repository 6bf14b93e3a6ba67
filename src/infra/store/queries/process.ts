/**
 * The process of queries: it reads the database's file and may not write it, makes the tables that queries read, and runs
 * one query at a time. It is a process of its own because SQLite cannot be interrupted from outside of it.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import type { SqlValue } from '../store.ts';
import { rowText } from './answers.ts';
import { Guard, NOW_FUNCTION, ONLY_READS } from './guard.ts';
import type { QueryLimits, QueryNews, QueryReply, QueryRequest } from './messages.ts';
import type { QueryColumn, QueryTable, TableView } from './tables.ts';
import type { WatchdogOrder } from './watchdog.ts';

/** So many characters go into one message to the node. */
const MESSAGE_CHARACTERS = 64 * 1024;
/** What one query may be: about what Core Lightning's `sql` allows, and room for wider tables. */
const SQLITE_LIMITS = {
  length: 1_000_000,
  sqlLength: 10_000,
  column: 250,
  exprDepth: 100,
  compoundSelect: 10,
  vdbeOp: 25_000,
  attach: 0,
  likePatternLength: 500,
  variableNumber: 250,
  triggerDepth: 1,
};
/** How a query begins, behind any blanks and comments. What comes then is SQLite's to judge, with the guard. */
const READS = /^(?:\s|--[^\n]*\n|\/\*.*?\*\/)*(?:select|with|values)\b/is;

/** A query that is refused, or that SQLite cannot run. */
class RefusedQuery extends Error {}

class Queries {
  readonly #database: DatabaseSync;
  readonly #tables: readonly QueryTable[];
  readonly #forbidden: ReadonlySet<string>;
  readonly #limits: QueryLimits;
  readonly #is_copied: (table: QueryTable) => boolean;
  readonly #filled = new Set<string>();
  #now_seconds = 0;

  constructor({ file, tables, words, limits }: Extract<QueryRequest, { kind: 'open' }>) {
    const database = new DatabaseSync(file ?? ':memory:', { readOnly: file !== undefined });
    // Older versions of Node cannot guard a query.
    if (typeof database.setAuthorizer !== 'function') throw new RefusedQuery('queries need Node 24.10 or later');
    database.exec('PRAGMA temp_store = MEMORY');
    const names = database.prepare('SELECT name FROM sqlite_master UNION SELECT name FROM pragma_module_list').all();
    this.#forbidden = new Set(names.map(({ name }) => String(name).toLowerCase()));
    this.#database = database;
    this.#tables = tables;
    this.#limits = limits;
    this.#is_copied = ({ view }) => view === undefined || file === undefined;
    database.function(NOW_FUNCTION, { deterministic: true }, () => this.#now_seconds);
    for (const [name, word] of Object.entries(words)) database.function(name, { deterministic: true }, () => word);
    for (const table of tables) this.#make(table, file);
    Object.assign(database.limits ?? {}, SQLITE_LIMITS);
  }

  #make(table: QueryTable, file: string | undefined): void {
    const { name, columns, key, indices, view } = table;
    if (view === undefined || file === undefined) {
      const defined = columns.map(
        (column) => `"${column.name}" ${column.type}${column.name === key ? ' PRIMARY KEY' : ''}`,
      );
      // A view has no number of SQLite's own for each row, so its copy has none.
      const kind = view === undefined ? '' : ' WITHOUT ROWID';
      this.#database.exec(`CREATE TEMP TABLE "${name}" (${defined.join(', ')})${kind}`);
      for (const [number, index] of indices.entries()) {
        this.#database.exec(`CREATE INDEX temp."${name}_${number}" ON "${name}" (${index.join(', ')})`);
      }
      return;
    }
    const plain = new DatabaseSync(file, { readOnly: true });
    for (const [lookup, sql] of Object.entries(view.lookups)) {
      const statement = plain.prepare(sql);
      statement.setReturnArrays(true);
      this.#database.function(lookup, { useBigIntArguments: true }, (value: SqlValue) => {
        const [found] = (statement.get(value) ?? []) as unknown as SqlValue[];
        return found ?? null;
      });
    }
    this.#database.exec(`CREATE TEMP VIEW "${name}" AS ${viewText(columns, view)}`);
  }

  /** Compiles the query under guard. Throws RefusedQuery. */
  #prepare(sql: string, guard: Guard) {
    if (sql.length > SQLITE_LIMITS.sqlLength) {
      throw new RefusedQuery(`query failed with String too big: it may have ${SQLITE_LIMITS.sqlLength} characters`);
    }
    if (!READS.test(sql)) throw new RefusedQuery(`query failed with not authorized (${ONLY_READS})`);
    this.#database.setAuthorizer((action, first, second, database, view) =>
      guard.judge(action, first, second, database, view),
    );
    try {
      return this.#database.prepare(sql);
    } catch (error) {
      throw new RefusedQuery(`query failed with ${explained((error as Error).message, guard.refused)}`);
    }
  }

  #guard(): Guard {
    return new Guard({ tables: this.#tables, forbidden: this.#forbidden });
  }

  /** The tables whose rows the query needs. */
  plan(sql: string): readonly string[] {
    const guard = this.#guard();
    this.#prepare(sql, guard);
    this.#database.setAuthorizer(null);
    return this.#tables
      .filter((table) => guard.read.includes(table.name) && this.#is_copied(table))
      .map(({ name }) => name);
  }

  /** Puts rows into a table. */
  fill(name: string, rows: readonly (readonly SqlValue[])[]): void {
    const table = this.#tables.find((each) => each.name === name);
    if (table === undefined) throw new RangeError(`there is no table ${name}`);
    this.#filled.add(name);
    const insert = this.#database.prepare(`INSERT INTO "${name}" VALUES (${table.columns.map(() => '?').join(', ')})`);
    this.#database.exec('BEGIN');
    for (const row of rows) insert.run(...row);
    this.#database.exec('COMMIT');
  }

  /** Runs the query and says its rows. The copied rows are gone afterwards. */
  run(sql: string, now_seconds: number, say: (news: QueryNews) => void): void {
    this.#now_seconds = now_seconds;
    const statement = this.#prepare(sql, this.#guard());
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    let texts: string[] = [];
    let [row_count, characters, gathered] = [0, 0, 0];
    for (const row of stepped(statement)) {
      const text = rowText(row);
      row_count++;
      characters += text.length;
      gathered += text.length;
      if (row_count > this.#limits.rows || characters > this.#limits.characters) {
        throw new RefusedQuery(
          `the answer has over ${this.#limits.rows} rows or ${this.#limits.characters} characters: ask for fewer with LIMIT`,
        );
      }
      texts.push(text);
      if (gathered < MESSAGE_CHARACTERS) continue;
      say({ kind: 'answer', rows: texts });
      texts = [];
      gathered = 0;
    }
    say({ kind: 'answer', rows: texts });
  }

  /** What a query has left behind. */
  clear(): void {
    this.#database.setAuthorizer(null);
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    for (const name of this.#filled) this.#database.exec(`DELETE FROM temp."${name}"`);
    this.#filled.clear();
  }
}

/** SQLite's message with the reason behind it: the same whether the database is a file or not. */
function explained(message: string, refused: string | undefined): string {
  // Tables of the node are there in a file only. Nobody may ask them either way.
  const hidden =
    /^no such table: (main\..+)$/.exec(message)?.[1] ?? /^unknown table (main\..+)$/.exec(refused ?? '')?.[1];
  if (hidden !== undefined) return `no such table: ${hidden} (unknown table ${hidden})`;
  const isRowid = /^no such column: (?:.*\.)?(?:rowid|oid|_rowid_)$/i.test(message);
  const reason = refused ?? (isRowid ? NO_ROWID : undefined);
  return reason === undefined ? message : `${message} (${reason})`;
}

const NO_ROWID = 'its rows have no rowid: name the column that listsqlschemas shows, such as created_index';

/** An expression compares with texts and numbers as a column of a table does: a bare column does that by itself. */
function typed(expression: string | undefined, { type }: QueryColumn): string {
  if (expression === undefined) return 'NULL';
  return /^\w+$/.test(expression) ? expression : `CAST(${expression} AS ${type})`;
}

/** What a view selects. */
function viewText(columns: readonly QueryColumn[], { parts, copied }: TableView): string {
  const selects = parts.map(({ table, expressions, where }) => {
    const shown = columns.map((column) => `${typed(expressions[column.name], column)} AS "${column.name}"`);
    return `SELECT ${shown.join(', ')} FROM main."${table}"${where === undefined ? '' : ` WHERE ${where}`}`;
  });
  const names = columns.map(({ name }) => `"${name}"`).join(', ');
  return [...selects, ...(copied === undefined ? [] : [`SELECT ${names} FROM temp."${copied}"`])].join(' UNION ALL ');
}

/** The rows as they come. Throws RefusedQuery where SQLite cannot go on. */
function* stepped(statement: StatementSync): Generator<readonly SqlValue[]> {
  try {
    yield* statement.iterate() as unknown as Iterable<readonly SqlValue[]>;
  } catch (error) {
    throw new RefusedQuery(`query failed with ${(error as Error).message}`);
  }
}

let queries: Queries | undefined;
let watchdog: Worker | undefined;
/** Why no query can be run. */
let fault: string | undefined;
const watch = (order: WatchdogOrder): void => watchdog?.postMessage(order);

function open(request: Extract<QueryRequest, { kind: 'open' }>): void {
  try {
    queries = new Queries(request);
    // The thread's file has the ending of this one: .ts in the repository, .js in the package.
    const program = new URL(`./watchdog${import.meta.url.slice(-3)}`, import.meta.url);
    watchdog = new Worker(program, { workerData: request.limits });
  } catch (error) {
    fault = (error as Error).message;
  }
}

function handle(request: Exclude<QueryRequest, { kind: 'open' }>, say: (news: QueryNews) => void): void {
  if (queries === undefined) throw new RefusedQuery(fault ?? 'nothing was opened');
  switch (request.kind) {
    case 'plan':
      watch('begin');
      say({ kind: 'needs', tables: queries.plan(request.sql) });
      return;
    case 'rows':
      queries.fill(request.table, request.rows);
      return;
    case 'run':
      queries.run(request.sql, request.now_seconds, say);
      queries.clear();
      watch('end');
      say({ kind: 'done' });
  }
}

process.on('message', (request: QueryRequest) => {
  if (request.kind === 'open') {
    open(request);
    return;
  }
  const { number } = request;
  const say = (news: QueryNews): void => void process.send?.({ number, ...news } satisfies QueryReply);
  try {
    handle(request, say);
  } catch (error) {
    queries?.clear();
    watch('end');
    say({ kind: 'failed', message: (error as Error).message });
  }
});
process.once('disconnect', () => process.exit());
