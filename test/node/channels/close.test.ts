/** `close` as whoever waits for its answer sees it: what the network says of the transaction, and what is told meanwhile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sat } from '../../../src/base/types/amount.ts';
import { FEATURE_BITS } from '../../../src/base/types/features.ts';
import type { BroadcastResult } from '../../../src/infra/chain/source.ts';
import { type Closed, CloseRefusedError, closeChannel } from '../../../src/node/channels/closing/close.ts';
import { closeProgress } from '../../../src/node/channels/closing/progress.ts';
import type { ClosingFeerange } from '../../../src/protocol/channel/state.ts';
import { COIN_SCRIPT } from '../../support/coins.ts';
import { amount, Link, quiet, TestNode, World } from './node.ts';

async function openChannel() {
  const world = await World.create();
  const payer = new TestNode(world, 'payer');
  const shop = new TestNode(world, 'shop');
  await payer.start();
  await shop.start();
  const link = new Link(payer, shop);
  const end = await payer.channels.open(link.peer, {
    funding_satoshis: sat(1_000_000),
    push_msat: amount(100_000_000),
    feerate_per_kw: 1000,
    announce_channel: false,
  });
  assert.equal(end.kind, 'channel');
  world.chain.mine(6, COIN_SCRIPT);
  await quiet(link, payer, shop);
  return { world, payer, shop, link };
}

/** Asks to close, and answers what came of it, and what was told on the way. */
function close(node: TestNode, world: World, feerange?: ClosingFeerange) {
  const told: string[] = [];
  const answer: Promise<Closed | Error> = closeChannel(node.channels, node.channel, {
    clock: world.clock,
    scriptpubkey: undefined,
    feerange,
    unilateral_timeout_seconds: 0,
    signal: new AbortController().signal,
    notify: (text) => told.push(text),
  }).catch((error: Error) => error);
  return { told, answer };
}

/** From now on the network answers so. */
function networkSays(world: World, result: BroadcastResult): void {
  world.chain.broadcast = async () => result;
}

test('close answers once the network has taken the transaction, and tells how far it is', async () => {
  const { world, payer, shop, link } = await openChannel();
  const { answer, told } = close(payer, world);
  await quiet(link, payer, shop);
  assert.equal(await answer, 'mutual');
  assert.equal(payer.channel.publication?.kind, 'taken');
  assert.match(told.join('\n'), /waiting for the peer to say shutdown/);
  assert.match(told.join('\n'), /waits for a block/);
});

test('close answers with the refusal of the network, which is asked again with every block', async () => {
  const { world, payer, shop, link } = await openChannel();
  const { broadcast } = world.chain;
  networkSays(world, { kind: 'rejected', reason: 'mempool min fee not met' });
  const { answer } = close(payer, world);
  await quiet(link, payer, shop);
  const refused = await answer;
  assert.ok(refused instanceof CloseRefusedError);
  assert.match(refused.message, /mempool min fee not met/);
  assert.equal(payer.channel.state.phase, 'closed');
  assert.match(closeProgress(payer.channel).join(), /was refused: mempool min fee/);
  world.chain.broadcast = broadcast;
  world.chain.mine(1, COIN_SCRIPT);
  await quiet(link, payer, shop);
  assert.equal(payer.channel.publication?.kind, 'taken');
  assert.equal(await close(payer, world).answer, 'mutual');
});

test('a close that the network refuses for good ends alone, and one that it refuses for a day', async () => {
  for (const [reason, blocks] of [
    ['dust', 0],
    ['scriptpubkey', 0],
    ['min relay fee not met', 144],
  ] as const) {
    const { world, payer, shop, link } = await openChannel();
    networkSays(world, { kind: 'rejected', reason });
    const { answer } = close(payer, world);
    await quiet(link, payer, shop);
    if (blocks > 0) {
      assert.ok((await answer) instanceof CloseRefusedError);
      world.chain.mine(blocks - 1, COIN_SCRIPT);
      await quiet(link, payer, shop);
      assert.equal(payer.channel.state.phase, 'closed', `${reason}, after ${blocks - 1} blocks`);
      world.chain.mine(1, COIN_SCRIPT);
      await quiet(link, payer, shop);
    } else assert.equal(await answer, 'unilateral');
    assert.equal(payer.channel.state.phase, 'failed', reason);
    assert.match(payer.channel.state.failure?.reason ?? '', new RegExp(reason));
  }
});

test('the signature of a last feerate is held back for a second, and the close goes on then', async () => {
  const { world, payer, shop, link } = await openChannel();
  for (const node of [payer, shop]) node.features.delete(FEATURE_BITS.option_simple_close + 1);
  shop.channels.apply(shop.channel, { kind: 'shutdown' });
  payer.channels.apply(payer.channel, { kind: 'update_fee', feerate_per_kw: 1_500 });
  await quiet(link, payer, shop);
  world.clock.advance(999);
  await quiet(link, payer, shop);
  assert.deepEqual([shop.channel.state.phase, payer.channel.state.phase], ['closing', 'closing']);
  world.clock.advance(1);
  await quiet(link, payer, shop);
  assert.deepEqual([shop.channel.state.phase, payer.channel.state.phase], ['closed', 'closed']);
});

test('a pause ends with its connection', async () => {
  const { world, payer, shop, link } = await openChannel();
  for (const node of [payer, shop]) node.features.delete(FEATURE_BITS.option_simple_close + 1);
  shop.channels.apply(shop.channel, { kind: 'shutdown' });
  payer.channels.apply(payer.channel, { kind: 'update_fee', feerate_per_kw: 1_500 });
  await quiet(link, payer, shop);
  assert.ok(shop.channel.cancelPause !== undefined);
  link.cut();
  await quiet(link, payer, shop);
  assert.equal(shop.channel.cancelPause, undefined);
  world.clock.advance(10_000);
  assert.equal(shop.channel.state.phase, 'closing');
});

test('a refusal because another close of the channel is there already is none', async () => {
  const { world, payer, shop, link } = await openChannel();
  networkSays(world, { kind: 'rejected', reason: 'insufficient fee, rejecting replacement' });
  const { answer } = close(payer, world);
  await quiet(link, payer, shop);
  assert.equal(await answer, 'mutual');
});

test('close with other feerates brings another transaction, while the peer is there', async () => {
  const { world, payer, shop, link } = await openChannel();
  const first = close(payer, world);
  await quiet(link, payer, shop);
  assert.equal(await first.answer, 'mutual');
  const { own_closing_transaction } = payer.channel.state;
  networkSays(world, { kind: 'accepted' });
  const second = close(payer, world, { min_per_kw: 3_000, max_per_kw: 3_000 });
  await quiet(link, payer, shop);
  assert.equal(await second.answer, 'mutual');
  assert.notEqual(payer.channel.state.own_closing_transaction, own_closing_transaction);
  const { publication } = payer.channel;
  assert.equal(publication?.kind === 'taken' && publication.transaction, payer.channel.state.own_closing_transaction);
  link.cut();
  await quiet(link, payer, shop);
  const refused = await close(payer, world, { min_per_kw: 4_000, max_per_kw: 4_000 }).answer;
  assert.match((refused as Error).message, /only while the peer is connected/);
});
