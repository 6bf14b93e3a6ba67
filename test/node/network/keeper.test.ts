import assert from 'node:assert/strict';
import { appendFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { sha256 } from '../../../src/base/crypto/hash.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { toHex } from '../../../src/base/types/hex.ts';
import { channelRecord, encodeRecord, RECORD_TYPES } from '../../../src/protocol/gossip/record.ts';
import { announcement, idOf, nodeAnnouncement, street, update } from './city.ts';
import { join2, TestKeeper, talk, unspent } from './keepers.ts';

const NOW = 1_700_000_000;

function town(): Buffer[] {
  const names = ['anna', 'berta', 'carla', 'dora', 'emma'];
  const streets = names.flatMap((one, index) =>
    names.slice(index + 1).flatMap((two, other) => street(one, two, `${500 + index}x${other}x0`, NOW - 1000)),
  );
  return [...streets, ...names.map((name) => nodeAnnouncement(name, NOW - 500))];
}

async function listed(each: TestKeeper): Promise<readonly object[]> {
  const { entries } = await each.keeper.answer('channels', { from: 0 });
  return [...entries].sort((a, b) =>
    `${a.short_channel_id}${a.direction}` < `${b.short_channel_id}${b.direction}` ? -1 : 1,
  );
}

test('a map is synced from a peer: channels, both directions, nodes', async () => {
  const clock = new ManualClock(NOW);
  const [full, empty] = [new TestKeeper(clock), new TestKeeper(clock)];
  full.connect(9);
  await full.keeper.receive(9, town());
  await talk([full], 2);
  full.keeper.block(1001, new Uint8Array(0));
  await talk([full], 2);
  assert.equal((await full.keeper.answer('state', {})).unchecked_channels, 0);
  join2(full, empty);
  await talk([full, empty], 8);
  assert.deepEqual(await empty.keeper.answer('state', {}), {
    channels: 10,
    nodes: 5,
    unchecked_channels: 0,
    is_synced: true,
  });
  assert.deepEqual(await listed(empty), await listed(full));
  const { entries } = await empty.keeper.answer('nodes', { id: idOf('anna'), from: 0 });
  assert.equal(Buffer.from(entries[0]?.details?.alias ?? '', 'hex').toString(), 'anna');
  full.end();
  empty.end();
});

test('what nobody has looked at is not passed on, and is once somebody has', async () => {
  const clock = new ManualClock(NOW);
  const [full, empty] = [new TestKeeper(clock), new TestKeeper(clock)];
  full.finding = () => ({ kind: 'unknown' });
  full.connect(9);
  await full.keeper.receive(9, town());
  join2(full, empty);
  await talk([full, empty], 8);
  assert.equal((await empty.keeper.answer('state', {})).channels, 0);
  full.finding = (claim) => ({ kind: 'unspent', amount_sat: 5n, txid: claim.script_pubkey.slice(4), vout: 1 });
  full.keeper.block(1001, new Uint8Array(0));
  await talk([full, empty], 70);
  assert.equal((await empty.keeper.answer('state', {})).channels, 10);
  full.end();
  empty.end();
});

test('a channel that only one side has spoken for is passed on with what there is', async () => {
  const clock = new ManualClock(NOW);
  const [full, empty] = [new TestKeeper(clock), new TestKeeper(clock)];
  full.finding = () => ({ kind: 'unknown' });
  full.connect(9);
  const [announced, one] = street('anna', 'berta', '500x1x0', NOW - 1000) as [Buffer, Buffer, Buffer];
  await full.keeper.receive(9, [announced, one]);
  join2(full, empty);
  await talk([full, empty], 8);
  full.finding = (claim) => ({ kind: 'unspent', amount_sat: 5n, txid: claim.script_pubkey.slice(4), vout: 1 });
  full.keeper.block(1001, new Uint8Array(0));
  await talk([full, empty], 70);
  assert.equal((await empty.keeper.answer('state', {})).channels, 1);
  assert.equal((await listed(empty)).length, 1, 'one direction');
  full.end();
  empty.end();
});

test('a map is read again from its file, and a torn end is cut', async () => {
  const each = new TestKeeper(new ManualClock(NOW));
  each.connect(9);
  await each.keeper.receive(9, town());
  each.keeper.block(1001, new Uint8Array(0));
  await talk([each], 1);
  const before = await listed(each);
  assert.equal(before.length, 20);
  await each.restart();
  assert.deepEqual(await listed(each), before);
  assert.equal((await each.keeper.answer('state', {})).unchecked_channels, 0);
  each.keeper.stop();
  const { size } = statSync(each.path);
  appendFileSync(each.path, announcement('anna', 'zoe', '600x1x0').subarray(0, 100));
  each.keeper = each.open();
  assert.deepEqual(await listed(each), before);
  assert.equal(statSync(each.path).size, size);
  assert.match(each.logged.at(-1) ?? '', /100 bytes at its end cannot be read/);
  each.keeper.stop();
  truncateSync(each.path, size - 3);
  each.keeper = each.open();
  assert.equal((await listed(each)).length, 20, 'the last record was of a node');
  each.keeper.stop();
  rmSync(each.path);
  each.keeper = each.open();
  assert.equal((await listed(each)).length, 0, 'a map that is gone is gathered anew');
  each.end();
});

test('a map is read whatever lies between its records: larger than the piece that is read at once, or too short', async () => {
  const each = new TestKeeper(new ManualClock(NOW));
  each.connect(9);
  await each.keeper.receive(9, street('anna', 'berta', '500x1x0', NOW - 1000));
  each.keeper.stop();
  const unknown = Buffer.alloc(65_535);
  unknown.writeUInt16BE(4000);
  // Nine of them are more than two pieces.
  for (let count = 0; count < 9; count++) appendFileSync(each.path, encodeRecord(unknown, 0));
  for (const type of Object.values(RECORD_TYPES)) {
    const whole = channelRecord(type, 500 * 256, 1 << 16, 7n, 7n);
    // Each cut where a field begins or ends too early; whole ones are tried elsewhere.
    for (const length of type === RECORD_TYPES.delete_channel ? [2, 9] : [2, 9, 13]) {
      if (type === RECORD_TYPES.channel_amount && length > 9) continue;
      appendFileSync(each.path, encodeRecord(whole.subarray(0, length), 0));
    }
  }
  const more = street('carla', 'dora', '501x1x0', NOW - 1000);
  for (const message of more) appendFileSync(each.path, encodeRecord(message, NOW));
  const { size } = statSync(each.path);
  each.keeper = each.open();
  assert.deepEqual(
    (await listed(each)).map((entry) => (entry as { short_channel_id: string }).short_channel_id),
    ['500x1x0', '500x1x0', '501x1x0', '501x1x0'],
  );
  assert.equal((await each.keeper.answer('state', {})).unchecked_channels, 2);
  assert.equal(statSync(each.path).size, size);
  each.end();
});

test('false channels are forgotten, and their announcer is held off after some', async () => {
  const each = new TestKeeper(new ManualClock(NOW));
  each.finding = () => ({ kind: 'other_script' });
  each.connect(9);
  await each.keeper.receive(
    9,
    Array.from({ length: 12 }, (_, index) => announcement('anna', 'berta', `500x${index}x0`)),
  );
  assert.equal((await each.keeper.answer('state', {})).channels, 12);
  each.keeper.block(1001, new Uint8Array(0));
  await talk([each], 1);
  assert.equal((await each.keeper.answer('state', {})).channels, 0);
  assert.deepEqual(each.held_off, [9]);
  each.end();
});

test('a liar that announces a channel first does not keep the true one out', async () => {
  const each = new TestKeeper(new ManualClock(NOW));
  for (const peer of [8, 9]) each.connect(peer);
  const truth = street('anna', 'berta', '500x1x0', NOW) as [Buffer, Buffer, Buffer];
  const lie = announcement('anna', 'berta', '500x1x0', { bitcoin_key_1: idOf('liar'), bitcoin_key_2: idOf('liar') }, [
    'liar',
    'liar',
  ]);
  await each.keeper.receive(8, [lie]);
  // The true one is one of a channel that is known already.
  await each.keeper.receive(9, truth);
  each.finding = () => ({ kind: 'other_script' });
  each.keeper.block(1001, new Uint8Array(0));
  await talk([each], 1);
  assert.equal((await each.keeper.answer('state', {})).channels, 0);
  each.finding = unspent;
  await each.keeper.receive(9, truth);
  each.keeper.block(1002, new Uint8Array(0));
  await talk([each], 1);
  assert.equal((await listed(each)).length, 2);
  assert.equal((await each.keeper.answer('state', {})).unchecked_channels, 0);
  each.end();
});

test('what is said to be there and is not is not taken again for an hour', async () => {
  const each = new TestKeeper(new ManualClock(NOW));
  each.connect(9);
  each.finding = () => ({ kind: 'gone' });
  await each.keeper.receive(9, street('anna', 'berta', '500x1x0', NOW));
  each.keeper.block(1001, new Uint8Array(0));
  await talk([each], 1);
  await each.keeper.receive(9, street('anna', 'berta', '500x1x0', NOW));
  assert.equal((await each.keeper.answer('state', {})).channels, 0);
  assert.deepEqual(each.held_off, [], 'it may have been spent a moment ago');
  each.end();
});

test('an output that is spent takes its channel off the map after 72 blocks, and a reorganisation brings it back', async () => {
  const each = new TestKeeper(new ManualClock(NOW));
  each.connect(9);
  await each.keeper.receive(9, street('anna', 'berta', '500x1x0', NOW));
  each.keeper.block(1001, new Uint8Array(0));
  await talk([each], 1);
  const name = Buffer.alloc(32);
  name.write('500x1x0');
  const spend = Buffer.concat([Buffer.from(name).reverse(), Buffer.alloc(4)]);
  each.keeper.block(1002, spend);
  each.keeper.blockGone(1002);
  for (let height = 1002; height < 1080; height++) each.keeper.block(height, new Uint8Array(0));
  assert.equal((await each.keeper.answer('state', {})).channels, 1);
  each.keeper.block(1080, spend);
  await each.restart();
  for (let height = 1081; height < 1152; height++) each.keeper.block(height, new Uint8Array(0));
  assert.equal((await each.keeper.answer('state', {})).channels, 1);
  each.keeper.block(1152, new Uint8Array(0));
  assert.equal((await each.keeper.answer('state', {})).channels, 0);
  each.end();
});

test('of a block with thousands of inputs only those count that are funding outputs of channels', async () => {
  const each = new TestKeeper(new ManualClock(NOW));
  each.connect(9);
  const names = ['500x1x0', '500x2x0', '500x3x0'];
  const txidOf = (name: string): Uint8Array => sha256(Buffer.from(name));
  each.finding = ({ short_channel_id }) => ({
    kind: 'unspent',
    amount_sat: 1_000_000n,
    txid: toHex(txidOf(short_channel_id)),
    vout: 0,
  });
  await each.keeper.receive(
    9,
    names.flatMap((name) => street('anna', 'berta', name, NOW)),
  );
  each.keeper.block(1001, new Uint8Array(0));
  await talk([each], 1);
  const outpointOf = (name: string, vout = 0): Buffer => {
    const outpoint = Buffer.alloc(36);
    outpoint.set(txidOf(name).reverse());
    outpoint.writeUInt32LE(vout, 32);
    return outpoint;
  };
  const others = Array.from({ length: 5_000 }, (_, index) => outpointOf(`another output ${index}`));
  // The same transaction's next output is somebody else's.
  const spent = [...others, outpointOf('500x1x0'), outpointOf('500x2x0', 1), outpointOf('500x3x0')];
  each.keeper.block(1002, Buffer.concat(spent));
  each.keeper.block(1074, new Uint8Array(0));
  const { entries } = await each.keeper.answer('channels', { from: 0 });
  assert.deepEqual(new Set(entries.map(({ short_channel_id }) => short_channel_id)), new Set(['500x2x0']));
  each.end();
});

test('a channel of which one side is silent for two weeks is forgotten', async () => {
  const clock = new ManualClock(NOW);
  const each = new TestKeeper(clock);
  each.connect(9);
  await each.keeper.receive(9, [
    ...street('anna', 'berta', '500x1x0', NOW),
    ...street('anna', 'berta', '500x2x0', NOW),
  ]);
  for (let day = 0; day < 13; day++) clock.advance(24 * 3_600_000);
  await each.keeper.receive(9, [
    update('anna', 'berta', '500x1x0', { timestamp: clock.nowSeconds() }),
    update('berta', 'anna', '500x1x0', { timestamp: clock.nowSeconds() }),
    update('anna', 'berta', '500x2x0', { timestamp: clock.nowSeconds() }),
  ]);
  assert.equal((await each.keeper.answer('state', {})).channels, 2);
  clock.advance(36 * 3_600_000);
  const { entries } = await each.keeper.answer('channels', { from: 0 });
  assert.deepEqual(new Set(entries.map(({ short_channel_id }) => short_channel_id)), new Set(['500x1x0']));
  each.end();
});

test('an update that comes before its channel is kept, and its channel asked for', async () => {
  const each = new TestKeeper(new ManualClock(NOW));
  each.connect(9);
  const [first, ...updates] = street('anna', 'berta', '500x1x0', NOW) as [Buffer, ...Buffer[]];
  await each.keeper.receive(9, updates);
  const asked = (each.sent.get(9) ?? []).map((message) => (message[0] as number) * 256 + (message[1] as number));
  assert.deepEqual(asked, [265, 263, 261]);
  await each.keeper.receive(9, [first]);
  assert.equal((await listed(each)).length, 2);
  each.end();
});

test('whatever the order in which gossip comes, the map is the same in the end', async () => {
  const messages = town();
  const sorted = async (order: readonly Buffer[]): Promise<unknown> => {
    const each = new TestKeeper(new ManualClock(NOW));
    try {
      each.connect(9);
      // One by one: what comes too early has to wait.
      for (const message of order) await each.keeper.receive(9, [message]);
      const { entries } = await each.keeper.answer('nodes', { from: 0 });
      return [await listed(each), [...entries].sort((a, b) => (a.nodeid < b.nodeid ? -1 : 1))];
    } finally {
      each.end();
    }
  };
  const expected = await sorted(messages);
  const any_order = fc.shuffledSubarray(messages, { minLength: messages.length });
  await fc.assert(
    fc.asyncProperty(any_order, async (order) => assert.deepEqual(await sorted(order), expected)),
    { numRuns: 15 },
  );
});

test('a peer that sends anything at all costs neither the map nor the thread', async () => {
  const each = new TestKeeper(new ManualClock(NOW));
  const numbers = fc.constantFrom(256, 257, 258, 261, 262, 263, 264, 265);
  const anything = fc.tuple(numbers, fc.uint8Array({ maxLength: 700 })).map(([number, bytes]) => {
    return Buffer.concat([Buffer.of(number >> 8, number & 0xff), bytes]);
  });
  let peer = 10;
  await fc.assert(
    fc.asyncProperty(fc.array(anything, { maxLength: 20 }), async (messages) => {
      each.connect(++peer);
      await each.keeper.receive(peer, messages);
      each.keeper.disconnected(peer);
    }),
    { numRuns: 60 },
  );
  assert.equal((await each.keeper.answer('state', {})).channels, 0);
  each.connect(9);
  await each.keeper.receive(9, town());
  assert.equal((await each.keeper.answer('state', {})).channels, 10);
  each.end();
});

test('where not all outputs can be looked at, those of a way are, before it is told', async () => {
  const each = new TestKeeper(new ManualClock(NOW));
  each.can_check_all = false;
  const looked: string[] = [];
  each.finding = (claim) => {
    looked.push(claim.short_channel_id);
    return claim.short_channel_id === '500x1x0' ? { kind: 'gone' } : unspent(claim);
  };
  each.connect(9);
  const cheap = [
    announcement('anna', 'berta', '500x1x0'),
    update('anna', 'berta', '500x1x0', { timestamp: NOW, fee_base_msat: 0 }),
  ];
  await each.keeper.receive(9, [
    ...cheap,
    ...street('berta', 'carla', '500x2x0', NOW),
    ...street('anna', 'dora', '500x3x0', NOW),
    ...street('dora', 'carla', '500x4x0', NOW),
  ]);
  each.keeper.block(1001, new Uint8Array(0));
  assert.deepEqual(looked, [], 'nobody asks a server for the whole network');
  const asked = {
    source: idOf('anna'),
    destination: idOf('carla'),
    amount_msat: 1_000_000,
    final_cltv: 18,
    max_fee_msat: 100_000,
    max_delay: 2016,
    max_hops: 20,
    max_parts: 1,
    price_of_block: 0,
    price_of_doubt: 0.3,
    own_ways: undefined,
    hints: [],
    avoid: [],
    held: [],
    terms: [],
  };
  const found = await each.keeper.answer('ways', asked);
  assert(found.kind === 'found');
  assert.deepEqual(
    found.routes[0]?.hops.map(({ short_channel_id }) => short_channel_id),
    ['500x3x0', '500x4x0'],
  );
  assert.deepEqual(looked.sort(), ['500x1x0', '500x2x0', '500x3x0', '500x4x0']);
  await each.keeper.answer('ways', asked);
  assert.equal(looked.length, 4, 'what was looked at is remembered');
  each.end();
});
