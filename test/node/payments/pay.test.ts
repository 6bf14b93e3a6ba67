import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { msat } from '../../../src/base/types/amount.ts';
import { deliverable, type Path, routeOf } from '../../../src/node/payments/path.ts';
import { type Arrival, HEIGHT, hintThrough, PREIMAGE, Road } from './road.ts';

const NO_UPDATE = new Uint8Array(0);
const unavailable = { failure: 'temporary_channel_failure', channel_update: NO_UPDATE } as const;
const unknown = { failure: 'incorrect_or_unknown_payment_details', htlc_msat: msat(1), height: HEIGHT } as const;

test('over a direct channel the payee gets the whole amount, the secret and the total, and time enough', async () => {
  const road = new Road();
  road.channel(road.shop, '1x1x1', 5_000_000n);
  const paying = road.pay(road.invoice(1_000_000n));
  await road.arrived(1);
  const [arrival] = road.out as [Arrival];
  assert.equal(arrival.htlc.amount_msat, 1_000_000n);
  assert.equal(arrival.payload.amt_to_forward, 1_000_000n);
  assert.deepEqual(arrival.payload.payment_data, { payment_secret: '22'.repeat(32), total_msat: 1_000_000n });
  assert.ok(arrival.htlc.cltv_expiry >= HEIGHT + 18);
  await road.fulfil(arrival);
  const paid = await paying;
  assert.equal(paid.payment_preimage, PREIMAGE);
  assert.deepEqual([paid.amount_msat, paid.amount_sent_msat, paid.number_of_parts], [1_000_000n, 1_000_000n, 1]);
});

test("a stranger's description is kept without the zero character that a database may not take", async () => {
  const road = new Road();
  road.channel(road.shop, '1x1x1', 5_000_000n);
  const invoice = road.invoice(1_000_000n);
  const paying = road.pay(invoice, { description: 'tea\0pot' });
  await road.arrived(1);
  await road.fulfil(road.out[0] as Arrival);
  await paying;
  const [part] = await road.payments.parts(invoice.invoice.payment_hash);
  assert.equal(part?.description, 'tea\ufffdpot');
});

test('the payee gets three blocks on top of what its invoice asks, and none of that is left out for max_delay', async () => {
  const road = new Road();
  road.channel(road.shop, '1x1x1', 5_000_000n);
  const invoice = road.invoice(1_000_000n);
  await assert.rejects(road.refuses(invoice, { max_delay: 20 }), { error: 'PAY_ROUTE_TOO_EXPENSIVE' });
  const paying = road.pay(invoice, { max_delay: 21 });
  await road.arrived(1);
  const [arrival] = road.out as [Arrival];
  assert.equal(arrival.htlc.cltv_expiry, HEIGHT + 18 + 3);
  await road.fulfil(arrival);
  await paying;
});

test('through a hint the hub gets its fee and its blocks on top', async () => {
  const road = new Road();
  road.channel(road.hub, '1x1x1', 5_000_000n);
  const paying = road.pay(road.invoice(1_000_000n, [hintThrough(road.hub, '9x9x9', 1000, 500)]));
  await road.arrived(1);
  const [arrival] = road.out as [Arrival];
  assert.equal(arrival.htlc.amount_msat, 1_001_500n);
  assert.equal(arrival.htlc.cltv_expiry - arrival.payload.outgoing_cltv_value, 40);
  await road.fulfil(arrival);
  assert.equal((await paying).amount_sent_msat, 1_001_500n);
});

test('what no channel carries alone goes in parts, which tell the same total', async () => {
  const road = new Road();
  road.channel(road.shop, '1x1x1', 600_000n);
  road.channel(road.shop, '1x2x1', 500_000n);
  const paying = road.pay(road.invoice(1_000_000n));
  await road.arrived(2);
  assert.deepEqual(
    road.out.map(({ htlc, payload }) => [htlc.amount_msat, payload.payment_data?.total_msat]),
    [
      [600_000n, 1_000_000n],
      [400_000n, 1_000_000n],
    ],
  );
  const parts = await road.payments.parts((road.out[0] as Arrival).htlc.payment_hash);
  assert.deepEqual(
    parts.map(({ groupid, partid }) => [groupid, partid]),
    [
      [1n, 1n],
      [1n, 2n],
    ],
  );
  for (const arrival of [...road.out]) await road.fulfil(arrival);
  const paid = await paying;
  assert.deepEqual([paid.amount_msat, paid.number_of_parts], [1_000_000n, 2]);
});

