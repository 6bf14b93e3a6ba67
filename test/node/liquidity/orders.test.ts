import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat, sat } from '../../../src/base/types/amount.ts';
import type { ChannelId, NodeId, PaymentHash } from '../../../src/base/types/brand.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import type { OpenChannel } from '../../../src/codec/wire/index.ts';
import type { Write } from '../../../src/infra/store/store.ts';
import type { Order } from '../../../src/node/liquidity/order.ts';
import { Orders } from '../../../src/node/liquidity/orders.ts';
import { testStore } from '../../support/test-store.ts';
import { calm } from './shelf.ts';
import { A, B } from './stall.ts';

const FIRST = '11'.repeat(32) as PaymentHash;
const SECOND = '22'.repeat(32) as PaymentHash;
const CHANNEL = 'aa'.repeat(32) as ChannelId;
const OTHER = 'bb'.repeat(32) as ChannelId;

function scene() {
  const clock = new ManualClock();
  const store = testStore({ onFailure: (error) => assert.fail(error) });
  const bought_ahead = new Set<bigint>();
  const options = {
    store,
    clock,
    isBoughtAhead: (_provider_id: NodeId, funding_satoshis: bigint) => bought_ahead.has(funding_satoshis),
    onBackgroundError: (error: unknown) => assert.fail(String(error)),
  };
  const orders = new Orders(options);
  const order = (payment_hash: PaymentHash, size: bigint | undefined, changes: Partial<Order> = {}): Order => ({
    payment_hash,
    node_id: A,
    jit_channel_scid: '1x2x3' as ShortChannelId,
    payment_size_msat: size === undefined ? undefined : msat(size),
    min_fee_msat: msat(1_000_000),
    proportional: 10_000,
    valid_until: clock.nowSeconds() + 3600,
    min_lifetime: 1008,
    max_client_to_self_delay: 2016,
    client_trusts_lsp: false,
    created_at: clock.nowSeconds(),
    channel_id: undefined,
    ...changes,
  });
  const add = async (made: Order): Promise<void> => {
    await store.commit([orders.newWrite(made)]);
    orders.add(made);
  };
  /** As after a restart. */
  const again = async (): Promise<Orders> => {
    const read = new Orders(options);
    await read.start();
    return read;
  };
  /** Rows of the table. */
  const kept = async (): Promise<number> => (await store.read('SELECT payment_hash FROM jit_orders')).length;
  return { clock, store, orders, order, add, again, kept, bought_ahead };
}

function opening(funding: bigint, changes: Partial<OpenChannel> = {}): OpenChannel {
  return {
    funding_satoshis: sat(funding),
    push_msat: msat(0),
    feerate_per_kw: 253,
    channel_flags: 0,
    dust_limit_satoshis: sat(354),
    ...changes,
  } as OpenChannel;
}

test('an opening is for an order of its own provider that is open and fits into it', async () => {
  const { orders, order, add, clock } = scene();
  await add(order(FIRST, 50_000_000n));
  assert.equal(orders.claim(B, opening(60_000n)), undefined);
  assert.equal(orders.claim(A, opening(50_000n)), undefined, 'too small for 49,000 sat and what is kept');
  assert.equal(orders.claim(A, opening(60_000n, { push_msat: msat(1) })), undefined);
  assert.equal(orders.claim(A, opening(60_000n, { channel_flags: 1 })), undefined);
  const claim = orders.claim(A, opening(60_000n));
  assert.deepEqual([claim?.max_to_self_delay, claim?.pays_unseen], [2016, false]);
  assert.equal(orders.claim(A, opening(60_000n)), undefined, 'one order is for one opening');
  claim?.release();
  clock.advance(3_600_000);
  assert.equal(orders.claim(A, opening(60_000n)), undefined, 'its time has passed');
});

test('of two orders the larger that fits is taken, and each is for one channel', async () => {
  const { orders, order, add, store, again } = scene();
  await add(order(FIRST, 30_000_000n));
  await add(order(SECOND, 50_000_000n, { client_trusts_lsp: true }));
  const large = orders.claim(A, opening(60_000n));
  assert.equal(large?.pays_unseen, true);
  await store.commit(large?.opened(CHANNEL) ?? []);
  const small = orders.claim(A, opening(60_000n));
  assert.equal(small?.pays_unseen, false);
  await store.commit(small?.opened(OTHER) ?? []);
  assert.equal(orders.claim(A, opening(60_000n)), undefined);
  const read = await again();
  assert.deepEqual(
    read.list().map(({ channel_id }) => channel_id),
    [OTHER, CHANNEL],
  );
  assert.equal(read.claim(A, opening(60_000n)), undefined, 'also after a restart');
});

test('when its channel comes to nothing, an order is for another', async () => {
  const { orders, order, add, store, again } = scene();
  await add(order(FIRST, 50_000_000n));
  await store.commit(orders.claim(A, opening(60_000n))?.opened(CHANNEL) ?? []);
  await store.commit(orders.forgotten(CHANNEL));
  assert.notEqual((await again()).claim(A, opening(60_000n)), undefined);
  assert.notEqual(orders.claim(A, opening(60_000n)), undefined);
  assert.deepEqual(orders.forgotten(OTHER), []);
});

test('the fee is that of the amount of the invoice, whatever is paid; of any amount, that of the payment', async () => {
  const { orders, order, add } = scene();
  await add(order(FIRST, 200_000_000n));
  await add(order(SECOND, undefined));
  assert.equal(orders.promiseOf(FIRST)?.feeFor(msat(400_000_000)), 2_000_000n);
  assert.equal(orders.promiseOf(SECOND)?.feeFor(msat(400_000_000)), 4_000_000n);
  assert.equal(orders.promiseOf(SECOND)?.feeFor(msat(1_000)), 1_000_000n);
  assert.equal(orders.promiseOf('33'.repeat(32) as PaymentHash), undefined);
});

