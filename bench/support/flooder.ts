/**
 * Strangers in a process of its own: idle connections, half of which have begun a request, and bad requests one after the
 * other on a few more. Arguments: the port, and how many idle connections. Says `ready` when they are open; told to
 * stop, it says how many bad requests were answered, and ends. It ends with its parent too.
 */
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setPriority } from 'node:os';

const [port, idle] = process.argv.slice(2).map(Number) as [number, number];
const LANES = 8;
const OPENED_AT_ONCE = 100;
/** What strangers send: no rune, a bad one, JSON that is none, a path that leads nowhere. */
const SENT: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
  ['/v1/getinfo', {}, '{}'],
  ['/v1/getinfo', { rune: 'd73DW5i0edNA1yNPuBRflv0BWXv0Fl_ARc4X824Ao_k9MA==' }, '{}'],
  ['/v1/invoice', { rune: 'x'.repeat(4000) }, `{"label":${'['.repeat(50)}`],
  ['/v1/invoice', { 'content-type': 'application/yaml' }, 'a: [b, {c: d}]'],
  ['/nothing', {}, ''],
];

const sockets: Socket[] = [];
const open = (): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', resolve);
    // The server ends those that say nothing for too long.
    socket.on('error', reject).on('close', resolve);
    sockets.push(socket);
  });
for (let count = 0; count < idle; count += OPENED_AT_ONCE) {
  await Promise.all(Array.from({ length: Math.min(OPENED_AT_ONCE, idle - count) }, open));
}
for (const socket of sockets) socket.removeAllListeners('error').on('error', () => {});
for (const [index, socket] of sockets.entries()) if (index % 2 === 0) socket.write('POST /v1/getinfo HTTP/1.1\r\n');

// Strangers have machines of their own: from here on they must not take the cores that they are measured on.
setPriority(19);
const agent = new Agent({ keepAlive: true, maxSockets: LANES });
let is_over = false;
let answered = 0;
const ask = ([path, headers, body]: (typeof SENT)[number]): Promise<void> =>
  new Promise((resolve) => {
    const length = { 'content-length': Buffer.byteLength(body) };
    const options = { host: '127.0.0.1', port, path, method: 'POST', agent, headers: { ...headers, ...length } };
    const asking = request(options, (response) => response.on('end', resolve).on('error', resolve).resume());
    asking.on('error', resolve).end(body);
  });
const stop = (): void => {
  is_over = true;
};
process.on('disconnect', stop).on('message', stop);
process.send?.('ready');
const lanes = Array.from({ length: LANES }, async (_none, lane) => {
  for (let index = lane; !is_over; index++, answered++) await ask(SENT[index % SENT.length] as (typeof SENT)[number]);
});
await Promise.all(lanes);
if (process.connected) process.send?.(answered);
process.disconnect?.();
process.exit(0);
