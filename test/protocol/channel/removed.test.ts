/** Balances when an HTLC is gone for good, and what is left of updates that were taken back (BOLT 2, BOLT 3). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import { dropRemoved } from '../../../src/protocol/channel/removed.ts';
import { IRREVOCABLE, type Side } from '../../../src/protocol/channel/stage.ts';
import type { ChannelState, Htlc } from '../../../src/protocol/channel/state.ts';
import type { Turn } from '../../../src/protocol/channel/turn.ts';
import { fakeSigner } from './fake-signer.ts';
import { environment, offer, preimage, usablePair } from './pair.ts';

const AMOUNT = 10_000_000n;
const FULFIL = { kind: 'fulfill', payment_preimage: preimage(1).payment_preimage } as const;

/** The balances after a fulfilled HTLC of the amount, from these. */
function settled(offered_by: Side, local_msat: bigint, remote_msat: bigint): readonly [bigint, bigint] {
  const pair = usablePair();
  pair.alice.do(offer(1, AMOUNT));
  pair.exchange();
  const [htlc] = pair.alice.state.htlcs as [Htlc];
  const gone: Htlc = { ...htlc, offered_by, removal: FULFIL, removed: IRREVOCABLE };
  const state: ChannelState = {
    ...pair.alice.state,
    local_msat: msat(local_msat),
    remote_msat: msat(remote_msat),
    htlcs: [gone],
  };
  const turn: Turn = { state, env: environment(fakeSigner('alice')), store: false, effects: [] };
  dropRemoved(turn);
  return [turn.state.local_msat, turn.state.remote_msat];
}

test('a fulfilled HTLC may take all that its side has, and never more', () => {
  assert.deepEqual(settled('local', AMOUNT, 0n), [0n, AMOUNT]);
  assert.deepEqual(settled('remote', 0n, AMOUNT), [AMOUNT, 0n]);
  assert.throws(() => settled('local', AMOUNT - 1n, 0n), /worth more than its balance/);
  assert.throws(() => settled('remote', 0n, AMOUNT - 1n), /worth more than its balance/);
});

test('an HTLC of ours that is taken back leaves the removal that waits beside it to be signed', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, AMOUNT));
  pair.exchange();
  pair.bob.do(offer(2, AMOUNT, 140));
  pair.bob.do({ kind: 'remove_htlc', id: 0n, removal: FULFIL });
  pair.disconnect();
  for (const end of [pair.alice, pair.bob]) end.env = { ...end.env, height: 140 };
  pair.reconnect();
  pair.exchange();
  assert.deepEqual(
    pair.bob.take('htlc_removed').map(({ htlc }) => htlc.removal.kind),
    ['unsent'],
  );
  assert.deepEqual(
    pair.alice.take('htlc_removed').map(({ htlc }) => htlc.removal.kind),
    ['fulfill'],
  );
  assert.deepEqual([pair.alice.state.htlcs, pair.bob.state.htlcs], [[], []]);
});

test('when all that waited was taken back nothing is signed, and that is stored (BOLT 2, commitment_signed)', () => {
  const pair = usablePair();
  const { bob } = pair;
  bob.do(offer(1, AMOUNT, 140));
  pair.disconnect();
  bob.env = { ...bob.env, height: 140 };
  pair.reconnect();
  const [reestablish] = pair.alice.outbox.splice(0, 1);
  assert.equal(bob.do({ kind: 'message', message: reestablish as never }).store, true);
  assert.equal(bob.take('htlc_removed').length, 1);
  assert.equal(bob.state.commit_due, false);
  pair.exchange();
  assert.equal(pair.alice.state.local_number, 0);
});

test('an HTLC of ours that can still be offered after a reconnection is not taken back', () => {
  const pair = usablePair();
  const { bob } = pair;
  bob.do(offer(1, AMOUNT, 140));
  pair.disconnect();
  pair.reconnect();
  const [reestablish] = pair.alice.outbox.splice(0, 1);
  assert.equal(bob.do({ kind: 'message', message: reestablish as never }).store, false, 'nothing has changed');
  pair.exchange();
  assert.equal(pair.alice.state.htlcs.length, 1);
});
