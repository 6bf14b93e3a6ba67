/**
 * What a peer may make cheap, small, frequent or loud: commitments that mempools do not take, dust over many channels,
 * the same word again and again, and a line in the log for each block.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat, sat } from '../../src/base/types/amount.ts';
import type { ShortChannelId } from '../../src/base/types/short-channel-id.ts';
import { feeratesOf } from '../../src/node/channels/options.ts';
import { amount, Link, preimage, quiet, SECRET, TestNode, World } from '../node/channels/node.ts';
import { COIN_SCRIPT } from '../support/coins.ts';

const TERMS = { funding_satoshis: sat(1_000_000), push_msat: amount(0), feerate_per_kw: 1000, announce_channel: false };

async function meet(policy = {}): Promise<{ world: World; shop: TestNode; mallory: TestNode; link: Link }> {
  const world = await World.create();
  const shop = new TestNode(world, 'shop', undefined, undefined, policy);
  const mallory = new TestNode(world, 'mallory');
  await shop.start();
  await mallory.start();
  return { world, shop, mallory, link: new Link(mallory, shop) };
}

test("a peer's commitments must enter the mempool, or pay half of the slowest estimate, and never more than 2,500", () => {
  for (const [slowest, minimum_per_kw, expected] of [
    [undefined, 253, 253],
    [400, 253, 253],
    [1_001, 253, 501],
    [1_001, 900, 900],
    [4_000, 300, 2_000],
    [90_000, 253, 2_500],
    [300, 8_000, 2_500],
  ] as const) {
    const chain = { feeratePerKw: () => slowest, mempoolMinimumPerKw: () => minimum_per_kw };
    assert.equal(feeratesOf(chain).peer_floor_per_kw, expected, `slowest ${slowest}, mempool ${minimum_per_kw}`);
  }
});

test('a channel below that is refused with the least that is taken, and one at it is not', async () => {
  for (const [minimum_per_kw, offered, isTaken] of [
    [2_000, 1_999, false],
    [2_000, 2_000, true],
    [9_000, 2_500, true],
  ] as const) {
    const { shop, mallory, link } = await meet();
    shop.follower.mempoolMinimumPerKw = () => minimum_per_kw;
    const end = await mallory.channels.open(link.peer, { ...TERMS, feerate_per_kw: offered });
    assert.equal(end.kind, isTaken ? 'channel' : 'failed');
    if (end.kind === 'failed') assert.match(end.reason, /too low to be relayed: now it has to be 2000 or more/);
  }
});

test('an update_fee below that is refused, but for one that is nearer to it than what is in force', async () => {
  const { world, shop, mallory, link } = await meet();
  await mallory.channels.open(link.peer, { ...TERMS, feerate_per_kw: 1_000 });
  world.chain.mine(6, COIN_SCRIPT);
  await quiet(link, shop, mallory);
  shop.follower.mempoolMinimumPerKw = () => 2_000;
  const feerate = (): number | undefined => shop.channel.state.feerates.at(-1)?.feerate_per_kw;
  mallory.channels.apply(mallory.channel, { kind: 'update_fee', feerate_per_kw: 1_500 });
  await quiet(link, shop, mallory);
  assert.equal(feerate(), 1_500);
  mallory.channels.apply(mallory.channel, { kind: 'update_fee', feerate_per_kw: 1_200 });
  await quiet(link, shop, mallory);
  assert.equal(feerate(), 1_500);
  assert.ok(shop.log.some((line) => /update_fee: 1200 per kw is too low to be relayed \(floor 2000\)/.test(line)));
  // Estimates differ from node to node: they are no reason to refuse what mempools take.
  const chain = { feeratePerKw: () => 4_000, mempoolMinimumPerKw: () => 300 };
  assert.equal(feeratesOf(chain).peer_least_per_kw, 300);
});

test('dust is limited for the node, however many channels it comes over', async () => {
  const world = await World.create();
  const policy = { max_dust_htlc_exposure_msat: msat(1_000_000), max_node_dust_exposure_msat: msat(1_500_000) };
  const shop = new TestNode(world, 'shop', undefined, undefined, policy);
  await shop.start();
  const payers: { node: TestNode; link: Link }[] = [];
  for (const name of ['first', 'second', 'third']) {
    const node = new TestNode(world, name);
    await node.start();
    const link = new Link(node, shop);
    await node.channels.open(link.peer, TERMS);
    world.chain.mine(6, COIN_SCRIPT);
    await quiet(link, shop, node);
    payers.push({ node, link });
  }
  let number = 0;
  for (let round = 0; round < 3; round++) {
    for (const { node, link } of payers) {
      number += 1;
      const { payment_hash } = preimage(number);
      const cltv_expiry = node.follower.tip().height + 40;
      const onion_routing_packet = shop.onionFor(payment_hash, amount(300_000), cltv_expiry, SECRET);
      const htlc = { amount_msat: amount(300_000), payment_hash, cltv_expiry, onion_routing_packet };
      node.channels.offer(node.channel.channel_id, htlc, () => []);
      await quiet(link, shop, node);
    }
  }
  assert.equal(shop.offered.length, 5, 'no channel has more than 1,000 sat, all together have 1,500');
  assert.equal(payers.flatMap(({ node }) => node.removed).length, 4);
});

test('aliases that change all the time are read ten times in a minute', async () => {
  const { world, shop, mallory, link } = await meet();
  await mallory.channels.open(link.peer, TERMS);
  world.chain.mine(6, COIN_SCRIPT);
  await quiet(link, shop, mallory);
  const { channel_id } = shop.channel;
  const second_per_commitment_point = mallory.channel.signer.perCommitmentPoint(1);
  const shout = async (count: number): Promise<void> => {
    for (let each = 1; each <= count; each++) {
      const short_channel_id = `${1_000_000 + each}x1x1` as ShortChannelId;
      link.say({ type: 'channel_ready', channel_id, second_per_commitment_point, short_channel_id });
    }
    await quiet(link, shop, mallory);
  };
  const heard = link.said.filter(({ by }) => by === 'shop').length;
  await shout(500);
  assert.ok(link.said.filter(({ by }) => by === 'shop').length - heard <= 10, 'nor is each of them answered');
  const [, tenth] = /^1000(\d+)x/.exec(shop.channel.state.remote_alias ?? '') ?? [];
  assert.ok(Number(tenth) <= 10, `alias ${tenth}`);
  world.clock.advance(60_000);
  await shout(1);
  assert.equal(shop.channel.state.remote_alias, '1000001x1x1');
});

test('a closing transaction that the network does not take is said once, not at every block', async () => {
  const { world, shop, mallory, link } = await meet();
  await mallory.channels.open(link.peer, { ...TERMS, push_msat: amount(300_000_000) });
  world.chain.mine(6, COIN_SCRIPT);
  await quiet(link, shop, mallory);
  shop.follower.broadcast = async () => ({ kind: 'rejected', reason: 'mempool full' });
  mallory.follower.broadcast = shop.follower.broadcast;
  mallory.channels.apply(mallory.channel, { kind: 'shutdown' });
  await quiet(link, shop, mallory);
  assert.equal(shop.channel.state.phase, 'closed');
  for (let block = 0; block < 20; block++) {
    world.chain.mine(1, COIN_SCRIPT);
    await quiet(link, shop, mallory);
  }
  assert.equal(shop.log.filter((line) => line.includes('mempool full')).length, 1);
});
