/**
 * Payments between two whole daemons that both keep their money on a PostgreSQL server, beside two that keep it in SQLite: in
 * turns within one run. The server is one of the tests', with fsync, on the same machine and disk.
 */
import { Market } from '../test/support/market.ts';
import { PostgresServer } from '../test/support/postgres.ts';
import { type Figure, percentile } from './figures.ts';
import { invoices, payAll, payOneByOne } from './support/sales.ts';

export const name = 'payments between two daemons on PostgreSQL beside SQLite, in turns';

const IN_FLIGHT = 30;
const TURNS = 9;
const EACH_TURN = 300;
const ONE_BY_ONE = 100;
const CHANNEL_SAT = 16_000_000;

/** Measures. */
export async function run(): Promise<readonly Figure[]> {
  const server = await PostgresServer.start(['fsync=on', 'shared_buffers=128MB', 'max_wal_size=1GB']);
  for (const schema of ['shop', 'customer']) await server.ask(`CREATE SCHEMA ${schema}`);
  const wallet = (schema: string): readonly string[] => [`--wallet=${server.dsn(schema)}`];
  const markets = {
    sqlite: await Market.open(),
    postgres: await Market.openWith({ both: [], shop: wallet('shop'), customer: wallet('customer') }),
  };
  try {
    const rates = { sqlite: [] as number[], postgres: [] as number[] };
    const alone_ms = { sqlite: 0, postgres: 0 };
    const each = Object.entries(markets) as ['sqlite' | 'postgres', Market][];
    for (const [, market] of each) {
      await market.openChannels(1, CHANNEL_SAT);
      await payAll(market.customer, await invoices(market.shop, 'warm-up', 2 * EACH_TURN), IN_FLIGHT);
    }
    for (let turn = 0; turn < TURNS; turn++) {
      for (const [store, { shop, customer }] of each) {
        const bolt11s = await invoices(shop, `turn-${turn}`, EACH_TURN);
        const start = performance.now();
        await payAll(customer, bolt11s, IN_FLIGHT);
        rates[store].push((EACH_TURN * 1000) / (performance.now() - start));
      }
    }
    for (const [store, { shop, customer }] of each) {
      const times = await payOneByOne(customer, await invoices(shop, 'one', ONE_BY_ONE));
      alone_ms[store] = percentile(times, 0.5);
    }
    const ratios = rates.postgres.map((rate, turn) => rate / (rates.sqlite[turn] as number));
    return [
      { what: `received, ${IN_FLIGHT} in flight, PostgreSQL`, value: percentile(rates.postgres, 0.5), unit: '/s' },
      { what: `received, ${IN_FLIGHT} in flight, SQLite`, value: percentile(rates.sqlite, 0.5), unit: '/s' },
      { what: '  ratio, p50 of turns', value: percentile(ratios, 0.5), unit: 'x', must_reach: 0.7 },
      { what: 'one at a time on PostgreSQL, p50', value: alone_ms.postgres, unit: 'ms' },
      { what: 'one at a time on SQLite, p50', value: alone_ms.sqlite, unit: 'ms' },
    ];
  } finally {
    for (const market of Object.values(markets)) await market.close();
    await server.stop();
  }
}
