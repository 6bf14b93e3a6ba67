/**
 * `npm run soak`: runs test files many times, more at once than there are cores, to find those that depend on how quick or
 * busy the machine is. In each round every file runs once, in another order. What fails is told at once, with the file that
 * has its output, and counted at the end; ends with 1 then.
 *
 *   npm run soak -- --times=50                        every file, the longer ones too: many hours
 *   npm run soak -- --times=50 test/node/channels     the files whose path contains this
 *   npm run soak -- --times=50 --at-once=12 --seed=7  twelve at once, in the orders of this seed
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, globSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { Random } from '../test/sim/random.ts';
import { startSharedServer } from './shared-server.ts';

/** As in `npm test`: none takes a tenth of this where nothing is wrong. */
const LONGEST_MS = 600_000;

const { values, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    times: { type: 'string', default: '10' },
    'at-once': { type: 'string', default: String(4 * availableParallelism()) },
    seed: { type: 'string', default: '1' },
  },
});
const [times, at_once, seed] = [values.times, values['at-once'], values.seed].map(Number) as [number, number, number];
const files = globSync('test/**/*.test.ts')
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();
if (files.length === 0 || !(times >= 1) || !(at_once >= 1) || !Number.isSafeInteger(seed)) {
  console.error(
    'npm run soak -- [--times=50] [--at-once=8] [--seed=1] [PART OF A PATH ...]: numbers, and a file that exists',
  );
  process.exit(2);
}

const random = new Random(seed);
const kept = mkdtempSync(join(tmpdir(), 'till-soak-'));
const failures = new Map<string, string[]>();
const took_ms = new Map<string, number[]>();

/** Runs one file. Its output stays where it failed. */
async function runOnce(file: string, round: number): Promise<void> {
  const path = join(kept, `${basename(file, '.test.ts')}-${round}`);
  const begun_ms = performance.now();
  const args = ['--test', '--test-reporter=spec', `--test-timeout=${LONGEST_MS}`, file];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [[code]] = await Promise.all([once(child, 'exit'), pipeline(child.stdout, createWriteStream(path))]);
  took_ms.set(file, [...(took_ms.get(file) ?? []), performance.now() - begun_ms]);
  if (code === 0) return rmSync(path);
  failures.set(file, [...(failures.get(file) ?? []), path]);
  console.log(`FAILED ${file} in round ${round}: ${path}`);
}

const stopShared = await startSharedServer(files, false);
for (let round = 1; round <= times; round++) {
  const left = files.map((file) => [random.next(), file] as const).sort(([a], [b]) => a - b);
  const next = async (): Promise<void> => {
    for (let each = left.pop(); each !== undefined; each = left.pop()) await runOnce(each[1], round);
  };
  await Promise.all(Array.from({ length: at_once }, next));
  const failed = [...failures.values()].reduce((sum, paths) => sum + paths.length, 0);
  console.log(`${round} of ${times} rounds of ${files.length} files, ${at_once} at once: ${failed} runs failed so far`);
}
await stopShared?.();

console.log('\nfailed  longest s  file');
for (const file of files.filter((each) => failures.has(each))) {
  const longest_s = (Math.max(...(took_ms.get(file) ?? [])) / 1000).toFixed(1);
  console.log(`${String(failures.get(file)?.length).padStart(6)}  ${longest_s.padStart(9)}  ${file}`);
}
console.log(
  `${times * files.length} runs, ${failures.size} of ${files.length} files failed at least once, seed ${seed}`,
);
process.exitCode = failures.size === 0 ? 0 : 1;
