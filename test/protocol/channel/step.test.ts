/** Which message is heard when, and what an end does for its host (BOLT 1, BOLT 2). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChannelMessage } from '../../../src/protocol/channel/message.ts';
import { untaken } from '../../../src/protocol/channel/step.ts';
import { deliver, types } from './meeting.ts';
import { type End, fundedPair, messagesOf, offer, type Pair, usablePair } from './pair.ts';

function fee(end: End, feerate_per_kw = 2_000): ChannelMessage {
  return { type: 'update_fee', channel_id: end.state.terms.channel_id, feerate_per_kw };
}

/** What an end says against a message. */
function faultOf(end: End, message: ChannelMessage): string | undefined {
  return end.attempt({ kind: 'message', message }).violation?.message;
}

test('updates are for a channel that is ready or closing: before and after that they are refused by its phase', () => {
  const { bob } = fundedPair();
  assert.equal(faultOf(bob, fee(bob)), 'update_fee while the channel is opening');
  const closed = usablePair();
  closed.alice.do({ kind: 'shutdown' });
  closed.exchange();
  const { channel_id } = closed.bob.state.terms;
  const fail = { type: 'update_fail_htlc', channel_id, id: 0n, reason: '' } as const;
  assert.equal(faultOf(closed.bob, fail), 'update_fail_htlc while the channel is closed');
});

test('once the close is agreed on, what is still under way of commitments is passed over', () => {
  const { bob } = closedPair();
  const { channel_id } = bob.state.terms;
  const before = bob.state;
  for (const message of [
    fee(bob),
    { type: 'commitment_signed', channel_id, signature: '00'.repeat(64), htlc_signatures: [] },
    { type: 'revoke_and_ack', channel_id, per_commitment_secret: '', next_per_commitment_point: '' },
  ] as const) {
    assert.deepEqual(bob.attempt({ kind: 'message', message }).effects, [], message.type);
  }
  assert.equal(bob.state, before);
});

function closedPair(): Pair {
  const pair = usablePair();
  pair.alice.do({ kind: 'shutdown' });
  pair.exchange();
  return pair;
}

test('each message of an opening is refused on a channel that is open already', () => {
  const { alice } = usablePair();
  for (const type of ['open_channel', 'accept_channel', 'funding_created', 'funding_signed'] as const) {
    const { state } = alice;
    assert.equal(faultOf(alice, { type } as never), `${type} for a channel that is open already`);
    alice.state = state;
  }
});

test('a warning is told whatever state the channel is in, and is not answered', () => {
  const { alice } = usablePair();
  const { channel_id } = alice.state.terms;
  const message = { type: 'warning', channel_id, data: Buffer.from('hm') } as const;
  const hears = () => {
    const { effects } = alice.do({ kind: 'message', message });
    assert.deepEqual(effects, [{ kind: 'peer_warned', text: 'hm' }]);
  };
  hears();
  alice.do({ kind: 'disconnected' });
  alice.do({ kind: 'connected' });
  hears();
  alice.do({ kind: 'force_close', reason: 'a test' });
  hears();
});

for (const closer of ['we', 'the peer'] as const) {
  test(`a channel that ${closer} closed answers only who asks where it is`, () => {
    const { alice } = usablePair();
    const { channel_id } = alice.state.terms;
    const error = { type: 'error', channel_id, data: Buffer.from('over') } as const;
    alice.do(closer === 'we' ? { kind: 'force_close', reason: 'a test' } : { kind: 'message', message: error });
    const before = alice.state;
    for (const [message, answers] of [
      [fee(alice), []],
      [{ type: 'shutdown' }, []],
      [error, []],
      [{ type: 'channel_reestablish' }, ['error']],
    ] as [ChannelMessage, string[]][]) {
      alice.outbox.length = 0;
      alice.do({ kind: 'message', message });
      assert.deepEqual(types(alice), answers, message.type);
    }
    assert.equal(alice.state, before);
  });
}

test('a rule that is broken on a channel that has failed already says no second error', () => {
  const { alice } = usablePair();
  alice.do(offer(1, 10_000_000));
  alice.do({ kind: 'commit' });
  const { channel_id } = alice.state.terms;
  const wrong = {
    type: 'revoke_and_ack',
    channel_id,
    per_commitment_secret: '11'.repeat(32),
    next_per_commitment_point: '',
  } as const;
  const first = alice.attempt({ kind: 'message', message: wrong });
  assert.deepEqual([first.violation?.kind, first.violation?.force_close, first.store], ['error', true, true]);
  const second = alice.attempt({ kind: 'message', message: wrong });
  assert.deepEqual([second.violation, second.effects], [undefined, []]);
});

test('a break of the rules that would fail a channel sets one that is closed in agreement aside', () => {
  const { bob } = closedPair();
  bob.do({ kind: 'disconnected' });
  bob.do({ kind: 'connected' });
  bob.outbox.length = 0;
  const { channel_id } = bob.state.terms;
  const outcome = bob.attempt({
    kind: 'message',
    message: {
      type: 'channel_reestablish',
      channel_id,
      next_commitment_number: 9n,
      next_revocation_number: 0n,
      your_last_per_commitment_secret: '00'.repeat(32),
      my_current_per_commitment_point: '',
    },
  });
  assert.deepEqual([outcome.violation?.kind, outcome.violation?.force_close], ['warning', false]);
  assert.deepEqual(
    messagesOf(outcome.effects).map(({ type }) => type),
    ['warning'],
  );
  assert.deepEqual([bob.state.phase, bob.state.link], ['closed', 'aside']);
});

test('what the host takes are HTLCs of the peer: one of ours with the same id keeps its onion', () => {
  const pair = usablePair();
  const { alice, bob } = pair;
  bob.do(offer(2, 20_000_000));
  pair.exchange();
  alice.do(offer(1, 10_000_000));
  bob.do(offer(3, 30_000_000));
  deliver(bob, alice);
  alice.do({ kind: 'take', incoming: [0n], outgoing: [] });
  assert.deepEqual(
    alice.state.htlcs.map(({ offered_by, id, taken, onion_routing_packet: onion }) => [
      offered_by,
      id,
      taken,
      onion !== undefined,
    ]),
    [
      ['remote', 0n, true, false],
      ['local', 0n, false, true],
      ['remote', 1n, false, true],
    ],
  );
  assert.deepEqual(untaken(alice.state), [], 'the last is not committed yet, and ours is nothing to take');
});

test('an HTLC of ours that is gone waits for its own id to be taken', () => {
  const pair = usablePair();
  for (let number = 0; number < 2; number++) pair.alice.do(offer(number, 10_000_000));
  pair.exchange();
  for (const id of [0n, 1n]) pair.bob.do({ kind: 'remove_htlc', id, removal: { kind: 'fail', reason: '' } });
  pair.exchange();
  pair.alice.do({ kind: 'take', incoming: [], outgoing: [1n] });
  assert.deepEqual(
    pair.alice.state.removed_htlcs.map(({ id }) => id),
    [0n],
  );
});

test('the end of a channel on the chain, and a wish about its feerates, are stored', () => {
  const { alice, bob } = usablePair();
  assert.equal(alice.do({ kind: 'funding_spent', transaction: 'abcd' }).store, true);
  assert.equal(alice.state.phase, 'spent');
  assert.equal(bob.do({ kind: 'ignore_fee_limits', value: true }).store, true);
  assert.equal(bob.do({ kind: 'give_up', reason: 'long enough' }).store, true);
  assert.equal(bob.state.failure?.reason, 'long enough');
  assert.deepEqual(types(alice), []);
});
