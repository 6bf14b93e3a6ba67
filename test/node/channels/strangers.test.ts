/** What strangers do with channels that cost them nothing: no block holds the funding, or what it holds is something else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sat } from '../../../src/base/types/amount.ts';
import type { ChannelId, Txid } from '../../../src/base/types/brand.ts';
import type { KnownMessage } from '../../../src/codec/wire/index.ts';
import { COIN_SCRIPT, payFrom } from '../../support/coins.ts';
import { amount, Link, quiet, quietUntil, TestNode, World } from './node.ts';

const TERMS = { funding_satoshis: sat(1_000_000), push_msat: amount(0), feerate_per_kw: 1000, announce_channel: false };

interface Scene {
  readonly world: World;
  readonly shop: TestNode;
  readonly mallory: TestNode;
  readonly link: Link;
}

async function meet(): Promise<Scene> {
  const world = await World.create();
  const shop = new TestNode(world, 'shop');
  const mallory = new TestNode(world, 'mallory');
  await shop.start();
  await mallory.start();
  return { world, shop, mallory, link: new Link(mallory, shop) };
}

/** The id of a transaction that is nowhere. */
const nowhere = (number: number): Txid => number.toString(16).padStart(64, '0') as Txid;

async function rowsOf(shop: TestNode, table: string): Promise<number> {
  const [row] = await shop.store.read(`SELECT count(*) AS number FROM ${table}`);
  return Number(row?.number);
}

for (const [what, vout, value_sat] of [
  ['pays too little', 0, 1_000n],
  ['pays another script', 1, undefined],
  ['has no such output', 2, undefined],
] as const) {
  test(`a channel whose funding transaction ${what} is given up, and never used`, async () => {
    const { world, shop, mallory, link } = await meet();
    const { bytes, txid } = payFrom(world.coin(), value_sat ?? 1_000_000n, `0014${'11'.repeat(20)}`);
    mallory.fundWith = { txid, vout };
    assert.equal((await mallory.channels.open(link.peer, TERMS)).kind, 'channel');
    await quiet(link, shop, mallory);
    assert.equal(shop.channels.list().length, 1);
    await world.chain.broadcast([bytes]);
    world.chain.mine(6, COIN_SCRIPT);
    await quiet(link, shop, mallory);
    assert.deepEqual(shop.channels.list(), []);
    assert.equal(await rowsOf(shop, 'channels'), 0);
    assert.ok(shop.log.some((line) => line.includes('is not the funding that was agreed on')));
  });
}

test("a funding output that is another channel's is refused, and the channel is as it was", async () => {
  const { world, shop, mallory, link } = await meet();
  const payer = new TestNode(world, 'payer');
  await payer.start();
  const honest = new Link(payer, shop);
  const end = await payer.channels.open(honest.peer, { ...TERMS, push_msat: amount(500_000_000) });
  assert.equal(end.kind, 'channel');
  world.chain.mine(6, COIN_SCRIPT);
  await quiet(honest, payer, shop);
  const before = shop.channel;
  const { funding_txid, funding_output_index } = before.state.terms;
  const [row] = await shop.store.read('SELECT peer_id, key_id, state FROM channels');

  mallory.fundWith = { txid: funding_txid, vout: funding_output_index };
  const refused = await mallory.channels.open(link.peer, { ...TERMS, funding_satoshis: sat(20_000) });
  await quiet(link, shop, mallory);
  assert.equal(refused.kind, 'failed');
  assert.match(refused.kind === 'failed' ? refused.reason : '', /funding of another channel/);
  assert.equal(shop.channel, before);
  assert.deepEqual(await shop.store.read('SELECT peer_id, key_id, state FROM channels'), [row]);
});

test('an output that we are about to fund a channel with ourselves is refused as well', async () => {
  const { world, shop, mallory, link } = await meet();
  const payer = new TestNode(world, 'payer');
  await payer.start();
  const honest = new Link(shop, payer);
  // The honest peer hesitates with funding_signed.
  const late: KnownMessage[] = [];
  const deliver = shop.channels.message.bind(shop.channels);
  shop.channels.message = (peer, message) => {
    if (message.type === 'funding_signed' && peer.node_id === payer.node_id) late.push(message);
    else deliver(peer, message);
  };
  const opening = shop.channels.open(honest.peer, TERMS);
  await quietUntil(() => late.length > 0, honest, shop, payer);
  const { funding_txid, funding_output_index } = payer.channel.state.terms;
  mallory.fundWith = { txid: funding_txid, vout: funding_output_index };
  assert.equal((await mallory.channels.open(link.peer, TERMS)).kind, 'failed');
  deliver(honest.peer, late[0] as KnownMessage);
  assert.equal((await opening).kind, 'channel');
  assert.equal(shop.channel.peer_id, payer.node_id);
});

