/** The typed client of `/api/v1` where its signal ends it between two connections. The rest is in test/api/web/api.test.ts. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { HttpClient } from '../../../src/api/client/http.ts';

/** A node whose every stream of events has one event, and ends. */
function clientOfShortStreams(): HttpClient {
  let id = 0;
  const answer = async (): Promise<Response> => new Response(`data: {"id":${++id}}\n\n`);
  return new HttpClient({ url: 'http://node.example', rune: 'rune', fetch: answer });
}

test('events that are ended before a stream ends are not waited for until the next connection', async (t) => {
  const timers = t.mock.method(globalThis, 'setTimeout');
  const stop = new AbortController();
  const events = clientOfShortStreams().events({ signal: stop.signal });
  assert.equal((await events.next()).value?.id, 1);
  stop.abort();
  assert.deepEqual(await events.next(), { value: undefined, done: true });
  assert.equal(timers.mock.callCount(), 0, 'no pause was begun');
});

test('events that are ended in the pause before the next connection end at once', async (t) => {
  const stop = new AbortController();
  const { promise: pausing, resolve: pauses } = Promise.withResolvers<void>();
  // The pause begins, and never ends by itself.
  const timers = t.mock.method(globalThis, 'setTimeout', () => void pauses());
  const events = clientOfShortStreams().events({ signal: stop.signal });
  await events.next();
  const next = events.next();
  await pausing;
  stop.abort();
  assert.deepEqual(await next, { value: undefined, done: true });
  assert.equal(timers.mock.callCount(), 1);
});

test('a stream that is connected again and again leaves nothing at its signal', async (t) => {
  const stop = new AbortController();
  t.mock.method(globalThis, 'setTimeout', (resume: () => void) => queueMicrotask(resume));
  const events = clientOfShortStreams().events({ signal: stop.signal });
  for (let id = 1; id <= 3; id++) assert.equal((await events.next()).value?.id, id);
  assert.equal(getEventListeners(stop.signal, 'abort').length, 0);
  await events.return();
});
