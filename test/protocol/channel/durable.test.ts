/** What a crash must not undo: whatever is said, or reported to the host, is in a state that is stored before. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChannelReestablish } from '../../../src/codec/wire/index.ts';
import { decodeState, encodeState } from '../../../src/protocol/channel/codec.ts';
import type { ChannelState } from '../../../src/protocol/channel/state.ts';
import { untaken } from '../../../src/protocol/channel/step.ts';
import { confirmation, fundedPair, offer, type Pair, preimage, usablePair } from './pair.ts';

const FULFIL = { kind: 'fulfill', payment_preimage: preimage(1).payment_preimage } as const;

function paid(): Pair {
  const pair = usablePair();
  pair.alice.do(offer(1, 10_000_000));
  pair.exchange();
  pair.bob.do({ kind: 'remove_htlc', id: 0n, removal: FULFIL });
  pair.exchange();
  return pair;
}

const restarted = (state: ChannelState): ChannelState => decodeState(encodeState(state));

test('an HTLC of ours that is gone is reported again after a restart, until the host has it in its own books', () => {
  const { alice } = paid();
  const [reported] = alice.take('htlc_removed');
  assert.deepEqual(reported?.htlc.removal, FULFIL);
  assert.deepEqual(untaken(restarted(alice.state)), [reported]);
  assert.equal(alice.do({ kind: 'take', incoming: [], outgoing: [0n] }).store, true);
  assert.deepEqual(untaken(restarted(alice.state)), []);
});

test('an HTLC of the peer that is committed is reported again after a restart, with its onion, until it is taken', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 10_000_000));
  pair.exchange();
  const { bob } = pair;
  const [reported] = bob.take('htlc_committed');
  assert.ok(reported?.htlc.onion_routing_packet !== undefined);
  assert.deepEqual(untaken(restarted(bob.state)), [reported]);
  assert.equal(bob.do({ kind: 'take', incoming: [0n], outgoing: [] }).store, true);
  assert.deepEqual(untaken(restarted(bob.state)), []);
});

test('that our state is old is stored before the peer hears it: the next run must not broadcast it either', () => {
  const pair = usablePair();
  const old = pair.alice.state;
  pair.alice.do(offer(1, 10_000_000));
  pair.exchange();
  pair.disconnect();
  pair.alice.state = { ...old, link: 'down' };
  pair.reconnect();
  const [reestablish] = pair.bob.outbox as [ChannelReestablish];
  const outcome = pair.alice.do({ kind: 'message', message: reestablish });
  assert.equal(outcome.store, true);
  assert.equal(restarted(pair.alice.state).failure?.data_loss, true);
});

test('what is known of the funding is stored', () => {
  const { alice } = fundedPair();
  assert.equal(alice.do(confirmation(1)).store, true);
  assert.equal(restarted(alice.state).funding_confirmation?.depth_blocks, 1);
  assert.equal(alice.do({ kind: 'funding_depth', confirmation: undefined }).store, true);
  assert.equal(restarted(alice.state).funding_confirmation, undefined);
});

test('the host cannot announce a channel that is private, or under a name that is not its own', () => {
  const signatures = {
    short_channel_id: '91x2x1' as never,
    node_signature: 'aa'.repeat(64),
    bitcoin_signature: 'aa'.repeat(64),
  };
  const open = { announce_channel: true, channel_type: { option_scid_alias: false, option_zeroconf: false } };
  for (const [pair, expected] of [
    [usablePair({ open }), /the channel is not 91x2x1/],
    [usablePair(), /the channel is private/],
  ] as const) {
    assert.match(pair.alice.attempt({ kind: 'announce', signatures }).refusal?.message ?? '', expected);
    assert.equal(pair.alice.state.local_announcement, undefined);
  }
});
