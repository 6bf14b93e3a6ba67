import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Msat, msat } from '../../../src/base/types/amount.ts';
import type { ChannelId, PaymentHash, PaymentPreimage, PaymentSecret } from '../../../src/base/types/brand.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import type { IncomingPart, PartFailure } from '../../../src/node/payments/incoming-part.ts';
import { IncomingPayments } from '../../../src/node/payments/receive.ts';

const HASH = 'aa'.repeat(32) as PaymentHash;
const SECRET = 'bb'.repeat(32) as PaymentSecret;
const PREIMAGE = 'cc'.repeat(32) as PaymentPreimage;
const HEIGHT = 100;

function part(changes: Partial<IncomingPart> & { htlc_id: bigint }): IncomingPart {
  const amount_msat = changes.amount_msat ?? msat(1000);
  return {
    channel_id: 'dd'.repeat(32) as ChannelId,
    payment_hash: HASH,
    amount_msat,
    cltv_expiry: HEIGHT + 30,
    amt_to_forward: amount_msat,
    outgoing_cltv_value: HEIGHT + 30,
    payment_secret: SECRET,
    total_msat: amount_msat,
    ...changes,
  };
}

/** A shop with one unpaid invoice; what became of each HTLC is in `ended`. */
function shop(invoiced_msat: Msat = msat(1000)) {
  const clock = new ManualClock();
  const ended: (readonly [bigint, string])[] = [];
  const state = {
    isPaid: false,
    amount_received_msat: msat(0),
    durable: Promise.withResolvers<void>(),
    isCurrent: true,
    late_blocks: 0,
    min_final_cltv_expiry: 24,
    isBroken: false,
    isDefended: (_held: readonly IncomingPart[]): boolean => true,
  };
  state.durable.resolve();
  const payments = new IncomingPayments({
    clock,
    height: () => HEIGHT + state.late_blocks,
    isCurrent: () => state.isCurrent,
    fulfill_deadline_blocks: 18,
    onBackgroundError: (error) => {
      throw error;
    },
    defence: { admits: (_parts, held) => state.isDefended(held) },
    htlcs: {
      fulfil: (_channel, id, preimage) => ended.push([id, preimage === PREIMAGE ? 'fulfilled' : 'wrong preimage']),
      fail: (_channel, id, failure: PartFailure) => ended.push([id, failure.failure]),
    },
    invoices: {
      judge: async ({ payment_hash, payment_secret, total_msat }) => {
        const isOurs = payment_hash === HASH && payment_secret === SECRET && !state.isPaid;
        if (state.isBroken) throw new Error('the store is broken');
        const { min_final_cltv_expiry } = state;
        return isOurs && total_msat >= invoiced_msat ? { min_final_cltv_expiry } : undefined;
      },
      markPaid: async (_hash, amount_received_msat) => {
        await state.durable.promise;
        if (state.isPaid) return undefined;
        state.isPaid = true;
        state.amount_received_msat = amount_received_msat;
        return PREIMAGE;
      },
    },
  });
  return { payments, clock, ended, state };
}

test('a payment in one part is marked paid and then fulfilled', async () => {
  const { payments, ended, state } = shop();
  await payments.offer(part({ htlc_id: 1n }));
  assert.deepEqual(ended, [[1n, 'fulfilled']]);
  assert.equal(state.amount_received_msat, 1000n);
  assert.equal(payments.pending_sets, 0);
});

test('nothing is fulfilled before the invoice is durably paid', async () => {
  const { payments, ended, state } = shop();
  state.durable = Promise.withResolvers();
  const offered = payments.offer(part({ htlc_id: 1n }));
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual(ended, []);
  state.durable.resolve();
  await offered;
  assert.deepEqual(ended, [[1n, 'fulfilled']]);
});

test('parts wait for each other', async () => {
  const { payments, ended, state } = shop();
  await payments.offer(part({ htlc_id: 1n, amount_msat: msat(400), total_msat: msat(1000) }));
  assert.deepEqual(ended, []);
  await payments.offer(part({ htlc_id: 2n, amount_msat: msat(700), total_msat: msat(1000) }));
  assert.deepEqual(ended, [
    [1n, 'fulfilled'],
    [2n, 'fulfilled'],
  ]);
  assert.equal(state.amount_received_msat, 1100n);
});

