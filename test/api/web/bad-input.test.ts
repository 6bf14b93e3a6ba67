/**
 * Bad input by enumeration: every method at every kind of path, every content type with every sort of body, hostile heads
 * and hosts, runes that are revoked in the moment, requests while the node stops. Each gets an answer of its interface's own
 * shape, nothing is made by it, and the next client is served. What strangers' bytes and crowds get is in hostile.test.ts,
 * what a standby says in test/app/daemon/pair.test.ts.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Client, connectToNode } from '../../../src/api/client/index.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { Town, until } from '../../support/town.ts';
import { exchange, type RawAnswer, requestBytes } from './raw-http.ts';

let town: Town;
let shop: Daemon;
let owner: Client;
let rune: string;
const ports = { rest: 0, api: 0, metrics: 0 };
type Door = keyof typeof ports;

before(async () => {
  town = await Town.found();
  const doors = ['--clnrest-port=0', '--clnrest-protocol=http', '--api-bind=127.0.0.1:0', '--metrics-bind=127.0.0.1:0'];
  shop = await town.start('shop', ...doors);
  const log = town.log.join('\n');
  ports.rest = Number(/REST at http:\S+:(\d+)\/v1/.exec(log)?.[1]);
  ports.api = Number(/for programs at http:\S+:(\d+)\/api/.exec(log)?.[1]);
  ports.metrics = Number(/metrics at http:\S+:(\d+)\/metrics/.exec(log)?.[1]);
  owner = await connectToNode(shop.rpc_file);
  ({ rune } = await owner.call('createrune', {}));
});
after(async () => {
  owner.close();
  await town.close();
});

type Headers = readonly (readonly [string, string])[];

/** The headers of a good request to a door, the rune in the place where the door looks for it. */
function headersFor(door: Door, body: Buffer | string, more: Headers = []): Headers {
  const credential: Headers = door === 'api' ? [['authorization', `Bearer ${rune}`]] : [['rune', rune]];
  return [['host', 'x'], ['content-length', String(Buffer.byteLength(body))], ...credential, ...more];
}

/** The answer is of the door's own shape: a failure is told as the interface tells failures. */
function assertTold(door: Door, answer: RawAnswer, what: string): void {
  const { status, headers, body } = answer;
  assert.ok(status !== null && status < 600, what);
  if (status < 400 || body === '') return;
  if (door === 'rest') assert.deepEqual(Object.keys(JSON.parse(body)), ['code', 'data', 'message'], what);
  if (door === 'api') {
    assert.equal(headers.get('content-type'), 'application/problem+json', what);
    assert.equal((JSON.parse(body) as { status: number }).status, status, what);
  }
  assert.ok(!body.includes(rune), `${what}: the rune is repeated`);
  assert.doesNotMatch(body, /node:internal|\.ts:\d+/, `${what}: the answer shows our insides`);
}

async function assertServed(): Promise<void> {
  const asked = await exchange(ports.rest, requestBytes('POST', '/v1/getinfo', headersFor('rest', '')));
  assert.equal(asked.status, 201);
  const own = await exchange(ports.api, requestBytes('GET', '/api/v1/node', headersFor('api', '')));
  assert.equal(own.status, 200);
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'QUERY', 'BREW', 'get', 'LINK'];
/** By door: a path, and what each method gets that is not refused. */
const PLACES: readonly (readonly [Door, string, Readonly<Record<string, number>>, number])[] = [
  ['rest', '/v1/getinfo', { POST: 201 }, 405],
  ['rest', '/v1/nosuch', { POST: 404 }, 405],
  ['rest', '/v1/list-methods', { GET: 200, HEAD: 200 }, 405],
  ['rest', '/swagger.json', { GET: 200, HEAD: 200 }, 404],
  ['api', '/api/v1/node', { GET: 200, HEAD: 200 }, 405],
  ['api', '/api/v1/invoices', { GET: 200, HEAD: 200, POST: 400 }, 405],
  ['api', '/api/v1/commands/getinfo', { POST: 200 }, 405],
  ['api', '/api/v1/nosuch', {}, 404],
  ['metrics', '/metrics', { GET: 200, HEAD: 200 }, 405],
  ['metrics', '/healthz', { GET: 200, HEAD: 200 }, 405],
];
for (const [door, path, taken, refusal] of PLACES) {
  test(`${path}: every method but ${Object.keys(taken).join(', ') || 'none'} is refused`, async () => {
    for (const method of METHODS) {
      const has_body = method !== 'HEAD';
      const answer = await exchange(ports[door], requestBytes(method, path, headersFor(door, '')), { has_body });
      // A word that HTTP's parser does not know may be answered by it: what matters is that it is refused.
      const isKnown = !['BREW', 'get'].includes(method);
      const expected = taken[method] ?? refusal;
      if (isKnown) assert.equal(answer.status, expected, method);
      else assert.ok(answer.status === null || answer.status >= 400, method);
      if (isKnown) assertTold(door, answer, `${method} ${path}`);
    }
    await assertServed();
  });
}

