/**
 * Runs units against SQLite: one transaction for many units, so that one fsync serves them all. It runs in a thread of
 * its own (worker.ts), or in place for a database in memory (memory-store.ts).
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Row, SqlValue, UnitResult } from './store.ts';

/** A statement as it travels between threads: its text is sent once, then named by number. */
export interface PackedWrite {
  readonly statement: number;
  readonly params: readonly SqlValue[];
  readonly stop_if_no_row: boolean;
}

/** Units that travel together. */
export interface Batch {
  /** Texts that the writer has not seen yet; they take the next numbers. */
  readonly statements: readonly string[];
  readonly units: readonly (readonly PackedWrite[])[];
}

interface Prepared {
  readonly statement: StatementSync;
  readonly returns_rows: boolean;
}

/** Every statement reports the last row's id, which may need all of its 64 bits. */
function prepare(database: DatabaseSync, sql: string): StatementSync {
  const statement = database.prepare(sql);
  statement.setReadBigInts(true);
  return statement;
}

export class Writer {
  readonly #database: DatabaseSync;
  readonly #prepared: Prepared[] = [];
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #savepoint: StatementSync;
  readonly #release: StatementSync;
  readonly #rollback: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#begin = prepare(database, 'BEGIN IMMEDIATE');
    this.#commit = prepare(database, 'COMMIT');
    this.#savepoint = prepare(database, 'SAVEPOINT unit');
    this.#release = prepare(database, 'RELEASE unit');
    this.#rollback = prepare(database, 'ROLLBACK TO unit');
  }

  /** Runs batches to one commit. When it throws, nothing of them is in the database. */
  run(batches: readonly Batch[]): UnitResult[] {
    for (const sql of batches.flatMap(({ statements }) => statements)) {
      const statement = prepare(this.#database, sql);
      this.#prepared.push({ statement, returns_rows: statement.columns().length > 0 });
    }
    this.#begin.run();
    try {
      const results = batches.flatMap(({ units }) => units.map((unit) => this.#runUnit(unit)));
      this.#commit.run();
      return results;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  #runUnit(unit: readonly PackedWrite[]): UnitResult {
    // Only a unit that may stop after its first statement has something to undo.
    const guarded = unit.some((write, index) => write.stop_if_no_row && index > 0);
    if (guarded) this.#savepoint.run();
    const rows: (readonly Row[])[] = [];
    for (const [index, { statement, params, stop_if_no_row }] of unit.entries()) {
      const { statement: prepared, returns_rows } = this.#prepared[statement] as Prepared;
      let touched: number;
      if (returns_rows) {
        const returned = prepared.all(...params) as Row[];
        rows.push(returned);
        touched = returned.length;
      } else {
        touched = Number(prepared.run(...params).changes);
        rows.push([]);
      }
      if (touched > 0 || !stop_if_no_row) continue;
      if (guarded) {
        this.#rollback.run();
        this.#release.run();
      }
      return { committed: false, stopped_at: index };
    }
    if (guarded) this.#release.run();
    return { committed: true, rows };
  }
}
