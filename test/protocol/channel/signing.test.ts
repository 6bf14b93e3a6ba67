/** Who signs when, how often, and that it is stored before it is said (BOLT 2, Committing Updates So Far). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommitmentSigned } from '../../../src/codec/wire/index.ts';
import { IRREVOCABLE } from '../../../src/protocol/channel/stage.ts';
import { untaken } from '../../../src/protocol/channel/step.ts';
import { deliver, meet, types } from './meeting.ts';
import { type End, fundedPair, offer, type Pair, preimage, usablePair } from './pair.ts';

const FULFIL = { kind: 'fulfill', payment_preimage: preimage(1).payment_preimage } as const;
const FAIL = { kind: 'fail', reason: '' } as const;

/** How many commitments each side has had after its first. */
function numbers({ alice, bob }: Pair): readonly number[] {
  assert.equal(alice.state.local_number, bob.state.remote_number);
  assert.equal(bob.state.local_number, alice.state.remote_number);
  return [alice.state.local_number, bob.state.local_number];
}

test('each update is signed once by each side, and nobody signs a commitment without a new update', () => {
  for (const [what, updates] of [
    ['an HTLC and its fulfilment', [(pair) => pair.alice.do(offer(1, 10_000_000)), (pair) => remove(pair.bob, FULFIL)]],
    ['an HTLC and its failure', [(pair) => pair.bob.do(offer(1, 10_000_000)), (pair) => remove(pair.alice, FAIL)]],
    ['a feerate', [(pair) => pair.alice.do({ kind: 'update_fee', feerate_per_kw: 2_000 })]],
  ] as readonly [string, readonly ((pair: Pair) => unknown)[]][]) {
    const pair = usablePair();
    for (const [index, update] of updates.entries()) {
      update(pair);
      pair.exchange();
      assert.deepEqual(numbers(pair), [index + 1, index + 1], what);
    }
    pair.exchange();
    assert.deepEqual(numbers(pair), [updates.length, updates.length]);
    assert.deepEqual([pair.alice.state.htlcs, pair.bob.state.htlcs], [[], []]);
  }
});

function remove(end: End, removal: typeof FULFIL | typeof FAIL): void {
  end.do({ kind: 'remove_htlc', id: 0n, removal });
}

test('a signature, a revocation and each of our proposals is stored before it is said', () => {
  const { alice, bob } = usablePair();
  const hears = (end: End, message: unknown) => end.do({ kind: 'message', message: message as never }).store;
  assert.equal(alice.do(offer(1, 10_000_000)).store, true);
  assert.equal(alice.do({ kind: 'update_fee', feerate_per_kw: 2_000 }).store, true);
  assert.equal(alice.do({ kind: 'commit' }).store, true);
  const [add, fee, signed] = alice.outbox.splice(0);
  assert.equal(hears(bob, add), false, 'a proposal of the peer is forgotten when the connection is lost');
  assert.equal(hears(bob, fee), false);
  assert.equal(hears(bob, signed), true);
  assert.equal(bob.do({ kind: 'commit' }).store, true);
  const [revocation, answer] = bob.outbox.splice(0);
  assert.equal(hears(alice, revocation), true);
  assert.equal(hears(alice, answer), true);
  assert.equal(alice.do({ kind: 'commit' }).store, false, 'nothing waits');
  assert.equal(hears(bob, alice.outbox.shift()), true);
  assert.equal(bob.do({ kind: 'remove_htlc', id: 0n, removal: FULFIL }).store, true);
});

test('the host is told to sign when the peer has left us something to sign, and not before the peer has revoked', () => {
  const { alice, bob } = usablePair();
  const isDue = (end: End) => end.take('commit_due').length > 0;
  const hears = (end: End, message: unknown) => end.do({ kind: 'message', message: message as never });
  isDue(alice);
  alice.do(offer(1, 10_000_000));
  alice.do({ kind: 'commit' });
  isDue(alice);
  const [add, signed] = alice.outbox.splice(0);
  hears(bob, add);
  assert.equal(isDue(bob), false);
  hears(bob, signed);
  assert.equal(isDue(bob), true, 'the HTLC is missing in the commitment of its sender');
  bob.do({ kind: 'commit' });
  const [revocation, answer] = bob.outbox.splice(0);
  // A second HTLC waits until the peer has revoked.
  alice.do(offer(2, 10_000_000));
  isDue(alice);
  alice.do({ kind: 'commit' });
  assert.deepEqual(types(alice), ['update_add_htlc'], 'nothing is signed while a revocation is missing');
  hears(alice, revocation);
  assert.equal(isDue(alice), true);
  hears(alice, answer);
  assert.equal(isDue(alice), true, 'again, as the host may have been late');
  alice.do({ kind: 'commit' });
  for (const message of alice.outbox.splice(0)) hears(bob, message);
  bob.do({ kind: 'commit' });
  deliver(bob, alice);
  assert.equal(isDue(alice), false, 'only our own HTLC has come back');
});

test('an HTLC of the peer is told as committed once, and not again when it goes; to remove it is to have taken it', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 10_000_000));
  pair.exchange();
  assert.deepEqual(
    pair.bob.take('htlc_committed').map(({ htlc }) => [htlc.id, htlc.added, htlc.taken]),
    [[0n, IRREVOCABLE, false]],
  );
  remove(pair.bob, FULFIL);
  assert.deepEqual(untaken(pair.bob.state), []);
  const [htlc] = pair.bob.state.htlcs;
  assert.deepEqual([htlc?.taken, htlc?.onion_routing_packet], [true, undefined]);
  pair.exchange();
  assert.deepEqual(pair.bob.take('htlc_committed'), []);
  assert.deepEqual(pair.alice.take('htlc_committed'), []);
});

