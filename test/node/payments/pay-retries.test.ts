/** What `pay` does when a payment does not arrive at once: how often it tries, when it waits, and what it says then. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import type { NodeId } from '../../../src/base/types/brand.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import type { FailureMessage } from '../../../src/codec/onion/failure.ts';
import { Refusal } from '../../../src/protocol/channel/fault.ts';
import { type Arrival, HEIGHT, hintThrough, Road, Somebody } from './road.ts';

const NO_UPDATE = new Uint8Array(0);
const away = { failure: 'temporary_channel_failure', channel_update: NO_UPDATE } as const;
const next_peer = { failure: 'unknown_next_peer' } as const;

interface Said {
  readonly error: string;
  readonly message: string;
  readonly data: Record<string, unknown>;
}

/** The error that a payment ends with, while time passes. */
async function endOf(road: Road, paying: Promise<unknown>, seconds = 61): Promise<Said> {
  const end = paying.then(
    () => assert.fail('it was paid'),
    (error: Said) => error,
  );
  await road.pass(seconds);
  return await Promise.race([end, Promise.reject(new Error(`it did not end within ${seconds} s`))]);
}

/** A road with one channel to the hub, and the hub's hint in the invoice. */
function behindHub(amount_msat = 1_000_000_000n, mpp = true) {
  const road = new Road();
  road.channel(road.hub, '1x1x1', 5_000_000_000n);
  return { road, invoice: road.invoice(amount_msat, [hintThrough(road.hub, '9x9x9')], mpp) };
}

for (const amount_msat of [3_000_000n, 1_000_000_000n, 4_000_000_000n]) {
  for (const failure of [
    away,
    next_peer,
    { failure: 'channel_disabled', disabled_flags: 0, channel_update: NO_UPDATE },
  ]) {
    const name = failure.failure;
    test(`a payee that is away (${name}) costs a handful of HTLCs of ${amount_msat} msat in all of retry_for`, async () => {
      const { road, invoice } = behindHub(amount_msat);
      const failed = road.failAll(0, failure as FailureMessage);
      const said = await endOf(road, road.pay(invoice));
      assert.equal(said.error, 'PAY_STOPPED_RETRYING');
      assert.match(said.message, new RegExp(`^channel 9x9x9 from ${road.hub.node_id} to ${road.shop.node_id} failed`));
      assert.match(said.message, new RegExp(`with ${name} \\(the payee may be offline\\); gave up`));
      assert.equal(said.data.last_failure, name);
      assert.ok(failed.count >= 5 && failed.count <= 10, `${failed.count} HTLCs`);
    });
  }
}

test('a payee that comes back within retry_for is paid', async () => {
  for (const seconds of [1, 10, 30, 55]) {
    const { road, invoice } = behindHub();
    road.failAll(0, away);
    const paying = road.pay(invoice);
    await road.pass(seconds);
    road.stopFailing();
    let paid = false;
    void paying.then(() => (paid = true));
    for (let second = seconds; second < 70 && !paid; second++) {
      await road.pass(1);
      const arrived = road.out.reduce((total, { payload }) => total + payload.amt_to_forward, 0n);
      if (arrived === 1_000_000_000n) for (const arrival of [...road.out]) await road.fulfil(arrival);
      await road.quiet();
    }
    assert.ok(paid, `back after ${seconds} s: out ${road.out.map(({ payload }) => payload.amt_to_forward).join()}`);
    assert.equal((await paying).amount_msat, 1_000_000_000n);
  }
});

test('a hub that has a third of the balance left is paid through in parts', async () => {
  const { road, invoice } = behindHub();
  const paying = road.pay(invoice);
  let paid = false;
  void paying.then(() => (paid = true));
  let failed = 0;
  for (let turn = 0; turn < 60 && !paid; turn++) {
    for (const arrival of [...road.out]) {
      if (arrival.payload.amt_to_forward <= 333_000_000n) continue;
      failed++;
      await road.fail(arrival, 0, away);
    }
    const arrived = road.out.reduce((total, { payload }) => total + payload.amt_to_forward, 0n);
    if (arrived === 1_000_000_000n) for (const arrival of [...road.out]) await road.fulfil(arrival);
    await road.pass(1);
  }
  assert.ok(paid, `out ${road.out.map(({ payload }) => payload.amt_to_forward).join()}`);
  assert.equal((await paying).amount_msat, 1_000_000_000n);
  assert.ok(failed <= 4, `${failed} HTLCs failed`);
});

