/** The words in which a part is refused that was sent, or paid, before: Core Lightning's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import { Road } from './road.ts';

const AMOUNT = 100_000n;

function send(road: Road, groupid: bigint, partid: bigint) {
  const { invoice } = road.invoice(AMOUNT);
  const step = { id: road.shop.node_id, channel: '100x1x0' as ShortChannelId, amount_msat: msat(AMOUNT), delay: 30 };
  const { payment_hash, payment_secret } = invoice;
  return road.payments.send({ route: [step], payment_hash, payment_secret, total_msat: msat(AMOUNT), groupid, partid });
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
