import assert from 'node:assert/strict';
import { connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { netDial } from '../../../src/node/peers/index.ts';
import { TIMEOUT } from '../../support/time-limit.ts';

interface Seen {
  readonly kind: number;
  readonly host: string;
  readonly port: number;
}

/** A SOCKS5 proxy that takes everyone to one address, or answers with a code. */
async function proxyTo(t: TestContext, target: { port: number } | { code: number } | 'silence' | 'password') {
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    let bytes = Buffer.alloc(0);
    let isGreeted = false;
    const read = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      if (!isGreeted && bytes.length >= 3) {
        assert.deepEqual([...bytes.subarray(0, 3)], [5, 1, 0]);
        bytes = bytes.subarray(3);
        isGreeted = true;
        if (target === 'silence') return;
        socket.write(Buffer.of(5, target === 'password' ? 0xff : 0));
      }
      if (!isGreeted || bytes.length < 5) return;
      const kind = bytes[3] as number;
      const length = kind === 1 ? 4 : kind === 4 ? 16 : (bytes[4] as number) + 1;
      if (bytes.length < 4 + length + 2) return;
      const host = bytes.subarray(4 + (kind === 3 ? 1 : 0), 4 + length);
      seen.push({
        kind,
        host: kind === 3 ? host.toString() : host.toString('hex'),
        port: bytes.readUInt16BE(4 + length),
      });
      socket.off('data', read);
      if (typeof target === 'object' && 'code' in target) {
        socket.write(Buffer.of(5, target.code, 0, 1, 0, 0, 0, 0, 0, 0));
        return;
      }
      if (typeof target !== 'object') return;
      const onward = connect({ host: '127.0.0.1', port: target.port });
      sockets.add(onward);
      onward.once('connect', () => {
        // The address of the proxy's own side: a name, for once. What the target says comes in the same packet.
        const reply = Buffer.concat([Buffer.of(5, 0, 0, 3, 4), Buffer.from('exit'), Buffer.of(0, 1)]);
        onward.once('data', (first: Buffer) => {
          socket.write(Buffer.concat([reply, first]));
          socket.pipe(onward).pipe(socket);
        });
      });
    };
    socket.on('data', read);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { seen, address: { host: '127.0.0.1', port: (server.address() as { port: number }).port } };
}

/** A server that greets, and says back what it hears. */
async function echo(t: TestContext): Promise<{ port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.write('hello ');
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as { port: number }).port };
}

const patient = (): AbortSignal => new AbortController().signal;
const ONION = `${'a'.repeat(56)}.onion`;

async function hear(socket: NodeJS.ReadableStream, length: number): Promise<string> {
  let text = '';
  for await (const chunk of socket) {
    text += String(chunk);
    if (text.length >= length) break;
  }
  return text;
}

test('an onion address is handed to the proxy by its name, and nothing of the stream is lost', TIMEOUT, async (t) => {
  const { seen, address } = await proxyTo(t, await echo(t));
  const socket = await netDial({ address, always: false })({ host: ONION, port: 9735 }, patient());
  socket.write('world');
  assert.equal(await hear(socket, 11), 'hello world');
  assert.deepEqual(seen, [{ kind: 3, host: ONION, port: 9735 }]);
});

test('other addresses go through the proxy when that is asked for, and directly otherwise', TIMEOUT, async (t) => {
  const target = await echo(t);
  const { seen, address } = await proxyTo(t, target);
  const direct = await netDial({ address, always: false })({ host: '127.0.0.1', port: target.port }, patient());
  assert.equal(await hear(direct, 6), 'hello ');
  assert.deepEqual(seen, []);
  const dial = netDial({ address, always: true });
  for (const [host, kind, said] of [
    ['127.0.0.1', 1, '7f000001'],
    ['2001:db8::ff00:42:8329', 4, '20010db8000000000000ff0000428329'],
    ['node.example', 3, 'node.example'],
  ] as const) {
    const socket = await dial({ host, port: 9735 }, patient());
    assert.equal(await hear(socket, 6), 'hello ');
    assert.deepEqual(seen.at(-1), { kind, host: said, port: 9735 });
  }
});

test('what a proxy refuses is said in words', TIMEOUT, async (t) => {
  for (const [target, expected] of [
    [{ code: 5 }, /connection refused/],
    [{ code: 4 }, /host unreachable/],
    [{ code: 99 }, /code 99/],
    ['password', /user name and a password/],
  ] as const) {
    const { address } = await proxyTo(t, target);
    const attempt = netDial({ address, always: true })({ host: ONION, port: 9735 }, patient());
    await assert.rejects(attempt, (error: Error) => error.name === 'ProxyError' && expected.test(error.message));
  }
});

test('a proxy that says nothing is given up when the caller wants it', TIMEOUT, async (t) => {
  const { address } = await proxyTo(t, 'silence');
  const patience = new AbortController();
  const attempt = netDial({ address, always: true })({ host: ONION, port: 9735 }, patience.signal);
  setImmediate(() => patience.abort());
  await assert.rejects(attempt);
});

test('an onion address without a proxy is refused with the reason', TIMEOUT, async () => {
  await assert.rejects(netDial()({ host: ONION, port: 9735 }, patient()), /only be reached through a proxy/);
});
