/** What peers are told of the map: LND, that asks for 500 channels at a time, and whoever sends a filter or asks for too much. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ManualClock } from '../../../src/base/types/clock.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import { decodeMessage, encodeMessage, type KnownMessage } from '../../../src/codec/wire/index.ts';
import { scidHalves } from '../../../src/protocol/gossip/fields.ts';
import { encodeShortIds } from '../../../src/protocol/gossip/query-codec.ts';
import { CHAIN_HASH, nodeAnnouncement, street, update } from './city.ts';
import { TestKeeper, talk } from './keepers.ts';

const NOW = 1_700_000_000;
const GIVER = 9;
const NEVER = 0xffffffff;
const A_SECOND_BYTES = 51_200;
const NO_QUERIES = { can_query: false, can_query_more: false };

/** A map of `count` channels of one node, checked, and what its peer heard is forgotten. */
async function full(t: TestContext, count: number, can_check_all = true): Promise<TestKeeper> {
  const each = new TestKeeper(new ManualClock(NOW));
  t.after(() => each.end());
  each.can_check_all = can_check_all;
  await each.restart();
  each.connect(GIVER, NO_QUERIES);
  const names = Array.from({ length: count }, (_, index) => `500x${index}x0`);
  const messages = names.flatMap((name, index) => street('hub', `leaf ${index}`, name, NOW - 10_000));
  await each.keeper.receive(GIVER, [...messages, nodeAnnouncement('hub', NOW - 10_000)]);
  // What waits is looked at every hour, however much it is.
  each.clock.advance(3_600_000);
  await talk([each], 5);
  each.sent.clear();
  return each;
}

function heard(each: TestKeeper, peer: number): readonly KnownMessage[] {
  const messages = (each.sent.get(peer) ?? []).map((bytes) => decodeMessage(bytes) as KnownMessage);
  each.sent.delete(peer);
  return messages;
}

function counts(messages: readonly KnownMessage[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { type } of messages) found[type] = (found[type] ?? 0) + 1;
  return found;
}

function question(names: readonly string[]): Uint8Array {
  return encodeMessage({
    type: 'query_short_channel_ids',
    chain_hash: CHAIN_HASH,
    encoded_short_ids: encodeShortIds(names.map((name) => scidHalves(name) as never)),
  });
}

function filter(first_timestamp: number): Uint8Array {
  const timestamp_range = 0xffffffff;
  return encodeMessage({ type: 'gossip_timestamp_filter', chain_hash: CHAIN_HASH, first_timestamp, timestamp_range });
}

function namesFrom(first: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `500x${first + index}x0`);
}

test('an LND that asks for some channels after the others gets each whole, and each node once', async (t) => {
  const each = await full(t, 30);
  each.connect(1, NO_QUERIES);
  heard(each, 1);
  for (const first of [0, 10, 20]) {
    await each.keeper.receive(1, [question(namesFrom(first, 10))]);
    await talk([each], 2);
    const told = heard(each, 1);
    assert.deepEqual(counts(told), {
      channel_announcement: 10,
      channel_update: 20,
      node_announcement: 1,
      reply_short_channel_ids_end: 1,
    });
    const last = told.at(-1);
    assert(last?.type === 'reply_short_channel_ids_end');
    assert.equal(last.full_information, 1, 'the whole map is kept');
  }
  await each.keeper.receive(1, [question(['600x1x0'])]);
  assert.deepEqual(counts(heard(each, 1)), { reply_short_channel_ids_end: 1 }, 'an answer, though nothing is known');
});

test('a peer gets 51,200 bytes a second, however much it asks for', async (t) => {
  const each = await full(t, 400);
  each.connect(1, NO_QUERIES);
  each.sent.clear();
  await each.keeper.receive(1, [question(namesFrom(0, 400))]);
  let total = 0;
  for (let second = 0; second < 8; second++) {
    const bytes = (each.sent.get(1) ?? []).reduce((sum, message) => sum + message.length, 0);
    each.sent.delete(1);
    assert(bytes < A_SECOND_BYTES + 500, `${bytes} bytes in second ${second}`);
    total += bytes;
    each.clock.advance(1000);
  }
  assert(total > 400 * 700, `${total} bytes in all`);
});

