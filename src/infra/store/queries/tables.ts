/** The tables that a query may read, as the process of queries makes them. */

/** The types of SQL that a column may have. */
export type ColumnType = 'INTEGER' | 'BLOB' | 'TEXT' | 'REAL';

/** A column of a table. */
export interface QueryColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** A table. Without a view its rows are handed over for each query that reads it. */
export interface QueryTable {
  readonly name: string;
  readonly columns: readonly QueryColumn[];
  /** The column that is the primary key. */
  readonly key: string;
  /** Columns that rows are looked up by. */
  readonly indices: readonly (readonly string[])[];
  /** How the rows are read from the database's file, where there is one: nothing is copied then. */
  readonly view?: TableView;
}

/** A view of tables of the database. */
export interface TableView {
  /** Its rows are those of all parts. */
  readonly parts: readonly ViewPart[];
  /** A copied table of the same columns whose rows belong to the view as well. */
  readonly copied?: string;
  /** What it may read in the database: columns by table, nothing secret. */
  readonly reads: Readonly<Record<string, readonly string[]>>;
  /** Functions of one value: each is a SELECT with one `?`, which may read what the view may not. */
  readonly lookups: Readonly<Record<string, string>>;
  /** Functions of SQLite that the view needs beside those that everybody may use. */
  readonly functions: readonly string[];
}

/** Rows of one table of the database. */
export interface ViewPart {
  readonly table: string;
  /** What each column of the view is, in SQL; a column without an expression is always NULL. */
  readonly expressions: Readonly<Record<string, string>>;
  /** Which rows, in SQL. Default: all. */
  readonly where?: string;
}
