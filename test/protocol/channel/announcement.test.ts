/** When the signatures of an announcement are asked for, said, kept and forgotten (BOLT 7, announcement_signatures). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import { confirmation, type End, type Pair, usablePair } from './pair.ts';

const PUBLIC = { announce_channel: true, channel_type: { option_scid_alias: false, option_zeroconf: false } };

function signatures(fill: string, short_channel_id = '90x2x1') {
  const signature = fill.repeat(64);
  return {
    short_channel_id: short_channel_id as ShortChannelId,
    node_signature: signature,
    bitcoin_signature: signature,
  };
}

function publicPair(): Pair {
  const pair = usablePair({ open: PUBLIC });
  pair.alice.do(confirmation(6));
  return pair;
}

/** The peer says its own. */
function hear(end: End): { store: boolean } {
  const { channel_id } = end.state.terms;
  const message = { type: 'announcement_signatures', channel_id, ...signatures('bb') } as const;
  return end.do({ kind: 'message', message });
}

/** Connects both again, and delivers what bob says first. */
function reconnect({ alice, bob }: Pair): void {
  alice.do({ kind: 'connected' });
  bob.do({ kind: 'connected' });
  for (const message of bob.outbox.splice(0)) alice.do({ kind: 'message', message });
}

/** How often alice has said her signatures since she was asked last. */
function saidBy({ outbox }: End): number {
  return outbox.splice(0).filter(({ type }) => type === 'announcement_signatures').length;
}

const isDue = (end: End): boolean => end.take('announcement_due').length > 0;

test('signatures are asked for once, again for another place in the chain, and again after a reconnection', () => {
  const pair = publicPair();
  const { alice } = pair;
  assert.equal(isDue(alice), true);
  pair.disconnect();
  reconnect(pair);
  assert.equal(isDue(alice), true, 'a restart has come between the question and the answer');
  alice.do({ kind: 'announce', signatures: signatures('aa') });
  alice.do(confirmation(7));
  assert.equal(isDue(alice), false);
  alice.do({ kind: 'funding_depth', confirmation: { block_height: 91, transaction_index: 2, depth_blocks: 6 } });
  assert.equal(isDue(alice), true);
});

test('our signatures are stored, and said at once only to a peer that is there', () => {
  const pair = publicPair();
  const { alice } = pair;
  alice.outbox.length = 0;
  pair.disconnect();
  assert.equal(alice.do({ kind: 'announce', signatures: signatures('aa') }).store, true);
  assert.equal(saidBy(alice), 0);
  reconnect(pair);
  assert.equal(saidBy(alice), 1);
});

test("the peer's signatures are stored, and complete the announcement whoever was first", () => {
  const first = publicPair().alice;
  assert.equal(hear(first).store, true);
  assert.deepEqual(first.take('announcement_complete'), []);
  first.do({ kind: 'announce', signatures: signatures('aa') });
  assert.equal(first.take('announcement_complete').length, 1);
  const second = publicPair().alice;
  second.do({ kind: 'announce', signatures: signatures('aa') });
  assert.deepEqual(second.take('announcement_complete'), []);
  hear(second);
  assert.equal(second.take('announcement_complete').length, 1);
});

test('once both have said them ours are said only as an answer, once on each connection', () => {
  const pair = publicPair();
  const { alice } = pair;
  alice.take('announcement_due');
  alice.do({ kind: 'announce', signatures: signatures('aa') });
  hear(alice);
  assert.equal(saidBy(alice), 1);
  pair.disconnect();
  reconnect(pair);
  assert.equal(saidBy(alice), 0);
  assert.equal(isDue(alice), false);
  hear(alice);
  assert.equal(saidBy(alice), 1, 'the peer has lost ours');
  hear(alice);
  assert.equal(saidBy(alice), 0);
});

test("after a reconnection signatures that we never made are not said, also when the peer's are there", () => {
  const pair = publicPair();
  const { alice } = pair;
  hear(alice);
  alice.take('announcement_due');
  pair.disconnect();
  reconnect(pair);
  assert.equal(saidBy(alice), 0);
  assert.equal(isDue(alice), true);
});

test("the peer's signatures that make no announcement are forgotten, and that is stored", () => {
  const { alice } = publicPair();
  hear(alice);
  assert.equal(alice.do({ kind: 'refuse_announcement' }).store, true);
  assert.equal(alice.state.remote_announcement, undefined);
  alice.do({ kind: 'announce', signatures: signatures('aa') });
  assert.deepEqual(alice.take('announcement_complete'), []);
  hear(alice);
  assert.equal(alice.take('announcement_complete').length, 1);
});