test('a payee that takes no parts is asked for the whole each time', async () => {
  const { road, invoice } = behindHub(1_000_000_000n, false);
  const failed = road.failAll(0, away);
  await endOf(road, road.pay(invoice));
  assert.deepEqual([...new Set(failed.amounts_msat)], [1_000_000_000n]);
  assert.ok(failed.count >= 4 && failed.count <= 6, `${failed.count} HTLCs`);
});

test('pauses begin with four seconds and double, and the last try is when the time is over', async () => {
  const { road, invoice } = behindHub(1_000_000_000n, false);
  const failed = road.failAll(0, away);
  const tried_seconds: number[] = [];
  const end = assert.rejects(road.pay(invoice), { error: 'PAY_STOPPED_RETRYING' });
  await road.quiet();
  for (let second = 0; second <= 61; second++) {
    while (tried_seconds.length < failed.count) tried_seconds.push(second);
    await road.pass(1);
  }
  await end;
  assert.deepEqual(tried_seconds, [0, 4, 12, 28, 60]);
});

test('retry_for 0 tries once, and says how that failed', async () => {
  const { road, invoice } = behindHub(1_000_000_000n, false);
  const failed = road.failAll(0, away);
  const said = await endOf(road, road.pay(invoice, { retry_for_seconds: 0 }), 1);
  assert.equal(said.error, 'PAY_STOPPED_RETRYING');
  assert.match(said.message, /temporary_channel_failure.*; gave up after 1 part in 0 s/);
  assert.equal(failed.count, 1);
});

test('a hint whose channel failed for good is passed over; when none is left its failure is the message', async () => {
  const road = new Road();
  road.channel(road.hub, '1x1x1', 5_000_000n);
  const hints = [hintThrough(road.hub, '9x9x9'), hintThrough(road.hub, '9x8x9')];
  road.failAll(0, { failure: 'permanent_channel_failure' });
  const said = await endOf(road, road.pay(road.invoice(1_000_000n, hints)), 1);
  assert.equal(said.error, 'PAY_ROUTE_NOT_FOUND');
  assert.match(said.message, /^channel 9x8x9 from .* failed with permanent_channel_failure; no other way to/);
});

test('an alias names a channel only together with its node', async () => {
  const road = new Road();
  road.channel(road.hub, '1x1x1', 5_000_000n);
  road.channel(road.other_hub, '1x2x1', 5_000_000n);
  const hints = [hintThrough(road.hub, '9x9x9'), hintThrough(road.other_hub, '9x9x9', 1)];
  const paying = road.pay(road.invoice(1_000_000n, hints));
  await road.arrived(1);
  await road.fail(road.out[0] as Arrival, 0, { failure: 'permanent_channel_failure' });
  await road.arrived(1);
  await road.fulfil(road.out[0] as Arrival);
  assert.equal((await paying).amount_sent_msat, 1_000_001n);
});

test('a failure of a node excludes the node with all its channels (B4.1569)', async () => {
  const road = new Road();
  road.channel(road.hub, '1x1x1', 5_000_000n);
  road.channel(road.hub, '1x3x1', 5_000_000n);
  road.channel(road.other_hub, '1x2x1', 5_000_000n);
  const hints = [
    hintThrough(road.hub, '9x9x9'),
    hintThrough(road.hub, '9x8x9'),
    hintThrough(road.other_hub, '9x7x9', 5),
  ];
  for (const failure of [
    'permanent_node_failure',
    'required_node_feature_missing',
    'temporary_node_failure',
  ] as const) {
    const paying = road.pay(road.invoice(1_000_000n, hints));
    await road.arrived(1);
    await road.fail(road.out[0] as Arrival, 0, { failure });
    await road.arrived(1);
    assert.equal(road.out[0]?.htlc.amount_msat, 1_000_005n, failure);
    await road.fail(road.out[0] as Arrival, 0, { failure: 'permanent_node_failure' });
    if (failure !== 'temporary_node_failure') {
      await assert.rejects(paying, { error: 'PAY_ROUTE_NOT_FOUND', message: /answers permanent_node_failure/ });
      continue;
    }
    // It said that it would pass.
    await road.pass(4);
    await road.arrived(1);
    await road.fulfil(road.out[0] as Arrival);
    await paying;
  }
});

