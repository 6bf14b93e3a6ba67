/**
 * What the wallet cannot bring to the chain is not taken: new shops, wallets of no, one and many coins, one channel and
 * many, payments in one part and in many. What is refused costs nobody anything, and what is taken adds up to the satoshi.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { connectToNode } from '../../src/api/client/index.ts';
import type { Daemon } from '../../src/app/daemon/daemon.ts';
import { msat, sat } from '../../src/base/types/amount.ts';
import type { ChannelId } from '../../src/base/types/brand.ts';
import { decodeInvoice } from '../../src/codec/bolt11/native.ts';
import { shortChannelId } from '../../src/protocol/channel/ready.ts';
import { Town, until } from '../support/town.ts';

let town: Town;
let customer: Daemon;
let shop: Daemon;
let count = 0;

before(async () => {
  town = await Town.found();
  customer = await town.start('customer');
  // Fifty coins: each opens a channel or pays a deposit.
  for (let coin = 0; coin < 5; coin++) await town.fund(customer);
});
afterEach(() => town.stop(shop));
after(() => town.close());

async function ask(daemon: Daemon, method: string, params: Record<string, unknown> = {}) {
  const client = await connectToNode(daemon.rpc_file);
  try {
    return (await client.callAny(method, params as never)) as Record<string, unknown>;
  } finally {
    client.close();
  }
}

/** A shop with channels that the customer opened, and coins of these amounts in its wallet. */
async function openShop(channels: number, coins_sat: readonly number[], ...options: readonly string[]): Promise<void> {
  shop = await town.start(`shop ${++count}`, ...options);
  await town.connect(customer, shop);
  for (let channel = 0; channel < channels; channel++) await town.open(customer, shop, 1_000_000);
  for (const satoshi of coins_sat) await deposit(satoshi);
}

/** What came of an attempt to pay: `paid`, or the failure that the shop answered. */
async function pay(amount_sat: number): Promise<string> {
  const { bolt11 } = await ask(shop, 'invoice', {
    amount_msat: amount_sat * 1000,
    label: `${amount_sat} ${Math.random()}`,
    description: 'goods',
  });
  const invoice = decodeInvoice(bolt11 as string);
  const amount_msat = msat(amount_sat * 1000);
  try {
    await customer.payer.pay({
      invoice,
      bolt11: bolt11 as string,
      amount_msat,
      total_msat: amount_msat,
      maxfee_msat: msat(0),
      max_delay: 2016,
      retry_for_seconds: 1,
      exclude: new Set(),
      label: undefined,
      description: undefined,
    });
    return 'paid';
  } catch (error) {
    return (error as { data?: { last_failure?: string } }).data?.last_failure ?? String(error);
  }
}

/** What the shop has in its channels, when no payment is under way. */
async function balanceSat(): Promise<number> {
  const mine = new Set(shop.channels.list().map(({ channel_id }) => channel_id));
  const both = [shop, customer].flatMap(({ channels }) => channels.list().filter((each) => mine.has(each.channel_id)));
  await until(() => both.every(({ state }) => state.htlcs.length === 0));
  return shop.channels.list().reduce((total, { state }) => total + Number(state.local_msat), 0) / 1000;
}

test('a new shop with an empty wallet: a large payment is refused and costs nobody anything, a small one is taken', async () => {
  await openShop(1, []);
  const customer_msat = customer.channels.list().at(-1)?.state.local_msat;
  assert.equal(await pay(400_000), 'temporary_node_failure');
  assert.equal(await balanceSat(), 0);
  assert.equal(customer.channels.list().at(-1)?.state.local_msat, customer_msat);
  assert.equal(await pay(100_000), 'paid');
  assert.equal(await balanceSat(), 100_000);
  assert.equal(await pay(100_001), 'temporary_node_failure');
  assert.equal(await balanceSat(), 100_000);
  const { invoices } = await ask(shop, 'listinvoices');
  const paid = (invoices as unknown as { status: string; amount_received_msat?: number }[]).filter(
    ({ status }) => status === 'paid',
  );
  assert.deepEqual(
    paid.map(({ amount_received_msat }) => Number(amount_received_msat)),
    [100_000_000],
  );
});

