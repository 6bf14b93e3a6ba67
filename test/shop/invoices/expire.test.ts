import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Store } from '../../../src/infra/store/store.ts';
import { testStore } from '../../support/test-store.ts';
import { idle, openFixture } from './fixture.ts';

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
