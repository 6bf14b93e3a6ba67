/** How our own channels are named when a payment leaves through them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sat } from '../../../src/base/types/amount.ts';
import { closedWays, waysOut } from '../../../src/node/channels/ways-out.ts';
import { COIN_SCRIPT } from '../../support/coins.ts';
import { amount, Link, quiet, TestNode, World } from './node.ts';

test('a private channel is a way out by its place in the chain and by its alias: neither leaves the node', async () => {
  const world = await World.create();
  const payer = new TestNode(world, 'payer');
  const shop = new TestNode(world, 'shop');
  await payer.start();
  await shop.start();
  const link = new Link(payer, shop);
  await payer.channels.open(link.peer, {
    funding_satoshis: sat(1_000_000),
    push_msat: amount(0),
    feerate_per_kw: 1000,
    announce_channel: false,
  });
  world.chain.mine(6, COIN_SCRIPT);
  const reason = (): string | undefined => closedWays(payer.channels.list())[0]?.reason;
  assert.equal(reason(), 'is not open yet');
  await quiet(link, payer, shop);
  assert.deepEqual(closedWays(payer.channels.list()), []);
  const { terms, funding_confirmation } = payer.channel.state;
  assert.ok(terms.channel_type.option_scid_alias && funding_confirmation !== undefined);
  const place = `${funding_confirmation.block_height}x${funding_confirmation.transaction_index}x0`;
  assert.deepEqual(waysOut(payer.channels.list())[0]?.names, [place, terms.local_alias]);
  link.cut();
  assert.deepEqual(waysOut(payer.channels.list()), []);
  assert.equal(reason(), 'is not connected: its peer is offline');
  new Link(payer, shop);
  assert.equal(reason(), 'is still being agreed upon with its peer, after a reconnection');
});
