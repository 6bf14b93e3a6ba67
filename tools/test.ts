/**
 * `npm test`: every test of the repository but the longer ones, or those whose path contains one of the words given.
 * `npm test -- --longer` runs the longer ones. `--store=postgres` runs all tests that open a store,
 * or those named, with PostgreSQL as the store of every module and of whole nodes (tools/store-tests.ts).
 * `--patient` gives each test two hours, for runs of many rounds.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSharedServer } from './shared-server.ts';
import { opensStore } from './store-tests.ts';

const given = process.argv.slice(2);
const words = given.filter((word) => !word.startsWith('--'));
const store = given.find((word) => word.startsWith('--store='))?.slice('--store='.length);
/** They start many nodes one after the other, or wait for minutes. */
const LONGER = [
  'test/guides/',
  'test/crash/',
  'test/pair/',
  'test/e2e/sandbox',
  'test/app/sandbox/silence',
  'test/app/sandbox/small-channels',
  'test/app/daemon/sql-on-a-server',
  'test/app/daemon/hostile-texts',
  'test/app/daemon/pair',
  'test/node/network/same-file',
  'test/peers/ldk-force-close',
  'test/peers/ldk-parts',
];
const isLonger = (file: string): boolean => LONGER.some((path) => file.startsWith(path));
const isOfLonger = given.includes('--longer');
const isPatient = given.includes('--patient');
const isWanted = (file: string): boolean => {
  if (words.length > 0) return words.some((word) => file.includes(word));
  if (store !== undefined && !opensStore(file)) return false;
  return isLonger(file) === isOfLonger;
};
const files = globSync('test/**/*.test.ts').sort().filter(isWanted);
if (files.length === 0) {
  console.error(`No test file's path contains ${words.join(' or ')}`);
  process.exit(1);
}
if (store !== undefined && store !== 'postgres') {
  console.error(`--store is postgres, not '${store}'; without it stores are in memory`);
  process.exit(1);
}
/** A test that waits for what never comes fails soon where nothing else is alive. */
const HANG_WATCH = `--import=${new URL('../test/support/hang-watch.ts', import.meta.url).href}`;
/** Any other that hangs fails too; none takes a tenth of this unless asked for more rounds. */
const LONGEST_MS = 600_000;
/** A test that never lets its event loop turn does not see that limit; with this one the whole run ends. */
const LONGEST_RUN_MS = 1_800_000;
/** On a server each commit takes a way there and a disk. */
const LONGEST_ON_SERVER_MS = 2 * LONGEST_RUN_MS;
const PATIENT_MS = 7_200_000;
/** Node leaves one core free, which of two is half of the machine; most tests wait for processes of their own. */
const AT_ONCE = `--test-concurrency=${Math.max(2, availableParallelism())}`;

/** Needs what all others have done. */
const STATEMENTS = join('test', 'infra', 'store', 'postgres', 'statements.test.ts');

/** Runs test files. Answers the exit code. */
async function run(paths: readonly string[], options: readonly string[] = []): Promise<number> {
  const limit = `--test-timeout=${isPatient ? PATIENT_MS : LONGEST_MS}`;
  const unhurried_ms = store === undefined ? LONGEST_RUN_MS : LONGEST_ON_SERVER_MS;
  const longest_run_ms = isPatient ? PATIENT_MS : unhurried_ms;
  const args = ['--test', '--test-reporter=spec', AT_ONCE, limit, HANG_WATCH, ...options, ...paths];
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  const timer = setTimeout(() => {
    console.error(`The tests did not end within ${longest_run_ms / 60_000} minutes`);
    child.kill();
  }, longest_run_ms);
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    return code ?? 1;
  } finally {
    clearTimeout(timer);
  }
}

const stopShared = await startSharedServer(files, store !== undefined);
if (store !== undefined) process.env.TILL_TEST_STORE = store;
let status: number;
if (words.length > 0 || isOfLonger || store !== undefined) status = await run(files);
else {
  // What the stores of all tests are asked is shown to PostgreSQL at the end.
  const directory = mkdtempSync(join(tmpdir(), 'till-seen-'));
  process.env.TILL_SEEN_SQL = join(directory, 'statements');
  status = await run(
    files.filter((file) => file !== STATEMENTS),
    [`--import=${new URL('../test/support/record-sql.ts', import.meta.url).href}`],
  );
  status = (await run([STATEMENTS])) || status;
  rmSync(directory, { recursive: true });
  console.log('The longer tests were left out: npm test -- --longer');
}
await stopShared?.();
process.exit(status);
