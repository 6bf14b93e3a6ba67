/** What the map asks of peers, where they answer as LND does, late, too much, or not at all. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { decodeMessage, encodeMessage, type KnownMessage } from '../../../src/codec/wire/index.ts';
import { scidHalves, scidText } from '../../../src/protocol/gossip/fields.ts';
import { decodeShortIds, encodeShortIds } from '../../../src/protocol/gossip/query-codec.ts';
import { CHAIN_HASH, street, update } from './city.ts';
import { TestKeeper } from './keepers.ts';

const NOW = 1_700_000_000;
const HEIGHT = 1000;
const WITHIN_MS = 60_000;

function keeper(t: TestContext): TestKeeper {
  const each = new TestKeeper(new ManualClock(NOW));
  t.after(() => each.end());
  return each;
}

/** What this peer was asked and told since it was looked at last. */
function heard(each: TestKeeper, peer: number): readonly KnownMessage[] {
  const messages = (each.sent.get(peer) ?? []).map((bytes) => decodeMessage(bytes) as KnownMessage);
  each.sent.delete(peer);
  return messages;
}

function typesOf(messages: readonly KnownMessage[]): readonly string[] {
  return messages.map(({ type }) => type);
}

/** The channels that a query asks for. */
function idsIn(messages: readonly KnownMessage[]): readonly string[] {
  return messages.flatMap((message) =>
    message.type === 'query_short_channel_ids'
      ? decodeShortIds(message.encoded_short_ids).map(({ scid_high, scid_low }) => scidText(scid_high, scid_low))
      : [],
  );
}

/** A part of a list of channels. By default it stands for the whole range, as old LNDs have it in every part. */
function reply(names: readonly string[], sync_complete: number, first_blocknum = 0): Uint8Array {
  return encodeMessage({
    type: 'reply_channel_range',
    chain_hash: CHAIN_HASH,
    first_blocknum,
    number_of_blocks: HEIGHT + 1 - first_blocknum,
    sync_complete,
    encoded_short_ids: encodeShortIds(names.map((each) => scidHalves(each) as never)),
  });
}

const END = encodeMessage({ type: 'reply_short_channel_ids_end', chain_hash: CHAIN_HASH, full_information: 1 });
const LND = { can_query: true, can_query_more: false };

test('an LND that repeats the whole range in each part is read until it says that this was all', async (t) => {
  const each = keeper(t);
  each.connect(1, LND);
  const asked = heard(each, 1);
  assert.deepEqual(typesOf(asked), ['gossip_timestamp_filter', 'query_channel_range']);
  const [, range] = asked as [unknown, Extract<KnownMessage, { type: 'query_channel_range' }>];
  assert.deepEqual([range.first_blocknum, range.number_of_blocks, range.query_option], [0, HEIGHT + 1, undefined]);
  await each.keeper.receive(1, [reply(['500x2x0'], 0)]);
  assert.deepEqual(heard(each, 1), [], 'one question of a kind at a time');
  await each.keeper.receive(1, [reply(['500x1x0'], 1)]);
  const wanted = heard(each, 1);
  assert.deepEqual(idsIn(wanted), ['500x1x0', '500x2x0'], 'ascending');
  assert.equal((wanted[0] as { query_flags?: unknown }).query_flags, undefined, 'it does not know flags');
  await each.keeper.receive(1, [...street('a', 'b', '500x1x0', NOW), ...street('b', 'c', '500x2x0', NOW)]);
  assert.equal((await each.keeper.answer('state', {})).is_synced, false, 'it has not said that this was all');
  await each.keeper.receive(1, [END]);
  const { channels, is_synced } = await each.keeper.answer('state', {});
  assert.deepEqual([channels, is_synced], [2, true]);
});

test('a peer that does not offer queries is listened to, and asked nothing', (t) => {
  const each = keeper(t);
  each.connect(1, { can_query: false, can_query_more: false });
  const [filter, ...more] = heard(each, 1);
  assert.deepEqual([filter?.type, more], ['gossip_timestamp_filter', []]);
  assert.equal((filter as { first_timestamp?: number }).first_timestamp, NOW);
});

test('two peers are listened to, a third when one of them has gone', (t) => {
  const each = keeper(t);
  for (const peer of [1, 2, 3]) each.connect(peer, { can_query: false, can_query_more: false });
  const filters = [1, 2, 3].map((peer) => (heard(each, peer)[0] as { first_timestamp?: number }).first_timestamp);
  assert.deepEqual(filters, [NOW, NOW, 0xffffffff]);
  each.keeper.disconnected(1);
  assert.equal((heard(each, 3)[0] as { first_timestamp?: number }).first_timestamp, NOW);
});

test('a peer that does not answer for a minute costs its turn, and its late answer changes nothing', async (t) => {
  const each = keeper(t);
  for (const peer of [1, 2]) each.connect(peer, LND);
  assert.deepEqual(typesOf(heard(each, 1)), ['gossip_timestamp_filter', 'query_channel_range']);
  assert.deepEqual(typesOf(heard(each, 2)), ['gossip_timestamp_filter']);
  each.clock.advance(WITHIN_MS);
  assert.deepEqual(typesOf(heard(each, 2)), ['query_channel_range']);
  await each.keeper.receive(1, [reply(['500x1x0', '500x9x0'], 1)]);
  assert.deepEqual(heard(each, 1), []);
  await each.keeper.receive(2, [reply(['500x1x0'], 1)]);
  assert.deepEqual(idsIn(heard(each, 2)), ['500x1x0']);
});

test('what a peer was asked for and does not send is asked of another', async (t) => {
  const each = keeper(t);
  for (const peer of [1, 2]) each.connect(peer, LND);
  await each.keeper.receive(1, [reply(['500x1x0', '500x2x0'], 1)]);
  assert.deepEqual(idsIn(heard(each, 1)), ['500x1x0', '500x2x0']);
  assert.deepEqual(idsIn(heard(each, 2)), []);
  await each.keeper.receive(1, street('a', 'b', '500x1x0', NOW));
  each.keeper.disconnected(1);
  assert.deepEqual(idsIn(heard(each, 2)), ['500x2x0']);
});

test('a list that does not end is ended, at the cost of who sends it', async (t) => {
  const each = keeper(t);
  each.connect(1, LND);
  each.connect(2, LND);
  heard(each, 2);
  const endless = Array.from({ length: 1_001 }, () => reply([], 0));
  await each.keeper.receive(1, endless);
  assert(each.logged.some((line) => line.includes('more channels than there can be')));
  assert.deepEqual(typesOf(heard(each, 2)), ['query_channel_range'], 'another is asked');
});

test('an id that nobody knows is not asked for again for an hour, whatever names it', async (t) => {
  const each = keeper(t);
  each.connect(1, LND);
  await each.keeper.receive(1, [reply(['500x1x0'], 1), END]);
  heard(each, 1);
  const named = (timestamp: number) => update('a', 'b', '500x1x0', { timestamp });
  await each.keeper.receive(1, [named(NOW)]);
  assert.deepEqual(heard(each, 1), []);
  // What failed is forgotten within two hours: it may have been a matter of that hour.
  for (let hour = 0; hour < 2; hour++) each.clock.advance(3_600_000);
  heard(each, 1);
  await each.keeper.receive(1, [named(NOW + 1)]);
  assert.deepEqual(idsIn(heard(each, 1)), ['500x1x0']);
});