const PATHS = [
  ...[
    '/',
    '//',
    '/v1',
    '/v1/',
    '//v1/getinfo',
    '/v1//getinfo',
    '/v1/getinfo/',
    '/v1/GETINFO',
    '/v1/getinfo%00',
    '/v2/getinfo',
  ],
  ...[
    '/v1/../v1/nosuch',
    '/v1/%2e%2e/getinfo',
    '/../../etc/passwd',
    '/v1/__proto__',
    '/v1/constructor',
    '/v1/toString',
  ],
  ...[
    '/api/v1',
    '/api/v1/',
    '/api/v1/commands/',
    '/api/v1/commands/__proto__',
    '/api/v1/labels/',
    '/api/v1/labels/%ff',
  ],
  ...[
    '/api/v1/invoices/..%2f..%2fnode',
    '/api/v1/../v1/node%00',
    '*',
    '?',
    '/?',
    '/%',
    '/%zz',
    `/v1/${'x'.repeat(60_000)}`,
  ],
];
test('every path that leads nowhere is told so, at both interfaces', async () => {
  for (const door of ['rest', 'api'] as const) {
    for (const path of PATHS) {
      const answer = await exchange(ports[door], requestBytes('POST', path, headersFor(door, '')));
      assert.ok(answer.status === null || answer.status >= 300, `${door} ${path.slice(0, 60)}: ${answer.status}`);
      const isText = answer.headers.get('content-type')?.startsWith('text/plain');
      if (answer.status !== null && answer.status >= 400 && !isText) assertTold(door, answer, path.slice(0, 60));
    }
  }
  await assertServed();
});

