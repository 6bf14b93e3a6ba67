import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '../support/bitcoind.ts';
import { Reader } from './reader.ts';

test('docs/guide/dashboard.md', async (t) => {
  const port = String(await freePort());
  const reader = new Reader('dashboard', [['3011', port]]);
  t.after(() => reader.close());
  const node = reader.begin('till start --dashboard-bind=127.0.0.1:3011 --shop-timezone=Europe/Berlin');
  await node.says('is up on regtest');
  const { stdout: link } = await reader.run('till dashboard');
  assert.match(link, new RegExp(`^http://localhost:${port}/sign-in\\?token=[\\w-]{43}\\n$`));
  const page = await fetch(link.trim());
  assert.equal(page.status, 200);
  assert.match(await page.text(), /This link signs you in once/);
  const takings = await reader.run('till listtakings by=month periods=3');
  assert.match(takings.stdout, /Europe\/Berlin/);
  await reader.run('till -k findinvoices status=paid limit=5');
  const made = await reader.run('till createuser Anna cashier');
  assert.match(made.stdout, /sign-in\?token=/);
  assert.match((await reader.run('till listusers')).stdout, /Anna/);
  await reader.run('till listsessions');
  await reader.run('till listactions');
  const again = await reader.runMentioned('till dashboard --user=Anna');
  assert.match(again.stdout, /sign-in/);
  await node.end();
  reader.assertAllFollowed();
});
