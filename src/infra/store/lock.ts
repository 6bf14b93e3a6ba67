/**
 * The lock on a node's directory: two daemons on one database would each promise what the other does not know. It is
 * the operating system's lock on a file, held through SQLite, so it falls with the process, however that dies.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describeFailure, StoreFailure } from './failure.ts';

const SQLITE_BUSY = 5;

/** Takes the lock; the function that is returned gives it back. Throws StoreFailure when another process has it. */
export function lockDirectory(directory: string): () => void {
  const file = join(directory, 'till.lock');
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if ((error as { errcode?: unknown }).errcode === SQLITE_BUSY) {
      throw new StoreFailure(`another till is running on ${directory}: stop it, or give this one a --lightning-dir`);
    }
    throw describeFailure(error, file);
  }
  return () => database.close();
}

/** Whether a process has the lock of a directory now; false where none was ever taken. */
export function isLocked(directory: string): boolean {
  const file = join(directory, 'till.lock');
  if (!existsSync(file)) return false;
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    database.prepare('SELECT count(*) FROM sqlite_master').get();
    return false;
  } catch (error) {
    if ((error as { errcode?: unknown }).errcode === SQLITE_BUSY) return true;
    throw describeFailure(error, file);
  } finally {
    database.close();
  }
}
