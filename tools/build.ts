/** `npm run build`: the JavaScript and the types that are published, in dist/. To run or test Till it is not needed. */
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);
// What an earlier build left would be published too.
rmSync(join(root, 'dist'), { recursive: true, force: true });
const { status } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tools/tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);

// What browsers load: modules that know no Node, and styles.
const pages = 'src/api/web/pages';
const browser = spawnSync(
  join(root, 'node_modules/.bin/tsc'),
  [
    '-p',
    `${pages}/browser`,
    '--noEmit',
    'false',
    '--rewriteRelativeImportExtensions',
    '--outDir',
    `dist/${pages}/browser`,
  ],
  { cwd: root, stdio: 'inherit' },
);
cpSync(join(root, pages, 'style'), join(root, 'dist', pages, 'style'), { recursive: true });
process.exit(browser.status ?? 1);
