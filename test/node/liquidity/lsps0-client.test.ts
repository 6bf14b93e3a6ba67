import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeId } from '../../../src/base/types/brand.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { decodeRequest, encodeError, encodeResult, type LspsRequest } from '../../../src/codec/lsps/envelope.ts';
import {
  Lsps0Client,
  MOST_REQUESTS,
  MOST_USELESS,
  REQUEST_TIMEOUT_MS,
} from '../../../src/node/liquidity/lsps0-client.ts';
import { ProviderError, type ProviderFault } from '../../../src/node/liquidity/provider-error.ts';
import { INIT_FEATURES } from '../../../src/node/peers/index.ts';

const NODE = `02${'ab'.repeat(32)}` as NodeId;
const AGAIN = { again: true } as const;
const ONCE = { again: false } as const;

/** A client, and a provider that says what the test wants. */
function scene() {
  const clock = new ManualClock();
  const log: string[] = [];
  const requests: LspsRequest[] = [];
  let drawn = 0;
  const client = new Lsps0Client({
    node_id: NODE,
    clock,
    randomBytes: (length) => new Uint8Array(length).fill(++drawn),
    log: {
      debug: (text) => log.push(`debug ${text}`),
      info: (text) => log.push(`info ${text}`),
      warn: (text) => log.push(`warn ${text}`),
    },
  });
  const connect = (): void =>
    client.connected({
      node_id: NODE,
      send: (messages) => {
        for (const message of messages) {
          assert.equal(message.type, 'lsps0_message');
          requests.push(decodeRequest(message.type === 'lsps0_message' ? message.payload : new Uint8Array()));
        }
      },
    });
  const last = (): LspsRequest => requests.at(-1) as LspsRequest;
  return { clock, log, requests, client, connect, last };
}

const fails = (kind: ProviderFault) => (error: Error) => error instanceof ProviderError && error.kind === kind;

test('an answer is for the request of its id, in whatever order answers come', async () => {
  const { client, connect, requests } = scene();
  connect();
  const first = client.ask('a', { x: 1 }, ONCE);
  const second = client.ask('b', {}, ONCE);
  const [a, b] = requests as [LspsRequest, LspsRequest];
  assert.deepEqual([a.method, a.params, b.method], ['a', { x: 1 }, 'b']);
  assert.match(a.id, /^[0-9a-f]{32}$/);
  assert.notEqual(a.id, b.id);
  client.receive(encodeResult(b.id, { is: 'second' }));
  client.receive(encodeResult('ff'.repeat(16), { is: 'nobody' }));
  client.receive(encodeResult(a.id, { is: 'first' }));
  assert.deepEqual([await first, await second], [{ is: 'first' }, { is: 'second' }]);
});

test('a refusal is told in our words, and those of the provider are filtered and for the debug log alone', async () => {
  const { client, connect, last, log } = scene();
  connect();
  const asked = client.ask('lsps2.buy', {}, ONCE);
  client.receive(encodeError(last().id, { code: 203, message: '<b>call\u0000\u001b[31m 0900-1</b>\n' }));
  await assert.rejects(asked, (error: ProviderError) => {
    assert.equal(error.code, 203);
    return fails('refused')(error) && /larger than it can bring/.test(error.message) && !error.message.includes('0900');
  });
  assert.deepEqual(log, [`debug provider ${NODE} refuses lsps2.buy with 203: ?b?call??[31m 0900-1?/b??`]);
});

test('a provider that does not answer has failed after a while, and its late answer means nothing', async () => {
  const { client, connect, clock, last } = scene();
  connect();
  const asked = client.ask('a', {}, AGAIN);
  clock.advance(REQUEST_TIMEOUT_MS - 1);
  clock.advance(1);
  await assert.rejects(asked, fails('silent'));
  client.receive(encodeResult(last().id, {}));
});

test('after what is no answer nothing more is asked on this connection, and everything on the next', async () => {
  const { client, connect, log, requests } = scene();
  connect();
  const asked = [client.ask('a', {}, AGAIN), client.ask('b', {}, ONCE)];
  client.receive(Buffer.from('{} {'));
  for (const each of asked) await assert.rejects(each, fails('unreadable'));
  await assert.rejects(client.ask('c', {}, AGAIN), fails('unreadable'));
  assert.equal(requests.length, 2);
  assert.match(log.join('\n'), /warn provider .* sent no JSON in UTF-8/);
  client.disconnected();
  connect();
  const again = client.ask('c', {}, AGAIN);
  client.receive(encodeResult((requests.at(-1) as LspsRequest).id, {}));
  assert.deepEqual(await again, {});
});

test('when the connection is lost, what may be asked twice is asked again under another id', async () => {
  const { client, connect, requests } = scene();
  await assert.rejects(client.ask('a', {}, AGAIN), fails('away'));
  connect();
  const safe = client.ask('lsps2.get_info', {}, AGAIN);
  const unsafe = client.ask('lsps2.buy', {}, ONCE);
  const [first] = requests as [LspsRequest];
  client.disconnected();
  await assert.rejects(unsafe, fails('away'));
  connect();
  assert.deepEqual(
    requests.map(({ method }) => method),
    ['lsps2.get_info', 'lsps2.buy', 'lsps2.get_info'],
  );
  client.receive(encodeResult(first.id, { is: 'old' }));
  client.receive(encodeResult((requests[2] as LspsRequest).id, { is: 'new' }));
  assert.deepEqual(await safe, { is: 'new' });
});

test('the time of a request goes on while the provider is away', async () => {
  const { client, connect, clock, requests } = scene();
  connect();
  const asked = client.ask('a', {}, AGAIN);
  client.disconnected();
  clock.advance(REQUEST_TIMEOUT_MS);
  await assert.rejects(asked, fails('silent'));
  connect();
  assert.equal(requests.length, 1);
});

test('what a provider makes us hold and read is bounded', async () => {
  const { client, connect, requests, log } = scene();
  connect();
  const asked = Array.from({ length: MOST_REQUESTS }, (_, index) => client.ask(`m${index}`, {}, AGAIN));
  await assert.rejects(client.ask('one more', {}, AGAIN), fails('busy'));
  const first = requests[0] as LspsRequest;
  client.receive(encodeResult(first.id, {}));
  assert.deepEqual(await asked[0], {});
  const notification = Buffer.from('{"jsonrpc":"2.0","method":"lsps1.news","params":{}}');
  for (let count = 0; count <= MOST_USELESS; count++) client.receive(notification);
  for (const each of asked.slice(1)) await assert.rejects(each, fails('unreadable'));
  assert.match(log.join('\n'), /51 messages that answer nothing/);
});

test('while nothing is asked nothing is read', () => {
  const { client, connect, log } = scene();
  connect();
  client.receive(Buffer.from('no JSON'));
  assert.deepEqual(log, []);
});

test('Till does not say that it is a provider', () => {
  assert.deepEqual([INIT_FEATURES.has(728), INIT_FEATURES.has(729)], [false, false]);
});

test('when the node stops, nobody waits any longer', async () => {
  const { client, connect } = scene();
  connect();
  const asked = client.ask('a', {}, AGAIN);
  client.stop();
  await assert.rejects(asked, fails('away'));
});
