import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '../support/bitcoind.ts';
import { Reader } from './reader.ts';

test('docs/guide/counter.md', async (t) => {
  const port = await freePort();
  const reader = new Reader('counter', [['3013', String(port)]]);
  t.after(() => reader.close());
  const node = reader.begin('till start --shop-bind=127.0.0.1:3013 --shop-currency=EUR');
  await node.says('is up on regtest');
  await reader.run('till createuser bar cashier');
  const { token } = JSON.parse((await reader.run('till createlogin bar')).stdout);
  const coffee = JSON.parse((await reader.run('till createitem Coffee 350')).stdout);
  assert.deepEqual([coffee.currency, coffee.amount], ['EUR', 350]);
  await reader.run('till createitem "Apple cake" 420');
  const { items } = JSON.parse((await reader.run('till listitems')).stdout);
  assert.equal(items.length, 2);

  const origin = `http://127.0.0.1:${port}`;
  const send = (path: string, fields: Readonly<Record<string, string>>, cookie = '') =>
    fetch(origin + path, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin, cookie, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(fields).toString(),
    });
  const signed_in = await send('/sign-in', { way: 'link', token, next: '/pos' });
  assert.equal(signed_in.headers.get('location'), '/pos');
  const cookie = signed_in.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const page = await (await fetch(`${origin}/pos`, { headers: { cookie } })).text();
  for (const words of ['Coffee', '€3.50', 'Apple cake', 'Charge', 'bar']) assert.ok(page.includes(words), words);
  assert.doesNotMatch(page, /Price list/, 'which is for the owner');
  assert.match((await reader.runMentioned('till listsessions')).stdout, /bar/);
  reader.assertAllFollowed();
});
