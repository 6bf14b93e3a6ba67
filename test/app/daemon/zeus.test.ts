/**
 * What Zeus asks of a node, in its spelling: over clnrest with a rune, parameters by name, and of each answer the members
 * that it reads. Facts of Zeus f39a8ee (August 2026). Its queries of SQL are in sql.test.ts.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { connectToNode } from '../../../src/api/client/index.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { assertReads, type Reads } from '../../support/reads.ts';
import { TIMEOUT } from '../../support/time-limit.ts';
import { Town, until } from '../../support/town.ts';

type Row = Record<string, unknown>;

let town: Town;
let shop: Daemon;
/** Whose owner holds the phone. */
let wallet: Daemon;
let url: string;
let rune: string;

before(async () => {
  town = await Town.found();
  const rest = ['--clnrest-port=0', '--clnrest-protocol=http'] as const;
  [shop, wallet] = await Promise.all([town.start('shop'), town.start('wallet', ...rest)]);
  const line = town.log.find((text) => text.startsWith('wallet') && text.includes('REST at http://')) as string;
  url = /(http:\/\/\S+)\/v1/.exec(line)?.[1] as string;
  const client = await connectToNode(wallet.rpc_file);
  ({ rune } = await client.call('createrune', {}));
  client.close();
  await town.fund(wallet);
  await town.connect(wallet, shop);
  await town.open(wallet, shop, 1_000_000, 300_000_000);
});
after(() => town.close());

/** A method in lower case, and a body only where there are parameters; members that are undefined are not sent. */
async function exchange(method: string, params?: Row) {
  const response = await fetch(`${url}/v1/${method}`, {
    method: 'post',
    headers: { Rune: rune, 'Content-Type': 'application/json' },
    ...(params === undefined ? {} : { body: JSON.stringify(params) }),
  });
  const text = await response.text();
  // It would split the text there, and read the line before the last.
  assert.ok(!text.includes('\n'), `${method} answers one line`);
  return { status: response.status, json: JSON.parse(text) as Row };
}

async function call(method: string, params?: Row): Promise<Row> {
  const { status, json } = await exchange(method, params);
  assert.ok(status < 300, `${method} ${JSON.stringify(params)}: ${JSON.stringify(json)}`);
  return json;
}

/** It shows `message`, and knows no codes. */
async function failure(method: string, params: Row): Promise<string> {
  const { status, json } = await exchange(method, params);
  assert.ok(status >= 300, `${method} was not refused`);
  assert.equal(typeof json.message, 'string');
  return json.message as string;
}

/** An invoice of the shop's. */
async function toPay(amount_msat: number | 'any', label: string): Promise<{ bolt11: string; payment_hash: string }> {
  const client = await connectToNode(shop.rpc_file);
  const { bolt11, payment_hash } = await client.call('invoice', { amount_msat, label, description: 'tea' });
  client.close();
  return { bolt11, payment_hash };
}

const NODE: Reads = {
  ...{ id: 'node_id', alias: 'text', version: 'text', network: /^regtest$/, blockheight: 'integer' },
  ...{ address: [{ address: 'text', port: 'integer' }], fees_collected_msat: 'msat' },
};
const FUNDS: Reads = {
  outputs: [
    {
      ...{ txid: 'hash', output: 'integer', address: 'text', amount_msat: 'msat', reserved: 'boolean' },
      ...{ status: 'text', blockheight: 'integer?' },
    },
  ],
  channels: [{ state: 'text', connected: 'boolean', our_amount_msat: 'msat', amount_msat: 'msat' }],
};
const CHANNELS: Reads = {
  channels: [
    {
      ...{ state: 'text', peer_connected: 'boolean', peer_id: 'node_id', private: 'boolean', funding_txid: 'hash' },
      ...{ channel_id: 'hash', short_channel_id: 'text?', total_msat: 'msat', to_us_msat: 'msat' },
      ...{ out_fulfilled_msat: 'msat', in_fulfilled_msat: 'msat', close_to_addr: 'text', our_to_self_delay: 'integer' },
      ...{ in_payments_offered: 'integer', out_payments_offered: 'integer' },
      ...{ our_reserve_msat: 'msat', their_reserve_msat: 'msat' },
    },
  ],
};
const CLOSED: Reads = {
  closedchannels: [
    {
      ...{ peer_id: 'node_id', total_msat: 'msat', channel_id: 'hash', short_channel_id: 'text?', opener: 'text' },
      ...{ closer: 'text', private: 'boolean', channel_type: { names: ['text'] }, funding_txid: 'hash' },
      ...{ final_to_us_msat: 'msat', min_to_us_msat: 'msat', max_to_us_msat: 'msat', total_htlcs_sent: 'integer' },
      ...{ last_commitment_txid: 'hash', last_commitment_fee_msat: 'msat', close_cause: 'text' },
      last_stable_connection: 'time?',
    },
  ],
};
const PEERS: Reads = {
  peers: [{ id: 'node_id', connected: 'boolean', num_channels: 'integer', netaddr: ['text'], features: 'hex' }],
};
const INVOICE: Reads = {
  ...{ label: 'text', bolt11: /^lnbcrt/, payment_hash: 'hash', description: 'text', status: /^(paid|unpaid|expired)$/ },
  ...{ expires_at: 'time', amount_msat: 'msat?', amount_received_msat: 'msat?', paid_at: 'time?' },
  payment_preimage: 'hash?',
};
const DECODED: Reads = {
  ...{ amount_msat: 'msat?', payment_hash: 'hash', payee: 'node_id', created_at: 'time', expiry: 'integer' },
  description: 'text?',
};

