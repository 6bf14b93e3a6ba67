/** Which tests open a store that may as well be a server: found by what they import, so that none is forgotten. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Whoever imports one of these opens stores that follow `--store`. */
const ROOTS: ReadonlySet<string> = new Set([
  'test/support/test-store.ts',
  'test/support/town.ts',
  'test/support/node-process.ts',
]);

const imported = new Map<string, readonly string[]>();

function importsOf(file: string): readonly string[] {
  const known = imported.get(file);
  if (known !== undefined) return known;
  const text = readFileSync(file, 'utf8');
  const paths = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+\.ts)'/g)].map(([, path]) =>
    join(dirname(file), path as string),
  );
  const found = paths.filter((path) => path.startsWith('test/') && existsSync(path));
  imported.set(file, found);
  return found;
}

/** Whether a test file opens such a store, by itself or by what it imports. */
export function opensStore(file: string): boolean {
  const seen = new Set<string>();
  const waiting = [file];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (ROOTS.has(next)) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    waiting.push(...importsOf(next));
  }
  return false;
}
