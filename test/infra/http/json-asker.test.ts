import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { AddressGuard } from '../../../src/infra/http/address-guard.ts';
import { AskingProcess } from '../../../src/infra/http/asking-process.ts';
import {
  ANSWER_TIMEOUT_MS,
  JsonAsker,
  type JsonOutcome,
  MOST_ANSWER_BYTES,
} from '../../../src/infra/http/json-asker.ts';
import { readMembers } from '../../../src/infra/http/json-members.ts';
import { type Answering, JsonServer } from '../../support/json-server.ts';
import { openProxy } from '../../support/socks-proxy.ts';

const NEVER = new AbortController().signal;

async function serve(t: TestContext, answer: Answering): Promise<JsonServer> {
  const server = await JsonServer.open(answer);
  t.after(() => server.close());
  return server;
}

function asker(t: TestContext, clock = new ManualClock(), allowed = ['127.0.0.1']): JsonAsker {
  const guard = new AddressGuard({ allowed: new Set(allowed), option: 'test-allow' });
  const own = new JsonAsker({ clock, guard, user_agent: 'Till/test' });
  t.after(() => own.close());
  return own;
}

function reason(outcome: JsonOutcome): string {
  return outcome.kind === 'failed' ? outcome.reason : 'answered';
}

test('members are found by their path, numbers to the digit', () => {
  const json = '{"a":{"b":[1,{"c":58123.450}]},"text":"x","yes":true,"none":null,"big":123456789012345678901234567890}';
  const paths = [
    ['a', 'b', '1', 'c'],
    ['text'],
    ['yes'],
    ['big'],
    ['a', 'b', '0'],
    ['none'],
    ['a'],
    ['a', 'b', '9'],
    ['text', '0'],
  ];
  assert.deepEqual(readMembers(json, paths), [
    '58123.450',
    'x',
    'true',
    '123456789012345678901234567890',
    '1',
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test('what every object has is no member', () => {
  const paths = [['constructor', 'name'], ['__proto__', 'x'], ['toString'], ['length']];
  assert.deepEqual(readMembers('{}', paths), [undefined, undefined, undefined, undefined]);
  assert.deepEqual(readMembers('{"__proto__":{"x":"own"}}', [['__proto__', 'x']]), ['own']);
});

test('values come back in the order of the question', async (t) => {
  const server = await serve(t, () => '{"price":"58123.45","more":[7]}');
  const outcome = await asker(t).ask(
    { url: `${server.url}/x?y=1`, members: [['more', '0'], ['no'], ['price']] },
    NEVER,
  );
  assert.deepEqual(outcome, { kind: 'answered', values: ['7', null, '58123.45'] });
  assert.deepEqual(server.asked, ['/x?y=1']);
});

test('what is no answer fails with a reason that quotes nothing of it', async (t) => {
  const failures: readonly (readonly [Answering, RegExp])[] = [
    [() => undefined, /^the server answers HTTP 404$/],
    [
      () => (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      /^the server answers HTTP 302, and a redirect is not followed$/,
    ],
    [() => '<html>secret</html>', /^the answer is no JSON$/],
    [() => '', /^the answer is no JSON$/],
    [() => '['.repeat(200_000), /^the answer is no JSON$/],
    [() => `"${'x'.repeat(MOST_ANSWER_BYTES)}"`, /^the answer is longer than 512 kB$/],
    [() => (response) => response.destroy(), /socket hang up/],
    [
      () => (response) => response.writeHead(200, { 'content-length': 100 }).write('{', () => response.destroy()),
      /aborted|closed/,
    ],
  ];
  for (const [answer, expected] of failures) {
    const server = await serve(t, answer);
    assert.match(reason(await asker(t).ask({ url: server.url, members: [['x']] }, NEVER)), expected);
  }
});

test('nobody waits for a silent server for longer than ten seconds', async (t) => {
  const server = await serve(t, () => () => {});
  const clock = new ManualClock();
  const asked = asker(t, clock).ask({ url: server.url, members: [['x']] }, NEVER);
  await server.count(1);
  clock.advance(ANSWER_TIMEOUT_MS);
  assert.equal(reason(await asked), 'no answer within 10 seconds');
});

test('a kept connection that the server has closed is no failure', async (t) => {
  const server = await serve(t, () => '{"x":1}');
  const own = asker(t);
  assert.equal((await own.ask({ url: server.url, members: [['x']] }, NEVER)).kind, 'answered');
  // The next request meets a server that hangs up on the old connection, and answers on a new one.
  let is_first = true;
  server.answer = () => (response) => {
    if (!is_first) response.writeHead(200).end('{"x":2}');
    else response.socket?.resetAndDestroy();
    is_first = false;
  };
  assert.deepEqual(await own.ask({ url: server.url, members: [['x']] }, NEVER), { kind: 'answered', values: ['2'] });
});

test('through a proxy the names go there, and nobody else is asked for them', async (t) => {
  const server = await serve(t, () => '{"x":1}');
  const proxy = await openProxy(t, Number(new URL(server.url).port));
  const guard = new AddressGuard({ allowed: new Set(), option: 'test-allow' });
  const route = { host: '127.0.0.1', port: proxy.port, always: true };
  const own = new JsonAsker({ clock: new ManualClock(), guard, proxy: route, user_agent: 'Till/test' });
  t.after(() => own.close());
  const onion = `${'a'.repeat(56)}.onion`;
  const outcome = await own.ask({ url: `http://${onion}/x`, members: [['x']] }, NEVER);
  assert.deepEqual(outcome, { kind: 'answered', values: ['1'] });
  // The server speaks no TLS: what counts is whom the proxy was asked for.
  assert.equal((await own.ask({ url: 'https://rates.example/', members: [] }, NEVER)).kind, 'failed');
  assert.deepEqual(proxy.asked, [onion, 'rates.example']);
});

test('a private address is refused unless it is named', async (t) => {
  const server = await serve(t, () => '{}');
  const own = asker(t, new ManualClock(), []);
  assert.match(reason(await own.ask({ url: server.url, members: [] }, NEVER)), /--test-allow/);
  assert.match(
    reason(await own.ask({ url: 'https://127.0.0.1/', members: [] }, NEVER)),
    /private address: start Till with --test-allow=127/,
  );
  assert.match(
    reason(await own.ask({ url: 'https://localhost/', members: [] }, NEVER)),
    /^localhost is .*, a private address/,
  );
  assert.deepEqual(server.asked, []);
});

test('a process of its own asks, and starts again after it has died', async (t) => {
  const server = await serve(t, () => '{"price":1.50}');
  const problems: string[] = [];
  const own = new AskingProcess({
    allowed: ['127.0.0.1'],
    option: 'test-allow',
    user_agent: 'Till/test',
    name: 'the process that asks',
    onProblem: (problem) => problems.push(problem),
  });
  t.after(() => own.close());
  const pid = (): number | undefined => own.pid;
  assert.equal(pid(), undefined, 'it runs only when it is needed');
  const question = { url: server.url, members: [['price']] };
  assert.deepEqual(await own.ask(question, NEVER), { kind: 'answered', values: ['1.50'] });
  server.answer = () => () => {};
  const lost = own.ask(question, NEVER);
  await server.count(2);
  process.kill(pid() as number, 'SIGKILL');
  assert.deepEqual(await lost, { kind: 'failed', reason: 'the process that asks ended' });
  assert.deepEqual(problems, ['the process that asks ended (SIGKILL); it starts again with the next question']);
  server.answer = () => '{"price":2}';
  assert.deepEqual(await own.ask(question, NEVER), { kind: 'answered', values: ['2'] });
});
