/** Which feerates the side that does not pay them takes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import { decodeState, encodeState } from '../../../src/protocol/channel/codec.ts';
import { confirmation, type End, fundedPair, policy, usablePair } from './pair.ts';

function propose(end: End, feerate_per_kw: number): string | undefined {
  const { channel_id } = end.state.terms;
  const message = { type: 'update_fee', channel_id, feerate_per_kw } as const;
  return end.attempt({ kind: 'message', message }).violation?.message;
}

/** The commitment of a peer that had this feerate, as a state of the side that does not pay. */
function at(feerate_per_kw: number): End {
  const { bob } = usablePair({ open: { push_msat: msat(100_000_000) } });
  bob.state = { ...bob.state, feerates: bob.state.feerates.map((update) => ({ ...update, feerate_per_kw })) };
  return bob;
}

test('the peer that pays may pay much, as long as it keeps its reserve', () => {
  for (const feerate_per_kw of [25_001, 100_000, 281_001, 700_000]) {
    assert.equal(propose(at(1_000), feerate_per_kw), undefined, `${feerate_per_kw}`);
  }
  assert.match(propose(at(1_000), 800_000) ?? '', /cannot pay/);
  assert.match(propose(at(1_000), 0xffff_ffff) ?? '', /cannot pay/);
});

test('a feerate that falls after a spike and is still high is taken', () => {
  const bob = at(500_000);
  for (const feerate_per_kw of [400_000, 120_000, 30_000, 2_000, 253]) {
    assert.equal(propose(bob, feerate_per_kw), undefined, `${feerate_per_kw}`);
  }
});

test('below the floor only what is nearer to it than the rate before is taken', () => {
  assert.match(propose(at(253), 252) ?? '', /too low/);
  const bob = at(100);
  assert.equal(propose(bob, 150), undefined);
  assert.match(propose(bob, 149) ?? '', /too low/);
  assert.equal(propose(at(100), 100), undefined, 'nothing gets worse by it');
});

test('where the operator ignores the limits, any feerate is taken', () => {
  const everywhere = at(253);
  everywhere.env = { ...everywhere.env, policy: policy({ ignore_fee_limits: true }) };
  const here = at(253);
  here.do({ kind: 'ignore_fee_limits', value: true });
  for (const bob of [everywhere, here]) {
    for (const feerate_per_kw of [1, 0, 252]) assert.equal(propose(bob, feerate_per_kw), undefined);
  }
  here.state = decodeState(encodeState(here.state));
  assert.equal(here.state.ignore_fee_limits, true, 'also after a restart');
  const older = encodeState(here.state).replace('"ignore_fee_limits":true,', '');
  assert.equal(decodeState(older).ignore_fee_limits, false, 'what an earlier version stored says no');
  const restarted = at(253);
  restarted.do({ kind: 'ignore_fee_limits', value: true });
  restarted.do({ kind: 'ignore_fee_limits', value: false });
  assert.match(propose(restarted, 252) ?? '', /too low/);
});

test('our own feerate is refused below the floor, beyond what we can pay, and where the peer opened the channel', () => {
  const pair = usablePair();
  const refusal = (end: End, feerate_per_kw: number): string | undefined =>
    end.attempt({ kind: 'update_fee', feerate_per_kw }).refusal?.message;
  for (const feerate_per_kw of [252, 0, -1, 253.5, Number.NaN]) {
    assert.match(refusal(pair.alice, feerate_per_kw) ?? '', /below the floor of 253/, `${feerate_per_kw}`);
  }
  assert.match(refusal(pair.alice, 900_000) ?? '', /our balance does not pay/);
  assert.match(refusal(pair.bob, 2_000) ?? '', /only the side that opened the channel/);
  assert.deepEqual(pair.alice.outbox, [], 'nothing was said of any of them');
  assert.equal(refusal(pair.alice, 253), undefined);
  pair.disconnect();
  assert.match(refusal(pair.alice, 2_000) ?? '', /not connected/);
  const early = fundedPair();
  early.alice.do(confirmation(3));
  assert.match(refusal(early.alice, 2_000) ?? '', /not connected and ready/, 'the peer has not said channel_ready');
});
