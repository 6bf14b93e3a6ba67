import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Msat } from '../../../src/base/types/amount.ts';
import type { ChannelId, NodeId, PaymentHash } from '../../../src/base/types/brand.ts';
import { openSqliteStore } from '../../../src/infra/store/sqlite-store.ts';
import { listParts } from '../../../src/node/payments/history.ts';
import { insertSendpay, SELECT_SENDPAYS, type Sendpay, sendpayOf } from '../../../src/node/payments/sendpay.ts';

const MOST = 2n ** 64n - 1n;
const u64 = fc.oneof(fc.bigInt({ min: 0n, max: MOST }), fc.constantFrom(0n, 2n ** 63n - 1n, 2n ** 63n, MOST));

test('whatever a client may name a part, it is stored and read back as it was', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'till-sendpays-'));
  const fail = (error: Error): never => {
    throw error;
  };
  const store = await openSqliteStore({ directory, onFailure: fail });
  let created_index = 0n;
  try {
    await fc.assert(
      fc.asyncProperty(u64, u64, u64, u64, async (groupid, partid, amount_msat, amount_sent_msat) => {
        const part: Sendpay = {
          created_index: ++created_index,
          updated_index: undefined,
          payment_hash: created_index.toString(16).padStart(64, '0') as PaymentHash,
          groupid,
          partid,
          status: 'pending',
          amount_msat: amount_msat as Msat,
          amount_sent_msat: amount_sent_msat as Msat,
          destination: `02${'ab'.repeat(32)}` as NodeId,
          created_at: 1,
          completed_at: undefined,
          payment_preimage: undefined,
          label: undefined,
          bolt11: undefined,
          description: undefined,
          channel_id: 'cd'.repeat(32) as ChannelId,
          htlc_id: created_index,
          route: [],
          shared_secrets: [],
          failure: undefined,
        };
        await store.commit([insertSendpay(part)]);
        const [row] = await store.read(`${SELECT_SENDPAYS} WHERE created_index = ?`, [created_index]);
        assert.ok(row);
        assert.deepEqual(sendpayOf(row), part);
      }),
    );
    for await (const _ of listParts(store, { index: 'created', start: MOST } as never))
      assert.fail('no index is so high');
  } finally {
    await store.close();
    rmSync(directory, { recursive: true });
  }
});
