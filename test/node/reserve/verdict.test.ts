import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { msat, type Sat, sat, sum } from '../../../src/base/types/amount.ts';
import type { NodeId } from '../../../src/base/types/brand.ts';
import { channelCost } from '../../../src/node/reserve/cost.ts';
import { CHANNELS_PER_COIN, covers } from '../../../src/node/reserve/cover.ts';
import { reserveSize } from '../../../src/node/reserve/sizing.ts';
import type { Stake } from '../../../src/node/reserve/stake.ts';
import { feeratesNow, stressPerKw } from '../../../src/node/reserve/stress.ts';
import { judge } from '../../../src/node/reserve/verdict.ts';

const PEER = '02aa' as NodeId;
const OTHER = '02bb' as NodeId;
const CALM = { today_per_kw: 253, stress_per_kw: 2_530 };

function stake(amounts_sat: readonly number[], changes: Partial<Stake> = {}): Stake {
  return {
    lost_msat: msat(0),
    amounts_sat: amounts_sat.map(sat),
    htlc_outputs: amounts_sat.length,
    commitment_per_kw: 253,
    needs_child: true,
    own_sat: sat(0),
    ...changes,
  };
}

function isDefended(
  stakes: readonly (Stake | readonly [NodeId, Stake])[],
  coins_sat: readonly (number | Sat)[],
  { trusts = [] as readonly NodeId[], allowance_sat = 100_000, feerates = CALM } = {},
): boolean {
  return judge({
    stakes: stakes.map((each) =>
      'needs_child' in each ? { peer_id: PEER, stake: each } : { peer_id: each[0], stake: each[1] },
    ),
    coins: () => coins_sat.map((amount) => sat(amount)),
    feerates,
    allowance_msat: msat(allowance_sat * 1000),
    undefended_peers: new Set(trusts),
  }).is_defended;
}

test('without a coin the allowance is all that is taken, over all channels together', () => {
  assert.equal(isDefended([stake([100_000])], []), true);
  assert.equal(isDefended([stake([100_001])], []), false);
  assert.equal(isDefended([stake([60_000]), stake([40_000])], []), true);
  assert.equal(isDefended([stake([60_000]), stake([40_001])], []), false);
  assert.equal(isDefended([stake([1])], [], { allowance_sat: 0 }), false);
});

test('a coin defends what it can pay for, and every channel must be paid for', () => {
  const cost_sat = channelCost(1, CALM.stress_per_kw);
  assert.equal(isDefended([stake([400_000])], [cost_sat]), true);
  assert.equal(isDefended([stake([400_000])], [sat(cost_sat / 2n)]), false);
  assert.equal(isDefended([stake([400_000]), stake([400_000])], [cost_sat]), false);
  assert.equal(isDefended([stake([400_000]), stake([400_000])], [cost_sat, cost_sat]), true);
  // The one that is within the allowance asks for the same coin.
  assert.equal(isDefended([stake([400_000]), stake([80_000])], [cost_sat]), false);
});

test('one coin counts for eight channels, whatever it is worth', () => {
  const channels = (count: number) => Array.from({ length: count }, () => stake([300_000]));
  assert.equal(isDefended(channels(CHANNELS_PER_COIN), [100_000_000]), true);
  assert.equal(isDefended(channels(CHANNELS_PER_COIN + 1), [100_000_000]), false);
  assert.equal(isDefended(channels(CHANNELS_PER_COIN + 1), [50_000_000, 50_000_000]), true);
});

test('what no coin can defend counts against the allowance, however rich the wallet', () => {
  const rich = [10_000_000, 10_000_000];
  assert.equal(isDefended([stake([400_000], { lost_msat: msat(100_000_000) })], rich), true);
  assert.equal(isDefended([stake([400_000], { lost_msat: msat(100_000_001) })], rich), false);
  const high = { today_per_kw: 50_000, stress_per_kw: 100_000 };
  // At 200 sat/vB a channel costs more than this to close today.
  assert.equal(isDefended([stake([120_000])], rich, { feerates: high }), false);
  assert.equal(isDefended([stake([400_000])], rich, { feerates: high }), true);
});

test('a peer that the operator trusts needs no defence, but asks for coins all the same', () => {
  const cost_sat = channelCost(1, CALM.stress_per_kw);
  assert.equal(isDefended([[OTHER, stake([900_000])]], [], { trusts: [OTHER] }), true);
  assert.equal(isDefended([[OTHER, stake([900_000])], stake([200_000])], [cost_sat], { trusts: [OTHER] }), false);
  assert.equal(isDefended([[OTHER, stake([900_000])], stake([100_000])], [cost_sat], { trusts: [OTHER] }), true);
});

test('coins that are too small alone go together, and what is covered never costs more than there is', () => {
  assert.equal(covers([sat(6_000), sat(6_000)], [sat(10_000)], 2_500), true);
  assert.equal(covers([sat(600), sat(600)], [sat(700)], 2_500), false, 'each costs more than it brings');
  const amounts = fc.array(fc.bigInt({ min: 1n, max: 100_000n }).map(sat), { maxLength: 8 });
  fc.assert(
    fc.property(amounts, amounts, fc.integer({ min: 253, max: 20_000 }), (coins, costs, feerate_per_kw) => {
      if (!covers(coins, costs, feerate_per_kw)) return;
      assert.ok(sum(coins) >= sum(costs));
      assert.ok(costs.length <= coins.length * CHANNELS_PER_COIN);
    }),
  );
});

test('the stress feerate is ten times a low one, twice a high one, and careful without estimates', () => {
  assert.deepEqual(
    [253, 500, 1_250, 5_000, 12_500, 25_000].map((today_per_kw) => stressPerKw(today_per_kw)),
    [2_530, 5_000, 12_500, 12_500, 25_000, 50_000],
  );
  const fees = (known: number | undefined, minimum: number) => ({
    feeratePerKw: () => known,
    mempoolMinimumPerKw: () => minimum,
  });
  assert.deepEqual(feeratesNow(fees(undefined, 253)), { today_per_kw: 253, stress_per_kw: 12_500 });
  assert.deepEqual(feeratesNow(fees(300, 253)), { today_per_kw: 300, stress_per_kw: 3_000 });
  assert.deepEqual(feeratesNow(fees(300, 10_000)), { today_per_kw: 10_000, stress_per_kw: 20_000 });
});

test('the reserve grows with channels and fees, and has its least', () => {
  const limits = { least_sat: sat(25_000), coins: undefined };
  const size = (all: number, inbound: number, per_kw: number, coins?: number) =>
    reserveSize({ all, inbound }, per_kw, { ...limits, coins });
  assert.deepEqual(size(0, 0, 2_500), { amount_sat: 0n, coins: 0 });
  assert.deepEqual(size(1, 1, 2_500), { amount_sat: 25_000n, coins: 1 });
  assert.equal(size(20, 20, 12_500).amount_sat, 20n * size(1, 1, 12_500).amount_sat);
  assert.deepEqual([size(20, 20, 2_500).coins, size(20, 4, 2_500).coins, size(20, 4, 2_500, 7).coins], [5, 1, 7]);
});
