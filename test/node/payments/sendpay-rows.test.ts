import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Msat, msat } from '../../../src/base/types/amount.ts';
import type { ChannelId, NodeId, PaymentHash, PaymentPreimage } from '../../../src/base/types/brand.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import { gather, listParts, listPayments, type SendpayQuery } from '../../../src/node/payments/history.ts';
import {
  endSendpay,
  insertSendpay,
  SELECT_SENDPAYS,
  type Sendpay,
  sendpayOf,
} from '../../../src/node/payments/sendpay.ts';
import { openTestStore, testStore } from '../../support/test-store.ts';

const MOST = 2n ** 64n - 1n;
const u64 = fc.oneof(fc.bigInt({ min: 0n, max: MOST }), fc.constantFrom(0n, 2n ** 63n - 1n, 2n ** 63n, MOST));

function partOf(created_index: bigint, changes: Partial<Sendpay>): Sendpay {
  return {
    created_index,
    updated_index: undefined,
    payment_hash: created_index.toString(16).padStart(64, '0') as PaymentHash,
    groupid: 1n,
    partid: 1n,
    status: 'pending',
    amount_msat: msat(1),
    amount_sent_msat: msat(1),
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
    ...changes,
  };
}

test('payments are listed whole, each where its first part stands, from an index on and no more than asked', async () => {
  const store = testStore({ onFailure: (error) => assert.fail(error) });
  const hash = (fill: string) => fill.repeat(32) as PaymentHash;
  const rows = ['aa', 'bb', 'aa', 'cc', 'bb'].map((fill, index) =>
    partOf(BigInt(index + 1), { payment_hash: hash(fill), partid: BigInt(index), amount_msat: msat(index + 1) }),
  );
  await store.commit(rows.map(insertSendpay));
  const list = async (query: { start?: bigint; limit?: number; status?: Sendpay['status'] }) => {
    const found: unknown[] = [];
    for await (const each of listPayments(store, { index: 'created', start: 0n, ...query }))
      found.push([each.payment_hash.slice(0, 2), each.number_of_parts, each.amount_msat]);
    return found;
  };
  const all = [
    ['aa', 2, 4n],
    ['bb', 2, 7n],
    ['cc', 1, 4n],
  ];
  assert.deepEqual(await list({}), all);
  for (const limit of [0, 1, 2]) assert.deepEqual(await list({ limit }), all.slice(0, limit));
  assert.deepEqual(await list({ start: 2n }), all.slice(1));
  assert.deepEqual(await list({ status: 'complete' }), []);
});

test('parts are listed by hash, status and index, page after page, and no more than asked', async () => {
  const store = testStore({ onFailure: (error) => assert.fail(error) });
  const most = 1_002;
  const rows = Array.from({ length: most }, (_, index) =>
    partOf(BigInt(index + 1), {
      payment_hash: (index % 2 === 0 ? 'aa' : 'bb').repeat(32) as PaymentHash,
      partid: BigInt(index),
    }),
  );
  await store.commit(rows.map(insertSendpay));
  const failed = rows.filter((_, index) => index >= 1_000);
  await store.commit(
    failed.map((row, index) => endSendpay({ ...row, status: 'failed', updated_index: BigInt(failed.length - index) })),
  );
  const list = async (query: Partial<SendpayQuery>): Promise<number[]> => {
    const found: number[] = [];
    for await (const { created_index } of listParts(store, { index: 'created', start: 0n, ...query }))
      found.push(Number(created_index));
    return found;
  };
  const numbers = Array.from({ length: most }, (_, index) => index + 1);
  assert.deepEqual(await list({}), numbers);
  assert.deepEqual(await list({ start: 1_001n }), [1_001, 1_002]);
  for (const limit of [0, 1, 500, 501, 1_000]) assert.deepEqual(await list({ limit }), numbers.slice(0, limit));
  const payment_hash = 'bb'.repeat(32) as PaymentHash;
  const even = numbers.filter((number) => number % 2 === 0);
  assert.deepEqual(await list({ payment_hash }), even);
  assert.deepEqual(await list({ payment_hash, status: 'failed' }), [1_002]);
  assert.deepEqual(await list({ status: 'failed' }), [1_001, 1_002]);
  assert.deepEqual(await list({ index: 'updated' }), [1_002, 1_001]);
  assert.deepEqual(await list({ index: 'updated', start: 2n }), [1_001]);
});

