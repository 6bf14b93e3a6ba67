import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Sat, sat, sum } from '../../../src/base/types/amount.ts';
import type { Txid } from '../../../src/base/types/brand.ts';
import { Secret } from '../../../src/base/types/secret.ts';
import { feeForWeight } from '../../../src/codec/tx/fees.ts';
import { type Transaction, type TxOutput, weightOf } from '../../../src/codec/tx/transaction.ts';
import {
  type BuildRequest,
  DustError,
  NotEnoughError,
  type Plan,
  planTransaction,
} from '../../../src/node/wallet/build.ts';
import { type AddressKind, type Coin, scriptOf, signCoin, type WalletKeys } from '../../../src/node/wallet/coin.ts';

const keys: WalletKeys = {
  privateKey: ({ kind, change, index }) => {
    const key = new Uint8Array(32).fill(1);
    key.set([kind === 'p2tr' ? 1 : 2, change, index], 10);
    return new Secret(key);
  },
};
const CHANGE = scriptOf(keys, { kind: 'p2tr', change: 1, index: 0 });
const PAYEE = scriptOf(keys, { kind: 'bech32', change: 0, index: 99 });

function coin(amount_sat: bigint, index = 0, kind: AddressKind = 'p2tr'): Coin {
  const path = { kind, change: 0, index } as const;
  return {
    txid: index.toString(16).padStart(64, '0') as Txid,
    vout: 0,
    amount_sat: sat(amount_sat),
    script_pubkey: Buffer.from(scriptOf(keys, path)).toString('hex'),
    path,
    is_coinbase: false,
    blockheight: 1,
    spent_by: undefined,
    spent_height: undefined,
  };
}

function plan(coins: readonly Coin[], outputs: readonly TxOutput[], changes: Partial<BuildRequest> = {}): Plan {
  return planTransaction({
    outputs,
    coins,
    feerate_per_kw: 1000,
    change_script: CHANGE,
    reserve_sat: sat(0),
    locktime: 0,
    ...changes,
  });
}

function pay(amount_sat: bigint): TxOutput {
  return { amount_sat: sat(amount_sat), script_pubkey: PAYEE };
}

function signed({ transaction, coins, spent }: Plan): Transaction {
  return coins.reduce((tx, { path }, index) => signCoin(keys, tx, index, spent, path), transaction);
}

test('the fee is what the signed transaction weighs at the fee rate, to the unit of a short signature', () => {
  for (const kind of ['p2tr', 'bech32'] as const) {
    const planned = plan([coin(100_000n, 1, kind), coin(50_000n, 2, kind)], [pay(120_000n)]);
    const weight = weightOf(signed(planned));
    const slack = feeForWeight(weight + 2 * planned.coins.length, 1000) + 5n;
    assert.ok(
      planned.fee_sat >= feeForWeight(weight, 1000) && planned.fee_sat <= slack,
      `${planned.fee_sat} ${weight}`,
    );
    assert.equal(planned.change_index, 1);
  }
});

test('a set that needs no change is preferred', () => {
  // The payment, the fee of an input and an output, and too little for change.
  const exact = 100_000n + 400n + 100n;
  const planned = plan([coin(500_000n, 1), coin(exact, 2), coin(300_000n, 3)], [pay(100_000n)]);
  assert.deepEqual(
    planned.coins.map((each) => each.amount_sat),
    [exact],
  );
  assert.equal(planned.change_index, undefined);
});

test('all goes to one output, less the fee and the reserve', () => {
  const coins = [coin(100_000n, 1), coin(30_000n, 2)];
  const planned = plan(coins, [], { all_to: PAYEE });
  assert.equal(planned.transaction.outputs.length, 1);
  assert.equal((planned.transaction.outputs[0] as TxOutput).amount_sat, 130_000n - planned.fee_sat);
  const reserved = plan(coins, [], { all_to: PAYEE, reserve_sat: sat(25_000) });
  assert.equal(reserved.transaction.outputs[1]?.amount_sat, 25_000n);
  assert.equal(reserved.change_index, 1);
});

test('too little, and too little only because of the reserve, are told apart', () => {
  const coins = [coin(100_000n, 1)];
  const errorOf = (run: () => unknown): NotEnoughError => {
    try {
      run();
    } catch (error) {
      if (error instanceof NotEnoughError) return error;
    }
    throw new assert.AssertionError({ message: 'NotEnoughError was expected' });
  };
  assert.equal(errorOf(() => plan(coins, [pay(100_000n)])).is_for_reserve, false);
  assert.equal(errorOf(() => plan(coins, [pay(80_000n)], { reserve_sat: sat(25_000) })).is_for_reserve, true);
  assert.throws(() => plan(coins, [pay(200n)]), DustError);
  assert.throws(() => plan([], [], { all_to: PAYEE }), NotEnoughError);
});

test('a child pays what its parent lacks', () => {
  const alone = plan([coin(100_000n, 1)], [pay(50_000n)]);
  const parents = { weight: 2000, fee_sat: sat(500) };
  const child = plan([coin(100_000n, 1)], [pay(50_000n)], { parents });
  assert.equal(child.fee_sat - alone.fee_sat, 1500n);
});

test('whatever is asked: nothing is created or lost, the fee rate is met, and the reserve is kept', () => {
  const anyRequest = fc.record({
    amounts: fc.array(fc.bigInt(1000n, 200_000n), { minLength: 1, maxLength: 8 }),
    pays: fc.array(fc.bigInt(600n, 150_000n), { minLength: 0, maxLength: 3 }),
    feerate_per_kw: fc.integer({ min: 253, max: 20_000 }),
    reserve_sat: fc.constantFrom(0n, 25_000n),
    kind: fc.constantFrom<AddressKind[]>('p2tr', 'bech32'),
  });
  let made = 0;
  fc.assert(
    fc.property(anyRequest, ({ amounts, pays, feerate_per_kw, reserve_sat, kind }) => {
      const coins = amounts.map((amount, index) => coin(amount, index, kind));
      let planned: Plan;
      try {
        planned = plan(coins, pays.map(pay), { feerate_per_kw, reserve_sat: reserve_sat as Sat });
      } catch (error) {
        assert.ok(error instanceof NotEnoughError);
        return;
      }
      made++;
      const in_sat = sum(planned.coins.map((each) => each.amount_sat));
      const out_sat = sum(planned.transaction.outputs.map((output) => output.amount_sat));
      assert.equal(in_sat - out_sat, planned.fee_sat);
      assert.ok(planned.fee_sat >= feeForWeight(weightOf(signed(planned)), feerate_per_kw));
      const change =
        planned.change_index === undefined ? 0n : planned.transaction.outputs[planned.change_index]?.amount_sat;
      assert.ok(sum(coins.map((each) => each.amount_sat)) - in_sat + (change ?? 0n) >= reserve_sat);
      assert.deepEqual(
        planned.transaction.outputs.slice(0, pays.length).map((output) => output.amount_sat),
        pays,
      );
    }),
    { numRuns: 60 },
  );
  assert.ok(made > 5, 'most requests can be met');
});
