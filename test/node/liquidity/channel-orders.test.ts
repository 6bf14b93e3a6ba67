/** Channels that are bought ahead: what is paid, once, and what is said when a provider does not keep its word. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sat } from '../../../src/base/types/amount.ts';
import type { ChannelOrder, PayWay } from '../../../src/node/liquidity/channel-order.ts';
import { calm, Shelf, WISH } from './shelf.ts';

/** Quotes and buys, as an operator who asks again after each crash. */
async function buyOnce(shelf: Shelf, way: PayWay, dies_at?: number): Promise<number> {
  const { orders, fate } = await shelf.run(dies_at);
  void orders
    .quote(WISH, 'operator')
    .then((order) => orders.buy(order.number, 20_000n, way))
    .catch(() => {
      // The process is dead, or the order is over: what it left is looked at below.
    });
  for (let turn = 0; turn < 4; turn++) {
    await calm();
    if (!fate.is_dead) orders.look();
  }
  orders.stop();
  return fate.steps;
}

for (const way of ['lightning', 'onchain'] as const) {
  test(`killed between any two steps of an order that is paid ${way}, the node pays once and has its channel`, async () => {
    const steps = await buyOnce(new Shelf(), way);
    assert.ok(steps > 8, `${steps} steps`);
    for (let dies_at = 1; dies_at <= steps; dies_at++) {
      const shelf = new Shelf();
      await buyOnce(shelf, way, dies_at);
      const { orders } = await shelf.run();
      await calm();
      orders.look();
      await calm();
      const begun = orders.list().filter(({ status }) => status !== 'quoted');
      assert.ok(begun.length <= 1, `died at ${dies_at}: one order`);
      assert.ok(
        begun.every(({ status }) => status === 'delivered'),
        `died at ${dies_at}: ${begun.map(({ status }) => status)}`,
      );
      const paid = shelf.invoices_paid.length + shelf.addresses_paid.length;
      assert.equal(paid, begun.length, `died at ${dies_at}: what was begun is paid once, and nothing else`);
      orders.stop();
    }
  });
}

test('a price is asked for once while it holds, and costs nothing', async () => {
  const shelf = new Shelf();
  const { orders } = await shelf.run();
  const first = await orders.quote(WISH, 'operator');
  assert.equal((await orders.quote(WISH, 'operator')).number, first.number);
  assert.equal(shelf.orders_made, 1);
  shelf.clock.advance(3600_000);
  assert.notEqual((await orders.quote(WISH, 'operator')).number, first.number);
  assert.deepEqual(shelf.invoices_paid, []);
  await assert.rejects(orders.buy(first.number, 20_000n), /holds no longer/);
});

test('a price above the limit is not paid, and what cannot be paid is said with what there is', async () => {
  const shelf = new Shelf();
  const { orders } = await shelf.run();
  const { number } = await orders.quote(WISH, 'operator');
  await assert.rejects(orders.buy(number, 9_999n), /costs 10000 sat, which is more than the limit of 9999 sat/);
  shelf.spendable_msat = 0n as never;
  shelf.spendable_sat = sat(11_999);
  await assert.rejects(orders.buy(number, 20_000n), /0 sat can be sent over channels, 11999 sat from the wallet/);
  const quoted = orders.find(number) as ChannelOrder;
  await assert.rejects(orders.priceNow(quoted), /10000 sat are to be paid/);
  shelf.spendable_sat = sat(12_000);
  assert.equal((await orders.priceNow(quoted)).fee_sat, 12_000n);
  assert.equal((await orders.buy(number, 20_000n)).pay_way, 'onchain');
  orders.stop();
});

const WRONG: readonly [string, (result: Record<string, unknown>) => void][] = [
  ['another size', (result) => void Object.assign(result, { lsp_balance_sat: '999999' })],
  ['a share of ours that was not asked for', (result) => void Object.assign(result, { client_balance_sat: '1' })],
  [
    'a total that is not fee and share together',
    (result) => {
      (result.payment as { bolt11: Record<string, unknown> }).bolt11.order_total_sat = '10001';
    },
  ],
  [
    'an invoice of another amount, and no other way',
    (result) => {
      const payment = result.payment as { bolt11: Record<string, unknown>; onchain?: unknown };
      Object.assign(payment.bolt11, { fee_total_sat: '9000', order_total_sat: '9000' });
      delete payment.onchain;
    },
  ],
  ['an order id of 65 characters', (result) => void Object.assign(result, { order_id: 'x'.repeat(65) })],
];

