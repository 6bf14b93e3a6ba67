import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { AddressGuard } from '../../../src/infra/http/address-guard.ts';
import { HttpSender } from '../../../src/shop/webhooks/http-sender.ts';
import { openProxy } from '../../support/socks-proxy.ts';
import { Receiver } from './receiver.ts';

const NEVER = new AbortController().signal;
const ONION = `${'a'.repeat(56)}.onion`;

function sender(t: TestContext, proxy_port: number, always: boolean, allowed: string[] = []): HttpSender {
  const http = new HttpSender({
    clock: new ManualClock(),
    guard: new AddressGuard({ allowed: new Set(allowed) }),
    proxy: { host: '127.0.0.1', port: proxy_port, always },
    user_agent: 'Till/test',
  });
  t.after(() => http.close());
  return http;
}

async function receive(t: TestContext): Promise<Receiver> {
  const receiver = await Receiver.open();
  t.after(() => receiver.close());
  return receiver;
}

test('an onion service is reached through the proxy, over one connection for several messages', async (t) => {
  const receiver = await receive(t);
  const proxy = await openProxy(t, receiver.port);
  const http = sender(t, proxy.port, false);
  for (const id of [1, 2]) {
    const outcome = await http.send({ url: `http://${ONION}/x`, headers: {}, body: `{"id":${id}}` }, NEVER);
    assert.equal(outcome.kind === 'answered' && outcome.status, 204);
  }
  assert.deepEqual([receiver.ids, proxy.asked], [[1, 2], [ONION]]);
});

test('with always-use-proxy every name goes to the proxy, and nobody else is asked for it', async (t) => {
  const receiver = await receive(t);
  const proxy = await openProxy(t, receiver.port);
  const outcome = await sender(t, proxy.port, true).send(
    { url: 'https://shop.example/', headers: {}, body: '{}' },
    NEVER,
  );
  // The receiver speaks no TLS: what counts is whom the proxy was asked for.
  assert.equal(outcome.kind, 'failed');
  assert.deepEqual(proxy.asked, ['shop.example']);
});

test('a host that may be private is connected to directly', async (t) => {
  const receiver = await receive(t);
  const proxy = await openProxy(t, 'refuse');
  const http = sender(t, proxy.port, true, ['127.0.0.1']);
  assert.equal((await http.send({ url: receiver.url, headers: {}, body: '{"id":1}' }, NEVER)).kind, 'answered');
  assert.deepEqual(proxy.asked, []);
});

test('what the proxy says against it is told', async (t) => {
  const proxy = await openProxy(t, 'refuse');
  const http = sender(t, proxy.port, true);
  const outcome = await http.send({ url: `http://${ONION}/`, headers: {}, body: '{}' }, NEVER);
  assert.deepEqual(outcome, {
    kind: 'failed',
    reason: `through the proxy 127.0.0.1:${proxy.port}: the proxy cannot connect: connection refused`,
  });
});
