/**
 * HTTP: commands by REST, and events to many readers. Client, web process and node share the machine, so the rate for each
 * second of CPU of node and web process together is the figure that counts.
 */
import { readFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { connectToNode } from '../src/api/client/index.ts';
import { ChildNode } from '../test/support/node-process.ts';
import { type Figure, median } from './figures.ts';
import { cpuSeconds, webProcessOf } from './support/cpu.ts';

export const name = 'REST: node and web process, and a client on the same machine';

const CONNECTIONS = 16;
const REQUESTS = 8_000;
const READERS = 10_000;
/** So many of them connect at once: more than the system lets wait would be slow to come in. */
const OPENED_AT_ONCE = 100;
const EVENTS = 20;

/** Runs the bench. */
export async function run(): Promise<readonly Figure[]> {
  const node = await ChildNode.start(['--clnrest-port=0', '--clnrest-protocol=http', '--api-bind=127.0.0.1:0']);
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  try {
    const client = await connectToNode(node.rpc_file);
    const { rune } = await client.call('createrune', { restrictions: 'readonly' });
    const { rune: owner } = await client.call('createrune', {});
    const log = readFileSync(join(node.dir, 'log'), 'utf8');
    const rest_port = portIn(log, /REST at \S+:(\d+)\/v1/);
    const api_port = portIn(log, /for programs at \S+:(\d+)\/api/);
    const pids = [node.pid, webProcessOf(node.pid)];
    const measure = async (what: string, must_reach: number, ask: (index: number) => Promise<void>) => {
      // The compiler is at work for thousands of requests.
      await each(REQUESTS, (index) => ask(index));
      const before = pids.map(cpuSeconds);
      const seconds = await each(REQUESTS, (index) => ask(REQUESTS + index));
      const cpu = pids.reduce((sum, pid, index) => sum + cpuSeconds(pid) - (before[index] as number), 0);
      return [
        { what: `POST /v1/${what}, ${CONNECTIONS} connections`, value: REQUESTS / seconds, unit: '/s' },
        { what: '  for each second of CPU of both', value: REQUESTS / cpu, unit: '/s', must_reach },
      ];
    };
    const figures: Figure[] = [
      ...(await measure('getinfo, readonly rune', 8_000, () => post(agent, rest_port, 'getinfo', rune, '{}'))),
      ...(await measure('invoice, durable', 3_000, (index) =>
        post(
          agent,
          rest_port,
          'invoice',
          owner,
          `{"amount_msat":1000,"label":"rest-${index}","description":"1 cup of coffee"}`,
        ),
      )),
    ];
    const make = (label: string) => client.call('invoice', { amount_msat: 1000, label, description: 'x' });
    const times = await streams(api_port, owner, make, () => megabytesOf(pids[1] as number));
    figures.push(
      {
        what: `an event to ${READERS} readers, until the first has it, p50`,
        value: median(times.first_ms),
        unit: 'ms',
        must_reach: 5,
      },
      { what: '  until all have it, p50', value: median(times.all_ms), unit: 'ms', must_reach: 500 },
      { what: '  memory of the web process then', value: times.web_mb, unit: 'MB', must_reach: 300 },
    );
    client.close();
    return figures;
  } finally {
    agent.destroy();
    await node.stop();
  }
}

function portIn(log: string, pattern: RegExp): number {
  const port = pattern.exec(log)?.[1];
  if (port === undefined) throw new Error('the node does not say where it serves HTTP');
  return Number(port);
}

/** What a process has in memory. */
function megabytesOf(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

/** Seconds that so many requests take, as many at once as there are connections. */
async function each(count: number, ask: (index: number) => Promise<void>): Promise<number> {
  const start = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await ask(next++);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return (performance.now() - start) / 1000;
}

function post(agent: Agent, port: number, method: string, rune: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port,
        path: `/v1/${method}`,
        method: 'POST',
        agent,
        headers: { rune, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        response.on('end', resolve).resume();
        if (response.statusCode !== 201) reject(new Error(`${method}: status ${response.statusCode}`));
      },
    );
    asked.on('error', reject).end(body);
  });
}

/** Times from the request that makes an invoice until its event is with the first and the last of many readers. */
async function streams(port: number, rune: string, make: (label: string) => Promise<unknown>, memoryMb: () => number) {
  const readers: IncomingMessage[] = [];
  const lane = async (): Promise<void> => {
    for (let count = 0; count < READERS / OPENED_AT_ONCE; count++) readers.push(await openStream(port, rune));
  };
  await Promise.all(Array.from({ length: OPENED_AT_ONCE }, lane));
  const first_ms: number[] = [];
  const all_ms: number[] = [];
  for (let event = 0; event < EVENTS; event++) {
    let start = 0;
    let left = READERS;
    const arrived = new Promise<void>((resolve) => {
      for (const reader of readers) {
        reader.once('data', () => {
          if (left === READERS) first_ms.push(performance.now() - start);
          if (--left === 0) resolve();
        });
      }
    });
    start = performance.now();
    await make(`stream-${event}`);
    await arrived;
    all_ms.push(performance.now() - start);
  }
  const web_mb = memoryMb();
  for (const reader of readers) reader.destroy();
  return { first_ms, all_ms, web_mb };
}

function openStream(port: number, rune: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port,
        path: '/api/v1/events?types=invoice.created',
        headers: { authorization: `Bearer ${rune}`, accept: 'text/event-stream' },
        agent: false,
      },
      // The first bytes are the time to reconnect after.
      (response) => response.once('data', () => resolve(response)),
    );
    asked.on('error', reject).end();
  });
}
