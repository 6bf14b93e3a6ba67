/**
 * Invoices on PostgreSQL beside SQLite, in turns within one process: what else the machine does meets both. The server is one
 * of the tests' (test/support/postgres.ts), with fsync, over a Unix socket on the same disk.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { msat } from '../src/base/types/amount.ts';
import { PostgresHome, PostgresStore } from '../src/infra/store/postgres/postgres-store.ts';
import { parseTarget } from '../src/infra/store/postgres/target.ts';
import { openSqliteStore } from '../src/infra/store/sqlite-store.ts';
import type { Invoice } from '../src/shop/invoices/invoice.ts';
import type { Invoices } from '../src/shop/invoices/invoices.ts';
import { PostgresServer } from '../test/support/postgres.ts';
import { type Figure, percentile } from './figures.ts';
import { create, createRate, fail, latencies, startInvoices } from './support/invoices.ts';

export const name = 'invoices on PostgreSQL beside SQLite, in turns';

const TURNS = 9;

/** Invoices that are marked paid a second, so many in flight. */
async function payRate(invoices: Invoices, made: readonly Invoice[], in_flight: number): Promise<number> {
  let next = 0;
  const start = performance.now();
  const lane = async (): Promise<void> => {
    for (let one = made[next++]; one !== undefined; one = made[next++]) {
      await invoices.markPaid(one.payment_hash, msat(1000));
    }
  };
  await Promise.all(Array.from({ length: in_flight }, lane));
  return (made.length / (performance.now() - start)) * 1000;
}

interface Turn {
  readonly sqlite: number;
  readonly postgres: number;
}

function figuresOf(what: string, turns: readonly Turn[], must_reach?: number): Figure[] {
  const middle = (values: readonly number[]): number => percentile([...values], 0.5);
  return [
    { what: `${what}, PostgreSQL`, value: middle(turns.map(({ postgres }) => postgres)), unit: '/s' },
    { what: `${what}, SQLite`, value: middle(turns.map(({ sqlite }) => sqlite)), unit: '/s' },
    {
      what: '  ratio, p50 of turns',
      value: middle(turns.map(({ sqlite, postgres }) => postgres / sqlite)),
      unit: 'x',
      ...(must_reach === undefined ? {} : { must_reach }),
    },
  ];
}

/** Measures. */
export async function run(): Promise<readonly Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'till-bench-'));
  const server = await PostgresServer.start(['fsync=on', 'shared_buffers=128MB', 'max_wal_size=1GB']);
  const file = await openSqliteStore({ directory, onFailure: fail });
  const home = await PostgresHome.open({ target: parseTarget(server.dsn()) });
  const remote = await PostgresStore.open(home, {
    taker: { holder: 'bench', directory: 'bench', known_commit: 0n },
    onFailure: fail,
  });
  const stores = { sqlite: await startInvoices(file), postgres: await startInvoices(remote) };
  const both = async (measure: (invoices: Invoices, name: string) => Promise<number>): Promise<Turn> => ({
    sqlite: await measure(stores.sqlite, 'sqlite'),
    postgres: await measure(stores.postgres, 'postgres'),
  });
  await both((invoices) => createRate(invoices, 'warm-up', 2000, 64));
  const figures: Figure[] = [];
  for (const [in_flight, must_reach] of [
    [64, 0.6],
    [16, 0.5],
  ] as const) {
    const turns: Turn[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      turns.push(await both((invoices) => createRate(invoices, `${in_flight} ${turn}`, 1500, in_flight)));
    }
    figures.push(...figuresOf(`create, ${in_flight} in flight`, turns, must_reach));
  }
  const paid: Turn[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    paid.push(
      await both(async (invoices) => {
        const labels = Array.from({ length: 500 }, (_, index) => `to pay ${turn} ${index}`);
        const made = await Promise.all(labels.map(async (label) => (await create(invoices, label)).invoice));
        return await payRate(invoices, made, 30);
      }),
    );
  }
  figures.push(...figuresOf('mark paid, 30 in flight', paid));
  for (const [what, invoices] of Object.entries(stores)) {
    const taken = await latencies(300, (index) => create(invoices, `alone ${index}`));
    figures.push({ what: `create, one at a time on ${what}, p50`, value: percentile(taken, 0.5), unit: 'ms' });
  }
  for (const invoices of Object.values(stores)) await invoices.stop();
  await file.close();
  await remote.close();
  await server.stop();
  rmSync(directory, { recursive: true });
  return figures;
}
