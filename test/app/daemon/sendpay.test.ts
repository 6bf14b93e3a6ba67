/** What the pages of `sendpay`, `waitsendpay`, `listsendpays`, `listpays`, `getroute` and `listhtlcs` promise. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Client, connectToNode } from '../../../src/api/client/index.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import type { LiveChannel } from '../../../src/node/channels/live-channel.ts';
import { refused } from '../../support/refused.ts';
import { TIMEOUT } from '../../support/time-limit.ts';
import { Town, until } from '../../support/town.ts';

let town: Town;
let shop: Daemon;
let customer: Daemon;
let channel: LiveChannel;
let client: Client;
let shop_client: Client;
/** The shop's. */
let id: string;
before(async () => {
  town = await Town.found();
  [shop, customer] = await Promise.all([town.start('shop'), town.start('customer')]);
  await town.fund(customer);
  await town.connect(customer, shop);
  channel = await town.open(customer, shop, 1_000_000);
  client = await connectToNode(customer.rpc_file);
  shop_client = await connectToNode(shop.rpc_file);
  id = shop.keys.node_id;
});
after(async () => {
  client.close();
  shop_client.close();
  await town.close();
});

const invoiceOf = (amount_msat: number, label: string) =>
  shop_client.call('invoice', { amount_msat, label, description: label });

async function hopTo(amount_msat: number) {
  const { route } = await client.call('getroute', { id, amount_msat, riskfactor: 1, cltv: 24 });
  return route[0] as (typeof route)[number];
}

test('getroute: the only possible hop, and what leaves none', TIMEOUT, async () => {
  const asked = { id, amount_msat: 1_000_000, riskfactor: 1 };
  const { route } = await client.call('getroute', asked);
  const [hop] = route;
  assert.ok(hop);
  const direction = customer.keys.node_id < id ? 0 : 1;
  assert.deepEqual(
    [hop.id, hop.direction, Number(hop.amount_msat), hop.delay, hop.style, route.length],
    [id, direction, 1_000_000, 9, 'tlv', 1],
  );
  const found = async (more: object) =>
    ((await client.callAny('getroute', { ...asked, ...more })) as { route: unknown[] }).route.length;
  assert.equal(await found({ fromid: customer.keys.node_id, maxhops: 1, fuzzpercent: 5 }), 1);
  assert.equal(await found({ exclude: ['1x1x1', `${hop.channel}/${1 - direction}`, customer.keys.node_id] }), 1);
  for (const more of [
    { exclude: [hop.channel] },
    { exclude: [`${hop.channel}/${direction}`] },
    { exclude: [id.toUpperCase()] },
  ]) {
    await refused(205, /^Could not find a route: .*marked disabled by this payment/, found(more));
  }
  await refused(
    205,
    /^Could not find a route: .*Total source capacity is only \d+msat \(in 1 channels\)/,
    found({ amount_msat: 1_000_000_000 }),
  );
  await refused(205, 'Shortest route was 1', found({ maxhops: 0 }));
  assert.equal(await found({ fromid: id }), 0, 'to where one is already');
  const nobody_yet = `03${'cd'.repeat(32)}`;
  await refused(-32602, `${nobody_yet}: unknown source node_id (no public channels?)`, found({ fromid: nobody_yet }));
  const nobody = `02${'ab'.repeat(32)}`;
  await refused(-32602, `${nobody}: unknown destination node_id (no public channels?)`, found({ id: nobody }));
  await refused(
    -32602,
    /^exclude: should be short_channel_id_dir or node_id: invalid token '"shop"'/,
    found({ exclude: ['shop'] }),
  );
});

