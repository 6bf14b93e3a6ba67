/** Channels that are bought ahead: what is paid, once, and what is said when a provider does not keep its word. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sat } from '../../../src/base/types/amount.ts';
import type { NodeId } from '../../../src/base/types/brand.ts';
import type { JsonObject } from '../../../src/codec/lsps/envelope.ts';
import type { ChannelOrder, PayWay } from '../../../src/node/liquidity/channel-order.ts';
import { calm, PROVIDER, Shelf, WISH } from './shelf.ts';

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
  await assert.rejects(orders.buy(number, 9_999n), /costs 10,000 sat, which is more than the limit of 9,999 sat/);
  shelf.spendable_msat = 0n as never;
  shelf.spendable_sat = sat(11_999);
  await assert.rejects(orders.buy(number, 20_000n), /0 sat can be sent over channels, 11,999 sat from the wallet/);
  const quoted = orders.find(number) as ChannelOrder;
  await assert.rejects(orders.priceNow(quoted), /10,000 sat are to be paid/);
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
  ['an order id with a zero character', (result) => void Object.assign(result, { order_id: 'a\0b' })],
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

test('what could not be paid on the chain, and what the provider keeps without a channel, is told as failed', async () => {
  const unpaid = new Shelf();
  unpaid.wallet_fails = new Error('the wallet has too little');
  const kept = new Shelf();
  kept.tamper = (method, result) =>
    (method === 'lsps1.get_order' ? { ...result, channel: null, order_state: 'FAILED' } : result) as never;
  for (const [shelf, way, problem] of [
    [unpaid, 'onchain', /^nothing was paid: the wallet has too little$/],
    [kept, 'lightning', /has taken the payment and gave the order up/],
  ] as const) {
    const { orders } = await shelf.run();
    const { number } = await orders.quote(WISH, 'operator');
    await orders.buy(number, 20_000n, way);
    await calm();
    orders.look();
    await calm();
    assert.equal(orders.find(number)?.status, 'failed');
    assert.match(orders.find(number)?.problem ?? '', problem);
    const told = await shelf.store.read("SELECT type FROM events WHERE type LIKE 'inbound.%' ORDER BY event_id");
    assert.deepEqual(
      told.map(({ type }) => type),
      ['inbound.ordered', 'inbound.failed'],
    );
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

test('only a channel that the provider opened for this order, after it was bought, counts as delivered', async () => {
  const others: readonly ((shelf: Shelf) => void)[] = [
    (shelf) => Object.assign(shelf.channel, { is_theirs: false }),
    (shelf) => Object.assign(shelf.channel, { opened_height: 99 }),
    (shelf) => Object.assign(shelf, { is_paid_by_invoice: true }),
  ];
  for (const change of others) {
    const shelf = new Shelf();
    change(shelf);
    const { orders } = await shelf.run();
    const { number } = await orders.quote(WISH, 'operator');
    await orders.buy(number, 20_000n);
    await calm();
    orders.look();
    await calm();
    assert.equal(orders.find(number)?.status, 'paid', String(change));
    assert.match(orders.find(number)?.problem ?? '', /was not opened for this order/);
    orders.stop();
  }
});

test('one channel does not deliver two orders', async () => {
  const shelf = new Shelf();
  let first: JsonObject | undefined;
  shelf.tamper = (method, result) => {
    if (method !== 'lsps1.get_order' || result.channel === null) return result as JsonObject;
    first ??= result.channel as JsonObject;
    return { ...(result as JsonObject), channel: first };
  };
  const { orders } = await shelf.run();
  for (const order of [await orders.quote(WISH, 'operator'), await orders.quote(WISH, 'inbound-keep')]) {
    await orders.buy(order.number, 20_000n);
    await calm();
    orders.look();
    await calm();
  }
  assert.deepEqual(
    orders.list().map(({ status }) => status),
    ['delivered', 'paid'],
  );
  assert.match(orders.find(2)?.problem ?? '', /names the channel of another order/);
  orders.stop();
});

test('a channel that has not come a day after it was paid is spoken of, also when the provider is silent', async () => {
  for (const is_silent of [false, true]) {
    const shelf = new Shelf();
    shelf.tamper = (method, result) => (method === 'lsps1.get_order' ? { ...result, channel: null } : result) as never;
    const { orders } = await shelf.run();
    const { number } = await orders.quote(WISH, 'operator');
    await orders.buy(number, 20_000n);
    await calm();
    shelf.is_silent = is_silent;
    orders.look();
    await calm();
    assert.equal(orders.find(number)?.problem, undefined);
    shelf.clock.advance(24 * 3600_000);
    orders.look();
    await calm();
    assert.match(orders.find(number)?.problem ?? '', /paid more than a day ago, and the channel has not come/);
    orders.stop();
  }
});

test('what came of a purchase is forgotten when it is old and its channel is gone, and not before', async () => {
  const shelf = new Shelf();
  const { orders } = await shelf.run();
  const { number } = await orders.quote(WISH, 'operator');
  await orders.buy(number, 20_000n);
  await calm();
  orders.look();
  await calm();
  // The next one is counted from the last.
  shelf.lightning_fails = { reason: 'no route', is_returned: false, is_expired: false };
  const last = await orders.quote(WISH, 'operator');
  await orders.buy(last.number, 20_000n, 'lightning');
  await calm();
  shelf.opened_sat = sat(1_000_000);
  const day = async (days: number): Promise<void> => {
    for (let count = 0; count < days; count++) {
      shelf.clock.advance(24 * 3600_000);
      await calm();
    }
  };
  await day(402);
  assert.equal(orders.find(number)?.status, 'delivered', 'its channel is there');
  shelf.opened_sat = undefined;
  await day(1);
  assert.deepEqual(
    orders.list().map((order) => order.number),
    [last.number],
  );
  const rows = await shelf.store.read('SELECT number FROM channel_orders');
  assert.deepEqual(
    rows.map((row) => row.number),
    [BigInt(last.number)],
  );
  orders.stop();
});

test('what is paid and has not come is never forgotten', async () => {
  const shelf = new Shelf();
  shelf.tamper = (method, result) => (method === 'lsps1.get_order' ? { ...result, channel: null } : result) as never;
  const { orders } = await shelf.run();
  const { number } = await orders.quote(WISH, 'operator');
  await orders.buy(number, 20_000n);
  await calm();
  await orders.quote(WISH, 'operator');
  shelf.clock.advance(1000 * 24 * 3600_000);
  await calm();
  assert.equal(orders.find(number)?.status, 'paid');
  orders.stop();
});

test('the channel of an order is expected from when it is being paid until it is there', async () => {
  const shelf = new Shelf();
  shelf.is_ready = false;
  const { orders } = await shelf.run();
  const { number } = await orders.quote(WISH, 'operator');
  assert.equal(orders.expects(PROVIDER, sat(1_000_000)), false);
  await orders.buy(number, 20_000n);
  assert.equal(orders.expects(PROVIDER, sat(1_000_000)), true);
  assert.equal(orders.expects(PROVIDER, sat(1_000_001)), false);
  assert.equal(orders.expects(`03${'11'.repeat(32)}` as NodeId, sat(1_000_000)), false);
  shelf.is_ready = true;
  await calm();
  orders.look();
  await calm();
  assert.equal(orders.expects(PROVIDER, sat(1_000_000)), false);
  orders.stop();
});

test('an order is not paid on the chain when no block may hold the payment in time', async () => {
  const shelf = new Shelf();
  const { orders } = await shelf.run();
  const { number } = await orders.quote(WISH, 'operator');
  shelf.clock.advance(1800_000);
  await assert.rejects(orders.buy(number, 20_000n, 'onchain'), /holds no longer/);
  assert.equal((await orders.buy(number, 20_000n)).pay_way, 'lightning');
  orders.stop();
});

test('a node that died before it paid on the chain, and is back too late, pays nothing', async () => {
  const shelf = new Shelf();
  const first = await shelf.run();
  const { number } = await first.orders.quote(WISH, 'operator');
  first.orders.stop();
  await shelf.store.commit([
    { sql: "UPDATE channel_orders SET status = 'paying', pay_way = 'onchain' WHERE number = ?", params: [number] },
  ]);
  shelf.clock.advance(1801_000);
  const { orders } = await shelf.run();
  await calm();
  assert.equal(orders.find(number)?.status, 'expired');
  assert.deepEqual(shelf.addresses_paid, []);
  orders.stop();
});

for (const way of ['lightning', 'onchain'] as const) {
  test(`killed between any two steps of an order that is given back (${way}), the node pays once and says so once`, async () => {
    const failing = (): Shelf => {
      const shelf = new Shelf();
      shelf.tamper = (method, result) =>
        (method === 'lsps1.get_order' ? { ...result, channel: null, order_state: 'FAILED' } : result) as JsonObject;
      if (way === 'lightning') shelf.lightning_fails = { reason: 'no channel', is_returned: true, is_expired: false };
      else shelf.refunded_sat = sat(11_000);
      return shelf;
    };
    const steps = await buyOnce(failing(), way);
    assert.ok(steps > 6, `${steps} steps`);
    for (let dies_at = 1; dies_at <= steps; dies_at++) {
      const shelf = failing();
      await buyOnce(shelf, way, dies_at);
      const { orders } = await shelf.run();
      await calm();
      orders.look();
      await calm();
      const begun = orders.list().filter(({ status }) => status !== 'quoted');
      assert.ok(
        begun.length <= 1 && begun.every(({ status }) => status === 'refunded'),
        `died at ${dies_at}: ${begun.map(({ status }) => status)}`,
      );
      assert.equal(shelf.addresses_paid.length, way === 'onchain' ? begun.length : 0, `died at ${dies_at}`);
      const told = await shelf.store.read("SELECT 1 AS one FROM events WHERE type = 'inbound.refunded'");
      assert.equal(told.length, begun.length, `died at ${dies_at}`);
      orders.stop();
    }
  });
}
