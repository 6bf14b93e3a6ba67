/** What the Unix socket costs: a command that does nothing, 8 connections with 8 requests in flight each. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { answer } from '../src/api/rpc/answer.ts';
import { commandsOn, optional, required } from '../src/api/rpc/command.ts';
import { Dispatcher } from '../src/api/rpc/dispatch.ts';
import { field } from '../src/api/rpc/fields.ts';
import { serveUnixSocket } from '../src/api/server/unix-socket.ts';
import { systemClock } from '../src/base/types/clock.ts';
import type { Figure } from './figures.ts';

export const name = 'dispatch';

const CONNECTIONS = 8;
const IN_FLIGHT = 8;
const REQUESTS = 200_000;

const noop = commandsOn<null>()({
  name: 'noop',
  category: 'node',
  title: 'Does nothing',
  description: 'Takes what `invoice` takes.',
  params: {
    amount_msat: required(field.msatOrAny, 'd'),
    label: required(field.label, 'd'),
    description: required(field.escapedString, 'd'),
    expiry: optional(field.u64, 'd'),
  },
  returns: { payment_hash: answer.hash('d') },
  errors: [],
  access: 'read',
  run: () => ({ payment_hash: 'ab'.repeat(32) }),
});

/** One client: keeps so many requests in flight until it has had so many answers. */
function drive(path: string, requests: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let sent = 0;
    let answered = 0;
    let newline = false;
    const send = (count: number): void => {
      let text = '';
      for (let each = 0; each < count && sent < requests; each++) {
        sent++;
        text += `{"jsonrpc":"2.0","id":"cli:noop#${sent}","method":"noop","params":{"amount_msat":"10000msat","label":"order ${sent}","description":"a cup of coffee"}}`;
      }
      if (text !== '') socket.write(text);
    };
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      let ended = 0;
      for (const byte of chunk) {
        if (byte === 0x0a && newline) ended++;
        newline = byte === 0x0a && !newline;
      }
      answered += ended;
      if (answered >= requests) {
        socket.destroy();
        resolve();
      } else send(ended);
    });
    send(IN_FLIGHT);
  });
}

/** Requests a second, and the node's own time for each (its clients run in a thread of their own). */
export async function run(): Promise<readonly Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'till-node-'));
  const path = join(directory, 'lightning-rpc');
  const onUnexpected = (error: unknown): void => console.error(error);
  const dispatcher = new Dispatcher([noop], null, { onUnexpected });
  const server = await serveUnixSocket({ path, dispatcher, clock: systemClock, onUnexpected });
  const start = performance.now();
  const before = performance.eventLoopUtilization();
  const source = `import { workerData } from 'node:worker_threads'; await (await import(workerData.module)).driveAll(workerData.path);`;
  const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  const clients = new Worker(url, { workerData: { module: import.meta.url, path } });
  await new Promise((resolve, reject) => clients.once('exit', resolve).once('error', reject));
  const elapsed_ms = performance.now() - start;
  const busy_ms = performance.eventLoopUtilization(before).active;
  await server.close();
  rmSync(directory, { recursive: true });
  return [
    { what: `requests, ${CONNECTIONS} x ${IN_FLIGHT}`, value: (REQUESTS / elapsed_ms) * 1000, unit: '/s' },
    { what: 'time of the event loop per request', value: (busy_ms / REQUESTS) * 1000, unit: 'us' },
  ];
}

/** All clients, in the thread of the clients. */
export async function driveAll(path: string): Promise<void> {
  await Promise.all(Array.from({ length: CONNECTIONS }, () => drive(path, REQUESTS / CONNECTIONS)));
}
