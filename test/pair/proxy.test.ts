/** The proxy of the chaos tests does what its name says: a fault that does not happen proves nothing. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { reset, TcpProxy } from './proxy.ts';

/** Resolves when the connection is gone, however. */
function closed(caller: Socket): Promise<void> {
  return new Promise((resolve) => caller.once('close', () => resolve()));
}

/** An echo behind a proxy, and a caller. */
async function made(t: TestContext) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await TcpProxy.to((server.address() as { port: number }).port);
  const callers: Socket[] = [];
  t.after(async () => {
    for (const caller of callers) caller.destroy();
    await proxy.close();
    server.close();
  });
  const call = (): Socket => {
    const caller = connect({ host: '127.0.0.1', port: proxy.port });
    caller.on('error', () => {});
    callers.push(caller);
    return caller;
  };
  return { proxy, call };
}

test('bytes pass both ways, and what callers said is counted', async (t) => {
  const { proxy, call } = await made(t);
  const caller = call();
  caller.write('hello');
  const [echo] = await once(caller, 'data');
  assert.equal(String(echo), 'hello');
  assert.deepEqual(
    proxy.connections.map(({ said }) => said.map(({ bytes }) => bytes)),
    [[5]],
  );
});

test('a cut ends connections in the middle of what is said', async (t) => {
  const { proxy, call } = await made(t);
  const caller = call();
  let heard = '';
  caller.on('data', (bytes) => {
    heard += String(bytes);
  });
  proxy.cutAfter('said', 3);
  caller.write('hello');
  await closed(caller);
  assert.ok('hel'.startsWith(heard), heard);
});

test('answers alone can be cut and swallowed: what was asked arrives', async (t) => {
  const { proxy, call } = await made(t);
  const caller = call();
  let heard = '';
  caller.on('data', (bytes) => {
    heard += String(bytes);
  });
  proxy.cutAfter('answered', 3);
  caller.write('hello');
  await closed(caller);
  assert.ok('hel'.startsWith(heard), heard);
  proxy.set('swallow answers');
  const deaf = call();
  deaf.on('data', () => assert.fail('an answer came'));
  deaf.write('hello');
  while (proxy.connections[1]?.said.length !== 1) await new Promise((resolve) => setImmediate(resolve));
  const ended = closed(deaf);
  proxy.clear();
  await ended;
});

test('what is swallowed goes nowhere, and the connection ends when the weather clears', async (t) => {
  const { proxy, call } = await made(t);
  const caller = call();
  caller.write('one');
  await once(caller, 'data');
  proxy.set('swallow');
  caller.write('two');
  while ((proxy.connections[0]?.said.length ?? 0) < 2) await new Promise((resolve) => setImmediate(resolve));
  const ended = closed(caller);
  proxy.clear();
  await ended;
});

test('nobody answers while it refuses', async (t) => {
  const { proxy, call } = await made(t);
  proxy.set('refuse');
  await closed(call());
  proxy.clear();
  const caller = call();
  caller.write('again');
  assert.equal(String((await once(caller, 'data'))[0]), 'again');
});

test('a connection that ends at the moment of a cut is gone as well', async (t) => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const caller = connect({ host: '127.0.0.1', port: (server.address() as { port: number }).port });
  caller.on('error', () => {});
  const [near] = (await once(server, 'connection')) as [Socket];
  near.end();
  reset(near);
  // An error comes in the place of this where Node refuses.
  await once(near, 'close');
  caller.destroy();
});
