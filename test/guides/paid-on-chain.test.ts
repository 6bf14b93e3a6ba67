import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeInvoice } from '../../src/codec/bolt11/index.ts';
import { Neighbour } from './neighbour.ts';
import { Reader } from './reader.ts';

test('docs/guide/paid-on-chain.md', async (t) => {
  const reader = new Reader('paid-on-chain', [['signet', 'regtest']]);
  t.after(() => reader.close());
  const neighbour = await Neighbour.movesIn(reader);
  t.after(() => neighbour.close());
  const node = reader.begin('till start --network=signet --invoices-onchain-fallback');
  await node.says('is up on regtest');
  const { bolt11 } = JSON.parse((await reader.run('till invoice 20000sat order-17 "1 teapot"')).stdout);
  const waiting = reader.begin('till waitinvoice order-17');
  await neighbour.mine(reader, 1, decodeInvoice(bolt11).fallbacks[0] as string);
  const { stdout } = await waiting.ended;
  const { status, paid_outpoint } = JSON.parse(stdout);
  assert.equal(status, 'paid');
  assert.match(paid_outpoint.txid, /^[0-9a-f]{64}$/);
  await node.says('invoice "order-17" is paid on the chain');
  reader.assertAllFollowed();
});