test('a payee whose node fails for a moment is asked again', async () => {
  const { road, invoice } = behindHub(1_000_000n);
  const paying = road.pay(invoice);
  await road.arrived(1);
  await road.fail(road.out[0] as Arrival, 1, { failure: 'temporary_node_failure' });
  await road.pass(4);
  await road.arrived(1);
  await road.fulfil(road.out[0] as Arrival);
  assert.equal((await paying).failed_parts, 1);
});

test('a payee that answers mpp_timeout again and again is not flooded', async () => {
  const { road, invoice } = behindHub(1_000_000n);
  const failed = road.failAll(1, { failure: 'mpp_timeout' });
  const said = await endOf(road, road.pay(invoice));
  assert.match(said.message, /the payee .* answers mpp_timeout; gave up/);
  assert.ok(failed.count >= 3 && failed.count <= 7, `${failed.count} HTLCs`);
});

test('a failure that nobody can read does not exclude our own only channel', async () => {
  for (const hints of [1, 0]) {
    const road = new Road();
    road.channel(hints === 1 ? road.hub : road.shop, '1x1x1', 5_000_000n);
    const paying = road.pay(road.invoice(1_000_000n, hints === 1 ? [hintThrough(road.hub, '9x9x9')] : []));
    await road.arrived(1);
    await road.fail(road.out[0] as Arrival, 0, 'garbled');
    await road.pass(4);
    await road.arrived(1);
    await road.fulfil(road.out[0] as Arrival);
    assert.equal((await paying).failed_parts, 1);
  }
  const { road, invoice } = behindHub(1_000_000n);
  road.failAll(0, 'garbled');
  const said = await endOf(road, road.pay(invoice));
  assert.match(said.message, /a failure came back over channel 1x1x1 in a form that nobody can read; gave up/);
});

test('after a failure that nobody can read the next hint is tried at once', async () => {
  const road = new Road();
  road.channel(road.hub, '1x1x1', 5_000_000n);
  const paying = road.pay(
    road.invoice(1_000_000n, [hintThrough(road.hub, '9x9x9'), hintThrough(road.hub, '9x8x9', 3)]),
  );
  await road.arrived(1);
  await road.fail(road.out[0] as Arrival, 0, 'garbled');
  await road.arrived(1);
  await road.fulfil(road.out[0] as Arrival);
  assert.equal((await paying).amount_sent_msat, 1_000_003n);
});

test('while every place for an HTLC is taken the payment waits, within retry_for', async () => {
  const road = new Road();
  const channel = road.channel(road.shop, '1x1x1', 0n);
  channel.is_full = true;
  const paying = road.pay(road.invoice(1_000_000n));
  await road.pass(20);
  assert.equal(road.out.length, 0);
  Object.assign(channel, { is_full: false, spendable_msat: 5_000_000n });
  await road.pass(1);
  await road.arrived(1);
  await road.fulfil(road.out[0] as Arrival);
  await paying;
  channel.is_full = true;
  channel.spendable_msat = 0n;
  const said = await endOf(road, road.pay({ ...road.invoice(2_000_000n), ...another(road) }));
  assert.equal(said.error, 'PAY_STOPPED_RETRYING');
  assert.match(said.message, /every place for an HTLC was taken/);
});

/** An invoice of another hash. */
function another(road: Road) {
  const { invoice, bolt11 } = road.invoice(2_000_000n);
  return { bolt11, invoice: { ...invoice, payment_hash: 'ab'.repeat(32) as typeof invoice.payment_hash } };
}

