/** A node that may not speak, because another one may work in its place, says nothing that it remembers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sat } from '../../../src/base/types/amount.ts';
import type { ChannelId } from '../../../src/base/types/brand.ts';
import { Book } from '../../../src/node/channels/book.ts';
import { COIN_SCRIPT } from '../../support/coins.ts';
import { FencedStore } from '../../support/fenced-store.ts';
import { testStore } from '../../support/test-store.ts';
import { amount, Link, quiet, TestNode, World } from './node.ts';

const onFailure = (error: Error): never => {
  throw error;
};

/** So many turns of the event loop, in which everything that may happen does. */
async function turns(count = 50): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test('outputs without writes wait for the fence, and what follows waits behind them', async () => {
  const store = new FencedStore(testStore({ onFailure }));
  const book = new Book(store, () => {});
  const said: string[] = [];
  store.gate.shut();
  book.speak(() => said.push('from memory'));
  await turns();
  book.write({ sql: "UPDATE counters SET value = value + 1 WHERE name = 'invoices_created'", params: [] });
  book.speak(() => said.push('of the database'));
  await turns();
  assert.deepEqual(said, []);
  store.gate.open();
  await book.idle();
  assert.deepEqual(said, ['from memory', 'of the database']);
  await store.close();
});

test('writes need no other fence than the one in their transaction', async () => {
  const store = new FencedStore(testStore({ onFailure }));
  const book = new Book(store, () => {});
  book.write({ sql: "UPDATE counters SET value = value + 1 WHERE name = 'invoices_created'", params: [] });
  book.speak(() => {});
  await book.idle();
  assert.equal(store.gate.asked, 0);
  book.speak(() => {});
  await book.idle();
  assert.equal(store.gate.asked, 1);
  await store.close();
});

async function openChannel() {
  const world = await World.create();
  const store = new FencedStore(testStore({ onFailure }));
  const shop = new TestNode(world, 'shop', store);
  const payer = new TestNode(world, 'payer');
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
  return { world, shop, payer, link, gate: store.gate };
}

/** What the shop has said over a link. */
const saidByShop = (link: Link): readonly string[] =>
  link.said.filter(({ by }) => by === 'shop').map(({ message }) => message.type);

test('a woken node tells no peer where its channel was', async () => {
  const { shop, payer, link, gate } = await openChannel();
  link.cut();
  gate.shut();
  const again = new Link(payer, shop);
  await turns();
  assert.deepEqual(saidByShop(again), []);
  assert.equal(payer.channel.state.link, 'reestablishing');
  gate.open();
  await quiet(again, payer, shop);
  assert.equal(saidByShop(again)[0], 'channel_reestablish');
  assert.equal(payer.channel.state.link, 'up');
});

test('a woken node answers a message about a channel that it does not know with nothing', async () => {
  const { shop, link, gate } = await openChannel();
  const before = saidByShop(link).length;
  gate.shut();
  link.say({ type: 'update_fee', channel_id: 'ab'.repeat(32) as ChannelId, feerate_per_kw: 1 });
  await turns();
  assert.equal(saidByShop(link).length, before);
  gate.open();
  await turns();
  assert.equal(saidByShop(link).at(-1), 'error');
  await shop.channels.stop();
});

test('a woken node does not send its mutual close to the network again', async () => {
  const { world, shop, payer, link, gate } = await openChannel();
  const broadcast = world.chain.broadcast.bind(world.chain);
  let sent = 0;
  // The network forgets what it is given, so that every block asks for it again.
  world.chain.broadcast = async () => {
    sent++;
    return { kind: 'rejected', reason: 'mempool min fee not met' };
  };
  payer.channels.apply(payer.channel, { kind: 'shutdown' });
  await quiet(link, payer, shop);
  assert.equal(shop.channel.state.phase, 'closed');
  link.cut();
  await turns();
  gate.shut();
  await payer.channels.stop();
  await payer.follower.stop();
  sent = 0;
  world.chain.mine(1, COIN_SCRIPT);
  await shop.follower.refresh();
  await turns();
  assert.equal(sent, 0);
  gate.open();
  await shop.channels.book.idle();
  await turns();
  assert.ok(sent > 0);
  world.chain.broadcast = broadcast;
});
