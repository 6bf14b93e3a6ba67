/** The words in which a part is refused that was sent, or paid, before: Core Lightning's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import { Road } from './road.ts';

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
