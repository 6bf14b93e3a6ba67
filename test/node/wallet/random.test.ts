/** Anything in any order: after each step the wallet knows exactly the coins that the blocks hold for its scripts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sat } from '../../../src/base/types/amount.ts';
import type { Txid } from '../../../src/base/types/brand.ts';
import { toHex } from '../../../src/base/types/hex.ts';
import { txidOf as rawTxidOf, walkBlock } from '../../../src/infra/chain/raw-block.ts';
import { DustError, NotEnoughError } from '../../../src/node/wallet/build.ts';
import { scriptOf } from '../../../src/node/wallet/coin.ts';
import { FeeLimitError } from '../../../src/node/wallet/composer.ts';
import { BroadcastError, TransactionStateError } from '../../../src/node/wallet/failure.ts';
import { MINER, PAYEE, testKeys, World } from './world.ts';

const OWN_SCRIPTS = new Set<string>();
for (let index = 0; index < 40; index++) {
  for (const change of [0, 1] as const) OWN_SCRIPTS.add(toHex(scriptOf(testKeys, { kind: 'p2tr', change, index })));
  OWN_SCRIPTS.add(toHex(scriptOf(testKeys, { kind: 'bech32', change: 0, index })));
}

/** The unspent outputs of our scripts, read from the blocks alone: `txid:vout amount height`. */
async function coinsInBlocks(world: World): Promise<string[]> {
  const coins = new Map<string, string>();
  const { height: tip_height } = await world.chain.tip();
  for (let height = 1; height <= tip_height; height++) {
    const block = await world.chain.block((await world.chain.blockHash(height)) as string);
    let made: { vout: number; amount_sat: bigint }[] = [];
    walkBlock(
      block,
      {
        input(_index, offset) {
          const txid = Buffer.from(block.subarray(offset, offset + 32))
            .reverse()
            .toString('hex');
          coins.delete(`${txid}:${block.readUInt32LE(offset + 32)}`);
        },
        output(vout, offset, start, end) {
          if (!OWN_SCRIPTS.has(block.toString('hex', start, end))) return;
          made.push({ vout, amount_sat: block.readBigUInt64LE(offset) });
        },
      },
      (_transaction_index, span) => {
        const txid = rawTxidOf(block, span);
        for (const { vout, amount_sat } of made) {
          coins.set(`${txid}:${vout}`, `${txid}:${vout} ${amount_sat} ${height}`);
        }
        made = [];
      },
    );
  }
  return [...coins.values()].sort();
}

async function coinsOfWallet(world: World): Promise<string[]> {
  const listed = (await world.wallet.listCoins()).map(({ coin }) => coin);
  return listed
    .filter(({ blockheight }) => blockheight !== undefined)
    .map(({ txid, vout, amount_sat, blockheight }) => `${txid}:${vout} ${amount_sat} ${blockheight}`)
    .sort();
}

type Step =
  | { readonly kind: 'deposit'; readonly amount_sat: bigint; readonly address: 'p2tr' | 'bech32' }
  | { readonly kind: 'withdraw'; readonly amount_sat: bigint | 'all'; readonly min_confirmations: 0 | 1 }
  | { readonly kind: 'fund'; readonly amount_sat: bigint }
  | { readonly kind: 'publish' | 'release' | 'bump'; readonly pick: number }
  | { readonly kind: 'mine'; readonly count: number }
  | { readonly kind: 'reorganise'; readonly depth: number; readonly drop: 'keep' | 'drop'; readonly is_down: boolean }
  | { readonly kind: 'restart'; readonly blocks: number };

const amount = fc.bigInt(2_000n, 300_000n);
const pick = fc.nat(20);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('deposit' as const),
    amount_sat: amount,
    address: fc.constantFrom('p2tr' as const, 'bech32' as const),
  }),
  fc.record({
    kind: fc.constant('withdraw' as const),
    amount_sat: fc.oneof({ weight: 5, arbitrary: amount }, fc.constant('all' as const)),
    min_confirmations: fc.constantFrom(0 as const, 1 as const),
  }),
  fc.record({ kind: fc.constant('fund' as const), amount_sat: amount }),
  fc.record({ kind: fc.constantFrom('publish' as const, 'release' as const, 'bump' as const), pick }),
  fc.record({ kind: fc.constant('mine' as const), count: fc.integer({ min: 1, max: 3 }) }),
  fc.record({
    kind: fc.constant('reorganise' as const),
    depth: fc.integer({ min: 1, max: 4 }),
    drop: fc.constantFrom('keep' as const, 'drop' as const),
    is_down: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('restart' as const), blocks: fc.nat(2) }),
);

const STEPS = 24;
const RUNS = 15;

/** What a step may answer instead of doing it. */
const REFUSALS = [NotEnoughError, DustError, FeeLimitError, BroadcastError, TransactionStateError];

async function take(world: World, step: Step, made: Txid[]): Promise<void> {
  const { wallet } = world;
  switch (step.kind) {
    case 'deposit':
      await world.pay(step.amount_sat, (await wallet.newAddress(step.address)).script_pubkey);
      return;
    case 'withdraw': {
      const amount_sat = step.amount_sat === 'all' ? 'all' : sat(step.amount_sat);
      const { min_confirmations } = step;
      made.push((await wallet.withdraw(PAYEE, amount_sat, { feerate_per_kw: 300, min_confirmations })).txid);
      return;
    }
    case 'fund':
      made.push((await wallet.fund(PAYEE, sat(step.amount_sat), { feerate_per_kw: 300 })).txid);
      return;
    case 'mine':
      return await world.mine(step.count);
    case 'reorganise':
      if (!step.is_down) return await world.reorganise(step.depth, step.drop);
      return await world.restart(() => world.chain.reorganise(step.depth, MINER, step.drop));
    case 'restart':
      return await world.restart(() => world.chain.mine(step.blocks, MINER));
    default: {
      const txid = made[step.pick % Math.max(1, made.length)];
      if (txid === undefined) return;
      if (step.kind === 'publish') await wallet.publish(txid);
      else if (step.kind === 'release') await wallet.release(txid);
      else made.push((await wallet.bump(txid, 1000)).txid);
    }
  }
}

test('whatever happens, the wallet holds what the blocks hold for it', async () => {
  let withdrawn = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: STEPS / 2, maxLength: STEPS, size: 'max' }), async (steps) => {
      const world = await World.open(STEPS + 3);
      await world.deposit(400_000n, 200_000n, 100_000n);
      const made: Txid[] = [];
      for (const step of steps) {
        try {
          await take(world, step, made);
        } catch (error) {
          if (!REFUSALS.some((refusal) => error instanceof refusal)) throw error;
        }
        await world.follow();
        assert.deepEqual(await coinsOfWallet(world), await coinsInBlocks(world), `after ${step.kind}`);
      }
      withdrawn += made.length;
      // Whatever can still be mined is mined; then nothing is on its way any more.
      for (let round = 0; round < 3; round++) {
        await world.mine();
        await world.restart();
      }
      assert.equal((await world.wallet.balance()).unconfirmed_sat, 0n);
      assert.deepEqual(await coinsOfWallet(world), await coinsInBlocks(world));
      await world.wallet.stop();
      await world.source.stop();
    }),
    { numRuns: RUNS },
  );
  assert.ok(withdrawn > RUNS, `${withdrawn} transactions were made`);
});
