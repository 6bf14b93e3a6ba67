import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { counterInvoices } from '../../../src/app/daemon/counter-invoices.ts';
import { sha256 } from '../../../src/base/crypto/hash.ts';
import type { CurrencyCode } from '../../../src/base/types/currency.ts';
import type { ItemSettings } from '../../../src/shop/counter/item.ts';
import { Items } from '../../../src/shop/counter/items.ts';
import type { SaleRequest } from '../../../src/shop/counter/sale.ts';
import { SALE_EXPIRY_SECONDS, Sales } from '../../../src/shop/counter/sales.ts';
import { collect, type Fixture, openFixture } from '../invoices/fixture.ts';

const EUR = 'EUR' as CurrencyCode;
const NOTHING: SaleRequest = {
  counter: 'bar',
  currency: undefined,
  amount: 0n,
  items: [],
  tip: 0n,
  note: undefined,
};

describe('the counter', () => {
  let fixture: Fixture;
  let items: Items;
  let sales: Sales;
  let draw: (length: number) => Uint8Array;
  beforeEach(() => {
    fixture = openFixture();
    items = new Items(fixture.store);
    let drawn = 0;
    draw = (length) => sha256(Buffer.from(`sale ${drawn++}`)).subarray(0, length);
    sales = new Sales({
      store: fixture.store,
      clock: fixture.clock,
      randomBytes: (length) => draw(length),
      items,
      invoices: counterInvoices(fixture.invoices),
    });
  });
  afterEach(() => fixture.close());

  function item(name: string, amount: bigint, more: Partial<ItemSettings> = {}) {
    return items.create({ name, amount, currency: undefined, place: 0, ...more });
  }

  it('has a price list in the order that the shop gives it', async () => {
    await item('Cake', 4_000_000n, { place: 2 });
    await item('Coffee', 2_000_000n, { place: 1 });
    const tea = await item('Tea', 1_500_000n, { place: 1 });
    assert.deepEqual(
      (await items.list()).map(({ item_id, name }) => [item_id, name]),
      [
        [2, 'Coffee'],
        [3, 'Tea'],
        [1, 'Cake'],
      ],
    );
    const changes = [items.update(3, { amount: 1_600_000n }), items.update(3, { name: 'Green tea' })];
    assert.deepEqual((await Promise.all(changes))[1], { ...tea, amount: 1_600_000n, name: 'Green tea' });
    assert.equal((await items.delete(3)).name, 'Green tea');
    await assert.rejects(items.delete(3), { error: 'ITEM_NOT_FOUND' });
    await assert.rejects(items.update(3, {}), { error: 'ITEM_NOT_FOUND' });
    assert.equal((await item('Juice', 1n)).item_id, 4, 'a number is never given twice');
  });

  it('refuses items that cannot be sold', async () => {
    for (const [name, amount] of [
      ['', 1n],
      ['  ', 1n],
      ['x'.repeat(81), 1n],
      ['a\0b', 1n],
      ['\ud800', 1n],
      ['Free', 0n],
      ['Dear', 10n ** 15n + 1n],
    ] as const) {
      await assert.rejects(item(name, amount), { error: 'INVALID_PARAMS' }, JSON.stringify(name));
    }
    assert.deepEqual(await items.list(), []);
  });

  it('sells items, an amount and a tip in one invoice, which has them in its metadata', async () => {
    await item('Coffee', 2_000_000n);
    await item('Cake "à la <b>"', 4_000_000n);
    const sale = await sales.create({
      ...NOTHING,
      amount: 1_000_000n,
      items: [
        { item_id: 2, count: 1 },
        { item_id: 1, count: 3 },
      ],
      tip: 500_000n,
      note: 'table 7',
    });
    assert.deepEqual(sale, {
      sale_id: 1,
      counter: 'bar',
      created_index: 1,
      label: sale.label,
      currency: undefined,
      amount: 11_500_000n,
      tip: 500_000n,
      items: [
        { name: 'Cake "à la <b>"', amount: 4_000_000n, count: 1 },
        { name: 'Coffee', amount: 2_000_000n, count: 3 },
      ],
      note: 'table 7',
      created_at: 1_700_000_000,
    });
    const invoice = await fixture.invoices.find({ label: sale.label });
    assert.equal(invoice?.amount_msat, 11_500_000n);
    assert.equal(invoice?.description, 'Cake "à la <b>", 3 × Coffee');
    assert.equal(invoice?.expires_at, 1_700_000_000 + SALE_EXPIRY_SECONDS);
    assert.deepEqual(JSON.parse(invoice?.metadata ?? ''), {
      counter: 'bar',
      items: [
        { name: 'Cake "à la <b>"', count: 1 },
        { name: 'Coffee', count: 3 },
      ],
      note: 'table 7',
      tip: 500_000,
    });
    // A price that changes later changes no sale.
    await items.update(1, { amount: 9_000_000n });
    await items.delete(2);
    assert.deepEqual(await sales.get(1), sale);
  });

  it('makes neither a sale nor an invoice of what cannot be charged', async () => {
    await item('Coffee', 350n, { currency: EUR });
    const cases: readonly (readonly [Partial<SaleRequest>, string])[] = [
      [{}, 'INVALID_PARAMS'],
      [{ tip: 1_000n }, 'INVALID_PARAMS'],
      [{ amount: 1_000n, counter: ' ' }, 'INVALID_PARAMS'],
      [{ amount: 1_000n, counter: 'x'.repeat(65) }, 'INVALID_PARAMS'],
      [{ amount: 1_000n, note: 'x'.repeat(301) }, 'INVALID_PARAMS'],
      [{ amount: 10n ** 15n + 1n }, 'INVALID_PARAMS'],
      [{ items: [{ item_id: 1, count: 1 }] }, 'INVALID_PARAMS'],
      [{ items: [{ item_id: 2, count: 1 }] }, 'ITEM_NOT_FOUND'],
      [{ currency: EUR, items: [{ item_id: 1, count: 0 }] }, 'INVALID_PARAMS'],
      [{ currency: EUR, items: [{ item_id: 1, count: 10_001 }] }, 'INVALID_PARAMS'],
      [{ currency: EUR, items: Array.from({ length: 101 }, () => ({ item_id: 1, count: 1 })) }, 'INVALID_PARAMS'],
      // There is no source of rates here.
      [{ currency: EUR, items: [{ item_id: 1, count: 1 }] }, 'RATE_UNAVAILABLE'],
    ];
    for (const [request, error] of cases) {
      await assert.rejects(sales.create({ ...NOTHING, ...request }), { error }, JSON.stringify(Object.keys(request)));
    }
    assert.deepEqual(await sales.list({ limit: 10 }), []);
    assert.deepEqual(await collect(fixture.invoices.list({})), []);
  });

  it('leaves no sale when its invoice cannot be made', async () => {
    draw = () => Buffer.alloc(8);
    await sales.create({ ...NOTHING, amount: 1_000n });
    await assert.rejects(sales.create({ ...NOTHING, amount: 2_000n }), { error: 'INVOICE_LABEL_ALREADY_EXISTS' });
    assert.equal((await sales.list({ limit: 10 })).length, 1);
  });

  it('lists the sales of one counter or of all, a page at a time, the newest first', async () => {
    for (const counter of ['bar', 'kitchen', 'bar', 'bar']) await sales.create({ ...NOTHING, counter, amount: 1_000n });
    const ids = async (query: Parameters<Sales['list']>[0]) => (await sales.list(query)).map(({ sale_id }) => sale_id);
    assert.deepEqual(await ids({ limit: 10 }), [4, 3, 2, 1]);
    assert.deepEqual(await ids({ counter: 'bar', limit: 2 }), [4, 3]);
    assert.deepEqual(await ids({ counter: 'bar', before: 3, limit: 2 }), [1]);
    assert.deepEqual(await ids({ before: 2, limit: 2 }), [1]);
    await assert.rejects(sales.get(5), { error: 'SALE_NOT_FOUND' });
  });

  it('cuts a description that an invoice has no room for, between two characters', async () => {
    for (let index = 0; index < 20; index++) await item('🧁'.repeat(39) + index, 1_000n);
    const all = (await items.list()).map(({ item_id }) => ({ item_id, count: 1 }));
    const { label } = await sales.create({ ...NOTHING, items: all });
    const { description = '' } = (await fixture.invoices.find({ label })) ?? {};
    assert.ok(Buffer.byteLength(description) <= 600);
    assert.ok(description.isWellFormed() && description.endsWith('…'));
  });
});
