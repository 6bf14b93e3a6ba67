import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import { createAttributionData } from '../../../src/codec/onion/attribution.ts';
import { decodeState, encodeState } from '../../../src/protocol/channel/codec.ts';
import { spendableMsat } from '../../../src/protocol/channel/facts.ts';
import { fakeSigner } from './fake-signer.ts';
import { environment, offer, policy, preimage, usablePair } from './pair.ts';

test('what is spendable can be sent to the msat, and one msat more cannot', () => {
  for (const push of [0n, 200_000_000n, 700_000_000n]) {
    for (const who of ['alice', 'bob'] as const) {
      const pair = usablePair({ open: { push_msat: msat(push) } });
      const most_msat = spendableMsat(pair[who].state, 'local');
      assert.equal(pair[who].attempt(offer(1, most_msat + 1n)).refusal?.code, 'insufficient_balance');
      if (most_msat === 0n) continue;
      pair[who].do(offer(1, most_msat));
      pair.exchange();
      assert.equal(pair.alice.state.htlcs.length, 1);
    }
  }
});

test('limits of the peer and of our own refuse an HTLC, and change nothing', () => {
  const bob = environment(fakeSigner('bob'), {
    policy: policy({ max_accepted_htlcs: 6, htlc_minimum_msat: msat(1_000), max_in_flight_per_mille: 500 }),
  });
  const alice = environment(fakeSigner('alice'), { policy: policy({ max_dust_htlc_exposure_msat: msat(600_000) }) });
  const pair = usablePair({ alice, bob });
  const { state } = pair.alice;
  assert.equal(pair.alice.attempt(offer(1, 999)).refusal?.code, 'peer_limit');
  assert.equal(pair.alice.attempt(offer(1, 0)).refusal?.code, 'invalid');
  assert.equal(pair.alice.attempt(offer(1, 500_000_001)).refusal?.code, 'peer_limit');
  assert.equal(pair.alice.attempt(offer(1, 1_000_000, 500_000_000)).refusal?.code, 'invalid');
  assert.equal(pair.alice.attempt(offer(1, 1_000_000, 100)).refusal?.code, 'invalid', 'already expired');
  assert.equal(pair.alice.state, state);
  pair.alice.do(offer(1, 300_000));
  pair.alice.do(offer(2, 300_000));
  assert.equal(pair.alice.attempt(offer(3, 300_000)).refusal?.code, 'own_limit');
  for (let number = 3; number < 7; number++) pair.alice.do(offer(number, 1_000_000));
  assert.equal(pair.alice.attempt(offer(9, 1_000_000)).refusal?.code, 'peer_limit');
});

test('one HTLC can be fulfilled, another failed, a third malformed, all in one commitment', () => {
  const pair = usablePair();
  for (let number = 0; number < 3; number++) pair.alice.do(offer(number, 1_000_000));
  pair.exchange();
  assert.equal(pair.bob.take('htlc_committed').length, 3);
  const { payment_preimage } = preimage(0);
  pair.bob.do({ kind: 'remove_htlc', id: 0n, removal: { kind: 'fulfill', payment_preimage } });
  pair.bob.do({ kind: 'remove_htlc', id: 1n, removal: { kind: 'fail', reason: 'abcd' } });
  const malformed = { kind: 'malformed', sha256_of_onion: '11'.repeat(32), failure_code: 0x8000 | 5 } as const;
  pair.bob.do({ kind: 'remove_htlc', id: 2n, removal: malformed });
  pair.exchange();
  const removed = pair.alice.take('htlc_removed').map(({ htlc }) => htlc.removal);
  assert.deepEqual(removed, [{ kind: 'fulfill', payment_preimage }, { kind: 'fail', reason: 'abcd' }, malformed]);
  assert.equal(pair.alice.state.local_msat, 799_000_000n);
  assert.equal(pair.bob.state.local_msat, 201_000_000n);
  pair.alice.do({ kind: 'take', incoming: [], outgoing: [0n, 1n, 2n] });
  assert.equal(pair.alice.state.removed_htlcs.length, 0);
});

test('an HTLC is removed only once, only when it is irrevocable, and only with its own preimage', () => {
  const pair = usablePair();
  const remove = (id: bigint, number: number) =>
    pair.bob.attempt({
      kind: 'remove_htlc',
      id,
      removal: { kind: 'fulfill', payment_preimage: preimage(number).payment_preimage },
    }).refusal?.code;
  assert.equal(remove(0n, 1), 'unknown_htlc');
  pair.alice.do(offer(1, 1_000_000));
  for (const message of pair.alice.outbox.splice(0)) pair.bob.do({ kind: 'message', message });
  assert.equal(remove(0n, 1), 'unknown_htlc', 'not committed');
  pair.exchange();
  assert.equal(remove(0n, 2), 'invalid');
  assert.equal(remove(0n, 1), undefined);
  assert.equal(remove(0n, 1), 'unknown_htlc', 'twice');
});

test('a malformed failure has the bit BADONION, and nothing is removed from a channel that has failed', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 1_000_000));
  pair.exchange();
  const remove = (failure_code: number): string | undefined => {
    const removal = { kind: 'malformed', sha256_of_onion: '11'.repeat(32), failure_code } as const;
    return pair.bob.attempt({ kind: 'remove_htlc', id: 0n, removal }).refusal?.code;
  };
  assert.equal(remove(0x4005), 'invalid');
  assert.deepEqual(pair.bob.outbox, []);
  pair.bob.do({ kind: 'force_close', reason: 'a test' });
  assert.equal(remove(0x8005), 'channel_unusable');
});

