/** How often somebody else's server is asked, by many pages at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sat } from '../../../src/base/types/amount.ts';
import { PacedLooks } from '../../../src/infra/chain/paced-looks.ts';

function scene() {
  const asked: string[] = [];
  const server = { now_ms: 0, amount: 5n, failure: undefined as Error | undefined };
  const looks = new PacedLooks({
    now: () => server.now_ms,
    ask: async (script) => {
      asked.push(script);
      if (server.failure !== undefined) throw server.failure;
      return server.amount as Sat;
    },
  });
  return { asked, server, looks };
}

test('a thousand pages ask four times a second, after a burst', async () => {
  const { asked, server, looks } = scene();
  const pages = Array.from({ length: 1000 }, (_each, index) => `script ${index}`);
  const first = await Promise.all(pages.map((page) => looks.of(page)));
  assert.equal(asked.length, 8);
  assert.deepEqual(first.slice(7, 9), [5n, undefined]);
  for (let second = 0; second < 100; second++) {
    server.now_ms += 1000;
    await Promise.all(pages.map((page) => looks.of(page)));
  }
  assert.equal(asked.length, 8 + 400);
});

test('one page alone is asked for whenever it looks', async () => {
  const { asked, server, looks } = scene();
  for (let look = 0; look < 10; look++) {
    server.now_ms += 5000;
    server.amount = BigInt(look);
    assert.equal(await looks.of('aa'), BigInt(look));
  }
  assert.equal(asked.length, 10);
});

test('a server that fails is left alone for half a minute', async () => {
  const { asked, server, looks } = scene();
  await looks.of('aa');
  server.failure = new Error('HTTP 429');
  await assert.rejects(looks.of('aa'), /429/);
  server.failure = undefined;
  server.now_ms += 29_999;
  assert.equal(await looks.of('aa'), undefined);
  assert.equal(asked.length, 2);
  server.now_ms += 1000;
  assert.equal(await looks.of('aa'), 5n);
  assert.equal(asked.length, 3);
});
