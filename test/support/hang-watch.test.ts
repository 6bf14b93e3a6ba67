/** A test that waits for what never comes fails, long before the limit of a test; one that something may still come to does not. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';

/** Runs a test with this body, as `npm test` does but for a limit of two seconds without anything to do. */
function run(t: TestContext, body: string) {
  const directory = mkdtempSync(join(tmpdir(), 'till-hang-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'some.test.mjs');
  writeFileSync(file, `import { test } from 'node:test';\ntest('some', async () => { ${body} });\n`);
  const watch = new URL('hang-watch.ts', import.meta.url).href;
  const args = ['--test', '--test-timeout=300000', '--test-reporter=spec', `--import=${watch}`, file];
  const { NODE_TEST_CONTEXT: _own, ...env } = process.env;
  return spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...env, TILL_HANG_SECONDS: '2' } });
}

test('a test that waits for what never comes fails', (t) => {
  const { status, stdout, stderr } = run(t, 'await new Promise(() => {});');
  assert.equal(status, 1);
  assert.match(stdout + stderr, /waits for what never comes/);
});

test('a test that looks again and again, and one that waits for another process, are let be', (t) => {
  for (const body of [
    'for (let look = 0; look < 60; look++) await new Promise((resolve) => setTimeout(resolve, 60));',
    `const { spawn } = await import('node:child_process');
     const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 3600)']);
     await new Promise((resolve) => child.once('exit', resolve));`,
  ]) {
    const { status, stdout } = run(t, body);
    assert.equal(status, 0, stdout);
  }
});
