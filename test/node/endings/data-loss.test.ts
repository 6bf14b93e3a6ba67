import assert from 'node:assert/strict';
import { test } from 'node:test';
import { preimage } from '../channels/node.ts';
import { ANCHOR_SAT } from './account.ts';
import { FUNDING_SAT, Pair, POLICY, PUSH_SAT } from './pair.ts';

test('a node with an old state publishes nothing, and takes its part when the peer closes', async () => {
  const pair = (await Pair.open()).note();
  const [row] = await pair.shop.store.read('SELECT state FROM channels');
  await pair.pay('payer', 1, 50_000);
  await pair.pay('payer', 2, 10_000);
  const { shop } = pair;
  shop.channels.fulfil(shop.channel.channel_id, 0n, preimage(1).payment_preimage);
  await pair.follow();
  const { channel_id } = shop.channel;
  // The backup of a moment ago is put back.
  await pair.restart('shop', async () => {
    await pair.disk('shop').commit([
      { sql: 'UPDATE channels SET state = ? WHERE channel_id = ?', params: [row?.state as string, channel_id] },
      { sql: 'DELETE FROM incoming_htlcs', params: [] },
      { sql: 'DELETE FROM revoked_htlcs', params: [] },
    ]);
  });
  pair.connect();
  await pair.follow();
  assert.deepEqual(pair.view('shop').status, [
    'AWAITING_UNILATERAL:We have lost data: only the peer can close the channel, and Till asks it to every minute',
  ]);
  assert.equal(pair.view('shop').commitment_txid, undefined);
  pair.shop.channels.forceClose(channel_id, 'the operator insists');
  await pair.follow();
  assert.equal(pair.view('shop').commitment_txid, undefined, 'and even then nothing of ours goes out');
  await pair.mine(1);
  assert.equal(pair.view('shop').ending, 'unknown');
  await pair.mine(44 + 144 + POLICY.irrevocable_depth + 2);
  await pair.assertOver('shop');
  await pair.assertOver('payer');
  await pair.assertShares({ payer: FUNDING_SAT - PUSH_SAT - 50_000n - 2n * ANCHOR_SAT, shop: PUSH_SAT + 50_000n });
});