test('what its pages show first, each member that they read', TIMEOUT, async () => {
  const info = await call('getinfo');
  assertReads(info, NODE, 'getinfo');
  assert.match(info.version as string, /^\d+\.\d+\.\d+/, 'compared with v24.11: an older one is asked with pay');
  const funds = await call('listfunds');
  assertReads(funds, FUNDS, 'listfunds');
  const channels = await call('listpeerchannels');
  assertReads(channels, CHANNELS, 'listpeerchannels');
  assert.deepEqual([(funds.channels as Row[]).length, (channels.channels as Row[]).length], [1, 1]);
  const peers = await call('listpeers');
  assertReads(peers, PEERS, 'listpeers');
  // One question for each peer, and an error in one of them is an empty page.
  for (const { id } of peers.peers as Row[]) assert.ok(Array.isArray((await call('listnodes', { id })).nodes));
  assertReads(await call('listclosedchannels'), CLOSED, 'listclosedchannels');
  const { transactions } = (await call('listtransactions')) as { transactions: Row[] };
  const transaction: Reads = [{ hash: 'hash', outputs: [{ scriptPubKey: 'hex' }] }];
  assertReads(transactions, transaction, 'listtransactions');
  assert.ok(transactions.length > 0);
  const query =
    "SELECT account, tag, outpoint, credit_msat, debit_msat, timestamp, blockheight FROM bkpr_accountevents WHERE (tag='deposit' OR tag='to_them' OR tag='channel_open' OR tag='channel_close') ORDER BY timestamp DESC LIMIT 150";
  assert.ok(((await call('sql', { query })).rows as unknown[]).length > 0);
  assert.deepEqual(await call('listforwards', { status: 'settled', limit: 10_000_000, index: 'created' }), {
    forwards: [],
  });
  assert.deepEqual(await call('listoffers', { active_only: true }), { offers: [] });
  const [channel] = channels.channels as Row[];
  assert.ok(Array.isArray((await call('listchannels', { short_channel_id: channel?.short_channel_id })).channels));
});

test('receiving: invoices of an amount and of any, found by hash, and addresses', TIMEOUT, async () => {
  const label = () => `zeus.${Math.random() * 1_000_000}`;
  const common = { description: 'a cup', expiry: 3600, exposeprivatechannels: true };
  const made = await call('invoice', { ...common, label: label(), amount_msat: 21_000 });
  assertReads(made, { bolt11: /^lnbcrt/, payment_hash: 'hash', expires_at: 'time' }, 'invoice');
  const any = await call('invoice', { ...common, label: label(), amount_msat: 'any' });
  for (const { payment_hash } of [made, any]) {
    const { invoices } = (await call('listinvoices', { payment_hash })) as { invoices: Row[] };
    assert.equal(invoices.length, 1);
    assertReads(invoices, [INVOICE], 'listinvoices');
  }
  const payer = await connectToNode(shop.rpc_file);
  const paid = await payer.call('xpay', { invstring: made.bolt11 as string });
  payer.close();
  const [found] = (await call('listinvoices', { payment_hash: made.payment_hash })).invoices as Row[];
  assertReads(found, { ...(INVOICE as Record<string, Reads>), paid_at: 'time' }, 'listinvoices');
  assert.deepEqual(
    [found?.status, found?.amount_received_msat, found?.payment_preimage],
    ['paid', 21_000, paid.payment_preimage],
  );
  assert.deepEqual((await call('listinvoices', { payment_hash: '00'.repeat(32) })).invoices, []);
  assert.match((await call('newaddr', { addresstype: 'bech32' })).bech32 as string, /^bcrt1q/);
  assert.match((await call('newaddr', { addresstype: 'p2tr' })).p2tr as string, /^bcrt1p/);
  const unnamed = await call('newaddr', {});
  assert.match((unnamed.bech32 ?? unnamed.p2tr) as string, /^bcrt1/);
});

