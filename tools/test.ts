/** `npm test`: every test of the repository, or those whose path contains one of the words given. */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const words = process.argv.slice(2);
const files = globSync('test/**/*.test.ts')
  .sort()
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
if (files.length === 0) {
  console.error(`No test file's path contains ${words.join(' or ')}`);
  process.exit(1);
}
/** A test that hangs fails; none takes a tenth of this unless asked for more rounds. */
const LONGEST = '--test-timeout=600000';
/** A test that never lets its event loop turn does not see that limit; with this one the whole run ends. */
const LONGEST_RUN_MS = 1_800_000;
/** Node leaves one core free, which of two is half of the machine; most tests wait for processes of their own. */
const AT_ONCE = `--test-concurrency=${Math.max(2, availableParallelism())}`;
const { status, error } = spawnSync(process.execPath, ['--test', '--test-reporter=spec', AT_ONCE, LONGEST, ...files], {
  stdio: 'inherit',
  timeout: LONGEST_RUN_MS,
});
if (error !== undefined) console.error(`The tests did not end within ${LONGEST_RUN_MS / 60_000} minutes`);
process.exit(status ?? 1);
