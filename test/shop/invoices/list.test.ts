import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { HASH_IS, hashValues } from '../../../src/infra/store/invoice-hash.ts';
import type { ListQuery } from '../../../src/shop/invoices/list.ts';
import { skippedOnServer, testStore } from '../../support/test-store.ts';
import { collect, type Fixture, openFixture } from './fixture.ts';

describe('listing invoices in pages of three', () => {
  let fixture: Fixture;
  before(async () => {
    fixture = openFixture();
    // i1 to i10, a second apart; i2, i5, i4 paid in this order; i3 and i6 expired.
    for (let index = 1; index <= 10; index++) {
      const expiry = index === 3 || index === 6 ? 20n : 3600n;
      await fixture.create(`i${index}`, {
        expiry,
        description: index % 2 === 0 ? 'a Flat White' : 'tea',
        metadata: `{"order":${index},"shop":{"till":1,"town":"Bern"}}`,
      });
      fixture.clock.advance(1000);
    }
    for (const label of ['i2', 'i5', 'i4']) await fixture.pay(label);
    fixture.clock.advance(30_000);
  });
  after(() => fixture.close());

  const START = 1_700_000_000n;
  const QUERIES: readonly (readonly [string, ListQuery, readonly number[]])[] = [
    ['in the order of creation', {}, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
    ['backwards', { reverse: true }, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]],
    ['from an index on', { index: 'created', start: 4n, limit: 5 }, [4, 5, 6, 7, 8]],
    ['from an index backwards', { start: 4n, reverse: true, limit: 3 }, [4, 3, 2]],
    ['past the end', { start: 11n }, []],
    ['past any end', { start: 2n ** 64n - 1n }, []],
    ['backwards from past any end', { start: 2n ** 64n - 1n, reverse: true, limit: 1 }, [10]],
    ['none of them', { limit: 0 }, []],
    ['those that changed, in the order of change', { index: 'updated', limit: 3 }, [2, 5, 4]],
    ['payments in their order', { index: 'paid' }, [2, 5, 4]],
    ['the last payment first', { index: 'paid', reverse: true, limit: 2 }, [4, 5]],
    [
      'payments of a time, by when they were paid',
      { index: 'paid', since: START + 10n, until: START + 11n },
      [2, 5, 4],
    ],
    ['no payment of a time before', { index: 'paid', until: START + 10n }, []],
    ['the paid', { status: 'paid' }, [2, 4, 5]],
    ['the expired', { status: 'expired' }, [3, 6]],
    ['the unpaid, two at most', { status: 'unpaid', limit: 2 }, [1, 7]],
    ['of a time', { since: START + 2n, until: START + 5n }, [3, 4, 5]],
    ['by words of the description', { description: 'flat' }, [2, 4, 6, 8, 10]],
    ['by a member of the metadata', { metadata: { order: 7 } }, [7]],
    [
      'by an object in the metadata, in any order of members',
      { metadata: { shop: { town: 'Bern', till: 1 } }, limit: 2 },
      [1, 2],
    ],
    ['by metadata that none has', { metadata: { shop: { town: 'Bern' } } }, []],
  ];
  for (const [title, query, expected] of QUERIES) {
    it(`finds ${title}`, async () => {
      const found = await collect(fixture.invoices.list(query));
      assert.deepEqual(
        found.map((invoice) => invoice.label),
        expected.map((index) => `i${index}`),
      );
    });
  }

  it('gives the same whatever the page, the start and the direction', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(12), fc.nat(12), fc.boolean(), async (start, limit, reverse) => {
        const found = await collect(fixture.invoices.list({ start: BigInt(start), limit, reverse }));
        const all = Array.from({ length: 10 }, (_, index) => index + 1).filter((index) =>
          reverse ? index <= start : index >= start,
        );
        const expected = (reverse ? all.reverse() : all).slice(0, limit);
        assert.deepEqual(
          found.map((invoice) => invoice.created_index),
          expected,
        );
      }),
      { numRuns: 50 },
    );
  });
});

it('an invoice without metadata has no member that is asked for', async () => {
  const fixture = openFixture();
  await fixture.create('without');
  await fixture.create('with', { metadata: '{"order":7}' });
  const found = await collect(fixture.invoices.list({ metadata: { order: 7 } }));
  assert.deepEqual(
    found.map(({ label }) => label),
    ['with'],
  );
  await fixture.close();
});

it('payments are listed in their order, page after page, those of deleted invoices among them and none twice', async () => {
  const fixture = openFixture();
  const list = async () =>
    (await collect(fixture.invoices.listPaid())).map(({ pay_index, label }) => [pay_index, label]);
  assert.deepEqual(await list(), []);
  for (let index = 1; index <= 13; index++) await fixture.create(`i${index}`);
  const order = [5, 2, 9, 1, 12, 3, 8, 11, 4, 10, 7];
  for (const index of order) await fixture.pay(`i${index}`);
  const all = order.map((index, place) => [place + 1, `i${index}`]);
  assert.deepEqual(await list(), all);
  // All of a page, the first one, the last one, and some that lie apart.
  for (const index of [9, 1, 12, 5, 7, 8]) {
    await fixture.invoices.remove(`i${index}`, 'paid');
    assert.deepEqual(await list(), all);
  }
  await fixture.close();
});

it('a look-up by hash goes through its index', {
  skip: skippedOnServer('it asks SQLite how it looks'),
}, async () => {
  const store = testStore({ onFailure: (error) => assert.fail(error) });
  const hash = new Uint8Array(32);
  const plan = await store.read(`EXPLAIN QUERY PLAN SELECT label FROM invoices WHERE ${HASH_IS}`, hashValues(hash));
  assert.match(String(plan[0]?.detail), /^SEARCH invoices USING INDEX invoices_payment_hash/);
});
