/** Strangers at the web process: bytes that mean nothing, crowds, readers that do not read, and the end of the node. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { connectToNode } from '../../../src/api/client/index.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { Town } from '../../support/town.ts';
import { exchange, requestBytes } from './raw-http.ts';

/** More of them by hand: TILL_IDLE_CONNECTIONS=10000 and a limit of files to match. */
const IDLE_CONNECTIONS = Number(process.env.TILL_IDLE_CONNECTIONS ?? 500);

let town: Town;
let shop: Daemon;
let rest: number;
let api: number;
let rune: string;

before(async () => {
  town = await Town.found();
  shop = await town.start('shop', '--clnrest-port=0', '--clnrest-protocol=http', '--api-bind=127.0.0.1:0');
  const log = town.log.join('\n');
  rest = Number(/REST at http:\S+:(\d+)\/v1/.exec(log)?.[1]);
  api = Number(/for programs at http:\S+:(\d+)\/api/.exec(log)?.[1]);
  const client = await connectToNode(shop.rpc_file);
  ({ rune } = await client.call('createrune', {}));
  client.close();
});
after(() => town.close());

async function isServing(): Promise<boolean> {
  const answer = await exchange(
    rest,
    requestBytes('POST', '/v1/getinfo', [
      ['rune', rune],
      ['content-length', '0'],
    ]),
  );
  return answer.status === 201;
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.on('error', reject);
  });
}

/** Sends bytes and resolves when the server has hung up, or has answered. */
async function send(port: number, bytes: Buffer): Promise<void> {
  const socket = await open(port);
  await new Promise<void>((resolve) => {
    socket.once('data', () => resolve()).once('close', () => resolve());
    socket.end(bytes);
  });
  socket.destroy();
}

test('bytes that mean nothing end their own connection and no more', async () => {
  const word = fc.constantFrom(
    'GET ',
    'POST ',
    '/v1/getinfo',
    ' HTTP/1.1\r\n',
    'host: x\r\n',
    'rune: ',
    '\r\n\r\n',
    '{}',
    '\0',
    '%',
  );
  const noise = fc.array(fc.oneof(word, fc.string({ unit: 'binary', maxLength: 40 })), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(noise, fc.boolean(), async (pieces, isRest) => {
      await send(isRest ? rest : api, Buffer.from(pieces.join(''), 'latin1'));
    }),
    { numRuns: 150 },
  );
  assert.ok(await isServing());
});

test('no rune that was changed, cut or lengthened is taken', async () => {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_='];
  const changed = fc.oneof(
    fc
      .tuple(fc.nat(rune.length - 1), fc.constantFrom(...letters))
      .map(([at, letter]) => rune.slice(0, at) + letter + rune.slice(at + 1)),
    fc.nat(rune.length - 1).map((length) => rune.slice(0, length)),
    fc.array(fc.constantFrom(...letters), { minLength: 1, maxLength: 8 }).map((more) => rune + more.join('')),
  );
  const bare = rune.replace(/=+$/, '');
  await fc.assert(
    fc.asyncProperty(
      changed.filter((text) => text.replace(/=+$/, '') !== bare),
      async (text) => {
        const bytes = requestBytes('POST', '/v1/getinfo', [
          ['rune', text],
          ['content-length', '0'],
        ]);
        assert.equal((await exchange(rest, bytes)).status, 401);
      },
    ),
    { numRuns: 200 },
  );
});

test('a crowd that connects and says nothing keeps nobody out', async () => {
  const crowd = await Promise.all(Array.from({ length: IDLE_CONNECTIONS }, () => open(rest)));
  // Half of them begin a request and never end it.
  for (const [index, socket] of crowd.entries()) if (index % 2 === 0) socket.write('POST /v1/getinfo HTTP/1.1\r\n');
  assert.ok(await isServing());
  for (const socket of crowd) socket.destroy();
});

test('waits of many clients keep nobody out', async () => {
  const wait = requestBytes('POST', '/v1/waitanyinvoice', [
    ['rune', rune],
    ['content-length', '0'],
  ]);
  const waiting = await Promise.all(Array.from({ length: 200 }, () => open(rest)));
  for (const socket of waiting) socket.write(wait);
  // More of them than the node works on at once: those behind get their turn when the first count as waiting.
  assert.ok(await isServing());
  for (const socket of waiting) socket.destroy();
});

test('a reader that does not read a long list holds up nobody', async () => {
  const client = await connectToNode(shop.rpc_file);
  const made = Array.from({ length: 3000 }, (_none, index) =>
    client.call('invoice', { amount_msat: 1000, label: `long-${index}`, description: 'x'.repeat(500) }),
  );
  await Promise.all(made);
  client.close();
  const list = requestBytes('POST', '/v1/listinvoices', [
    ['rune', rune],
    ['content-length', '0'],
  ]);
  const deaf = await Promise.all(Array.from({ length: 5 }, () => open(rest)));
  for (const socket of deaf) {
    socket.pause();
    socket.write(list);
  }
  assert.ok(await isServing());
  const whole = await exchange(rest, list);
  assert.equal((JSON.parse(whole.body) as { invoices: unknown[] }).invoices.length, 3000);
  for (const socket of deaf) socket.destroy();
});

test('a request that waits while the node stops is told so', async () => {
  const doomed = await town.start('doomed', '--clnrest-port=0', '--clnrest-protocol=http');
  const port = Number(/doomed info REST at http:\S+:(\d+)\/v1/.exec(town.log.join('\n'))?.[1]);
  const client = await connectToNode(doomed.rpc_file);
  const made = await client.call('createrune', {});
  const waiting = exchange(
    port,
    requestBytes('POST', '/v1/waitanyinvoice', [
      ['rune', made.rune],
      ['content-length', '0'],
    ]),
  );
  // It has arrived when its rune was used.
  while ((await client.call('showrunes')).runes[0]?.last_used === undefined);
  client.close();
  await town.stop(doomed);
  const { status, body } = await waiting;
  assert.deepEqual([status, (JSON.parse(body) as { code: number }).code], [500, -5]);
});
