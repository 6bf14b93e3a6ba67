/**
 * Runs units against SQLite: one transaction for many units, so that one fsync serves them all. It runs in a thread of
 * its own (worker.ts), or in place for a database in memory (memory-store.ts).
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { COMMITS } from './commit-count.ts';
import { type CountedSql, Counters, countedSql, counterChanged, READ_COUNTER, WRITE_COUNTER } from './counters.ts';
import type { HighWater } from './high-water.ts';
import { refusal } from './storable.ts';
import { type Row, type SqlValue, StoreRefusedError, type UnitResult } from './store.ts';

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

/** How a unit went, as it travels between threads: an error would lose its class on the way. */
export type UnitOutcome = UnitResult | { readonly refused: string };

interface Prepared {
  readonly sql: string;
  readonly statement: StatementSync;
  readonly returns_rows: boolean;
  /** It is no change, whatever it returns. */
  readonly only_reads: boolean;
  /** Which numbers it takes, and where they go. */
  readonly counted: CountedSql | undefined;
}

/** What a statement did: its rows, and how many it returned or changed. */
interface Ran {
  readonly rows: readonly Row[];
  readonly touched: number;
}

/** Primary codes of SQLite that are about the values of a statement: too big, forbidden by a constraint, of another type. */
const ABOUT_VALUES: ReadonlySet<number> = new Set([18, 19, 20]);

function isAboutValues(error: unknown): error is Error {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === 'number' && ABOUT_VALUES.has(code & 0xff);
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
  readonly #counters = new Counters();
  #read_counter: StatementSync | undefined;
  #write_counter: StatementSync | undefined;
  readonly #water: Pick<HighWater, 'raise'> | undefined;
  /** Whether the transaction under way has changed anything that it has not undone. */
  #has_changed = false;

  /** `water`: is told how many commits are durable, before anybody hears of the last one. It has begun to count. */
  constructor(database: DatabaseSync, water?: Pick<HighWater, 'raise'>) {
    this.#database = database;
    this.#water = water;
    this.#begin = prepare(database, 'BEGIN IMMEDIATE');
    this.#commit = prepare(database, 'COMMIT');
    this.#savepoint = prepare(database, 'SAVEPOINT unit');
    this.#release = prepare(database, 'RELEASE unit');
    this.#rollback = prepare(database, 'ROLLBACK TO unit');
  }

  /** Runs batches to one commit. When it throws, nothing of them is in the database. */
  run(batches: readonly Batch[]): UnitOutcome[] {
    for (const sql of batches.flatMap(({ statements }) => statements)) {
      const counted = countedSql(sql);
      const statement = prepare(this.#database, counted?.sql ?? sql);
      const returns_rows = statement.columns().length > 0;
      const only_reads = returns_rows && /^\s*SELECT\b/.test(sql);
      this.#prepared.push({ sql, statement, returns_rows, only_reads, counted });
    }
    const units = batches.flatMap((batch) => batch.units);
    try {
      return this.#transaction(() => units.map((unit) => this.#runUnit(unit)));
    } catch (error) {
      if (!(error instanceof StoreRefusedError)) throw error;
      // One of them cannot be written. It is found by undoing each unit for itself, which is not worth its price otherwise.
      return this.#transaction(() => units.map((unit) => this.#runAlone(unit)));
    }
  }

  #transaction(runUnits: () => UnitOutcome[]): UnitOutcome[] {
    this.#begin.run();
    this.#counters.begin();
    this.#has_changed = false;
    try {
      const outcomes = runUnits();
      // What changes nothing goes to no disk, and is not worth a number.
      const commit_number = this.#water !== undefined && this.#has_changed ? this.#countCommit() : undefined;
      this.#writeCounters();
      this.#commit.run();
      this.#counters.committed();
      if (commit_number !== undefined) this.#water?.raise(commit_number);
      return outcomes;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  /** The number of this transaction. */
  #countCommit(): bigint {
    this.#learn(COMMITS);
    return this.#counters.take(COMMITS);
  }

  #learn(counter: string): void {
    if (this.#counters.isKnown(counter)) return;
    this.#read_counter ??= prepare(this.#database, READ_COUNTER);
    this.#counters.learn(counter, this.#read_counter.get(counter)?.value as SqlValue | undefined);
  }

  #writeCounters(): void {
    for (const { counter, before, after } of this.#counters.changes()) {
      this.#write_counter ??= prepare(this.#database, WRITE_COUNTER);
      if (this.#write_counter.run(after, counter, before).changes !== 1n) throw counterChanged(counter);
    }
  }

  /** The values of a statement, with the numbers that it takes. */
  #valuesOf({ counted }: Prepared, params: readonly SqlValue[]): readonly SqlValue[] {
    if (counted === undefined) return params;
    for (const counter of counted.counters) this.#learn(counter);
    return this.#counters.valuesOf(counted, params);
  }

  #runAlone(unit: readonly PackedWrite[]): UnitOutcome {
    this.#database.exec('SAVEPOINT alone');
    const { mark } = this.#counters;
    const had_changed = this.#has_changed;
    try {
      return this.#runUnit(unit);
    } catch (error) {
      if (!(error instanceof StoreRefusedError)) throw error;
      this.#database.exec('ROLLBACK TO alone');
      this.#has_changed = had_changed;
      this.#counters.giveBack(mark);
      return { refused: error.message };
    } finally {
      if (this.#database.isTransaction) this.#database.exec('RELEASE alone');
    }
  }

  /** Runs a statement. Answers its rows, and how many it returned or changed. Throws StoreRefusedError. */
  #runWrite({ statement, params }: PackedWrite): Ran {
    const known = this.#prepared[statement] as Prepared;
    const { mark } = this.#counters;
    const ran = this.#runPrepared(known, this.#valuesOf(known, params));
    if (ran.touched > 0 && !known.only_reads) this.#has_changed = true;
    if (ran.touched === 0 && known.counted?.is_if_row === true) this.#counters.giveBack(mark);
    return ran;
  }

  #runPrepared({ sql, statement, returns_rows }: Prepared, values: readonly SqlValue[]): Ran {
    try {
      if (!returns_rows) return { rows: [], touched: Number(statement.run(...values).changes) };
      const rows = statement.all(...values) as Row[];
      return { rows, touched: rows.length };
    } catch (error) {
      throw isAboutValues(error) ? refusal(sql, error.message) : error;
    }
  }

  #runUnit(unit: readonly PackedWrite[]): UnitResult {
    // Only a unit that may stop after its first statement has something to undo.
    const guarded = unit.some((write, index) => write.stop_if_no_row && index > 0);
    if (guarded) this.#savepoint.run();
    const rows: (readonly Row[])[] = [];
    const { mark } = this.#counters;
    const had_changed = this.#has_changed;
    for (const [index, write] of unit.entries()) {
      const ran = this.#runWrite(write);
      rows.push(ran.rows);
      if (ran.touched > 0 || !write.stop_if_no_row) continue;
      if (guarded) {
        this.#rollback.run();
        this.#release.run();
        this.#has_changed = had_changed;
      }
      this.#counters.giveBack(mark);
      return { committed: false, stopped_at: index };
    }
    if (guarded) this.#release.run();
    return { committed: true, rows };
  }
}
