import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { GUIDES, stepsOf } from './reader.ts';

test('every guide that has something to type has a test that follows it', () => {
  const guides = readdirSync(GUIDES).filter((file) => file.endsWith('.md'));
  assert.ok(guides.length > 5);
  for (const guide of guides) {
    const steps = stepsOf(readFileSync(join(GUIDES, guide), 'utf8'));
    const name = guide.replace(/\.md$/, '.test.ts');
    assert.ok(steps.length === 0 || existsSync(join(import.meta.dirname, name)), `${guide} has no test/guides/${name}`);
  }
});

test('the steps of a guide are its commands and its files, in order', () => {
  const guide = [
    ...['Into `~/.till/config`:', '```ini', 'a=1', '```', 'then', '   ```sh', '   # a comment', '   till start \\'],
    ...['     --daemon', '', '   till stop', '   ```', '```text', 'no step', '```', ''],
  ].join('\n');
  assert.deepEqual(
    stepsOf(guide).map(({ kind, name, text }) => [kind, name, text]),
    [
      ['file', '~/.till/config', 'a=1\n'],
      ['command', 'till start --daemon', 'till start --daemon'],
      ['command', 'till stop', 'till stop'],
    ],
  );
});