test('a part is kept with what was said of it, listed by each of its names, and sent once', TIMEOUT, async () => {
  const { bolt11, payment_hash, payment_secret } = await invoiceOf(5_000_000, 'tea');
  const params = {
    ...{ route: [await hopTo(5_000_000)], payment_hash, payment_secret, bolt11 },
    ...{ label: 'of mine', description: 'a cup of tea', amount_msat: 5_000_000 },
  };
  const sent = await client.call('sendpay', params);
  assert.equal(sent.message, 'Monitor status with listpays or waitsendpay');
  const { message: _message, ...row } = sent;
  assert.deepEqual([row.status, row.partid, row.destination, row.label], ['pending', undefined, id, 'of mine']);
  const ended = await client.call('waitsendpay', { payment_hash, timeout: 30 });
  assert.deepEqual(await client.call('sendpay', params), ended, 'asked again it is not sent again');
  assert.deepEqual(await client.call('waitsendpay', { payment_hash, groupid: 1, partid: 0 }), ended);
  for (const query of [{ payment_hash }, { bolt11 }, { status: 'complete' as const }, { index: 'updated' as const }]) {
    assert.deepEqual((await client.call('listsendpays', query)).payments, [ended], JSON.stringify(query));
    const [pay] = (await client.call('listpays', query)).pays;
    assert.deepEqual([pay?.preimage, pay?.description], [ended.payment_preimage, 'a cup of tea']);
  }
  for (const query of [
    { status: 'failed' as const },
    { payment_hash: 'ab'.repeat(32) },
    { index: 'created' as const, start: 2 },
  ]) {
    assert.deepEqual((await client.call('listsendpays', query)).payments, []);
    assert.deepEqual((await client.call('listpays', query)).pays, []);
  }
  for (const method of ['listsendpays', 'listpays'] as const) {
    const both = 'Can only specify one of {bolt11} or {payment_hash}';
    await refused(-32602, both, client.call(method, { bolt11, payment_hash }));
    await refused(-32602, 'Can only specify {start} with {index}', client.call(method, { start: 1 }));
    await refused(-32602, 'Can only specify {limit} with {index}', client.call(method, { limit: 1 }));
    await refused(-32602, /^bolt11: Invalid bolt11/, client.call(method, { bolt11: 'lnbcrt1' }));
    await refused(
      -32602,
      /^status: should be 'pending', 'complete' or 'failed'/,
      client.callAny(method, { status: 'x' }),
    );
  }
});

test('a part that fails says where and why, its try stays on record, and the next is another', TIMEOUT, async () => {
  const { payment_hash, payment_secret } = await invoiceOf(6_000_000, 'fails');
  const hop = await hopTo(6_000_000);
  await client.call('sendpay', { route: [hop], payment_hash });
  const data = (await refused(
    203,
    /WIRE_INVALID_ONION_PAYLOAD|WIRE_INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS/,
    client.call('waitsendpay', { payment_hash }),
  )) as Record<string, unknown>;
  assert.deepEqual(
    [data.erring_index, data.erring_node, data.erring_channel, data.status, data.payment_hash],
    [1, id, hop.channel, 'failed', payment_hash],
  );
  assert.equal(data.erring_direction, customer.keys.node_id < id ? 0 : 1, 'of our own channel too');
  // The peer is asked to pass it on: Till is the end of the road.
  const beyond = { ...hop, id: `02${'ab'.repeat(32)}`, channel: '1x1x1' };
  const onward = await client.call('sendpay', { route: [hop, beyond], payment_hash, payment_secret });
  assert.equal(onward.groupid, 2);
  const told = (await refused(204, /WIRE_/, client.call('waitsendpay', { payment_hash }))) as Record<string, unknown>;
  assert.deepEqual([told.erring_index, told.erring_node, told.erring_channel], [1, id, '1x1x1']);
  await refused(203, /./, client.call('waitsendpay', { payment_hash, groupid: 1 }));
  await refused(208, /./, client.call('waitsendpay', { payment_hash, groupid: 3 }));
  const { pays } = await client.call('listpays', { payment_hash });
  assert.deepEqual(
    pays.map(({ status, amount_msat, amount_sent_msat }) => [status, amount_msat, Number(amount_sent_msat)]),
    [
      ['failed', undefined, 0],
      ['failed', undefined, 0],
    ],
  );
});

