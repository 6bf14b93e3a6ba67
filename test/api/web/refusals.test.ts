/** The pace at which refusals leave, and that nobody who is let in waits for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WebError } from '../../../src/api/rpc/frames.ts';
import { Clnrest } from '../../../src/api/web/clnrest/clnrest.ts';
import { createListener, METHOD_NOT_ALLOWED } from '../../../src/api/web/listener.ts';
import type { NodeLink } from '../../../src/api/web/node-link.ts';
import { Refusals } from '../../../src/api/web/refusals.ts';
import type { ClnrestSettings, WebSettings } from '../../../src/api/web/settings.ts';
import { Api } from '../../../src/api/web/v1/api.ts';
import { EventStreams } from '../../../src/api/web/v1/event-streams.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { exchange, type RawAnswer, requestBytes } from './raw-http.ts';

const AT_ONCE = 20;
const MOST_WAITING = 1000;

class Client {
  destroyed = false;
  destroy(): void {
    this.destroyed = true;
  }
}

/** A crowd of clients that are refused, and which of them have been answered. */
function crowd() {
  const clock = new ManualClock();
  const refusals = new Refusals(clock);
  const answered: number[] = [];
  const clients: Client[] = [];
  const refuse = (count: number): void => {
    for (let each = 0; each < count; each++) {
      const number = clients.length;
      const client = new Client();
      clients.push(client);
      refusals.send(client, () => answered.push(number));
    }
  };
  return { clock, answered, clients, refuse };
}

test('twenty leave at once, then a hundred a second, in their order', () => {
  const { clock, answered, refuse } = crowd();
  refuse(AT_ONCE + 150);
  assert.equal(answered.length, AT_ONCE);
  clock.advance(100);
  assert.equal(answered.length, AT_ONCE + 10);
  clock.advance(900);
  assert.equal(answered.length, AT_ONCE + 100);
  clock.advance(10_000);
  assert.deepEqual(
    answered,
    Array.from({ length: AT_ONCE + 150 }, (_none, index) => index),
  );
});

test('one that comes while others wait does not pass them', () => {
  const { clock, answered, refuse } = crowd();
  refuse(AT_ONCE + 1);
  refuse(1);
  clock.advance(10);
  assert.equal(answered.at(-1), AT_ONCE);
  clock.advance(10);
  assert.equal(answered.at(-1), AT_ONCE + 1);
});

test('a quiet time gives back twenty and no more', () => {
  const { clock, answered, refuse } = crowd();
  refuse(AT_ONCE);
  clock.advance(100);
  refuse(11);
  assert.equal(answered.length, AT_ONCE + 10);
  clock.advance(3_600_000);
  refuse(AT_ONCE + 1);
  assert.equal(answered.length, AT_ONCE + 11 + AT_ONCE);
});

test('who is gone when it is its turn takes nobody else’s', () => {
  const { clock, answered, clients, refuse } = crowd();
  refuse(AT_ONCE + 3);
  clients[AT_ONCE]?.destroy();
  clock.advance(10);
  assert.equal(answered.at(-1), AT_ONCE + 1);
  clock.advance(10);
  assert.equal(answered.at(-1), AT_ONCE + 2);
  assert.ok(!answered.includes(AT_ONCE));
});

test('a thousand wait; whoever comes then loses the connection', () => {
  const { clock, answered, clients, refuse } = crowd();
  refuse(AT_ONCE + MOST_WAITING + 5);
  assert.deepEqual(
    clients.flatMap(({ destroyed }, index) => (destroyed ? [index] : [])),
    [0, 1, 2, 3, 4].map((index) => AT_ONCE + MOST_WAITING + index),
  );
  clock.advance(20_000);
  assert.equal(answered.length, AT_ONCE + MOST_WAITING);
});

const REFUSED: WebError = {
  error: 'RUNE_NOT_AUTHORIZED',
  code: 1501,
  message: 'Not authorized: Invalid rune',
  data_json: 'null',
  is_refusal: true,
};
const FAILED: WebError = { ...REFUSED, error: 'INVOICE_LABEL_ALREADY_EXISTS', code: 900, is_refusal: false };

