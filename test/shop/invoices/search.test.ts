/** Searching invoices: what is found, in pages that meet without a gap. */
import assert from 'node:assert/strict';
import { after, before, describe, it, test } from 'node:test';
import type { Store } from '../../../src/infra/store/store.ts';
import type { SearchQuery } from '../../../src/shop/invoices/search.ts';
import { testStore } from '../../support/test-store.ts';
import { addRows, type Fixture, openFixture } from './fixture.ts';

describe('a search for invoices', () => {
  let fixture: Fixture;
  let start: number;
  before(async () => {
    fixture = openFixture();
    start = fixture.clock.nowSeconds();
    for (let count = 0; count < 20; count++) {
      await fixture.create(`order-${count}`, {
        description: count % 5 === 0 ? 'Grüner Tee' : 'coffee',
        expiry: 50_000n,
      });
      if (count % 2 === 0) await fixture.pay(`order-${count}`);
      fixture.clock.advance(1000_000);
    }
    await fixture.create('short', { expiry: 5n });
    fixture.clock.advance(10_000);
  });
  after(() => fixture.close());

  const labels = async (query: Partial<SearchQuery>): Promise<string[]> => {
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await fixture.invoices.search({ limit: 4, ...query, cursor });
      assert.ok(page.invoices.length <= 4);
      found.push(...page.invoices.map(({ label }) => label));
      cursor = page.next_cursor;
    } while (cursor !== undefined);
    assert.equal(new Set(found).size, found.length, 'none comes twice');
    return found;
  };
  const orders = (isWanted: (count: number) => boolean): string[] =>
    Array.from({ length: 20 }, (_, index) => 19 - index)
      .filter(isWanted)
      .map((count) => `order-${count}`);

  it('finds all, the newest first', async () => {
    assert.deepEqual(await labels({}), ['short', ...orders(() => true)]);
  });

  it('finds by status', async () => {
    assert.deepEqual(
      await labels({ status: 'paid' }),
      orders((count) => count % 2 === 0),
    );
    assert.deepEqual(
      await labels({ status: 'unpaid' }),
      orders((count) => count % 2 === 1),
    );
  });

  it('finds by time', async () => {
    const since = start + 5000;
    const until = start + 9000;
    assert.deepEqual(
      await labels({ since, until }),
      orders((count) => count >= 5 && count < 9),
    );
    assert.deepEqual(await labels({ since, until, status: 'paid' }), ['order-8', 'order-6']);
    assert.deepEqual(await labels({ since, until, status: 'unpaid' }), ['order-7', 'order-5']);
    assert.deepEqual(await labels({ until: start }), []);
    const newest = ['short', 'order-19', 'order-18', 'order-17'];
    assert.deepEqual((await labels({ until: fixture.clock.nowSeconds() })).slice(0, 4), newest);
  });

  it('finds by words of the description and of the label, in either case', async () => {
    assert.deepEqual(
      await labels({ text: 'GRÜNER' }),
      orders((count) => count % 5 === 0),
    );
    assert.deepEqual(await labels({ text: 'order-1' }), ['order-1', ...orders((count) => count >= 10)]);
  });

  it('finds the one that a hash, an invoice or a number names', async () => {
    const invoice = await fixture.invoices.find({ label: 'order-7' });
    assert.ok(invoice);
    for (const text of [invoice.payment_hash, ` ${invoice.bolt11.toUpperCase()} `, `#${invoice.created_index}`]) {
      assert.deepEqual(await labels({ text }), ['order-7'], text);
      assert.deepEqual(await labels({ text, status: 'paid' }), []);
    }
    assert.deepEqual(await labels({ text: '#999' }), []);
  });

  it('refuses the cursor of another search', async () => {
    await assert.rejects(fixture.invoices.search({ limit: 4, cursor: '1:2' }), RangeError);
    await assert.rejects(fixture.invoices.search({ limit: 4, status: 'unpaid', cursor: '7' }), RangeError);
    await assert.rejects(fixture.invoices.search({ limit: 4, cursor: 'x' }), RangeError);
  });
});

/** Every label that a search finds, page by page. */
async function labelsOf(fixture: Fixture, query: Partial<SearchQuery>): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await fixture.invoices.search({ limit: 2, ...query, cursor });
    found.push(...page.invoices.map(({ label }) => label));
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  return found;
}

test('an invoice with an empty label stands in its place', async (t) => {
  const fixture = openFixture();
  t.after(() => fixture.close());
  for (const label of ['first', '', 'last']) await fixture.create(label);
  assert.deepEqual(await labelsOf(fixture, {}), ['last', '', 'first']);
  assert.deepEqual(await labelsOf(fixture, { text: ' coffee ' }), ['last', '', 'first']);
});