test('a part that is offered twice counts once', async () => {
  const { payments, ended } = shop();
  const half = part({ htlc_id: 1n, amount_msat: msat(500), total_msat: msat(1000) });
  await payments.offer(half);
  await payments.offer(half);
  assert.deepEqual(ended, []);
});

test('an incomplete set goes back after 60 seconds, and not before', async () => {
  const { payments, clock, ended } = shop();
  await payments.offer(part({ htlc_id: 1n, amount_msat: msat(400), total_msat: msat(1000) }));
  clock.advance(59_999);
  assert.deepEqual(ended, []);
  clock.advance(1);
  assert.deepEqual(ended, [[1n, 'mpp_timeout']]);
});

test('parts that disagree about the total go back together', async () => {
  const { payments, ended } = shop();
  await payments.offer(part({ htlc_id: 1n, amount_msat: msat(400), total_msat: msat(1000) }));
  await payments.offer(part({ htlc_id: 2n, amount_msat: msat(600), total_msat: msat(1001) }));
  assert.deepEqual(ended, [
    [1n, 'final_incorrect_htlc_amount'],
    [2n, 'final_incorrect_htlc_amount'],
  ]);
});

test('a wrong secret is refused and does not disturb the right one', async () => {
  const { payments, ended } = shop();
  await payments.offer(part({ htlc_id: 1n, amount_msat: msat(400), total_msat: msat(1000) }));
  await payments.offer(part({ htlc_id: 2n, payment_secret: 'ee'.repeat(32) as PaymentSecret }));
  await payments.offer(part({ htlc_id: 3n, amount_msat: msat(600), total_msat: msat(1000) }));
  assert.deepEqual(ended, [
    [2n, 'incorrect_or_unknown_payment_details'],
    [1n, 'fulfilled'],
    [3n, 'fulfilled'],
  ]);
});

test('what is wrong with one HTLC has its own failure', async () => {
  const cases: [Partial<IncomingPart>, PartFailure['failure']][] = [
    [{ amt_to_forward: msat(1001) }, 'final_incorrect_htlc_amount'],
    [{ outgoing_cltv_value: HEIGHT + 31 }, 'final_incorrect_cltv_expiry'],
    [{ cltv_expiry: HEIGHT + 20, outgoing_cltv_value: HEIGHT + 20 }, 'incorrect_or_unknown_payment_details'],
    [{ cltv_expiry: HEIGHT + 24 + 2017 }, 'incorrect_or_unknown_payment_details'],
    [{ payment_secret: undefined }, 'incorrect_or_unknown_payment_details'],
    [{ payment_hash: 'ff'.repeat(32) as PaymentHash }, 'incorrect_or_unknown_payment_details'],
    [{ total_msat: msat(999) }, 'incorrect_or_unknown_payment_details'],
  ];
  for (const [changes, failure] of cases) {
    const { payments, ended } = shop();
    await payments.offer(part({ htlc_id: 1n, ...changes }));
    assert.deepEqual(ended, [[1n, failure]], JSON.stringify(failure));
    assert.equal(payments.pending_sets, 0);
  }
});

test('a payer that is three blocks behind is accepted, and so is the longest route', async () => {
  for (const blocks of [24 - 3, 24 + 2016]) {
    const { payments, ended } = shop();
    const cltv_expiry = HEIGHT + blocks;
    await payments.offer(part({ htlc_id: 1n, cltv_expiry, outgoing_cltv_value: cltv_expiry }));
    assert.deepEqual(ended, [[1n, 'fulfilled']]);
  }
});

test('an HTLC that expires beyond any honest route takes its set with it', async () => {
  const { payments, ended } = shop();
  const half = { amount_msat: msat(500), total_msat: msat(1000) };
  await payments.offer(part({ htlc_id: 1n, ...half }));
  await payments.offer(part({ htlc_id: 2n, ...half, cltv_expiry: HEIGHT + 5000 }));
  assert.deepEqual(ended, [
    [1n, 'incorrect_or_unknown_payment_details'],
    [2n, 'incorrect_or_unknown_payment_details'],
  ]);
});

