import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import type { ChannelId, NodeId, PaymentHash } from '../../../src/base/types/brand.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import { encodeMessage } from '../../../src/codec/wire/index.ts';
import { CHAIN_HASH } from '../network/city.ts';
import { Atlas } from './atlas.ts';
import { HEIGHT, hintThrough, Road, Somebody } from './road.ts';

const BITCOIN = 100_000_000_000;
const ENOUGH = { maxfee_msat: msat(1_000_000) };

/** Us - hub - middle - shop, and a dearer way: us - hub - detour - shop. */
function town(): { road: Road; atlas: Atlas; middle: Somebody; detour: Somebody } {
  const road = new Road();
  const [middle, detour] = [new Somebody('middle'), new Somebody('detour')];
  road.others.push(middle, detour);
  const atlas = new Atlas(road.clock);
  road.network = atlas.ways(road.us.node_id);
  road.channel(road.hub, '100x1x0', 500_000_000n);
  atlas.road(road.hub.node_id, middle.node_id, '200x1x0', BITCOIN);
  atlas.road(middle.node_id, road.shop.node_id, '200x2x0', BITCOIN);
  atlas.road(road.hub.node_id, detour.node_id, '200x3x0', BITCOIN, { base_msat: 1200, ppm: 150 });
  atlas.road(detour.node_id, road.shop.node_id, '200x4x0', BITCOIN, { base_msat: 1200, ppm: 150 });
  return { road, atlas, middle, detour };
}

function updateOf(short_channel_id: string, from: NodeId, to: NodeId, changes: { fee_base_msat: number }): Uint8Array {
  return encodeMessage({
    type: 'channel_update',
    signature: '00'.repeat(64),
    chain_hash: CHAIN_HASH,
    short_channel_id: short_channel_id as ShortChannelId,
    timestamp: 1_700_000_000,
    message_flags: 1,
    channel_flags: from < to ? 0 : 1,
    cltv_expiry_delta: 40,
    htlc_minimum_msat: msat(1),
    fee_proportional_millionths: 100,
    htlc_maximum_msat: msat(BigInt(BITCOIN)),
    excess: new Uint8Array(),
    ...changes,
  });
}

test('a payee without hints is paid through the network, over two hops behind our peer', async () => {
  const { road, atlas } = town();
  const paying = road.pay(road.invoice(100_000_000n), ENOUGH);
  await road.arrived(1);
  const [htlc] = road.out;
  assert(htlc !== undefined);
  assert.deepEqual(htlc.channels, Atlas.names('200x1x0', '200x2x0'));
  assert.equal(htlc.payload.amt_to_forward, 100_000_000n);
  // Each hop asks 1000 msat and 100 ppm of what it passes on.
  assert.equal(htlc.htlc.amount_msat, 100_000_000n + 11_000n + (1_000n + 10_001n));
  await road.fulfil(htlc);
  const paid = await paying;
  assert.equal(paid.amount_sent_msat - paid.amount_msat, 22_001n);
  await road.quiet();
  assert.deepEqual(
    atlas.lessons.map(({ short_channel_id, has_carried }) => [short_channel_id, has_carried]),
    [
      ['200x1x0', true],
      ['200x2x0', true],
    ],
  );
});

test('a channel that lacks the money is gone around at once, and known for the next payment', async () => {
  const { road } = town();
  const paying = road.pay(road.invoice(100_000_000n), ENOUGH);
  await road.arrived(1);
  await road.fail(road.out[0] as never, 1, { failure: 'temporary_channel_failure', channel_update: new Uint8Array() });
  await road.arrived(1);
  const [second] = road.out;
  assert(second !== undefined);
  assert.deepEqual(second.channels, Atlas.names('200x3x0', '200x4x0'));
  await road.fulfil(second);
  const paid = await paying;
  assert.equal(paid.failed_parts, 1);
});

test('a fee that was raised a moment ago is paid at the next try, by the update in the failure', async () => {
  const { road, middle } = town();
  const paying = road.pay(road.invoice(100_000_000n), ENOUGH);
  await road.arrived(1);
  const changes = { fee_base_msat: 2_000 };
  await road.fail(road.out[0] as never, 1, {
    failure: 'fee_insufficient',
    htlc_msat: msat(0),
    channel_update: updateOf('200x2x0', middle.node_id, road.shop.node_id, changes),
  });
  await road.arrived(1);
  const [second] = road.out;
  assert(second !== undefined);
  assert.deepEqual(second.channels, Atlas.names('200x1x0', '200x2x0'));
  assert.equal(second.htlc.amount_msat, 100_000_000n + 12_000n + (1_000n + 10_001n));
  // Once is enough: a second update from the same channel is no news.
  await road.fail(second, 1, {
    failure: 'fee_insufficient',
    htlc_msat: msat(0),
    channel_update: updateOf('200x2x0', middle.node_id, road.shop.node_id, { fee_base_msat: 3_000 }),
  });
  await road.arrived(1);
  const [third] = road.out;
  assert.deepEqual(third?.channels, Atlas.names('200x3x0', '200x4x0'));
  await road.fulfil(third as never);
  await paying;
});

