/** Which channel an operator means who names its peer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { channelNamed } from '../../../src/api/commands/find-channel.ts';
import { sat } from '../../../src/base/types/amount.ts';
import { amount, Link, quiet, TestNode, World } from '../../node/channels/node.ts';
import { COIN_SCRIPT } from '../../support/coins.ts';

test('a peer names the channel that is open with it, whatever was closed before', async () => {
  const world = await World.create();
  const payer = new TestNode(world, 'payer');
  const shop = new TestNode(world, 'shop');
  await payer.start();
  await shop.start();
  const link = new Link(payer, shop);
  for (let count = 0; count < 2; count++) {
    const end = await payer.channels.open(link.peer, {
      funding_satoshis: sat(1_000_000),
      push_msat: amount(0),
      feerate_per_kw: 1000,
      announce_channel: false,
    });
    assert.equal(end.kind, 'channel');
    world.chain.mine(6, COIN_SCRIPT);
    await quiet(link, payer, shop);
  }
  const named = (text: string): string => channelNamed(text, payer.channels.list()).channel_id;
  const [first, second] = payer.channels.list();
  assert.throws(() => named(shop.node_id), /^RpcError: Peer has multiple channels/);
  assert.ok(first !== undefined && second !== undefined);
  payer.channels.forceClose(first.channel_id, 'as the test wants it');
  await quiet(link, payer, shop);
  assert.equal(named(shop.node_id), second.channel_id);
  assert.equal(named(first.channel_id), first.channel_id);
  payer.channels.forceClose(second.channel_id, 'as the test wants it');
  await quiet(link, payer, shop);
  assert.throws(() => named(shop.node_id), /^RpcError: Peer has no active channel/);
});
