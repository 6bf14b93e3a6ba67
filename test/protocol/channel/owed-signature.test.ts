/** A peer that owes a signature when the connection is lost: it is asked for its last revocation again (decision 0056). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChannelReestablish } from '../../../src/codec/wire/index.ts';
import { IRREVOCABLE } from '../../../src/protocol/channel/stage.ts';
import { deliver, finish, meet, types } from './meeting.ts';
import { type End, environment, offer, type Pair, realSigner, usablePair } from './pair.ts';

/** Bob has revoked and not signed: his signature is what alice waits for. */
function owingPair(): Pair {
  const pair = usablePair({ alice: environment(realSigner('alice')), bob: environment(realSigner('bob')) });
  pair.alice.do(offer(1, 10_000_000));
  pair.alice.do({ kind: 'commit' });
  deliver(pair.alice, pair.bob);
  deliver(pair.bob, pair.alice);
  assert.equal(pair.alice.state.awaiting_revocation, false);
  return pair;
}

/** The numbers that an end says when it is connected again. */
function saidBy(end: End): ChannelReestablish {
  const message = end.outbox[0];
  assert.ok(message?.type === 'channel_reestablish');
  return message;
}

test('a peer that owes a signature is asked for its last revocation again: LND signs only behind it', () => {
  const pair = owingPair();
  pair.disconnect();
  pair.reconnect();
  const said = saidBy(pair.alice);
  assert.equal(said.next_revocation_number, 0n);
  assert.equal(said.your_last_per_commitment_secret, '00'.repeat(32));
  meet(pair);
  assert.deepEqual(types(pair.bob), ['revoke_and_ack']);
  const before = pair.alice.state.remote_number;
  deliver(pair.bob, pair.alice);
  assert.equal(pair.alice.state.remote_number, before, 'it is the one that alice has');
  finish(pair);
  // With two revocations behind it, the one before the last has a secret.
  pair.alice.do(offer(2, 10_000_000));
  pair.alice.do({ kind: 'commit' });
  deliver(pair.alice, pair.bob);
  deliver(pair.bob, pair.alice);
  const { remote_number, remote_secrets } = pair.alice.state;
  pair.disconnect();
  pair.reconnect();
  assert.equal(saidBy(pair.alice).next_revocation_number, BigInt(remote_number - 1));
  const secret = pair.alice.env.signer.findSecret(remote_secrets, remote_number - 2);
  assert.equal(saidBy(pair.alice).your_last_per_commitment_secret, secret);
  pair.exchange();
  assert.equal(pair.bob.state.htlcs[0]?.added, IRREVOCABLE);
});

for (const [update, propose] of [
  [
    'a removal of ours',
    (pair: Pair) => {
      pair.bob.do(offer(7, 5_000_000));
      pair.exchange();
      pair.alice.do({ kind: 'remove_htlc', id: 0n, removal: { kind: 'fail', reason: '00' } });
    },
  ],
  ['an update_fee of ours', (pair: Pair) => pair.alice.do({ kind: 'update_fee', feerate_per_kw: 1_500 })],
] as const) {
  test(`a peer that owes the signature for ${update} is asked for its last revocation again`, () => {
    const pair = usablePair({ alice: environment(realSigner('alice')), bob: environment(realSigner('bob')) });
    propose(pair);
    pair.alice.do({ kind: 'commit' });
    deliver(pair.alice, pair.bob);
    deliver(pair.bob, pair.alice);
    pair.disconnect();
    pair.reconnect();
    assert.equal(saidBy(pair.alice).next_revocation_number, BigInt(pair.alice.state.remote_number - 1));
    pair.exchange();
    assert.deepEqual(pair.alice.state.htlcs, []);
    assert.equal(pair.alice.state.feerates.length, 1);
    pair.disconnect();
    pair.reconnect();
    assert.equal(saidBy(pair.alice).next_revocation_number, BigInt(pair.alice.state.remote_number));
  });
}

test('the revocation is asked for again only when nothing else of ours is on its way, and once it is heard', () => {
  const pair = owingPair();
  pair.alice.do(offer(2, 10_000_000));
  pair.alice.do({ kind: 'commit' });
  pair.disconnect();
  pair.reconnect();
  // The peer may have revoked one more: to ask for the one before that would be to have lost data.
  assert.equal(saidBy(pair.alice).next_revocation_number, BigInt(pair.alice.state.remote_number));
  pair.exchange();
  assert.equal(pair.bob.state.htlcs.length, 2);
  pair.disconnect();
  pair.reconnect();
  assert.equal(saidBy(pair.alice).next_revocation_number, BigInt(pair.alice.state.remote_number), 'nothing is owed');
});

test('a removal that the peer does not know of yet owes us nothing', () => {
  const pair = usablePair({ alice: environment(realSigner('alice')), bob: environment(realSigner('bob')) });
  pair.bob.do(offer(7, 5_000_000));
  pair.exchange();
  pair.disconnect();
  pair.alice.do({ kind: 'remove_htlc', id: 0n, removal: { kind: 'fail', reason: '00' } });
  pair.reconnect();
  assert.equal(saidBy(pair.alice).next_revocation_number, BigInt(pair.alice.state.remote_number));
});

test('a repeated revocation that was not asked for, is another, or names another point is refused', () => {
  const owing = owingPair();
  const { alice, bob } = owing;
  owing.disconnect();
  owing.reconnect();
  meet(owing);
  const [revocation] = bob.outbox;
  assert.ok(revocation?.type === 'revoke_and_ack');
  const other = alice.state.remote_point;
  alice.attempt({ kind: 'message', message: { ...revocation, next_per_commitment_point: other } });
  assert.equal(alice.state.link, 'aside');

  const again = owingPair();
  again.disconnect();
  again.reconnect();
  meet(again);
  const [repeated] = again.bob.outbox;
  assert.ok(repeated?.type === 'revoke_and_ack');
  again.alice.do({ kind: 'message', message: repeated });
  again.alice.attempt({ kind: 'message', message: repeated });
  assert.equal(again.alice.state.link, 'aside', 'once');
});

test('a peer that does not say its revocation again may go on with the next', () => {
  const pair = owingPair();
  const { alice, bob } = pair;
  pair.disconnect();
  pair.reconnect();
  meet(pair);
  bob.outbox.length = 0;
  alice.do(offer(2, 10_000_000));
  alice.do({ kind: 'commit' });
  deliver(alice, bob);
  const { remote_number } = alice.state;
  deliver(bob, alice, 1);
  assert.equal(alice.state.remote_number, remote_number + 1);
});
