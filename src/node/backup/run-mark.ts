/**
 * A mark of the run, in the database and as the name of an empty file beside it. It changes at each start and at each
 * clean stop. An older copy of the database that is laid over the file finds the mark of a run that it does not know.
 *
 * The database is marked first: a crash on the way leaves a database that knows both the new mark and the one before.
 */
import { closeSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RandomBytes } from '../../base/crypto/random.ts';
import { toHex } from '../../base/types/hex.ts';
import type { Store } from '../../infra/store/store.ts';
import { sync } from '../../infra/store/whole-file.ts';

/** What the names of the files begin with. */
export const MARK_PREFIX = 'till.run.';

/** The marks that lie in the directory. */
export function marksIn(directory: string): readonly string[] {
  return readdirSync(directory)
    .filter((name) => name.startsWith(MARK_PREFIX))
    .map((name) => name.slice(MARK_PREFIX.length));
}

/**
 * Whether a run that the database has not heard of was here after it was written, or its own mark is gone. `run` is null
 * in a database that was never marked.
 */
export function isOlderThan(marks: readonly string[], run: string | null, previous_run: string | null): boolean {
  if (marks.some((mark) => mark !== run && mark !== previous_run)) return true;
  // Before the first mark lies there the database has no earlier one.
  return marks.length === 0 && previous_run !== null;
}

/** Marks the database and the directory again. What this database was judged to be must be durable by now. */
export async function markRun(store: Store, directory: string, randomBytes: RandomBytes): Promise<void> {
  const run = toHex(randomBytes(8));
  const old = marksIn(directory);
  await store.commit([{ sql: 'UPDATE database_file SET previous_run = run, run = ? WHERE number = 0', params: [run] }]);
  closeSync(openSync(join(directory, MARK_PREFIX + run), 'wx', 0o600));
  for (const mark of old) rmSync(join(directory, MARK_PREFIX + mark), { force: true });
  sync(directory);
}
