/** `npm test`: every test of the repository, or those whose path contains one of the words given. */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

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
const { status } = spawnSync(process.execPath, ['--test', '--test-reporter=spec', LONGEST, ...files], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
