/**
 * `listinvoices` of a million invoices over the socket: how fast they come, what the node's memory does meanwhile, also
 * when the reader is slow, and how long others wait. `--invoices=N` sets their number.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type Client, connectToNode } from '../src/api/client/index.ts';
import { openSqliteStore } from '../src/infra/store/sqlite-store.ts';
import { ChildNode } from '../test/support/node-process.ts';
import { type Figure, percentile } from './figures.ts';
import { fill } from './support/fill.ts';
import { memoryMb } from './support/memory.ts';

export const name = 'listinvoices of everything, while others are served';

/** The slow reader takes so much, then rests. */
const SIP_BYTES = 4_000_000;
const REST_MS = 20;

export async function run(): Promise<readonly Figure[]> {
  const option = process.argv.find((word) => word.startsWith('--invoices='));
  const rows = Number(option?.slice('--invoices='.length) ?? 1_000_000);
  const node = await filledNode(rows);
  const client = await connectToNode(node.rpc_file);
  try {
    await client.call('listinvoices', { index: 'created', start: 1, limit: 1000 });
    const quick = await list(node, client, false);
    const slow = await list(node, client, true);
    return [
      { what: `${rows} invoices, quick reader`, value: rows / quick.seconds, unit: 'rows/s' },
      { what: '  of that', value: quick.megabytes / quick.seconds, unit: 'MB/s' },
      { what: '  memory of the node, at most', value: Math.max(...quick.memory_mb), unit: 'MB' },
      { what: '  of that more in the second half than in the first', value: growth(quick.memory_mb), unit: 'MB' },
      { what: '  getinfo of another client meanwhile, p50', value: percentile(quick.waits_ms, 0.5), unit: 'ms' },
      { what: '  the same, p99', value: percentile(quick.waits_ms, 0.99), unit: 'ms', must_reach: 50 },
      {
        what: 'slow reader: memory of the node, at most',
        value: Math.max(...slow.memory_mb),
        unit: 'MB',
        must_reach: 300,
      },
      { what: '  of that more in the second half than in the first', value: growth(slow.memory_mb), unit: 'MB' },
    ];
  } finally {
    client.close();
    await node.stop();
  }
}

function growth(memory_mb: readonly number[]): number {
  const half = Math.floor(memory_mb.length / 2);
  return Math.max(...memory_mb.slice(half)) - Math.max(...memory_mb.slice(0, half));
}

/** A node whose database was filled while it did not run. */
async function filledNode(rows: number): Promise<ChildNode> {
  const first = await ChildNode.start();
  const client = await connectToNode(first.rpc_file);
  const sample = await client.call('invoice', { amount_msat: 1000, label: 'sample', description: 'x' });
  client.close();
  await first.stop('keep');
  const onFailure = (error: Error): never => {
    throw error;
  };
  const store = await openSqliteStore({ directory: join(first.dir, 'regtest'), onFailure });
  const now = Math.floor(Date.now() / 1000);
  await fill(store, { created_at: now, expires_at: now + 86_400, bolt11: sample.bolt11 }, rows);
  await store.close();
  return await ChildNode.start([], first.dir);
}

/** Reads the whole list to its end, and asks something else of the node all the while. */
async function list(node: ChildNode, client: Client, is_slow: boolean) {
  const socket = connect(node.rpc_file);
  await once(socket, 'connect');
  const start = performance.now();
  let isOver = false;
  const reading = readToEnd(socket, is_slow).then((bytes) => {
    isOver = true;
    return bytes;
  });
  socket.write('{"jsonrpc":"2.0","id":1,"method":"listinvoices","params":{}}');
  const waits_ms: number[] = [];
  const memory_mb: number[] = [];
  while (!isOver) {
    const begin = performance.now();
    await client.call('getinfo', {});
    waits_ms.push(performance.now() - begin);
    memory_mb.push(memoryMb(node.pid));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const megabytes = (await reading) / 1e6;
  socket.destroy();
  return { seconds: (performance.now() - start) / 1000, megabytes, memory_mb, waits_ms };
}

/** Resolves with the bytes that came when the reply has ended: each ends with an empty line. */
async function readToEnd(socket: ReturnType<typeof connect>, is_slow: boolean): Promise<number> {
  let bytes = 0;
  let since_rest = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    since_rest += chunk.length;
    if (chunk.subarray(-2).toString() === '\n\n') return bytes;
    if (is_slow && since_rest > SIP_BYTES) {
      since_rest = 0;
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
    }
  }
  throw new Error('the node hung up');
}
