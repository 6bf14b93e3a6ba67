/** What a claim pays and when it is made again, number by number. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sat } from '../../../src/base/types/amount.ts';
import type { OnchainEnvironment } from '../../../src/protocol/onchain/closing-channel.ts';
import {
  blocksLeft,
  feeCeil,
  feerateAfterRefusal,
  feerateFor,
  feerateOf,
  raisedFeerate,
  refusalOf,
  replacementFee,
  stakeOf,
} from '../../../src/protocol/onchain/fee-schedule.ts';

/** P2WPKH: 294 sat are the least that such an output holds. */
const SCRIPT = Uint8Array.from({ length: 22 }, (_, index) => (index === 1 ? 20 : 0));

type Estimates = Readonly<Partial<Record<2 | 6 | 12 | 100, number>>>;

function environment(estimates: Estimates, minimum_per_kw?: number): OnchainEnvironment {
  return {
    policy: {} as never,
    feeratePerKw: (target) => estimates[target],
    mempoolMinimumPerKw: () => minimum_per_kw,
    sweep_script: SCRIPT,
  };
}

const ESTIMATES: Estimates = { 2: 8_000, 6: 4_000, 12: 2_000, 100: 500 };
const NOTHING = environment({});

test('a fee is rounded up to the satoshi', () => {
  assert.deepEqual(
    [
      [400, 253],
      [1_000, 253],
      [1_001, 253],
      [0, 253],
    ].map(([weight, feerate]) => feeCeil(weight as number, feerate as number)),
    [102n, 253n, 254n, 0n],
  );
});

test('the estimate is that for half of the blocks that are left', () => {
  const at = (blocks_left: number | undefined): number => feerateFor(environment(ESTIMATES), blocks_left);
  for (const blocks_left of [-3, 0, 1, 2, 4, 11]) assert.equal(at(blocks_left), 8_000, `${blocks_left} blocks`);
  for (const blocks_left of [12, 23]) assert.equal(at(blocks_left), 4_000, `${blocks_left} blocks`);
  for (const blocks_left of [24, 199]) assert.equal(at(blocks_left), 2_000, `${blocks_left} blocks`);
  for (const blocks_left of [200, 5_000, undefined]) assert.equal(at(blocks_left), 500, `${blocks_left} blocks`);
});

test('where an estimate is missing, the next more urgent one counts; without any, and below it, the floor', () => {
  assert.equal(feerateFor(environment({ 2: 8_000, 6: 4_000 }), undefined), 4_000);
  assert.equal(feerateFor(environment({ 12: 2_000, 100: 500 }), 4), 253, 'a less urgent one says nothing');
  assert.equal(feerateFor(NOTHING, undefined), 253);
  assert.equal(feerateFor(environment({ 100: 100 }), undefined), 253);
});

test('blocks are counted from the next block to the nearest deadline', () => {
  const claims = [{ deadline_height: 120 }, { deadline_height: undefined }, { deadline_height: 110 }] as never;
  assert.equal(blocksLeft(claims, 100), 9);
  assert.equal(blocksLeft([{ deadline_height: undefined }] as never, 100), undefined);
});

test('the longer there is time, the longer a transaction waits before it is made again', () => {
  /** The fewest blocks after which a transaction is made again that the estimate has overtaken. */
  const patience = (blocks_left: number | undefined): number => {
    for (let waited = 0; waited < 20; waited++) {
      const pending = { feerate_per_kw: 300, height: 100 };
      const again = raisedFeerate(environment(ESTIMATES), pending, blocks_left, 100 + waited, 50_000);
      if (again !== undefined) return waited;
    }
    return Number.POSITIVE_INFINITY;
  };
  assert.deepEqual([undefined, 1_000, 19].map(patience), [6, 6, 6]);
  assert.deepEqual([18, 7].map(patience), [3, 3]);
  assert.deepEqual([6, 1, 0].map(patience), [1, 1, 1]);
});

test('without a deadline a transaction is made again only when the estimate is higher, and by a quarter at least', () => {
  const again = (feerate_per_kw: number, blocks_left?: number): number | undefined =>
    raisedFeerate(environment(ESTIMATES), { feerate_per_kw, height: 100 }, blocks_left, 106, 50_000);
  assert.equal(again(500), undefined, 'as high as the estimate');
  assert.equal(again(499), 624);
  assert.equal(again(300), 500);
  assert.equal(again(4_000, 19), undefined, 'far from its deadline it is the same');
});

test('near a deadline each step leads to all that is at stake, the last ones whatever the estimates say', () => {
  /** The feerates of a transaction that nobody mines, from 18 blocks before its deadline on. */
  const course = (estimates: Estimates, most_per_kw: number): number[] => {
    const feerates: number[] = [];
    let pending = { feerate_per_kw: 1_000, height: 100 };
    for (let blocks_left = 18; blocks_left > 0; blocks_left--) {
      const height = 121 - blocks_left;
      const again = raisedFeerate(environment(estimates), pending, blocks_left, height, most_per_kw);
      if (again === undefined) continue;
      feerates.push(again);
      pending = { feerate_per_kw: again, height };
    }
    return feerates;
  };
  const free = course({}, 1_000_000);
  assert.equal(free.length, 10, 'every third block, and at the end every block');
  assert.equal(free[0], 1_996, 'the tenth root of a thousand');
  assert.ok((free.at(-1) as number) >= 1_000_000 && (free.at(-1) as number) < 1_300_000, `${free.at(-1)}`);
  const calm = course({ 2: 1_000 }, 1_000_000);
  assert.ok(
    calm.slice(0, 4).every((feerate_per_kw) => feerate_per_kw <= 10_000),
    'ten times the most urgent estimate',
  );
  assert.ok((calm.at(-1) as number) >= 1_000_000);
  for (const [index, feerate_per_kw] of free.entries()) {
    if (index > 0) assert.ok(feerate_per_kw >= Math.ceil((free[index - 1] as number) * 1.25));
  }
  assert.equal(
    raisedFeerate(environment(ESTIMATES), { feerate_per_kw: 1_000, height: 100 }, 6, 101, 2_000),
    8_000,
    'the estimate counts where the steps would stay below it',
  );
});