test('a penalty is told the first and the last commitment of the peer that held an HTLC', () => {
  const pair = usablePair();
  pair.alice.do(offer(7, 20_000_000));
  pair.exchange();
  pair.bob.do(offer(1, 10_000_000));
  pair.exchange();
  // Two commitments of bob's in which nothing happens to it.
  for (const feerate_per_kw of [2_000, 3_000]) {
    pair.alice.do({ kind: 'update_fee', feerate_per_kw });
    pair.exchange();
  }
  remove(pair.alice, FULFIL);
  pair.exchange();
  assert.deepEqual(numbers(pair), [5, 5]);
  const stored = [pair.alice, pair.bob].map((end) =>
    end.take('store_revoked_htlc').map(({ htlc }) => [htlc.first_remote_number, htlc.last_remote_number]),
  );
  assert.deepEqual(stored, [[[2, 4]], [[2, 4]]]);
});

test('an HTLC that was proposed after our last signature keeps its onion for the time after a reconnection', () => {
  const pair = usablePair();
  const { alice, bob } = pair;
  alice.do(offer(1, 10_000_000));
  alice.do({ kind: 'commit' });
  deliver(alice, bob);
  alice.do(offer(2, 20_000_000));
  const [second] = alice.outbox;
  deliver(bob, alice, 1);
  pair.disconnect();
  pair.reconnect();
  meet(pair);
  assert.deepEqual(
    alice.outbox.filter(({ type }) => type === 'update_add_htlc'),
    [second],
  );
  pair.exchange();
  assert.equal(bob.state.htlcs.length, 2);
  assert.deepEqual(
    alice.state.htlcs.map(({ onion_routing_packet }) => onion_routing_packet),
    [undefined, undefined],
    'once both are acknowledged nobody can ask for them again',
  );
});

test('the same feerate is not said twice, and a new one takes the place of one that is not signed', () => {
  const { alice } = usablePair();
  alice.do({ kind: 'update_fee', feerate_per_kw: 1_000 });
  assert.deepEqual([types(alice), alice.state.commit_due], [[], false]);
  alice.do({ kind: 'update_fee', feerate_per_kw: 2_000 });
  alice.do({ kind: 'update_fee', feerate_per_kw: 2_000 });
  assert.deepEqual(types(alice), ['update_fee']);
});

test('before channel_ready nothing is signed, even when the channel is closing and the peer has signed a feerate', () => {
  const pair = fundedPair();
  const { alice, bob } = pair;
  for (const end of [alice, bob]) end.do({ kind: 'shutdown' });
  const other = usablePair().alice;
  other.do({ kind: 'update_fee', feerate_per_kw: 2_000 });
  other.do({ kind: 'commit' });
  const [fee, signed] = other.outbox.splice(0) as [never, CommitmentSigned];
  bob.outbox.length = 0;
  bob.do({ kind: 'message', message: fee });
  bob.do({ kind: 'message', message: signed });
  bob.do({ kind: 'commit' });
  assert.deepEqual(types(bob), ['revoke_and_ack']);
  const early = fundedPair().bob;
  early.do({ kind: 'shutdown' });
  other.do(offer(1, 1_000_000));
  const { violation } = early.attempt({ kind: 'message', message: other.outbox[0] as never });
  assert.equal(violation?.message, 'update_add_htlc before channel_ready');
});

/** Delivers until nobody has anything to say; each end signs only when it has been told that something is due. */
function exchangeWhenDue({ alice, bob }: Pair): void {
  for (let round = 0; round < 100; round++) {
    for (const [from, to] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      deliver(from, to, Math.min(1, from.outbox.length));
      if (to.take('commit_due').length > 0) to.do({ kind: 'commit' });
    }
    if (alice.outbox.length + bob.outbox.length === 0) return;
  }
  assert.fail('the two ends never stop talking');
}

test('a host that signs only when it is told to brings every update home, and the close that waits for them', () => {
  for (const [first, last] of [
    ['alice', 'bob'],
    ['bob', 'alice'],
  ] as const) {
    const pair = usablePair();
    const { alice, bob } = pair;
    alice.do(offer(1, 10_000_000));
    bob.do(offer(1, 20_000_000));
    exchangeWhenDue(pair);
    alice.do({ kind: 'update_fee', feerate_per_kw: 2_000 });
    exchangeWhenDue(pair);
    pair[first].do({ kind: 'shutdown' });
    exchangeWhenDue(pair);
    for (const end of [alice, bob]) assert.deepEqual([end.state.phase, end.state.htlcs.length], ['closing', 2]);
    remove(pair[first], FULFIL);
    exchangeWhenDue(pair);
    // The opener, alice, begins to close behind a revocation of the peer's, or behind its signature.
    remove(pair[last], FULFIL);
    exchangeWhenDue(pair);
    for (const { state } of [alice, bob]) assert.deepEqual([state.phase, state.htlcs], ['closed', []]);
    assert.deepEqual([alice.state.local_msat, bob.state.local_msat], [810_000_000n, 190_000_000n]);
  }
});

test('a signature for something else moves nothing of what a penalty is told of an HTLC that is going', () => {
  const pair = usablePair();
  const { alice, bob } = pair;
  bob.do(offer(1, 10_000_000));
  pair.exchange();
  remove(alice, FULFIL);
  alice.do({ kind: 'commit' });
  deliver(alice, bob);
  deliver(bob, alice, 1);
  // Bob has revoked and not signed yet: alice's third commitment for him brings another HTLC.
  alice.do(offer(2, 20_000_000));
  alice.do({ kind: 'commit' });
  pair.exchange();
  const [stored] = alice.take('store_revoked_htlc');
  assert.deepEqual([stored?.htlc.first_remote_number, stored?.htlc.last_remote_number], [1, 1]);
});
