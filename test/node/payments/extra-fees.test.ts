/** What a provider may take off a payment (bLIP 25, bLIP 52), and what it may not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Msat, msat } from '../../../src/base/types/amount.ts';
import type { ChannelId, NodeId, PaymentHash, PaymentPreimage, PaymentSecret } from '../../../src/base/types/brand.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import type { IncomingPart } from '../../../src/node/payments/incoming-part.ts';
import { IncomingPayments } from '../../../src/node/payments/receive.ts';

const HASH = 'aa'.repeat(32) as PaymentHash;
const PREIMAGE = 'cc'.repeat(32) as PaymentPreimage;
const LSP = `02${'11'.repeat(32)}` as NodeId;
const OTHER = `02${'22'.repeat(32)}` as NodeId;
const PROMISED = 1_000n;

/** A shop that waits for 100,000 msat, of which the provider may keep 1,000. */
function scene() {
  const clock = new ManualClock();
  const failed: string[] = [];
  const paid: { amount_received_msat: Msat; opening_fee_msat: Msat | undefined }[] = [];
  const world = {
    height: 100,
    promised: PROMISED as bigint | undefined,
    peer: LSP,
    is_unmined: false,
    is_safe: true,
    is_defended: true,
  };
  const payments = new IncomingPayments({
    clock,
    height: () => world.height,
    isCurrent: () => true,
    fulfill_deadline_blocks: 18,
    defence: { admits: () => world.is_defended },
    promises: {
      promiseOf: () =>
        world.promised === undefined ? undefined : { node_id: LSP, feeFor: () => msat(world.promised as bigint) },
      peerOf: () => world.peer,
      isSafe: () => world.is_safe,
      isUnmined: () => world.is_unmined,
    },
    invoices: {
      judge: async () => ({ min_final_cltv_expiry: 24 }),
      markPaid: async (_hash, amount_received_msat, _parts, opening_fee_msat) => {
        paid.push({ amount_received_msat, opening_fee_msat });
        return PREIMAGE;
      },
    },
    htlcs: {
      fulfil: () => {},
      fail: (_channel, htlc_id, { failure }) => failed.push(`${htlc_id} ${failure}`),
    },
    onBackgroundError: (error) => assert.fail(error as Error),
  });
  let next = 0n;
  const part = (onion: bigint, extra_fee?: bigint, changes: Partial<IncomingPart> = {}): IncomingPart => ({
    channel_id: 'dd'.repeat(32) as ChannelId,
    htlc_id: next++,
    payment_hash: HASH,
    amount_msat: msat(onion - (extra_fee ?? 0n)),
    cltv_expiry: 140,
    amt_to_forward: msat(onion),
    outgoing_cltv_value: 140,
    payment_secret: 'bb'.repeat(32) as PaymentSecret,
    total_msat: msat(100_000),
    ...(extra_fee === undefined ? {} : { extra_fee: msat(extra_fee) }),
    ...changes,
  });
  return { clock, failed, paid, world, payments, part };
}

const UNKNOWN = 'incorrect_or_unknown_payment_details';

test('a payment less what was promised is paid, and says what was received and what was kept', async () => {
  const { payments, part, paid, failed } = scene();
  await payments.offer(part(100_000n, 1_000n));
  assert.deepEqual(paid, [{ amount_received_msat: 99_000n, opening_fee_msat: 1_000n }]);
  assert.deepEqual(failed, []);
});

test('of several parts one may bear all of the fee, each a share, or fewer than all anything', async () => {
  for (const fees of [
    [1_000n, undefined, undefined],
    [333n, 333n, 334n],
    [undefined, 10n, undefined],
  ]) {
    const { payments, part, paid } = scene();
    const amounts = [50_000n, 30_000n, 20_000n];
    for (const [index, fee] of fees.entries()) await payments.offer(part(amounts[index] as bigint, fee));
    const kept = fees.reduce((total: bigint, fee) => total + (fee ?? 0n), 0n);
    assert.deepEqual(paid, [{ amount_received_msat: 100_000n - kept, opening_fee_msat: kept }]);
  }
});

test('one msat over the promise spoils the whole payment, in one part or in two', async () => {
  const one = scene();
  await one.payments.offer(one.part(100_000n, 1_001n));
  assert.deepEqual([one.paid, one.failed], [[], [`0 ${UNKNOWN}`]]);
  const two = scene();
  await two.payments.offer(two.part(60_000n, 600n));
  await two.payments.offer(two.part(40_000n, 401n));
  assert.deepEqual([two.paid, two.failed], [[], [`0 ${UNKNOWN}`, `1 ${UNKNOWN}`]]);
});

test('a part that lacks more than it says, or less, goes back', async () => {
  for (const off of [-1n, 1n]) {
    const { payments, part, paid, failed } = scene();
    const honest = part(100_000n, 1_000n);
    await payments.offer({ ...honest, amount_msat: msat(honest.amount_msat + off) });
    assert.deepEqual(paid, []);
    assert.equal(failed.length, 1);
  }
});

test('nobody takes a fee but the provider that was promised one, and of no other payment', async () => {
  for (const change of [{ peer: OTHER }, { promised: undefined }]) {
    const { payments, part, paid, failed, world } = scene();
    Object.assign(world, change);
    await payments.offer(part(100_000n, 1_000n));
    await payments.offer(part(100_000n, 0n));
    assert.deepEqual([paid, failed], [[], [`0 ${UNKNOWN}`, `1 ${UNKNOWN}`]]);
  }
});

test('a payment that comes another way, and whole, costs nothing', async () => {
  const { payments, part, paid, world } = scene();
  world.peer = OTHER;
  await payments.offer(part(100_000n));
  assert.deepEqual(paid, [{ amount_received_msat: 100_000n, opening_fee_msat: undefined }]);
});

test('what cannot be defended before a block holds the new channel waits for that block, longer than parts do', async () => {
  const { payments, part, paid, failed, world, clock } = scene();
  Object.assign(world, { is_unmined: true, is_defended: false });
  await payments.offer(part(100_000n, 1_000n));
  clock.advance(120_000);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([paid, failed], [[], []]);
  Object.assign(world, { is_unmined: false, is_defended: true });
  clock.advance(1_000);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([paid.length, failed], [1, []]);
});

test('a payment does not wait for a funding until its HTLC could not be claimed any more', async () => {
  const { payments, part, paid, failed, world, clock } = scene();
  Object.assign(world, { is_unmined: true, is_safe: false });
  await payments.offer(part(100_000n, 1_000n, { cltv_expiry: 121, outgoing_cltv_value: 121 }));
  assert.deepEqual([paid, failed], [[], []]);
  world.height = 101;
  clock.advance(1_000);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([paid, failed], [[], [`0 ${UNKNOWN}`]]);
});

test('over a channel whose funding is mined and gone nothing is taken', async () => {
  const { payments, part, paid, failed, world } = scene();
  world.is_safe = false;
  await payments.offer(part(100_000n, 1_000n));
  assert.deepEqual([paid, failed], [[], ['0 temporary_node_failure']]);
});
