/** How a payment spends its time: what it waits for and for how long, to the second, and how much it tries at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import { type Arrival, HEIGHT, hintThrough, Road, Somebody } from './road.ts';

const away = { failure: 'temporary_channel_failure', channel_update: new Uint8Array(0) } as const;
const next_peer = { failure: 'unknown_next_peer' } as const;
const unknown = { failure: 'incorrect_or_unknown_payment_details', htlc_msat: msat(1), height: HEIGHT } as const;
const NOT_FOUND = { error: 'PAY_ROUTE_NOT_FOUND' } as const;

/** A road with one channel to the hub, and the hub's hint in the invoice. */
function behindHub({ amount_msat = 1_000_000_000n, mpp = true, expiry_seconds = 3600 } = {}) {
  const road = new Road();
  road.channel(road.hub, '1x1x1', 5_000_000_000n);
  return { road, invoice: road.invoice(amount_msat, [hintThrough(road.hub, '9x9x9')], mpp, undefined, expiry_seconds) };
}

/** Time passes at once until so many seconds after the beginning, and all that follows from it happens. */
async function until(road: Road, begun_ms: number, seconds: number): Promise<void> {
  road.clock.advance(begun_ms + 1000 * seconds - road.clock.monotonicMs());
  await road.quiet();
}

test('pauses double up to ten minutes, and no more', async () => {
  const { road, invoice } = behindHub({ mpp: false });
  const begun_ms = road.clock.monotonicMs();
  const failed = road.failAll(0, away);
  const end = assert.rejects(road.pay(invoice, { retry_for_seconds: 3_000 }), { error: 'PAY_STOPPED_RETRYING' });
  await road.quiet();
  for (const [before, at] of [4, 12, 28, 60, 124, 252, 508, 1_020, 1_620, 2_220, 2_820, 3_000].entries()) {
    await until(road, begun_ms, at - 0.001);
    assert.equal(failed.count, before + 1, `before ${at} s`);
    await until(road, begun_ms, at);
    assert.equal(failed.count, before + 2, `at ${at} s`);
  }
  await end;
});

test('a payment whose time is over ends at once, without a moment more', async () => {
  const { road, invoice } = behindHub({ mpp: false });
  road.failAll(0, away);
  await assert.rejects(road.pay(invoice, { retry_for_seconds: 0 }), { error: 'PAY_STOPPED_RETRYING' });
});

test('an invoice is not tried in the second in which it expires (B11.348)', async () => {
  const { road, invoice } = behindHub({ mpp: false, expiry_seconds: 28 });
  const failed = road.failAll(0, away);
  const end = assert.rejects(road.pay(invoice), { error: 'PAY_INVOICE_EXPIRED' });
  await road.pass(30);
  await end;
  assert.equal(failed.count, 3, 'after 0, 4 and 12 seconds, and not after 28');
});

test('the time that a part is out is no pause', async () => {
  const { road, invoice } = behindHub({ mpp: false });
  const paying = road.pay(invoice);
  await road.arrived(1);
  await road.pass(30);
  await road.fail(road.out[0] as Arrival, 0, next_peer);
  await road.pass(3);
  assert.equal(road.out.length, 0);
  await road.pass(1);
  await road.arrived(1);
  await road.fulfil(road.out[0] as Arrival);
  await paying;
});

test('a small part that is out for five seconds has got through, and the rest follows in that second', async () => {
  const { road, invoice } = behindHub();
  const paying = road.pay(invoice);
  for (const count of [1, 2]) {
    await road.arrived(count);
    for (const arrival of [...road.out]) await road.fail(arrival, 0, away);
  }
  await road.arrived(1);
  const begun_ms = road.clock.monotonicMs();
  await until(road, begun_ms, 4.999);
  assert.equal(road.out.length, 1);
  await until(road, begun_ms, 5);
  assert.deepEqual(
    road.out.map(({ htlc }) => htlc.amount_msat),
    [5_000_000n, 250_000_000n, 250_000_000n, 250_000_000n, 245_000_000n],
  );
  for (const arrival of [...road.out]) await road.fulfil(arrival);
  await paying;
});

test('a small part is tried only while there is time to see it through', async () => {
  const whole = 1_000_000_000n;
  for (const [retry_for_seconds, third] of [
    [17, whole],
    [18, 5_000_000n],
  ] as const) {
    const { road, invoice } = behindHub();
    const failed = road.failAll(0, next_peer);
    const end = assert.rejects(road.pay(invoice, { retry_for_seconds }), { error: 'PAY_STOPPED_RETRYING' });
    await road.pass(12);
    assert.deepEqual(failed.amounts_msat, [whole, whole, third], `${retry_for_seconds} s`);
    await road.pass(10);
    await end;
  }
});

