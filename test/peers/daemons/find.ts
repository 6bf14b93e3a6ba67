/**
 * Finds the daemons of others: in TILL_PEERS (directories, or programs, separated as in PATH), then on the PATH. What is
 * not found is skipped by the tests, by name.
 */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';

/** Where this program is; undefined when it is nowhere. */
export function findProgram(program: string): string | undefined {
  for (const place of (process.env.TILL_PEERS ?? '').split(delimiter)) {
    if (place === '') continue;
    const path = statSync(place, { throwIfNoEntry: false })?.isDirectory() ? join(place, program) : place;
    if (basename(path) === program && statSync(path, { throwIfNoEntry: false })?.isFile()) return path;
  }
  for (const place of (process.env.PATH ?? '').split(delimiter)) {
    if (statSync(join(place, program), { throwIfNoEntry: false })?.isFile()) return join(place, program);
  }
  return undefined;
}

/** A program with what it says of its version, or why there is none. */
export interface Found {
  readonly path: string;
  readonly version: string;
  readonly missing: string | undefined;
}

/** Looks for a program that tells its version when it is started with these words; default: `--version`. */
export function find(program: string, ...words: readonly string[]): Found {
  const path = findProgram(program);
  if (path === undefined) {
    return {
      path: '',
      version: '',
      missing: `no ${program}: have it on the PATH, or name its directory in TILL_PEERS`,
    };
  }
  const asked = words.length === 0 ? ['--version'] : words;
  const { status, stdout } = spawnSync(path, asked, { encoding: 'utf8' });
  if (status !== 0) return { path, version: '', missing: `${path} ${asked.join(' ')} fails` };
  return { path, version: stdout.trim().split('\n')[0] as string, missing: undefined };
}
