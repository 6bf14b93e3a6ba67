#!/usr/bin/env node
// The starter of the command. Plain JavaScript for any Node, so that one that is too old gets a clear message.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import nodeModule from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const built = join(root, 'dist', 'bin', 'till.js');
const source = join(root, 'bin', 'till.ts');
const ownNode = join(root, 'node_modules', 'node', 'bin', 'node');
const isCheckout = existsSync(source);
const isNewEnough = Number.parseInt(process.versions.node, 10) >= 24;

if (isCheckout && !existsSync(ownNode)) {
  fail(`the packages of the checkout are not installed yet: run  npm ci  in ${root}`);
} else if (isNewEnough) {
  if (isCheckout) keepCompiled();
  await import(pathToFileURL(isCheckout ? source : built).href);
} else if (isCheckout) {
  // A checkout brings its own Node.
  keepCompiled();
  // As in deploy/till.service: the C library would keep memory apart for each thread that ever asked for some.
  const env = { MALLOC_ARENA_MAX: '2', ...process.env };
  const child = spawn(ownNode, [source, ...process.argv.slice(2)], { stdio: 'inherit', env });
  // A node must not go on alone when its starter is ended. The terminal sends Ctrl-C to both by itself.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
  }
  child.on('exit', (code) => process.exit(code ?? 1));
} else {
  fail(`Node 24 or newer is needed; this is Node ${process.versions.node}. See https://nodejs.org`);
}

/** Every process and thread would take the types off the same files again, which needs 17 MB of memory in each. */
function keepCompiled() {
  process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules', '.cache', 'compiled');
  nodeModule.enableCompileCache?.(process.env.NODE_COMPILE_CACHE);
}

/** @param {string} message */
function fail(message) {
  process.stderr.write(`till: ${message}\n`);
  process.exitCode = 3;
}
