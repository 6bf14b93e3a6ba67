/** The store in memory: the same SQL on the same engine, gone with the process. For tests and for trying things out. */
import { DatabaseSync } from 'node:sqlite';
import { describeFailure, type StoreFailure } from './failure.ts';
import { Journal } from './journal.ts';
import { migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations/index.ts';
import type { Migration } from './migrations/migration.ts';
import { Reader } from './reader.ts';
import { type Row, type SqlValue, type Store, StoreRefusedError, type UnitResult, type Write } from './store.ts';
import { Writer } from './writer.ts';

/** How to make one. */
export interface MemoryStoreOptions {
  readonly onFailure: (error: StoreFailure) => void;
  readonly migrations?: readonly Migration[];
}

/** A store in memory, empty. */
export class MemoryStore implements Store {
  readonly #database = new DatabaseSync(':memory:');
  readonly #reader = new Reader(this.#database);
  readonly #journal: Journal;
  #failed = false;

  constructor(options: MemoryStoreOptions) {
    migrate(this.#database, options.migrations ?? MIGRATIONS);
    const writer = new Writer(this.#database);
    this.#journal = new Journal((batch) => {
      // As with a disk, the answer comes in a later turn: nobody may count on an answer at once.
      setImmediate(() => {
        if (this.#failed) return;
        try {
          this.#journal.finish(writer.run([batch]));
        } catch (error) {
          this.#failed = true;
          options.onFailure(describeFailure(error, ':memory:'));
        }
      });
    });
  }

  commit(unit: readonly Write[]): Promise<UnitResult> {
    return this.#journal.add(unit);
  }

  async read(sql: string, params: readonly SqlValue[] = []): Promise<readonly Row[]> {
    try {
      return this.#reader.read(sql, params);
    } catch (error) {
      const isAsked = error instanceof RangeError || error instanceof StoreRefusedError;
      throw isAsked ? error : describeFailure(error, ':memory:');
    }
  }

  /** Nobody else can write it. */
  fence(): undefined {
    return undefined;
  }

  async close(): Promise<void> {
    if (!this.#failed) await this.#journal.drain();
    this.#database.close();
  }
}
