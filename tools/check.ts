/** `npm run check`: format, lint and types. With --fix, what can be mended is mended. */
import { spawnSync } from 'node:child_process';

const fix = process.argv.includes('--fix');
const steps: [string, string[]][] = [
  ['node_modules/.bin/biome', ['check', ...(fix ? ['--write'] : []), '--error-on-warnings', '.']],
  ['node_modules/.bin/tsc', ['-p', 'tsconfig.json']],
  // What browsers run has their names, and none of Node's.
  ['node_modules/.bin/tsc', ['-p', 'src/api/web/pages/browser']],
  [process.execPath, ['tools/docs.ts', ...(fix ? [] : ['--check'])]],
];
let failed = false;
for (const [command, args] of steps) {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  failed ||= status !== 0;
}
process.exit(failed ? 1 : 0);
