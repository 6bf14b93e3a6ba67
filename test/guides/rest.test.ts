import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { freePort } from '../support/bitcoind.ts';
import { Reader } from './reader.ts';

const missing = spawnSync('curl', ['--version']).error === undefined ? {} : { skip: 'there is no curl' };

test('docs/guide/rest.md', missing, async (t) => {
  const reader = new Reader('rest', [
    ['3010', String(await freePort())],
    ['0.0.0.0', '127.0.0.1'],
    ['--cacert ca.pem', '--silent --cacert .till/regtest/ca.pem'],
  ]);
  t.after(() => reader.close());
  let node = reader.begin('till start --clnrest-port=3010 --clnrest-host=0.0.0.0');
  await node.says('is up on regtest');
  const maker = await reader.run(
    `till createrune restrictions='[["method=invoice"],["pnameamount_msat<1000001"],["rate=60"]]'`,
  );
  await reader.run('till createrune restrictions=readonly');
  reader.env.RUNE = JSON.parse(maker.stdout).rune;
  assert.match((await reader.runMentioned('till showrunes')).stdout, /method/);
  const link = await reader.run('till connect-wallet --host=node.example:3010');
  assert.match(link.stdout, /^clnrest\+https:\/\/node\.example:\d+\?rune=/);
  const asked = await reader.run(
    `curl --cacert ca.pem -H "rune: $RUNE" -d '{"amount_msat": 1000, "label": "coffee-1", "description": "Coffee"}' -H 'content-type: application/json' https://localhost:3010/v1/invoice`,
  );
  assert.match(JSON.parse(asked.stdout).bolt11, /^lnbcrt10n1/, asked.stdout);
  await reader.outside('till stop');
  await node.ended;
  node = reader.begin('till start --clnrest-port=3010 --clnrest-protocol=http');
  await node.says('is up on regtest');
  await node.end();
  reader.assertAllFollowed();
});