test('the steps to all that is at stake: one for three blocks, and one for each of the last six', () => {
  const steps: [blocks_left: number, steps: number][] = [
    [18, 10],
    [16, 10],
    [15, 9],
    [13, 9],
    [12, 8],
    [10, 8],
    [9, 7],
    [7, 7],
    [6, 6],
    [2, 2],
    [1, 1],
    [0, 1],
    [-4, 1],
  ];
  for (const [blocks_left, left] of steps) {
    const pending = { feerate_per_kw: 1_000, height: 100 };
    const again = raisedFeerate(environment({}), pending, blocks_left, 110, 1_000_000_000);
    assert.equal(again, Math.ceil(1_000 * 1_000_000 ** (1 / left)), `${blocks_left} blocks`);
  }
});

test('seven blocks before a deadline ten times the most urgent estimate is the most, six before it that counts no more', () => {
  const at = (blocks_left: number): number | undefined =>
    raisedFeerate(
      environment({ 2: 1_500 }),
      { feerate_per_kw: 1_000, height: 100 },
      blocks_left,
      110,
      1_000_000_000_000,
    );
  assert.equal(at(7), 15_000);
  assert.equal(at(6), Math.ceil(1_000 * 1_000_000_000 ** (1 / 6)));
});

test('after a refusal for its fee a transaction pays a quarter more, the estimate, or a tenth over the minimum', () => {
  assert.equal(feerateAfterRefusal(NOTHING, 1_000, undefined), 1_250);
  assert.equal(feerateAfterRefusal(NOTHING, 1, undefined), 253);
  assert.equal(feerateAfterRefusal(environment(ESTIMATES), 1_000, 4), 8_000);
  assert.equal(feerateAfterRefusal(environment({}, 3_000), 1_000, undefined), 3_301);
  const silent: OnchainEnvironment = { policy: {} as never, feeratePerKw: () => undefined, sweep_script: SCRIPT };
  assert.equal(feerateAfterRefusal(silent, 1_000, undefined), 1_250, 'a source that does not say its minimum');
});

test("a node's word against a transaction, as bitcoind and Esplora have it", () => {
  const words: [string, ReturnType<typeof refusalOf>][] = [
    ['min relay fee not met, 149 < 156', 'below_floor'],
    ['mempool min fee not met, 300 < 500', 'too_cheap'],
    ['bad-txns-inputs-missingorspent', 'no_parent'],
    ['insufficient fee, rejecting replacement 1234; new feerate 0.001 <= old feerate 0.002', 'has_rival'],
    ['txn-mempool-conflict', 'has_rival'],
    ['non-final', undefined],
    ['non-BIP68-final', undefined],
    ['too-long-mempool-chain, too many unconfirmed ancestors', undefined],
    ['too many descendants for tx', undefined],
    ['replacement-adds-unconfirmed, spends-unconfirmed-parents', undefined],
    ['scriptsig-not-pushonly', 'not_taken'],
    ['', 'not_taken'],
  ];
  for (const [reason, expected] of words) assert.equal(refusalOf(reason), expected, reason);
});

test('a replacement pays what it replaces, and its own relay', () => {
  assert.equal(replacementFee(sat(1_000), 400), 1_102n);
  assert.equal(feerateOf(sat(1_000), 400), 2_500);
});

test('what is at stake is all but dust, and for HTLC transactions what brings their outputs home', () => {
  const claim = (amount_sat: bigint, isStaged = false) =>
    ({ spends: { amount_sat }, paired_output: isStaged ? {} : undefined }) as never;
  assert.equal(stakeOf([claim(10_000n)], SCRIPT), 9_706n);
  assert.equal(stakeOf([claim(10_000n), claim(5_000n)], SCRIPT), 14_706n);
  assert.equal(stakeOf([claim(10_000n, true)], SCRIPT), 9_622n, '84 sat for an input of 330 weight at the floor');
  assert.equal(stakeOf([claim(10_000n, true), claim(5_000n, true)], SCRIPT), 14_539n);
  assert.equal(stakeOf([claim(100n)], SCRIPT), 0n);
});

test('a feerate that is raised is always higher than before', () => {
  fc.assert(
    fc.property(
      fc.record({
        feerate_per_kw: fc.integer({ min: 253, max: 1_000_000 }),
        blocks_left: fc.option(fc.integer({ min: -5, max: 400 }), { nil: undefined }),
        waited: fc.integer({ min: 0, max: 30 }),
        most_per_kw: fc.integer({ min: 0, max: 10_000_000 }),
        urgent_per_kw: fc.option(fc.integer({ min: 1, max: 500_000 }), { nil: undefined }),
      }),
      ({ feerate_per_kw, blocks_left, waited, most_per_kw, urgent_per_kw }) => {
        const estimates: Estimates = urgent_per_kw === undefined ? {} : { 2: urgent_per_kw };
        const pending = { feerate_per_kw, height: 100 };
        const again = raisedFeerate(environment(estimates), pending, blocks_left, 100 + waited, most_per_kw);
        return again === undefined || again >= feerate_per_kw * 1.25;
      },
    ),
  );
});
