import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sat } from '../../../src/base/types/amount.ts';
import type { Txid } from '../../../src/base/types/brand.ts';
import { type Transaction, txInput, txidOf } from '../../../src/codec/tx/transaction.ts';
import { Ledger } from '../../../src/node/wallet/ledger.ts';
import type { OwnTransaction } from '../../../src/node/wallet/own-transaction.ts';
import { PAYEE } from './world.ts';

const TXID = 'ab'.repeat(32) as Txid;
const STRANGER = 'cd'.repeat(32) as Txid;
const DEPOSIT = {
  txid: TXID,
  vout: 0,
  amount_sat: sat(50_000),
  script_pubkey: '5120'.padEnd(68, '0'),
  path: { kind: 'p2tr', change: 0, index: 0 },
  is_coinbase: false,
} as const;

function spending(outpoints: readonly { txid: Txid; vout: number }[], locktime: number): Transaction {
  const outputs = [{ amount_sat: sat(1000), script_pubkey: PAYEE }];
  return { version: 2, inputs: outpoints.map((outpoint) => txInput(outpoint, 0)), outputs, locktime };
}

function own(transaction: Transaction, state: 'held' | 'sent' = 'sent'): Omit<OwnTransaction, 'number'> {
  return {
    txid: txidOf(transaction),
    transaction,
    state,
    purpose: 'fees',
    fee_sat: sat(100),
    change_index: undefined,
    is_sweep: false,
    parents: [],
    blockheight: undefined,
  };
}

test('a spend by someone with the same keys is undone with its block, and the coin is free again', () => {
  const ledger = new Ledger([], []);
  ledger.paid(DEPOSIT, 10);
  ledger.spent(DEPOSIT, STRANGER, 11);
  assert.deepEqual(ledger.spendable(11, 1), []);
  ledger.undoFrom(11);
  assert.equal(ledger.spendable(11, 1).length, 1);
});

test('a stranger who spends a coin first ends the transaction of ours that wanted to', () => {
  const ledger = new Ledger([], []);
  const other = { ...DEPOSIT, vout: 1 };
  ledger.paid(DEPOSIT, 10);
  ledger.paid(other, 10);
  const both = own(spending([DEPOSIT, other], 0));
  ledger.add(both, []);
  ledger.spent(DEPOSIT, STRANGER, 11);
  assert.equal(ledger.transaction(both.txid)?.state, 'dropped');
  assert.deepEqual(
    ledger.spendable(11, 1).map(({ vout }) => vout),
    [1],
  );
});

test('of two that spend the same output of others, the newer stays, unless the older is mined', () => {
  const ledger = new Ledger([], []);
  const other = { ...DEPOSIT, vout: 1 };
  ledger.paid(DEPOSIT, 10);
  ledger.paid(other, 10);
  const foreign = { txid: STRANGER, vout: 0 };
  const older = own(spending([foreign, DEPOSIT], 1));
  const newer = own(spending([foreign, other], 2));
  ledger.add(older, []);
  ledger.add(newer, []);
  const states = (): unknown[] => [older, newer].map(({ txid }) => ledger.transaction(txid)?.state);
  const free = (): number[] => ledger.spendable(11, 1).map(({ vout }) => vout);
  assert.deepEqual([states(), free()], [['dropped', 'sent'], [0]]);
  ledger.confirmed(older.txid, 11);
  assert.deepEqual([states(), free()], [['sent', 'dropped'], [1]]);
  ledger.undoFrom(11);
  assert.deepEqual([states(), free()], [['sent', 'dropped'], [1]], 'the one that was mined goes out again');
});

test('an event that comes twice writes once', () => {
  const ledger = new Ledger([], []);
  ledger.paid(DEPOSIT, 10);
  ledger.spent(DEPOSIT, STRANGER, 11);
  assert.equal(ledger.takeWrites().length, 2);
  ledger.paid(DEPOSIT, 10);
  ledger.spent(DEPOSIT, STRANGER, 11);
  ledger.confirmed(STRANGER, 11);
  assert.deepEqual(ledger.takeWrites(), []);
});