test('HTLCs of both sides and a new feerate share commitments and come out right', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 3_000_000));
  pair.bob.do(offer(2, 4_000_000));
  pair.alice.do({ kind: 'update_fee', feerate_per_kw: 2_500 });
  pair.exchange();
  pair.bob.do({
    kind: 'remove_htlc',
    id: 0n,
    removal: { kind: 'fulfill', payment_preimage: preimage(1).payment_preimage },
  });
  pair.alice.do({
    kind: 'remove_htlc',
    id: 0n,
    removal: { kind: 'fulfill', payment_preimage: preimage(2).payment_preimage },
  });
  pair.exchange();
  assert.equal(pair.alice.state.local_msat, 801_000_000n);
  assert.deepEqual(pair.bob.state.feerates, [{ feerate_per_kw: 2_500, stage: 4 }]);
});

test('what a penalty needs of an HTLC is handed over once, when it goes: the commitments that held it', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 10_000_000));
  pair.alice.do(offer(2, 100_000));
  pair.exchange();
  for (const id of [0n, 1n]) pair.bob.do({ kind: 'remove_htlc', id, removal: { kind: 'fail', reason: '' } });
  pair.exchange();
  const [stored, ...more] = pair.alice.take('store_revoked_htlc');
  assert.equal(more.length, 0, 'dust has no output that could be punished');
  const { payment_hash } = preimage(1);
  const range = { first_remote_number: 1, last_remote_number: 1 };
  const amount = { offered_by: 'local', amount_msat: 10_000_000n, payment_hash, cltv_expiry: 140 };
  assert.deepEqual(stored?.htlc, { ...amount, ...range });
});

test('a preimage is durable at once, although the removal is not', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 10_000_000));
  pair.exchange();
  pair.bob.do({ kind: 'remove_htlc', id: 0n, removal: { kind: 'fulfill', ...preimage(1) } });
  const [message] = pair.bob.outbox;
  assert.ok(message);
  assert.equal(pair.alice.do({ kind: 'message', message }).store, true);
});

test('the opener counts the fees of HTLCs that the peer has only proposed', () => {
  const pair = usablePair();
  const most_msat = spendableMsat(pair.alice.state, 'local');
  for (let number = 1; number <= 10; number++) pair.bob.do(offer(number, 1_000_000));
  for (const message of pair.bob.outbox.splice(0)) pair.alice.do({ kind: 'message', message });
  assert.ok(spendableMsat(pair.alice.state, 'local') < most_msat);
  assert.equal(pair.alice.attempt(offer(20, most_msat)).refusal?.code, 'insufficient_balance');
  const highest = { kind: 'update_fee', feerate_per_kw: 290_000 } as const;
  assert.equal(pair.alice.attempt(highest).refusal?.code, 'insufficient_balance');
});

test('a funding that a reorg removed carries no new HTLC of the accepter', () => {
  const { bob } = usablePair();
  bob.do({ kind: 'funding_depth', confirmation: undefined });
  assert.equal(bob.attempt(offer(1, 1_000_000)).refusal?.code, 'channel_unusable');
});

test('a removal carries attribution data, and the same again after a reconnect', () => {
  const pair = usablePair();
  for (let number = 0; number < 3; number++) pair.alice.do(offer(number, 1_000_000));
  pair.exchange();
  const shared_secret = '33'.repeat(32);
  const attribution = { shared_secret, hold_time: 12 };
  const reason = 'ab'.repeat(292);
  const { payment_preimage } = preimage(0);
  pair.bob.do({ kind: 'remove_htlc', id: 0n, removal: { kind: 'fulfill', payment_preimage, attribution } });
  pair.bob.do({ kind: 'remove_htlc', id: 1n, removal: { kind: 'fail', reason, attribution } });
  pair.bob.do({ kind: 'remove_htlc', id: 2n, removal: { kind: 'fail', reason } });
  const removals = pair.bob.outbox.filter(({ type }) => type.startsWith('update_f'));
  const secret = Buffer.from(shared_secret, 'hex');
  assert.deepEqual(
    removals.map((message) => ('attribution_data' in message ? message.attribution_data : undefined)),
    [
      createAttributionData(secret, 12),
      createAttributionData(secret, 12, Buffer.from(reason, 'hex')),
      // As a state of an earlier version has it.
      undefined,
    ],
  );
  pair.bob.state = decodeState(encodeState(pair.bob.state));
  pair.disconnect();
  pair.reconnect();
  for (const message of pair.alice.outbox.splice(0)) pair.bob.do({ kind: 'message', message });
  assert.deepEqual(
    pair.bob.outbox.filter(({ type }) => type.startsWith('update_f')),
    removals,
  );
});

test('the first proposal of a batch says that a commitment is due, and the others do not', () => {
  const { alice } = usablePair();
  alice.take('commit_due');
  alice.do(offer(1, 1_000_000));
  assert.equal(alice.take('commit_due').length, 1);
  alice.do(offer(2, 1_000_000));
  assert.equal(alice.take('commit_due').length, 0);
  alice.do({ kind: 'commit' });
  assert.equal(alice.state.commit_due, false);
});
