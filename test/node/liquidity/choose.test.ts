import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { msat } from '../../../src/base/types/amount.ts';
import type { NodeId } from '../../../src/base/types/brand.ts';
import { type OfferedParams, openingFee } from '../../../src/codec/lsps/lsps2.ts';
import { choose, type Limits, leastPaymentMsat } from '../../../src/node/liquidity/choose.ts';
import { leastNetMsat } from '../../../src/node/liquidity/sizes.ts';
import { DEFAULT_POLICY } from '../../../src/protocol/channel/policy.ts';

const A = `02${'aa'.repeat(32)}` as NodeId;
const B = `02${'bb'.repeat(32)}` as NodeId;
const NOW = 1_700_000_000_000;

function params(changes: Partial<OfferedParams> = {}): OfferedParams {
  return {
    min_fee_msat: msat(1_000_000),
    proportional: 10_000,
    valid_until_ms: NOW + 3_600_000,
    min_lifetime: 1008,
    max_client_to_self_delay: 2016,
    min_payment_size_msat: msat(1_000),
    max_payment_size_msat: msat(10_000_000_000),
    promise: 'p',
    as_sent: {},
    ...changes,
  };
}

const LIMITS: Limits = {
  max_fee_msat: msat(5_000_000),
  max_fee_ppm: 20_000,
  to_self_delay: 144,
  least_net_msat: msat(20_000_000),
};
const wanted = (amount: bigint | undefined) => ({
  amount_msat: amount === undefined ? undefined : msat(amount),
  now_ms: NOW,
  least_lifetime_ms: 300_000,
});

test('of several offers the cheapest for this payment comes first, whoever makes it', () => {
  const offers = [
    { node_id: A, params: params({ min_fee_msat: msat(3_000_000), proportional: 1_000 }) },
    { node_id: B, params: params({ min_fee_msat: msat(500_000), proportional: 10_000 }) },
  ];
  const cheapest = (amount: bigint) => choose(offers, wanted(amount), LIMITS).fits[0];
  assert.deepEqual([cheapest(50_000_000n)?.offer.node_id, cheapest(50_000_000n)?.fee_msat], [B, 500_000n]);
  assert.deepEqual([cheapest(900_000_000n)?.offer.node_id, cheapest(900_000_000n)?.fee_msat], [A, 3_000_000n]);
});

test('a fee within either limit is paid, and one msat more than both is not', () => {
  const judge = (fee: bigint, amount: bigint) =>
    choose([{ node_id: A, params: params({ min_fee_msat: msat(fee), proportional: 0 }) }], wanted(amount), LIMITS);
  assert.equal(judge(5_000_000n, 100_000_000n).fits.length, 1);
  assert.deepEqual(judge(5_000_001n, 100_000_000n).unfit, [
    { kind: 'too_expensive', fee_msat: 5_000_001n, proportional: 0 },
  ]);
  assert.equal(judge(20_000_000n, 1_000_000_000n).fits.length, 1);
  assert.equal(judge(20_000_001n, 1_000_000_000n).fits.length, 0);
});

test('for a payment of any amount both its least fee and its share must be within their limits', () => {
  const judge = (changes: Partial<OfferedParams>) =>
    choose([{ node_id: A, params: params(changes) }], wanted(undefined), LIMITS);
  assert.deepEqual(judge({}).fits[0]?.fee_msat, 1_000_000n);
  assert.equal(judge({ proportional: 20_001 }).unfit[0]?.kind, 'too_expensive');
  assert.equal(judge({ min_fee_msat: msat(5_000_001) }).unfit[0]?.kind, 'too_expensive');
});

test('an offer that ends too soon, or whose channel would not be safe, is of no use', () => {
  const kind = (changes: Partial<OfferedParams>) =>
    choose([{ node_id: A, params: params(changes) }], wanted(50_000_000n), LIMITS).unfit[0]?.kind;
  assert.equal(kind({ valid_until_ms: NOW + 299_999 }), 'of_no_use');
  assert.equal(kind({ valid_until_ms: NOW + 300_000 }), undefined);
  assert.equal(kind({ max_client_to_self_delay: 143 }), 'of_no_use');
  assert.equal(kind({ max_client_to_self_delay: 144 }), undefined);
  assert.equal(kind({ proportional: 1_000_000 }), 'of_no_use');
  assert.equal(kind({ max_payment_size_msat: msat(20_000_000) }), 'of_no_use');
});

test('a payment beyond the limits of an offer is told the least and the most that works', () => {
  const judge = (amount: bigint) => choose([{ node_id: A, params: params() }], wanted(amount), LIMITS).unfit[0];
  assert.deepEqual(judge(20_999_999n), { kind: 'too_small', least_msat: 21_000_000n });
  assert.equal(judge(21_000_000n), undefined);
  assert.deepEqual(judge(10_000_000_001n), { kind: 'too_large', most_msat: 10_000_000_000n });
});

test('the least payment leaves just what a channel can bring, and one msat less does not', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 10_000_000n }),
      fc.nat(900_000),
      fc.bigInt({ min: 1n, max: 1_000_000_000n }),
      (min_fee, proportional, net) => {
        const offer = params({ min_fee_msat: msat(min_fee), proportional, min_payment_size_msat: msat(0) });
        const least = leastPaymentMsat(offer, msat(net));
        assert.ok(least !== undefined);
        const left = (amount: bigint) => amount - (openingFee(msat(amount), offer) as bigint);
        assert.ok(left(least) >= net);
        assert.ok(left(least - 1n) < net);
      },
    ),
  );
});

test('the least that a bought channel can bring grows with the fees of the chain', () => {
  // What was found with a real provider: about 25,000 sat at 253 per kw, and 80,000 at 2,500.
  const at = (feerate: number) => Number(leastNetMsat(DEFAULT_POLICY, feerate)) / 1000;
  assert.ok(at(253) > 20_000 && at(253) < 30_000, `${at(253)} sat at 253 per kw`);
  assert.ok(at(2500) > 70_000 && at(2500) < 100_000, `${at(2500)} sat at 2,500 per kw`);
});

test('an offer whose numbers are as large as numbers can be is of no use, and harms nobody', () => {
  const largest = msat(2n ** 64n - 1n);
  for (const changes of [{ min_fee_msat: largest }, { min_payment_size_msat: largest }, { proportional: 999_999 }]) {
    const offer = params({ max_payment_size_msat: largest, ...changes });
    assert.equal(choose([{ node_id: A, params: offer }], wanted(50_000_000n), LIMITS).fits.length, 0);
  }
});
