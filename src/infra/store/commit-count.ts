/**
 * How many commits a database file has, counted in the file itself, and in the file of high-water.ts outside of it. A copy of
 * the file that is put in its place has fewer commits than the node was told of: it is an old one.
 *
 * The outer number is written behind a commit that is durable, and never before. So a crash leaves it at the same number or
 * a lower one, and only an older database has fewer commits than it says.
 */
import type { DatabaseSync } from 'node:sqlite';
import { secureRandomBytes } from '../../base/crypto/random.ts';
import { toHex } from '../../base/types/hex.ts';
import { READ_COUNTER } from './counters.ts';
import { HighWater } from './high-water.ts';

/** The counter of commits: the writer counts it up in each transaction that changes anything. */
export const COMMITS = 'commits';
/** No counter, but the random number of the database whose commits are counted. Copies have the same. */
const LINEAGE = 'commits_of';

const BEGIN_TO_COUNT = `INSERT INTO counters (name, value) VALUES ('${COMMITS}', 0), ('${LINEAGE}', ?)
  ON CONFLICT (name) DO NOTHING`;
/** It counts on from where the node knows that it was, and remembers what it is until its channels are given up. */
const COUNT_ON = `UPDATE counters SET value = ? WHERE name = '${COMMITS}'`;
const IS_OLD = 'UPDATE database_file SET is_copy = 1 WHERE number = 0';

/** Of a database that is older than the node. */
export interface LackedCommits {
  /** What the database has. */
  readonly found: bigint;
  /** What the node was told of. */
  readonly known: bigint;
}

function read(database: DatabaseSync, counter: string): bigint {
  const statement = database.prepare(READ_COUNTER);
  statement.setReadBigInts(true);
  return (statement.get(counter)?.value as bigint | undefined) ?? 0n;
}

function nameOf(database: DatabaseSync): string {
  return `sqlite-${read(database, LINEAGE).toString(16)}`;
}

/** Looks whether the database of a stopped node lacks commits that the node was told of. Changes nothing. */
export function lackedCommits(database: DatabaseSync, directory: string): LackedCommits | undefined {
  const known = HighWater.read(directory, nameOf(database));
  const found = read(database, COMMITS);
  return found < known ? { found, known } : undefined;
}

/**
 * Begins to count, or goes on. A database that lacks commits is marked as a copy, in the same transaction in which it takes
 * over the number, so that a crash does not hide it. Throws StoreFailure, and what SQLite throws.
 */
export function openCommitCount(
  database: DatabaseSync,
  directory: string,
): { readonly water: HighWater; readonly lacked: LackedCommits | undefined } {
  database.prepare(BEGIN_TO_COUNT).run(BigInt(`0x${toHex(secureRandomBytes(7))}`));
  const lacked = lackedCommits(database, directory);
  const water = HighWater.open(directory, nameOf(database));
  if (lacked === undefined) water.raise(read(database, COMMITS));
  else {
    database.exec('BEGIN IMMEDIATE');
    database.prepare(COUNT_ON).run(lacked.known);
    database.exec(IS_OLD);
    database.exec('COMMIT');
  }
  return { water, lacked };
}

/** What is said of it. */
export function describeLacked({ found, known }: LackedCommits): string {
  return (
    `this database is older than this node: it has ${found} commits, and ${known} were durable. It was restored from a copy, ` +
    'or something was lost. The states of its channels may be revoked, so they are not published: the peers are asked to close'
  );
}
