import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { RpcError } from '../../../src/base/errors.ts';
import { msat } from '../../../src/base/types/amount.ts';
import type { CurrencyCode } from '../../../src/base/types/currency.ts';
import type { Price, PriceRequest } from '../../../src/base/types/price.ts';
import { decodeInvoice } from '../../../src/codec/bolt11/index.ts';
import type { Store } from '../../../src/infra/store/store.ts';
import { Invoices } from '../../../src/shop/invoices/invoices.ts';
import { testStore } from '../../support/test-store.ts';
import { collect, type Fixture, openFixture } from './fixture.ts';

const BREAKFAST: PriceRequest = { currency: 'EUR' as CurrencyCode, amount: 450n };
const PRICE: Price = {
  ...BREAKFAST,
  rate: '58123.45',
  rate_at: 1_700_000_000,
  rate_sources: ['coinbase', 'kraken'],
  margin_ppm: 0,
};
const TOLD = {
  currency: 'EUR',
  amount: 450,
  amount_text: '4.50',
  rate: '58123.45',
  rate_at: 1_700_000_000,
  rate_sources: ['coinbase', 'kraken'],
  margin_ppm: 0,
};

/** Rates that a test sets, or takes away. */
class Market {
  rate_msat = 7_743_000n;
  is_open = true;
  asked = 0;

  async price(): Promise<{ amount_msat: ReturnType<typeof msat>; price: Price }> {
    this.asked++;
    if (!this.is_open) throw new RpcError('RATE_UNAVAILABLE', 'No rate for EUR');
    return { amount_msat: msat(this.rate_msat), price: PRICE };
  }
}

async function open(t: TestContext, store?: Store): Promise<{ fixture: Fixture; market: Market }> {
  const market = new Market();
  const fixture = openFixture({ rates: market, ...(store === undefined ? {} : { store }) });
  await fixture.invoices.start();
  t.after(() => fixture.close());
  return { fixture, market };
}

test('a price is pinned with the invoice, and every reader has it', async (t) => {
  const { fixture } = await open(t);
  const { invoices, clock } = fixture;
  await fixture.create('plain');
  const made = await fixture.create('breakfast', { amount_msat: BREAKFAST });
  assert.equal(made.amount_msat, 7_743_000n);
  assert.equal(decodeInvoice(made.bolt11).amount_msat, 7_743_000n);
  assert.deepEqual(made.price, PRICE);
  assert.deepEqual((await invoices.find({ label: 'breakfast' }))?.price, PRICE);
  const listed = await collect(invoices.list({}));
  assert.deepEqual(
    listed.map(({ price }) => price),
    [undefined, PRICE],
  );

  const waiting = invoices.waitForInvoice('breakfast', new AbortController().signal);
  const paid = await fixture.pay('breakfast', 7_743_000);
  assert.deepEqual(paid.price, PRICE);
  assert.deepEqual((await waiting).invoice.price, PRICE);
  assert.deepEqual((await invoices.waitForPayment(0n, undefined, new AbortController().signal)).price, PRICE);

  await fixture.create('dinner', { amount_msat: BREAKFAST, expiry: 10n });
  const expiring = invoices.waitForInvoice('dinner', new AbortController().signal);
  clock.advance(10_000);
  const expired = await expiring;
  assert.deepEqual([expired.kind, expired.invoice.price], ['expired', PRICE]);
});

test('the events of an invoice tell its price, and those of others do not', async (t) => {
  const { fixture } = await open(t);
  await fixture.create('plain');
  await fixture.create('breakfast', { amount_msat: BREAKFAST });
  await fixture.pay('plain');
  await fixture.pay('breakfast', 7_743_000);
  const rows = await fixture.store.read('SELECT type, label, data FROM events ORDER BY event_id');
  assert.deepEqual(
    rows.map(({ type, label, data }) => [type, label, JSON.parse(data as string).price]),
    [
      ['invoice.created', 'plain', undefined],
      ['invoice.created', 'breakfast', TOLD],
      ['invoice.paid', 'plain', undefined],
      ['invoice.paid', 'breakfast', TOLD],
    ],
  );
});