/** A node that lets in who has the rune `good`. */
const link = {
  call({ rune, method }, answer) {
    if (rune !== 'good') answer.onError(REFUSED);
    else if (method === 'invoice') answer.onError(FAILED);
    else answer.onResult('{}');
    return () => {};
  },
} as Pick<NodeLink, 'call'> as NodeLink;

const post = (path: string, header: readonly [string, string], body = '{}') =>
  requestBytes(
    'POST',
    path,
    [['host', 'x'], ['content-type', 'application/json'], ['content-length', String(body.length)], header],
    body,
  );

const settings = { cors_origins: ['*'], csp: "default-src 'none'", swagger_root: '/' } as unknown as ClnrestSettings;
const DOORS = {
  '/v1': {
    serve: (refusals: Refusals) => {
      const rest = new Clnrest(settings, {} as WebSettings, link, refusals);
      return rest.serve.bind(rest);
    },
    good: post('/v1/getinfo', ['rune', 'good']),
    failing: post('/v1/invoice', ['rune', 'good']),
    bad: [
      post('/v1/getinfo', ['rune', 'bad']),
      post('/v1/getinfo', ['x', 'no rune']),
      post('/v1/getinfo', ['rune', 'good'], '{"a":'),
      post('/v1/getinfo', ['accept', 'text/x']),
      post('/%ff', ['rune', 'good']),
      post('/v1/list-methods', ['rune', 'good']),
      post('/swagger-ui/x', ['rune', 'good']),
      post('/nothing', ['rune', 'good']),
      requestBytes('GET', '/v1/getinfo', [['host', 'x']]),
      Buffer.from('BREW / HTTP/1.1\r\n\r\n'),
      Buffer.from('\0\0 no HTTP\r\n\r\n'),
    ],
  },
  '/api/v1': {
    serve: (refusals: Refusals, clock: ManualClock) => {
      const streams = new EventStreams(link, clock, () => '127.0.0.1', refusals);
      const api = new Api(link, streams, '{}', refusals);
      return api.serve.bind(api);
    },
    good: post('/api/v1/commands/getinfo', ['rune', 'good']),
    failing: post('/api/v1/commands/invoice', ['rune', 'good']),
    bad: [
      post('/api/v1/commands/getinfo', ['rune', 'bad']),
      post('/api/v1/commands/getinfo', ['x', 'no rune']),
      post('/api/v1/commands/getinfo', ['rune', 'good'], '{"a":'),
      post('//[', ['rune', 'good']),
      post('/nothing', ['rune', 'good']),
      requestBytes('DELETE', '/api/v1/node', [['host', 'x']]),
      ...['0', 'x'].map((after) =>
        requestBytes('GET', `/api/v1/events?after=${after}`, [
          ['host', 'x'],
          ['accept', 'text/event-stream'],
          ['rune', 'bad'],
        ]),
      ),
    ],
  },
} as const;

for (const [door, { serve, good, failing, bad }] of Object.entries(DOORS)) {
  test(`at ${door}, every kind of refusal waits for its turn, and nothing else does`, async (t) => {
    const clock = new ManualClock();
    const refusals = new Refusals(clock);
    const listener = createListener({
      ...{ host: '127.0.0.1', port: 0, tls: undefined, refusals },
      serve: serve(refusals, clock),
      upgrades: () => false,
      unknownMethod: METHOD_NOT_ALLOWED,
    });
    t.after(() => listener.close());
    const port = await listener.listen();
    for (const bytes of bad) assert.notEqual((await exchange(port, bytes)).status, 201);
    // Nothing is left for those that follow, and the clock stands still.
    for (let sent = bad.length; sent < AT_ONCE; sent++) refusals.send(new Client(), () => {});
    const answers: RawAnswer[] = [];
    const waiting = bad.map(async (bytes) => void answers.push(await exchange(port, bytes)));
    for (let round = 0; round < 20; round++) {
      assert.ok([200, 201].includes((await exchange(port, good)).status as number));
      assert.ok(((await exchange(port, failing)).status as number) >= 400);
    }
    assert.equal(answers.length, 0, 'all who are refused still wait');
    // They come in when they come in: each is given its turn when it is there.
    const turns = setInterval(() => clock.advance(1000), 1);
    t.after(() => clearInterval(turns));
    await Promise.all(waiting);
    assert.equal(answers.length, bad.length);
  });
}
