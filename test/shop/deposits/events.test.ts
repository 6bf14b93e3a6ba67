/** What the log of events says of deposits: each change once, in the unit that makes it, whatever the chain does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import { Shop } from './shop.ts';

/** Each event as `type label amount_sat blockheight-above-start`, invoices without the last two. */
async function events(shop: Shop): Promise<string[]> {
  const rows = await shop.world.store.read('SELECT event_id, type, label, data FROM events ORDER BY event_id');
  assert.deepEqual(
    rows.map(({ event_id }) => Number(event_id)),
    rows.map((_, index) => index + 1),
    'numbers have no gap',
  );
  return rows.map(({ type, label, data }) => {
    const { amount_sat, txid } = JSON.parse(data as string);
    return `${type} ${label}${amount_sat === undefined ? '' : ` ${amount_sat}`}${txid === undefined ? '' : ' +txid'}`;
  });
}

async function withShop(run: (shop: Shop) => Promise<void>): Promise<void> {
  const shop = await Shop.open();
  try {
    await run(shop);
  } finally {
    await shop.close();
  }
}

test('a deposit is seen, and confirmed in the unit that pays the invoice', async () => {
  await withShop(async (shop) => {
    await shop.create('a', 1000n);
    await shop.deposit('a', 1000n);
    await shop.mine(1);
    assert.deepEqual(await events(shop), ['invoice.created a', 'deposit.seen a 1000 +txid']);
    await shop.mine(2);
    assert.deepEqual((await events(shop)).slice(2), ['invoice.paid a +txid', 'deposit.confirmed a 1000 +txid']);
  });
});

test('what is too little is short, and confirmed when the rest has come', async () => {
  await withShop(async (shop) => {
    await shop.create('a', 1000n);
    await shop.deposit('a', 400n);
    await shop.mine(3);
    await shop.deposit('a', 600n);
    await shop.mine(3);
    assert.deepEqual((await events(shop)).slice(1), [
      'deposit.seen a 400 +txid',
      'deposit.short a 400 +txid',
      'deposit.seen a 600 +txid',
      'invoice.paid a +txid',
      'deposit.confirmed a 400 +txid',
      'deposit.confirmed a 600 +txid',
    ]);
  });
});

test('what comes to a paid invoice is late', async () => {
  await withShop(async (shop) => {
    const { payment_hash } = await shop.create('a', 1000n);
    await shop.deposit('a', 1000n);
    await shop.fixture.invoices.markPaid(payment_hash, msat(1_000_000));
    await shop.mine(3);
    assert.deepEqual((await events(shop)).slice(1), [
      'invoice.paid a',
      'deposit.seen a 1000 +txid',
      'deposit.late a 1000 +txid',
    ]);
  });
});

test('a reorganisation is told, and so is the deposit when it comes back', async () => {
  await withShop(async (shop) => {
    await shop.create('a', 1000n);
    await shop.deposit('a', 1000n);
    await shop.mine(2);
    await shop.world.reorganise(2, 'drop');
    await shop.idle();
    await shop.deposit('a', 1000n);
    await shop.mine(3);
    assert.deepEqual((await events(shop)).slice(1), [
      'deposit.seen a 1000 +txid',
      'deposit.reorged a 1000 +txid',
      'deposit.seen a 1000 +txid',
      'invoice.paid a +txid',
      'deposit.confirmed a 1000 +txid',
    ]);
  });
});

test('a death between the coin and its judgement, and a block that is told twice, say nothing twice', async () => {
  await withShop(async (shop) => {
    await shop.create('a', 1000n);
    await shop.deposit('a', 1000n);
    await shop.mineAndDie(1);
    await shop.restart();
    await shop.mineAndDie(2);
    assert.deepEqual((await events(shop)).slice(1), [
      'deposit.seen a 1000 +txid',
      'invoice.paid a +txid',
      'deposit.confirmed a 1000 +txid',
    ]);
  });
});
