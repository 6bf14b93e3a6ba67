/**
 * `GET /api/v1/exports/ledger` of a million payments, half of them with a price, and the same file from the dashboard: how fast
 * it comes, what the memory of node and web process does meanwhile, and that it adds up. `--invoices=N` sets their number.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, connectToNode } from '../src/api/client/index.ts';
import { openSqliteStore } from '../src/infra/store/sqlite-store.ts';
import { ChildNode } from '../test/support/node-process.ts';
import { type Figure, percentile } from './figures.ts';
import { fill } from './support/fill.ts';
import { cpuUs, memoryMb } from './support/memory.ts';

export const name = 'the ledger of everything as a CSV file, over HTTP';

const DOORS = ['--api-bind=127.0.0.1:0', '--dashboard-bind=127.0.0.1:0'];
const PRICE = JSON.stringify({
  currency: 'EUR',
  amount: 450,
  amount_text: '4.50',
  rate: '58123.45',
  rate_at: 1_790_000_000,
  rate_sources: ['coinbase', 'kraken'],
  margin_ppm: 0,
});

export async function run(): Promise<readonly Figure[]> {
  const option = process.argv.find((word) => word.startsWith('--invoices='));
  const rows = Number(option?.slice('--invoices='.length) ?? 1_000_000);
  const node = await filledNode(rows);
  const client = await connectToNode(node.rpc_file);
  try {
    const { rune } = await client.call('createrune', {});
    const log = readFileSync(join(node.dir, 'log'), 'utf8');
    const api = /the interface for programs at (\S+)/.exec(log)?.[1] as string;
    const dashboard = /the dashboard at (\S+)/.exec(log)?.[1] as string;
    const { token } = await client.call('createlogin', {});
    const signed_in = await fetch(`${dashboard}/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: dashboard, 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams({ way: 'link', token, next: '/export' }),
    });
    const cookie = signed_in.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    return [
      ...(await measure(node, client, rows, `${rows} payments`, `${api}/exports/ledger?format=generic`, {
        authorization: `Bearer ${rune}`,
      })),
      ...(await measure(
        node,
        client,
        rows,
        'the same from the dashboard',
        `${dashboard}/export/ledger?format=generic`,
        {
          cookie,
        },
      )),
    ];
  } finally {
    client.close();
    await node.stop();
  }
}

/** Takes the file, and asks for something else meanwhile. */
async function measure(
  node: ChildNode,
  client: Client,
  rows: number,
  what: string,
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<readonly Figure[]> {
  const memory_mb: number[] = [];
  const waits_ms: number[] = [];
  const start = performance.now();
  const cpu_before_us = cpuUs(node.pid);
  const response = await fetch(url, { headers });
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const before = performance.now();
      await client.call('getinfo');
      waits_ms.push(performance.now() - before);
      memory_mb.push(memoryMb(node.pid));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  const { lines, total_msat, megabytes } = await readFile(response.body as ReadableStream<Uint8Array>);
  const seconds = (performance.now() - start) / 1000;
  const cpu_us = cpuUs(node.pid) - cpu_before_us;
  isOver = true;
  await watching;
  if (lines !== rows + 1 || total_msat !== BigInt(rows) * 1000n) throw new Error(`${lines} lines, ${total_msat} msat`);
  return [
    { what, value: rows / seconds, unit: 'rows/s' },
    { what: '  CPU of the node for each', value: cpu_us / rows, unit: 'us' },
    { what: '  file', value: megabytes / seconds, unit: 'MB/s' },
    { what: '  memory of the node, at most', value: Math.max(...memory_mb), unit: 'MB', must_reach: 300 },
    { what: '  getinfo of another client meanwhile, p50', value: percentile(waits_ms, 0.5), unit: 'ms' },
    { what: '  the same, p99', value: percentile(waits_ms, 0.99), unit: 'ms', must_reach: 50 },
  ];
}

/** Adds up the column amount_msat. */
async function readFile(body: ReadableStream<Uint8Array>) {
  const decoder = new TextDecoder();
  let tail = '';
  let lines = 0;
  let total_msat = 0n;
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    const all = (tail + decoder.decode(chunk, { stream: true })).split('\r\n');
    tail = all.pop() as string;
    for (const line of all) if (lines++ > 0) total_msat += BigInt(line.split(',')[3] as string);
  }
  return { lines, total_msat, megabytes: bytes / 1e6 };
}

/** A node whose database was filled while it did not run. */
async function filledNode(rows: number): Promise<ChildNode> {
  const first = await ChildNode.start();
  const client = await connectToNode(first.rpc_file);
  const sample = await client.call('invoice', { amount_msat: 1000, label: 'sample', description: 'x' });
  await client.call('delinvoice', { label: 'sample', status: 'unpaid' });
  client.close();
  await first.stop('keep');
  const onFailure = (error: Error): never => {
    throw error;
  };
  const store = await openSqliteStore({ directory: join(first.dir, 'regtest'), onFailure });
  const now = Math.floor(Date.now() / 1000);
  await fill(store, { created_at: now, expires_at: now + 86_400, bolt11: sample.bolt11 }, rows);
  await store.commit([
    {
      sql: "UPDATE invoices SET state = 'paid', pay_index = created_index, updated_index = created_index, amount_received_msat = 1000, paid_at = created_at",
      params: [],
    },
    {
      sql: "INSERT INTO invoice_prices (invoice_index, currency, amount, price) SELECT created_index, 'EUR', 450, CAST(? AS TEXT) FROM invoices WHERE created_index % 2 = 0",
      params: [PRICE],
    },
    { sql: "UPDATE counters SET value = ? WHERE name IN ('invoices_paid', 'invoices_updated')", params: [rows + 1] },
  ]);
  await store.close();
  return await ChildNode.start(DOORS, first.dir);
}
