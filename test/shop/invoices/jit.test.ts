/** Invoices whose payment opens a channel that was bought for it (bLIP 52). */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { RpcError } from '../../../src/base/errors.ts';
import { msat } from '../../../src/base/types/amount.ts';
import type { NodeId } from '../../../src/base/types/brand.ts';
import { FEATURE_BITS } from '../../../src/base/types/features.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import { decodeInvoice } from '../../../src/codec/bolt11/native.ts';
import type { Write } from '../../../src/infra/store/store.ts';
import type { CreatedInvoice } from '../../../src/shop/invoices/create.ts';
import type { CreateRequest } from '../../../src/shop/invoices/create-request.ts';
import { expectedMsat } from '../../../src/shop/invoices/jit.ts';
import type { HintCandidate, JitChannel, JitPurchase, JitTerms } from '../../../src/shop/invoices/ports.ts';
import { collect, openFixture } from './fixture.ts';

const LSP = `02${'11'.repeat(32)}` as NodeId;
const SCID = '7x8x9' as ShortChannelId;
const NOTE: Write = {
  sql: "INSERT INTO counters (name, value) VALUES ('bought', 1) ON CONFLICT DO NOTHING",
  params: [],
};
const UNBOUGHT: Write = { sql: "DELETE FROM counters WHERE name = 'bought'", params: [] };

/** A shop whose provider sells until the test says otherwise. */
function scene(t: TestContext) {
  const purchases: JitPurchase[] = [];
  const committed: string[] = [];
  const sold = new Map<string, JitTerms>();
  const state = { refuses: undefined as RpcError | undefined, valid_seconds: 7200, extra: 2, trusts: false };
  const fixture = openFixture({
    jit: {
      async buy(purchase) {
        purchases.push(purchase);
        if (state.refuses !== undefined) throw state.refuses;
        const terms: JitTerms = {
          node_id: LSP,
          opening_fee_msat: msat(1_000),
          proportional: 5_000,
          client_trusts_lsp: state.trusts,
        };
        const channel: JitChannel = {
          ...terms,
          hop: {
            pubkey: LSP,
            short_channel_id: SCID,
            fee_base_msat: 0,
            fee_proportional_millionths: 0,
            cltv_expiry_delta: 80,
          },
          valid_until: fixture.clock.nowSeconds() + state.valid_seconds,
          extra_cltv_blocks: state.extra,
          write: NOTE,
          committed: () => {
            committed.push(purchase.payment_hash);
            sold.set(purchase.payment_hash, terms);
          },
        };
        return channel;
      },
      termsOf: async (payment_hash) => sold.get(payment_hash),
      deletionWrites: () => [UNBOUGHT],
      deleted: (payment_hash) => void sold.delete(payment_hash),
    },
  });
  t.after(() => fixture.close());
  const create = (label: string, request: Partial<CreateRequest> = {}): Promise<CreatedInvoice> =>
    fixture.invoices.create({ amount_msat: msat(100_000), label, description: 'tea', jit: true, ...request });
  const bought = async (): Promise<number> =>
    (await fixture.store.read("SELECT name FROM counters WHERE name = 'bought'")).length;
  return { ...fixture, create, purchases, committed, state, bought };
}

/** A channel that can receive so much. */
function way(receivable_msat: number): HintCandidate {
  return {
    pubkey: `03${'22'.repeat(32)}` as NodeId,
    short_channel_id: '1x1x1' as ShortChannelId,
    scid_alias: false,
    announced: true,
    online: true,
    receivable_msat: msat(receivable_msat),
    htlc_maximum_msat: msat(receivable_msat),
    fee_base_msat: 1,
    fee_proportional_millionths: 2,
    cltv_expiry_delta: 6,
    peer_incoming_msat: msat(1_000_000_000),
  };
}

