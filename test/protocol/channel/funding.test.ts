/** For how deep a funding counts, and what of ours is in a channel whose funding is not there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import { countedDepth, holdsOurs, isAbsent, isOnlyPayment, isUnfunded } from '../../../src/protocol/channel/funding.ts';
import { isFundingSafe } from '../../../src/protocol/channel/ready.ts';
import type { ChannelState, FundingSight, Htlc } from '../../../src/protocol/channel/state.ts';
import { confirmation, fundedPair, offer, preimage, usablePair } from './pair.ts';

const mined = (transaction_index: number, depth_blocks: number) => ({
  block_height: 90,
  transaction_index,
  depth_blocks,
});

test("a funding that is a block's reward counts from the 101st block on, as nobody can spend it before", () => {
  assert.equal(countedDepth(undefined), 0);
  assert.deepEqual([countedDepth(mined(1, 1)), countedDepth(mined(2, 3))], [1, 3]);
  assert.deepEqual([countedDepth(mined(0, 100)), countedDepth(mined(0, 101))], [0, 1]);
  const { bob } = fundedPair();
  for (const [index, depth, is_safe] of [
    [0, 100, false],
    [0, 101, true],
    [1, 1, true],
  ] as const) {
    assert.equal(isFundingSafe({ ...bob.state, funding_confirmation: mined(index, depth) }), is_safe);
  }
});

test('a channel is a promise only while it was never ready, and never when it may be used before it confirms', () => {
  const { bob } = usablePair();
  assert.equal(isUnfunded({ ...bob.state, funding_confirmation: undefined }), false, 'it was ready, and is gone');
  const trusted = fundedPair({ accept: { zeroconf_allowed: true } }).bob.state;
  assert.equal(isUnfunded({ ...trusted, ready_sent: false }), false);
});

test('nothing is counted on in a channel whose funding is gone, or was bought and not seen', () => {
  const { bob } = usablePair();
  assert.equal(isAbsent(bob.state), false);
  assert.equal(isAbsent({ ...bob.state, funding_confirmation: undefined }), true);
  const bought = fundedPair({ accept: { bought: { max_to_self_delay: 2_016, pays_unseen: false } } }).bob;
  assert.equal(isAbsent(bought.state), true);
  bought.do(confirmation(1));
  assert.equal(isAbsent(bought.state), false);
});

/** Two HTLCs that alice has offered: 100 sat and 254 sat. */
function htlcs(): readonly [Htlc, Htlc] {
  const pair = usablePair();
  pair.alice.do(offer(1, 100_000));
  pair.alice.do(offer(2, 254_000));
  pair.exchange();
  return pair.bob.state.htlcs as readonly Htlc[] as readonly [Htlc, Htlc];
}

test('over a channel that was bought and not seen goes the one payment that it was bought for', () => {
  const [one, other] = htlcs();
  const state = (sight: FundingSight, local_msat: bigint, held: readonly Htlc[]): ChannelState => ({
    ...usablePair().bob.state,
    funding_sight: sight,
    local_msat: msat(local_msat),
    htlcs: held,
  });
  const { payment_hash } = one;
  assert.equal(isOnlyPayment(state('one_payment', 0n, []), payment_hash), true);
  assert.equal(isOnlyPayment(state('one_payment', 0n, [one, { ...other, payment_hash }]), payment_hash), true);
  assert.equal(isOnlyPayment(state('one_payment', 0n, [one, other]), payment_hash), false);
  assert.equal(isOnlyPayment(state('one_payment', 1n, []), payment_hash), false, 'it has brought something already');
  assert.equal(isOnlyPayment(state('waits', 0n, []), payment_hash), false);
});

test('what is ours is our balance and what we have taken of the peer, from 354 sat on', () => {
  const FULFIL = { kind: 'fulfill', payment_preimage: preimage(1).payment_preimage } as const;
  const [one, other] = htlcs().map((htlc) => ({ ...htlc, removal: FULFIL })) as [Htlc, Htlc];
  const holds = (local_msat: bigint, ...held: readonly Htlc[]): boolean =>
    holdsOurs({ ...usablePair().bob.state, local_msat: msat(local_msat), htlcs: held });
  assert.deepEqual([holds(353_999n), holds(354_000n)], [false, true]);
  assert.deepEqual([holds(0n, one), holds(0n, one, other), holds(253_999n, one)], [false, true, false]);
  assert.equal(holds(254_000n, one), true);
  assert.equal(holds(254_000n, { ...one, offered_by: 'local' }), false, 'our own HTLC is no money of the peer');
  assert.equal(holds(254_000n, { ...one, removal: undefined }), false, 'it is not taken yet');
  assert.equal(holds(254_000n, { ...one, removal: { kind: 'fail', reason: '' } }), false);
});
