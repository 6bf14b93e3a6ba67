/**
 * What every module sees of the database: units of writes that are durable before their caller goes on, and reads of
 * what is durable. The statements are plain SQL in a dialect that SQLite and PostgreSQL both take, with `?` for values.
 */

/** The most rows of one read: no answer grows without bound, and no read holds the event loop for long. */
export const MAX_READ_ROWS = 10_000;

/** What a column holds. Integers are read back as bigint, so that nothing is rounded at 2^53. */
export type SqlValue = string | bigint | number | Uint8Array | null;

/** A row as it is read: text, integer (bigint), blob or null, by column name. */
export type Row = Record<string, string | bigint | number | Uint8Array | null>;

/** One statement of a unit. */
export interface Write {
  readonly sql: string;
  readonly params: readonly SqlValue[];
  /**
   * When this statement neither changes nor returns a row, the rest of its unit is not run, and what ran of it is undone.
   * So `INSERT ... ON CONFLICT DO NOTHING RETURNING ...` lets a unique constraint judge: the caller sees which
   * statement stopped, and then looks why.
   */
  readonly stop_if_no_row?: boolean;
  /**
   * A name for the row that this writes anew, with nothing kept of what was there. Whoever gathers a unit may leave out the
   * earlier statements of that name: a server takes longer for each of many changes of one row in a transaction.
   */
  readonly whole_row?: string;
}

/** How a unit went: all of its statements took effect, or none. */
export type UnitResult =
  | {
      readonly committed: true;
      /** The rows that each statement returned. */
      readonly rows: readonly (readonly Row[])[];
    }
  | {
      readonly committed: false;
      /** The statement that found no row, counted from 0. */
      readonly stopped_at: number;
    };

/**
 * Asks whether this node may speak now. Undefined: it may. A promise: it is being found out, and the promise resolves once
 * the node may; when another node has taken over it never does, and the process ends.
 */
export type Fence = () => Promise<void> | undefined;

/** The store, as the modules above it see it. */
export interface Store {
  /**
   * Hands over one unit: all or nothing. Units take effect in the order in which they were handed over; those that
   * arrive while the disk is busy share one transaction and one fsync. The promise resolves when the unit is durable,
   * and promises resolve in the order of their units: what a module tells the outside must wait for it.
   *
   * Rejects with StoreClosedError, or with StoreRefusedError when a value cannot be kept or a constraint forbids it: then
   * nothing of this unit was written, and the units beside it were. When the database itself fails (full disk, read-only
   * file, damage) the promise never resolves: `onFailure`, given when the store was opened, ends the process, because
   * memory may by now hold what the disk does not.
   */
  commit(unit: readonly Write[]): Promise<UnitResult>;

  /**
   * Reads what is durable. Rows come in the statement's order. Rejects with RangeError for more than MAX_READ_ROWS, and
   * with StoreClosedError (only a server says so), and with StoreRefusedError for a value that no row can hold, and with StoreFailure when the database cannot be read.
   */
  read(sql: string, params?: readonly SqlValue[]): Promise<readonly Row[]>;

  /**
   * What leaves the node without a write asks this first, and again right before it leaves: a node that was paused may
   * wake when another one works in its place, and what it remembers is old. A store that no second node can write, such as
   * a file under its lock, always answers undefined.
   */
  fence(): ReturnType<Fence>;

  /** Commits what was handed over, then closes. */
  close(): Promise<void>;
}

/** The store is closing: the unit was not taken. */
export class StoreClosedError extends Error {
  override readonly name = 'StoreClosedError';

  constructor() {
    super('the store is closing: nothing more is taken');
  }
}

/** The database does not take the unit: a value that it cannot keep, or one that a constraint forbids. */
export class StoreRefusedError extends Error {
  override readonly name = 'StoreRefusedError';
}
