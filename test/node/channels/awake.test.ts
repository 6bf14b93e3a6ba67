import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sat } from '../../../src/base/types/amount.ts';
import { COIN_SCRIPT } from '../../support/coins.ts';
import { amount, Link, preimage, quiet, SECRET, TestNode, World } from './node.ts';

test('nothing is signed for a silent peer before it is heard again; when it is gone the payment never was', async () => {
  const world = await World.create();
  const [customer, shop] = [new TestNode(world, 'customer'), new TestNode(world, 'shop')];
  for (const node of [customer, shop]) await node.start();
  let link = new Link(customer, shop);
  const wish = {
    funding_satoshis: sat(1_000_000),
    push_msat: amount(0),
    feerate_per_kw: 1000,
    announce_channel: false,
  };
  assert.equal((await customer.channels.open(link.peer, wish)).kind, 'channel');
  world.chain.mine(2, COIN_SCRIPT);
  await quiet(link, customer, shop);
  const { channel_id } = customer.channel;
  const offer = async (number: number): Promise<void> => {
    const { payment_hash } = preimage(number);
    const cltv_expiry = customer.follower.tip().height + 40;
    const onion_routing_packet = shop.onionFor(payment_hash, amount(1_000_000), cltv_expiry, SECRET);
    const htlc = { amount_msat: amount(1_000_000), payment_hash, cltv_expiry, onion_routing_packet };
    customer.channels.offer(channel_id, htlc, () => []);
    await quiet(link, customer, shop);
  };
  const signed = (): number =>
    link.said.filter(({ by, message }) => by === 'customer' && message.type === 'commitment_signed').length;

  const pong = Promise.withResolvers<void>();
  customer.asleep = pong.promise;
  await offer(1);
  assert.equal(signed(), 0);
  customer.asleep = undefined;
  pong.resolve();
  await quiet(link, customer, shop);
  assert.equal(signed(), 1);
  assert.equal(shop.offered.length, 1);

  customer.asleep = new Promise(() => {});
  await offer(2);
  assert.equal(signed(), 1);
  link.cut();
  customer.asleep = undefined;
  link = new Link(customer, shop);
  await quiet(link, customer, shop);
  assert.equal(shop.offered.length, 2, 'the peer is back, and it goes on');
});
