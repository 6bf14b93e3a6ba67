/** The commands of peers, channels and payments, asked over the socket of one node that has another for its peer. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Client, connectToNode } from '../../../src/api/client/index.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { refused } from '../../support/refused.ts';
import { TIMEOUT } from '../../support/time-limit.ts';
import { Town, until } from '../../support/town.ts';

const FUNDING_SAT = 1_000_000;

let town: Town;
let shop: Daemon;
let customer: Daemon;
/** Of the customer. */
let client: Client;
let shop_client: Client;
let where: { host: string; port: number };
before(async () => {
  town = await Town.found();
  shop = await town.start('shop');
  customer = await town.start('customer');
  for (let coin = 0; coin < 3; coin++) await town.fund(customer);
  client = await connectToNode(customer.rpc_file);
  shop_client = await connectToNode(shop.rpc_file);
  where = shop.bindings[0] as typeof where;
});
after(async () => {
  client.close();
  shop_client.close();
  await town.close();
});

async function invoiceOf(amount_msat: number, label: string) {
  return await shop_client.call('invoice', { amount_msat, label, description: label });
}

/** A route to the shop of one hop. */
async function routeOf(amount_msat: number) {
  const { channels } = await client.call('listpeerchannels', {});
  const channel = channels.find(({ state }) => state === 'CHANNELD_NORMAL')?.short_channel_id as string;
  return [{ id: shop.keys.node_id, channel, amount_msat, delay: 24 }];
}

test('connect: by one text or three, again, and what is wrong with an address', TIMEOUT, async () => {
  const id = shop.keys.node_id;
  await refused(-32602, /node id/, client.call('connect', { id: 'nobody' }));
  await refused(400, /no address known/, client.call('connect', { id }));
  await refused(-32602, /port without host/, client.call('connect', { id, port: 1 }));
  await refused(-32602, /both xxx@yyy and separate/, client.call('connect', { id: `${id}@127.0.0.1:1`, host: '::1' }));
  await refused(401, /ECONNREFUSED/, client.call('connect', { id: `${id}@127.0.0.1:1` }));
  await refused(-32602, /our own node/, client.call('connect', { id: customer.keys.node_id, ...where }));
  // Somebody answers there, who is not the one that was called.
  const other = `02${'79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'}`;
  const wrong = /^All addresses failed: 127\.0\.0\.1:\d+: Cryptographic handshake: .*wrong node id/;
  await refused(401, wrong, client.call('connect', { id: other, ...where }));
  const connected = await client.call('connect', { id: `${id}@${where.host}:${where.port}` });
  assert.equal(connected.id, id);
  assert.equal(connected.direction, 'out');
  const again = await client.call('connect', { id, host: where.host, port: where.port });
  assert.deepEqual(again, connected);
});

test('listpeers, ping and disconnect', TIMEOUT, async () => {
  const id = shop.keys.node_id;
  const { peers } = await client.call('listpeers', {});
  assert.deepEqual(
    peers.map(({ id: each, connected, num_channels }) => [each, connected, Number(num_channels)]),
    [[id, true, 0]],
  );
  assert.equal((await client.call('listpeers', { id: customer.keys.node_id })).peers.length, 0);
  assert.equal((await client.call('ping', { id })).totlen, 132);
  assert.equal((await client.call('ping', { id, len: 0, pongbytes: 1000 })).totlen, 1004);
  assert.equal((await client.call('ping', { id, pongbytes: 65_535 })).totlen, 0);
  await refused(-32602, /oversize/, client.call('ping', { id, len: 65_535 }));
  await client.call('disconnect', { id });
  await until(() => customer.peers.list().length === 0);
  await refused(-1, /Peer not connected/, client.call('disconnect', { id }));
  await refused(-1, /Peer not connected/, client.call('ping', { id }));
  // The address of last time is known.
  assert.equal((await client.call('connect', { id })).id, id);
});

