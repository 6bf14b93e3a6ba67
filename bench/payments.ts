/**
 * Payments over one channel between two real daemons: from `pay` at the customer to the invoice that is paid and durable
 * at the shop. `--payments=N` sets how many are made with 30 in flight (250,000 shows growth, and all that the channel can carry).
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Market, type Trader, until } from '../test/support/market.ts';
import { type Figure, percentile } from './figures.ts';
import { memoryMb } from './support/memory.ts';
import { invoices, payAll, payOneByOne } from './support/sales.ts';

export const name = 'payments over one channel, both ends on this machine';

/** An HTLC of this amount is an output of the commitment transactions, with its own signatures; a smaller one is not. */
const LARGE_AMOUNT_MSAT = 1_000_000;
const CHANNEL_SAT = 16_000_000;
const IN_FLIGHT = 30;
const ONE_BY_ONE = 300;
const LARGE = 1_000;
/** Payments are made in rounds, each with its own invoices. */
const ROUND = 500;
const CHANNELS = 100;
/** From so many payments on the page cache is full in the second half, and the memory must be flat. */
const FLAT_FROM = 250_000;

export async function run(): Promise<readonly Figure[]> {
  const asked = process.argv.find((argument) => argument.startsWith('--payments='));
  const payments = asked === undefined ? 5_000 : Number(asked.slice('--payments='.length));
  return [...(await payMany(payments)), ...(await reconnect())];
}

async function payMany(payments: number): Promise<readonly Figure[]> {
  const market = await Market.open();
  try {
    const { shop, customer } = market;
    await market.openChannels(1, CHANNEL_SAT);
    await payAll(customer, await invoices(shop, 'warm', 500), IN_FLIGHT);

    let paying_ms = 0;
    const memory_mb: number[] = [];
    for (let round = 0; round < payments / ROUND; round++) {
      const bolt11s = await invoices(shop, `run-${round}`, ROUND);
      const start = performance.now();
      await payAll(customer, bolt11s, IN_FLIGHT);
      paying_ms += performance.now() - start;
      memory_mb.push(memoryMb(shop.node.pid));
    }
    const rate = (payments * 1000) / paying_ms;
    // The database's page cache fills up to 96 MiB, which takes 160,000 payments; after that nothing should grow.
    const quarter = Math.floor(memory_mb.length / 4);
    const growth_mb = Math.max(...memory_mb.slice(-quarter)) - Math.max(...memory_mb.slice(-2 * quarter, -quarter));

    const times = await payOneByOne(customer, await invoices(shop, 'one', ONE_BY_ONE));
    const larges = await invoices(shop, 'large', LARGE, LARGE_AMOUNT_MSAT);
    const large_start = performance.now();
    await payAll(customer, larges, IN_FLIGHT);
    const large_rate = (LARGE * 1000) / (performance.now() - large_start);
    const large_times = await payOneByOne(customer, await invoices(shop, 'large-one', ONE_BY_ONE, LARGE_AMOUNT_MSAT));
    const growth = await growthBytes(shop, customer, Math.min(payments, 5_000));
    return [
      { what: `payments received, ${IN_FLIGHT} in flight`, value: rate, unit: '/s', must_reach: 500 },
      { what: 'one at a time, p50', value: percentile(times, 0.5), unit: 'ms', must_reach: 10 },
      { what: 'one at a time, p99', value: percentile(times, 0.99), unit: 'ms' },
      { what: 'with HTLC outputs: received, 30 in flight', value: large_rate, unit: '/s', must_reach: 500 },
      {
        what: 'with HTLC outputs: one at a time, p50',
        value: percentile(large_times, 0.5),
        unit: 'ms',
        must_reach: 10,
      },
      { what: `memory of the shop over ${payments} payments, most`, value: Math.max(...memory_mb), unit: 'MB' },
      {
        what: 'of that more in the last quarter than in the one before',
        value: growth_mb,
        unit: 'MB',
        ...(payments >= FLAT_FROM ? { must_reach: 16 } : {}),
      },
      { what: 'disk of the shop per payment, its invoice included', value: growth, unit: 'bytes', must_reach: 1536 },
    ];
  } finally {
    await market.close();
  }
}

/** The database after a clean stop, when its log is written back. */
async function growthBytes(shop: Trader, customer: Trader, payments: number): Promise<number> {
  const size = async (): Promise<number> => {
    await shop.stop('keep');
    const bytes = statSync(join(shop.node.dir, 'regtest', 'till.sqlite3')).size;
    await shop.start();
    await until(async () => (await customer.usable()).length === 1 && (await shop.usable()).length === 1);
    return bytes;
  };
  const before = await size();
  await payAll(customer, await invoices(shop, 'growth', payments), IN_FLIGHT);
  return ((await size()) - before) / payments;
}

async function reconnect(): Promise<readonly Figure[]> {
  const market = await Market.open();
  try {
    const { shop, customer } = market;
    await market.openChannels(CHANNELS, 100_000);
    const figures: Figure[] = [];
    for (const trader of [customer, shop]) {
      await trader.stop('keep');
      const start = performance.now();
      await trader.start();
      await until(
        async () => (await customer.usable()).length === CHANNELS && (await shop.usable()).length === CHANNELS,
      );
      const value = (performance.now() - start) / 1000;
      figures.push({
        what: `restart of the ${trader.name}, ${CHANNELS} channels usable again`,
        value,
        unit: 's',
        must_reach: 3,
      });
    }
    return figures;
  } finally {
    await market.close();
  }
}
