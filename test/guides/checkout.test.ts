import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../src/app/config/config.ts';
import { freePort } from '../support/bitcoind.ts';
import { Reader } from './reader.ts';

test('docs/guide/checkout.md', async (t) => {
  const reader = new Reader('checkout', [
    ['127.0.0.1:3010', `127.0.0.1:${await freePort()}`],
    // Where others run, the dashboard's own port may be taken.
    ['--invoices-onchain-fallback', '--invoices-onchain-fallback --dashboard-bind=127.0.0.1:0'],
  ]);
  t.after(() => reader.close());
  const node = reader.begin('till start --shop-bind=127.0.0.1:3010 --invoices-onchain-fallback');
  await node.says('is up on regtest');
  const made = await reader.run(
    'till invoice amount_msat=250000sat label=order-17 description="A box of tea" checkout=true redirect_url=https://shop.example/thanks',
  );
  const { checkout_url } = JSON.parse(made.stdout);
  assert.match(checkout_url, /^http:\/\/127\.0\.0\.1:\d+\/i\/[0-9a-f]{32}$/);
  const page = await (await fetch(checkout_url)).text();
  assert.match(page, /A box of tea/);
  assert.match(page, /href="bitcoin:/);
  assert.ok(!page.includes('order-17'));
  const renewable = await reader.run(
    'till invoice amount_msat=250000sat label=order-18 description="A box of tea" checkout=true checkout_renewal=true',
  );
  assert.match(JSON.parse(renewable.stdout).checkout_url, /\/i\//);
  await node.end();
  reader.file('~/.till/config');
  reader.assertAllFollowed();
  const { values } = loadConfig([`--conf=${join(reader.home, '.till/config')}`]);
  assert.deepEqual([values['public-url'], values['trusted-proxy']], ['https://pay.example', ['127.0.0.1']]);
});
