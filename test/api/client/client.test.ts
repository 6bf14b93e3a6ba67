import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CallError, type Client, ConnectionError, connectToNode } from '../../../src/api/client/index.ts';
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

async function connected(context: TestContext): Promise<Client> {
  const define = commandsOn<Modules>();
  const COMMON = { category: 'node', title: 't', description: 'd', params: {}, errors: [], access: 'read' } as const;
  const wait = define({
    ...COMMON,
    name: 'hold',
    returns: { ended: answer.boolean('d') },
    async run(_params, _rooms, { signal }) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return { ended: true };
    },
  });
  const large = define({
    ...COMMON,
    name: 'large',
    returns: { n: answer.integer('d') },
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
  const all: Command<Modules>[] = [check, notifications, wait, large, notice];
  const onUnexpected = (error: unknown): never => assert.fail(String(error));
  const modules: Pick<Modules, 'node' | 'commands'> = { node: unused, commands: tableOf<Command<Modules>>(all) };
  const directory = mkdtempSync(join(tmpdir(), 'till-client-'));
  const path = join(directory, 'lightning-rpc');
  const dispatcher = new Dispatcher(all, modules as Modules, { onUnexpected, strict: true });
  const server = await serveUnixSocket({ path, dispatcher, clock: new ManualClock(), onUnexpected });
  const client = await connectToNode(path);
  context.after(async () => {
    client.close();
    await server.close();
    rmSync(directory, { recursive: true });
  });
  return client;
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
