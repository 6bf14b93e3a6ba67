/** Invoices on a real file: creating, and what a million invoices change. `--invoices=N` sets their number. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { msat } from '../src/base/types/amount.ts';
import { openSqliteStore } from '../src/infra/store/sqlite-store.ts';
import type { Store } from '../src/infra/store/store.ts';
import type { Invoice } from '../src/shop/invoices/invoice.ts';
import type { Invoices } from '../src/shop/invoices/invoices.ts';
import { type Figure, percentile } from './figures.ts';
import { fill } from './support/fill.ts';
import { create, createRate, fail, latencies, startInvoices } from './support/invoices.ts';

export const name = 'invoices: the module and its store, in process';

const IN_FLIGHT = 64;
async function open(directory: string): Promise<{ store: Store; invoices: Invoices }> {
  const store = await openSqliteStore({ directory, onFailure: fail });
  return { store, invoices: await startInvoices(store) };
}

async function count(source: AsyncIterable<unknown>): Promise<number> {
  let found = 0;
  for await (const _ of source) found++;
  return found;
}

function megabytes(bytes: number): number {
  return bytes / 1_000_000;
}

async function waiters(invoices: Invoices): Promise<Figure[]> {
  const forever = new AbortController();
  const wake = async (prefix: string): Promise<number> => {
    const taken: number[] = [];
    for (let index = 0; index < 200; index++) {
      const { invoice } = await create(invoices, `${prefix} ${index}`);
      const waiting = invoices.waitForInvoice(invoice.label, forever.signal);
      const start = performance.now();
      await invoices.markPaid(invoice.payment_hash, msat(1000));
      await waiting;
      taken.push(performance.now() - start);
    }
    return percentile(taken, 0.5);
  };
  await wake('warm-up');
  const alone = await wake('nobody else');
  const labels = Array.from({ length: 20_000 }, (_, index) => `waited for ${index}`);
  await Promise.all(labels.map((label) => create(invoices, label)));
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const all = labels.map((label) =>
    invoices.waitForInvoice(label, forever.signal).catch((error: unknown) => {
      if (error !== forever.signal.reason) throw error;
    }),
  );
  await new Promise((resolve) => setImmediate(resolve));
  const more = process.memoryUsage().rss - before;
  const crowded = await wake('crowded');
  forever.abort();
  await Promise.all(all);
  return [
    { what: '20,000 waiters, memory', value: megabytes(more), unit: 'MB', must_reach: 150 },
    { what: 'paying and waking one, nobody else waiting, p50', value: alone, unit: 'ms' },
    { what: 'paying and waking one among 20,000, p50', value: crowded, unit: 'ms' },
  ];
}

/** In turns with an empty store in the same process: what else the machine does meets both. */
async function besideAnEmptyOne(full: Invoices): Promise<Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'till-node-'));
  const { store, invoices: empty } = await open(directory);
  await createRate(empty, 'warm-up', 5000, IN_FLIGHT);
  const rates: { full: number; empty: number }[] = [];
  for (let turn = 0; turn < 15; turn++) {
    rates.push({
      full: await createRate(full, `full ${turn}`, 2000, IN_FLIGHT),
      empty: await createRate(empty, `empty ${turn}`, 2000, IN_FLIGHT),
    });
  }
  await empty.stop();
  await store.close();
  rmSync(directory, { recursive: true });
  const ratios = rates.map((rate) => rate.full / rate.empty);
  const value = percentile(
    rates.map((rate) => rate.full),
    0.5,
  );
  return [
    { what: '  create, 64 in flight, p50 of 15 turns', value, unit: '/s' },
    {
      what: '  of the rate in an empty store, p50 of 15 turns',
      value: percentile(ratios, 0.5),
      unit: 'x',
      must_reach: 0.9,
    },
  ];
}

async function amongMany(directory: string, rows: number): Promise<Figure[]> {
  const before = performance.now();
  const { store, invoices } = await open(directory);
  const probe = await invoices.find({ label: 'empty-7' });
  const start_ms = performance.now() - before;
  if (probe === undefined) throw new Error('the first invoices are gone');
  const figures: Figure[] = [
    { what: `${rows} invoices: start to first answer`, value: start_ms, unit: 'ms', must_reach: 1000 },
  ];
  const keys: Invoice[] = [];
  for (let index = 1; index <= 2000; index++) {
    const start = BigInt(1 + ((index * 7919) % rows));
    for await (const invoice of invoices.list({ index: 'created', start, limit: 1 })) keys.push(invoice);
  }
  const by = async (what: string, read: (key: Invoice) => Promise<unknown>): Promise<void> => {
    const taken = await latencies(keys.length, (index) => read(keys[index] as Invoice));
    figures.push({ what: `  look-up by ${what}, p50`, value: percentile(taken, 0.5), unit: 'ms', must_reach: 0.3 });
  };
  await by('label', ({ label }) => invoices.find({ label }));
  await by('payment_hash', ({ payment_hash }) => invoices.find({ payment_hash }));
  await by('bolt11', ({ bolt11 }) => invoices.find({ invstring: bolt11 }));
  for (const reverse of [false, true]) {
    const taken = await latencies(300, (index) =>
      count(invoices.list({ index: 'created', start: BigInt(1 + ((index * 104_729) % rows)), limit: 100, reverse })),
    );
    const what = `  page of 100 anywhere, ${reverse ? 'backwards' : 'forwards'}, p50`;
    figures.push({ what, value: percentile(taken, 0.5), unit: 'ms', must_reach: 1.5 });
  }
  await createRate(invoices, 'warm-up among many', 5000, IN_FLIGHT);
  figures.push({ what: '  memory', value: megabytes(process.memoryUsage().rss), unit: 'MB', must_reach: 250 });
  figures.push(...(await besideAnEmptyOne(invoices)));
  await invoices.stop();
  await store.close();
  return figures;
}

/** Measures. */
export async function run(): Promise<readonly Figure[]> {
  const option = process.argv.find((word) => word.startsWith('--invoices='));
  const rows = Number(option?.slice('--invoices='.length) ?? 1_000_000);
  const directory = mkdtempSync(join(tmpdir(), 'till-node-'));
  try {
    const { store, invoices } = await open(directory);
    await createRate(invoices, 'warm-up', 5000, IN_FLIGHT);
    const rate = await createRate(invoices, 'empty', 20_000, IN_FLIGHT);
    const alone = await latencies(1000, (index) => create(invoices, `alone ${index}`));
    const figures: Figure[] = [
      { what: 'create, 64 in flight', value: rate, unit: '/s', must_reach: 8000 },
      { what: 'create, one at a time, p50', value: percentile(alone, 0.5), unit: 'ms', must_reach: 0.8 },
      { what: 'create, one at a time, p99', value: percentile(alone, 0.99), unit: 'ms', must_reach: 3 },
      ...(await waiters(invoices)),
    ];
    const sample = await invoices.find({ label: 'empty-7' });
    if (sample === undefined) throw new Error('the first invoices are gone');
    await fill(store, sample, rows);
    await invoices.stop();
    await store.close();
    // A process of its own: what filling the table left behind must not count as the node's memory.
    const child = spawnSync(process.execPath, [import.meta.filename, directory, String(rows)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
    });
    if (child.status !== 0) throw new Error(`the bench of ${rows} invoices ended with ${child.status}`);
    return [...figures, ...(JSON.parse(child.stdout) as Figure[])];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

if (import.meta.main) {
  const [directory, rows] = process.argv.slice(2) as [string, string];
  console.log(JSON.stringify(await amongMany(directory, Number(rows))));
}