test('what our own channel refuses for the moment is offered again, and is said when it stays so', async () => {
  for (const code of ['peer_limit', 'own_limit', 'channel_unusable'] as const) {
    const road = new Road();
    const channel = road.channel(road.shop, '1x1x1', 5_000_000n);
    channel.refusal = new Refusal(code, 'no more at once');
    const paying = road.pay(road.invoice(1_000_000n));
    await road.pass(10);
    delete channel.refusal;
    await road.pass(1);
    await road.arrived(1);
    await road.fulfil(road.out[0] as Arrival);
    await paying;
    channel.refusal = new Refusal(code, 'no more at once');
    const said = await endOf(road, road.pay(another(road)));
    assert.equal(said.error, 'PAY_STOPPED_RETRYING');
    assert.match(said.message, /no more at once; gave up/);
  }
});

test('what our own channel refuses for good is not offered to it again, and nothing is waited for', async () => {
  const road = new Road();
  const channel = road.channel(road.shop, '1x1x1', 5_000_000n);
  channel.refusal = new Refusal('invalid', 'never so');
  await assert.rejects(road.pay(road.invoice(1_000_000n)), /never so/);
});

test('a channel that is there but cannot be used is not said not to be there', async () => {
  const road = new Road();
  const name = '1x1x1' as ShortChannelId;
  road.closed.push({ peer_id: road.hub.node_id, names: [name], reason: 'is not connected: its peer is offline' });
  const invoice = road.invoice(1_000_000n, [hintThrough(road.hub, '9x9x9')]);
  await assert.rejects(road.refuses(invoice), {
    error: 'PAY_ROUTE_NOT_FOUND',
    message: new RegExp(`can be used now: channel 1x1x1 with ${road.hub.node_id} is not connected`),
  });
  road.closed.splice(0);
  await assert.rejects(road.refuses(invoice), { message: /^no channel of ours leads to/ });
});

test('a part that timed out on chain is said to have done so', async () => {
  const road = new Road();
  road.channel(road.shop, '1x1x1', 5_000_000n);
  const paying = road.pay(road.invoice(1_000_000n));
  await road.arrived(1);
  const { channel_id, htlc_id, htlc } = road.out[0] as Arrival;
  road.channels.splice(0);
  road.clock.advance(86_400_000);
  await road.end(road.out[0] as Arrival, () =>
    road.payments.removed(channel_id, { ...htlc, id: htlc_id, removal: { kind: 'ended_on_chain' } }),
  );
  await assert.rejects(paying, { message: /^it timed out on chain, after channel 1x1x1 ended; / });
});

test('the last hop gets more blocks than the invoice asks, another number each time, within maxdelay (B4.690)', async () => {
  const spare = new Set<number>();
  for (let index = 0; index < 12; index++) {
    const road = new Road();
    road.seed = index;
    road.channel(road.hub, '1x1x1', 5_000_000n);
    const invoice = road.invoice(1_000_000n, [hintThrough(road.hub, '9x9x9')]);
    for (const max_delay of [2016, 70]) {
      const paying = road.pay(invoice, { max_delay });
      await road.arrived(1);
      const { htlc, payload } = road.out[0] as Arrival;
      const left = payload.outgoing_cltv_value - HEIGHT - 18;
      assert.ok(left >= 3);
      assert.equal(htlc.cltv_expiry - payload.outgoing_cltv_value, 40);
      if (max_delay === 2016) spare.add(left);
      else assert.ok(htlc.cltv_expiry - HEIGHT <= 70);
      await road.fail(road.out[0] as Arrival, 1, {
        failure: 'incorrect_or_unknown_payment_details',
        htlc_msat: msat(1),
        height: HEIGHT,
      });
      await assert.rejects(paying);
    }
  }
  assert.ok(spare.size > 3, [...spare].join());
});

test('a payment whose invoice expires between two tries is not sent any more (B11.348)', async () => {
  const { road } = behindHub();
  const invoice = road.invoice(1_000_000_000n, [hintThrough(road.hub, '9x9x9')], true, undefined, 100);
  const failed = road.failAll(0, away);
  const paying = road.pay(invoice, { retry_for_seconds: 10_000 });
  const said = await endOf(road, paying, 200);
  assert.equal(said.error, 'PAY_INVOICE_EXPIRED');
  const { created_at, expiry_seconds } = invoice.invoice;
  assert.equal(said.data.expiry, created_at + expiry_seconds);
  const { count } = failed;
  assert.ok(count > 1, `${count} tries`);
  await road.pass(100);
  assert.equal(failed.count, count);
});

