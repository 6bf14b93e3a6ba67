// Runs a script of this repository on the Node that the repository brings, after installing what is missing.
//   node tools/run.js SCRIPT [ARG ...]
// This file is plain JavaScript that a Node as old as 18 understands: it is what runs before anything is installed.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const ownNode = join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
const stamp = join(modules, '.till-installed');

/** What the installed packages depend on: when it changes, they are installed anew. */
function wanted() {
  const hash = createHash('sha256');
  for (const name of ['package.json', 'package-lock.json']) hash.update(readFileSync(join(root, name)));
  return hash.digest('hex');
}

const fingerprint = wanted();
const installed = existsSync(ownNode) && existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint;
if (!installed) {
  process.stderr.write('Installing what Till needs (once, about 20 seconds) ...\n');
  // npm's own variables describe the script that is running now; they would confuse the npm started here.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(lifecycle|package)_/.test(name)),
  );
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const done = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    env,
    stdio: ['ignore', 2, 2],
  });
  if (done.status !== 0 || !existsSync(ownNode)) {
    process.stderr.write('npm ci did not finish; its message is above. Nothing was started.\n');
    process.exit(done.status || 1);
  }
  writeFileSync(stamp, fingerprint);
}

// Every process and thread would take the types off the same files again: that takes longer than most tests, and 17 MB in each.
// And the C library would keep memory apart for each thread that ever asked for some, which is seldom given back.
const env = { NODE_COMPILE_CACHE: join(modules, '.cache', 'compiled'), MALLOC_ARENA_MAX: '2', ...process.env };
const child = spawn(ownNode, process.argv.slice(2), { stdio: 'inherit', env });
// The terminal sends Ctrl-C to the child as well: here it only must not end the parent first.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