test('fundchannel: what is refused, and a channel with what was asked for', TIMEOUT, async () => {
  const id = shop.keys.node_id;
  await refused(
    400,
    /^Unable to connect, no address known for peer/,
    client.call('fundchannel', { id: customer.keys.node_id, amount: 100_000 }),
  );
  await refused(301, /0 sat to spend/, shop_client.call('fundchannel', { id: customer.keys.node_id, amount: 100_000 }));
  await refused(-1, /below/, client.call('fundchannel', { id, amount: 1_000 }));
  await refused(
    300,
    /^Amount exceeded 2100000000000000sat$/,
    client.call('fundchannel', { id, amount: 2_100_000_000_000_001 }),
  );
  const [coin] = (await client.call('listfunds', {})).outputs;
  assert.ok(coin);
  const utxos = [`${coin.txid}:${coin.output}`];
  const funded = await client.call('fundchannel', {
    id,
    amount: FUNDING_SAT,
    push_msat: 200_000_000,
    utxos,
    announce: false,
  });
  await until(() => town.chain.pending.length > 0);
  assert.equal(customer.wallet.find(funded.txid as never)?.transaction.inputs[0]?.txid, coin.txid);
  assert.equal(Number((await client.call('getinfo', {})).num_pending_channels), 1);
  await town.mine(6);
  await until(() => [shop, customer].every(({ channels }) => channels.list()[0]?.state.phase === 'normal'));
  const [channel] = (await client.call('listpeerchannels', { id })).channels;
  assert.equal(channel?.channel_id, funded.channel_id);
  assert.equal(channel?.private, true);
  assert.equal(Number(channel?.to_us_msat), 800_000_000);
  assert.equal(Number(channel?.total_msat), FUNDING_SAT * 1000);
  await refused(-1, /has .at least one. channel/, client.call('disconnect', { id }));
  await until(() => customer.channels.list()[0]?.remote_update !== undefined);
});

test('getroute, sendpay and waitsendpay over the channel, and again', TIMEOUT, async () => {
  const { payment_hash, payment_secret } = await invoiceOf(50_000_000, 'by hand');
  const { route } = await client.call('getroute', {
    id: shop.keys.node_id,
    amount_msat: 50_000_000,
    riskfactor: 0,
    cltv: 24,
  });
  assert.deepEqual(
    route.map(({ id, amount_msat }) => [id, Number(amount_msat)]),
    [[shop.keys.node_id, 50_000_000]],
  );
  const params = { route: await routeOf(50_000_000), payment_hash, payment_secret };
  const sent = await client.call('sendpay', params);
  assert.deepEqual([sent.status, Number(sent.groupid)], ['pending', 1]);
  const ended = await client.call('waitsendpay', { payment_hash });
  assert.equal(ended.status, 'complete');
  assert.equal(ended.payment_hash, payment_hash);
  assert.match(ended.payment_preimage ?? '', /^[0-9a-f]{64}$/);
  const again = await client.call('sendpay', params);
  assert.equal(again.status, 'complete');
  assert.equal(again.payment_preimage, ended.payment_preimage);
  await refused(
    201,
    /Already succeeded with amount 50000000msat \(not 50000001msat\)/,
    client.call('sendpay', { ...params, route: await routeOf(50_000_001) }),
  );
  const { payments } = await client.call('listsendpays', { payment_hash });
  assert.deepEqual(
    payments.map(({ status, amount_msat }) => [status, Number(amount_msat)]),
    [['complete', 50_000_000]],
  );
});

