/** The thread that owns the one connection that writes: it opens, migrates, and commits the batches that it is sent. */
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { type LackedCommits, openCommitCount } from './commit-count.ts';
import { describeFailure } from './failure.ts';
import type { HighWater } from './high-water.ts';
import { migrate } from './migrate.ts';
import type { Migration } from './migrations/migration.ts';
import { allowShrinking, Shrinker } from './shrink.ts';
import { type Batch, type UnitOutcome, Writer } from './writer.ts';

/** What the thread is started with. */
export interface WorkerData {
  readonly file: string;
  readonly migrations: readonly Migration[];
  /** The most pages of 4 KiB that the file may have; absent: what the disk holds. */
  readonly max_page_count: number | undefined;
}

/** What the thread says. A failure is its last word. */
export type WorkerMessage =
  | { readonly kind: 'open'; readonly lacked: LackedCommits | undefined }
  | { readonly kind: 'durable'; readonly outcomes: readonly UnitOutcome[] }
  | { readonly kind: 'closed' }
  | { readonly kind: 'failed'; readonly message: string };

/** Messages to the thread. */
export type WorkerRequest = { readonly kind: 'batch'; readonly batch: Batch } | { readonly kind: 'close' };

/**
 * Pages that wait in the log before they go to their places: 64 MiB, so that the pages of a large index, which new rows
 * change at random, are moved once for many changes.
 */
const CHECKPOINT_PAGES = 16_384;
/** Page cache in KiB: at a million invoices the indexes of hashes and labels take 65 MiB together. */
const CACHE_KIB = 98_304;

interface Opened {
  readonly database: DatabaseSync;
  readonly water: HighWater;
  readonly lacked: LackedCommits | undefined;
}

function open({ file, migrations, max_page_count }: WorkerData): Opened {
  const database = new DatabaseSync(file);
  try {
    prepare(database, { file, migrations, max_page_count });
    return { database, ...openCommitCount(database, dirname(file)) };
  } catch (error) {
    // Whoever hears of the failure may want to move the file, or unmount its disk.
    database.close();
    throw error;
  }
}

function prepare(database: DatabaseSync, { migrations, max_page_count }: WorkerData): void {
  allowShrinking(database);
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL');
  database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  database.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
  if (max_page_count !== undefined) database.exec(`PRAGMA max_page_count = ${max_page_count}`);
  migrate(database, migrations);
  // SQLite opens what it may only read without a word: better no node than one that fails at its first invoice.
  database.exec('UPDATE schema_version SET version = version');
}

function serve(port: MessagePort, data: WorkerData): void {
  const say = (message: WorkerMessage): void => port.postMessage(message);
  const fail = (error: unknown): void => {
    say({ kind: 'failed', message: describeFailure(error, data.file).message });
    port.close();
  };
  const guard = (run: () => void): void => {
    try {
      run();
    } catch (error) {
      fail(error);
    }
  };
  guard(() => {
    const { database, water, lacked } = open(data);
    const writer = new Writer(database, water);
    const shrinker = new Shrinker(database, fail);
    // What an earlier run has deleted.
    shrinker.touched();
    port.on('message', (first: WorkerRequest) =>
      guard(() => {
        // What came while the disk was busy goes into one transaction.
        const batches: Batch[] = [];
        let request: WorkerRequest | undefined = first;
        while (request?.kind === 'batch') {
          batches.push(request.batch);
          request = receiveMessageOnPort(port)?.message as WorkerRequest | undefined;
        }
        if (batches.length > 0) {
          say({ kind: 'durable', outcomes: writer.run(batches) });
          shrinker.touched();
        }
        if (request === undefined) return;
        shrinker.stop();
        database.close();
        water.close();
        say({ kind: 'closed' });
        port.close();
      }),
    );
    say({ kind: 'open', lacked });
  });
}

if (parentPort !== null) serve(parentPort, workerData as WorkerData);
