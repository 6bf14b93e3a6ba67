/**
 * One step of the schema. Its types are INTEGER PRIMARY KEY, BIGINT, TEXT and BLOB; PostgreSQL gets its own words for them
 * (dialect.ts). A migration that has been released is never edited: what it got wrong, a later one mends.
 */
export interface Migration {
  /** 1, 2, 3 ...: the schema's version once it has run. */
  readonly version: number;
  /** What it brings, for people. */
  readonly name: string;
  /** Run in order, in one transaction with the new version. */
  readonly statements: readonly string[];
}

/** A key that the database numbers itself, since the rows are written without one. */
export const NUMBERED_KEY = 'INTEGER PRIMARY KEY /* numbered */';
