/**
 * The store on a SQLite file: a thread that writes (WAL, synchronous=FULL, one connection) and a connection of the main
 * thread that reads.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import type { LackedCommits } from './commit-count.ts';
import { describeFailure, StoreFailure } from './failure.ts';
import { DATABASE_FILE } from './file-name.ts';
import { Journal } from './journal.ts';
import { lockDirectory } from './lock.ts';
import { MIGRATIONS } from './migrations/index.ts';
import type { Migration } from './migrations/migration.ts';
import { Reader } from './reader.ts';
import { type Row, type SqlValue, type Store, StoreRefusedError, type UnitResult, type Write } from './store.ts';
import type { WorkerData, WorkerMessage, WorkerRequest } from './worker.ts';

/** How to open a store. */
export interface SqliteStoreOptions {
  /** Where the database and its lock live; it must exist. */
  readonly directory: string;
  /** Called once when the database fails: the process must end, because memory may be ahead of the disk. */
  readonly onFailure: (error: StoreFailure) => void;
  /** Called once, before the store is opened, when the database is older than the node: it is marked as a copy by then. */
  readonly onLacked?: (commits: LackedCommits) => void;
  /** Default: all that this Till knows. */
  readonly migrations?: readonly Migration[];
  /** The most pages of 4 KiB that the file may have. Default: what the disk holds. */
  readonly max_page_count?: number;
}

/** Opens the store of a directory. Rejects with StoreFailure: locked, damaged, not writable, or of a newer Till. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const unlock = lockDirectory(options.directory);
  const file = join(options.directory, DATABASE_FILE);
  try {
    const workerData: WorkerData = {
      file,
      migrations: options.migrations ?? MIGRATIONS,
      max_page_count: options.max_page_count,
    };
    // The thread's file has the ending of this one: .ts in the repository, .js in the package.
    const program = new URL(`./worker${import.meta.url.slice(-3)}`, import.meta.url);
    const worker = new Worker(program, { workerData });
    const lacked = await opened(worker);
    if (lacked !== undefined) options.onLacked?.(lacked);
    return new SqliteStore(worker, file, unlock, options.onFailure);
  } catch (error) {
    unlock();
    throw describeFailure(error, file);
  }
}

function opened(worker: Worker): Promise<LackedCommits | undefined> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (message: WorkerMessage) => {
      worker.off('error', reject);
      if (message.kind === 'open') resolve(message.lacked);
      else if (message.kind === 'failed') reject(new StoreFailure(message.message));
    });
  });
}

class SqliteStore implements Store {
  readonly #worker: Worker;
  readonly #file: string;
  readonly #unlock: () => void;
  readonly #onFailure: (error: StoreFailure) => void;
  readonly #database: DatabaseSync;
  readonly #reader: Reader;
  readonly #journal: Journal;
  #failed = false;
  #onClosed: () => void = () => {};

  constructor(worker: Worker, file: string, unlock: () => void, onFailure: (error: StoreFailure) => void) {
    this.#worker = worker;
    this.#file = file;
    this.#unlock = unlock;
    this.#onFailure = onFailure;
    this.#database = new DatabaseSync(file, { readOnly: true });
    this.#reader = new Reader(this.#database);
    this.#journal = new Journal((batch) => this.#tell({ kind: 'batch', batch }));
    worker.on('message', (message: WorkerMessage) => this.#hear(message));
    worker.on('error', (error) => this.#fail(describeFailure(error, file)));
  }

  commit(unit: readonly Write[]): Promise<UnitResult> {
    return this.#journal.add(unit);
  }

  read(sql: string, params: readonly SqlValue[] = []): Promise<readonly Row[]> {
    try {
      return Promise.resolve(this.#reader.read(sql, params));
    } catch (error) {
      const isAsked = error instanceof RangeError || error instanceof StoreRefusedError;
      return Promise.reject(isAsked ? error : describeFailure(error, this.#file));
    }
  }

  /** Nobody else can write it. */
  fence(): undefined {
    return undefined;
  }

  async close(): Promise<void> {
    if (!this.#failed) {
      await this.#journal.drain();
      // The connection that closes last puts the log into the file: a stopped node's database is one file.
      this.#database.close();
      const closed = new Promise<void>((resolve) => {
        this.#onClosed = resolve;
      });
      this.#tell({ kind: 'close' });
      await closed;
    }
    await this.#worker.terminate();
    if (this.#database.isOpen) this.#database.close();
    this.#unlock();
  }

  #tell(request: WorkerRequest): void {
    if (!this.#failed) this.#worker.postMessage(request);
  }

  #hear(message: WorkerMessage): void {
    if (message.kind === 'durable') this.#journal.finish(message.outcomes);
    else if (message.kind === 'closed') this.#onClosed();
    else if (message.kind === 'failed') this.#fail(new StoreFailure(message.message));
  }

  #fail(failure: StoreFailure): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#onFailure(failure);
  }
}
