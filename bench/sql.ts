/** Queries of clients on a full store, and what the node's other clients notice of them. `--invoices=N` sets their number. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, connectToNode } from '../src/api/client/index.ts';
import { openSqliteStore } from '../src/infra/store/sqlite-store.ts';
import { ChildNode } from '../test/support/node-process.ts';
import { type Figure, percentile } from './figures.ts';
import { fill } from './support/fill.ts';

export const name = 'sql: queries of clients, and getinfo meanwhile';

/** As wallets send them, and what a shopkeeper may ask; each takes a different way through the store. */
const QUERIES: Readonly<Record<string, string>> = {
  'the last 150 invoices (Zeus)':
    'SELECT label, bolt11, bolt12, payment_hash, amount_msat, status, amount_received_msat, paid_at, payment_preimage, description, expires_at FROM invoices ORDER BY created_index DESC LIMIT 150',
  'how many there are': 'SELECT count(*) FROM invoices',
  'the sum of what was paid': "SELECT sum(amount_received_msat) FROM invoices WHERE status = 'paid'",
  'one by its hash': "SELECT label FROM invoices WHERE payment_hash = x'00ff'",
  'income by tag (cln-application)': 'SELECT tag, count(*), sum(credit_msat) FROM bkpr_income GROUP BY tag',
  'a join that is ended': 'SELECT count(*) FROM invoices a, invoices b WHERE a.description < b.description',
};
/** So long other clients are listened to while nothing is queried. */
const QUIET_MS = 2_000;
const GOAL_P99_MS = 5;

function numberOfInvoices(): number {
  const word = process.argv.find((each) => each.startsWith('--invoices='));
  return word === undefined ? 1_000_000 : Number(word.slice('--invoices='.length));
}

/** A store with so many invoices, every other one paid, and a node on it. */
async function openNode(dir: string, count: number): Promise<ChildNode> {
  const first = await ChildNode.start(['--network=regtest'], dir);
  const client = await connectToNode(first.rpc_file);
  const { bolt11 } = await client.call('invoice', { amount_msat: 1000, label: 'first', description: 'x' });
  client.close();
  await first.stop('keep');
  const fail = (error: Error): never => {
    throw error;
  };
  const store = await openSqliteStore({ directory: join(dir, 'regtest'), onFailure: fail });
  const now = Math.floor(Date.now() / 1000);
  await fill(store, { created_at: now, expires_at: now + 86_400, bolt11 }, count);
  const paid = `UPDATE invoices SET state = 'paid', pay_index = created_index, amount_received_msat = 1000, paid_at = created_at
    WHERE created_index % 2 = 0`;
  const counter = "UPDATE counters SET value = (SELECT max(pay_index) FROM invoices) WHERE name = 'invoices_paid'";
  await store.commit([
    { sql: paid, params: [] },
    { sql: counter, params: [] },
  ]);
  await store.close();
  return await ChildNode.start(['--network=regtest'], dir);
}

/** Asks for getinfo without a pause until it is over; answers each call's time. */
async function listen(client: Client, over: Promise<unknown>): Promise<readonly number[]> {
  const times_ms: number[] = [];
  let isOver = false;
  const ended = over.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const start = performance.now();
    await client.call('getinfo', {});
    times_ms.push(performance.now() - start);
  }
  await ended;
  return times_ms;
}

export async function run(): Promise<readonly Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'till-bench-sql-'));
  const count = numberOfInvoices();
  const node = await openNode(dir, count);
  const [asking, listening] = await Promise.all([connectToNode(node.rpc_file), connectToNode(node.rpc_file)]);
  const figures: Figure[] = [];
  const add = (what: string, value: number, more: Partial<Figure> = {}): void =>
    void figures.push({ what, value, unit: 'ms', ...more });
  try {
    const quiet = await listen(listening, new Promise((resolve) => setTimeout(resolve, QUIET_MS)));
    add('getinfo, nothing queried, p99', percentile(quiet, 0.99), { beside: true });
    const start = performance.now();
    await asking.call('sql', { query: 'SELECT 1' });
    add('the first query, with its process', performance.now() - start);
    for (const [what, query] of Object.entries(QUERIES)) {
      const began = performance.now();
      // The last is ended with an error.
      const answered = asking.call('sql', { query }).catch(() => {});
      const times_ms = await listen(listening, answered);
      add(`${what}, of ${count}`, performance.now() - began);
      add('getinfo meanwhile, p50', percentile(times_ms, 0.5));
      add('getinfo meanwhile, p99', percentile(times_ms, 0.99), { must_reach: GOAL_P99_MS });
    }
  } finally {
    asking.close();
    listening.close();
    await node.stop('remove');
    rmSync(dir, { recursive: true, force: true });
  }
  return figures;
}