test('the invoice that the text names comes first, and once', async (t) => {
  const fixture = openFixture();
  t.after(() => fixture.close());
  for (const label of ['tea', 'tea 1', 'tea 2', 'tea 3', 'TEA']) await fixture.create(label);
  assert.deepEqual(await labelsOf(fixture, { text: ' tea ' }), ['tea', 'TEA', 'tea 3', 'tea 2', 'tea 1']);
  const { created_index } = await fixture.pay('tea 1');
  await fixture.invoices.hold(created_index + 1, true);
  const unpaid = await labelsOf(fixture, { text: 'tea 2', status: 'unpaid' });
  assert.deepEqual(unpaid, ['tea 2'], 'also when a deposit holds it');
  assert.deepEqual(await labelsOf(fixture, { text: 'tea 1', status: 'unpaid' }), []);
});

test('an invoice that a deposit holds is on the first page of the unpaid ones, and on no other', async (t) => {
  const fixture = openFixture();
  t.after(() => fixture.close());
  for (const label of ['a', 'b', 'c', 'd', 'e']) await fixture.create(label);
  await fixture.invoices.hold(2, true);
  assert.deepEqual((await labelsOf(fixture, { status: 'unpaid' })).sort(), ['a', 'b', 'c', 'd', 'e']);
  assert.deepEqual(await labelsOf(fixture, {}), ['e', 'd', 'c', 'b', 'a']);
});

test('the unpaid ones of a time are found whenever they expire', async (t) => {
  const fixture = openFixture();
  t.after(() => fixture.close());
  await fixture.create('old, and valid for long', { expiry: 90_000n });
  fixture.clock.advance(10_000);
  const since = fixture.clock.nowSeconds();
  await fixture.create('new, and valid for a moment', { expiry: 60n });
  assert.deepEqual(await labelsOf(fixture, { status: 'unpaid', since }), ['new, and valid for a moment']);
});

test('payments of one second are all before a later time, and none is before its own', async (t) => {
  const fixture = openFixture();
  t.after(() => fixture.close());
  for (const label of ['a', 'b', 'c', 'd']) await fixture.create(label);
  for (const label of ['a', 'b', 'c']) await fixture.pay(label);
  const paid_at = fixture.clock.nowSeconds();
  fixture.clock.advance(5_000);
  await fixture.pay('d');
  assert.deepEqual(await labelsOf(fixture, { status: 'paid', until: paid_at + 1 }), ['c', 'b', 'a']);
  assert.deepEqual(await labelsOf(fixture, { status: 'paid', until: paid_at }), []);
});

/** A store that counts the rows that it gave. */
function countedStore(): { readonly store: Store; rows: number } {
  const inner = testStore({ onFailure: (error) => assert.fail(error) });
  const counted = {
    rows: 0,
    store: {
      commit: (unit) => inner.commit(unit),
      fence: () => inner.fence(),
      close: () => inner.close(),
      async read(...asked) {
        const rows = await inner.read(...asked);
        counted.rows += rows.length;
        return rows;
      },
    } satisfies Store,
  };
  return counted;
}

test('a page looks at ten thousand invoices at most, says how far back that was, and the next one goes on there', async (t) => {
  const fixture = openFixture({ page_rows: 500 });
  t.after(() => fixture.close());
  const start = fixture.clock.nowSeconds();
  await fixture.create('model');
  await addRows(fixture, 10_100, start + 100_000);
  const first = await fixture.invoices.search({ text: 'model', limit: 5, cursor: '99999' });
  assert.deepEqual([first.invoices.length, first.next_cursor], [0, '102']);
  assert.equal(first.looked_back_to, start + 102);
  const second = await fixture.invoices.search({ text: 'l1', limit: 5 });
  assert.deepEqual([second.invoices.length, second.next_cursor], [0, '102']);
  const rest = await fixture.invoices.search({ text: 'mode', limit: 5, cursor: '102' });
  assert.deepEqual(
    [rest.invoices.map(({ label }) => label), rest.next_cursor, rest.looked_back_to],
    [['model'], undefined, undefined],
  );
});

test('a search for a time reads about what it finds, beside however many others', async (t) => {
  const counted = countedStore();
  const fixture = openFixture({ store: counted.store, page_rows: 10 });
  t.after(() => fixture.close());
  const start = fixture.clock.nowSeconds();
  await fixture.create('model');
  await addRows(fixture, 2_000, start + 100_000);
  for (const [since, until] of [
    [start + 1_995, undefined],
    [start + 500, start + 505],
    [undefined, start + 5],
  ] as const) {
    counted.rows = 0;
    const query = { limit: 20, ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) };
    const { invoices } = await fixture.invoices.search(query);
    assert.ok(invoices.length >= 4 && invoices.length <= 8, `${invoices.length} found`);
    assert.ok(counted.rows < 60, `${counted.rows} rows were read`);
  }
});
