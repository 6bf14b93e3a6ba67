/** One part of a payment, from its offer to its end: which HTLC ends which part, who hears of it, and how it is named. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Msat, msat } from '../../../src/base/types/amount.ts';
import type { ChannelId, PaymentHash } from '../../../src/base/types/brand.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import type { RemovedHtlc } from '../../../src/protocol/channel/state.ts';
import { type Arrival, PREIMAGE, Road } from './road.ts';

const TOTAL = msat(100_000);
const unknown = { failure: 'incorrect_or_unknown_payment_details', htlc_msat: msat(1), height: 500 } as const;

interface Named {
  readonly groupid?: bigint;
  readonly partid?: bigint;
  readonly amount_msat?: Msat;
  readonly payment_hash?: PaymentHash;
  readonly channel?: string;
  readonly channel_id?: ChannelId;
}

function openRoad(): Road {
  const road = new Road();
  road.channel(road.shop, '100x1x0', 500_000_000n);
  return road;
}

/** Sends a part to the shop. */
function send(road: Road, { channel = '100x1x0', channel_id, ...named }: Named = {}) {
  const { invoice } = road.invoice(TOTAL);
  const { groupid = 1n, partid = 1n, amount_msat = msat(30_000), payment_hash = invoice.payment_hash } = named;
  return road.payments.send({
    route: [{ id: road.shop.node_id, channel: channel as ShortChannelId, amount_msat, delay: 30 }],
    channel_id,
    payment_hash,
    payment_secret: invoice.payment_secret,
    total_msat: TOTAL,
    groupid,
    partid,
  });
}

const hashOf = (road: Road): PaymentHash => road.invoice(TOTAL).invoice.payment_hash;

test('an HTLC that is removed with its preimage completes the part, as one whose preimage came first', async () => {
  const road = openRoad();
  await send(road);
  const arrival = road.out[0] as Arrival;
  const { channel_id, htlc_id, htlc } = arrival;
  const { amount_msat, payment_hash } = htlc;
  await road.end(arrival, () =>
    road.payments.removed(channel_id, {
      id: htlc_id,
      amount_msat,
      payment_hash,
      removal: { kind: 'fulfill', payment_preimage: PREIMAGE },
    }),
  );
  const [part] = await road.payments.parts(payment_hash);
  assert.deepEqual([part?.status, part?.payment_preimage], ['complete', PREIMAGE]);
});

test('a part ends once: what is said of its HTLC afterwards, or of one that is not ours, writes nothing and is not told', async () => {
  const road = openRoad();
  await send(road);
  const { channel_id, htlc_id, htlc } = road.out[0] as Arrival;
  const { amount_msat, payment_hash } = htlc;
  const told: string[] = [];
  const cancel = road.payments.onEnd(payment_hash, ({ status }) => told.push(status));
  await road.fulfil(road.out[0] as Arrival);
  const fail = (id: bigint) =>
    road.payments.removed(channel_id, { id, amount_msat, payment_hash, removal: { kind: 'fail', reason: '' } });
  for (const id of [htlc_id, 99n]) {
    assert.deepEqual(fail(id), []);
    assert.deepEqual(road.payments.fulfilled(channel_id, id, payment_hash, PREIMAGE), []);
    road.payments.told(channel_id, id);
  }
  assert.deepEqual(told, ['complete']);
  assert.equal((await road.payments.parts(payment_hash))[0]?.status, 'complete');
  cancel();
});

test('who no longer listens hears nothing, and who still does hears it', async () => {
  const road = openRoad();
  await send(road);
  const told: string[] = [];
  const cancel = road.payments.onEnd(hashOf(road), () => told.push('first'));
  road.payments.onEnd(hashOf(road), () => told.push('second'));
  cancel();
  await road.fulfil(road.out[0] as Arrival);
  assert.deepEqual(told, ['second']);
});

test('who waits for a part hears of that part alone, and at once when it has ended', async () => {
  const road = openRoad();
  const never = new AbortController().signal;
  const wait = (partid: bigint, groupid?: bigint) =>
    road.payments.waitForPart({ payment_hash: hashOf(road), groupid, partid }, undefined, never);
  for (const partid of [1n, 2n]) await send(road, { partid });
  const second = wait(2n);
  let isOver = false;
  void second.then(() => {
    isOver = true;
  });
  await road.quiet();
  await road.fail(road.out[0] as Arrival, 0, unknown);
  await road.quiet();
  assert.equal(isOver, false);
  assert.equal((await wait(1n))?.status, 'failed');
  await road.fulfil(road.out[0] as Arrival);
  assert.deepEqual([(await second)?.partid, (await second)?.status], [2n, 'complete']);
  assert.equal((await wait(2n))?.status, 'complete');
  await assert.rejects(wait(3n), { error: 'PAY_NO_SUCH_PAYMENT' });
  await assert.rejects(wait(1n, 2n), { error: 'PAY_NO_SUCH_PAYMENT' });
});

