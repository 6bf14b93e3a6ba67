import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Store } from '../../../src/infra/store/store.ts';
import { testStore } from '../../support/test-store.ts';
import { addRows, idle, openFixture } from './fixture.ts';

test('all that is due is written down, page after page, without another look at the clock', async () => {
  const fixture = openFixture();
  await fixture.create('model', { expiry: 10n });
  await addRows(fixture, 450, fixture.clock.nowSeconds() + 10);
  const all = fixture.invoices.waitForIndex('updated', 451n, new AbortController().signal);
  fixture.clock.advance(10_000);
  await idle(fixture);
  await idle(fixture);
  assert.equal((await all).value, 451);
  await fixture.close();
});

test('a node that stops while invoices expire ends the page under way, and looks no further', async () => {
  const fixture = openFixture();
  for (const label of ['a', 'b']) await fixture.create(label, { expiry: 10n });
  const expired = async () =>
    (await fixture.store.read("SELECT 1 AS found FROM invoices WHERE state = 'expired'")).length;
  fixture.clock.advance(10_000);
  await fixture.invoices.stop();
  assert.equal(await expired(), 2);
  await fixture.create('c', { expiry: 10n });
  fixture.clock.advance(600_000);
  await idle(fixture);
  assert.equal(await expired(), 2, 'there is no timer any more');
  await fixture.store.close();
});

test('an invoice whose time comes while earlier ones are being written down is written down too', async () => {
  const inner = testStore({ onFailure: (error) => assert.fail(error) });
  let open = (): void => {};
  let gate: Promise<void> | undefined;
  // The sweep is held where it looks for the next invoice to expire.
  const store: Store = Object.assign(Object.create(inner) as Store, {
    commit: (unit: Parameters<Store['commit']>[0]) => inner.commit(unit),
    close: () => inner.close(),
    async read(...asked: Parameters<Store['read']>) {
      if (asked[0].includes('MIN(expires_at)')) await gate;
      return await inner.read(...asked);
    },
  });
  const fixture = openFixture({ store });
  await fixture.create('first', { expiry: 10n });
  gate = new Promise((resolve) => {
    open = resolve;
  });
  fixture.clock.advance(10_000);
  await idle(fixture);
  await fixture.create('second', { expiry: 5n });
  fixture.clock.advance(5_000);
  open();
  const written = async () => (await inner.read("SELECT label FROM invoices WHERE state = 'expired'")).length;
  for (let turn = 0; turn < 50 && (await written()) < 2; turn++) {
    fixture.clock.advance(0);
    await idle(fixture);
  }
  assert.equal(await written(), 2);
  await fixture.close();
});
