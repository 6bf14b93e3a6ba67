/** Reads of what is durable: keyed look-ups and pages, which are quicker in place than a message to a thread. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { checkValues } from './storable.ts';
import { MAX_READ_ROWS, type Row, type SqlValue } from './store.ts';

export class Reader {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** The rows. Throws RangeError for more than MAX_READ_ROWS: the caller must page; and StoreRefusedError. */
  read(sql: string, params: readonly SqlValue[]): Row[] {
    checkValues(sql, params);
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      statement.setReadBigInts(true);
      this.#prepared.set(sql, statement);
    }
    const rows: Row[] = [];
    for (const row of statement.iterate(...params)) {
      if (rows.length === MAX_READ_ROWS) throw new RangeError(`over ${MAX_READ_ROWS} rows in one read: page it`);
      rows.push(row as Row);
    }
    return rows;
  }
}
