import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat, sat } from '../../../src/base/types/amount.ts';
import type { Txid } from '../../../src/base/types/brand.ts';
import type { ReserveChannel } from '../../../src/node/reserve/ports.ts';
import { Reserve } from '../../../src/node/reserve/reserve.ts';
import { splitFor } from '../../../src/node/reserve/split.ts';
import { BroadcastError } from '../../../src/node/wallet/failure.ts';
import { World } from '../wallet/world.ts';

const STRESS = 2_500;
const WANTED = { amount_sat: sat(100_000), coins: 4 };
const CALM = { feeratePerKw: () => 253, mempoolMinimumPerKw: () => 253 };

test('a large coin is split into what is missing, and a wallet that has enough coins is left alone', () => {
  assert.deepEqual(splitFor([sat(1_000_000)], WANTED, STRESS, CALM), {
    coins: 3,
    each_sat: 25_000n,
    feerate_per_kw: 253,
  });
  assert.deepEqual(splitFor([sat(1_000_000), sat(30_000)], WANTED, STRESS, CALM)?.coins, 2);
  // Coins that cannot pay for one channel are no reserve.
  assert.deepEqual(splitFor([sat(1_000_000), sat(3_000)], WANTED, STRESS, CALM)?.coins, 3);
  assert.equal(
    splitFor(
      [1, 2, 3, 4].map(() => sat(25_000)),
      WANTED,
      STRESS,
      CALM,
    ),
    undefined,
  );
  assert.equal(splitFor([], WANTED, STRESS, CALM), undefined);
});

test('with less than is wanted it makes as many coins as can each pay for a channel', () => {
  assert.equal(splitFor([sat(60_000)], WANTED, STRESS, CALM)?.coins, 2);
  assert.equal(splitFor([sat(30_000)], WANTED, STRESS, CALM), undefined);
});

test('fees that are not calm, unknown, or too high for what is moved make no split', () => {
  const fees = (urgent: number | undefined, slow: number | undefined, minimum = 253) => ({
    feeratePerKw: (target: number) => (target === 100 ? slow : urgent),
    mempoolMinimumPerKw: () => minimum,
  });
  const coins = [sat(1_000_000)];
  assert.equal(splitFor(coins, WANTED, STRESS, fees(1_000, 300)), undefined);
  assert.equal(splitFor(coins, WANTED, STRESS, fees(undefined, undefined)), undefined);
  assert.equal(splitFor(coins, WANTED, STRESS, fees(300, 300, 5_000)), undefined);
  assert.equal(splitFor(coins, WANTED, STRESS, fees(5_000, 5_000)), undefined);
});

test('a split is on its way at once, its coins count before a block holds them, and nothing is lost but the fee', async () => {
  const world = await World.open();
  await world.deposit(200_000n, 40_000n);
  const { txid, fee_sat } = await world.wallet.split({ coins: 3, each_sat: sat(30_000), feerate_per_kw: 253 });
  assert.ok(world.isPending(txid));
  const sizes = () => world.wallet.reserveCoins().map(({ amount_sat }) => amount_sat);
  const expected = [40_000n, 30_000n, 30_000n, 30_000n, 110_000n - fee_sat].sort();
  assert.deepEqual(sizes().sort(), expected);
  await world.restart();
  assert.deepEqual(sizes().sort(), expected, 'also after a restart');
  await world.mine();
  assert.deepEqual(sizes().sort(), expected);
  assert.deepEqual(await world.sums(), [240_000n - fee_sat, 0n, 0n]);
});

test('a split that is refused leaves the coin whole', async () => {
  const world = await World.open();
  await world.deposit(200_000n);
  world.source.broadcast = async () => ({ kind: 'rejected', reason: 'min relay fee not met' });
  await assert.rejects(
    world.wallet.split({ coins: 2, each_sat: sat(30_000), feerate_per_kw: 253 }),
    (error) => error instanceof BroadcastError,
  );
  assert.deepEqual(await world.sums(), [200_000n, 0n, 0n]);
  assert.deepEqual(
    world.wallet.reserveCoins().map(({ amount_sat }) => amount_sat),
    [200_000n],
  );
});

test('a coin that has just come, and a channel that has just come or gone, are left alone for twelve blocks', async () => {
  let height = 100;
  let coins = [{ amount_sat: sat(1_000_000), blockheight: 99 }];
  const splits: number[] = [];
  const channel = { state: { phase: 'normal', htlcs: [] }, min_to_us_msat: 0n } as unknown as ReserveChannel;
  const list = [channel];
  const reserve = new Reserve({
    wallet: {
      reserveCoins: () => coins,
      split: async () => {
        splits.push(height);
        return { txid: 'aa'.repeat(32) as Txid };
      },
    },
    channels: { list: () => list, ending: () => undefined, isClaimed: () => false, receivableMsat: () => msat(0) },
    fees: CALM,
    limits: { least_sat: sat(25_000), coins: 3 },
    allowance_msat: msat(0),
    undefended_peers: new Set(),
    height: () => height,
    log: { info() {}, warn: (text) => assert.fail(text) },
  });
  const blocks = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      height++;
      await reserve.splitIfDue();
    }
  };
  await blocks(5);
  coins = [{ amount_sat: sat(2_000_000), blockheight: 105 }];
  await blocks(10);
  list.push(channel);
  await blocks(12);
  assert.deepEqual(splits, [], 'each change counts anew');
  await blocks(1);
  assert.deepEqual(splits, [height]);
});
