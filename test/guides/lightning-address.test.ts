import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { freePort } from '../support/bitcoind.ts';
import { LnurlWallet } from '../support/lnurl-wallet.ts';
import { Reader } from './reader.ts';

const missing = spawnSync('curl', ['--version']).error === undefined ? {} : { skip: 'there is no curl' };

test('docs/guide/lightning-address.md', missing, async (t) => {
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const reader = new Reader('lightning-address', [
    ['https://shop.example/.well-known', `http://${host}/.well-known`],
    ['--public-url=https://shop.example', `--public-url=http://${host} --trusted-proxy=127.0.0.1`],
    ['127.0.0.1:3013', host],
    ['curl ', 'curl --silent '],
  ]);
  t.after(() => reader.close());
  const node = reader.begin('till start --public-url=https://shop.example --shop-bind=127.0.0.1:3013');
  await node.says('is up on regtest');
  const made = await reader.run(
    'till createlightningaddress name=tips description="A tip for the kitchen" comment_length=200 success_message="Thank you from the kitchen"',
  );
  const { address, lnurl } = JSON.parse(made.stdout);
  assert.equal(address, `tips@${host}`);
  assert.match((await reader.run('till listlightningaddresses')).stdout, new RegExp(lnurl));
  const asked = JSON.parse((await reader.run('curl https://shop.example/.well-known/lnurlp/tips')).stdout);
  const shown = JSON.parse(/^```json\n(\{\n {2}"callback"[\s\S]*?)^```/m.exec(reader.text)?.[1] ?? '');
  assert.deepEqual(
    { ...asked, callback: '', metadata: asked.metadata.replace(host, 'shop.example') },
    { ...shown, callback: '' },
  );
  const wallet = new LnurlWallet(async (url) => await (await fetch(url)).text());
  const terms = await wallet.open(lnurl);
  // A shop without a channel says so, in place of an invoice that nobody can pay.
  await assert.rejects(wallet.ask(terms, 1_000), /cannot receive that much/);
  const changed = await reader.runMentioned('till updatelightningaddress name=tips max_msat=50000sat');
  assert.equal(JSON.parse(changed.stdout).max_msat, 50_000_000);
  await assert.rejects(wallet.ask(terms, 1_000), /has changed: ask again/);
  await reader.run(
    `till createwebhook url=https://shop.example/hooks/tips types='["invoice.paid"]' label_prefix=lnurlp/tips/`,
  );
  reader.assertAllFollowed();
});
