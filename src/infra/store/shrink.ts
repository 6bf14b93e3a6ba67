/**
 * Gives the disk back what deleted rows leave behind: after 200,000 invoices were cleaned the file would stay as large as
 * it ever was. It is done a MiB at a time, while nothing else is to be written, by the thread that writes.
 */
import type { DatabaseSync } from 'node:sqlite';

/** Pages of 4 KiB that stay free for new rows: 4 MiB, or a tenth of the file. */
const LEAST_FREE_PAGES = 1024;
const FREE_SHARE = 10;
/** Pages in one step: it holds up a commit by less than 10 ms. */
const STEP_PAGES = 256;
/** From the last commit until the first step, and from one step to the next. */
const IDLE_MS = 1000;
const BETWEEN_STEPS_MS = 20;

const INCREMENTAL = 2;
const SQLITE_FULL = 13;

function pragma(database: DatabaseSync, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}

/**
 * Lets a database give pages back one at a time: a new one at once, an old one by being written anew, once. Before
 * anything else is done with it. Where the disk has no room for that the file stays as it is.
 */
export function allowShrinking(database: DatabaseSync): void {
  if (pragma(database, 'auto_vacuum') === INCREMENTAL) return;
  database.exec(`PRAGMA auto_vacuum = ${INCREMENTAL}`);
  if (pragma(database, 'page_count') === 0) return;
  try {
    database.exec('VACUUM');
  } catch (error) {
    if ((error as { errcode?: number }).errcode !== SQLITE_FULL) throw error;
  }
}

/**
 * Moves the log into the file, which has its new length only then: until then pages that were given back are missing in the
 * log alone. False: somebody reads what was there before, and the file stays as long as it is.
 */
function cutFile(database: DatabaseSync): boolean {
  return pragma(database, 'wal_checkpoint(TRUNCATE)') === 0;
}

/** Shrinks the file of one connection while it is idle. */
export class Shrinker {
  readonly #database: DatabaseSync;
  readonly #onError: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  /** Pages were given back, but the file has not been cut yet. */
  #isFileTooLong = false;

  /** `onError`: the database failed. */
  constructor(database: DatabaseSync, onError: (error: unknown) => void) {
    this.#database = database;
    this.#onError = onError;
  }

  /** Something was committed: there may be free pages, and the connection is not idle. */
  touched(): void {
    clearTimeout(this.#timer);
    this.#wait(IDLE_MS);
  }

  /** Before the connection is closed. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(delay_ms: number): void {
    this.#timer = setTimeout(() => {
      try {
        this.#step();
      } catch (error) {
        this.#onError(error);
      }
    }, delay_ms);
    this.#timer.unref();
  }

  #step(): void {
    const free = pragma(this.#database, 'freelist_count');
    const may_stay_free = Math.max(LEAST_FREE_PAGES, pragma(this.#database, 'page_count') / FREE_SHARE);
    if (free > may_stay_free) {
      this.#database.exec(`PRAGMA incremental_vacuum(${STEP_PAGES})`);
      this.#isFileTooLong = true;
    } else {
      if (!this.#isFileTooLong) return;
      this.#isFileTooLong = !cutFile(this.#database);
    }
    this.#wait(BETWEEN_STEPS_MS);
  }
}