const TYPES = [
  ...['application/json', 'application/yaml', 'application/xml', 'application/x-www-form-urlencoded', 'text/plain', ''],
  ...['application/json; charset=utf-16', 'Application/JSON', 'multipart/form-data; boundary=x', 'x'.repeat(5000)],
];
const deep = 5000;
const BODIES: readonly (readonly [string, Buffer | string])[] = [
  ['nothing', ''],
  ['half of an object', '{"label":'],
  ['an array', '["a",1]'],
  ['null', 'null'],
  ['a number', '7'],
  ['a text', '"x"'],
  ['blanks', '  \n '],
  ['a name given twice', '{"amount_msat":1,"label":"never","label":"never2","description":"x"}'],
  ['deep arrays', '['.repeat(deep) + ']'.repeat(deep)],
  ['a deep value', `{"label":${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}}`],
  ['a lone surrogate', '{"amount_msat":1,"label":"\\ud800","description":"x"}'],
  ['no UTF-8', Buffer.from('{"amount_msat":1,"label":"\xff","description":"x"}', 'latin1')],
  ['a NUL', '{"amount_msat":1,"label":"never\\u0000","description":"x","nosuch":1}'],
  ['a byte order mark', '\ufeff{}'],
  ['a number of a hundred thousand digits', `{"amount_msat":${'9'.repeat(100_000)},"label":"never","description":"x"}`],
  ['a number beyond any', '{"amount_msat":1e999,"label":"never","description":"x"}'],
  ['half a million values', `{"label":[${'1,'.repeat(500_000)}1]}`],
  // With what is around it on its way to the node it is nested deeper than the node takes.
  ...[97, 98, 99, 100].map((depth): [string, string] => [
    `${depth} levels`,
    `{"label":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`,
  ]),
  ['a lone surrogate by YAML', 'label: "\\ud800"\n"\\udfff": 1\namount_msat: 1\ndescription: x'],
  ['a long number by YAML', `amount_msat: ${'9'.repeat(1000)}\nlabel: never\ndescription: x`],
  ['a long number by XML', `<invoice><amount_msat>${'9'.repeat(1000)}</amount_msat></invoice>`],
  ['less than nothing', '{"amount_msat":-1,"label":"never","description":"x"}'],
  ['__proto__', '{"__proto__":{"amount_msat":1},"label":"never","description":"x"}'],
  ['an entity', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><invoice><label>&b;</label></invoice>'],
  [
    'entities of entities',
    `<!DOCTYPE a [<!ENTITY b "${'x'.repeat(100)}">]><invoice><label>${'&b;'.repeat(100)}</label></invoice>`,
  ],
  ['aliases of aliases', 'a: &a [x,x]\nb: &b [*a,*a]\nlabel: [*b,*b]'],
  ['a form that is deep', `label${'[a]'.repeat(200)}=1`],
];
test("every body in every content type is refused in the interface's own shape, and makes nothing", async () => {
  const count = async (): Promise<number> => (await owner.call('listinvoices', {})).invoices.length;
  const before_all = await count();
  for (const door of ['rest', 'api'] as const) {
    const path = door === 'rest' ? '/v1/invoice' : '/api/v1/invoices';
    for (const type of TYPES) {
      for (const [name, body] of BODIES) {
        // A megabyte for each of them would take the test's time for nothing: only JSON is so short for a value.
        if (body.length > 500_000 && type !== 'application/json') continue;
        const what = `${door}, ${type.slice(0, 40)}, ${name}`;
        const headers = headersFor(door, body, [['content-type', type]]);
        const answer = await exchange(ports[door], requestBytes('POST', path, headers, body));
        assert.ok(answer.status !== null && answer.status >= 400, `${what}: ${answer.status} ${answer.body}`);
        assertTold(door, answer, what);
      }
    }
  }
  assert.equal(await count(), before_all);
  await assertServed();
});

test('\\u escapes mean what they spell', async () => {
  const body = '{"amount_msat":1,"label":"caf\\u00e9 \\ud83c\\udf75","description":"x"}';
  for (const [door, path, status] of [
    ['rest', '/v1/invoice', 201],
    ['api', '/api/v1/commands/listinvoices', 200],
  ] as const) {
    const sent = door === 'rest' ? body : '{"label":"caf\\u00e9 \\ud83c\\udf75"}';
    const headers = headersFor(door, sent, [['content-type', 'application/json']]);
    assert.equal((await exchange(ports[door], requestBytes('POST', path, headers, sent))).status, status);
  }
  assert.equal((await owner.call('listinvoices', { label: 'café 🍵' })).invoices.length, 1);
});

const HEADS: readonly (readonly [string, string])[] = [
  ['no version', 'POST /v1/getinfo\r\n\r\n'],
  ['a version of tomorrow', 'POST /v1/getinfo HTTP/9.9\r\n\r\n'],
  ['a header without a colon', 'POST /v1/getinfo HTTP/1.1\r\nhost x\r\n\r\n'],
  ['a blank before the colon', 'POST /v1/getinfo HTTP/1.1\r\nhost : x\r\n\r\n'],
  ['a folded header', 'POST /v1/getinfo HTTP/1.1\r\nhost: x\r\n folded\r\n\r\n'],
  ['a NUL in a header', 'POST /v1/getinfo HTTP/1.1\r\nhost: x\0\r\n\r\n'],
  ['a length that is none', 'POST /v1/getinfo HTTP/1.1\r\nhost: x\r\ncontent-length: ten\r\n\r\n'],
  ['a length below nothing', 'POST /v1/getinfo HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n'],
  ['two lengths', 'POST /v1/getinfo HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n'],
  ['a chunk without a length', 'POST /v1/getinfo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'],
  ['an unknown transfer encoding', 'POST /v1/getinfo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: rot13\r\n\r\nab'],
  ['a head of 200 kB', `POST /v1/getinfo HTTP/1.1\r\nhost: x\r\na: ${'x'.repeat(200_000)}\r\n\r\n`],
  ['20,000 headers', `POST /v1/getinfo HTTP/1.1\r\n${'a: b\r\n'.repeat(20_000)}\r\n`],
];
for (const [name, bytes] of HEADS) {
  test(`a head with ${name} ends its own connection, at every door`, async () => {
    for (const port of Object.values(ports)) {
      const { status } = await exchange(port, Buffer.from(bytes, 'latin1')).catch(() => ({ status: null }));
      assert.ok(status === null || status >= 400, String(status));
    }
    await assertServed();
  });
}

test('Host and Origin give no right: the rune alone does', async () => {
  for (const host of ['evil.example', '127.0.0.1:1', '', 'x'.repeat(5000), 'a b', 'evil.example@127.0.0.1']) {
    const origin: Headers = [
      ['host', host],
      ['origin', 'https://evil.example'],
    ];
    const without = requestBytes('POST', '/v1/getinfo', [...origin, ['content-length', '0']]);
    const refused = await exchange(ports.rest, without);
    assert.ok(refused.status === 403 || refused.status === 400, `${host}: ${refused.status}`);
    const own = await exchange(ports.api, requestBytes('GET', '/api/v1/node', origin));
    assert.ok(own.status === 401 || own.status === 400, `${host}: ${own.status}`);
    assert.notEqual(own.headers.get('access-control-allow-credentials'), 'true', 'no cookie goes with it');
  }
});

test('a rune that is revoked while requests run is refused to every request after that', async () => {
  const made = await owner.call('createrune', {});
  const bytes = requestBytes('POST', '/v1/getinfo', [
    ['rune', made.rune],
    ['content-length', '0'],
  ]);
  const told = async (): Promise<number> => {
    const { status, body } = await exchange(ports.rest, bytes);
    if (status !== 201) assert.deepEqual([status, (JSON.parse(body) as { code: number }).code], [401, 1503]);
    return status as number;
  };
  let isRevoked = false;
  const seen = { good: 0, refused: 0 };
  const lanes = Array.from({ length: 8 }, async () => {
    while (seen.refused < 50) {
      const wasRevoked = isRevoked;
      const status = await told();
      if (wasRevoked) assert.equal(status, 401, 'asked after it was revoked');
      if (status === 201) seen.good++;
      else seen.refused++;
    }
  });
  await until(() => seen.good >= 20);
  await owner.call('blacklistrune', { start: Number(made.unique_id) });
  isRevoked = true;
  await Promise.all(lanes);
});

test('a node that stops tells it to who waits, at both interfaces, and ends streams', async () => {
  const doomed = await town.start('doomed', '--clnrest-port=0', '--clnrest-protocol=http', '--api-bind=127.0.0.1:0');
  const log = town.log.filter((line) => line.startsWith('doomed')).join('\n');
  const rest = Number(/REST at http:\S+:(\d+)\/v1/.exec(log)?.[1]);
  const api = Number(/for programs at http:\S+:(\d+)\/api/.exec(log)?.[1]);
  const client = await connectToNode(doomed.rpc_file);
  const runes = [];
  for (let index = 0; index < 3; index++) runes.push((await client.call('createrune', {})).rune);
  const body = '{"lastpay_index":0}';
  const json = ['content-type', 'application/json'] as const;
  const length = ['content-length', String(body.length)] as const;
  const [first = '', second = '', third = ''] = runes;
  const waiting = exchange(rest, requestBytes('POST', '/v1/waitanyinvoice', [['rune', first], json, length], body));
  const bearer = (of: string) => ['authorization', `Bearer ${of}`] as const;
  const own = exchange(
    api,
    requestBytes('POST', '/api/v1/commands/waitanyinvoice', [bearer(second), json, length], body),
  );
  const streaming = fetch(`http://127.0.0.1:${api}/api/v1/events`, {
    headers: { authorization: `Bearer ${third}`, accept: 'text/event-stream' },
  }).then((response) =>
    response.text().then(
      () => 'ended',
      () => 'ended',
    ),
  );
  // They have arrived when their runes were used.
  while ((await client.call('showrunes')).runes.some(({ last_used }) => last_used === undefined));
  client.close();
  await town.stop(doomed);
  const told = await waiting;
  assert.deepEqual([told.status, (JSON.parse(told.body) as { code: number }).code], [500, -5]);
  const problem = await own;
  assert.deepEqual([problem.status, (JSON.parse(problem.body) as { code: number }).code], [503, -5]);
  assert.equal(await streaming, 'ended');
});
