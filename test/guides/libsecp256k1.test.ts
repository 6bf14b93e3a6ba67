import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Reader } from './reader.ts';

test('docs/guide/libsecp256k1.md', async (t) => {
  const reader = new Reader('libsecp256k1');
  t.after(() => reader.close());
  await reader.outside('till start --daemon --log-file=log');
  assert.equal(JSON.parse((await reader.run('till getinfo')).stdout).warning_libsecp256k1, undefined);
  await reader.outside('till stop');
  reader.pass('sudo apt install python3 make g++', 'a test does not change the machine');
  reader.pass('npm rebuild secp256k1', 'it would change the packages that other tests use');
  reader.assertAllFollowed();
});
