/** Whole nodes: a price, its refunds over Lightning and on the chain, and the ledger that adds up, also over HTTP. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Client, connectToNode } from '../../../src/api/client/index.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { DEFAULT_SOURCES } from '../../../src/shop/rates/source.ts';
import { JsonServer } from '../../support/json-server.ts';
import { Town, TRUSTS_PEERS, untilAsync } from '../../support/town.ts';

/** All that the shop has: in its wallet, and its side of its channels. */
async function wealthMsat(daemon: Daemon): Promise<bigint> {
  const coins = await daemon.wallet.listCoins();
  const in_wallet = coins.reduce((total, { coin }) => total + coin.amount_sat * 1000n, 0n);
  const live = daemon.channels
    .list()
    .filter(({ channel_id }) => daemon.endings.view(channel_id)?.closing_txid === undefined);
  return live.reduce((total, { state }) => total + state.local_msat, in_wallet);
}

interface Entry {
  readonly type: string;
  readonly amount_msat: number;
  readonly currency?: string;
  readonly amount?: number;
}

function sumOf(entries: readonly Entry[], member: 'amount_msat' | 'amount'): bigint {
  return entries.reduce((total, entry) => total + BigInt(entry[member] ?? 0), 0n);
}

async function ledgerOf(client: Client): Promise<readonly Entry[]> {
  return (await client.call('exportledger', {})).entries as unknown as readonly Entry[];
}

test('money comes in and goes back, and the ledger says the same as the wallet and the channels', async (t) => {
  const town = await Town.found();
  t.after(() => town.close());
  const server = await JsonServer.open(() => '{"price":58123.45}');
  t.after(() => server.close());
  const shop = await town.start(
    'shop',
    TRUSTS_PEERS,
    '--api-bind=127.0.0.1:0',
    '--invoices-onchain-fallback',
    ...DEFAULT_SOURCES.map(({ name }) => `--currencyrate-disable-source=${name}`),
    ...['a', 'b'].map((name) => `--currencyrate-add-source=${name},${server.url}/{currency},price`),
  );
  const customer = await town.start('customer', TRUSTS_PEERS);
  await town.fund(customer);
  await town.connect(customer, shop);
  await town.open(customer, shop, 1_000_000, 100_000_000);
  const client = await connectToNode(shop.rpc_file);
  const payer = await connectToNode(customer.rpc_file);
  t.after(() => client.close());
  t.after(() => payer.close());
  // What was pushed to the shop when the channel was opened is nobody's payment.
  const at_first = await wealthMsat(shop);

  const request = { label: 'breakfast', description: 'x', currency: 'EUR', amount: 450 };
  const { bolt11, amount_msat, price } = await client.call('invoice', request);
  assert.deepEqual([Number(amount_msat), price?.rate, price?.amount_text], [7_743_000, '58123.45', '4.50']);
  await payer.call('pay', { bolt11 });
  const waited = await client.call('waitinvoice', { label: 'breakfast' });
  assert.deepEqual(waited.price, price);

  const back = await payer.call('invoice', { amount_msat: 'any', label: 'back', description: 'my money' });
  const part = await client.call('refund', { label: 'breakfast', destination: back.bolt11, amount: 150 });
  assert.deepEqual([part.status, Number(part.amount_msat), part.amount_text], ['sent', 2_581_000, '1.50']);
  assert.equal((await payer.call('waitinvoice', { label: 'back' })).status, 'paid');

  // A deposit that no invoice asked for, a payment on the chain for another invoice, and a refund to an address.
  const ours = await client.call('newaddr', {});
  await payer.call('withdraw', { destination: (ours.bech32 ?? ours.p2tr) as string, satoshi: 300_000 });
  await town.mine(1);
  const dear = await client.call('invoice', { amount_msat: 20_000_000, label: 'dinner', description: 'y' });
  const { fallbacks } = await client.call('decodepay', { bolt11: dear.bolt11 });
  await payer.call('withdraw', { destination: fallbacks?.[0]?.addr as string, satoshi: 20_000 });
  await town.mine(1);
  await client.call('waitinvoice', { label: 'dinner' });
  const theirs = await payer.call('newaddr', {});
  const onchain = await client.call('refund', {
    label: 'dinner',
    destination: (theirs.bech32 ?? theirs.p2tr) as string,
    amount_msat: 5_000_000,
    idempotency_key: 'k',
  });
  assert.equal(onchain.method, 'onchain');
  await town.mine(1);
  assert.ok((await client.call('listtransactions', {})).transactions.some(({ hash }) => hash === onchain.txid));

  const entries = await ledgerOf(client);
  assert.equal(sumOf(entries, 'amount_msat'), (await wealthMsat(shop)) - at_first);
  assert.equal(sumOf(entries, 'amount'), 300n, 'three euro were not given back');
  assert.deepEqual(entries.map(({ type }) => type).sort(), [
    'deposit',
    'invoice',
    'invoice',
    'refund',
    'refund',
    'refund_fee',
  ]);

  const url = /the interface for programs at (\S+)\/api\/v1/.exec(town.log.join('\n'))?.[1] as string;
  const { rune } = await client.call('createrune', {});
  const headers = { authorization: `Bearer ${rune}` };
  const file = await fetch(`${url}/api/v1/exports/ledger?format=generic&types=refund`, { headers });
  assert.equal(file.headers.get('content-type'), 'text/csv; charset=utf-8; header=present');
  assert.match(file.headers.get('content-disposition') ?? '', /filename="till-ledger-generic\.csv"/);
  const lines = (await file.text()).split('\r\n');
  assert.deepEqual(
    lines.slice(1, -1).map((line) => line.split(',')[3]),
    ['-2581000', '-5000000'],
  );
  const json = await fetch(`${url}/api/v1/exports/ledger`, { headers });
  assert.equal(((await json.json()) as { entries: unknown[] }).entries.length, entries.length);
  const wrong = await fetch(`${url}/api/v1/exports/ledger?format=generic&from=never`, { headers });
  assert.equal(wrong.status, 400);
  const repeat = await fetch(`${url}/api/v1/refunds`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': 'k' },
    body: JSON.stringify({ label: 'dinner', destination: onchain.destination, amount_msat: 5_000_000 }),
  });
  assert.equal(((await repeat.json()) as { refund_id: number }).refund_id, onchain.refund_id);
  const rate = await fetch(`${url}/api/v1/rates/eur`, { headers });
  assert.equal(((await rate.json()) as { rate: number }).rate, 58123.45);
  // A channel of its own, closed in agreement: the shop pays for both.
  await payer.call('withdraw', { destination: (ours.bech32 ?? ours.p2tr) as string, satoshi: 2_000_000 });
  await town.mine(1);
  const own = await town.open(shop, customer, 500_000);
  await client.call('close', { id: own.channel_id as string });
  await town.mineUntil(() => shop.endings.view(own.channel_id)?.closing_txid !== undefined);
  const at_end = await ledgerOf(client);
  assert.equal(sumOf(at_end, 'amount_msat'), (await wealthMsat(shop)) - at_first);
  assert.equal(at_end.filter(({ type }) => type === 'closing_fee').length, 1);
  await untilAsync(async () => (await client.call('listrefunds', { status: 'pending' })).refunds.length === 0);
});