test('an invoice that takes no parts is not paid in parts', async () => {
  const road = new Road();
  road.channel(road.shop, '1x1x1', 600_000n);
  road.channel(road.shop, '1x2x1', 500_000n);
  await assert.rejects(road.refuses(road.invoice(1_000_000n, [], false)), { error: 'PAY_ROUTE_NOT_FOUND' });
  assert.equal(road.out.length, 0);
});

test('a part that a hub cannot pass on is tried another way, and the answer says so', async () => {
  const road = new Road();
  road.channel(road.hub, '1x1x1', 5_000_000n);
  road.channel(road.other_hub, '1x2x1', 5_000_000n);
  const hints = [hintThrough(road.hub, '9x9x9', 1), hintThrough(road.other_hub, '9x8x9', 2)];
  const paying = road.pay(road.invoice(1_000_000n, hints));
  await road.arrived(1);
  await road.fail(road.out[0] as Arrival, 0, { failure: 'unknown_next_peer' });
  await road.arrived(1);
  const [arrival] = road.out as [Arrival];
  assert.equal(arrival.htlc.amount_msat, 1_000_002n);
  await road.fulfil(arrival);
  const paid = await paying;
  assert.equal(paid.failed_parts, 1);
  assert.equal(paid.amount_sent_msat, 1_000_002n);
});

test('a hub that lacks the balance is tried with less', async () => {
  const road = new Road();
  road.channel(road.hub, '1x1x1', 5_000_000n);
  const paying = road.pay(road.invoice(1_000_000n, [hintThrough(road.hub, '9x9x9'), hintThrough(road.hub, '9x8x9')]));
  await road.arrived(1);
  await road.fail(road.out[0] as Arrival, 0, unavailable);
  await road.arrived(1);
  await road.fail(road.out[0] as Arrival, 0, unavailable);
  await road.arrived(2);
  assert.deepEqual(
    road.out.map(({ htlc }) => htlc.amount_msat),
    [500_000n, 500_000n],
  );
  for (const arrival of [...road.out]) await road.fulfil(arrival);
  assert.equal((await paying).number_of_parts, 2);
});