test('the invoice names the way of the channel alone, and asks for two blocks more than is demanded', async (t) => {
  const { create, candidates, committed, bought, purchases } = scene(t);
  candidates.push(way(1_000_000));
  const { invoice, jit, warnings } = await create('first');
  const shown = decodeInvoice(invoice.bolt11);
  assert.deepEqual(shown.routes, [
    [{ pubkey: LSP, short_channel_id: SCID, fee_base_msat: 0, fee_proportional_millionths: 0, cltv_expiry_delta: 80 }],
  ]);
  assert.equal(shown.min_final_cltv_expiry_delta, 26);
  assert.equal(invoice.min_final_cltv_expiry, 24);
  assert.equal(shown.features.has(FEATURE_BITS.basic_mpp + 1), true);
  assert.equal(jit?.opening_fee_msat, 1_000n);
  assert.equal(jit && expectedMsat(msat(100_000), jit), 99_000n);
  assert.deepEqual(Object.keys(warnings), ['warning_jit']);
  assert.match(warnings.warning_jit ?? '', new RegExp(`the provider ${LSP} keeps 1 sat of the 100 sat`));
  assert.deepEqual(committed, [invoice.payment_hash]);
  assert.equal(await bought(), 1);
  assert.equal(purchases[0]?.expiry_seconds, 3600);
});

test('an invoice of any amount cannot be paid in parts', async (t) => {
  const { create } = scene(t);
  const { invoice, warnings } = await create('any', { amount_msat: 'any' });
  const { features, amount_msat } = decodeInvoice(invoice.bolt11);
  assert.deepEqual([amount_msat, features.has(FEATURE_BITS.basic_mpp + 1)], [undefined, false]);
  assert.equal(features.has(FEATURE_BITS.payment_secret), true);
  assert.match(warnings.warning_jit ?? '', /1 sat or 5000 millionths/);
});

test('whoever shows the invoice is told what is kept, and when the provider has to be trusted', async (t) => {
  const { create, state } = scene(t);
  const told = async (label: string, request: Partial<CreateRequest> = {}) =>
    (await create(label, request)).warnings.warning_jit ?? '';
  const trust = /until then it could keep the money\.$/;
  const plain = await told('plain');
  assert.match(plain, new RegExp(`for which the provider ${LSP} keeps 1 sat of the 100 sat\\.`));
  assert.doesNotMatch(plain, trust);
  assert.match(await told('any', { amount_msat: 'any' }), / or 5000 millionths of the amount, whichever is more/);
  state.trusts = true;
  assert.match(await told('trusting'), trust);
});

test('the invoice ends no later than the promise', async (t) => {
  const { create, state, clock } = scene(t);
  state.valid_seconds = 1000;
  const { invoice } = await create('short');
  assert.equal(invoice.expires_at, clock.nowSeconds() + 1000);
  assert.equal(decodeInvoice(invoice.bolt11).expiry_seconds, 1000);
});

test('with auto a channel is bought when nothing else can receive the amount, and only then', async (t) => {
  const { create, candidates, purchases } = scene(t);
  assert.notEqual((await create('none', { jit: 'auto' })).jit, undefined);
  candidates.push(way(100_000));
  const { jit, invoice } = await create('enough', { jit: 'auto' });
  assert.equal(jit, undefined);
  assert.equal(decodeInvoice(invoice.bolt11).routes[0]?.[0]?.short_channel_id, '1x1x1');
  assert.notEqual((await create('more', { jit: 'auto', amount_msat: msat(100_001) })).jit, undefined);
  assert.equal((await create('any', { jit: 'auto', amount_msat: 'any' })).jit, undefined);
  assert.equal(purchases.length, 2);
});

