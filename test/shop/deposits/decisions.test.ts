/** Deposits that did not pay: they are listed until the shop has decided, and the decision is kept. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Txid } from '../../../src/base/types/brand.ts';
import { decideDeposit, readUnpaidDeposits } from '../../../src/shop/deposits/decisions.ts';
import { testStore } from '../../support/test-store.ts';

const txid = (digit: string): Txid => digit.repeat(64) as Txid;

test('a deposit wants a decision once, and only one that did not pay', async (t) => {
  const store = testStore({ onFailure: (error) => assert.fail(error) });
  t.after(() => store.close());
  const rows = [
    ['a', 'short'],
    ['b', 'late'],
    ['c', 'paid'],
    ['d', 'pending'],
  ] as const;
  await store.commit(
    rows.map(([digit, outcome], index) => ({
      sql: `INSERT INTO deposits (txid, vout, created_index, label, amount_sat, blockheight, is_in_time, outcome)
        VALUES (?, 0, ?, ?, 1000, 7, 1, ?)`,
      params: [txid(digit), index + 1, `order-${digit}`, outcome],
    })),
  );
  const labels = async (which: 'open' | 'decided') =>
    (await readUnpaidDeposits(store, which, 10)).map(({ label }) => label);
  assert.deepEqual(await labels('open'), ['order-b', 'order-a']);
  const decide = (digit: string, decision: 'kept' | 'returned') =>
    decideDeposit(store, { txid: txid(digit), vout: 0 }, { decision, note: 'by phone', decided_at: 99 });
  assert.equal((await decide('a', 'returned'))?.decision, 'returned');
  assert.equal(await decide('c', 'kept'), undefined);
  assert.equal(await decide('d', 'kept'), undefined);
  assert.deepEqual(await labels('open'), ['order-b']);
  assert.deepEqual(await labels('decided'), ['order-a']);
  // It may be changed.
  assert.deepEqual((await decide('a', 'kept'))?.note, 'by phone');
  assert.deepEqual(
    (await readUnpaidDeposits(store, 'decided', 10)).map(({ decision }) => decision),
    ['kept'],
  );
});