test('a channel of ours that has less than it seemed is tried with half, at once', async () => {
  const { road, invoice } = behindHub();
  const refusal = new Refusal('insufficient_balance', 'not so much');
  // The first HTLC alone is refused: it is looked whether it is, and then why.
  const answers = [refusal, refusal];
  Object.defineProperty(road.channels[0], 'refusal', { get: () => answers.shift() });
  const paying = road.pay(invoice);
  await road.arrived(2);
  assert.deepEqual(
    road.out.map(({ htlc }) => htlc.amount_msat < 600_000_000n),
    [true, true],
  );
  for (const arrival of [...road.out]) await road.fulfil(arrival);
  await paying;
});

const NO_POINT = `02${'00'.repeat(31)}05` as NodeId;

test('a hint that names no point of the curve is passed over', async () => {
  const road = new Road();
  road.channel(road.hub, '1x1x1', 600_000n);
  road.channel(road.hub, '1x2x1', 600_000n);
  const bad = { ...hintThrough(road.hub, '9x1x9'), pubkey: NO_POINT };
  const invoice = road.invoice(1_000_000n, [
    [hintThrough(road.hub, '9x2x9'), bad],
    bad,
    hintThrough(road.hub, '9x9x9', 1),
  ]);
  const paying = road.pay(invoice);
  await road.arrived(2);
  for (const arrival of [...road.out]) await road.fulfil(arrival);
  assert.equal((await paying).number_of_parts, 2);
  await assert.rejects(road.refuses(another(road)), { error: 'PAY_ROUTE_NOT_FOUND' });
  const none = road.invoice(1_000_000n, [[hintThrough(road.hub, '9x2x9'), bad]]);
  await assert.rejects(new Road().refuses(none), { error: 'PAY_ROUTE_NOT_FOUND', message: /no point of the curve/ });
});

test('hints that do not fit into an onion are passed over, and 205 is answered when none is left', async () => {
  const road = new Road();
  road.channel(road.hub, '1x1x1', 5_000_000n);
  const far = Array.from({ length: 11 }, (_, index) => hintThrough(new Somebody(`hop ${index}`), `8x${index}x1`));
  const metadata = 'ab'.repeat(600);
  const long = [hintThrough(road.hub, '9x9x9'), ...far];
  const paying = road.pay(road.invoice(1_000_000n, [long, hintThrough(road.hub, '9x8x9', 7)], true, metadata));
  await road.arrived(1);
  assert.equal((road.out[0] as Arrival).payload.payment_metadata, metadata);
  await road.fulfil(road.out[0] as Arrival);
  assert.equal((await paying).amount_sent_msat, 1_000_007n);
  const lonely = new Road();
  lonely.channel(lonely.hub, '1x1x1', 5_000_000n);
  await assert.rejects(lonely.refuses(lonely.invoice(1_000_000n, [long], true, metadata)), {
    error: 'PAY_ROUTE_NOT_FOUND',
    message: /do not fit into an onion/,
  });
});

test('no call ends while its money is under way, whatever goes wrong with another part', async () => {
  const road = new Road();
  road.channel(road.shop, '1x1x1', 600_000n);
  const second = road.channel(road.shop, '1x2x1', 500_000n);
  Object.defineProperty(second, 'refusal', {
    get: () => {
      throw new Error('something that nobody thought of');
    },
  });
  let ended = false;
  const paying = road.pay(road.invoice(1_000_000n)).finally(() => (ended = true));
  const end = assert.rejects(paying, /nobody thought of/);
  await road.arrived(1);
  await road.pass(30);
  assert.equal(ended, false);
  await road.fail(road.out[0] as Arrival, 0, { failure: 'mpp_timeout' });
  await end;
  assert.deepEqual(road.out, []);
});