test('a payment is complete with one part that is, else pending, and counts no part that failed', () => {
  const payment_preimage = '11'.repeat(32) as PaymentPreimage;
  const row = (status: Sendpay['status'], changes: Partial<Sendpay> = {}) =>
    partOf(7n, { status, amount_msat: msat(10), amount_sent_msat: msat(12), ...changes });
  const done = row('complete', { payment_preimage, completed_at: 99 });
  const told = (...parts: Sendpay[]) => {
    const { status, preimage, completed_at, amount_msat, amount_sent_msat, number_of_parts } = gather(parts);
    return [status, preimage, completed_at, amount_msat, amount_sent_msat, number_of_parts];
  };
  assert.throws(() => gather([]), RangeError, 'a payment has a part');
  assert.deepEqual(told(row('failed'), row('failed')), ['failed', undefined, undefined, 0n, 0n, 0]);
  assert.deepEqual(told(row('failed'), row('pending')), ['pending', undefined, undefined, 10n, 12n, 1]);
  assert.deepEqual(told(row('pending'), done, row('failed')), ['complete', payment_preimage, 99, 20n, 24n, 2]);
});

test('a payment changed last when the part did that ended last, whichever that is', async () => {
  const store = testStore({ onFailure: (error) => assert.fail(error) });
  const rows = [3n, 2n, undefined].map((updated_index, index) =>
    partOf(BigInt(index + 1), { payment_hash: 'aa'.repeat(32) as PaymentHash, partid: BigInt(index), updated_index }),
  );
  await store.commit(rows.flatMap((row) => [insertSendpay(row), ...(row.updated_index ? [endSendpay(row)] : [])]));
  const found: unknown[] = [];
  for await (const each of listPayments(store, { index: 'updated', start: 0n })) found.push(each.updated_index);
  assert.deepEqual(found, [3n]);
});

test('a part is read back with its route and the secrets of all its hops, and with how it ended', async () => {
  const store = testStore({ onFailure: (error) => assert.fail(error) });
  const read = async (): Promise<Sendpay> => {
    const [row] = await store.read(`${SELECT_SENDPAYS} WHERE created_index = 7`);
    assert.ok(row);
    const part = sendpayOf(row);
    return { ...part, shared_secrets: part.shared_secrets.map((secret) => Uint8Array.from(secret)) };
  };
  const part = partOf(7n, {
    label: 'tea',
    bolt11: 'lnbcrt1',
    description: 'two cups',
    created_at: 1_700_000_000,
    shared_secrets: [1, 2, 3].map((fill) => new Uint8Array(32).fill(fill)),
    route: [1, 2, 3].map((hop) => ({
      id: `02${'ab'.repeat(32)}` as NodeId,
      channel: `${hop}x1x1` as ShortChannelId,
      amount_msat: msat(2n ** 63n + BigInt(hop)),
      delay: 40 - hop,
    })),
  });
  await store.commit([insertSendpay(part)]);
  assert.deepEqual(await read(), part);
  const failure = { erring_index: 0, failcode: 0x1007, failcodename: 'temporary_channel_failure', raw_message: '1007' };
  const failed = { ...part, status: 'failed', failure, completed_at: 1_700_000_005, updated_index: 3n } as const;
  await store.commit([endSendpay(failed)]);
  assert.deepEqual(await read(), { ...failed, shared_secrets: [] }, 'what nobody needs any more is forgotten');
  const payment_preimage = '11'.repeat(32) as PaymentPreimage;
  await store.commit([endSendpay({ ...part, status: 'complete', payment_preimage, updated_index: 4n })]);
  assert.equal((await read()).status, 'failed', 'what has ended does not end again');
});

test('whatever a client may name a part, it is stored and read back as it was', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'till-sendpays-'));
  const fail = (error: Error): never => {
    throw error;
  };
  const store = await openTestStore({ directory, onFailure: fail });
  let created_index = 0n;
  try {
    await fc.assert(
      fc.asyncProperty(u64, u64, u64, u64, async (groupid, partid, amount_msat, amount_sent_msat) => {
        const part = partOf(++created_index, {
          groupid,
          partid,
          amount_msat: amount_msat as Msat,
          amount_sent_msat: amount_sent_msat as Msat,
        });
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
