/** What the page of `fundchannel` promises: which money goes into a channel, at which fee, and what is refused. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Client, connectToNode } from '../../../src/api/client/index.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import type { Txid } from '../../../src/base/types/brand.ts';
import { fromHex } from '../../../src/base/types/hex.ts';
import { parseTransaction, txidOf, weightOf } from '../../../src/codec/tx/transaction.ts';
import { refused } from '../../support/refused.ts';
import { TIMEOUT } from '../../support/time-limit.ts';
import { Town, until } from '../../support/town.ts';

/** All the bitcoin that there can be: a channel with a peer that takes large ones has no limit of its own. */
const LARGEST_SAT = 2_100_000_000_000_000;
const LARGE_SAT = 16_777_216;
const LEAST_RESERVE_SAT = 25_000;

let town: Town;
let shop: Daemon;
let rich: Daemon;
let poor: Daemon;
let client: Client;
let poor_client: Client;
/** The shop's. */
let id: string;
before(async () => {
  town = await Town.found();
  [shop, rich, poor] = await Promise.all([town.start('shop'), town.start('rich'), town.start('poor')]);
  for (let coin = 0; coin < 3; coin++) await town.fund(rich);
  await town.connect(poor, shop);
  id = shop.keys.node_id;
  client = await connectToNode(rich.rpc_file);
  poor_client = await connectToNode(poor.rpc_file);
  await client.call('connect', { id, ...(shop.bindings[0] as { host: string; port: number }) });
});
after(async () => {
  client.close();
  poor_client.close();
  await town.close();
});

/** Mines until no channel waits for it: a peer may have only a few without a block. */
async function confirm(): Promise<void> {
  const opened = [rich, poor].flatMap(({ channels }) =>
    channels.list().filter(({ state }) => state.phase === 'opening'),
  );
  assert.ok(opened.length > 0);
  await until(() => {
    const pending = new Set(town.chain.pending.map((transaction) => txidOf(parseTransaction(transaction))));
    return opened.every(({ state }) => pending.has(state.terms.funding_txid));
  });
  await town.mine(6);
  await until(() =>
    [shop, rich, poor].every(({ channels }) => channels.list().every(({ state }) => state.phase === 'normal')),
  );
}

/** A confirmed coin of this amount for a node's wallet. */
async function give(receiver: Client, satoshi: number): Promise<string> {
  const { bech32: destination } = await receiver.call('newaddr', { addresstype: 'bech32' });
  const { txid } = await client.call('withdraw', { destination: destination as string, satoshi });
  await town.mine(1);
  const found = (await receiver.call('listfunds', {})).outputs.find((output) => output.address === destination);
  assert.equal(found?.txid, txid);
  return `${txid}:${found.output}`;
}

test('announce is meant unless it is said otherwise, and a gift is gone at once', TIMEOUT, async () => {
  const shown = await client.call('fundchannel', { id, amount: 100_000, push_msat: '40000sat' });
  const hidden = await client.call('fundchannel', { id, amount: '100000sat', announce: false, minconf: 0 });
  assert.deepEqual(shown.channel_type, { bits: [12, 22], names: ['static_remotekey/even', 'anchors/even'] });
  const { channels } = await client.call('listpeerchannels', {});
  assert.deepEqual(
    [shown, hidden].map(({ channel_id, txid }) => {
      const row = channels.find((channel) => channel.channel_id === channel_id);
      return [row?.state, row?.private, Number(row?.to_us_msat), row?.funding_txid === txid];
    }),
    [
      ['CHANNELD_AWAITING_LOCKIN', false, 60_000_000, true],
      ['CHANNELD_AWAITING_LOCKIN', true, 100_000_000, true],
    ],
  );
  await confirm();
});

test('the feerate by name, by blocks and by number, and never below what is relayed', TIMEOUT, async () => {
  const estimate = town.chain.feerate_per_kw;
  for (const [feerate, per_kw] of [
    ['opening', estimate],
    ['6blocks', estimate],
    ['minimum', 253],
    [8000, 2000],
    ['100perkw', 253],
  ] as const) {
    const { txid } = await client.call('fundchannel', { id, amount: 30_000, feerate: feerate as string, minconf: 0 });
    const own = rich.wallet.find(txid as Txid);
    assert.ok(own);
    const exact_sat = (weightOf(own.transaction) * per_kw) / 1000;
    assert.ok(Math.abs(Number(own.fee_sat) - exact_sat) <= 5, `${feerate}: ${own.fee_sat}, not ${exact_sat}`);
    await confirm();
  }
  const asked = (feerate: string) => client.call('fundchannel', { id, amount: 30_000, feerate });
  await refused(-32602, "'feerate' should be an integer with optional perkw/perkb, not 'fast'", asked('fast'));
  await refused(-32602, "'feerate' should be an integer not 'x'", asked('xblocks'));
});