test('what the payee refuses is not tried again, and the error says who refused it', async () => {
  const road = new Road();
  road.channel(road.hub, '1x1x1', 5_000_000n);
  const paying = road.pay(road.invoice(1_000_000n, [hintThrough(road.hub, '9x9x9')]));
  await road.arrived(1);
  await Promise.all([
    assert.rejects(paying, (error: { error: string; message: string; data: Record<string, unknown> }) => {
      assert.equal(error.error, 'PAY_DESTINATION_PERM_FAIL');
      assert.equal(error.data.failcodename, 'WIRE_INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS');
      assert.match(error.message, /^Destination said it doesn't know invoice: incorrect_or_unknown_payment_details$/);
      assert.equal(error.data.erring_node, road.shop.node_id);
      assert.equal(error.data.erring_index, 2);
      return true;
    }),
    road.fail(road.out[0] as Arrival, 1, unknown),
  ]);
});

test('a set that timed out at the payee is sent once more', async () => {
  const road = new Road();
  road.channel(road.shop, '1x1x1', 5_000_000n);
  const paying = road.pay(road.invoice(1_000_000n));
  await road.arrived(1);
  await road.fail(road.out[0] as Arrival, 0, { failure: 'mpp_timeout' });
  await road.arrived(1);
  await road.fulfil(road.out[0] as Arrival);
  assert.equal((await paying).amount_msat, 1_000_000n);
});

test('a route that costs too much is not taken', async () => {
  const road = new Road();
  road.channel(road.hub, '1x1x1', 5_000_000n);
  const invoice = road.invoice(1_000_000n, [hintThrough(road.hub, '9x9x9', 1000)]);
  await assert.rejects(road.refuses(invoice, { maxfee_msat: msat(999) }), { error: 'PAY_ROUTE_TOO_EXPENSIVE' });
  assert.equal(road.out.length, 0);
});

test('excluded channels and nodes are left out', async () => {
  const road = new Road();
  road.channel(road.hub, '1x1x1', 5_000_000n);
  const invoice = road.invoice(1_000_000n, [hintThrough(road.hub, '9x9x9')]);
  for (const name of ['1x1x1', '9x9x9', road.hub.node_id]) {
    await assert.rejects(road.refuses(invoice, { exclude: new Set([name]) }), { error: 'PAY_ROUTE_NOT_FOUND' });
  }
  assert.equal(road.out.length, 0);
});

test('who asks twice at once pays once', async () => {
  const road = new Road();
  road.channel(road.shop, '1x1x1', 5_000_000n);
  const invoice = road.invoice(1_000_000n);
  const both = [road.pay(invoice), road.pay(invoice)];
  await road.arrived(1);
  await road.fulfil(road.out[0] as Arrival);
  const [first, second] = await Promise.all(both);
  assert.deepEqual(first, second);
  assert.equal(road.out.length, 0);
});

test('a payment that is complete is answered again, also after its invoice expired', async () => {
  const road = new Road();
  const channel = road.channel(road.shop, '1x1x1', 5_000_000n);
  const invoice = road.invoice(1_000_000n);
  const paying = road.pay(invoice);
  await road.arrived(1);
  await road.fulfil(road.out[0] as Arrival);
  const paid = await paying;
  road.clock.advance(7_200_000);
  await road.restart();
  assert.deepEqual(await road.pay(invoice), paid);
  assert.equal(channel.spendable_msat, 4_000_000n);
});

test('an expired invoice is not paid', async () => {
  const road = new Road();
  road.channel(road.shop, '1x1x1', 5_000_000n);
  const invoice = road.invoice(1_000_000n);
  const { created_at, expiry_seconds } = invoice.invoice;
  const expiry = created_at + expiry_seconds;
  road.clock.advance(3_600_000);
  for (const late_seconds of [0, 10]) {
    const now = expiry + late_seconds;
    await assert.rejects(road.refuses(invoice), {
      error: 'PAY_INVOICE_EXPIRED',
      message: `Invoice expired ${late_seconds} seconds ago`,
      data: { now, expiry },
    });
    road.clock.advance(10_000);
  }
});

test('an invoice is paid until the second before it expires', async () => {
  const road = new Road();
  road.channel(road.shop, '1x1x1', 5_000_000n);
  const invoice = road.invoice(1_000_000n);
  road.clock.advance(3_599_000);
  const paying = road.pay(invoice);
  await road.arrived(1);
  await road.fulfil(road.out[0] as Arrival);
  assert.equal((await paying).payment_preimage, PREIMAGE);
});

for (const [maxfee, sent] of [
  [1_999, 1],
  [2_000, 2],
] as const) {
  test(`all parts together cost no more than maxfee: of two that cost 1000 msat each ${sent} go out for ${maxfee}`, async () => {
    const road = new Road();
    road.channel(road.hub, '1x1x1', 700_000n);
    road.channel(road.other_hub, '2x1x1', 700_000n);
    const hints = [hintThrough(road.hub, '8x8x8', 1000), hintThrough(road.other_hub, '9x9x9', 1000)];
    const paying = road.pay(road.invoice(1_000_000n, hints), { maxfee_msat: msat(maxfee) });
    await road.arrived(sent);
    await road.quiet();
    assert.equal(road.out.length, sent);
    const paid = sent === 2;
    for (const arrival of [...road.out]) {
      if (paid) await road.fulfil(arrival);
      else await road.fail(arrival, 1, unknown);
    }
    if (paid) assert.equal((await paying).amount_sent_msat, 1_002_000n);
    else await assert.rejects(paying, { error: 'PAY_DESTINATION_PERM_FAIL' });
  });
}

test('after a restart a payment under way is waited for and not sent again', async () => {
  const road = new Road();
  const channel = road.channel(road.shop, '1x1x1', 5_000_000n);
  const invoice = road.invoice(1_000_000n);
  void road.pay(invoice);
  await road.arrived(1);
  await road.restart();
  const paying = road.pay(invoice);
  await road.fulfil(road.out[0] as Arrival);
  assert.equal((await paying).payment_preimage, PREIMAGE);
  assert.equal(channel.spendable_msat, 4_000_000n);
});

test('after a restart nothing is sent while one part is out, though another has failed', async () => {
  const road = new Road();
  for (const name of ['1x1x1', '2x1x1']) road.channel(road.shop, name, 700_000n);
  const invoice = road.invoice(1_000_000n);
  void road.pay(invoice);
  await road.arrived(2);
  await road.restart();
  const [first, second] = road.out as [Arrival, Arrival];
  await road.fail(first, 0, unknown);
  const paying = road.pay(invoice);
  await road.quiet();
  assert.deepEqual(road.out, [second]);
  await road.fail(second, 0, unknown);
  await road.arrived(2);
  for (const arrival of [...road.out]) await road.fulfil(arrival);
  const { groupid, amount_msat } = await paying;
  assert.deepEqual([groupid, amount_msat], [2n, 1_000_000n]);
});

test('after a restart a payment of which one part has arrived is complete, though another is out', async () => {
  const road = new Road();
  for (const name of ['1x1x1', '2x1x1']) road.channel(road.shop, name, 700_000n);
  const invoice = road.invoice(1_000_000n);
  void road.pay(invoice);
  await road.arrived(2);
  await road.restart();
  const [first, second] = road.out as [Arrival, Arrival];
  await road.fulfil(first);
  assert.equal((await road.pay(invoice)).payment_preimage, PREIMAGE);
  assert.deepEqual(road.out, [second]);
});

test('a payment of our own invoice is refused, whatever channels there are', async () => {
  const road = new Road();
  road.channel(road.shop, '1x1x1', 5_000_000n);
  const { bolt11, invoice } = road.invoice(1_000_000n);
  const own = { bolt11, invoice: { ...invoice, payee: road.us.node_id } };
  await assert.rejects(road.refuses(own), {
    error: 'INVALID_PARAMS',
    message: /^Self-payment: this invoice is our own/,
  });
});

test('one hash is paid to one payee, and to one amount at a time', async () => {
  const road = new Road();
  road.channel(road.shop, '1x1x1', 5_000_000n);
  const asked = road.invoice(1_000_000n);
  const paying = road.pay(asked);
  await road.arrived(1);
  await assert.rejects(road.pay(road.invoice(999_999n)), {
    error: 'PAY_IN_PROGRESS',
    message: 'a payment of 1000000 msat for this is under way',
  });
  assert.equal(road.out.length, 1);
  await road.fulfil(road.out[0] as Arrival);
  await paying;
  const other = { ...asked, invoice: { ...asked.invoice, payee: road.hub.node_id } };
  await assert.rejects(road.refuses(other), {
    error: 'PAY_RHASH_ALREADY_USED',
    message: `Already succeeded to ${road.shop.node_id}`,
  });
});

test('after a restart a payment that failed meanwhile is tried again', async () => {
  const road = new Road();
  road.channel(road.shop, '1x1x1', 5_000_000n);
  const invoice = road.invoice(1_000_000n);
  void road.pay(invoice);
  await road.arrived(1);
  await road.restart();
  const paying = road.pay(invoice);
  await road.fail(road.out[0] as Arrival, 0, unknown);
  await road.arrived(1);
  await road.fulfil(road.out[0] as Arrival);
  const { payment_hash, groupid } = await paying;
  assert.equal(groupid, 2n);
  const parts = await road.payments.parts(payment_hash);
  assert.deepEqual(
    parts.map((part) => [part.groupid, part.status, part.failure?.failcodename]),
    [
      [1n, 'failed', 'incorrect_or_unknown_payment_details'],
      [2n, 'complete', undefined],
    ],
  );
});

test('counters rise when a part is durable, and wake who waits for them', async () => {
  const road = new Road();
  road.channel(road.shop, '1x1x1', 5_000_000n);
  const never = new AbortController().signal;
  const [created, updated] = (['created', 'updated'] as const).map((each) =>
    road.payments.waitForIndex(each, 1n, never),
  );
  const paying = road.pay(road.invoice(1_000_000n));
  assert.equal((await created)?.part?.status, 'pending');
  await road.arrived(1);
  await road.fulfil(road.out[0] as Arrival);
  assert.deepEqual([(await updated)?.value, (await updated)?.part?.status], [1n, 'complete']);
  await paying;
  await road.restart();
  assert.equal((await road.payments.waitForIndex('updated', 1n, never)).value, 1n);
});

test('an aborted wait for a counter ends', async () => {
  const abort = new AbortController();
  const wait = () => new Road().payments.waitForIndex('created', 1n, abort.signal);
  const waiting = wait();
  abort.abort(new Error('gone'));
  await assert.rejects(waiting, /gone/);
  await assert.rejects(wait(), /gone/, 'whose client was gone before');
});

test('the counters go on after a restart: no number is given twice', async () => {
  const road = new Road();
  road.channel(road.shop, '1x1x1', 5_000_000n);
  const numbers = async () =>
    (await road.payments.parts(road.invoice(1_000_000n).invoice.payment_hash)).map((part) => [
      part.created_index,
      part.updated_index,
    ]);
  for (const expected of [
    [[1n, 1n]],
    [
      [1n, 1n],
      [2n, 2n],
    ],
  ]) {
    const paying = assert.rejects(road.pay(road.invoice(1_000_000n)), { error: 'PAY_DESTINATION_PERM_FAIL' });
    await road.arrived(1);
    await road.fail(road.out[0] as Arrival, 0, unknown);
    await paying;
    assert.deepEqual(await numbers(), expected);
    await road.restart();
  }
});

test('who waits for one part goes when the signal says so, or when the time is over and not before', async () => {
  const road = new Road();
  road.channel(road.shop, '1x1x1', 5_000_000n);
  const invoice = road.invoice(1_000_000n);
  const name = { payment_hash: invoice.invoice.payment_hash, groupid: undefined, partid: 1n };
  const paying = road.pay(invoice);
  await road.arrived(1);
  const patience = new AbortController();
  const over: string[] = [];
  const impatient = road.payments.waitForPart(name, 10, new AbortController().signal);
  const given_up = road.payments.waitForPart(name, undefined, patience.signal);
  void impatient.then(() => over.push('time'));
  given_up.catch(() => over.push('signal'));
  await road.quiet();
  road.clock.advance(9_999);
  await road.quiet();
  assert.deepEqual(over, []);
  patience.abort(new Error('enough'));
  await road.quiet();
  assert.deepEqual(over, ['signal']);
  road.clock.advance(1);
  await road.quiet();
  assert.deepEqual(over, ['signal', 'time']);
  assert.equal(await impatient, undefined);
  await assert.rejects(given_up, /enough/);
  // Whose client was gone before.
  await assert.rejects(road.payments.waitForPart(name, undefined, patience.signal), /enough/);
  await road.fulfil(road.out[0] as Arrival);
  await paying;
});

test('waiting for one part tells how it ended, or that the time is over', async () => {
  const road = new Road();
  road.channel(road.shop, '1x1x1', 5_000_000n);
  const invoice = road.invoice(1_000_000n);
  const { payment_hash } = invoice.invoice;
  const never = new AbortController().signal;
  const name = { payment_hash, groupid: undefined, partid: 1n };
  await assert.rejects(road.payments.waitForPart(name, undefined, never), { error: 'PAY_NO_SUCH_PAYMENT' });
  const paying = road.pay(invoice);
  await road.arrived(1);
  const impatient = road.payments.waitForPart(name, 10, never);
  const patient = road.payments.waitForPart(name, undefined, never);
  await road.store.commit([]);
  road.clock.advance(10_000);
  assert.equal(await impatient, undefined);
  await road.fulfil(road.out[0] as Arrival);
  assert.equal((await patient)?.status, 'complete');
  await paying;
});

test('a route brings exactly the amount, and no more than the channel gives leaves it', () => {
  const road = new Road();
  const hop = fc.record({ base: fc.nat(5000), rate: fc.nat(200_000) });
  fc.assert(
    fc.property(fc.array(hop, { maxLength: 4 }), fc.bigInt(1n, 10n ** 12n), (fees, given_msat) => {
      const hops = fees.map(({ base, rate }) => hintThrough(road.hub, '9x9x9', base, rate));
      const channel = road.channel(road.hub, '1x1x1', given_msat);
      road.channels.pop();
      const [way] = [{ ...channel, channel_id: '', peer_id: road.hub.node_id, names: [channel.name] }];
      const path = { way, hops, payee: road.shop.node_id } as unknown as Path;
      const most = deliverable(path, given_msat);
      const route = routeOf(path, most, 18);
      assert.equal(route.at(-1)?.amount_msat, most);
      assert.equal(route.length, hops.length + 1);
      if (most > 0n) assert.ok((route[0]?.amount_msat ?? 0n) <= given_msat);
    }),
  );
});

test('who gives the waiting up does not give the payment up', async () => {
  const road = new Road();
  road.channel(road.shop, '1x1x1', 5_000_000n);
  const request = road.invoice(1_000_000n);
  const patience = new AbortController();
  const first = road.pay(request, {}, patience.signal);
  await road.arrived(1);
  patience.abort(new Error('enough'));
  await assert.rejects(first, /enough/);
  await assert.rejects(road.pay(request, {}, patience.signal), /enough/);
  const second = road.pay(request);
  assert.equal(road.out.length, 1);
  await road.fulfil(road.out[0] as Arrival);
  assert.equal((await second).payment_preimage, PREIMAGE);
});

test('what all channels together cannot carry is refused before anything is sent', async () => {
  const road = new Road();
  road.channel(road.shop, '1x1x1', 600_000n);
  road.channel(road.shop, '2x2x2', 300_000n);
  await assert.rejects(road.refuses(road.invoice(1_000_000n)), /cannot carry 1000000 msat/);
  assert.deepEqual(road.out, []);
});
