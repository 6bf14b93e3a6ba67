/** `/api/v1`: every route, problems, pages, keys, streams, and the typed client, against a node with its web process. */
import assert from 'node:assert/strict';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { after, before, test } from 'node:test';
import { CallError, HttpClient, type HttpEvent } from '../../../src/api/client/http.ts';
import { connectToNode } from '../../../src/api/client/index.ts';
import { ROUTES } from '../../../src/api/web/v1/routes.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import type { Msat } from '../../../src/base/types/amount.ts';
import { Town } from '../../support/town.ts';

let town: Town;
let shop: Daemon;
let url: string;
let rune: string;
let readonly_rune: string;

before(async () => {
  town = await Town.found();
  shop = await town.start('shop', '--api-bind=127.0.0.1:0');
  const line = town.log.find((text) => text.includes('the interface for programs at ')) as string;
  url = /at (http:\/\/\S+)\/api\/v1/.exec(line)?.[1] as string;
  const client = await connectToNode(shop.rpc_file);
  ({ rune } = await client.call('createrune', {}));
  ({ rune: readonly_rune } = await client.call('createrune', { restrictions: 'readonly' }));
  client.close();
});
after(() => town.close());

interface Asked {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly as?: string;
}

async function ask(path: string, { method = 'GET', body, headers = {}, as = rune }: Asked = {}) {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(as === '' ? {} : { authorization: `Bearer ${as}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, json };
}

async function pay(label: string): Promise<void> {
  const invoice = await shop.invoices.find({ label });
  assert.ok(invoice);
  await shop.invoices.markPaid(invoice.payment_hash, (invoice.amount_msat ?? 1000n) as Msat);
}

test('an invoice is made, found, waited for and deleted', async () => {
  const made = await ask('/api/v1/invoices', {
    method: 'POST',
    body: { amount_msat: 1000, label: 'order/1', description: 'Café' },
  });
  assert.equal(made.status, 201);
  const found = await ask('/api/v1/labels/order%2F1');
  assert.deepEqual([found.status, found.json.payment_hash], [200, made.json.payment_hash]);
  const same = await ask(`/api/v1/invoices/${made.json.payment_hash}`);
  assert.equal(same.json.label, 'order/1');
  const etag = same.headers.get('etag') as string;
  const again = await ask(`/api/v1/invoices/${made.json.payment_hash}`, { headers: { 'if-none-match': etag } });
  assert.equal(again.status, 304);
  const waited = ask('/api/v1/labels/order%2F1/wait');
  await pay('order/1');
  assert.equal((await waited).json.status, 'paid');
  assert.notEqual((await ask(`/api/v1/invoices/${made.json.payment_hash}`)).headers.get('etag'), etag);
  const wrong = await ask('/api/v1/labels/order%2F1?status=unpaid', { method: 'DELETE' });
  assert.deepEqual([wrong.status, wrong.json.code, wrong.json.error], [409, 906, 'INVOICE_STATUS_UNEXPECTED']);
  assert.deepEqual(wrong.json.data, { current_status: 'paid', expected_status: 'unpaid' });
  assert.equal((await ask('/api/v1/labels/order%2F1?status=paid', { method: 'DELETE' })).status, 200);
  assert.equal((await ask('/api/v1/labels/order%2F1')).status, 404);
});

test('a million invoices would come a page at a time', async () => {
  for (let index = 0; index < 7; index++) {
    await ask('/api/v1/invoices', {
      method: 'POST',
      body: { amount_msat: 1, label: `page-${index}`, description: 'x' },
    });
  }
  const labels: unknown[] = [];
  let cursor: unknown;
  do {
    const query = cursor === undefined ? '' : `&cursor=${cursor}`;
    const { json } = await ask(`/api/v1/invoices?limit=3${query}`);
    const rows = json.invoices as readonly Record<string, unknown>[];
    assert.ok(rows.length <= 3);
    labels.push(...rows.map(({ label }) => label));
    cursor = json.next_cursor;
  } while (cursor !== null);
  assert.deepEqual(
    labels,
    [...Array(7)].map((_none, index) => `page-${index}`),
  );
  assert.equal((await ask('/api/v1/invoices?limit=501')).status, 400);
});

test('the same Idempotency-Key makes one thing, and another content is refused', async () => {
  const body = { amount_msat: 5, description: 'once' };
  const post = (content: unknown, key = '"key-1"', path = '/api/v1/invoices') =>
    ask(path, { method: 'POST', body: content, headers: { 'idempotency-key': key } });
  const first = await post(body);
  const second = await post(body);
  assert.deepEqual([first.status, second.status], [201, 201]);
  assert.equal(second.json.bolt11, first.json.bolt11);
  assert.equal((await ask('/api/v1/labels/key-1')).json.payment_hash, first.json.payment_hash, 'the key is the label');
  assert.equal((await post({ ...body, amount_msat: 6 })).status, 409);

  const address = await post({ addresstype: 'p2tr' }, 'address 1', '/api/v1/addresses');
  const repeated = await post({ addresstype: 'p2tr' }, 'address 1', '/api/v1/addresses');
  assert.deepEqual(repeated.json, address.json);
  const other = await post({ addresstype: 'bech32' }, 'address 1', '/api/v1/addresses');
  assert.deepEqual([other.status, other.json.error], [422, 'IDEMPOTENCY_KEY_REUSED']);
  const fresh = await post({ addresstype: 'p2tr' }, 'address 2', '/api/v1/addresses');
  assert.notDeepEqual(fresh.json, address.json);
  const [one, two] = await Promise.all([
    post({ addresstype: 'p2tr' }, 'address 3', '/api/v1/addresses'),
    post({ addresstype: 'p2tr' }, 'address 3', '/api/v1/addresses'),
  ]);
  const statuses = [one.status, two.status].sort();
  assert.ok(statuses[1] === 409 || JSON.stringify(one.json) === JSON.stringify(two.json), 'never two addresses');
  // What failed has done nothing, and may come again.
  assert.equal((await post({ addresstype: 'nonsense' }, 'address 4', '/api/v1/addresses')).status, 400);
  assert.equal((await post({ addresstype: 'p2tr' }, 'address 4', '/api/v1/addresses')).status, 201);
  assert.equal((await post({}, '"unfinished', '/api/v1/addresses')).status, 400);
});

const PROBLEMS: readonly (readonly [string, string, Asked, number])[] = [
  ['no rune', '/api/v1/node', { as: '' }, 401],
  ['a rune of another node', '/api/v1/node', { as: 'd73DW5i0edNA1yNPuBRflv0BWXv0Fl_ARc4X824Ao_k9MA==' }, 401],
  ['no rune at all but a word', '/api/v1/node', { as: 'hello' }, 401],
  ['an unknown path', '/api/v1/nothing', {}, 404],
  ['a path of another version', '/api/v2/node', {}, 404],
  ['a method that the resource does not take', '/api/v1/node', { method: 'DELETE' }, 405],
  ['JSON that is none', '/api/v1/invoices', { method: 'POST', body: '{' }, 400],
  ['an array', '/api/v1/invoices', { method: 'POST', body: '[]' }, 400],
  ['a name given twice', '/api/v1/invoices', { method: 'POST', body: '{"label":"a","label":"b"}' }, 400],
  ['a form', '/api/v1/invoices', { method: 'POST', body: 'a=1', headers: { 'content-type': 'text/plain' } }, 415],
  ['a parameter too many', '/api/v1/invoices', { method: 'POST', body: { nosuch: 1 } }, 400],
  ['an unknown command', '/api/v1/commands/nosuch', { method: 'POST', body: {} }, 404],
  ['a command by GET', '/api/v1/commands/getinfo', {}, 405],
  ['bad percent encoding', '/api/v1/labels/%zz', {}, 404],
];
for (const [name, path, asked, status] of PROBLEMS) {
  test(`a problem document for ${name}`, async () => {
    const answer = await ask(path, asked);
    assert.equal(answer.status, status);
    assert.equal(answer.headers.get('content-type'), 'application/problem+json');
    assert.equal(answer.json.status, status);
    assert.equal(answer.json.instance, `urn:request:${answer.headers.get('x-request-id')}`);
    assert.equal(typeof answer.json.title, 'string');
    assert.ok((answer.json.detail as string).length > 0);
  });
}

test('a rune that may only look changes nothing', async () => {
  const body = { amount_msat: 1, label: 'refused', description: 'x' };
  const answer = await ask('/api/v1/invoices', { method: 'POST', body, as: readonly_rune });
  assert.deepEqual([answer.status, answer.json.code], [403, 1502]);
  assert.equal(await shop.invoices.find({ label: 'refused' }), undefined);
  assert.equal((await ask('/api/v1/node', { as: readonly_rune })).status, 200);
});

test('a page of another origin may ask, because the rune is in a header', async () => {
  const preflight = await ask('/api/v1/invoices', { method: 'OPTIONS', headers: { origin: 'https://shop.example' } });
  assert.equal(preflight.status, 204);
  assert.match(preflight.headers.get('access-control-allow-headers') as string, /authorization.*idempotency-key/);
  assert.equal((await ask('/api/v1/node')).headers.get('access-control-allow-origin'), '*');
});

test('the OpenAPI document has every route, and its examples work', async () => {
  const { json, status } = await ask('/openapi.json', { as: '' });
  assert.equal(status, 200);
  const paths = json.paths as Record<string, Record<string, unknown>>;
  for (const route of ROUTES) assert.ok(paths[`/api/v1${route.path}`]?.[route.method.toLowerCase()], route.path);
  for (const { path, method, example, status: expected } of ROUTES) {
    if (example === undefined || path.includes('{')) continue;
    const answer = await ask(`/api/v1${path}`, { method, body: example });
    assert.equal(answer.status, expected, `${method} ${path}: ${JSON.stringify(answer.json)}`);
  }
});

async function take(events: AsyncGenerator<HttpEvent>, count: number): Promise<HttpEvent[]> {
  const taken: HttpEvent[] = [];
  for await (const event of events) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}

test('the typed client calls, and follows events from where it was', async () => {
  const client = new HttpClient({ url, rune });
  assert.equal((await client.call('getinfo')).id, shop.keys.node_id);
  await assert.rejects(client.call('delinvoice', { label: 'nosuch', status: 'unpaid' }), (error) => {
    assert.ok(error instanceof CallError);
    return error.code === 905;
  });
  const { last_id } = await client.call('listevents', { limit: 0 });
  for (const label of ['e-1', 'e-2', 'f-1']) {
    await client.call('invoice', { amount_msat: 1000, label, description: 'x' });
  }
  const seen = await take(client.events({ after: last_id }), 3);
  assert.deepEqual(
    seen.map(({ type, label }) => `${type} ${label}`),
    ['invoice.created e-1', 'invoice.created e-2', 'invoice.created f-1'],
  );
  // In the middle, live, and of some labels alone.
  const live = take(client.events({ after: seen[0]?.id as number, label_prefix: 'e-' }), 2);
  await pay('f-1');
  await pay('e-1');
  assert.deepEqual(
    (await live).map(({ type, label }) => `${type} ${label}`),
    ['invoice.created e-2', 'invoice.paid e-1'],
  );
  const paid = await take(client.events({ after: last_id, types: ['invoice.paid'] }), 2);
  assert.deepEqual(
    paid.map(({ label }) => label),
    ['f-1', 'e-1'],
  );
});

test('many readers of the same events all get them, in order', async () => {
  const client = new HttpClient({ url, rune });
  const { last_id } = await client.call('listevents', { limit: 0 });
  const readers = [...Array(20)].map(() => take(client.events({ after: last_id, label_prefix: 'many-' }), 30));
  for (let index = 0; index < 30; index++) {
    await client.call('invoice', { amount_msat: 1000, label: `many-${index}`, description: 'x' });
  }
  for (const events of await Promise.all(readers)) {
    assert.deepEqual(
      events.map(({ label }) => label),
      [...Array(30)].map((_none, index) => `many-${index}`),
    );
  }
});

test('a stream ends when its rune is revoked, and a position that is no number is refused', async () => {
  const owner = await connectToNode(shop.rpc_file);
  const made = await owner.call('createrune', { restrictions: [['method^list|method^wait'.split('|')].flat()] });
  const response = await fetch(`${url}/api/v1/events`, {
    headers: { authorization: `Bearer ${made.rune}`, accept: 'text/event-stream' },
  });
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  await owner.call('blacklistrune', { start: Number(made.unique_id) });
  await owner.call('invoice', { amount_msat: 1000, label: 'ends streams', description: 'x' });
  const text = await response.text();
  assert.match(text, /^retry: 2000\n\n/);
  owner.close();
  const bad = await ask('/api/v1/events', { headers: { accept: 'text/event-stream', 'last-event-id': 'x' } });
  assert.equal(bad.status, 400);
});

/** Asks for a stream of events; the caller ends it. */
async function stream(as: string, query = ''): Promise<Response> {
  const headers = { authorization: `Bearer ${as}`, accept: 'text/event-stream' };
  return fetch(`${url}/api/v1/events${query}`, { headers });
}

async function createRune(restrictions: readonly (readonly string[])[]): Promise<string> {
  const owner = await connectToNode(shop.rpc_file);
  const made = await owner.call('createrune', { restrictions });
  owner.close();
  return made.rune;
}

test('a rune that permits a page of events and not to wait for them is refused before the stream opens', async () => {
  for (const [restrictions, reason] of [
    ['readonly', /^Not permitted: method /],
    [[['method=listevents']], /^Not permitted: method is not equal to listevents$/],
    [
      [
        ['method=listevents', 'method=waitevent'],
        ['method=listevents', 'pnametypes=invoice.paid'],
      ],
      /types/,
    ],
  ] as const) {
    const as = restrictions === 'readonly' ? readonly_rune : await createRune(restrictions);
    const page = await ask('/api/v1/events?limit=0', { as });
    assert.equal(page.status, 200, 'the page itself is permitted');
    for (const query of ['', '?after=0', '?types=deposit']) {
      const answer = await stream(as, query);
      assert.equal(answer.status, 403, `${JSON.stringify(restrictions)} ${query}`);
      assert.equal(answer.headers.get('content-type'), 'application/problem+json');
      const problem = (await answer.json()) as { code: number; detail: string };
      assert.equal(problem.code, 1502);
      assert.match(problem.detail, reason);
    }
  }
});

test('a stream is one use of a rune that has a rate, however much comes over it', async () => {
  const as = await createRune([['method=listevents', 'method=waitevent'], ['per=1hour']]);
  const { last_id } = (await (await ask('/api/v1/events?limit=0')).json) as { last_id: number };
  const answer = await stream(as, `?after=${last_id}&label_prefix=rated-`);
  assert.equal(answer.status, 200);
  const again = await stream(as);
  assert.deepEqual(
    [again.status, ((await again.json()) as { detail: string }).detail],
    [403, 'Not permitted: too soon'],
  );
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  const utf8 = new TextDecoder();
  let text = '';
  for (let index = 0; index < 5; index++) {
    const label = `rated-${index}`;
    assert.equal(
      (await ask('/api/v1/invoices', { method: 'POST', body: { amount_msat: 1, label, description: 'x' } })).status,
      201,
    );
    while (!text.includes(`"label":"${label}"`)) {
      const { value, done } = await reader.read();
      assert.equal(done, false, `the stream ended before ${label}`);
      text += utf8.decode(value, { stream: true });
    }
  }
  await reader.cancel();
});

test('a reader hears the same over HTTP/1.0, HTTP/1.1 and HTTP/2, from where it was and live', async () => {
  const client = new HttpClient({ url, rune });
  const { last_id } = await client.call('listevents', { limit: 0 });
  const path = `/api/v1/events?after=${last_id}&label_prefix=wire-`;
  const headers = { authorization: `Bearer ${rune}`, accept: 'text/event-stream' };
  await client.call('invoice', { amount_msat: 1000, label: 'wire-1', description: 'x' });
  const { hostname, port } = new URL(url);
  const old = connect(Number(port), hostname);
  old.write(`GET ${path} HTTP/1.0\r\naccept: ${headers.accept}\r\nauthorization: ${headers.authorization}\r\n\r\n`);
  const session = connectHttp2(url);
  const streams = {
    'HTTP/1.0': old,
    'HTTP/1.1': Readable.fromWeb((await fetch(url + path, { headers })).body as ReadableStream),
    'HTTP/2': session.request({ ...headers, ':path': path }),
  };
  const heard = Object.entries(streams).map(([version, stream]) => ({ version, ...textOf(stream) }));
  for (const { until } of heard) await until('"label":"wire-1"');
  await client.call('invoice', { amount_msat: 1000, label: 'wire-2', description: 'é' });
  const bodies: Record<string, string> = {};
  for (const { version, until } of heard) bodies[version] = await until(/"label":"wire-2".*\n\n$/s);
  const [, head, body] = /^(.*?\r\n\r\n)(.*)$/s.exec(bodies['HTTP/1.0'] as string) ?? [];
  assert.match(head as string, /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(head as string, /\r\ncontent-type: text\/event-stream\r\n/);
  assert.match(head as string, /\r\nx-request-id: [0-9a-f]{16}\r\n/);
  assert.doesNotMatch(head as string, /transfer-encoding/i);
  assert.match(body as string, /^retry: 2000\n\nid: \d+\nevent: invoice\.created\ndata: \{.*\}\n\nid: \d+\n.*\n\n$/s);
  assert.equal(bodies['HTTP/1.1'], body);
  assert.equal(bodies['HTTP/2'], body);
  for (const stream of Object.values(streams)) stream.destroy();
  session.close();
});

/** What a stream has brought so far, and a wait until that is enough. */
function textOf(stream: Readable) {
  let text = '';
  let look = (): void => {};
  stream.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
    look();
  });
  const isIn = (part: string | RegExp) => (typeof part === 'string' ? text.includes(part) : part.test(text));
  const until = (part: string | RegExp) =>
    new Promise<string>((resolve) => {
      look = () => isIn(part) && resolve(text);
      look();
    });
  return { until };
}
