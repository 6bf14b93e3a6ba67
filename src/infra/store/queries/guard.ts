/**
 * What a query may do: read the tables that were made for it, and call a few functions. SQLite asks for each thing when
 * it compiles the query; whatever is not named here is refused.
 */
import { constants } from 'node:sqlite';
import type { QueryTable } from './tables.ts';

/** As in Core Lightning's `sql`. */
export const FUNCTIONS = [
  'abs',
  'avg',
  'coalesce',
  'count',
  'date',
  'datetime',
  'hex',
  'json_group_array',
  'json_object',
  'julianday',
  'length',
  'like',
  'lower',
  'max',
  'min',
  'quote',
  'strftime',
  'sum',
  'time',
  'timediff',
  'total',
  'unixepoch',
  'upper',
] as const;

/** What is said of a query that would do anything else. */
export const ONLY_READS = 'a query may only read: SELECT';
/** Tables that SQLite makes of a function's values. */
const TABLE_FUNCTIONS = /^(?:sqlite_|pragma_|json_each$|json_tree$|generate_series$)/i;

/** The time as the node sees it, in views: seconds. */
export const NOW_FUNCTION = 'till_now';

/** What the judge is told of a query's world. */
export interface GuardedWorld {
  readonly tables: readonly QueryTable[];
  /** Names that mean something to SQLite although no table was made for them: tables of the file, and modules. */
  readonly forbidden: ReadonlySet<string>;
}

/** Judges what one query asks for, and remembers which tables it reads and what was refused. */
export class Guard {
  readonly #tables: ReadonlyMap<string, QueryTable>;
  /** Tables of the database of which there is a view. */
  readonly #counted: ReadonlySet<string>;
  readonly #forbidden: ReadonlySet<string>;
  readonly #functions: ReadonlySet<string> = new Set(FUNCTIONS);
  readonly #read = new Set<string>();
  #refused: string | undefined;

  constructor({ tables, forbidden }: GuardedWorld) {
    this.#tables = new Map(tables.map((table) => [table.name, table]));
    this.#counted = new Set(tables.flatMap(({ view }) => Object.keys(view?.reads ?? {})));
    this.#forbidden = forbidden;
  }

  /** The tables that the query reads. */
  get read(): readonly string[] {
    return [...this.#read];
  }

  /** What was refused first. */
  get refused(): string | undefined {
    return this.#refused;
  }

  /** SQLite's question, by its action codes: `SQLITE_OK` or `SQLITE_DENY`. `view`: in which view or subquery it arises. */
  judge(action: number, first: string | null, second: string | null, database: string | null, view: string | null) {
    const reason = this.#reasonAgainst(action, first ?? '', second ?? '', database, view);
    if (reason === undefined) return constants.SQLITE_OK;
    this.#refused ??= reason;
    return constants.SQLITE_DENY;
  }

  #reasonAgainst(
    action: number,
    first: string,
    second: string,
    database: string | null,
    view: string | null,
  ): string | undefined {
    switch (action) {
      case constants.SQLITE_SELECT:
        return undefined;
      case constants.SQLITE_READ:
        return this.#reasonAgainstRead(first, second, database, view);
      case constants.SQLITE_FUNCTION:
        return this.#mayCall(second, view) ? undefined : `the function ${second} may not be used`;
      case constants.SQLITE_RECURSIVE:
        return 'a query may not be recursive';
      default:
        return ONLY_READS;
    }
  }

  #reasonAgainstRead(name: string, column: string, database: string | null, view: string | null): string | undefined {
    if (database === 'main') {
      // Rows that are only counted are asked for without a column, and without the view.
      if (column === '' && this.#counted.has(name)) return undefined;
      const source = this.#tables.get(view ?? '')?.view;
      // Whatever calls itself as the view does may read these columns, and they hold nothing secret.
      return source?.reads[name]?.includes(column) === true ? undefined : `unknown table main.${name}`;
    }
    if (this.#tables.has(name)) {
      this.#read.add(name);
      return undefined;
    }
    // A read of no column is how SQLite asks about a table whose rows are only counted: here one of the query's own WITH.
    const isOwn = column === '' && database === null && !this.#forbidden.has(name.toLowerCase());
    return isOwn && !TABLE_FUNCTIONS.test(name) ? undefined : `unknown table ${name}`;
  }

  #mayCall(name: string, view: string | null): boolean {
    if (this.#functions.has(name)) return true;
    const source = this.#tables.get(view ?? '')?.view;
    return source !== undefined && (source.functions.includes(name) || Object.hasOwn(source.lookups, name));
  }
}
