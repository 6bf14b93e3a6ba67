/**
 * The dashboard beside a million invoices: how long its pages take on loopback, and how many bytes a browser loads for the
 * first one. `--invoices=N` sets their number.
 */
import { mkdtempSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectToNode } from '../src/api/client/index.ts';
import { openSqliteStore } from '../src/infra/store/sqlite-store.ts';
import { ChildNode } from '../test/support/node-process.ts';
import { type Figure, percentile } from './figures.ts';
import { fill } from './support/fill.ts';

export const name = 'dashboard: pages beside a full table of invoices';

const VIEWS = 30;
const OPTIONS = ['--network=regtest', '--dashboard-bind=127.0.0.1:0'];
const SECONDS_PER_YEAR = 31_536_000;

/** The pages, and what each must reach in milliseconds. */
const PAGES: readonly (readonly [what: string, path: string, must_reach_ms?: number])[] = [
  ['the overview', '/', 300],
  ['invoices', '/invoices', 300],
  ['paid invoices', '/invoices?status=paid', 300],
  ['the second page of them', 'next', 300],
  ['expired invoices', '/invoices?status=expired', 300],
  ['a label', '/invoices?text=filled%2000'],
  ['words that no invoice has', '/invoices?text=nowhere'],
  ['a week of half a year ago', '/invoices?since=WEEK&until=WEEK', 300],
  ['one invoice', '/invoices/1000', 300],
];

function numberOfInvoices(): number {
  const word = process.argv.find((each) => each.startsWith('--invoices='));
  return word === undefined ? 1_000_000 : Number(word.slice('--invoices='.length));
}

/** A year of sales: two of three are paid, the rest has expired. */
async function fillYear(dir: string, bolt11: string, count: number): Promise<void> {
  const onFailure = (error: Error): never => {
    throw error;
  };
  const store = await openSqliteStore({ directory: join(dir, 'regtest'), onFailure });
  const now = Math.floor(Date.now() / 1000);
  const from = now - SECONDS_PER_YEAR;
  await fill(store, { created_at: now, expires_at: now, bolt11 }, count);
  const at = `${from} + created_index * ${SECONDS_PER_YEAR} / ${count}`;
  await store.commit([
    { sql: `UPDATE invoices SET created_at = ${at}, expires_at = ${at} + 3600, state = 'expired'`, params: [] },
    {
      sql: `UPDATE invoices SET state = 'paid', pay_index = created_index, amount_received_msat = 1000, paid_at = created_at + 60
        WHERE created_index % 3 > 0`,
      params: [],
    },
    {
      sql: "UPDATE counters SET value = (SELECT max(pay_index) FROM invoices) WHERE name = 'invoices_paid'",
      params: [],
    },
  ]);
  await store.close();
}

interface Loaded {
  readonly text: string;
  /** As they were on the wire. */
  readonly bytes: number;
  readonly cookie: string | undefined;
}

function load(agent: Agent, url: string, path: string, cookie: string, form?: string): Promise<Loaded> {
  const headers = {
    ...(cookie === '' ? {} : { cookie }),
    ...(form === undefined ? {} : { origin: url, 'content-type': 'application/x-www-form-urlencoded' }),
  };
  return new Promise((resolve, reject) => {
    const asked = request(
      new URL(path, url),
      { agent, method: form === undefined ? 'GET' : 'POST', headers },
      (response: IncomingMessage) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const body = Buffer.concat(chunks);
          const [set] = response.headers['set-cookie'] ?? [];
          const wanted = form === undefined ? 200 : 303;
          if (response.statusCode !== wanted) reject(new Error(`${path}: ${response.statusCode}`));
          else resolve({ text: body.toString(), bytes: body.length, cookie: set?.split(';')[0] });
        });
      },
    );
    asked.on('error', reject);
    asked.end(form);
  });
}

/** A node with so many invoices. */
async function openNode(): Promise<ChildNode> {
  const dir = mkdtempSync(join(tmpdir(), 'till-bench-dashboard-'));
  const first = await ChildNode.start(['--network=regtest'], dir);
  const maker = await connectToNode(first.rpc_file);
  const { bolt11 } = await maker.call('invoice', { amount_msat: 1000, label: 'first', description: 'x' });
  maker.close();
  await first.stop('keep');
  await fillYear(dir, bolt11, numberOfInvoices());
  return await ChildNode.start(OPTIONS, dir);
}

/** Runs the bench. */
export async function run(): Promise<readonly Figure[]> {
  const node = await openNode();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const client = await connectToNode(node.rpc_file);
    const { url: link = '', token } = await client.call('createlogin', {});
    const url = new URL(link).origin;
    const { cookie = '' } = await load(agent, url, '/sign-in', '', `way=link&token=${token}&next=/`);
    // The payments are counted once, after the first start with this version.
    const start = performance.now();
    await client.call('listtakings', {});
    const figures: Figure[] = [{ what: 'counting all payments, once', value: performance.now() - start, unit: 'ms' }];
    const overview = await load(agent, url, '/', cookie);
    const assets = [...overview.text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1] as string);
    const loaded = await Promise.all(assets.map((path) => load(agent, url, path, cookie)));
    const bytes = overview.bytes + loaded.reduce((sum, each) => sum + each.bytes, 0);
    figures.push({ what: 'first view, all of it, uncompressed', value: bytes / 1000, unit: 'kB', must_reach: 60 });
    const week = new Date(Date.now() - SECONDS_PER_YEAR * 500).toISOString().slice(0, 10);
    let next = '';
    for (const [what, path, must_reach] of PAGES) {
      const asked = path === 'next' ? next : path.replaceAll('WEEK', week);
      const times_ms: number[] = [];
      for (let view = 0; view < VIEWS; view++) {
        const begin = performance.now();
        const { text } = await load(agent, url, asked, cookie);
        times_ms.push(performance.now() - begin);
        next = /href="(\/invoices\?[^"]*cursor=[^"]*)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? next;
      }
      const goal = must_reach === undefined ? {} : { must_reach };
      figures.push({ what: `${what}, p50`, value: percentile(times_ms, 0.5), unit: 'ms', ...goal });
      figures.push({ what: '  the slowest', value: Math.max(...times_ms), unit: 'ms' });
    }
    client.close();
    return figures;
  } finally {
    agent.destroy();
    await node.stop();
  }
}
