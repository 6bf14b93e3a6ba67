/** Requests that are made once: repeated, reused, running, and cut off by the end of the node. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RpcError } from '../../../src/base/errors.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { Idempotency, KEPT_SECONDS } from '../../../src/shop/access/idempotency.ts';
import { testStore } from '../../support/test-store.ts';

function scene() {
  const clock = new ManualClock();
  const store = testStore({ onFailure: (error) => assert.fail(error) });
  let runs = 0;
  const run = async () => `"${++runs}"`;
  return { clock, store, idempotency: new Idempotency(store, clock), run, runs: () => runs };
}

function fails(promise: Promise<unknown>, error: string): Promise<void> {
  return assert.rejects(promise, (thrown) => thrown instanceof RpcError && thrown.error === error);
}

const REQUEST = { scope: '7', key: 'order 1', content: 'newaddr {}' };

test('the first answer is given again, over a restart, for a day', async () => {
  const { clock, store, idempotency, run, runs } = scene();
  assert.equal(await idempotency.once(REQUEST, run), '"1"');
  assert.equal(await idempotency.once(REQUEST, run), '"1"');
  clock.advance((KEPT_SECONDS - 1) * 1000);
  assert.equal(await new Idempotency(store, clock).once(REQUEST, run), '"1"');
  assert.equal(runs(), 1);
  clock.advance(2000);
  assert.equal(await idempotency.once(REQUEST, run), '"2"');
  await store.close();
});

test('another request with the key is refused, another rune has keys of its own', async () => {
  const { store, idempotency, run } = scene();
  await idempotency.once(REQUEST, run);
  await fails(
    idempotency.once({ ...REQUEST, content: 'newaddr {"addresstype":"p2tr"}' }, run),
    'IDEMPOTENCY_KEY_REUSED',
  );
  assert.equal(await idempotency.once({ ...REQUEST, scope: '8' }, run), '"2"');
  await store.close();
});

test('while the first one runs the second is told so, and a failure frees the key', async () => {
  const { store, idempotency, run, runs } = scene();
  const begun = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<string>();
  const first = idempotency.once(REQUEST, () => {
    begun.resolve();
    return answer.promise;
  });
  await fails(idempotency.once(REQUEST, run), 'IDEMPOTENT_REQUEST_RUNNING');
  await begun.promise;
  answer.reject(new Error('no coins'));
  await assert.rejects(first, /no coins/);
  assert.equal(await idempotency.once(REQUEST, run), '"1"');
  assert.equal(runs(), 1);
  await store.close();
});

test('a node that ended in between does not run the request a second time', async () => {
  const { clock, store, idempotency, run, runs } = scene();
  const begun = Promise.withResolvers<void>();
  void idempotency.once(REQUEST, () => {
    begun.resolve();
    return new Promise(() => {});
  });
  await begun.promise;
  await fails(new Idempotency(store, clock).once(REQUEST, run), 'IDEMPOTENT_REQUEST_UNKNOWN');
  assert.equal(runs(), 0);
  await store.close();
});