test('a hint whose channel asks more now is followed again at its new price', async () => {
  const road = new Road();
  road.channel(road.hub, '1x1x1', 5_000_000n);
  const paying = road.pay(road.invoice(1_000_000n, [hintThrough(road.hub, '9x9x9', 10)]));
  await road.arrived(1);
  assert.equal(road.out[0]?.htlc.amount_msat, 1_000_010n);
  await road.fail(road.out[0] as never, 0, {
    failure: 'fee_insufficient',
    htlc_msat: msat(0),
    channel_update: updateOf('9x9x9', road.hub.node_id, road.shop.node_id, { fee_base_msat: 2_000 }),
  });
  await road.arrived(1);
  assert.equal(road.out[0]?.htlc.amount_msat, 1_000_000n + 2_000n + 100n);
  await road.fulfil(road.out[0] as never);
  await paying;
});

test('what no single way carries goes in parts over several', async () => {
  const { road, atlas, middle, detour } = town();
  for (const node of [middle, detour]) {
    const half = [...atlas.map.rows().halves].find(
      (each) =>
        atlas.map.nodeIdHex(atlas.map.halves.node[each] as number) === node.node_id &&
        atlas.map.nodeIdHex(atlas.map.halves.node[each ^ 1] as number) === road.shop.node_id,
    ) as number;
    atlas.map.setChecked(half >> 1, 150_000_000, 0, 0);
    atlas.toll(half >> 1, half & 1, {}, 150_000_000);
  }
  const paying = road.pay(road.invoice(200_000_000n), ENOUGH);
  await road.arrived(2);
  const parts = [...road.out];
  assert.equal(
    parts.reduce((sum, { payload }) => sum + payload.amt_to_forward, 0n),
    200_000_000n,
  );
  assert.equal(new Set(parts.map(({ channels }) => channels.join())).size, 2);
  for (const part of parts) await road.fulfil(part);
  await paying;
});

test('the map is asked for what is missing, within the parts and the fee that are left', async () => {
  const road = new Road();
  const asked: unknown[] = [];
  road.network = {
    find({ amount_msat, max_parts, max_fee_msat, riskfactor }) {
      asked.push([amount_msat, max_parts, max_fee_msat, riskfactor]);
      return Promise.resolve({ kind: 'none', explanation: 'no road', is_too_expensive: false });
    },
    learn() {},
  };
  for (const name of ['100x1x0', '101x1x0', '102x1x0']) road.channel(road.hub, name, 201_000n);
  const hint = hintThrough(road.hub, '9x9x9', 1000);
  const paying = road.pay(road.invoice(500_000n, [hint]), { maxfee_msat: msat(5_000) });
  // The third part is all that is missing: nobody else is asked for that.
  await road.arrived(3);
  assert.deepEqual(asked, [
    [500_000n, 16, 5_000n, 0.1],
    [300_000n, 15, 4_000n, 0.1],
  ]);
  for (const arrival of [...road.out]) await road.fulfil(arrival);
  await paying;
  const whole = { ...road.invoice(500_000n, [], false) };
  whole.invoice = { ...whole.invoice, payment_hash: 'ab'.repeat(32) as PaymentHash };
  await assert.rejects(road.refuses(whole), { error: 'PAY_ROUTE_NOT_FOUND' });
  assert.deepEqual(asked.at(-1), [500_000n, 1, 5_000n, 0.1], 'who takes no parts gets one');
});

test('a way over a channel that is not ours is passed over', async () => {
  const road = new Road();
  road.channel(road.hub, '100x1x0', 500_000_000n);
  const way = { channel_id: 'ff'.repeat(32) as ChannelId, hops: [], amount_msat: msat(500_000) };
  road.network = { find: async () => ({ kind: 'found', ways: [way] }), learn() {} };
  await assert.rejects(road.refuses(road.invoice(500_000n)), { error: 'PAY_ROUTE_NOT_FOUND' });
});

