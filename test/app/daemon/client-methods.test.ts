/** What clients made for Core Lightning ask of a node beside paying and being paid, asked of two nodes with channels. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CallError, connectToNode } from '../../../src/api/client/index.ts';
import type { PlainJson, PlainJsonObject } from '../../../src/api/rpc/json.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { RawClient } from '../../e2e/raw-client.ts';
import { Town, until } from '../../support/town.ts';

let town: Town;
let shop: Daemon;
let customer: Daemon;

before(async () => {
  town = await Town.found();
  [shop, customer] = await Promise.all([town.start('shop'), town.start('customer')]);
  await town.fund(customer);
  await town.connect(customer, shop);
});
after(() => town.close());

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

async function codeOf(asked: Promise<unknown>): Promise<{ code: number; message: string; data?: unknown }> {
  try {
    await asked;
  } catch (error) {
    if (error instanceof CallError) return { code: error.code, message: error.message, data: error.data };
    throw error;
  }
  return assert.fail('no error');
}

test('a signed message is verified by the signer, by its peers, and with the key by everybody', async () => {
  const message = 'message for you';
  const { zbase } = (await ask(shop, 'signmessage', { message })) as { zbase: string };
  const verified = { verified: true, pubkey: shop.keys.node_id };
  assert.deepEqual(await ask(shop, 'checkmessage', { message, zbase }), verified);
  assert.deepEqual(await ask(customer, 'checkmessage', { message, zbase }), verified);
  assert.deepEqual(await ask(customer, 'checkmessage', { message, zbase, pubkey: shop.keys.node_id }), verified);
  const other = await ask(customer, 'checkmessage', { message, zbase, pubkey: customer.keys.node_id });
  assert.deepEqual(other, { verified: false, pubkey: shop.keys.node_id });
  const stranger = await codeOf(ask(customer, 'checkmessage', { message: 'another', zbase }));
  assert.equal(stranger.code, 1301);
  assert.equal(stranger.message, 'pubkey not found in the graph');
  assert.match((stranger.data as { claimed_key: string }).claimed_key, /^0[23][0-9a-f]{64}$/);
  const long = await codeOf(ask(shop, 'signmessage', { message: 'é'.repeat(32_768) }));
  assert.deepEqual([long.code, long.message], [-32602, 'Message must be < 64k']);
});

test('listnodes knows this node and its peers, and an unknown node is an empty list', async () => {
  const all = await rowsOf(shop, 'listnodes', 'nodes');
  assert.deepEqual(all.map(({ nodeid }) => nodeid).sort(), [shop.keys.node_id, customer.keys.node_id].sort());
  const [own] = await rowsOf(shop, 'listnodes', 'nodes', { id: shop.keys.node_id });
  assert.equal(own?.alias, 'shop');
  const [peer] = await rowsOf(shop, 'listnodes', 'nodes', { id: customer.keys.node_id });
  assert.equal(peer?.alias, undefined, 'what nobody announced is not known');
  assert.deepEqual(await ask(shop, 'listnodes', { id: `02${'11'.repeat(32)}` }), { nodes: [] });
});

test('listchannels has the announced channels only, each direction for itself', async () => {
  await town.open(customer, shop, 1_000_000);
  assert.deepEqual(await ask(customer, 'listchannels'), { channels: [] });
  await ask(customer, 'fundchannel', { id: shop.keys.node_id, amount: 500_000, minconf: 0 });
  await until(() => town.chain.pending.length > 0);
  await town.mine(6);
  const announced = (daemon: Daemon) =>
    daemon.channels.list().find(({ state }) => state.local_announcement && state.remote_announcement);
  await until(() => announced(shop) !== undefined && announced(customer) !== undefined);
  const [ours, theirs, ...more] = await rowsOf(shop, 'listchannels', 'channels');
  assert.deepEqual(more, []);
  assert.deepEqual([ours?.source, ours?.destination], [shop.keys.node_id, customer.keys.node_id]);
  assert.deepEqual([theirs?.source, theirs?.destination], [customer.keys.node_id, shop.keys.node_id]);
  assert.equal(Number(ours?.direction) + Number(theirs?.direction), 1);
  assert.equal(ours?.amount_msat, 500_000_000);
  assert.equal(ours?.active, false, 'Till forwards nothing, and says so');
  const short_channel_id = ours?.short_channel_id as string;
  for (const params of [{ short_channel_id }, { source: shop.keys.node_id }, { destination: shop.keys.node_id }]) {
    const found = await rowsOf(shop, 'listchannels', 'channels', params);
    assert.equal(found.length, 'short_channel_id' in params ? 2 : 1);
  }
  assert.deepEqual(await ask(shop, 'listchannels', { short_channel_id: '1x1x1' }), { channels: [] });
  const both = await codeOf(ask(shop, 'listchannels', { source: shop.keys.node_id, destination: shop.keys.node_id }));
  assert.equal(both.message, 'Can only specify one of `short_channel_id`, `source` or `destination`');
});

test('what Till never has is an empty list', async () => {
  const forwards = { status: 'settled', limit: 10_000_000, index: 'created' };
  assert.deepEqual(await ask(shop, 'listforwards', forwards), { forwards: [] });
  assert.deepEqual(await ask(shop, 'listoffers', { active_only: true }), { offers: [] });
  assert.deepEqual(await ask(shop, 'listinvoicerequests'), { invoicerequests: [] });
  assert.deepEqual(await ask(shop, 'listdatastore', { key: ['a', 'b'] }), { datastore: [] });
  assert.deepEqual(await ask(shop, 'plugin', { subcommand: 'list' }), { command: 'list', plugins: [] });
  assert.equal((await codeOf(ask(shop, 'plugin', { subcommand: 'start', plugin: 'x' }))).code, 3000);
});

test('renepay pays as pay does', async () => {
  const invoice = await ask(shop, 'invoice', { amount_msat: 20_000, label: 'renepay', description: 'tea' });
  const asked = { invstring: invoice.bolt11 as string, label: 'mine', description: 'tea', maxfee: 0 };
  const paid = await ask(customer, 'renepay', asked);
  assert.equal(paid.status, 'complete');
  assert.equal(paid.payment_hash, invoice.payment_hash);
  assert.deepEqual([paid.amount_msat, paid.amount_sent_msat], [20_000, 20_000]);
  const [row] = await rowsOf(customer, 'listpays', 'pays', { payment_hash: paid.payment_hash as string });
  assert.equal(row?.label, 'mine');
});

test('waitblockheight answers at once, with the block, or when the time is over', async () => {
  const { height } = shop.chain.tip();
  assert.deepEqual(await ask(shop, 'waitblockheight', { blockheight: height }), { blockheight: height });
  const waiting = ask(shop, 'waitblockheight', { blockheight: height + 2, timeout: 600 });
  await town.mine(1);
  await town.mine(1);
  assert.deepEqual(await waiting, { blockheight: height + 2 });
  const late = await codeOf(ask(shop, 'waitblockheight', { blockheight: height + 10, timeout: 0 }));
  assert.deepEqual([late.code, late.message], [2000, 'Timed out.']);
});

test('keysend and xkeysend pay a node unasked; Till itself takes no such payment, and who pays is told so', async () => {
  const destination = shop.keys.node_id;
  for (const method of ['keysend', 'xkeysend']) {
    const { code, message, data } = await codeOf(
      ask(customer, method, { destination, amount_msat: 20_000, label: method }),
    );
    assert.equal(code, 203, message);
    assert.equal(message, "Destination reported invalid_onion_payload (likely doesn't support keysend)");
    const { payment_hash, erring_node } = data as { payment_hash: string; erring_node: string };
    assert.equal(erring_node, destination);
    const [row, ...more] = await rowsOf(customer, 'listsendpays', 'payments', { payment_hash });
    assert.equal(more.length, 0, 'one attempt');
    assert.deepEqual(
      [row?.status, row?.label, row?.bolt11, row?.destination],
      ['failed', method, undefined, destination],
    );
  }
  const payment_hash = '00'.repeat(32);
  assert.deepEqual(await ask(customer, 'preapprovekeysend', { destination, payment_hash, amount_msat: 1 }), {});
});

test('keysend and xkeysend refuse in words of Core Lightning what cannot be sent', async () => {
  const destination = shop.keys.node_id;
  const own = { destination: customer.keys.node_id, amount_msat: 1 };
  const refusals: readonly [PlainJsonObject, RegExp][] = [
    [own, /^We are the destination\. Keysend cannot be used to send funds to yourself$/],
    [{ destination, amount_msat: 0 }, /^Failed: amount must be non-zero$/],
    [{ destination: 'ab', amount_msat: 1 }, /^destination: should be a node id: invalid token '"ab"'$/],
    [
      { destination, amount_msat: 1, extratlvs: [1] },
      /^Could not decode the TLV object from extratlvs: "\[1\]" is not/,
    ],
    [{ destination, amount_msat: 1, extratlvs: { x: '00' } }, /^"x" is not a valid numeric TLV type\.$/],
    [{ destination, amount_msat: 1, extratlvs: { 65536: 'zz' } }, /^"65536" is not a valid hex encoded TLV value\.$/],
    [{ destination, amount_msat: 1, extratlvs: { 8: '00' } }, /^extratlvs: should have numbers of 65536 or more/],
    [{ destination, amount_msat: 1, extratlvs: { 5482373484: '00' } }, /^extratlvs: should not have the record of the/],
    [
      { destination, amount_msat: 1, extratlvs: { 65536: '00', '065536': '01' } },
      /^extratlvs: should have each number once/,
    ],
  ];
  for (const method of ['keysend', 'xkeysend']) {
    for (const [params, words] of refusals) {
      const { code, message } = await codeOf(ask(customer, method, params));
      assert.equal(code, -32602, message);
      assert.match(message, words);
    }
  }
  const hint = { id: destination, scid: '1x1x1', feebase: 1, feeprop: 1, expirydelta: 40 };
  const hints: readonly [PlainJson, RegExp][] = [
    [[[{ ...hint, scid: '1' }]], /^routehints: should be a short_channel_id of form NxNxN: invalid token/],
    [[[{ id: destination }]], /^routehints: should have the member /],
    [[hint], /^routehints: should be an array/],
    [[[{ ...hint, feebase: 4_294_967_296 }]], /^routehints: feebase should be an unsigned 32 bit integer/],
  ];
  for (const [routehints, words] of hints) {
    const { code, message } = await codeOf(ask(customer, 'keysend', { destination, amount_msat: 1, routehints }));
    assert.equal(code, -32602, message);
    assert.match(message, words);
  }
  const twice = { destination, amount_msat: 1, maxfee: 1, exemptfee: 1 };
  assert.match((await codeOf(ask(customer, 'keysend', twice))).message, /^If you specify maxfee, cannot specify/);
});

test('a command of Core Lightning that Till does not have is refused with a reason, not as unknown', async () => {
  const offer = await codeOf(ask(shop, 'fetchinvoice', { offer: 'lno1' }));
  assert.equal(offer.code, 3000);
  assert.match(offer.message, /^fetchinvoice: Till does not speak BOLT 12; ask the other side for a BOLT 11 invoice/);
  assert.equal((await codeOf(ask(shop, 'check', { command_to_check: 'offer' }))).code, 3000);
  assert.equal((await codeOf(ask(shop, 'help', { command: 'offer' }))).code, 3000);
  assert.equal((await codeOf(ask(shop, 'frobnicate'))).code, -32601);
});

test('listpeerchannels has every figure that wallets show', async () => {
  await until(() => customer.channels.list().every(({ state }) => state.htlcs.length === 0));
  const [channel] = await rowsOf(customer, 'listpeerchannels', 'channels');
  assert.ok(channel !== undefined);
  const { in_fulfilled_msat, out_fulfilled_msat, in_payments_offered, out_payments_offered } = channel;
  assert.deepEqual(
    [in_fulfilled_msat, out_fulfilled_msat, in_payments_offered, out_payments_offered].map((each) => typeof each),
    ['number', 'number', 'number', 'number'],
  );
  const all = await rowsOf(customer, 'listpeerchannels', 'channels');
  const paid_msat = all.reduce((total, row) => total + Number(row.out_fulfilled_msat), 0);
  assert.equal(paid_msat, 20_000, 'what renepay paid above');
  assert.match(channel.close_to_addr as string, /^bcrt1/);
  assert.equal(channel.private, true);
  for (const name of ['our_reserve_msat', 'their_reserve_msat', 'our_to_self_delay', 'to_us_msat', 'total_msat']) {
    assert.equal(typeof channel[name], 'number', name);
  }
});

test('listtransactions has the coins that came and the transactions that spent them', async () => {
  const before = await rowsOf(customer, 'listtransactions', 'transactions');
  const { p2tr } = (await ask(customer, 'newaddr', { addresstype: 'p2tr' })) as { p2tr: string };
  const sent = await ask(customer, 'withdraw', { destination: p2tr, satoshi: 70_000 });
  const waiting = (await rowsOf(customer, 'listtransactions', 'transactions')).at(-1);
  assert.deepEqual([waiting?.hash, waiting?.blockheight, waiting?.txindex], [sent.txid, 0, 0]);
  await town.mine(1);
  const all = await rowsOf(customer, 'listtransactions', 'transactions');
  assert.equal(all.length, before.length + 1);
  const last = all.at(-1) as unknown as { hash: string; rawtx: string; blockheight: number; txindex: number };
  assert.deepEqual([last.hash, last.rawtx, last.txindex], [sent.txid, sent.tx, 1]);
  assert.equal(last.blockheight, customer.chain.tip().height);
  const { outputs, inputs } = all.at(-1) as unknown as { outputs: { amount_msat: number }[]; inputs: unknown[] };
  assert.ok(outputs.some(({ amount_msat }) => amount_msat === 70_000_000));
  assert.ok(inputs.length > 0);
});

test('the books say what came, went and was earned, and they add up', async () => {
  type Movement = { account: string; tag: string; credit_msat: number; debit_msat: number; type?: string };
  const events = (await rowsOf(customer, 'bkpr-listaccountevents', 'events')) as unknown as Movement[];
  const balance = (of: readonly Movement[]): number =>
    of.reduce((total, { credit_msat, debit_msat }) => total + credit_msat - debit_msat, 0);
  const { accounts } = (await ask(customer, 'bkpr-listbalances')) as unknown as {
    accounts: { account: string; balances: { balance_msat: number }[] }[];
  };
  // A fee is what the outputs lack: the coins that came and went hold it already.
  const coins = events.filter(({ account, type }) => account === 'wallet' && type === 'chain');
  assert.equal(balance(coins), accounts[0]?.balances[0]?.balance_msat);
  assert.equal(events.filter(({ tag }) => tag === 'channel_open').length, 2);
  const only = await rowsOf(customer, 'bkpr-listaccountevents', 'events', { account: 'external' });
  assert.deepEqual(only, [], 'what the wallet paid to itself went to nobody else');
  const spent = (await rowsOf(customer, 'bkpr-listincome', 'income_events')) as unknown as Movement[];
  const earned = (await rowsOf(shop, 'bkpr-listincome', 'income_events')) as unknown as Movement[];
  assert.deepEqual(
    earned.map(({ account, tag, credit_msat }) => [account, tag, credit_msat]),
    [['channels', 'invoice', 20_000]],
  );
  // All that the customer has came in and was not spent: the reward of a block, less payments and fees.
  const everything = accounts.reduce((total, { balances }) => total + (balances[0]?.balance_msat ?? 0), 0);
  assert.equal(balance(spent), everything);
});

test('funderupdate says that Till contributes nothing, and nothing else can be set', async () => {
  const policy = await ask(shop, 'funderupdate');
  assert.deepEqual([policy.summary, policy.policy, policy.policy_mod], ['fixed (0sat)', 'fixed', 0]);
  assert.equal((await codeOf(ask(shop, 'funderupdate', { policy: 'match', policy_mod: 100 }))).code, 3000);
  assert.equal((await codeOf(ask(shop, 'funderupdate', { lease_fee_basis: 1 }))).code, 3000);
});

test('autoclean-once cleans invoices, has no forwards, and keeps payments', async () => {
  const nothing = { cleaned: 0, uncleaned: 0 };
  const clean = (subsystem: string) => ask(shop, 'autoclean-once', { subsystem, age: 31_536_000 });
  assert.deepEqual(await clean('expiredinvoices'), { autoclean: { expiredinvoices: nothing } });
  assert.deepEqual(await clean('failedforwards'), { autoclean: { failedforwards: nothing } });
  assert.equal((await codeOf(clean('succeededpays'))).code, 3000);
  assert.equal((await codeOf(clean('invoices'))).code, -32602);
});

test('without time to try again the first attempt is made', async () => {
  const invoice = await ask(shop, 'invoice', { amount_msat: 1000, label: 'once', description: 'x' });
  const paid = await ask(customer, 'pay', { bolt11: invoice.bolt11 as string, retry_for: 0 });
  assert.equal(paid.status, 'complete');
});

test("BTCPay Server's calls, by position, have the list or the address as their first member", async () => {
  const client = await RawClient.connect(shop.rpc_file);
  const first = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    const reply = await client.call(method, JSON.stringify(params));
    assert.ok(reply?.result !== undefined, `${method}: ${reply?.error?.message}`);
    return Object.values(reply.result)[0];
  };
  const hash = await first('invoice', ['5000', 'btcpay', 'cup', 600, null, null, true]);
  for (const params of [['btcpay'], [null, null, hash]]) {
    const found = (await first('listinvoices', params)) as { payment_hash: string }[];
    assert.deepEqual(
      found.map(({ payment_hash }) => payment_hash),
      [hash],
    );
  }
  for (const [method, params] of [
    ['listinvoices', []],
    ['listpays', []],
    ['listpays', [null, hash]],
    ['listpeerchannels', []],
    ['listchannels', []],
    ['listchannels', ['1x1x1']],
  ] as const) {
    assert.ok(Array.isArray(await first(method, params)), method);
  }
  assert.match((await first('newaddr', [])) as string, /^bcrt1p/);
  assert.equal(await first('delinvoice', ['btcpay', 'unpaid']), 'btcpay');
  client.close();
  const invoice = await ask(shop, 'invoice', { amount_msat: 2000, label: 'paid by btcpay', description: 'x' });
  const payer = await RawClient.connect(customer.rpc_file);
  const paid = await payer.call('xpay', JSON.stringify([invoice.bolt11, null, 0]));
  assert.deepEqual([paid?.result?.amount_msat, paid?.result?.amount_sent_msat], [2000, 2000]);
  payer.close();
});
