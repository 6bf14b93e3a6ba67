/** A consistent copy of a database that is in use, as one file. */
import { chmodSync, existsSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describeFailure, StoreFailure } from './failure.ts';
import { sync } from './whole-file.ts';

/** What a copy is told, so that it knows that it is one. */
export const MARK_AS_COPY = `INSERT INTO database_file (number, identity, is_copy) VALUES (0, '', 1)
  ON CONFLICT (number) DO UPDATE SET is_copy = 1`;

/** What the copying thread is started with. */
export interface CopyOrder {
  readonly source: string;
  readonly destination: string;
}

/**
 * Copies the database to a file that must not exist yet, marked as a copy. What was durable when it began is in it; what
 * happens meanwhile is not, and is not held up. The file is durable when this resolves, and absent or whole at any time.
 * Rejects with StoreFailure.
 */
export async function copyDatabase(source: string, destination: string): Promise<void> {
  if (existsSync(destination)) throw new StoreFailure(`${destination} exists already: a backup overwrites nothing`);
  const unfinished = `${destination}.unfinished`;
  try {
    rmSync(unfinished, { force: true });
    const order: CopyOrder = { source, destination: unfinished };
    // The thread's file has the ending of this one: .ts in the repository, .js in the package.
    const worker = new Worker(new URL(`./copy-worker${import.meta.url.slice(-3)}`, import.meta.url), {
      workerData: order,
    });
    await new Promise<void>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('exit', () => resolve());
    });
    chmodSync(unfinished, 0o600);
    sync(unfinished);
    renameSync(unfinished, destination);
    sync(dirname(destination));
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw describeFailure(error, destination);
  }
}
