import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  CallError,
  type Client,
  type ClientOptions,
  ConnectionError,
  connectToNode,
} from '../../../src/api/client/index.ts';
import { check } from '../../../src/api/commands/check.ts';
import type { Modules, NodeControl } from '../../../src/api/commands/modules.ts';
import { notifications } from '../../../src/api/commands/notifications.ts';
import { answer } from '../../../src/api/rpc/answer.ts';
import { type Command, commandsOn } from '../../../src/api/rpc/command.ts';
import { Dispatcher } from '../../../src/api/rpc/dispatch.ts';
import { tableOf } from '../../../src/api/rpc/table.ts';
import { serveUnixSocket } from '../../../src/api/server/unix-socket.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';

const unused: NodeControl = {
  info: () => assert.fail(),
  configs: () => [],
  signMessage: () => assert.fail(),
  stop: () => assert.fail(),
};

/** A node's socket that can be closed and opened again, as when the node restarts. */
interface Door {
  readonly path: string;
  /** How often each command was begun. */
  readonly begun: Map<string, number>;
  open(): Promise<void>;
  close(): Promise<void>;
  /** Resolves once the command was begun so often. */
  until(method: string, count: number): Promise<void>;
}

async function connected(context: TestContext): Promise<Client> {
  const door = await doorOf(context);
  return await clientOf(context, door);
}

async function clientOf(context: TestContext, door: Door, options?: ClientOptions): Promise<Client> {
  const client = await connectToNode(door.path, options);
  context.after(() => client.close());
  return client;
}

async function doorOf(context: TestContext): Promise<Door> {
  const begun = new Map<string, number>();
  let onBegun = (): void => {};
  const count = (method: string): void => {
    begun.set(method, (begun.get(method) ?? 0) + 1);
    onBegun();
  };
  const define = commandsOn<Modules>();
  const COMMON = { category: 'node', title: 't', description: 'd', params: {}, errors: [], access: 'read' } as const;
  const wait = define({
    ...COMMON,
    name: 'hold',
    returns: { ended: answer.boolean('d') },
    async run(_params, _rooms, { signal }) {
      count('hold');
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      return { ended: true };
    },
  });
  // The first waits for ever; those after it are answered.
  const waitanyinvoice = define({
    ...COMMON,
    name: 'waitanyinvoice',
    returns: { nth: answer.integer('d') },
    async run(_params, _rooms, { signal }) {
      count('waitanyinvoice');
      const nth = begun.get('waitanyinvoice') as number;
      if (nth > 1) return { nth };
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      return { nth };
    },
  });
  const large = define({
    ...COMMON,
    name: 'large',
    returns: { n: answer.u64('d') },
    run: () => ({ n: 2n ** 64n - 1n }),
  });
  const notice = define({
    ...COMMON,
    name: 'notice',
    returns: {},
    run(_params, _rooms, request) {
      request.notify('info', 'half way');
      return {};
    },
  });
  const all: Command<Modules>[] = [check, notifications, wait, waitanyinvoice, large, notice];
  const onUnexpected = (error: unknown): never => assert.fail(String(error));
  const modules: Pick<Modules, 'node' | 'commands'> = { node: unused, commands: tableOf<Command<Modules>>(all) };
  const directory = mkdtempSync(join(tmpdir(), 'till-client-'));
  const path = join(directory, 'lightning-rpc');
  const dispatcher = new Dispatcher(all, modules as Modules, { onUnexpected, strict: true });
  const serve = () => serveUnixSocket({ path, dispatcher, clock: new ManualClock(), onUnexpected });
  let server: Awaited<ReturnType<typeof serve>> | undefined = await serve();
  const door: Door = {
    path,
    begun,
    async open() {
      server = await serve();
    },
    async close() {
      await server?.close();
      server = undefined;
      rmSync(path, { force: true });
    },
    until: (method, times) =>
      new Promise((resolve) => {
        onBegun = () => {
          if ((begun.get(method) ?? 0) >= times) resolve();
        };
        onBegun();
      }),
  };
  context.after(async () => {
    await door.close();
    rmSync(directory, { recursive: true });
  });
  return door;
}

