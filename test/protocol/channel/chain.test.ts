/** What a channel brings to the chain, checked by a script interpreter that knows nothing of channels. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fundingScriptPubkey } from '../../../src/codec/tx/channel-scripts.ts';
import { scriptFault } from '../../../src/infra/chain/embedded/script-check.ts';
import { readTransaction } from '../../../src/infra/chain/embedded/transaction.ts';
import { type End, environment, offer, type Pair, preimage, realSigner, usablePair } from './pair.ts';

function realPair(): Pair {
  return usablePair({ alice: environment(realSigner('alice')), bob: environment(realSigner('bob')) });
}

/** Why the chain would not take what the end broadcast last; undefined when it would. */
function faultOf(end: End): string | undefined {
  const { terms } = end.state;
  const broadcast = end.take('broadcast').at(-1);
  assert.ok(broadcast);
  const coin = {
    amount_sat: terms.funding_satoshis,
    script_pubkey: Buffer.from(fundingScriptPubkey(terms.local.funding_pubkey, terms.remote.funding_pubkey)),
    height: 1,
    is_coinbase: false,
  };
  return scriptFault(readTransaction(Buffer.from(broadcast.transaction, 'hex')), [coin]);
}

test('a mutual close is a valid transaction, at the feerate that was asked for', () => {
  const pair = realPair();
  pair.bob.do({ kind: 'shutdown' });
  pair.exchange();
  const fee_sat = pair.alice.take('closing_agreed')[0]?.fee_satoshis ?? 0n;
  const bytes = Buffer.from(pair.alice.state.closing_transactions[0] as string, 'hex');
  const { weight, outputs } = readTransaction(bytes);
  const paid = 1_000_000n - outputs.reduce((sum, { amount_sat }) => sum + amount_sat, 0n);
  assert.equal(paid, fee_sat);
  const feerate_per_kw = (Number(fee_sat) * 1_000) / weight;
  assert.ok(feerate_per_kw >= 1_000 && feerate_per_kw < 1_020, `${feerate_per_kw} per kw`);
  for (const end of [pair.alice, pair.bob]) assert.equal(faultOf(end), undefined);
});

/** Moments at which either end may have to go to the chain alone. */
const MOMENTS: [string, (pair: Pair) => void][] = [
  ['before the first update', () => undefined],
  [
    'with HTLCs of both sides in flight',
    (pair) => {
      pair.alice.do(offer(1, 10_000_000));
      pair.bob.do(offer(2, 20_000_000));
      pair.alice.do(offer(3, 1_000));
      pair.exchange();
    },
  ],
  [
    'while a signature is under way',
    (pair) => {
      pair.alice.do(offer(1, 10_000_000));
      pair.alice.do({ kind: 'commit' });
    },
  ],
  [
    'between a signature and its answer',
    (pair) => {
      pair.alice.do(offer(1, 10_000_000));
      pair.alice.do({ kind: 'commit' });
      for (const message of pair.alice.outbox.splice(0)) pair.bob.do({ kind: 'message', message });
      pair.bob.do({ kind: 'commit' });
    },
  ],
  [
    'after a payment and a new feerate',
    (pair) => {
      pair.alice.do(offer(1, 10_000_000));
      pair.exchange();
      const { payment_preimage } = preimage(1);
      pair.bob.do({ kind: 'remove_htlc', id: 0n, removal: { kind: 'fulfill', payment_preimage } });
      pair.alice.do({ kind: 'update_fee', feerate_per_kw: 3_000 });
      pair.exchange();
    },
  ],
];

for (const [moment, reach] of MOMENTS) {
  test(`either end can go to the chain alone ${moment}`, () => {
    const pair = realPair();
    reach(pair);
    for (const end of [pair.alice, pair.bob]) {
      end.do({ kind: 'force_close', reason: 'a test' });
      assert.equal(faultOf(end), undefined);
    }
  });
}