test('a peer has four channels without funding at most, and nothing is left of those that it abandons', async () => {
  const { shop, mallory, link } = await meet();
  const ends: string[] = [];
  for (let number = 0; number < 6; number++) {
    mallory.fundWith = { txid: nowhere(number + 1), vout: 0 };
    ends.push((await mallory.channels.open(link.peer, TERMS)).kind);
  }
  await quiet(link, shop, mallory);
  assert.deepEqual(ends, ['channel', 'channel', 'channel', 'channel', 'failed', 'failed']);
  assert.equal(shop.channels.list().length, 4);

  const scripts = await rowsOf(shop, 'wallet_scripts');
  for (let round = 0; round < 5; round++) {
    for (const { channel_id } of [...mallory.channels.list()]) {
      if (mallory.channels.find(channel_id)?.state.phase === 'opening') {
        mallory.channels.forceClose(channel_id, 'changed my mind');
      }
    }
    await quiet(link, shop, mallory);
    assert.deepEqual(shop.channels.list(), []);
    for (let number = 0; number < 4; number++) {
      mallory.fundWith = { txid: nowhere(100 * (round + 1) + number), vout: 0 };
      assert.equal((await mallory.channels.open(link.peer, TERMS)).kind, 'channel');
    }
  }
  await quiet(link, shop, mallory);
  assert.equal(await rowsOf(shop, 'channels'), 4);
  assert.equal(await rowsOf(shop, 'wallet_scripts'), scripts, 'scripts are used again');
});

test('openings that are refused leave nothing in the wallet', async () => {
  const { shop, mallory, link } = await meet();
  const before = await rowsOf(shop, 'wallet_scripts');
  for (let count = 0; count < 20; count++) {
    const end = await mallory.channels.open(link.peer, { ...TERMS, funding_satoshis: sat(1_000) });
    assert.equal(end.kind, 'failed');
  }
  await quiet(link, shop, mallory);
  assert.ok((await rowsOf(shop, 'wallet_scripts')) <= before + 1);
});

test('an opening of ours that the peer lets hang ends, and the coins are free', async () => {
  const { world, shop, mallory, link } = await meet();
  const deliver = mallory.channels.message.bind(mallory.channels);
  let is_funded = false;
  mallory.channels.message = (peer, message) => {
    if (message.type !== 'funding_created') deliver(peer, message);
    else is_funded = true;
  };
  const released: string[] = [];
  const { wallet } = shop.channels.options;
  const release = wallet.release;
  wallet.release = (txid) => {
    released.push(txid);
    release(txid);
  };
  const toMallory = shop.channels.peer(mallory.node_id);
  assert.ok(toMallory);
  const opening = shop.channels.open(toMallory, TERMS);
  await quietUntil(() => is_funded, link, shop, mallory);
  world.clock.advance(121_000);
  const end = await opening;
  assert.equal(end.kind, 'failed');
  assert.match(end.kind === 'failed' ? end.reason : '', /too long/);
  assert.equal(released.length, 1);
});

test('a close that the peer lets hang ends on the chain, whoever began it', async () => {
  for (const by of ['shop', 'mallory'] as const) {
    const { world, shop, mallory, link } = await meet();
    await mallory.channels.open(link.peer, { ...TERMS, push_msat: amount(100_000_000) });
    world.chain.mine(6, COIN_SCRIPT);
    await quiet(link, shop, mallory);
    for (const { channels } of [shop, mallory]) {
      const deliver = channels.message.bind(channels);
      channels.message = (peer, message) => {
        if (!message.type.startsWith('closing_')) deliver(peer, message);
      };
    }
    const { channel_id } = shop.channel as { channel_id: ChannelId };
    const closer = by === 'shop' ? shop : mallory;
    closer.channels.apply(closer.channel, { kind: 'shutdown' });
    await quiet(link, shop, mallory);
    assert.equal(shop.channel.state.phase, 'closing');
    world.chain.mine(287, COIN_SCRIPT);
    await quiet(link, shop, mallory);
    assert.equal(shop.channels.find(channel_id)?.state.phase, 'closing');
    world.chain.mine(1, COIN_SCRIPT);
    await quiet(link, shop, mallory);
    assert.equal(shop.channels.find(channel_id)?.state.phase, 'failed', `begun by the ${by}`);
  }
});
