/** clnrest's notifications, heard with the real Socket.IO client, over WebSocket and by polling. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { io } from 'socket.io-client';
import { connectToNode } from '../../../src/api/client/index.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { Town } from '../../support/town.ts';
import { exchange, requestBytes } from './raw-http.ts';
import { socketIoFrames } from './raw-socket-io.ts';

let town: Town;
let shop: Daemon;
let port: number;

before(async () => {
  town = await Town.found();
  shop = await town.start('shop', '--clnrest-port=0', '--clnrest-protocol=http');
  port = restPort('shop');
});
after(() => town.close());

function restPort(name: string): number {
  const line = town.log.find((text) => text.startsWith(name) && text.includes('REST at http://')) as string;
  return Number(/:(\d+)\/v1/.exec(line)?.[1]);
}

async function createRune(restrictions: string | readonly (readonly string[])[]): Promise<string> {
  const client = await connectToNode(shop.rpc_file);
  const { rune } = await client.call('createrune', { restrictions: restrictions as 'readonly' });
  client.close();
  return rune;
}

/** A client with its rune in the header, as RTL has it. */
function listen(rune: string | undefined, transport: 'websocket' | 'polling') {
  return io(`http://127.0.0.1:${port}`, {
    transports: [transport],
    reconnection: false,
    forceNew: true,
    ...(rune === undefined ? {} : { extraHeaders: { rune } }),
  });
}

for (const transport of ['websocket', 'polling'] as const) {
  test(`an invoice is told when it is made, without its preimage, over ${transport}`, async () => {
    const socket = listen(await createRune('readonly'), transport);
    await new Promise<void>((resolve, reject) => socket.on('connect', resolve).on('connect_error', reject));
    const heard = new Promise<Record<string, unknown>>((resolve) => {
      socket.on('message', (notification: Record<string, unknown>) => {
        if ('invoice_creation' in notification) resolve(notification);
      });
    });
    const client = await connectToNode(shop.rpc_file);
    await client.call('invoice', { amount_msat: 1000, label: `told ${transport}`, description: 'x' });
    assert.deepEqual(await heard, { invoice_creation: { label: `told ${transport}`, msat: 1000 } });
    client.close();
    socket.close();
  });
}

test('who has no rune for it is told why, in the words of clnrest', async () => {
  const reasonFor = async (rune: string | undefined): Promise<string> => {
    const socket = listen(rune, 'websocket');
    const error = await new Promise<Error>((resolve) => socket.on('connect_error', resolve));
    socket.close();
    return error.message;
  };
  assert.equal(await reasonFor(undefined), 'Forbidden: Error code 1501: Not authorized: Missing rune');
  assert.equal(
    await reasonFor('d73DW5i0edNA1yNPuBRflv0BWXv0Fl_ARc4X824Ao_k9MA=='),
    'Unauthorized: Error code 1501: Not authorized: Not derived from master',
  );
  assert.equal(
    await reasonFor(await createRune([['method=getinfo']])),
    'Unauthorized: Error code 1502: Not permitted: method is not equal to getinfo',
  );
});

test('a session that nobody knows begins anew, and an old protocol is refused', async () => {
  const ask = (path: string) => exchange(port, requestBytes('GET', path, [['Host', '127.0.0.1']]));
  const unknown = await ask('/socket.io/?EIO=4&transport=polling&sid=nosuch');
  assert.equal(unknown.status, 200);
  assert.match(unknown.body, /^0\{"sid":"[\w-]{20}","upgrades":\["websocket"\]/);
  assert.equal((await ask('/socket.io/?EIO=3&transport=polling')).status, 400);
  assert.equal((await ask('/socket.io/')).status, 400);
});

test('what a client says before it has joined, or of a namespace that there is not, is passed over', async () => {
  const rune = await createRune('readonly');
  const binary = Uint8Array.of(1, 2, 3);
  const early = ['42["message","x"]', '42/other,["x"]', '420["acked"]', '43/other,1["x"]', '41', '41/other,'] as const;
  const client = await connectToNode(shop.rpc_file);
  const frames = await socketIoFrames(
    {
      ...{ port, path: '/socket.io/?EIO=4&transport=websocket', headers: [['rune', rune]] },
      // The last ones come while the rune is being judged.
      said: [...early, '451-["x",{"_placeholder":true,"num":0}]', binary, '40', ...early, '451-/other,["x"]', binary],
      count: 2,
    },
    async () => {
      await client.call('invoice', { amount_msat: 1000, label: 'after early packets', description: 'x' });
    },
  );
  client.close();
  assert.match(frames[0] as string, /^40\{"sid":/);
  assert.equal(frames[1], '42["message",{"invoice_creation":{"label":"after early packets","msat":1000}}]');
});

test('by polling too, and what is no packet still ends the connection', async () => {
  const path = '/socket.io/?EIO=4&transport=polling';
  const rune = await createRune('readonly');
  const heard = async (session: string, ...headers: (readonly [string, string])[]) => {
    const { body } = await exchange(port, requestBytes('GET', session, [['Host', '127.0.0.1'], ...headers]));
    return body;
  };
  const open = async (): Promise<string> =>
    `${path}&sid=${JSON.parse((await heard(path, ['Rune', rune])).slice(1)).sid}`;
  const say = async (session: string, text: string): Promise<void> => {
    const headers = [
      ['Host', '127.0.0.1'],
      ['Content-Type', 'text/plain'],
      ['Content-Length', `${text.length}`],
    ] as const;
    assert.equal((await exchange(port, requestBytes('POST', session, headers, text))).status, 200);
  };
  const patient = await open();
  await say(patient, '42["x"]\u001e42/other,["x"]\u001e40');
  assert.match(await heard(patient), /^40\{"sid":/);
  const broken = await open();
  await say(broken, '4nonsense');
  // Engine.IO's close, or a new session where the old one is over already.
  assert.match(await heard(broken), /1$|^0\{"sid":/);
});
