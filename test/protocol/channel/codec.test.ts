import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeState, encodeState, StateError } from '../../../src/protocol/channel/codec.ts';
import { untaken } from '../../../src/protocol/channel/step.ts';
import { offer, usablePair } from './pair.ts';

test('a state reads back as it was, but for what a crash undoes', () => {
  const pair = usablePair();
  for (let number = 0; number < 5; number++) pair.alice.do(offer(number, 1_000_000));
  pair.alice.do({ kind: 'commit' });
  pair.alice.do(offer(7, 2_000_000));
  const read = decodeState(encodeState(pair.alice.state));
  assert.deepEqual(read, { ...pair.alice.state, link: 'down' });
  for (const message of pair.alice.outbox.splice(0)) pair.bob.do({ kind: 'message', message });
  const bob = decodeState(encodeState(pair.bob.state));
  assert.equal(bob.htlcs.length, 5, 'the sixth was never signed');
  assert.equal(bob.remote_next_htlc_id, 5n);
});

test('what the host has not taken is told again after a restart', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 1_000_000));
  pair.exchange();
  const again = untaken(decodeState(encodeState(pair.bob.state)));
  assert.deepEqual(again, pair.bob.take('htlc_committed'));
  pair.bob.do({ kind: 'take', incoming: [0n], outgoing: [] });
  assert.deepEqual(untaken(pair.bob.state), []);
  assert.equal(pair.bob.state.htlcs[0]?.onion_routing_packet, undefined, 'the onion is not kept longer');
});

test('a damaged or newer state is refused with a reason', () => {
  assert.throws(() => decodeState('{"version":1'), StateError);
  assert.throws(() => decodeState('{"version":2}'), /newer/);
});

test('a channel of which only the terms were left is known as such, also from before that was stored', () => {
  const { alice } = usablePair();
  const { knowledge: _, ...state } = (JSON.parse(encodeState(alice.state)) as { state: Record<string, unknown> }).state;
  const { version, terms } = JSON.parse(encodeState(alice.state)) as { version: number; terms: unknown };
  const read = (changes: object) => decodeState(JSON.stringify({ version, terms, state: { ...state, ...changes } }));
  assert.equal(read({}).knowledge, 'all');
  assert.equal(read({ local_signature: '' }).knowledge, 'terms');
  assert.equal(read({ local_signature: '', knowledge: 'all' }).knowledge, 'all');
});