test('what the last hop gives besides is taken, and does not stand for a part that is missing', async () => {
  const { payments, ended, state } = shop();
  const half = { amt_to_forward: msat(500), total_msat: msat(1000) };
  await payments.offer(part({ htlc_id: 1n, amount_msat: msat(1000), ...half }));
  assert.deepEqual(ended, []);
  await payments.offer(part({ htlc_id: 2n, amount_msat: msat(500), ...half }));
  assert.deepEqual(ended, [
    [1n, 'fulfilled'],
    [2n, 'fulfilled'],
  ]);
  assert.equal(state.amount_received_msat, 1500n);
});

test('an invoice that asks for less time than the node needs does not get the node to wait too long', async () => {
  for (const [blocks, end] of [
    [18, 'incorrect_or_unknown_payment_details'],
    [19, 'fulfilled'],
  ] as const) {
    const { payments, ended, state } = shop();
    state.min_final_cltv_expiry = 1;
    const cltv_expiry = HEIGHT + blocks;
    await payments.offer(part({ htlc_id: 1n, cltv_expiry, outgoing_cltv_value: cltv_expiry }));
    assert.deepEqual(ended, [[1n, end]]);
  }
});

/** Lets promises that follow from a timer run. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('while blocks may be missing nothing is accepted; once they are known, what still has time is', async () => {
  for (const [late_blocks, end] of [
    [9, 'fulfilled'],
    [10, 'incorrect_or_unknown_payment_details'],
  ] as const) {
    const { payments, ended, state, clock } = shop();
    state.isCurrent = false;
    await payments.offer(part({ htlc_id: 1n }));
    clock.advance(5_000);
    await turn();
    assert.deepEqual(ended, []);
    Object.assign(state, { isCurrent: true, late_blocks });
    clock.advance(1_000);
    await turn();
    assert.deepEqual(ended, [[1n, end]]);
    assert.equal(payments.pending_sets, 0);
  }
});

test('a payment that is complete is given back after a minute without news of the chain', async () => {
  const { payments, ended, state, clock } = shop();
  state.isCurrent = false;
  await payments.offer(part({ htlc_id: 1n }));
  clock.advance(60_000);
  await turn();
  assert.deepEqual(ended, [[1n, 'temporary_node_failure']]);
  state.isCurrent = true;
  clock.advance(60_000);
  await turn();
  assert.equal(ended.length, 1);
  assert.equal(state.isPaid, false);
});

test('a payment that cannot be judged goes back, and the reason is heard', async () => {
  const { payments, ended, state } = shop();
  state.isBroken = true;
  await assert.rejects(payments.offer(part({ htlc_id: 1n })), /broken/);
  assert.deepEqual(ended, [[1n, 'temporary_node_failure']]);
  assert.equal(payments.pending_sets, 0);
});

test('a second payment of a paid invoice goes back', async () => {
  const { payments, ended } = shop();
  await payments.offer(part({ htlc_id: 1n }));
  await payments.offer(part({ htlc_id: 2n }));
  assert.deepEqual(ended[1], [2n, 'incorrect_or_unknown_payment_details']);
});

test('a second payment that comes while the first is judged goes back too', async () => {
  const { payments, ended, state } = shop();
  await Promise.all([payments.offer(part({ htlc_id: 1n })), payments.offer(part({ htlc_id: 2n }))]);
  assert.deepEqual(ended, [
    [2n, 'incorrect_or_unknown_payment_details'],
    [1n, 'fulfilled'],
  ]);
  assert.equal(state.amount_received_msat, 1000n);
});

test('an invoice that went away while the set gathered fails the set', async () => {
  const { payments, ended, state } = shop();
  await payments.offer(part({ htlc_id: 1n, amount_msat: msat(400), total_msat: msat(1000) }));
  state.isPaid = true;
  await payments.offer(part({ htlc_id: 2n, amount_msat: msat(600), total_msat: msat(1000) }));
  assert.deepEqual(
    ended.map(([, how]) => how),
    ['incorrect_or_unknown_payment_details', 'incorrect_or_unknown_payment_details'],
  );
});

test('a part near its end takes its set with it', async () => {
  const { payments, ended } = shop();
  const first = part({ htlc_id: 1n, amount_msat: msat(400), total_msat: msat(1000) });
  await payments.offer(first);
  payments.expire(first.channel_id, 1n);
  assert.deepEqual(ended, [[1n, 'incorrect_or_unknown_payment_details']]);
});

test('a part near its end takes no other payment with it, and nothing of one that is being claimed', async () => {
  const { payments, ended, state } = shop();
  state.durable = Promise.withResolvers();
  const waiting = part({ htlc_id: 1n, amount_msat: msat(400), total_msat: msat(1000) });
  await payments.offer(waiting);
  payments.expire(waiting.channel_id, 2n);
  payments.expire('ee'.repeat(32) as ChannelId, 1n);
  assert.deepEqual(ended, []);
  const claiming = payments.offer(part({ htlc_id: 3n, amount_msat: msat(600), total_msat: msat(1000) }));
  payments.expire(waiting.channel_id, 1n);
  assert.deepEqual(ended, []);
  state.durable.resolve();
  await claiming;
  assert.deepEqual(ended, [
    [1n, 'fulfilled'],
    [3n, 'fulfilled'],
  ]);
});

test('a part that cannot be defended takes its whole set back, with a failure that invites to try again', async () => {
  const { payments, ended, state } = shop();
  state.isDefended = (held) => held.length < 2;
  await payments.offer(part({ htlc_id: 1n, amount_msat: msat(400), total_msat: msat(1000) }));
  assert.deepEqual(ended, []);
  await payments.offer(part({ htlc_id: 2n, amount_msat: msat(600), total_msat: msat(1000) }));
  assert.deepEqual(ended, [
    [1n, 'temporary_node_failure'],
    [2n, 'temporary_node_failure'],
  ]);
  assert.equal(state.isPaid, false);
  assert.equal(payments.pending_sets, 0);
});

test('a set is judged once more when it is whole: what was defended may not be any more', async () => {
  const { payments, clock, ended, state } = shop();
  state.isCurrent = false;
  await payments.offer(part({ htlc_id: 1n }));
  assert.deepEqual(ended, []);
  state.isDefended = () => false;
  state.isCurrent = true;
  clock.advance(1_000);
  assert.deepEqual(ended, [[1n, 'temporary_node_failure']]);
});

test('HTLCs of no invoice of ours take no place among those that are defended', async () => {
  const { payments, ended, state } = shop();
  const held: number[] = [];
  state.isDefended = (parts) => held.push(parts.length) > 0;
  const stranger = payments.offer(part({ htlc_id: 1n, payment_secret: 'ee'.repeat(32) as PaymentSecret }));
  await payments.offer(part({ htlc_id: 2n }));
  await stranger;
  assert.deepEqual(held, [1]);
  assert.deepEqual(new Map(ended).get(2n), 'fulfilled');
});

test('whatever arrives in whatever order, every HTLC ends exactly once, and at most one set is fulfilled', async () => {
  const anyPart = fc.record({
    amount_msat: fc.integer({ min: 1, max: 1500 }).map((value) => msat(value)),
    total_msat: fc.constantFrom(msat(999), msat(1000), msat(1500)),
    payment_secret: fc.constantFrom(SECRET, 'ee'.repeat(32) as PaymentSecret, undefined),
    cltv_expiry: fc.constantFrom(HEIGHT + 20, HEIGHT + 21, HEIGHT + 30, HEIGHT + 5000),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(anyPart, { maxLength: 8 }), async (parts) => {
      const { payments, clock, ended, state } = shop();
      const offers = parts.map((each, index) =>
        payments.offer(part({ ...each, htlc_id: BigInt(index), outgoing_cltv_value: HEIGHT })),
      );
      await Promise.all(offers);
      clock.advance(60_000);
      assert.deepEqual(
        ended.map(([id]) => id).sort(),
        parts.map((_, index) => BigInt(index)),
      );
      const fulfilled = ended
        .filter(([, how]) => how === 'fulfilled')
        .map(([id]) => parts[Number(id)]?.amount_msat ?? 0n);
      assert.equal(
        fulfilled.reduce<bigint>((total, amount) => total + amount, 0n),
        state.amount_received_msat,
      );
      assert.equal(payments.pending_sets, 0);
    }),
  );
});