test('once it is paid an order is over, also after a restart', async () => {
  const { orders, order, add, store, again } = scene();
  await add(order(FIRST, 50_000_000n));
  await store.commit(orders.paidWrites(FIRST, [CHANNEL]));
  assert.deepEqual((await again()).list(), []);
  assert.equal(orders.isFor(A, FIRST), true, 'not before it is durable');
  orders.paid(FIRST, [CHANNEL]);
  assert.equal(orders.isFor(A, FIRST), false);
  assert.equal((await orders.find(FIRST))?.channel_id, CHANNEL);
  assert.deepEqual(orders.paidWrites(FIRST, [CHANNEL]), []);
  assert.deepEqual([await orders.hasPaidFor(CHANNEL), await orders.hasPaidFor(OTHER)], [true, false]);
});

test('a payment may come over the channel that was taken for that of another order, which then may have its own', async () => {
  const { orders, order, add, store } = scene();
  await add(order(FIRST, 50_000_000n));
  await add(order(SECOND, 50_000_000n, { created_at: 2_000_000_000 }));
  await store.commit(orders.claim(A, opening(60_000n))?.opened(CHANNEL) ?? []);
  await store.commit(orders.paidWrites(SECOND, [CHANNEL]));
  orders.paid(SECOND, [CHANNEL]);
  assert.deepEqual(
    [(await orders.find(FIRST))?.channel_id, (await orders.find(SECOND))?.channel_id],
    [undefined, CHANNEL],
  );
  assert.notEqual(orders.claim(A, opening(60_000n)), undefined);
});

test('a channel that was bought ahead is not taken for the one of an invoice', async () => {
  const { orders, order, add, bought_ahead } = scene();
  await add(order(FIRST, 50_000_000n));
  bought_ahead.add(60_000n);
  assert.equal(orders.claim(A, opening(60_000n)), undefined);
  assert.notEqual(orders.claim(A, opening(60_001n)), undefined);
});

/** The row of a channel, as the channels write it. */
function channelRow(channel_id: ChannelId, is_closed: 0 | 1): Write {
  const params = [channel_id, A, 'key', '{}', is_closed];
  const sql = 'INSERT INTO channels (channel_id, peer_id, key_id, state, is_closed) VALUES (?, ?, ?, ?, ?)';
  return { sql: `${sql} ON CONFLICT (channel_id) DO UPDATE SET is_closed = excluded.is_closed`, params };
}

test('orders that came to nothing are forgotten a week later, also by a node that does not restart', async () => {
  const { order, add, clock, again, orders } = scene();
  await orders.start();
  await add(order(FIRST, 50_000_000n));
  await add(order(SECOND, 50_000_000n, { valid_until: clock.nowSeconds() + 30 * 86_400 }));
  clock.advance(8 * 86_400_000);
  await calm();
  assert.deepEqual([await orders.find(FIRST), (await orders.find(SECOND))?.payment_hash], [undefined, SECOND]);
  assert.deepEqual(
    (await again()).list().map(({ payment_hash }) => payment_hash),
    [SECOND],
  );
  orders.stop();
});

test('an order that is over is kept as long as its channel', async () => {
  const { order, add, clock, orders, store, again, kept } = scene();
  await add(order(FIRST, 50_000_000n));
  await store.commit([...(orders.claim(A, opening(60_000n))?.opened(CHANNEL) ?? []), channelRow(CHANNEL, 0)]);
  clock.advance(30 * 86_400_000);
  await again();
  assert.equal(await kept(), 1);
  await store.commit([channelRow(CHANNEL, 1)]);
  await again();
  assert.equal(await kept(), 0);
});

test('an order goes with its invoice, and one whose channel is there with its channel', async () => {
  const { order, add, orders, store, again, kept } = scene();
  await add(order(FIRST, 50_000_000n));
  await add(order(SECOND, 60_000_000n));
  await store.commit([...(orders.claim(A, opening(80_000n))?.opened(CHANNEL) ?? []), channelRow(CHANNEL, 0)]);
  await store.commit(orders.paidWrites(SECOND, [CHANNEL]));
  orders.paid(SECOND, [CHANNEL]);
  for (const hash of [FIRST, SECOND]) {
    await store.commit(orders.deletionWrites(hash));
    orders.deleted(hash);
  }
  assert.equal(await orders.find(FIRST), undefined);
  assert.equal(orders.claim(A, opening(80_000n)), undefined, 'nothing is opened for an invoice that is deleted');
  assert.equal(await kept(), 1);
  await again();
  assert.equal((await orders.find(SECOND))?.channel_id, CHANNEL, 'the channel is still there');
  await store.commit([channelRow(CHANNEL, 1)]);
  await again();
  assert.equal(await kept(), 0);
});

test('as long as nothing was ever bought, deleting an invoice asks for no order', async () => {
  const { orders, order, add } = scene();
  await orders.start();
  assert.deepEqual(orders.deletionWrites(FIRST), []);
  await add(order(FIRST, 50_000_000n));
  assert.equal(orders.deletionWrites(SECOND).length, 2);
  orders.stop();
});

test('an order is paid by the channel that its payment came over, whichever was taken for it', async () => {
  const { orders, order, add, store } = scene();
  await add(order(FIRST, 50_000_000n));
  await store.commit(orders.claim(A, opening(60_000n))?.opened(CHANNEL) ?? []);
  await store.commit(orders.paidWrites(FIRST, [OTHER]));
  assert.equal((await orders.find(FIRST))?.channel_id, OTHER);
  assert.deepEqual([await orders.hasPaidFor(CHANNEL), await orders.hasPaidFor(OTHER)], [false, true]);
});