test('sendpay: what cannot be sent, and what the payee refuses', TIMEOUT, async () => {
  const { payment_hash, payment_secret } = await invoiceOf(60_000_000, 'refused');
  const route = await routeOf(60_000_000);
  await refused(-32602, 'Self-payment requires amount_msat', client.call('sendpay', { route: [], payment_hash }));
  await refused(
    -32602,
    'Must specify msatoshi with partid',
    client.call('sendpay', { route, payment_hash, partid: 1 }),
  );
  const [hop] = route;
  assert.ok(hop);
  const astray = [{ ...hop, channel: '1x1x1' }];
  await refused(204, /./, client.call('sendpay', { route: astray, payment_hash, payment_secret }));
  await refused(208, /^Never attempted/, client.call('waitsendpay', { payment_hash }));
  await client.call('sendpay', { route, payment_hash, payment_secret: 'ab'.repeat(32) });
  await assert.rejects(
    client.call('waitsendpay', { payment_hash }),
    (error: Error & { code?: number; data?: unknown }) => {
      assert.equal(error.code, 203);
      const { failcodename, erring_index } = error.data as { failcodename: string; erring_index: number };
      assert.equal(failcodename, 'WIRE_INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS');
      assert.equal(Number(erring_index), 1);
      return true;
    },
  );
  // What failed is tried again as another try.
  const again = await client.call('sendpay', { route, payment_hash, payment_secret });
  assert.equal(Number(again.groupid), 2);
  assert.equal((await client.call('waitsendpay', { payment_hash })).status, 'complete');
});

test('parts by hand: in flight until the last, seen in listhtlcs by both, then complete', TIMEOUT, async () => {
  const { payment_hash, payment_secret } = await invoiceOf(30_000_000, 'in parts');
  const part = async (partid: number, amount_msat: number) =>
    await client.call('sendpay', {
      route: await routeOf(amount_msat),
      payment_hash,
      payment_secret,
      amount_msat: 30_000_000,
      partid,
      groupid: 7,
    });
  await part(1, 10_000_000);
  await until(() => shop.payments.pending_sets === 1);
  const [ours] = (await client.call('listhtlcs', {})).htlcs;
  const [theirs] = (await shop_client.call('listhtlcs', {})).htlcs;
  assert.deepEqual(
    [ours?.direction, Number(ours?.amount_msat), ours?.payment_hash, ours?.state],
    ['out', 10_000_000, payment_hash, 'SENT_ADD_ACK_REVOCATION'],
  );
  assert.deepEqual([theirs?.direction, theirs?.expiry, theirs?.id], ['in', ours?.expiry, ours?.id]);
  const id = ours?.short_channel_id as string;
  assert.equal((await client.call('listhtlcs', { id })).htlcs.length, 1);
  await refused(200, /Timed out/, client.call('waitsendpay', { payment_hash, partid: 1, groupid: 7, timeout: 0 }));
  await refused(
    208,
    /^Never attempted/,
    client.call('waitsendpay', { payment_hash, partid: 2, groupid: 7, timeout: 0 }),
  );
  await part(2, 20_000_000);
  for (const partid of [1, 2]) {
    assert.equal((await client.call('waitsendpay', { payment_hash, partid, groupid: 7 })).status, 'complete');
  }
  const [paid] = (await client.call('listpays', { payment_hash })).pays;
  assert.deepEqual(
    [paid?.status, Number(paid?.number_of_parts), Number(paid?.amount_msat)],
    ['complete', 2, 30_000_000],
  );
  await until(() => customer.channels.list()[0]?.state.htlcs.length === 0);
  assert.deepEqual((await client.call('listhtlcs', {})).htlcs, []);
});

test('listsendpays by status and page by page', TIMEOUT, async () => {
  const all = (await client.call('listsendpays', {})).payments;
  const failed = (await client.call('listsendpays', { status: 'failed' })).payments;
  assert.ok(all.length >= 5);
  assert.equal(failed.length, 1);
  const pages: unknown[] = [];
  for (let start = 1; ; start += 2) {
    const { payments } = await client.call('listsendpays', { index: 'created', start, limit: 2 });
    if (payments.length === 0) break;
    pages.push(...payments);
  }
  assert.deepEqual(pages, all);
});

