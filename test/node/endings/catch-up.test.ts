import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINER, Pair } from './pair.ts';

test('a sweep is sent once after many blocks came at once, not once for each of them', async () => {
  const pair = (await Pair.open()).note();
  const { shop } = pair;
  shop.channels.forceClose(shop.channel.channel_id, 'the operator says so');
  await pair.follow();
  await pair.mine(1);
  const sent: string[] = [];
  const send = shop.follower.broadcast.bind(shop.follower);
  shop.follower.broadcast = (transactions) => {
    sent.push(Buffer.from(transactions.at(-1) ?? []).toString('hex'));
    return send(transactions);
  };
  // More than the delay of the output: the sweep is due in the middle of them, and nobody mines it meanwhile.
  pair.world.chain.mine(200, MINER);
  await pair.follow();
  assert.equal(sent.length, 1);
  await pair.mine(1);
  assert.equal(sent.length, 1, 'and it is in a block');
});