test('a payment that was on its way waits for our peer, and one that has no way yet does not', async () => {
  const { road, invoice } = behindHub();
  const name = '1x1x1' as ShortChannelId;
  const gone = { peer_id: road.hub.node_id, names: [name], reason: 'is not connected' };
  const [channel] = road.channels.splice(0);
  road.closed.push(gone);
  await assert.rejects(road.refuses(invoice), NOT_FOUND);
  road.closed.splice(0);
  road.channels.push(channel as (typeof road.channels)[number]);
  const paying = road.pay(invoice);
  await road.arrived(1);
  const { channel_id, htlc_id, htlc } = road.out[0] as Arrival;
  road.channels.splice(0);
  road.closed.push(gone);
  await road.end(road.out[0] as Arrival, () =>
    road.payments.removed(channel_id, { ...htlc, id: htlc_id, removal: { kind: 'unsent' } }),
  );
  await road.pass(10);
  assert.equal(road.out.length, 0);
  road.closed.splice(0);
  road.channels.push({ ...(channel as (typeof road.channels)[number]), spendable_msat: 5_000_000_000n });
  await road.pass(10);
  await road.arrived(1);
  await road.fulfil(road.out[0] as Arrival);
  await paying;
});

test('what others send for the same hash, in a group of their own, teaches a payment nothing', async () => {
  const { road, invoice } = behindHub({ mpp: false });
  const paying = road.pay(invoice);
  await road.arrived(1);
  await road.fail(road.out[0] as Arrival, 0, next_peer);
  await road.quiet();
  const { payment_hash, payment_secret } = invoice.invoice;
  const amount_msat = msat(1_000_000_000);
  const route = [{ id: road.hub.node_id, channel: '1x1x1' as ShortChannelId, amount_msat, delay: 30 }];
  const own = { route, payment_hash, payment_secret, total_msat: amount_msat, groupid: 9n, partid: 1n };
  await road.payments.send(own);
  await road.fail(road.out[0] as Arrival, 0, unknown);
  await road.pass(4);
  await road.arrived(1);
  await road.fulfil(road.out[0] as Arrival);
  assert.equal((await paying).groupid, 1n);
});

test('no more than sixteen HTLCs of one payment are out at once', async () => {
  const road = new Road();
  for (let index = 1; index <= 17; index++) road.channel(road.shop, `${index}x1x1`, 60_000n);
  const paying = road.pay(road.invoice(1_020_000n));
  await road.arrived(16);
  await road.quiet();
  assert.equal(road.out.length, 16);
  for (const arrival of [...road.out]) await road.fail(arrival, 0, unknown);
  await assert.rejects(paying, { error: 'PAY_DESTINATION_PERM_FAIL' });
});

test('fifty tries come to an end, and the next ones follow a pause', async () => {
  const road = new Road();
  road.channel(road.hub, '1x1x1', 5_000_000n);
  const hints = Array.from({ length: 51 }, (_, index) => hintThrough(road.hub, `9x${index}x9`));
  const failed = road.failAll(0, { failure: 'permanent_channel_failure' });
  await assert.rejects(road.pay(road.invoice(1_000_000n, hints)), {
    error: 'PAY_STOPPED_RETRYING',
    message: /gave up after 50 parts in 60 s/,
  });
  assert.equal(failed.count, 50);
});

test('a hint is left out when any hop of it is excluded', async () => {
  const road = new Road();
  const middle = new Somebody('middle');
  road.others.push(middle);
  road.channel(road.hub, '1x1x1', 5_000_000n);
  const invoice = road.invoice(1_000_000n, [[hintThrough(road.hub, '8x8x8'), hintThrough(middle, '9x9x9')]]);
  for (const name of ['8x8x8', '9x9x9', middle.node_id]) {
    await assert.rejects(road.refuses(invoice, { exclude: new Set([name]) }), NOT_FOUND);
  }
  const paying = road.pay(invoice, { exclude: new Set(['7x7x7']) });
  await road.arrived(1);
  await road.fulfil(road.out[0] as Arrival);
  await paying;
});

test('a channel with the payee itself that cannot be used now is told, and one with somebody else is not', async () => {
  const road = new Road();
  const name = '1x1x1' as ShortChannelId;
  road.closed.push(
    { peer_id: road.shop.node_id, names: [name], reason: 'is not connected' },
    { peer_id: road.other_hub.node_id, names: ['2x2x2' as ShortChannelId], reason: 'is closing' },
  );
  await assert.rejects(road.refuses(road.invoice(1_000_000n)), {
    ...NOT_FOUND,
    message: new RegExp(`can be used now: channel 1x1x1 with ${road.shop.node_id} is not connected$`),
  });
});

test('when no channel leads there, that something was excluded is said where it was', async () => {
  const road = new Road();
  const invoice = road.invoice(1_000_000n);
  const without = /, without what was excluded$/;
  await assert.rejects(road.refuses(invoice), ({ message }: Error) => !without.test(message));
  await assert.rejects(road.refuses(invoice, { exclude: new Set(['7x7x7']) }), { ...NOT_FOUND, message: without });
});