test('pay, xpay and what they refuse', TIMEOUT, async () => {
  const one = await invoiceOf(1_000_000, 'pay');
  const paid = await client.call('pay', { bolt11: one.bolt11 });
  assert.equal(paid.status, 'complete');
  assert.deepEqual((await client.call('pay', { bolt11: one.bolt11 })).payment_preimage, paid.payment_preimage);
  const two = await invoiceOf(2_000_000, 'xpay');
  assert.equal(Number((await client.call('xpay', { invstring: two.bolt11 })).amount_msat), 2_000_000);
  await refused(-32602, /./, client.call('pay', { bolt11: 'lnbcrt1qqqq' }));
  const large = await invoiceOf(900_000_000, 'more than there is');
  await refused(205, /cannot carry/, client.call('pay', { bolt11: large.bolt11 }));
  assert.deepEqual((await client.call('listsendpays', { bolt11: large.bolt11 })).payments, [], 'nothing was sent');
  const own = await client.call('invoice', { amount_msat: 1, label: 'own', description: 'own' });
  await refused(-32602, /^Self-payment: this invoice is our own/, client.call('pay', { bolt11: own.bolt11 }));
});

test('setchannel: the feerates of the peer, for one channel, a peer or all', TIMEOUT, async () => {
  const [channel] = (await client.call('listpeerchannels', {})).channels;
  assert.equal(channel?.ignore_fee_limits, false);
  const { channel_id = '', peer_id = '', short_channel_id } = channel ?? {};
  for (const [id, ignorefeelimits] of [
    [short_channel_id as string, true],
    [peer_id, false],
    ['all', true],
    [channel_id, false],
  ] as const) {
    const { channels } = await client.call('setchannel', { id, ignorefeelimits });
    assert.deepEqual(
      channels.map((each) => [each.channel_id, each.peer_id, each.ignore_fee_limits]),
      [[channel_id, peer_id, ignorefeelimits]],
    );
    const [listed] = (await client.call('listpeerchannels', {})).channels;
    assert.equal(listed?.ignore_fee_limits, ignorefeelimits);
  }
  const { channels } = await client.call('setchannel', { id: channel_id });
  assert.equal(channels[0]?.ignore_fee_limits, false, 'unchanged unless given');
  await refused(-32602, /no channel of this name/, client.call('setchannel', { id: '1x1x1' }));
  await refused(-32602, /forwards nothing/, client.call('setchannel', { id: channel_id, feebase: 1 }));
});

test('close: what cannot be found, and an end at an address of our choice', TIMEOUT, async () => {
  await refused(-32602, /./, client.call('close', { id: 'ab'.repeat(32) }));
  const { p2tr: address } = await client.call('newaddr', { addresstype: 'p2tr' });
  const [channel] = (await client.call('listpeerchannels', {})).channels;
  const id = channel?.short_channel_id as string;
  await refused(-1, /valid address/, client.call('close', { id, destination: 'nowhere' }));
  await refused(-32602, /should be an array of 2 entries/, client.call('close', { id, feerange: ['slow'] }));
  await refused(-32602, /perkw/, client.call('close', { id, feerange: ['slow', '12.5'] }));
  await refused(-32602, /in this order/, client.call('close', { id, feerange: ['3000perkw', '2000perkw'] }));
  const closed = await client.call('close', { id, destination: address as string });
  assert.equal(closed.type, 'mutual');
  const expected = (await client.call('listfunds', {})).outputs.find(({ txid }) => txid === closed.txid);
  assert.deepEqual([expected?.address, expected?.status], [address, 'unconfirmed']);
  await town.mine(1);
  const back = (await client.call('listfunds', {})).outputs.find(({ txid }) => txid === closed.txid);
  assert.equal(back?.address, address);
  assert.equal(back?.status, 'confirmed');
  const sats = Number(back?.amount_msat) / 1000;
  const share = Number(channel?.to_us_msat) / 1000;
  assert.ok(sats <= share && sats > share - 2_000, `${sats} of ${share}`);
});