test('the shop is told: invoice, getinfo, listfunds and the log say what is missing, until it is there', async () => {
  await openShop(1, []);
  const { warning_reserve } = await ask(shop, 'invoice', {
    amount_msat: '400000sat',
    label: 'sofa',
    description: 'sofa',
  });
  assert.match(warning_reserve as string, /^A payment of this amount would be refused.*deposit \d+ sat or more/);
  const small = await ask(shop, 'invoice', { amount_msat: '1000sat', label: 'tea', description: 'tea' });
  assert.equal(small.warning_reserve, undefined);
  const info = await ask(shop, 'getinfo');
  const { wanted_msat } = info.reserve as { wanted_msat: number };
  assert.match(info.warning_reserve as string, new RegExp(`deposit ${wanted_msat / 1000} sat`));
  assert.deepEqual((await ask(shop, 'listfunds')).reserve, info.reserve);
  const said = (): number => town.log.filter((line) => line.startsWith(`shop ${count} warn the wallet holds`)).length;
  await town.mine(5);
  assert.equal(said(), 1, 'not with every block');

  const { p2tr: destination } = await ask(shop, 'newaddr');
  await ask(customer, 'withdraw', { destination: destination as string, satoshi: wanted_msat / 1000, minconf: 0 });
  await town.mine(1);
  const after = await ask(shop, 'getinfo');
  assert.equal(after.warning_reserve, undefined);
  assert.deepEqual(
    [(after.reserve as { held_msat: number }).held_msat, (after.reserve as { coins_held: number }).coins_held],
    [wanted_msat, 1],
  );
  assert.ok(town.log.includes(`shop ${count} info the reserve for closing channels is there again`));
  assert.equal(await pay(400_000), 'paid');
  assert.equal(await balanceSat(), 400_000);
});

/** Pays in as many parts as there are amounts, over the channels in turn. What came of it: `paid`, or the failures. */
async function payParts(parts_sat: readonly number[], channels: number): Promise<string> {
  const amount_msat = parts_sat.reduce((total, each) => total + each, 0) * 1000;
  const label = `parts ${Math.random()}`;
  const { bolt11, payment_hash, payment_secret } = await ask(shop, 'invoice', {
    amount_msat,
    label,
    description: 'goods',
  });
  const mine = customer.channels.list().filter(({ peer_id }) => peer_id === shop.keys.node_id);
  const waits: Promise<unknown>[] = [];
  for (const [index, part_sat] of parts_sat.entries()) {
    const channel = shortChannelId((mine[index % channels] as (typeof mine)[number]).state) as string;
    const part = { payment_hash, partid: index + 1, groupid: 1 };
    const hop = { id: shop.keys.node_id, channel, amount_msat: part_sat * 1000, delay: 30 };
    await ask(customer, 'sendpay', { ...part, route: [hop], payment_secret, amount_msat, bolt11 });
    waits.push(ask(customer, 'waitsendpay', part));
  }
  const ended = await Promise.allSettled(waits);
  const failures = ended.map((end) => (end.status === 'fulfilled' ? 'paid' : failureOf(end.reason)));
  return [...new Set(failures)].join();
}

function failureOf(error: { data?: { failcodename?: string } }): string {
  return error.data?.failcodename ?? String(error);
}

const times = (count: number, part_sat: number): number[] => new Array<number>(count).fill(part_sat);

async function deposit(satoshi: number): Promise<void> {
  const { p2tr: destination } = await ask(shop, 'newaddr');
  await ask(customer, 'withdraw', { destination: destination as string, satoshi, minconf: 0 });
  await town.mine(1);
}

