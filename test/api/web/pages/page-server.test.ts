/** The server of pages: who is answered, what forms may be, and which headers every answer has. */
import assert from 'node:assert/strict';
import { createServer, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { ClientAddresses } from '../../../../src/api/web/client-address.ts';
import { loadAssets } from '../../../../src/api/web/pages/assets.ts';
import { html } from '../../../../src/api/web/pages/html.ts';
import { page } from '../../../../src/api/web/pages/layout.ts';
import { LiveStreams } from '../../../../src/api/web/pages/live-streams.ts';
import { NodeBusy, NodeRefused } from '../../../../src/api/web/pages/node-calls.ts';
import type { PageAnswer, PageTools, RouteSet } from '../../../../src/api/web/pages/page.ts';
import { PageServer } from '../../../../src/api/web/pages/page-server.ts';
import { Refusals } from '../../../../src/api/web/refusals.ts';
import { ManualClock, systemClock } from '../../../../src/base/types/clock.ts';

const clock = new ManualClock();
const assets = loadAssets();
const unexpected: unknown[] = [];
const tools: PageTools = {
  node: {
    command: () => Promise.reject(new NodeBusy('busy')),
    ask: () => Promise.reject(new NodeBusy('busy')),
    pieces: () => assert.fail('nobody asks'),
  },
  clock,
  assets,
  streams: new LiveStreams(clock),
  settings: {
    ...{ shop_name: 'shop', network: 'regtest', public_url: 'https://pay.example', is_sandbox: false },
    ...{
      dashboard_url: undefined,
      has_checkout: true,
      time_zone: 'UTC',
      shop_currency: undefined,
      tips: [],
      language: 'en' as const,
    },
  },
};

/** Pieces that were asked for, and whether somebody has said that no more are wanted. */
const file = { pieces: 0, is_over: false };
const PIECE = 'x'.repeat(100_000);

/** A file without an end, or one that breaks off after three pieces. */
function fileThat(end: string): PageAnswer {
  Object.assign(file, { pieces: 0, is_over: false });
  async function* pieces(): AsyncGenerator<string, void> {
    try {
      while (end === 'never' || file.pieces < 3) {
        file.pieces++;
        yield PIECE;
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (end === 'breaks') throw new Error('the node is gone');
    } finally {
      file.is_over = true;
    }
  }
  return { pieces: pieces(), content_type: 'text/csv' };
}

const set: RouteSet = () => [
  {
    method: 'GET',
    path: '/hello/{name}',
    answer: ({ params, language, base_url, cookie }) => ({
      html: page(assets, {
        language,
        title: 'Hello',
        body: html`<main>${params.name} ${base_url} ${cookie('c')}${'.'.repeat(2000)}</main>`,
      }),
    }),
  },
  {
    method: 'POST',
    path: '/hello/{name}',
    answer: ({ form }) => ({
      see: `/hello/${encodeURIComponent(form.text('to'))}`,
      headers: { 'set-cookie': ['a=1', 'b=2'] },
    }),
  },
  { method: 'POST', path: '/open', is_open: true, answer: () => ({ body: '{}', content_type: 'application/json' }) },
  { method: 'GET', path: '/form', answer: () => ({ html: html`<form method="post" action="/open"></form>` }) },
  { method: 'GET', path: '/app', answer: () => ({ html: html`<p></p>`, csp: { 'manifest-src': "'self'" } }) },
  { method: 'GET', path: '/file/{end}', answer: ({ params }) => fileThat(params.end as string) },
  {
    method: 'GET',
    path: '/refused',
    answer: () => {
      throw new NodeRefused({ error: 'X', code: 1, message: 'no <b>', data_json: 'null', is_refusal: true });
    },
  },
  {
    method: 'GET',
    path: '/failed',
    answer: () => {
      throw new NodeRefused({ error: 'X', code: 1, message: 'no <b>', data_json: 'null', is_refusal: false });
    },
  },
  { method: 'GET', path: '/busy', answer: async () => ({ html: html`${String(await tools.node.ask('x', {}))}` }) },
  {
    method: 'GET',
    path: '/bug',
    answer: () => {
      throw new TypeError('a bug');
    },
  },
  { method: 'GET', path: '/elsewhere', answer: () => ({ see: '//evil.example' }) },
  {
    method: 'GET',
    path: '/live',
    answer: (asked) =>
      tools.streams.open(asked, (send) => {
        send('state', 'one\ntwo');
        return () => {};
      }),
  },
];

let port: number;
const pages = new PageServer({
  tools,
  sets: [set],
  own: { is_tls: false, public_url: 'https://pay.example' },
  addresses: new ClientAddresses([]),
  refusals: new Refusals(systemClock),
  onUnexpected: (error) => unexpected.push(error),
});
const server = createServer((request, response) => pages.serve(request, response));
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

function ask(path: string, options: RequestOptions = {}, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = httpRequest({ host: '127.0.0.1', port, path, agent: false, ...options }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const post = (headers: Record<string, string>, body = 'to=you'): Promise<Answer> =>
  ask('/hello/me', { method: 'POST', headers: { ...FORM, ...headers } }, body);

test('a page has every header that keeps a browser safe, and loads only what is its own', async () => {
  const { status, headers, text } = await ask('/hello/w%C3%B6rld');
  assert.equal(status, 200);
  assert.match(text, /<main>wörld http:\/\/127\.0\.0\.1:\d+ /);
  const policy = String(headers['content-security-policy']);
  for (const directive of [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "require-trusted-types-for 'script'",
  ]) {
    assert.ok(policy.includes(directive), directive);
  }
  assert.ok(!policy.includes('unsafe'));
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['referrer-policy'], 'no-referrer');
  assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
  assert.equal(headers['x-robots-tag'], 'noindex, nofollow');
  assert.equal(headers['cache-control'], 'no-store');
  for (const [, address] of text.matchAll(/(?:href|src)="([^"]*)"/g)) assert.match(address as string, /^\/assets\//);
  assert.ok((await ask('/app')).headers['content-security-policy']?.includes("manifest-src 'self'"));
  assert.equal((await ask('/form')).headers['referrer-policy'], 'same-origin');
});

test('it answers to its public name and to its own address, and to no other name', async () => {
  const status = async (host: string) => (await ask('/hello/me', { headers: { host } })).status;
  for (const own of ['pay.example', 'PAY.example', `127.0.0.1:${port}`, `localhost:${port}`])
    assert.equal(await status(own), 200, own);
  for (const other of [
    'evil.example',
    'evil.example:80',
    `evil.example:${port}`,
    '127.0.0.1',
    'localhost',
    '127.0.0.1:1',
    `10.0.0.1:${port}`,
    'pay.example.evil.example',
    'pay.example@evil',
  ]) {
    assert.equal(await status(other), 421, other);
  }
});

test('who came to a trusted proxy without TLS is led to the public address; nobody else can say so', async (t) => {
  const behind = new PageServer({
    ...{ tools, sets: [set], own: { is_tls: false, public_url: 'https://pay.example' } },
    addresses: new ClientAddresses(['127.0.0.1']),
    refusals: new Refusals(systemClock),
    onUnexpected: (error) => unexpected.push(error),
  });
  const proxied = createServer((request, response) => behind.serve(request, response));
  await new Promise<void>((resolve) => proxied.listen(0, '127.0.0.1', resolve));
  t.after(() => proxied.close());
  const { port: proxied_port } = proxied.address() as AddressInfo;
  const headers = { host: 'pay.example', 'x-forwarded-proto': 'http' };
  const led = await ask('/hello/me?a=b', { port: proxied_port, headers });
  assert.deepEqual([led.status, led.headers.location], [308, 'https://pay.example/hello/me?a=b']);
  const sent = await ask(
    '/hello/me',
    { port: proxied_port, method: 'POST', headers: { ...headers, ...FORM } },
    'to=you',
  );
  assert.equal(sent.status, 403);
  const asked = { port: proxied_port, headers: { ...headers, 'x-forwarded-proto': 'https' } };
  assert.equal((await ask('/hello/me', asked)).status, 200);
  assert.equal((await ask('/hello/me', { headers })).status, 200, 'not from a proxy that is trusted');
});

test('a change is taken from a page of ours alone', async () => {
  const own = `http://127.0.0.1:${port}`;
  const done = await post({ 'sec-fetch-site': 'same-origin' });
  assert.equal(done.status, 303);
  assert.equal(done.headers.location, '/hello/you');
  assert.deepEqual(done.headers['set-cookie'], ['a=1', 'b=2']);
  assert.equal((await post({ origin: own })).status, 303);
  assert.equal((await post({ origin: 'https://pay.example', host: 'pay.example' })).status, 303);
  for (const headers of [
    {},
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site', origin: own },
    { 'sec-fetch-site': 'same-site', origin: own },
    { 'sec-fetch-site': 'none' },
  ]) {
    assert.equal((await post(headers as Record<string, string>)).status, 403, JSON.stringify(headers));
  }
  assert.equal((await ask('/open', { method: 'POST', headers: FORM })).status, 200);
});

test('a form is short, is a form, and is UTF-8', async () => {
  const own = { 'sec-fetch-site': 'same-origin' };
  assert.equal((await post(own, `to=${'x'.repeat(17_000)}`)).status, 413);
  assert.equal((await post({ ...own, 'content-type': 'text/plain' })).status, 400);
  assert.equal((await post({ ...own, 'content-type': 'multipart/form-data; boundary=x' })).status, 400);
  assert.equal((await post(own, 'to=a%20b%26')).headers.location, '/hello/a%20b%26');
});

test('what is not there, what is not taken, and what went wrong are pages in the language of the reader', async () => {
  const missing = await ask('/nothing', { headers: { 'accept-language': 'de' } });
  assert.equal(missing.status, 404);
  assert.match(missing.text, /<html lang="de">[\s\S]*Nicht gefunden/);
  assert.equal((await ask('/hello/')).status, 404);
  assert.equal((await ask('/hello/%E0%A4')).status, 404);
  assert.equal((await ask(`/${'x'.repeat(5000)}`)).status, 404);
  assert.equal((await ask('/hello/me', { method: 'DELETE' })).status, 405);
  assert.equal((await ask('/refused')).status, 403);
  const failed = await ask('/failed');
  assert.equal(failed.status, 500);
  assert.match(failed.text, /no &lt;b&gt;/);
  const busy = await ask('/busy');
  assert.deepEqual([busy.status, busy.headers['retry-after']], [503, '1']);
  assert.deepEqual(unexpected, []);
  const bug = await ask('/bug');
  assert.equal(bug.status, 500);
  assert.ok(!bug.text.includes('a bug'));
  assert.equal(unexpected.length, 1);
});

test('what is refused waits for its turn, and a page does not', async (t) => {
  const refusals = new Refusals(clock);
  const own = { is_tls: false, public_url: undefined };
  const busy = new PageServer({
    ...{ tools, sets: [set], own, addresses: new ClientAddresses([]), refusals },
    onUnexpected: (error) => unexpected.push(error),
  });
  const beside = createServer((request, response) => busy.serve(request, response));
  await new Promise<void>((resolve) => beside.listen(0, '127.0.0.1', resolve));
  t.after(() => beside.close());
  const { port: beside_port } = beside.address() as AddressInfo;
  const get = (path: string, more: RequestOptions = {}) => ask(path, { port: beside_port, agent: false, ...more });
  // So many leave at once, and the clock stands still.
  for (let sent = 0; sent < 20; sent++) refusals.send({ destroy() {} }, () => {});
  const answered: number[] = [];
  const refused = [
    get('/nothing'),
    get('/hello/me', { method: 'DELETE' }),
    get('/refused'),
    get('/hello/me', { headers: { host: 'evil.example' } }),
  ].map(async (answer) => void answered.push((await answer).status));
  for (let round = 0; round < 20; round++) {
    assert.equal((await get('/hello/me')).status, 200);
    assert.equal((await get('/busy')).status, 503);
  }
  assert.deepEqual(answered, []);
  const turns = setInterval(() => clock.advance(1000), 1);
  t.after(() => clearInterval(turns));
  await Promise.all(refused);
  assert.deepEqual(answered.sort(), [403, 404, 405, 421]);
});

test('nothing leads to another site by a redirect', async () => {
  await assert.rejects(ask('/elsewhere'));
});

test('HEAD answers as GET without a body, and what is long is zipped', async () => {
  const head = await ask('/hello/me', { method: 'HEAD' });
  assert.deepEqual([head.status, head.text], [200, '']);
  const zipped = await ask('/hello/me', { headers: { 'accept-encoding': 'gzip' } });
  assert.equal(zipped.headers['content-encoding'], 'gzip');
  assert.ok(Number(zipped.headers['content-length']) < 1000);
});

test('a style and a module are kept by their hash, and only whole names are found', async () => {
  const style = await ask(assets.style('look'), { headers: { 'accept-encoding': 'br' } });
  assert.equal(style.headers['content-type'], 'text/css; charset=utf-8');
  assert.equal(style.headers['content-encoding'], 'br');
  assert.match(String(style.headers['cache-control']), /immutable/);
  const module = await ask(assets.script('checkout'));
  assert.equal(module.headers['content-type'], 'text/javascript; charset=utf-8');
  assert.match(module.text, /from '\/assets\/trusted-[0-9a-f]{10}\.js'/);
  assert.doesNotMatch(module.text, /: string|interface /);
  for (const path of ['/assets/look.css', '/assets/../page.ts', '/assets/%2e%2e/page.ts', '/assets/']) {
    assert.equal((await ask(path)).status, 404, path);
  }
});

test('a stream begins at once, and an address has a hundred of them at most', async () => {
  const streams = new LiveStreams(clock);
  const text = await new Promise<string>((resolve, reject) => {
    const asking = httpRequest({ host: '127.0.0.1', port, path: '/live', agent: false }, (answer) => {
      let heard = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        heard += chunk;
        if (!heard.includes('two')) return;
        asking.destroy();
        resolve(heard);
      });
    });
    asking.on('error', reject);
    asking.end();
  });
  assert.equal(text, 'retry: 2000\n\nevent: state\ndata: one\ndata: two\n\n');
  const answers = Array.from({ length: 101 }, () => {
    const response = { closed: false, writeHead() {}, write: () => true, once() {} };
    return streams.open({ request: { method: 'GET' }, response, address: '192.0.2.1' } as never, () => () => {});
  });
  assert.deepEqual(
    answers.filter((answer) => typeof answer === 'object'),
    [{ problem: 'busy', headers: { 'retry-after': '60' } }],
  );
});

test('a reader that does not read is let go', async () => {
  const streams = new LiveStreams(clock);
  for (const kind of ['HTTP/1.1', 'HTTP/2']) {
    let unread = 0;
    let is_gone = false;
    const response = {
      ...(kind === 'HTTP/2'
        ? {
            stream: {
              get writableLength() {
                return unread;
              },
            },
          }
        : {}),
      get writableLength() {
        return kind === 'HTTP/2' ? undefined : unread;
      },
      writeHead() {},
      once() {},
      write: (text: string) => {
        unread += text.length;
      },
      destroy: () => {
        is_gone = true;
      },
    };
    streams.open({ request: { method: 'GET' }, response, address: '192.0.2.9' } as never, (send) => {
      for (let sent = 0; sent < 300 && !is_gone; sent++) send('state', 'x'.repeat(1000));
      return () => {};
    });
    assert.ok(is_gone, kind);
    assert.ok(unread < 300_000, kind);
  }
});

test('a long file is sent as it is read: one that breaks off does not look whole, and who leaves ends it', async () => {
  const whole = await ask('/file/ends');
  assert.deepEqual([whole.status, whole.text.length, whole.headers['content-length']], [200, 300_000, undefined]);
  assert.equal(whole.headers['x-content-type-options'], 'nosniff');
  await assert.rejects(ask('/file/breaks'), /aborted|hang up|ECONNRESET/);
  assert.match(String(unexpected.splice(0)), /the node is gone/);
  const seen = await new Promise<number>((resolve, reject) => {
    const asking = httpRequest({ host: '127.0.0.1', port, path: '/file/never', agent: false }, (answer) => {
      // Nobody reads: the file stops where buffers are full.
      answer.pause();
      const look = (before: number, turns: number): void => {
        const { pieces } = file;
        if (pieces < 1000 && turns < 2000) setImmediate(look, pieces, pieces === before ? turns + 1 : 0);
        else {
          asking.destroy();
          resolve(pieces);
        }
      };
      look(0, 0);
    });
    asking.on('error', reject);
    asking.end();
  });
  assert.ok(seen < 1000, `${seen} pieces of 100 kB went into buffers`);
  while (!file.is_over) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(unexpected, []);
});