test('a call ends with its result, exact to the last digit', async (context) => {
  const client = await connected(context);
  assert.deepEqual(await client.call('check', { command_to_check: 'notifications', enable: true }), {
    command_to_check: 'notifications',
  });
  assert.deepEqual(await client.callAny('large', {}), { n: 18446744073709551615n });
});

test("an error comes in the node's words", async (context) => {
  const client = await connected(context);
  await assert.rejects(client.callAny('nope', {}), (error) => {
    assert.ok(error instanceof CallError);
    assert.equal(error.code, -32601);
    assert.equal(error.message, "Unknown command 'nope'");
    return true;
  });
});

test('notices reach the call that they are about', async (context) => {
  const client = await connected(context);
  await client.call('notifications', { enable: true });
  const notices: unknown[] = [];
  await client.callAny('notice', {}, { onNotice: (notice) => notices.push(notice) });
  assert.deepEqual(notices, [{ level: 'info', message: 'half way' }]);
});

test('a caller may give up, and others go on', async (context) => {
  const client = await connected(context);
  const giving_up = new AbortController();
  const held = client.callAny('hold', {}, { signal: giving_up.signal });
  giving_up.abort();
  await assert.rejects(held, { name: 'AbortError' });
  assert.deepEqual(await client.callAny('large', {}), { n: 18446744073709551615n });
});

test('a connection that ends rejects what has not ended', async (context) => {
  const client = await connected(context);
  const held = client.callAny('hold', {});
  client.close();
  await assert.rejects(held, ConnectionError);
  await assert.rejects(client.callAny('large', {}), ConnectionError);
  await assert.rejects(connectToNode('/nonexistent/lightning-rpc'), /no node at/);
});

test('a call that only reads goes on when the node comes back, on a connection with the same settings', async (context) => {
  const door = await doorOf(context);
  const client = await clientOf(context, door);
  await client.call('notifications', { enable: true });
  const waiting = client.callAny('waitanyinvoice');
  await door.until('waitanyinvoice', 1);
  await door.close();
  await door.open();
  assert.deepEqual(await waiting, { nth: 2 });
  const notices: unknown[] = [];
  await client.callAny('notice', {}, { onNotice: (notice) => notices.push(notice) });
  assert.deepEqual(notices, [{ level: 'info', message: 'half way' }]);
});

test('a call of which it is unknown whether it was carried out rejects, and the next one finds the node again', async (context) => {
  const door = await doorOf(context);
  const client = await clientOf(context, door);
  const held = client.callAny('hold');
  await door.until('hold', 1);
  const rejected = assert.rejects(held, (error) => error instanceof ConnectionError || error instanceof CallError);
  await door.close();
  await rejected;
  const later = client.callAny('large');
  await door.open();
  assert.deepEqual(await later, { n: 18446744073709551615n });
  assert.equal(door.begun.get('hold'), 1);
});

test('a call waits for a node that is away as long as it has patience; one that waits for a payment has all of it', async (context) => {
  const door = await doorOf(context);
  const client = await clientOf(context, door, { patience_ms: 0 });
  await door.close();
  const waiting = client.callAny('waitanyinvoice');
  await assert.rejects(client.callAny('large'), /no node at/);
  await door.open();
  await door.until('waitanyinvoice', 1);
  client.close();
  await assert.rejects(waiting, ConnectionError);
});

test('whoever gives up while the node is away is not answered later', async (context) => {
  const door = await doorOf(context);
  const client = await clientOf(context, door);
  await door.close();
  const giving_up = new AbortController();
  const waiting = client.callAny('waitanyinvoice', {}, { signal: giving_up.signal });
  giving_up.abort();
  await assert.rejects(waiting, { name: 'AbortError' });
  await door.open();
  assert.deepEqual(await client.callAny('large'), { n: 18446744073709551615n });
  assert.equal(door.begun.get('waitanyinvoice'), undefined);
});

test('without reconnecting every call rejects once the connection has ended', async (context) => {
  const door = await doorOf(context);
  const client = await clientOf(context, door, { reconnect: false });
  const waiting = client.callAny('waitanyinvoice');
  await door.until('waitanyinvoice', 1);
  const rejected = assert.rejects(waiting);
  await door.close();
  await rejected;
  await door.open();
  await assert.rejects(client.callAny('large'), ConnectionError);
});