test('twelve channels and no, one, two coins; one, twelve and sixty parts', async () => {
  await openShop(12, []);
  const REFUSED = 'WIRE_TEMPORARY_NODE_FAILURE';
  let balance_sat = 0;
  const expect = async (outcome: string, parts: readonly number[], channels: number): Promise<void> => {
    const what = `${parts.length} parts over ${channels} channels`;
    assert.equal(await payParts(parts, channels), outcome, what);
    if (outcome === 'paid') balance_sat += parts.reduce((total, each) => total + each, 0);
    assert.equal(await balanceSat(), balance_sat, what);
  };
  await expect(REFUSED, [100_001], 1);
  await expect('paid', times(12, 8_000), 12);

  await deposit(5_000_000);
  await expect('paid', [400_000], 1);
  await expect('paid', times(8, 100_000), 8);
  await expect('paid', times(50, 6_000), 1);
  await expect('paid', times(60, 10_000), 8);

  // A ninth channel would wait for a block, and its HTLC may not have one.
  const { reserve } = await ask(shop, 'getinfo');
  assert.equal((reserve as { coins_wanted: number }).coins_wanted, 3);
  await expect(REFUSED, times(9, 60_000), 9);
  await deposit(5_000_000);
  await expect('paid', times(12, 60_000), 12);
  await expect('paid', times(60, 5_000), 12);
});

test('the operator may trust nobody, or one peer with everything', async () => {
  await openShop(1, [], '--undefended-msat=0');
  assert.equal(await pay(1_000), 'temporary_node_failure');
  assert.equal(await balanceSat(), 0);
  await town.stop(shop);
  await openShop(1, [], `--undefended-peer=${customer.keys.node_id}`);
  assert.equal(await pay(900_000), 'paid');
  assert.equal(await balanceSat(), 900_000);
});

test('withdraw leaves the reserve; what force takes cannot defend any more', async () => {
  await openShop(1, [500_000]);
  const destination = (await ask(customer, 'newaddr')).p2tr;
  const { reserve } = await ask(shop, 'getinfo');
  await ask(shop, 'withdraw', { destination, satoshi: 'all' });
  await town.mine(1);
  const left = (await ask(shop, 'getinfo')).reserve as { held_msat: number };
  assert.equal(left.held_msat, (reserve as { wanted_msat: number }).wanted_msat);
  assert.equal(await pay(200_000), 'paid');
  await ask(shop, 'withdraw', { destination, satoshi: 'all', force: true });
  await town.mine(1);
  assert.equal(await pay(200_000), 'temporary_node_failure');
  assert.equal(await balanceSat(), 200_000);
});

test('over a channel that no block holds no more than the allowance is ever gained', async () => {
  await openShop(0, [1_000_000], `--zeroconf-peer=${customer.keys.node_id}`);
  const peer = customer.channels.peer(shop.keys.node_id);
  assert.ok(peer !== undefined);
  const end = await customer.channels.open(peer, {
    funding_satoshis: sat(1_000_000),
    push_msat: msat(200_000_000),
    feerate_per_kw: 1000,
    announce_channel: false,
  });
  assert.equal(end.kind, 'channel', JSON.stringify(end));
  await until(() => shop.channels.list()[0]?.state.phase === 'normal');
  await until(() => customer.channels.find(shop.channels.list()[0]?.channel_id as ChannelId)?.state.phase === 'normal');
  assert.equal(await pay(60_000), 'paid');
  assert.equal(await pay(40_001), 'temporary_node_failure');
  assert.equal(await pay(40_000), 'paid');
  assert.equal(await pay(1_000), 'temporary_node_failure');
  assert.equal(await balanceSat(), 300_000);
  await until(() => town.chain.pending.length > 0);
  await town.mine(6);
  assert.equal(await pay(400_000), 'paid');
  assert.equal(await balanceSat(), 700_000);
});
