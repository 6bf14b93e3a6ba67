/** Small files that are there whole or not at all, whatever happens meanwhile. */
import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes a file; when this returns it is durable. Only its owner can read it, or whoever could read the one in its place:
 * `as it was`. Throws what the file system says.
 */
export function writeWhole(path: string, content: string | Uint8Array, readers: 'owner' | 'as it was' = 'owner'): void {
  const temporary = `${path}.new`;
  const before = readers === 'owner' ? undefined : statSync(path, { throwIfNoEntry: false });
  const fd = openSync(temporary, 'w', 0o600);
  try {
    if (before !== undefined) fchmodSync(fd, before.mode & 0o777);
    const bytes = Buffer.from(content);
    for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
  sync(dirname(path));
}

/** Makes a file's content, or a directory's names, durable. Throws what the file system says. */
export function sync(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
