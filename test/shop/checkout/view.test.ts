/** How an invoice stands for its payer, from every mixture of what has come. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Msat, Sat } from '../../../src/base/types/amount.ts';
import type { PageDeposit, PageInvoice } from '../../../src/shop/checkout/ports.ts';
import { redirectFault } from '../../../src/shop/checkout/redirect-url.ts';
import { viewOf } from '../../../src/shop/checkout/view.ts';

const HEIGHT = 100;
const NEEDED = 3;
const PAGE = {
  public_id: 'ab'.repeat(16),
  created_index: 1,
  redirect_url: undefined,
  is_renewable: false,
  first_label: 'a',
  generation: 1,
};

function invoice(status: PageInvoice['status'], more: Partial<PageInvoice> = {}): PageInvoice {
  return {
    created_index: 1,
    label: 'a',
    payment_hash: 'cd'.repeat(32) as never,
    amount_msat: 10_000_000n as Msat,
    description: 'tea',
    bolt11: 'lnbc1',
    created_at: 1,
    expires_at: 2,
    status,
    ...more,
  };
}

function deposit(amount_sat: bigint, blockheight: number | undefined, more: Partial<PageDeposit> = {}): PageDeposit {
  return {
    txid: 'ef'.repeat(32) as never,
    amount_sat: amount_sat as Sat,
    blockheight,
    is_in_time: true,
    outcome: 'pending',
    ...more,
  };
}

const FACTS = { page: PAGE, address: 'bc1', height: HEIGHT, confirmations_needed: NEEDED };
const view = (one: PageInvoice, ...deposits: readonly PageDeposit[]) =>
  viewOf({ ...FACTS, invoice: one, deposits, unconfirmed_sat: 0n });

test('nothing has come: it waits, or has expired', () => {
  assert.equal(view(invoice('unpaid')).status, 'waiting');
  assert.equal(view(invoice('expired')).status, 'expired');
});

test('enough has come: the deposit that is least deep says how far it is', () => {
  const { status, confirmations, received_msat } = view(invoice('unpaid'), deposit(6_000n, 98), deposit(4_000n, 99));
  assert.deepEqual([status, confirmations, received_msat], ['confirming', 2, 10_000_000n]);
  assert.equal(view(invoice('unpaid'), deposit(10_000n, 50)).confirmations, NEEDED);
});

test('what is in no block yet is seen when it is enough, alone or with what has come', () => {
  const seen = (unconfirmed_sat: bigint, ...deposits: readonly PageDeposit[]) =>
    viewOf({ ...FACTS, invoice: invoice('unpaid'), deposits, unconfirmed_sat });
  assert.equal(seen(10_000n).status, 'seen');
  assert.equal(seen(9_999n).status, 'waiting');
  assert.equal(seen(9_999n).unconfirmed_msat, 9_999_000n);
  assert.equal(seen(4_000n, deposit(6_000n, 99)).status, 'seen');
  assert.equal(seen(3_999n, deposit(6_000n, 99)).status, 'short');
  assert.equal(seen(5_000n, deposit(10_000n, 99)).status, 'confirming');
});

test('too little has come: it is short while it can be paid, and late after that', () => {
  assert.equal(view(invoice('unpaid'), deposit(9_999n, 99)).status, 'short');
  const { status, received_msat } = view(invoice('expired'), deposit(9_999n, 99, { outcome: 'short' }));
  assert.deepEqual([status, received_msat], ['late', 9_999_000n]);
});

test('a deposit that left the chain has not come', () => {
  const { status, received_msat } = view(invoice('unpaid'), deposit(10_000n, undefined));
  assert.deepEqual([status, received_msat], ['waiting', 0n]);
});

test('what came late is told beside what paid', () => {
  const late = view(invoice('expired'), deposit(10_000n, 99, { is_in_time: false, outcome: 'late' }));
  assert.deepEqual([late.status, late.late_msat], ['late', 10_000_000n]);
  const paid = invoice('paid', { amount_received_msat: 10_000_000n as Msat, paid_at: 5 });
  const twice = view(paid, deposit(10_000n, 99, { outcome: 'late' }));
  assert.deepEqual(
    [twice.status, twice.received_msat, twice.late_msat, twice.paid_over],
    ['paid', 10_000_000n, 10_000_000n, 'lightning'],
  );
});

test('what a provider took off for a channel was paid by the customer all the same', () => {
  const amount_received_msat = 9_000_000n as Msat;
  const paid = view(invoice('paid', { amount_received_msat, opening_fee_msat: 1_000_000n as Msat, paid_at: 5 }));
  assert.equal(paid.received_msat, 10_000_000n);
});

test('any amount pays an invoice that names none', () => {
  assert.equal(view(invoice('unpaid', { amount_msat: undefined }), deposit(1n, 99)).status, 'confirming');
  assert.equal(view(invoice('unpaid', { amount_msat: undefined })).status, 'waiting');
});

test('paid is said of a paid invoice and of no other, and money that has come is never left out', () => {
  const deposits = fc.array(
    fc.record({
      amount_sat: fc.bigInt(1n, 20_000n),
      blockheight: fc.option(fc.integer({ min: 1, max: HEIGHT }), { nil: undefined }),
      is_in_time: fc.boolean(),
      outcome: fc.constantFrom('pending' as const, 'short' as const, 'late' as const),
    }),
    { maxLength: 4 },
  );
  fc.assert(
    fc.property(fc.constantFrom('unpaid' as const, 'expired' as const), deposits, (status, some) => {
      const all = some.map(({ amount_sat, blockheight, ...rest }) => deposit(amount_sat, blockheight, rest));
      const shown = view(invoice(status), ...all);
      assert.notEqual(shown.status, 'paid');
      const in_blocks = some.filter(({ blockheight }) => blockheight !== undefined);
      const total = in_blocks.reduce((sum, { amount_sat }) => sum + amount_sat * 1000n, 0n);
      assert.ok(shown.received_msat + shown.late_msat >= total);
      if (shown.status === 'expired') assert.equal(total, 0n);
    }),
  );
});

test('a page leads back by https, or on this machine', () => {
  for (const good of ['https://shop.example', 'http://localhost:3000/x', 'http://127.9.9.9/', 'http://[::1]/']) {
    assert.equal(redirectFault(good), undefined, good);
  }
  for (const bad of [
    'http://shop.example',
    'http://localhost.evil.example',
    'ftp://x',
    '//x',
    'https://u@x',
    'javascript:1',
    '',
  ]) {
    assert.notEqual(redirectFault(bad), undefined, bad);
  }
});
