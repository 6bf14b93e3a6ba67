/** Searching invoices: what is found, in pages that meet without a gap. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { SearchQuery } from '../../../src/shop/invoices/search.ts';
import { type Fixture, openFixture } from './fixture.ts';

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
