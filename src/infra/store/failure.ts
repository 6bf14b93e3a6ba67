/** What goes wrong with a database, in words that say what to do. */

/** The database could not be opened, or failed while at work. After the latter nothing more may be promised. */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure';
}

/** What SQLite's primary result codes mean for the operator (sqlite.org/rescode.html). */
const ADVICE: Readonly<Record<number, string>> = {
  5: 'another process holds the database: stop it first',
  8: 'the file or its directory cannot be written: check its owner, its mode and whether the disk is mounted read-only',
  10: 'the disk answered an error: look at the system log before anything else',
  11: 'the file is damaged: stop the node, keep a copy of the file and of what begins with its name, look at the disk, then restore a backup as docs/guide/backups.md says',
  13: 'the disk is full: make room and start again; nothing that was answered is lost',
  14: 'the file cannot be opened: check that the directory exists and who owns it',
  26: 'the file is no database: restore a backup, or move it away',
};

/** A failure in words: what SQLite said, in which file, and what to do. */
export function describeFailure(error: unknown, file: string): StoreFailure {
  if (error instanceof StoreFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = (error as { errcode?: unknown } | null)?.errcode;
  const advice = typeof code === 'number' ? ADVICE[code & 0xff] : undefined;
  return new StoreFailure(`database ${file}: ${message}${advice === undefined ? '' : ` (${advice})`}`);
}
