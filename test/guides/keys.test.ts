import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Reader } from './reader.ts';

test('docs/guide/keys.md', async (t) => {
  const reader = new Reader('keys', [
    ['signet', 'regtest'],
    ['FILE', 'passphrase'],
  ]);
  t.after(() => reader.close());
  await reader.outside('till start --daemon --log-file=log && till stop');
  const { stdout, stderr } = await reader.run('till seed --network=signet');
  assert.equal(
    stdout,
    readFileSync(join(reader.home, '.till', 'regtest', 'seed'), 'utf8')
      .trimEnd()
      .concat('\n'),
  );
  assert.match(stderr, /Write these words on paper/);
  const { code } = await reader.runMentioned('till newaddr');
  assert.equal(code, 2, 'the node was stopped');
  writeFileSync(join(reader.home, 'passphrase'), 'another node\n');
  const refused = await reader.runMentioned('till start --passphrase-file=FILE');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /the database is that of node/);
  reader.assertAllFollowed();
});
