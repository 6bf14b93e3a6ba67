/** The words in which a part is refused that was sent, or paid, before: Core Lightning's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import type { NodeId } from '../../../src/base/types/brand.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import { type Arrival, HEIGHT, Road } from './road.ts';

const AMOUNT = 100_000n;

function send(road: Road, groupid: bigint, partid: bigint, amount_msat = AMOUNT, total_msat = AMOUNT) {
  const { invoice } = road.invoice(AMOUNT);
  const step = {
    id: road.shop.node_id,
    channel: '100x1x0' as ShortChannelId,
    amount_msat: msat(amount_msat),
    delay: 30,
  };
  const { payment_hash, payment_secret } = invoice;
  const total = { total_msat: msat(total_msat), groupid, partid };
  return road.payments.send({ route: [step], payment_hash, payment_secret, ...total });
}

test('a part that was sent, another group beside one that is out, and what was paid are refused by name', async () => {
  const road = new Road();
  road.channel(road.shop, '100x1x0', 500_000_000n);
  const { payment_hash } = road.invoice(AMOUNT).invoice;
  await send(road, 1n, 1n);
  await assert.rejects(send(road, 1n, 1n), {
    code: 201,
    message: `There already is a payment with payment_hash=${payment_hash}, groupid=1, partid=1. Either change the partid, or wait for the payment to complete and start a new group.`,
  });
  await assert.rejects(send(road, 2n, 1n), {
    code: 200,
    message: 'Payment with groupid=1 still in progress, cannot retry before that completes.',
  });
  await road.fulfil(road.out[0] as never);
  await assert.rejects(send(road, 1n, 2n), { code: 201, message: 'Already succeeded other parts' });
  const other = road.invoice(AMOUNT + 1n);
  await assert.rejects(road.pay(other), {
    code: 201,
    message: `Already succeeded with amount ${AMOUNT}msat (not ${AMOUNT + 1n}msat)`,
  });
});

test('parts agree on what all of them come to, and no part is sent on top of that, not even after a restart', async () => {
  const road = new Road();
  road.channel(road.shop, '100x1x0', 500_000_000n);
  await send(road, 1n, 1n, 60_000n);
  await assert.rejects(send(road, 1n, 2n, 40_000n, 90_000n), {
    code: -32602,
    message: 'msatoshi was previously 100000msat, now 90000msat',
  });
  await send(road, 1n, 2n, 40_000n);
  const whole = { code: 200, message: 'Already have 100000msat of 100000msat payments in progress' };
  await assert.rejects(send(road, 1n, 3n, 1n), whole);
  await road.restart();
  await assert.rejects(send(road, 1n, 3n, 1n), whole);
  assert.equal(road.out.length, 2);
});

test('of parts that are sent at once none goes out on top of the whole', async () => {
  const road = new Road();
  road.channel(road.shop, '100x1x0', 500_000_000n);
  const outcomes = await Promise.allSettled([1n, 2n, 3n].map((partid) => send(road, 1n, partid, 60_000n)));
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.status === 'fulfilled' ? 'sent' : (outcome.reason as Error).message)),
    ['sent', 'sent', 'Already have 120000msat of 100000msat payments in progress'],
  );
});

test('of two payments of one hash that are sent at once only the first goes out, whichever finds the table first', async () => {
  for (const [groupid, partid, message] of [
    [2n, 1n, /^Payment with groupid=1 still in progress/],
    [1n, 1n, /^There already is a payment with payment_hash=.*, groupid=1, partid=1\./],
  ] as const) {
    for (const isReversed of [false, true]) {
      const road = new Road();
      road.channel(road.shop, '100x1x0', 500_000_000n);
      const { store } = road;
      const read = store.read.bind(store);
      const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
      let reads = 0;
      store.read = async (...query) => {
        // The table is read now, empty; who asked first may get the answer last.
        const rows = await read(...query);
        if (++reads === 1 && isReversed) await answered;
        return rows;
      };
      const first = send(road, 1n, 1n);
      await assert.rejects(send(road, groupid, partid), { message });
      answer();
      assert.equal((await first).groupid, 1n);
      assert.equal(road.out.length, 1);
    }
  }
});

test('a part that is on its way into the table counts, also when one beside it was refused', async () => {
  const road = new Road();
  road.channel(road.shop, '100x1x0', 500_000_000n);
  const { payment_hash, payment_secret } = road.invoice(AMOUNT).invoice;
  const total = { total_msat: msat(AMOUNT), groupid: 1n };
  const refused = road.payments.send({ route: [], payment_hash, payment_secret, ...total, partid: 1n });
  const whole = send(road, 1n, 2n);
  await assert.rejects(refused, /Self-payment/);
  await assert.rejects(send(road, 1n, 3n), {
    code: 200,
    message: `Already have ${AMOUNT}msat of ${AMOUNT}msat payments in progress`,
  });
  assert.equal((await whole).amount_msat, AMOUNT);
  assert.equal(road.out.length, 1);
});

test('the total stays agreed on until the last part has ended', async () => {
  const road = new Road();
  road.channel(road.shop, '100x1x0', 500_000_000n);
  await send(road, 1n, 1n, 30_000n);
  await send(road, 1n, 2n, 30_000n);
  // Another payment is out as well.
  void road.payer.keysend({
    payee: road.shop.node_id,
    amount_msat: msat(1000),
    routes: [],
    custom_records: [],
    maxfee_msat: msat(0),
    max_delay: 2016,
    retry_for_seconds: 60,
    label: undefined,
  });
  await road.arrived(3);
  const [first, second] = road.out as [Arrival, Arrival];
  await road.fail(first, 0, { failure: 'mpp_timeout' });
  await assert.rejects(send(road, 1n, 3n, 30_000n, 90_000n), {
    code: -32602,
    message: 'msatoshi was previously 100000msat, now 90000msat',
  });
  await road.fail(second, 0, { failure: 'mpp_timeout' });
  assert.equal((await send(road, 1n, 3n, 30_000n, 90_000n)).partid, 3n);
});

test('a route that no onion can carry is refused by name: an id that is no point, more blocks than there are', async () => {
  const road = new Road();
  road.channel(road.hub, '100x1x0', 500_000_000n);
  const { payment_hash, payment_secret } = road.invoice(AMOUNT).invoice;
  const amount_msat = msat(AMOUNT);
  const no_point = `02${'00'.repeat(31)}05` as NodeId;
  const along = (id: NodeId, delay: number) =>
    road.payments.send({
      route: [
        { id: road.hub.node_id, channel: '100x1x0' as ShortChannelId, amount_msat, delay },
        { id, channel: '200x1x0' as ShortChannelId, amount_msat, delay: 9 },
      ],
      payment_hash,
      payment_secret,
      total_msat: amount_msat,
      groupid: 1n,
      partid: 1n,
    });
  await assert.rejects(along(no_point, 30), {
    error: 'PAY_USER_ERROR',
    message: `the node id ${no_point} in the route is no point of the curve`,
  });
  const most = 500_000_000 - HEIGHT - 1;
  await assert.rejects(along(road.shop.node_id, most + 1), {
    error: 'PAY_USER_ERROR',
    message: `a delay of ${most + 1} in the route is more than there are blocks`,
  });
  await along(road.shop.node_id, most);
  assert.equal(road.out[0]?.htlc.cltv_expiry, 499_999_999);
});

test('a payment in one piece and one in parts do not mix', async () => {
  const road = new Road();
  road.channel(road.shop, '100x1x0', 500_000_000n);
  await send(road, 1n, 1n, 60_000n);
  await assert.rejects(send(road, 1n, 0n), { code: 200, message: 'Already have parallel payment in progress' });
  const other = new Road();
  other.channel(other.shop, '100x1x0', 500_000_000n);
  await send(other, 1n, 0n);
  await assert.rejects(send(other, 1n, 1n, 60_000n), {
    code: 200,
    message: 'Already have non-parallel payment in progress',
  });
});