test('more questions at once than anybody asks are a fault, and whoever goes on is not read any more', async (t) => {
  const each = await full(t, 200);
  each.connect(1, NO_QUERIES);
  // The first takes some seconds: the others wait.
  const flood = Array.from({ length: 20 }, () => question(namesFrom(0, 200)));
  await each.keeper.receive(1, flood);
  assert.deepEqual(each.held_off, [1]);
  each.sent.clear();
  each.connect(2, NO_QUERIES);
  await each.keeper.receive(2, [question(namesFrom(0, 1))]);
  await talk([each], 2);
  assert.equal(counts(heard(each, 2)).channel_announcement, 1, 'another peer is answered');
});

test('what is new is told to whom a filter asks for it: once, the newest only, and not to who told it', async (t) => {
  const each = await full(t, 3);
  for (const peer of [1, 2, 3]) each.connect(peer, NO_QUERIES);
  await each.keeper.receive(1, [filter(each.clock.nowSeconds())]);
  await each.keeper.receive(2, [filter(NEVER)]);
  await each.keeper.receive(GIVER, [filter(each.clock.nowSeconds())]);
  each.sent.clear();
  const said = (seconds: number) => update('hub', 'leaf 1', '500x1x0', { timestamp: NOW - 5_000 + seconds });
  await each.keeper.receive(GIVER, [said(1), said(2), said(3)]);
  assert.deepEqual(counts(heard(each, 1)), {}, 'what is not our own waits for its minute');
  await talk([each], 61);
  const [newest, ...more] = heard(each, 1);
  assert(newest?.type === 'channel_update' && more.length === 0);
  assert.equal(newest.timestamp, NOW - 5_000 + 3);
  for (const peer of [2, 3, GIVER]) assert.deepEqual(heard(each, peer), [], `peer ${peer}`);
  await talk([each], 130);
  assert.deepEqual(heard(each, 1), [], 'once');
});

test('a filter from the beginning of time on asks for everything, one from now on for the last two hours', async (t) => {
  const each = await full(t, 5);
  const now = each.clock.nowSeconds();
  await each.keeper.receive(GIVER, [update('hub', 'leaf 1', '500x1x0', { timestamp: now - 60 })]);
  for (const [peer, first, updates] of [
    [1, 0, 10],
    [2, now - 1, 1],
  ] as const) {
    each.connect(peer, NO_QUERIES);
    heard(each, peer);
    await each.keeper.receive(peer, [filter(first)]);
    await talk([each], 3);
    assert.equal(counts(heard(each, peer)).channel_update, updates, `from ${first} on`);
  }
});

test('what is our own goes to every peer at once, and on every connection, whatever its filter says', async (t) => {
  const each = await full(t, 1);
  each.connect(1, NO_QUERIES);
  await each.keeper.receive(1, [filter(NEVER)]);
  each.sent.clear();
  const mine = (timestamp: number) => update('hub', 'leaf 0', '500x0x0', { timestamp });
  each.keeper.own('update', mine(NOW), '500x0x0' as ShortChannelId);
  assert.deepEqual(counts(heard(each, 1)), { channel_update: 1 });
  each.keeper.own('update', mine(NOW), '500x0x0' as ShortChannelId);
  assert.deepEqual(heard(each, 1), [], 'the same is said once');
  each.connect(2, NO_QUERIES);
  assert.deepEqual(counts(heard(each, 2)), { channel_update: 1, gossip_timestamp_filter: 1 });
});

test('where outputs are looked at on demand, only our own channels are told, and that this is not all', async (t) => {
  const each = await full(t, 3, false);
  each.keeper.own('update', update('hub', 'leaf 0', '500x0x0', { timestamp: NOW }), '500x0x0' as ShortChannelId);
  each.connect(1, NO_QUERIES);
  heard(each, 1);
  await each.keeper.receive(1, [question(namesFrom(0, 3))]);
  await talk([each], 2);
  const told = heard(each, 1);
  assert.equal(counts(told).channel_announcement, 1);
  const last = told.at(-1);
  assert(last?.type === 'reply_short_channel_ids_end');
  assert.equal(last.full_information, 0);
  const first_blocknum = 0;
  const number_of_blocks = 2_000;
  const range = { type: 'query_channel_range', chain_hash: CHAIN_HASH, first_blocknum, number_of_blocks } as const;
  await each.keeper.receive(1, [encodeMessage(range)]);
  const [listed] = heard(each, 1);
  assert(listed?.type === 'reply_channel_range');
  assert.equal(listed.encoded_short_ids.length, 1 + 8, 'one channel');
});