test('a shop without prices asks no table for them', async (t) => {
  const { fixture } = await open(t);
  const statements: string[] = [];
  const { store } = fixture;
  const [commit, read] = [store.commit.bind(store), store.read.bind(store)];
  store.commit = (unit) => {
    statements.push(...unit.map(({ sql }) => sql));
    return commit(unit);
  };
  store.read = (sql, params) => {
    statements.push(sql);
    return read(sql, params);
  };
  await fixture.create('plain');
  await fixture.pay('plain');
  await collect(fixture.invoices.list({}));
  await fixture.invoices.remove('plain', 'paid');
  await fixture.create('unpaid');
  await fixture.invoices.remove('unpaid', 'unpaid');
  assert.ok(statements.length > 5);
  assert.deepEqual(
    statements.filter((sql) => sql.includes('invoice_prices')),
    [],
  );
});

test('without a rate there is no invoice', async (t) => {
  const { fixture, market } = await open(t);
  market.is_open = false;
  await assert.rejects(fixture.create('breakfast', { amount_msat: BREAKFAST }), /No rate for EUR/);
  assert.equal(await fixture.invoices.find({ label: 'breakfast' }), undefined);
  await fixture.create('plain');
});

test('a repeated request finds its invoice whatever the rate has become, and even without one', async (t) => {
  const { fixture, market } = await open(t);
  const request = { amount_msat: BREAKFAST, idempotent: true };
  const made = await fixture.create('breakfast', request);
  market.rate_msat = 9_000_000n;
  assert.equal((await fixture.create('breakfast', request)).bolt11, made.bolt11);
  market.is_open = false;
  assert.equal((await fixture.create('breakfast', request)).bolt11, made.bolt11);
  assert.equal(market.asked, 1);
  for (const other of [
    { ...BREAKFAST, amount: 451n },
    { ...BREAKFAST, currency: 'USD' as CurrencyCode },
    msat(7_743_000),
  ]) {
    const again = fixture.create('breakfast', { amount_msat: other, idempotent: true });
    await assert.rejects(again, /Duplicate label 'breakfast'/);
  }
  await fixture.create('plain', { amount_msat: msat(7_743_000) });
  const priced = fixture.create('plain', request);
  await assert.rejects(priced, /Duplicate label 'plain'/);
});

test('of two equal requests at once both get one invoice', async (t) => {
  const { fixture, market } = await open(t);
  const request = { amount_msat: BREAKFAST, idempotent: true };
  const first = fixture.create('breakfast', request);
  market.rate_msat = 9_000_000n;
  const [one, other] = await Promise.all([first, fixture.create('breakfast', request)]);
  assert.equal(one.bolt11, other.bolt11);
  assert.equal((await fixture.store.read('SELECT price FROM invoice_prices')).length, 1);
});

test('the price of a payment is kept when its invoice is deleted, and that of an unpaid one is not', async (t) => {
  const { fixture } = await open(t);
  const { invoices, store } = fixture;
  await fixture.create('paid', { amount_msat: BREAKFAST });
  await fixture.create('unpaid', { amount_msat: BREAKFAST });
  await fixture.pay('paid', 7_743_000);
  assert.deepEqual((await invoices.remove('unpaid', 'unpaid')).price, PRICE);
  assert.deepEqual((await invoices.remove('paid', 'paid')).price, PRICE);
  const kept = await store.read('SELECT invoice_index, currency, amount FROM invoice_prices');
  assert.deepEqual(
    kept.map((row) => ({ ...row })),
    [{ invoice_index: 1n, currency: 'EUR', amount: 450n }],
  );
  assert.deepEqual((await invoices.waitForPayment(0n, 0n, new AbortController().signal)).price, PRICE);
});

test('the first price of all is not missed by a list that is under way', async (t) => {
  const { fixture } = await open(t);
  const { store } = fixture;
  const read = store.read.bind(store);
  let begin = (): void => {};
  const held = new Promise<void>((resolve) => {
    begin = resolve;
  });
  let is_held = true;
  store.read = async (sql, params) => {
    if (is_held) {
      is_held = false;
      await held;
    }
    return await read(sql, params);
  };
  const listing = collect(fixture.invoices.list({}));
  await fixture.create('breakfast', { amount_msat: BREAKFAST });
  begin();
  assert.deepEqual(
    (await listing).map(({ price }) => price),
    [PRICE],
  );
});

test('a node that starts again knows that there are prices', async (t) => {
  const store = testStore({ onFailure: (error) => assert.fail(error) });
  const { fixture } = await open(t, store);
  await fixture.create('breakfast', { amount_msat: BREAKFAST });
  const again = new Invoices(fixture.options);
  assert.deepEqual((await again.find({ label: 'breakfast' }))?.price, PRICE, 'before it has started too');
  await again.start();
  t.after(() => again.stop());
  assert.deepEqual((await again.find({ label: 'breakfast' }))?.price, PRICE);
});
