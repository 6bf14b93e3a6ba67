/** Two nodes on one database on a server: who works, what the other one answers meanwhile, and how the work changes hands. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CallError, type Client, connectToNode } from '../../../src/api/client/index.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { ERRORS } from '../../../src/base/errors.ts';
import { PostgresServer, postgresMissing } from '../../support/postgres.ts';
import { TIMEOUT } from '../../support/time-limit.ts';
import { Town, until, untilAsync } from '../../support/town.ts';

describe('a pair on one database', { ...TIMEOUT, skip: postgresMissing ?? false }, () => {
  let server: PostgresServer;
  let town: Town;
  let wallet: string;
  const dirOf = (name: string): string => join(town.dir, name, 'regtest');
  const socketOf = (name: string): string => join(dirOf(name), 'lightning-rpc');
  const options = (name: string): readonly string[] => [
    `--wallet=${wallet}`,
    `--node-name=${name}`,
    '--lease-seconds=60',
    '--standby',
  ];

  before(async () => {
    server = await PostgresServer.start(['fsync=on']);
    wallet = server.dsn();
    town = await Town.found();
  });
  after(async () => {
    await town.close();
    await server.stop();
  });

  /** Gives a node the seed of the other one. */
  function copySeed(from: string, to: string): void {
    mkdirSync(dirOf(to), { recursive: true });
    copyFileSync(join(dirOf(from), 'seed'), join(dirOf(to), 'seed'));
  }

  async function asked<T>(name: string, ask: (client: Client) => Promise<T>): Promise<T> {
    const client = await connectToNode(socketOf(name), { reconnect: false });
    try {
      return await ask(client);
    } finally {
      client.close();
    }
  }

  /** Starts a standby, and waits until it answers. `active` resolves when it has taken over. */
  async function standBy(name: string, ...more: readonly string[]): Promise<{ readonly active: Promise<Daemon> }> {
    const active = town.start(name, ...options(name), ...more);
    active.catch(() => {
      // Whoever waits for it is told.
    });
    await untilAsync(async () => asked(name, async () => true).catch(() => false));
    return { active };
  }

  it('the second node waits, answers what can be read, and takes over when the first lets go', async () => {
    const front = await town.start('front', ...options('front'));
    const { bolt11 } = await asked('front', (client) =>
      client.call('invoice', { amount_msat: 1000, label: 'coffee', description: 'a cup' }),
    );
    copySeed('front', 'back');
    const { active } = await standBy('back');
    await asked('back', async (back) => {
      const { pair, id } = await back.call('getinfo', {});
      assert.deepEqual([pair?.state, pair?.holder, pair?.node_name], ['standby', 'front', 'back']);
      assert.equal(id, front.keys.node_id);
      const { invoices } = await back.call('listinvoices', {});
      assert.deepEqual(
        invoices.map((invoice) => [invoice.label, invoice.bolt11]),
        [['coffee', bolt11]],
      );
      await assert.rejects(back.call('invoice', { amount_msat: 1, label: 'tea', description: 'x' }), (error) => {
        assert.ok(error instanceof CallError);
        assert.deepEqual([error.code, error.message.includes('front')], [ERRORS.NODE_IS_STANDBY.code, true]);
        return true;
      });
      for (const method of ['listpays', 'listsendpays', 'help', 'listconfigs'] as const) await back.call(method, {});
      await back.call('decode', { string: bolt11 });
    });
    const { pair } = await asked('front', (client) => client.call('getinfo', {}));
    assert.deepEqual([pair?.state, pair?.standbys], ['active', ['back']]);
    const waits = "SELECT pid FROM pg_stat_activity WHERE application_name = 'till-standby back'";
    const [waiting] = await server.ask(waits);
    assert.equal((await asked('front', (client) => client.call('switchover', {}))).standby, 'back');

    await town.stop(front);
    const back = await active;
    await asked('back', async (client) => {
      assert.equal((await client.call('getinfo', {})).pair?.state, 'active');
      const { created_index } = await client.call('invoice', { amount_msat: 1, label: 'tea', description: 'x' });
      assert.equal(Number(created_index), 2);
    });
    const [lease] = await server.ask('SELECT backend_pid FROM lease');
    assert.equal(Number(lease?.backend_pid), waiting?.pid, 'the connection over which it has waited is there to write');
    assert.deepEqual(await server.ask(waits), []);
    await assert.rejects(
      asked('back', (client) => client.call('switchover', {})),
      (error) => error instanceof CallError && error.code === ERRORS.NO_STANDBY.code,
    );
    await town.stop(back);
  });

  it('over HTTP a standby says that it is one, at every door, and goes on at the same ports when it takes over', async () => {
    const front = await town.start('front', ...options('front'));
    const rune = (await asked('front', (client) => client.call('createrune', {}))).rune;
    const doors = ['clnrest-port=0', 'api-bind=127.0.0.1:0', 'metrics-bind=127.0.0.1:0', 'shop-bind=127.0.0.1:0'];
    const insecure = ['clnrest-protocol=http', 'dashboard-bind=127.0.0.1:0'];
    const started = town.start('back', ...options('back'), ...[...doors, ...insecure].map((option) => `--${option}`));
    const told = (what: string): RegExpExecArray | null =>
      new RegExp(`back info ${what} (https?://\\S+)`).exec(town.log.join('\n'));
    await until(() => told('the dashboard at') !== null);
    const [rest, api, operators, shop, dashboard] = [
      'REST at',
      'the interface for programs at',
      'metrics at',
      "the shop's pages at",
      'the dashboard at',
    ].map((what) => new URL(told(what)?.[1] as string).origin) as [string, string, string, string, string];
    const get = async (url: string, init: RequestInit = {}) => {
      const response = await fetch(url, { ...init, redirect: 'manual' });
      const { status, headers } = response;
      return { status, retry_after: headers.get('retry-after'), text: await response.text() };
    };

    assert.deepEqual(await get(`${operators}/healthz`), {
      status: 200,
      retry_after: null,
      text: '{"status":"ok","reason":"standby","problems":[]}',
    });
    assert.deepEqual(await get(`${operators}/readyz`), {
      status: 503,
      retry_after: null,
      text: '{"status":"not ok","reason":"standby","problems":["this node is the standby of a pair: front works"]}',
    });
    assert.match((await get(`${operators}/metrics`)).text, /^till_standby 1$/m);

    const elsewhere = /^This node is the standby of a pair/;
    const called = await get(`${rest}/v1/getinfo`, { method: 'POST', headers: { rune } });
    const { code, message } = JSON.parse(called.text) as { code: number; message: string };
    assert.deepEqual([called.status, called.retry_after, code], [503, '1', ERRORS.NODE_IS_STANDBY.code]);
    assert.match(message, elsewhere);
    const authorization = `Bearer ${rune}`;
    for (const [path, accept] of [
      ['invoices', 'application/json'],
      ['events', 'text/event-stream'],
    ] as const) {
      const headers = { authorization, accept };
      const { status, retry_after, text } = await get(`${api}/api/v1/${path}`, { headers });
      const problem = JSON.parse(text) as { error: string; detail: string };
      assert.deepEqual([status, retry_after, problem.error], [503, '1', 'NODE_IS_STANDBY'], path);
      assert.match(problem.detail, elsewhere);
    }
    const customer = await get(`${shop}/i/unknown`, { headers: { 'accept-language': 'en' } });
    assert.deepEqual([customer.status, customer.retry_after], [503, '1']);
    assert.match(customer.text, /Another machine serves this shop now/);
    const wallet_of_customer = await get(`${shop}/.well-known/lnurlp/coffee`);
    assert.deepEqual(JSON.parse(wallet_of_customer.text), {
      status: 'ERROR',
      reason: 'The shop is busy: try again in a moment.',
    });
    const owner = await get(`${dashboard}/`, {
      headers: { cookie: `till-${new URL(dashboard).port}=${'s'.repeat(43)}` },
    });
    assert.deepEqual([owner.status, owner.retry_after], [503, '1']);

    await town.stop(front);
    const back = await started;
    assert.equal((await get(`${rest}/v1/getinfo`, { method: 'POST', headers: { rune } })).status, 201);
    assert.equal((await get(`${api}/api/v1/invoices`, { headers: { authorization } })).status, 200);
    const ready = JSON.parse((await get(`${operators}/readyz`)).text) as { reason?: string; problems: string[] };
    assert.deepEqual(
      [ready.reason, ready.problems],
      [undefined, ['no channel that is up can receive: see listpeerchannels']],
    );
    assert.match((await get(`${operators}/metrics`)).text, /^till_standby 0$/m);
    assert.equal((await get(`${shop}/i/unknown`)).status, 404);
    await town.stop(back);
  });

  it('a standby whose ports are taken waits all the same, and serves once it works', async () => {
    const front = await town.start('front', ...options('front'), '--metrics-bind=127.0.0.1:0');
    const line = town.log.findLast((each) => each.startsWith('front info metrics at')) as string;
    const url = new URL(line.split(' ').at(-1) as string).origin;
    const started = town.start('back', ...options('back'), `--metrics-bind=${new URL(url).host}`);
    await until(() => town.log.some((line) => /^back warn this standby serves no HTTP: cannot listen/.test(line)));
    await town.stop(front);
    const back = await started;
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    await town.stop(back);
  });

  it('streams and webhooks go on at the other node behind the last number', async () => {
    const received: { readonly by: string; readonly id: string }[] = [];
    const receiver = createServer((request, response) => {
      received.push({ by: request.headers['user-agent'] ?? '', id: String(request.headers['webhook-id']) });
      request.resume().once('end', () => response.writeHead(204).end());
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const { port } = receiver.address() as AddressInfo;
    const more = ['--webhook-allow-private=127.0.0.1', '--api-bind=127.0.0.1:0'];
    const front = await town.start('front', ...options('front'), ...more);
    const { rune } = await asked('front', (client) => client.call('createrune', {}));
    await asked('front', (client) => client.call('createwebhook', { url: `http://127.0.0.1:${port}/hook` }));
    const make = (node: string, label: string) =>
      asked(node, (client) => client.call('invoice', { amount_msat: 1000, label, description: 'x' }));
    await make('front', 'before the takeover');
    await until(() => received.length === 1);
    const { last_id } = await asked('front', (client) => client.call('listevents', {}));

    copySeed('front', 'back');
    const { active } = await standBy('back', ...more);
    await town.stop(front);
    const back = await active;
    await make('back', 'behind the takeover');
    await until(() => received.length === 2);
    const [first, second] = received.map(({ id }) => id);
    assert.notEqual(first, second);
    const url = town.log
      .findLast((line) => line.startsWith('back info the interface for programs at'))
      ?.split(' ')
      .at(-1);
    const stream = await fetch(`${new URL(url as string).origin}/api/v1/events`, {
      headers: { authorization: `Bearer ${rune}`, accept: 'text/event-stream', 'last-event-id': String(last_id) },
    });
    let text = '';
    for await (const piece of stream.body as ReadableStream<Uint8Array>) {
      text += Buffer.from(piece).toString();
      if (text.includes('\n\n') && text.includes('id:')) break;
    }
    assert.match(text, new RegExp(`^id: ?${Number(last_id) + 1}$`, 'm'));
    assert.match(text, /behind the takeover/);
    assert.doesNotMatch(text, /before the takeover/);
    await town.stop(back);
    receiver.close();
    receiver.closeAllConnections();
  });

  it('a node that is not to wait is told who works', async () => {
    // A disk that is busy keeps a renewal for longer than a second, and the third node would take the lease.
    const back = await town.start('back', ...options('back'), '--lease-seconds=5');
    copySeed('front', 'third');
    await assert.rejects(
      town.start('third', `--wallet=${wallet}`, '--lease-seconds=5'),
      /the node back works on this database.*--standby/,
    );
    await town.stop(back);
  });

  it('a standby without the seed is told which file it needs', async () => {
    const back = await town.start('back', ...options('back'));
    await assert.rejects(town.start('fourth', ...options('fourth')), /a standby needs the seed .*copy seed/);
    await town.stop(back);
  });

  it('a database that knows fewer commits than the node is taken for old, and counts on from there', async () => {
    const front = await town.start('front', ...options('front'));
    await asked('front', (client) => client.call('createrune', {}));
    await town.stop(front);
    const [before] = await server.ask('SELECT commit_number FROM lease');
    await server.ask('UPDATE lease SET commit_number = 1');
    await assert.rejects(town.start('front', ...options('front'), '--copied-database=latest'), /lacks commits/);
    const again = await town.start('front', ...options('front'));
    assert.ok(town.log.some((line) => /^front warn .*older than this node: it has 1 commits, and \d+ were/.test(line)));
    const [now] = await server.ask('SELECT commit_number, is_behind FROM lease');
    assert.ok(BigInt(now?.commit_number as string) > BigInt(before?.commit_number as string));
    assert.equal(String(now?.is_behind), '0');
    // Runes of an old database are forgotten: some may have been revoked since.
    assert.equal((await asked('front', (client) => client.call('showrunes', {}))).runes.length, 0);
    await town.stop(again);
  });
});