test('when none can be bought there is no invoice; with auto there is one, and the reason', async (t) => {
  const { create, state, invoices, bought } = scene(t);
  state.refuses = new RpcError('LIQUIDITY_TOO_EXPENSIVE', 'too dear');
  await assert.rejects(create('wanted'), /too dear/);
  assert.equal(await invoices.find({ label: 'wanted' }), undefined);
  const { jit, warnings } = await create('hoped', { jit: 'auto' });
  assert.equal(jit, undefined);
  assert.match(warnings.warning_jit ?? '', /No channel was bought for this invoice: too dear/);
  assert.match(warnings.warning_capacity ?? '', /Insufficient/);
  state.refuses = new RpcError('INVALID_PARAMS', 'we asked wrongly');
  await assert.rejects(create('wrong', { jit: 'auto' }), /we asked wrongly/, 'that is no reason to go without');
  assert.equal(await bought(), 0);
  const without = openFixture();
  t.after(() => without.close());
  await assert.rejects(
    without.invoices.create({ amount_msat: msat(1000), label: 'a', description: 'b', jit: true }),
    /buys no channels/,
  );
});

test('nothing is bought for an invoice that exists already, and a repeated request answers what was bought', async (t) => {
  const { create, purchases, state } = scene(t);
  state.valid_seconds = 1000;
  const first = await create('once', { idempotent: true, cltv: 30 });
  const again = await create('once', { idempotent: true, cltv: 30 });
  assert.equal(again.invoice.bolt11, first.invoice.bolt11);
  assert.equal(again.jit?.opening_fee_msat, 1_000n);
  await assert.rejects(create('once'), /Duplicate label/);
  await assert.rejects(create('once', { idempotent: true, cltv: 30, expiry: 999n }), /Duplicate label/);
  await assert.rejects(create('once', { idempotent: true, cltv: 31 }), /Duplicate label/);
  assert.equal(purchases.length, 1);
});

test('what a payment cost is shown wherever its invoice is, and is no underpayment', async (t) => {
  const { create, invoices, store } = scene(t);
  const { invoice } = await create('paid');
  const waiting = invoices.waitForInvoice('paid', new AbortController().signal);
  assert.ok(await invoices.markPaid(invoice.payment_hash, msat(99_000), [], msat(1_000)));
  const seen = [
    await invoices.find({ label: 'paid' }),
    (await waiting).invoice,
    (await collect(invoices.list({ index: 'paid' })))[0],
    await invoices.waitForPayment(0n, undefined, new AbortController().signal),
  ];
  for (const each of seen) {
    assert.ok(each?.status === 'paid');
    assert.deepEqual([each.amount_received_msat, each.opening_fee_msat], [99_000n, 1_000n]);
  }
  const [event] = await store.read("SELECT data FROM events WHERE type = 'invoice.paid'");
  const data = JSON.parse(String(event?.data)) as Record<string, number>;
  assert.deepEqual([data.amount_msat, data.amount_received_msat, data.opening_fee_msat], [100_000, 99_000, 1_000]);
  await invoices.remove('paid', 'paid');
  const deleted = await invoices.waitForPayment(0n, undefined, new AbortController().signal);
  assert.equal(deleted.opening_fee_msat, 1_000n);
});

test('an invoice that nothing was bought for says nothing of it', async (t) => {
  const { invoices, store } = scene(t);
  const { invoice } = await invoices.create({ amount_msat: msat(1_000), label: 'plain', description: 'tea' });
  await invoices.markPaid(invoice.payment_hash, msat(1_000));
  assert.equal(Object.hasOwn((await invoices.find({ label: 'plain' })) ?? {}, 'opening_fee_msat'), false);
  const [event] = await store.read("SELECT data FROM events WHERE type = 'invoice.paid'");
  assert.equal(String(event?.data).includes('opening_fee'), false);
});

test('what was bought goes with its invoice, in the same unit', async (t) => {
  const { create, invoices, bought, clock } = scene(t);
  await create('deleted');
  await invoices.remove('deleted', 'unpaid');
  assert.equal(await bought(), 0);
  await create('cleaned', { expiry: 60n });
  assert.equal(await bought(), 1);
  clock.advance(61_000);
  await invoices.autoclean.once('expiredinvoices', 0);
  assert.equal(await bought(), 0);
});