test('paying, as it asks an older node and a newer one', TIMEOUT, async () => {
  const { bolt11, payment_hash } = await toPay(30_000, 'old way');
  const decoded = await call('decode', { string: bolt11 });
  assertReads(decoded, DECODED, 'decode');
  // Its first question after reading an invoice has no parameters, and must not be more than an error.
  assert.match(await failure('getroutes', {}), /missing required parameter/);
  // An amount that was not given is 0, and NaN is sent as null.
  for (const [what, params] of [
    ['a limit', { bolt11, amount_msat: null, retry_for: '60', maxfee: 10_000 }],
    ['a percentage', { bolt11, amount_msat: null, retry_for: 60, maxfeepercent: 0.5 }],
  ] as const) {
    const paid = await call('pay', params);
    const reads: Reads = { status: /^complete$/, payment_preimage: 'hash', payment_hash: 'hash' };
    assertReads(paid, { ...reads, amount_msat: 'msat', amount_sent_msat: 'msat' }, what);
    assert.equal(paid.payment_hash, payment_hash, what);
  }
  const open = await toPay('any', 'new way');
  const paid = await call('xpay', { invstring: open.bolt11, retry_for: 60, amount_msat: 40_000, maxfee: 5000 });
  const preimage = Buffer.from(paid.payment_preimage as string, 'hex');
  assert.equal(createHash('sha256').update(preimage).digest('hex'), open.payment_hash, 'it reckons the hash itself');
  assertReads(paid, { payment_preimage: 'hash', amount_msat: 'msat', amount_sent_msat: 'msat' }, 'xpay');
  const own = await call('invoice', { label: 'own', description: 'x', amount_msat: 1000, expiry: 60 });
  assert.match(await failure('pay', { bolt11: own.bolt11, amount_msat: null, retry_for: 60 }), /^Self-payment/);
  assert.match(await failure('decode', { string: 'nonsense' }), /./);
});

test('a message is signed and verified', TIMEOUT, async () => {
  const { zbase, signature } = await call('signmessage', { message: 'hello' });
  assertReads({ zbase, signature }, { zbase: 'text', signature: 'hex' }, 'signmessage');
  const verified = await call('checkmessage', { message: 'hello', zbase });
  assert.deepEqual(verified, { verified: true, pubkey: wallet.keys.node_id });
});

test('peers and channels: connect, open, pay a set way, set fees, close, send all coins', TIMEOUT, async () => {
  const third = await town.start('third');
  const [at] = third.bindings as unknown as { host: string; port: number }[];
  const id = third.keys.node_id;
  assert.match(
    await failure('fundchannel', { id, amount: '100000', feerate: '2000perkb', announce: true }),
    /no address known/,
  );
  assert.match(await failure('connect', { id, host: '127.0.0.1', port: 1 }), /^All addresses failed/);
  assertReads(await call('connect', { id, host: at?.host, port: at?.port }), { id: 'node_id' }, 'connect');
  // Again, without an address, and with a port that is none: it is connected.
  assert.equal((await call('connect', { id, host: at?.host, port: null })).id, id);
  const funding = { id, amount: '200000', feerate: '2000perkb', announce: false };
  const opened = await call('fundchannel', { ...funding, minconf: 1 });
  assertReads(opened, { txid: 'hash', outnum: 'integer', channel_id: 'hash' }, 'fundchannel');
  await until(() => town.chain.pending.length > 0);
  await town.mine(6);
  await until(() => wallet.channels.list().every(({ state }) => state.phase === 'normal'));
  // Without a feerate it sends 0, which is raised to the lowest that is relayed.
  const all = { id: shop.keys.node_id, amount: 'all', feerate: '0perkb', announce: false, minconf: 1 };
  assertReads(await call('fundchannel', { ...all, amount: '100000' }), { txid: 'hash' }, 'fundchannel');
  await until(() => town.chain.pending.length > 0);
  await town.mine(6);
  await until(() => wallet.channels.list().every(({ state }) => state.phase === 'normal'));

  const refused = await failure('setchannel', { id: 'all', feebase: '1000', feeppm: '1' });
  assert.match(refused, /forward/);
  const channel = wallet.channels.list().find(({ peer_id }) => peer_id === id);
  // It closes by whatever names the channel, and waits for no agreement, or for two seconds.
  const closed = await call('close', { id: channel?.channel_id, unilateraltimeout: 0 });
  assertReads(closed, { type: /^(mutual|unilateral)$/ }, 'close');
  await town.mineUntil(() => wallet.endings.list().length === 0 && !wallet.channels.list().includes(channel as never));
  const { closedchannels } = await call('listclosedchannels');
  assertReads({ closedchannels }, CLOSED, 'listclosedchannels');
  assert.equal((closedchannels as Row[]).length, 1);

  const { outputs } = (await call('listfunds')) as { outputs: Row[] };
  const coin = outputs.find(({ status, reserved }) => status === 'confirmed' && reserved === false) as Row;
  const { bech32: destination } = await call('newaddr', { addresstype: 'bech32' });
  const utxos = [`${coin.txid}:${coin.output}`];
  const sent = await call('withdraw', { destination, feerate: '2000perkb', satoshi: '50000', utxos });
  assertReads(sent, { txid: 'hash', tx: 'hex' }, 'withdraw');
  assertReads(
    await call('withdraw', { destination, feerate: '3000perkb', satoshi: 'all' }),
    { txid: 'hash' },
    'withdraw',
  );
  assert.deepEqual(await call('disconnect', { id: third.keys.node_id, force: true }), {});
});