test('the latest group is that of the highest number, in whatever order they were sent; the next try is behind it', async () => {
  const road = openRoad();
  const never = new AbortController().signal;
  const latest = () =>
    road.payments.waitForPart({ payment_hash: hashOf(road), groupid: undefined, partid: 1n }, undefined, never);
  for (const [groupid, highest] of [
    [0n, 0n],
    [5n, 5n],
    [3n, 5n],
  ] as const) {
    await send(road, { groupid });
    await road.fail(road.out[0] as Arrival, 0, unknown);
    assert.equal((await latest())?.groupid, highest);
  }
  const paying = road.pay(road.invoice(TOTAL));
  await road.arrived(1);
  await road.fulfil(road.out[0] as Arrival);
  assert.equal((await paying).groupid, 6n);
});

test('a part goes over the channel that is given, else over the one that its route names, else over none', async () => {
  const road = openRoad();
  road.channel(road.shop, '101x1x0', 500_000_000n);
  road.channel(road.hub, '102x1x0', 500_000_000n);
  const [first, second] = road.payments.waysOut().map(({ channel_id }) => channel_id) as [ChannelId, ChannelId];
  assert.equal((await send(road, { partid: 1n })).channel_id, first);
  assert.equal((await send(road, { partid: 2n, channel: '101x1x0' })).channel_id, second);
  assert.equal((await send(road, { partid: 3n, channel_id: second })).channel_id, second);
  for (const channel of ['102x1x0', '103x1x0']) {
    await assert.rejects(send(road, { partid: 4n, channel }), {
      error: 'PAY_TRY_OTHER_ROUTE',
      message: `there is no usable channel ${channel} with ${road.shop.node_id}`,
    });
  }
});

test('a session key that is no private key is drawn again', async () => {
  const road = openRoad();
  road.draws.push(new Uint8Array(32), new Uint8Array(32).fill(0xff));
  await send(road);
  assert.deepEqual([road.draws, road.out.length], [[], 1]);
});

test('how the HTLC of a part ended is kept as a failure: who failed it, and by which code', async () => {
  const endings = [
    [{ kind: 'malformed', failure_code: 0xc005 }, 0, 0xc005, 'invalid_onion_hmac', ''],
    [{ kind: 'unsent' }, undefined, 0x1007, 'temporary_channel_failure', ''],
    [{ kind: 'ended_on_chain' }, undefined, 0x4008, 'permanent_channel_failure', ''],
    [{ kind: 'fail', reason: '00'.repeat(292) }, undefined, 0, 'unreadable', '00'.repeat(292)],
  ] as const;
  const road = openRoad();
  for (const [index, [removal, erring_index, failcode, failcodename, raw_message]] of endings.entries()) {
    await send(road, { groupid: BigInt(index + 1) });
    const arrival = road.out[0] as Arrival;
    const { channel_id, htlc_id, htlc } = arrival;
    await road.end(arrival, () =>
      road.payments.removed(channel_id, { ...htlc, id: htlc_id, removal: removal as RemovedHtlc['removal'] }),
    );
    const part = (await road.payments.parts(hashOf(road)))[index];
    const expected = { failcode, failcodename, raw_message, ...(erring_index === undefined ? {} : { erring_index }) };
    assert.deepEqual(part?.failure, expected);
  }
});

test('a counter does not fall when what ended first is told last', async () => {
  const road = openRoad();
  for (const partid of [1n, 2n]) await send(road, { partid });
  const ended = [...road.out].map(({ channel_id, htlc_id, htlc }) => {
    const writes = road.payments.fulfilled(channel_id, htlc_id, htlc.payment_hash, PREIMAGE);
    return { channel_id, htlc_id, writes };
  });
  await road.store.commit(ended.flatMap(({ writes }) => writes));
  for (const { channel_id, htlc_id } of ended.reverse()) road.payments.told(channel_id, htlc_id);
  const reached = await road.payments.waitForIndex('updated', 1n, new AbortController().signal);
  assert.equal(reached.value, 2n);
});

test('parts are numbered from 1 on, also in a node that was started before it paid anything', async () => {
  const road = openRoad();
  await road.restart();
  assert.equal((await send(road)).created_index, 1n);
  await road.fail(road.out[0] as Arrival, 0, unknown);
  assert.equal((await road.payments.parts(hashOf(road)))[0]?.updated_index, 1n);
});
