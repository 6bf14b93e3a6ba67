import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeSigner } from './fake-signer.ts';
import { environment, FUNDING_TXID, offer, preimage, realSigner, usablePair } from './pair.ts';

for (const [kind, signer] of [
  ['hashes', fakeSigner],
  ['real signatures', realSigner],
] as const) {
  test(`open, add, commit, fulfil, commit: both ends agree at every commitment (${kind})`, () => {
    const pair = usablePair({ alice: environment(signer('alice')), bob: environment(signer('bob')) });
    const { alice, bob } = pair;
    alice.do(offer(1, 50_000_123));
    alice.do({ kind: 'commit' });
    const signed = alice.outbox.at(-1);
    assert.ok(signed?.type === 'commitment_signed');
    assert.equal(signed.funding_txid, FUNDING_TXID, 'it names the funding that it spends');
    pair.exchange();
    const [committed] = bob.take('htlc_committed');
    assert.equal(committed?.htlc.amount_msat, 50_000_123n);
    bob.do({ kind: 'take', incoming: [0n], outgoing: [] });
    const { payment_preimage, payment_hash } = preimage(1);
    bob.do({ kind: 'remove_htlc', id: 0n, removal: { kind: 'fulfill', payment_preimage } });
    pair.exchange();
    assert.deepEqual(alice.take('htlc_fulfilled'), [
      { kind: 'htlc_fulfilled', id: 0n, payment_hash, payment_preimage },
    ]);
    assert.equal(alice.take('htlc_removed').length, 1);
    assert.equal(alice.state.local_msat, 800_000_000n - 50_000_123n);
    assert.equal(bob.state.local_msat, 200_000_000n + 50_000_123n);
    assert.equal(alice.state.remote_msat, bob.state.local_msat);
    assert.equal(alice.state.htlcs.length + bob.state.htlcs.length, 0);
    assert.equal(alice.state.local_number, bob.state.remote_number);
  });
}
