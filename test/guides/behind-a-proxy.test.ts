/**
 * The guide's lines in a real Caddy and a real nginx, each in front of a node: every interface through the proxy, events as
 * they happen, limits for each client. Each is skipped by name where it is not installed.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { io } from 'socket.io-client';
import { loadCertificates } from '../../src/api/server/certificates.ts';
import { freePort } from '../support/bitcoind.ts';
import { GUIDES, Reader } from './reader.ts';

/** Debian's nginx is where only root's PATH looks. */
const PATH = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;
const GUIDE = readFileSync(join(GUIDES, 'behind-a-proxy.md'), 'utf8');

interface Proxy {
  readonly name: 'caddy' | 'nginx';
  readonly version: string;
  /** Writes what it reads, from the guide's listing, and answers its command line. */
  configure(dir: string, listing: string, port: number): readonly string[];
}

const PROXIES: readonly Proxy[] = [
  {
    name: 'caddy',
    version: 'version',
    configure(dir, listing, port) {
      const own = listing.replace(
        'shop.example {',
        `https://localhost:${port} {\n\tbind 127.0.0.1\n\ttls ${dir}/server.pem ${dir}/server-key.pem`,
      );
      writeFileSync(join(dir, 'Caddyfile'), `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${own}`);
      return ['run', '--config', join(dir, 'Caddyfile'), '--adapter', 'caddyfile'];
    },
  },
  {
    name: 'nginx',
    version: '-v',
    configure(dir, listing, port) {
      const own = listing
        .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
        .replace('server_name shop.example', 'server_name localhost')
        .replaceAll(/\/etc\/letsencrypt\S+\/fullchain\.pem/g, `${dir}/server.pem`)
        .replaceAll(/\/etc\/letsencrypt\S+\/privkey\.pem/g, `${dir}/server-key.pem`);
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (name) => `${name}_temp_path ${dir}/${name};`,
      );
      const around = `daemon off; master_process off; pid ${dir}/pid; error_log stderr; events {}\n`;
      writeFileSync(join(dir, 'nginx.conf'), `${around}http { access_log off; ${temporary.join(' ')}\n${own}}\n`);
      return ['-p', dir, '-e', 'stderr', '-c', join(dir, 'nginx.conf')];
    },
  },
];