test('what arrives while the map is asked for the rest completes the payment: nothing more is sent', async () => {
  const road = new Road();
  for (const [name, msats] of [
    ['1x1x1', 400_000n],
    ['2x1x1', 350_000n],
    ['3x1x1', 350_000n],
  ] as const) {
    road.channel(road.shop, name, msats);
  }
  road.network = {
    async find() {
      const [arrival] = road.out;
      if (arrival !== undefined) await road.fulfil(arrival);
      return { kind: 'none', explanation: 'no road', is_too_expensive: false };
    },
    learn() {},
  };
  const { amount_msat, number_of_parts } = await road.pay(road.invoice(1_000_000n));
  assert.deepEqual([amount_msat, number_of_parts, road.out], [400_000n, 1, []]);
});

test('a way that costs more than the limit is not taken, and the error says so', async () => {
  const { road } = town();
  await assert.rejects(road.refuses(road.invoice(100_000_000n), { maxfee_msat: msat(20_000) }), {
    error: 'PAY_ROUTE_TOO_EXPENSIVE',
  });
});

test('no way at all has a reason', async () => {
  const { road } = town();
  const [channel] = road.channels;
  assert(channel !== undefined);
  channel.spendable_msat = 50_000_000n;
  await assert.rejects(
    road.refuses(road.invoice(100_000_000n), ENOUGH),
    /The network: .*Total source capacity is only 50000000msat \(in 1 channels\)/,
  );
});

test('a hint is reached through the network, when its node is no peer of ours', async () => {
  const road = new Road();
  const far = new Somebody('far');
  road.others.push(far);
  const atlas = new Atlas(road.clock);
  road.network = atlas.ways(road.us.node_id);
  road.channel(road.hub, '100x1x0', 500_000_000n);
  atlas.road(road.hub.node_id, far.node_id, '200x1x0', BITCOIN);
  const hop = {
    pubkey: far.node_id,
    short_channel_id: '300x1x0' as ShortChannelId,
    fee_base_msat: 5,
    fee_proportional_millionths: 0,
    cltv_expiry_delta: 10,
  };
  const paying = road.pay(road.invoice(1_000_000n, [hop]));
  await road.arrived(1);
  const [htlc] = road.out;
  assert.deepEqual(htlc?.channels, Atlas.names('200x1x0', '300x1x0'));
  assert.equal(htlc?.htlc.amount_msat, 1_000_000n + 5n + 1_100n);
  await road.fulfil(htlc as never);
  await paying;
});

/** More blocks than a payer ever adds for the payee: those for its blocks, and those that hide where the payee is. */
const TOO_MANY_BLOCKS = 500;

test('a payee that is blocks ahead of us is tried again, one that is not has said no', async () => {
  const { road } = town();
  const paying = road.pay(road.invoice(100_000_000n), ENOUGH);
  const refusal = (height: number) =>
    ({ failure: 'incorrect_or_unknown_payment_details', htlc_msat: msat(100_000_000), height }) as const;
  await road.arrived(1);
  await road.fail(road.out[0] as never, 2, refusal(HEIGHT + TOO_MANY_BLOCKS));
  await road.pass(5);
  const [second] = road.out;
  assert(second !== undefined, 'tried again after a pause');
  const refused = assert.rejects(paying, { error: 'PAY_DESTINATION_PERM_FAIL' });
  await road.fail(second, 2, refusal(HEIGHT));
  await refused;
});

test('a payee that is blocks ahead is tried again, also when those blocks came while the payment was out', async () => {
  const { road } = town();
  const paying = road.pay(road.invoice(100_000_000n), { ...ENOUGH, retry_for_seconds: 20 });
  const refuse = async (): Promise<void> => {
    await road.arrived(1);
    road.height = HEIGHT + TOO_MANY_BLOCKS;
    const details = { htlc_msat: msat(100_000_000), height: road.height };
    await road.fail(road.out[0] as never, 2, { failure: 'incorrect_or_unknown_payment_details', ...details });
  };
  await refuse();
  await road.pass(4);
  // This one was sent with the blocks that the payee has: its answer is final.
  const refused = assert.rejects(paying, { code: 203 });
  await refuse();
  await refused;
});

test('a payee that is ahead by no more blocks than it was left has said no', async () => {
  const { road } = town();
  const paying = road.pay(road.invoice(100_000_000n), ENOUGH);
  const refused = assert.rejects(paying, { error: 'PAY_DESTINATION_PERM_FAIL' });
  await road.arrived(1);
  const details = { htlc_msat: msat(100_000_000), height: HEIGHT + 3 };
  await road.fail(road.out[0] as never, 2, { failure: 'incorrect_or_unknown_payment_details', ...details });
  await refused;
});
