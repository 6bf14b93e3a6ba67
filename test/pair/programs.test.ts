/** Programs of a shop whose node is killed: streams go on at the other node by number, and webhooks behind the last event. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { HttpClient } from '../../src/api/client/http.ts';
import { postgresMissing } from '../support/postgres.ts';
import { TIMEOUT } from '../support/time-limit.ts';
import { other } from './fault.ts';
import { Scene, type Side } from './scene.ts';
import { Trade } from './trade.ts';

const KILLS = 3;
const SALES = 6;
const LANES = 3;

/** A receiver of webhooks, which writes down the number of each event and the name of its message. */
async function receiver() {
  const received: { readonly event: number; readonly message: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += String(piece);
    const { id } = JSON.parse(body) as { readonly id: number };
    received.push({ event: Number(id), message: String(request.headers['webhook-id']) });
    response.writeHead(204).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { received, server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

/** What a balancer does: requests go to the node that has the lease, wherever it listens in this run. */
function balancer(scene: Scene): typeof globalThis.fetch {
  return async (url, init) => {
    const side = (await scene.active()) ?? 'front';
    const [, origin] =
      scene.nodes[side].log
        .matchAll(/the interface for programs at (http:\S+)/g)
        .toArray()
        .at(-1) ?? [];
    if (origin === undefined) throw new Error(`${side} has no interface yet`);
    return await fetch(String(url).replace('http://pair', new URL(origin).origin), init);
  };
}

test('streams and webhooks lose no event and change no order when the node that works is killed', {
  ...TIMEOUT,
  skip: postgresMissing ?? false,
}, async () => {
  const { received, server, url } = await receiver();
  const scene = await Scene.open({
    lease_seconds: 1,
    args: ['--api-bind=127.0.0.1:0', '--webhook-allow-private=127.0.0.1'],
  });
  const ask = { signal: new AbortController().signal, is_repeatable: true };
  const end = new AbortController();
  const trade = new Trade(scene.front, scene.consumer, scene.customer, scene.ledger, 'events', {
    sales_without_pause: 0,
  });
  try {
    const { rune } = await scene.front.ask('createrune', {}, ask);
    await scene.front.ask('createwebhook', { url }, { ...ask, is_repeatable: false });
    const { last_id: known } = await scene.front.ask('listevents', {}, ask);
    const streamed: number[] = [];
    const client = new HttpClient({ url: 'http://pair', rune, fetch: balancer(scene) });
    const streaming = (async () => {
      for await (const { id } of client.events({ after: 0, signal: end.signal })) streamed.push(Number(id));
    })();
    trade.start(LANES);
    await trade.more(SALES);
    for (let kill = 0; kill < KILLS; kill++) {
      let active: Side | undefined;
      await scene.until(async () => {
        active = await scene.active();
        const { pair } = await scene.front.ask('getinfo', {}, ask);
        return pair?.holder === active && pair?.standbys?.length === 1;
      });
      await scene.nodes[active as Side].stop('SIGKILL');
      await trade.more(SALES);
      assert.equal(await scene.active(), other(active as Side));
      await scene.nodes[active as Side].start();
    }
    await trade.stop();
    const last_id = Number((await scene.front.ask('listevents', {}, ask)).last_id);
    const from = (first: number): readonly number[] =>
      Array.from({ length: last_id - first + 1 }, (_, index) => first + index);
    await scene.until(async () => streamed.length >= last_id);
    assert.deepEqual(streamed.slice(0, last_id), from(1), 'the stream has each event once, in order');
    await scene.until(async () => received.some(({ event }) => event >= last_id));
    const first = new Map<number, string>();
    for (const { event, message } of received) {
      assert.equal(first.get(event) ?? message, message, 'an event that comes again has the same id');
      if (event <= last_id) first.set(event, message);
    }
    const begun = received[0]?.event as number;
    assert.ok(begun <= Number(known) + 1, 'the first event behind the making of the webhook comes');
    assert.deepEqual([...first.keys()], from(begun), 'and each one behind it, in order');
    end.abort();
    await streaming;
  } finally {
    end.abort();
    await trade.stop().catch(() => {
      // What went wrong in the sales was told to whoever waited for them.
    });
    await scene.close();
    server.close();
    server.closeAllConnections();
  }
});
