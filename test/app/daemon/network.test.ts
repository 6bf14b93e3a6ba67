/** The public network of whole nodes: what one says of itself reaches another that has no channel with it. */
import assert from 'node:assert/strict';
import { createServer, connect as dial, type Server } from 'node:net';
import { after, before, test } from 'node:test';
import { CallError, connectToNode } from '../../../src/api/client/index.ts';
import type { PlainJson, PlainJsonObject } from '../../../src/api/rpc/json.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { Town, until, untilAsync } from '../../support/town.ts';

let town: Town;
let shop: Daemon;
let customer: Daemon;
let guest: Daemon;
/** The address that the shop announces: it leads to wherever the shop listens. */
let gate: Server;

before(async () => {
  town = await Town.found();
  gate = createServer((socket) => {
    const inner = dial(shop.bindings[0] as { host: string; port: number });
    for (const each of [socket, inner]) each.on('error', () => {});
    socket.pipe(inner).pipe(socket);
  });
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve));
  const { port } = gate.address() as { port: number };
  [shop, customer, guest] = await Promise.all([
    town.start('shop', `--announce-addr=127.0.0.1:${port}`, '--rgb=0A0B0C'),
    town.start('customer'),
    town.start('guest'),
  ]);
  await town.fund(customer);
  await town.connect(customer, shop);
});
after(async () => {
  await town.close();
  gate.close();
});

async function ask(daemon: Daemon, method: string, params: PlainJsonObject = {}): Promise<PlainJsonObject> {
  const client = await connectToNode(daemon.rpc_file);
  try {
    return (await client.callAny(method, params)) as PlainJsonObject;
  } finally {
    client.close();
  }
}

async function rowsOf(daemon: Daemon, method: string, list: string, params: PlainJsonObject = {}) {
  return (await ask(daemon, method, params))[list] as unknown as readonly Record<string, PlainJson>[];
}

test('a node without channels has no map, and says that there is no way', async () => {
  assert.deepEqual(await rowsOf(guest, 'listchannels', 'channels'), []);
  const asked = { id: shop.keys.node_id, amount_msat: 1, riskfactor: 1 };
  await assert.rejects(ask(guest, 'getroute', asked), (error: unknown) => {
    assert(error instanceof CallError);
    return error.code === -32602 && error.message.includes('unknown destination node_id');
  });
  await assert.rejects(ask(guest, 'connect', { id: shop.keys.node_id }), /no address known/);
});

test('a public channel, and what its nodes say of themselves, reach a node that is connected to one of them', async () => {
  await ask(customer, 'fundchannel', { id: shop.keys.node_id, amount: 500_000, minconf: 0 });
  await until(() => town.chain.pending.length > 0);
  await town.mine(6);
  const named = async (daemon: Daemon) => (await rowsOf(daemon, 'listnodes', 'nodes', { id: shop.keys.node_id }))[0];
  // First the peer: what is not its own it would tell others only a minute later.
  await untilAsync(async () => (await rowsOf(customer, 'listchannels', 'channels')).length === 2);
  await untilAsync(async () => (await named(customer))?.alias === 'shop');
  await town.connect(guest, customer);
  await untilAsync(async () => (await rowsOf(guest, 'listchannels', 'channels')).length === 2);
  await untilAsync(async () => (await named(guest))?.alias === 'shop');
  const known = await named(guest);
  assert.equal(known?.color, '0a0b0c');
  const { port } = gate.address() as { port: number };
  assert.deepEqual(known?.addresses, [{ type: 'ipv4', address: '127.0.0.1', port }]);
  const info = await ask(shop, 'getinfo');
  assert.deepEqual(info.address, known?.addresses);
  assert.equal((info.our_features as PlainJsonObject).node, known?.features);
  const [one, two] = await rowsOf(guest, 'listchannels', 'channels');
  assert.equal(one?.short_channel_id, two?.short_channel_id);
  assert.equal(one?.amount_msat, 500_000_000);
});

test('a node is called where it says that it is', async () => {
  const { id, address } = await ask(guest, 'connect', { id: shop.keys.node_id });
  assert.equal(id, shop.keys.node_id);
  const { port } = gate.address() as { port: number };
  assert.deepEqual(address, { type: 'ipv4', address: '127.0.0.1', port });
  const again = await ask(guest, 'connect', { id: shop.keys.node_id });
  assert.equal(again.direction, 'out');
});

test('a map that was read again from its file is the same, and what is private is in nobody else', async () => {
  await town.open(customer, shop, 300_000);
  const before_restart = await rowsOf(guest, 'listchannels', 'channels');
  assert.equal(before_restart.length, 2);
  await town.stop(guest);
  guest = await town.start('guest');
  assert.deepEqual(await rowsOf(guest, 'listchannels', 'channels'), before_restart);
});

test('what can come in through a peer is told', async () => {
  const incoming = await rowsOf(shop, 'listincoming', 'incoming');
  assert.equal(incoming.length, 2);
  for (const row of incoming) {
    assert.equal(row.id, customer.keys.node_id);
    assert.equal(row.incoming_capacity_msat, 0, 'the peer has no other channel');
    assert.equal(row.enabled, true);
  }
});
