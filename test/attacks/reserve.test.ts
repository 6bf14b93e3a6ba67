/**
 * What the wallet cannot bring to the chain is not taken: new shops, wallets of no, one and many coins, one channel and
 * many, payments in one part and in many. What is refused costs nobody anything, and what is taken adds up to the satoshi.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { connectToNode } from '../../src/api/client/index.ts';
import type { Daemon } from '../../src/app/daemon/daemon.ts';
import { msat } from '../../src/base/types/amount.ts';
import { decodeInvoice } from '../../src/codec/bolt11/native.ts';
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
  for (const satoshi of coins_sat) {
    const { p2tr } = await ask(shop, 'newaddr');
    await ask(customer, 'withdraw', { destination: p2tr, satoshi, minconf: 0 });
  }
  await town.mine(1);
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
