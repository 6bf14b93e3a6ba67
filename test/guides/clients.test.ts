import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Reader } from './reader.ts';

test('docs/guide/clients.md', async (t) => {
  const reader = new Reader('clients', []);
  t.after(() => reader.close());
  await reader.outside('till start --daemon --log-file=log');
  for (const words of [
    '["method=listfunds","method=listpays","method=listinvoices","method=getinfo","method=waitanyinvoice"]',
    '["method=invoice"]',
    '["method=pay"]',
  ]) {
    const made = await reader.run(`till createrune restrictions='[${words}]'`);
    assert.match(JSON.parse(made.stdout).rune, /^[\w-]{40,}={0,2}$/);
  }
  await reader.outside('till stop');
  reader.assertAllFollowed();
});