test('amounts that no channel can have, and money that is not there', TIMEOUT, async () => {
  const asked = (amount: number | string, more: object = {}) => client.callAny('fundchannel', { id, amount, ...more });
  await refused(-32602, `amount: should be a satoshi amount: invalid token '"1500msat"'`, asked('1500msat'));
  await refused(300, `Amount exceeded ${LARGEST_SAT}sat`, asked(LARGEST_SAT + 1));
  await refused(-1, 'funding_satoshis 19999 is below our minimum of 20000', asked(19_999));
  await refused(-1, /push_msat 100000001 is more than the channel holds/, asked(100_000, { push_msat: 100_000_001 }));
  await refused(-1, /opener cannot pay the fee of the first commitment/, asked(100_000, { push_msat: '100000sat' }));
  await refused(301, /^the wallet has 0 sat to spend, \d+ sat are needed/, asked(100_000, { minconf: 10_000 }));
  await refused(-32602, /Unknown UTXO/, asked(100_000, { utxos: [`${'ab'.repeat(32)}:0`] }));
  await refused(-32602, /^utxos: should be a txid:outnum: invalid token '"coin"'/, asked(100_000, { utxos: ['coin'] }));
  await refused(301, /^the wallet has 0 sat to spend/, poor_client.call('fundchannel', { id, amount: 'all' }));
  assert.equal(rich.channels.list().length, shop.channels.list().length, 'nothing is left of these');
});

test('all: the coins named, what there is but for the reserve, or the most that a channel holds', TIMEOUT, async () => {
  const coin = await give(client, 500_000);
  const named = await client.call('fundchannel', { id, amount: 'all', utxos: [coin] });
  const { inputs, outputs } = parseTransaction(fromHex(named.tx));
  assert.deepEqual(
    inputs.map(({ txid, vout }) => `${txid}:${vout}`),
    [coin],
  );
  const funding_sat = Number(outputs[Number(named.outnum)]?.amount_sat);
  assert.ok(funding_sat < 500_000 && funding_sat > 499_000, `${funding_sat}`);
  await confirm();

  await give(poor_client, 300_000);
  const needs = /^the wallet has 300000 sat to spend, \d+ sat are needed with the fee \(a reserve is kept/;
  await refused(313, needs, poor_client.call('fundchannel', { id, amount: 290_000 }));
  const kept_sat = Number(poor.reserve.wantedSat(1));
  await poor_client.call('fundchannel', { id, amount: 'all' });
  const left = (await poor_client.call('listfunds', {})).outputs.filter(({ reserved }) => !reserved);
  const left_sat = left.reduce((total, { amount_msat }) => total + Number(amount_msat) / 1000, 0);
  assert.ok(kept_sat >= LEAST_RESERVE_SAT && left_sat >= kept_sat && left_sat < kept_sat + 10, `${left_sat}`);
  await confirm();

  const { txid, outnum } = await client.call('fundchannel', { id, amount: 'all' });
  const largest = rich.wallet.find(txid as Txid)?.transaction.outputs[Number(outnum)];
  assert.ok((largest?.amount_sat ?? 0n) > BigInt(LARGE_SAT), 'both offer option_support_large_channel');
  await confirm();
});

test('a node is called where it was last; one that is unknown, or away, is told apart', TIMEOUT, async () => {
  const unknown = client.call('fundchannel', { id: rich.keys.node_id, amount: 30_000 });
  await refused(400, 'Unable to connect, no address known for peer: use connect ID@HOST:PORT', unknown);
  await town.fund(rich);
  await client.call('disconnect', { id, force: true });
  await until(() => rich.peers.list().length === 0);
  await client.call('fundchannel', { id, amount: 30_000 });
  await confirm();
  await town.stop(shop);
  await until(() => rich.peers.list().length === 0);
  const away = /^All addresses failed: 127\.0\.0\.1:\d+: Connection establishment: .*ECONNREFUSED/;
  await refused(401, away, client.call('fundchannel', { id, amount: 30_000 }));
});
