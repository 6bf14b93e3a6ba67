/** How a channel ends badly: what is said, what is stored, and what never goes to the chain (BOLT 1, BOLT 2, BOLT 5). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import { latestCommitment, printable } from '../../../src/protocol/channel/failure.ts';
import type { Failure } from '../../../src/protocol/channel/state.ts';
import { confirmation, type End, fundedPair, messagesOf, offer, usablePair } from './pair.ts';

const CLOSE = { kind: 'force_close', reason: 'a test' } as const;
const LOST: Failure = { by: 'local', reason: 'we have lost data', data_loss: true };

/** The peer says `error`. */
function hearError(end: End, text = 'no') {
  const { channel_id } = end.state.terms;
  return end.do({ kind: 'message', message: { type: 'error', channel_id, data: Buffer.from(text) } });
}

test('that a channel has failed is stored, and it is told without a loss of data', () => {
  const { alice } = usablePair();
  assert.equal(alice.do(CLOSE).store, true);
  assert.deepEqual(alice.take('channel_failed'), [{ kind: 'channel_failed', reason: 'a test', data_loss: false }]);
});

test("the peer's error after ours changes nothing", () => {
  const { alice } = usablePair();
  alice.do(CLOSE);
  const before = alice.state;
  assert.equal(hearError(alice).store, false);
  assert.equal(alice.state, before);
  const { bob } = usablePair();
  bob.state = { ...bob.state, phase: 'failed', failure: LOST };
  hearError(bob);
  assert.deepEqual(bob.state.failure, LOST, 'whoever has lost data goes on asking');
});

test('a state that is old is never brought to the chain, by whatever way (BOLT 2, option_data_loss_protect)', () => {
  const { bob } = fundedPair();
  const env = bob.env;
  assert.throws(() => latestCommitment({ state: { ...bob.state, failure: LOST }, env }), /must never be broadcast/);
  bob.state = { ...bob.state, phase: 'failed', failure: LOST };
  bob.do(confirmation(1));
  assert.deepEqual([bob.take('broadcast'), bob.take('channel_failed')], [[], []]);
});

test('a channel without funding and without money of ours is forgotten, and the peer hears why unless it said so', () => {
  const promised = (): End => fundedPair({ open: { push_msat: msat(0) } }).bob;
  const closed = promised();
  const outcome = closed.do(CLOSE);
  assert.deepEqual(
    messagesOf(outcome.effects).map(({ type }) => type),
    ['error'],
  );
  assert.deepEqual(closed.take('channel_forgotten'), [{ kind: 'channel_forgotten', reason: 'a test' }]);
  assert.deepEqual([closed.take('broadcast'), closed.take('waits_for_funding')], [[], []]);
  const away = promised();
  away.do({ kind: 'disconnected' });
  away.do({ kind: 'forget', reason: 'a test' });
  assert.equal(away.take('channel_forgotten').length, 1);
  assert.deepEqual(away.outbox, []);
  const told = promised();
  assert.deepEqual(messagesOf(hearError(told).effects), []);
  assert.equal(told.take('channel_forgotten').length, 1);
});

test('of the words of a peer 500 are kept, and a warning is told', () => {
  assert.equal(printable(Buffer.from('a'.repeat(500))), 'a'.repeat(500));
  assert.equal(printable(Buffer.from('a'.repeat(501))), 'a'.repeat(500));
  const { alice } = usablePair();
  const { channel_id } = alice.state.terms;
  alice.do({ kind: 'message', message: { type: 'warning', channel_id, data: Buffer.from('hm') } });
  assert.deepEqual(alice.take('peer_warned'), [{ kind: 'peer_warned', text: 'hm' }]);
});

test('a message that is refused with a warning, and a wish that is refused, store nothing', () => {
  const { alice, bob } = usablePair();
  const { channel_id } = alice.state.terms;
  const refused = alice.attempt({ kind: 'message', message: { type: 'update_fee', channel_id, feerate_per_kw: 500 } });
  assert.deepEqual([refused.violation?.kind, refused.store], ['warning', false]);
  const wish = bob.attempt(offer(1, 0));
  assert.deepEqual([wish.refusal?.code, wish.store, wish.effects], ['invalid', false, []]);
});
