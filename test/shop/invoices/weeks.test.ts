/** What was paid over Lightning, week by week. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readWeeks } from '../../../src/shop/invoices/weeks.ts';
import { testStore } from '../../support/test-store.ts';

const WEEK_SECONDS = 7 * 24 * 3600;
const NOW = 1_700_000_000;

test('payments over Lightning are added up week by week, and those on the chain are not among them', async () => {
  const store = testStore({
    onFailure: (error) => {
      throw error;
    },
  });
  const paid = [
    { paid_at: NOW, amount_msat: 5_000n },
    { paid_at: NOW - WEEK_SECONDS + 1, amount_msat: 7_000n },
    { paid_at: NOW - WEEK_SECONDS, amount_msat: 11_000n },
    { paid_at: NOW - 3 * WEEK_SECONDS, amount_msat: 13_000n },
    { paid_at: NOW, amount_msat: 99_000n, paid_txid: 'ab'.repeat(32) },
  ];
  for (const [index, { paid_at, amount_msat, paid_txid }] of paid.entries()) {
    await store.commit([
      {
        sql: `INSERT INTO invoices (created_index, label, payment_hash, state, created_at, expires_at,
            min_final_cltv_expiry, payment_preimage, bolt11, pay_index, amount_received_msat, paid_at, paid_txid)
          VALUES (?, ?, ?, 'paid', 0, 0, 18, ?, 'lnbcrt1', ?, ?, ?, ?)`,
        params: [
          BigInt(index + 1),
          `label ${index}`,
          Uint8Array.of(index),
          Uint8Array.of(0),
          BigInt(index + 1),
          amount_msat,
          BigInt(paid_at),
          paid_txid ?? null,
        ],
      },
    ]);
  }
  assert.deepEqual(await readWeeks(store, NOW, 3), [
    { received_msat: 12_000n, largest_msat: 7_000n },
    { received_msat: 11_000n, largest_msat: 11_000n },
    { received_msat: 0n, largest_msat: 0n },
  ]);
  await store.close();
});