for (const [what, change] of WRONG) {
  test(`an order with ${what} is not taken`, async () => {
    const shelf = new Shelf();
    shelf.tamper = (method, result) => {
      if (method === 'lsps1.create_order') change(result);
      return result as never;
    };
    const { orders } = await shelf.run();
    await assert.rejects(orders.quote(WISH, 'operator'));
    assert.deepEqual(orders.list(), []);
  });
}

test('what the provider takes for a channel that it never opens is said, and what it gives back is seen', async () => {
  const shelf = new Shelf();
  shelf.tamper = (method, result) =>
    (method === 'lsps1.get_order' ? { ...result, channel: null, order_state: 'FAILED' } : result) as never;
  const { orders } = await shelf.run();
  const { number } = await orders.quote(WISH, 'operator');
  await orders.buy(number, 20_000n, 'onchain');
  await calm();
  orders.look();
  await calm();
  assert.equal(orders.find(number)?.status, 'paid');
  assert.match(orders.find(number)?.problem ?? '', /refund has not come yet/);
  shelf.refunded_sat = sat(11_000);
  orders.look();
  await calm();
  assert.equal(orders.find(number)?.status, 'refunded');
  orders.stop();
});

test('a channel that only the provider sees does not count as delivered', async () => {
  const shelf = new Shelf();
  const { orders } = await shelf.run();
  const { number } = await orders.quote(WISH, 'operator');
  shelf.tamper = (method, result) =>
    (method === 'lsps1.get_order'
      ? { ...result, channel: { ...(result.channel as object), funding_outpoint: `${'00'.repeat(32)}:0` } }
      : result) as never;
  await orders.buy(number, 20_000n);
  await calm();
  orders.look();
  await calm();
  assert.equal(orders.find(number)?.status, 'paid');
  assert.match(orders.find(number)?.problem ?? '', /names a channel that this node does not have/);
  orders.stop();
});

test('a payment that comes back is a refund, and one that never left is none', async () => {
  for (const is_returned of [true, false]) {
    const shelf = new Shelf();
    shelf.lightning_fails = { reason: 'no route', is_returned, is_expired: false };
    const { orders } = await shelf.run();
    const { number } = await orders.quote(WISH, 'operator');
    await orders.buy(number, 20_000n, 'lightning');
    await calm();
    assert.equal(orders.find(number)?.status, is_returned ? 'refunded' : 'failed');
    const [{ count }] = (await shelf.store.read(
      `SELECT COUNT(*) AS count FROM events WHERE type = 'inbound.${is_returned ? 'refunded' : 'failed'}'`,
    )) as [{ count: bigint }];
    assert.equal(count, 1n);
    orders.stop();
  }
});

test('a channel counts when it can be used, not when it was only agreed upon', async () => {
  const shelf = new Shelf();
  shelf.is_ready = false;
  const { orders } = await shelf.run();
  const { number } = await orders.quote(WISH, 'operator');
  await orders.buy(number, 20_000n);
  await calm();
  orders.look();
  await calm();
  assert.equal(orders.find(number)?.status, 'paid');
  assert.equal(orders.find(number)?.problem, undefined);
  shelf.is_ready = true;
  orders.look();
  await calm();
  assert.equal(orders.find(number)?.status, 'delivered');
  orders.stop();
});

test('prices that nobody took are forgotten a week later, and their numbers are not given again', async () => {
  const shelf = new Shelf();
  const first = await shelf.run();
  assert.equal((await first.orders.quote(WISH, 'operator')).number, 1);
  shelf.clock.advance(3600_000);
  assert.equal((await first.orders.quote(WISH, 'operator')).number, 2);
  first.orders.stop();
  shelf.clock.advance(8 * 24 * 3600_000);
  const { orders } = await shelf.run();
  assert.deepEqual(
    orders.list().map(({ number }) => number),
    [2],
  );
  assert.equal((await orders.quote(WISH, 'operator')).number, 3);
  orders.stop();
});

test('while the provider is silent nothing is bought, and what was bought is asked after again', async () => {
  const shelf = new Shelf();
  shelf.is_silent = true;
  const { orders } = await shelf.run();
  await assert.rejects(orders.quote(WISH, 'operator'), /no provider sells this channel: 02(11)+: it did not answer/);
  shelf.is_silent = false;
  const { number } = await orders.quote(WISH, 'operator');
  shelf.is_silent = true;
  await orders.buy(number, 20_000n);
  await calm();
  assert.equal(orders.find(number)?.status, 'paid');
  shelf.is_silent = false;
  orders.look();
  await calm();
  assert.equal(orders.find(number)?.status, 'delivered');
  orders.stop();
});
