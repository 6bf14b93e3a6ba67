/** The web process as a process: what it cannot do, what happens when it ends, TLS, and what bad input gets. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connectToNode } from '../../../src/api/client/index.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { Town, until } from '../../support/town.ts';
import { exchange, requestBytes } from './raw-http.ts';

let town: Town;
let shop: Daemon;
let port: number;
let rune: string;

before(async () => {
  town = await Town.found();
  shop = await town.start('shop', '--clnrest-port=0', '--clnrest-protocol=http');
  port = restPort('shop');
  const client = await connectToNode(shop.rpc_file);
  ({ rune } = await client.call('createrune', {}));
  client.close();
});
after(() => town.close());

function restPort(name: string, protocol = 'http'): number {
  const line = town.log.findLast((text) => text.startsWith(name) && text.includes(`REST at ${protocol}://`)) as string;
  return Number(/:(\d+)\/v1/.exec(line)?.[1]);
}

function post(method: string, body = '{}', headers: readonly (readonly [string, string])[] = [['rune', rune]]) {
  const all = [
    ['host', 'x'],
    ['content-type', 'application/json'],
    ['content-length', String(Buffer.byteLength(body))],
  ];
  return exchange(port, requestBytes('POST', `/v1/${method}`, [...(all as [string, string][]), ...headers], body));
}

/** The web processes that this process has started. */
function webProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const isOurs =
          readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ')[1] === `${process.pid}`;
        return isOurs && /api.web.main/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
      } catch {
        return false;
      }
    });
}
const noProc = process.platform === 'linux' ? false : 'only Linux shows what a process has open';

test('the web process reads no file, starts no program and has no file of the node open', { skip: noProc }, () => {
  const [pid] = webProcesses();
  assert.ok(pid);
  assert.equal(
    readFileSync(`/proc/${pid}/environ`, 'utf8').replaceAll('\0', ''),
    '',
    'it is told nothing by environment',
  );
  const open = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  assert.deepEqual(
    open.filter((path) => path.startsWith(town.dir)),
    [],
  );
  // It reports itself what it could still do, and the node warns where that is more than nothing.
  const isStrict = process.allowedNodeEnvironmentFlags.has('--allow-net');
  const warnings = town.log.filter((line) => /the web process .*only a newer Node/.test(line));
  assert.equal(warnings.length, isStrict ? 0 : 1);
  if (!isStrict) return;
  const flags = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  assert.ok(flags.includes('--permission') && flags.includes('--allow-net'));
  const folders = flags.filter((flag) => flag.startsWith('--allow-fs-read=')).map((flag) => flag.slice(16));
  assert.deepEqual(
    folders.filter((folder) => town.dir.startsWith(folder.replace('*', ''))),
    [],
  );
});

test('the web process has a lower priority than the node', { skip: noProc }, () => {
  const [pid] = webProcesses();
  const own = getPriority();
  // It cannot be lower than 19.
  assert.equal(getPriority(pid), Math.min(own + 5, 19));
});

test('the web process is killed: the node goes on, and it comes back', { skip: noProc }, async () => {
  const [pid] = webProcesses();
  assert.equal((await post('getinfo')).status, 201);
  process.kill(pid as number, 'SIGKILL');
  await until(() => town.log.some((line) => /the web process ended \(SIGKILL\) and starts again/.test(line)));
  const client = await connectToNode(shop.rpc_file);
  assert.equal((await client.call('getinfo', {})).id, shop.keys.node_id);
  client.close();
  await until(() => town.log.some((line) => line.includes('the web process serves again')));
  assert.equal((await post('getinfo')).status, 201, 'at the same place');
  const [next] = webProcesses();
  assert.equal(getPriority(next), Math.min(getPriority() + 5, 19), 'and yields to the node as the one before');
});

test('over TLS, with certificates that a strict reader accepts, made once', async () => {
  const dir = join(town.dir, 'certificates');
  const second = await town.start('second', '--clnrest-port=0', `--clnrest-certs=${dir}`);
  const ca = readFileSync(join(dir, 'ca.pem'), 'utf8');
  const client = await connectToNode(second.rpc_file);
  const made = await client.call('createrune', { restrictions: 'readonly' });
  client.close();
  const ask = (): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const asked = httpsRequest(
        {
          host: '127.0.0.1',
          port: restPort('second', 'https'),
          path: '/v1/getinfo',
          method: 'POST',
          ca,
          headers: { rune: made.rune },
        },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      asked.on('error', reject).end();
    });
  assert.equal(await ask(), 201);
  for (const name of ['ca', 'ca-key', 'server', 'server-key', 'client', 'client-key']) {
    assert.equal(statSync(join(dir, `${name}.pem`)).mode & 0o777, 0o600);
  }
  await town.stop(second);
  await town.start('second', '--clnrest-port=0', `--clnrest-certs=${dir}`);
  assert.equal(readFileSync(join(dir, 'ca.pem'), 'utf8'), ca, 'none is touched while all are there');
  assert.equal(await ask(), 201);
});

test('a body beyond a megabyte is refused before it is read, said or unsaid', async () => {
  const headers: [string, string][] = [
    ['rune', rune],
    ['content-type', 'application/json'],
  ];
  const said = requestBytes('POST', '/v1/getinfo', [...headers, ['content-length', '1048577']]);
  assert.equal((await exchange(port, said)).status, 413);
  const chunk = `${(1_048_577).toString(16)}\r\n${' '.repeat(1_048_577)}\r\n`;
  const unsaid = requestBytes('POST', '/v1/getinfo', [...headers, ['transfer-encoding', 'chunked']], chunk);
  assert.equal((await exchange(port, unsaid)).status, 413);
});

test('a wait over HTTP answers when the invoice is paid, though another client hung up', async () => {
  const client = await connectToNode(shop.rpc_file);
  await client.call('invoice', { amount_msat: 1000, label: 'waited', description: 'x' });
  client.close();
  const body = '{"label":"waited"}';
  const bytes = requestBytes(
    'POST',
    '/v1/waitinvoice',
    [
      ['rune', rune],
      ['content-length', String(body.length)],
    ],
    body,
  );
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes);
  const answered = exchange(port, bytes);
  socket.destroy();
  const invoice = await shop.invoices.find({ label: 'waited' });
  await shop.invoices.markPaid(invoice?.payment_hash as never, 1000n as never);
  assert.equal((JSON.parse((await answered).body) as { status: string }).status, 'paid');
});

test('rune errors name no secret and nothing is run', async () => {
  const answer = await post('invoice', '{"amount_msat":1,"label":"never","description":"x"}', [['rune', `${rune}x`]]);
  assert.equal(answer.status, 401);
  assert.ok(!answer.body.includes(rune.slice(0, 20)));
  assert.equal((await shop.invoices.find({ label: 'never' })) ?? undefined, undefined);
});