test('routes and amounts that make no sense are refused before anything is sent', TIMEOUT, async () => {
  const payment_hash = 'cd'.repeat(32);
  const hop = await hopTo(1_000);
  const asked = (more: object) => client.callAny('sendpay', { route: [hop], payment_hash, ...more });
  await refused(-32602, 'Self-payment requires amount_msat', asked({ route: [] }));
  await refused(
    -32602,
    'Self-payment does not allow (non-zero) partid',
    asked({ route: [], amount_msat: 1_000, partid: 1 }),
  );
  await refused(-32602, /^Self-payment: .*Till does not pay itself$/, asked({ route: [], amount_msat: 1_000 }));
  await refused(-32602, /^route: must be an array: invalid token/, asked({ route: 'shop' }));
  await refused(
    -32602,
    /^route: must have either short_channel_id_dir or channel: invalid token '5'/,
    asked({ route: [5] }),
  );
  const { channel: _channel, ...nameless } = hop;
  await refused(
    -32602,
    /^route: must have either short_channel_id_dir or channel: invalid token '\{/,
    asked({ route: [nameless] }),
  );
  await refused(-32602, /^route: bad cltv_out\/delay: invalid token '-1'/, asked({ route: [{ ...hop, delay: -1 }] }));
  await refused(-32602, 'Must specify msatoshi with partid', asked({ partid: 1 }));
  const exactly =
    'Do not specify msatoshi (2000msat) without partid: if you do, it must be exactly the final amount (1000msat)';
  await refused(-32602, exactly, asked({ amount_msat: 2_000 }));
  const greater = 'Final amount 1000msat is greater than 999msat, despite MPP';
  await refused(-32602, greater, asked({ amount_msat: 999, partid: 1 }));
  const secret = (await refused(-32602, /^payment_secret: /, asked({ payment_secret: 'abc' })).then(
    () => '',
  )) as string;
  assert.equal(secret, '');
  await refused(217, /no point of the curve/, asked({ route: [hop, { ...hop, id: `02${'00'.repeat(31)}05` }] }));
  await refused(217, /more than there are blocks/, asked({ route: [{ ...hop, delay: 4_294_967_295 }] }));
  await refused(217, /do not fit into an onion/, asked({ route: [hop], payment_metadata: 'ab'.repeat(1_300) }));
  await refused(217, /do not fit into an onion/, asked({ route: Array.from({ length: 30 }, () => hop) }));
  await refused(204, 'No connection to first peer found', asked({ route: [{ ...hop, channel: '1x1x1' }] }));
  await refused(204, /^the first channel cannot take it/, asked({ route: [{ ...hop, amount_msat: 1_000_000_000 }] }));
  assert.deepEqual((await client.call('listsendpays', { payment_hash })).payments, []);
});

test('a share for fees that is too large to be one is refused; a large one leaves the fee open', TIMEOUT, async () => {
  const { bolt11 } = await invoiceOf(7_000, 'share');
  for (const maxfeepercent of ['18446744073709551616', '18446744073709.551616', '99999999999999999999.5']) {
    const words = /^maxfeepercent: should be a non-negative floating-point number/;
    await refused(-32602, words, client.callAny('pay', { bolt11, maxfeepercent }));
  }
  const paid = await client.callAny('pay', { bolt11, maxfeepercent: '18446744073709.551615' });
  assert.equal((paid as { status: string }).status, 'complete');
});

test(
  'while a part waits for the others: the same, another amount, another try, and each name in listhtlcs',
  TIMEOUT,
  async () => {
    const { payment_hash, payment_secret } = await invoiceOf(9_000_000, 'waits');
    const part = async (amount_msat: number, more: object = {}) => {
      const route = [await hopTo(amount_msat)];
      const whole = { payment_hash, payment_secret, amount_msat: 9_000_000, partid: 1 };
      return (await client.callAny('sendpay', { route, ...whole, ...more })) as Record<string, unknown>;
    };
    const first = await part(4_000_000);
    await until(() => shop.payments.pending_sets === 1);
    assert.equal((await part(4_000_000)).id, first.id);
    assert.equal(channel.state.htlcs.length, 1);
    await refused(201, /^Already pending with amount 4000000msat \(not 5000000msat\)$/, part(5_000_000));
    await refused(
      200,
      /^Payment with groupid=1 still in progress, cannot retry before that completes\.$/,
      part(4_000_000, { groupid: 2 }),
    );
    await refused(200, 'Timed out while waiting', client.call('waitsendpay', { payment_hash, partid: 1, timeout: 0 }));
    assert.equal((await client.call('listpays', { status: 'pending' })).pays.length, 1);
    const [shown] = (await client.call('listpeerchannels', {})).channels;
    const { alias, short_channel_id } = shown as { alias: { local?: string }; short_channel_id?: string };
    for (const name of [undefined, channel.channel_id, id, short_channel_id, alias.local]) {
      const { htlcs } = await client.call('listhtlcs', name === undefined ? {} : { id: name });
      assert.deepEqual(
        htlcs.map((htlc) => [htlc.payment_hash, htlc.short_channel_id]),
        [[payment_hash, short_channel_id]],
      );
    }
    assert.deepEqual((await client.call('listhtlcs', { id: '1x1x1' })).htlcs, []);
    const waiting = client.call('waitsendpay', { payment_hash, partid: 1 });
    await part(5_000_000, { partid: 2 });
    assert.equal((await waiting).status, 'complete');
    const [pay] = (await client.call('listpays', { payment_hash })).pays;
    assert.deepEqual([Number(pay?.number_of_parts), Number(pay?.amount_msat)], [2, 9_000_000]);
  },
);