/** Why a program cannot run here; undefined when it can. */
function missing(name: string, word: string): string | undefined {
  return spawnSync(name, [word], { env: { ...process.env, PATH } }).error === undefined
    ? undefined
    : `there is no ${name}`;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The client's own address. */
  readonly from?: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function untilServed(port: number, child: ChildProcess, said: () => string): Promise<void> {
  for (;;) {
    assert.equal(child.exitCode, null, said());
    const socket = connect(port, '127.0.0.1');
    const isServed = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (isServed) return;
  }
}

for (const { name, version, configure } of PROXIES) {
  const skip = missing(name, version) ?? missing('curl', '--version') ?? false;
  test(`docs/guide/behind-a-proxy.md, with ${name}`, { skip }, async (t) => {
    const ports = { proxy: await freePort(), shop: await freePort(), api: await freePort(), rest: await freePort() };
    const replaced: [string, string][] = [
      ['3013', String(ports.shop)],
      ['3012', String(ports.api)],
      ['3010', String(ports.rest)],
    ];
    const listing = replaced.reduce(
      (text, [from, to]) => text.replaceAll(from, to),
      new RegExp(`^\`\`\`${name}\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(GUIDE)?.[1] ?? '',
    );
    assert.notEqual(listing, '');
    const reader = new Reader('behind-a-proxy', [
      ...replaced,
      ['shop.example', `localhost:${ports.proxy}`],
      ['curl ', 'curl --silent --cacert proxy/ca.pem '],
      // Where others run, the dashboard's own port may be taken.
      ['till start', 'till start --dashboard-bind=127.0.0.1:0'],
    ]);
    const dir = join(reader.home, 'proxy');
    mkdirSync(dir);
    const { 'ca.pem': ca } = await loadCertificates(dir, '127.0.0.1');
    const child = spawn(name, configure(dir, listing, ports.proxy), {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, PATH, HOME: dir, XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir },
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    t.after(async () => {
      const ended = once(child, 'exit');
      if (child.exitCode === null) child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await ended;
      await reader.close();
    });
    await untilServed(ports.proxy, child, () => said);

    const ask = (path: string, { method = 'GET', headers = {}, body = '', from = '127.0.0.1' }: Asked = {}) =>
      new Promise<Answer>((resolve, reject) => {
        const target = { host: '127.0.0.1', port: ports.proxy, servername: 'localhost', localAddress: from };
        const options = {
          path,
          method,
          ca,
          agent: false as const,
          headers: { host: `localhost:${ports.proxy}`, ...headers },
        };
        const asking = request({ ...target, ...options }, (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk;
          });
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
        });
        asking.on('error', reject);
        asking.end(body);
      });

    reader.file('~/.till/config');
    const node = reader.begin('till start');
    await node.says('is up on regtest');
    reader.env.RUNE = JSON.parse(
      (await reader.run(`till createrune restrictions='[["method^list","method^get","method^wait"]]'`)).stdout,
    ).rune;
    const rune = reader.env.RUNE as string;
    const asked = await reader.run(`curl -X POST -H "Rune: $RUNE" https://shop.example/v1/getinfo`);
    assert.equal(JSON.parse(asked.stdout).network, 'regtest', asked.stdout);
    // Events come as they happen, and not when the proxy has gathered enough.
    const events = reader.begin(
      `curl -N -H "Authorization: Bearer $RUNE" -H 'accept: text/event-stream' https://shop.example/api/v1/events`,
    );
    await events.says('retry:');
    const made = JSON.parse(
      await reader.outside('till invoice amount_msat=1000sat label=order-17 description=Tea checkout=true'),
    );
    await events.says('"label":"order-17"');
    await events.end();
    reader.assertAllFollowed();

    const post = (path: string, rune: string, body = '') =>
      ask(path, { method: 'POST', headers: { rune, 'content-type': 'application/json' }, body });
    assert.equal((await post('/v1/getinfo', 'AAAA')).status, 401);
    assert.equal((await post('/v1/invoice', rune, '{"label":"a","amount_msat":1,"description":"b"}')).status, 401);
    // A wait is held open until there is something to say.
    const waiting = post('/v1/wait', rune, '{"subsystem":"invoices","indexname":"created","nextvalue":2}');
    await reader.outside('till invoice 1000sat order-18 Tea');
    assert.equal(JSON.parse((await waiting).text).created, 2);

    const socket = io(`https://localhost:${ports.proxy}`, {
      ...{ transports: ['websocket'], reconnection: false, forceNew: true, ca, extraHeaders: { rune } },
    });
    const heard = new Promise<unknown>((resolve) => {
      socket.on('message', (message: Record<string, unknown>) => 'invoice_creation' in message && resolve(message));
    });
    await new Promise<void>((resolve, reject) => socket.on('connect', resolve).on('connect_error', reject));
    await reader.outside('till invoice 1000sat order-19 Tea');
    assert.deepEqual(await heard, { invoice_creation: { label: 'order-19', msat: 1_000_000 } });
    socket.close();

    // The page answers to its public name, with addresses that lead back to it.
    const url = new URL(made.checkout_url);
    assert.equal(url.host, `localhost:${ports.proxy}`);
    const page = (from: string, more: Readonly<Record<string, string>> = {}) =>
      ask(url.pathname, { from, headers: { accept: 'text/html', ...more } });
    assert.match((await page('127.0.0.2')).text, /Tea/);
    assert.equal((await page('127.0.0.2', { host: 'evil.example' })).text.includes('Tea'), false);
    // Limits are the client's own, whatever it writes into the header, and each client has its own.
    let last = 200;
    for (let count = 0; last === 200; count++) {
      assert.ok(count < 1000, 'no limit was reached');
      last = (await page('127.0.0.2', { 'x-forwarded-for': `198.51.100.${count % 256}` })).status;
    }
    assert.equal(last, 429);
    assert.equal((await page('127.0.0.3')).status, 200);
    await node.end();
  });
}
