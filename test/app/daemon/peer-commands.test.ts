/** What the pages of `connect`, `listpeers`, `ping` and `disconnect` promise, asked of two nodes over their sockets. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Client, connectToNode } from '../../../src/api/client/index.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { readPeerAddresses } from '../../../src/app/daemon/peer-book.ts';
import { formatNetAddress } from '../../../src/node/peers/index.ts';
import { refused } from '../../support/refused.ts';
import { TIMEOUT } from '../../support/time-limit.ts';
import { Town, until } from '../../support/town.ts';

let town: Town;
let shop: Daemon;
let customer: Daemon;
let client: Client;
let shop_client: Client;
/** The shop's. */
let id: string;
let host: string;
let port: number;
before(async () => {
  town = await Town.found();
  [shop, customer] = await Promise.all([town.start('shop'), town.start('customer')]);
  await town.fund(customer);
  client = await connectToNode(customer.rpc_file);
  shop_client = await connectToNode(shop.rpc_file);
  id = shop.keys.node_id;
  ({ host, port } = shop.bindings[0] as { host: string; port: number });
});
after(async () => {
  client.close();
  shop_client.close();
  await town.close();
});

test('connect: each thing that can be wrong with what was asked is named', TIMEOUT, async () => {
  const connect = (...params: unknown[]) => client.callAny('connect', params);
  await refused(-32602, 'missing required parameter: id', connect());
  await refused(-32602, /^too many parameters: got 4, expected 3$/, connect(id, host, port, 1));
  const wanted = 'should be a node id, alone or as ID@HOST:PORT';
  await refused(-32602, `id: ${wanted}: invalid token 'nobody'`, connect('nobody'));
  await refused(-32602, new RegExp(`^id: ${wanted}`), connect(`04${id.slice(2)}@${host}:${port}`));
  await refused(-32602, new RegExp(`^id: ${wanted}`), connect(`02${'ff'.repeat(32)}@${host}:${port}`));
  await refused(-32602, "port: should be an unsigned 16 bit integer: invalid token '65536'", connect(id, host, 65_536));
  await refused(-32602, "host: should be an address or a name: invalid token 'a b'", connect(id, 'a b'));
  await refused(-32602, /^host: should be an address or a name/, connect(`${id}@`));
  await refused(-32602, /^host: should be an address or a name/, connect(`${id}@${host}:0`));
  await refused(-32602, "Can't specify port without host", connect(id, null, port));
  await refused(-32602, /^Can't specify port as both/, connect(`${id}@${host}:${port}`, null, port));
  await refused(400, 'Unable to connect, no address known for peer: use connect ID@HOST:PORT', connect(id));
  await refused(401, /127\.0\.0\.1.*ECONNREFUSED|ECONNREFUSED.*127\.0\.0\.1/, connect(id, '127.0.0.1', 1));
  await refused(401, /onion|proxy/i, connect(id, `${'a'.repeat(56)}.onion`, 9735));
  // What did not work is not remembered as an address.
  await refused(400, /no address known/, connect(id));
});

test('connect: whoever calls, both see one connection, and who called', TIMEOUT, async () => {
  const {
    id: asked,
    features,
    direction,
    address,
  } = await client.call('connect', { id: id.toUpperCase(), host, port });
  assert.deepEqual([asked, direction, address], [id, 'out', { type: 'ipv4', address: '127.0.0.1', port }]);
  assert.match(features, /^[0-9a-f]+$/);
  await until(() => shop.peers.list().length === 1);
  // The one that was called has no need of an address.
  const back = await shop_client.call('connect', { id: customer.keys.node_id });
  assert.deepEqual([back.id, back.direction, back.address.type], [customer.keys.node_id, 'in', 'ipv4']);
  assert.equal(back.features, features, 'the same program offers the same');
  const { peers } = await client.call('listpeers', { id, level: 'debug' });
  const remote_addr = shop.peers.list()[0]?.address;
  assert.deepEqual(peers, [
    { id, connected: true, num_channels: 0, netaddr: [`127.0.0.1:${port}`], remote_addr, features },
  ]);
  await refused(-32602, /^level: should be 'io', 'trace'/, client.callAny('listpeers', { level: 'loud' }));
  await refused(-32602, /^id: should be a node id/, client.callAny('listpeers', { id: 'shop' }));
});

test(
  'an address that is typed is kept although the peer has called us: backups and later calls have it',
  TIMEOUT,
  async () => {
    const caller = customer.keys.node_id;
    const { host: at, port: there } = customer.bindings[0] as { host: string; port: number };
    const known = async () => (await readPeerAddresses(shop.store)).get(caller)?.map(formatNetAddress);
    assert.equal(await known(), undefined);
    assert.deepEqual((await shop_client.call('staticbackup', {})).warning_no_address, undefined, 'no channel yet');
    const typed = await shop_client.call('connect', { id: `${caller}@${at}`, port: there });
    assert.equal(typed.direction, 'in', 'the connection existed');
    assert.deepEqual(await known(), [`${at}:${there}`]);
    await shop_client.call('connect', { id: `${caller}@shop.example:9` });
    assert.deepEqual(await known(), [`${at}:${there}`, 'shop.example:9'], 'what was never reached comes behind');
  },
);

test('ping: the answer is as long as was asked, up to the most that a message holds', TIMEOUT, async () => {
  const totlen = async (len: number, pongbytes: number) => (await client.call('ping', { id, len, pongbytes })).totlen;
  assert.equal(await totlen(128, 0), 4);
  assert.equal(await totlen(65_529, 65_531), 65_535);
  assert.equal(await totlen(0, 65_532), 0, 'this much is not answered');
  assert.equal(await totlen(0, 1), 5, 'and the connection lives on');
  await refused(-32602, 'len: 65530 would result in oversize ping', totlen(65_530, 0));
  await refused(-32602, /^pongbytes: should be an unsigned 16 bit integer/, totlen(0, 65_536));
  await refused(-1, 'Peer not connected', client.call('ping', { id: customer.keys.node_id }));
});

test(
  'a peer that opened a channel to us over our own connection is called again when it is lost',
  TIMEOUT,
  async () => {
    const wallet = await town.start('wallet');
    await town.fund(wallet);
    const [address] = wallet.bindings as unknown as { host: string; port: number }[];
    const { node_id } = wallet.keys;
    await shop_client.call('connect', { id: node_id, host: address?.host as string, port: address?.port as number });
    const wallet_client = await connectToNode(wallet.rpc_file);
    // It was called, so it knows no address of the shop, and cannot call back.
    const { warning_no_address } = await wallet_client.call('fundchannel', { id, amount: 100_000 });
    assert.equal(typeof warning_no_address, 'string');
    const first = shop.peers.find(node_id);
    wallet.peers.disconnect(shop.keys.node_id, 'the line is cut');
    await until(() => shop.peers.find(node_id) !== undefined && shop.peers.find(node_id) !== first);
    assert.equal(shop.peers.find(node_id)?.direction, 'out');
    wallet_client.close();
    await town.stop(wallet);
  },
);

test('a peer with a channel is listed when it is away, and called again after it was hung up on', TIMEOUT, async () => {
  await client.call('fundchannel', { id, amount: 100_000 });
  await refused(
    -1,
    'Peer has (at least one) channel in state CHANNELD_AWAITING_LOCKIN; force=true hangs up',
    client.call('disconnect', { id }),
  );
  const first = customer.peers.list()[0];
  assert.deepEqual(await client.call('disconnect', { id, force: true }), {});
  await until(() => customer.peers.list().some((peer) => peer !== first));
  assert.equal((await client.call('listpeers', { id })).peers[0]?.connected, true, 'it was called again');
  const { warning_no_address } = await client.call('staticbackup', {});
  assert.equal(warning_no_address, undefined, 'the shop was called');
  await town.stop(shop);
  await until(() => customer.peers.list().length === 0);
  const { peers } = await client.call('listpeers', {});
  assert.deepEqual(peers, [{ id, connected: false, num_channels: 1 }]);
  await refused(401, /./, client.call('connect', { id }));
});
