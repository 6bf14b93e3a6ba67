import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { exchange, UnreachableError } from '../../../src/app/cli/exchange.ts';

/** A server that does this with each client. */
async function serve(t: TestContext, onClient: (socket: Socket) => void): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'till-exchange-'));
  const path = join(dir, 'socket');
  const server = createServer(onClient).listen(path);
  await once(server, 'listening');
  t.after(() => {
    server.close();
    rmSync(dir, { recursive: true });
  });
  return path;
}

test('messages are cut at blank lines, however their bytes arrive', async (t) => {
  const bytes = Buffer.from('{"a":"ü☕\\n"}\n\n{\n"b":1\n}\n\n{"last":true}\n\n');
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const path = await serve(t, (socket) => {
      socket.setNoDelay(true);
      const sendFrom = (at: number): void => {
        if (at < bytes.length) socket.write(bytes.subarray(at, at + size), () => setImmediate(sendFrom, at + size));
      };
      sendFrom(0);
    });
    const messages: unknown[] = [];
    await exchange(path, ['question'], (text) => {
      messages.push(JSON.parse(text));
      return messages.length === 3;
    });
    assert.deepEqual(messages, [{ a: 'ü☕\n' }, { b: 1 }, { last: true }]);
  }
});

test('a long reply in many pieces costs no more than its length', async (t) => {
  const piece = `"${'x'.repeat(65_000)}",`;
  const count = 1500;
  const path = await serve(t, (socket) => {
    for (let sent = 0; sent < count; sent++) socket.write(piece);
    socket.write('\n\n');
  });
  let length = 0;
  await exchange(path, ['question'], (text) => {
    length = text.length;
    return true;
  });
  assert.equal(length, piece.length * count);
});

test('a node that hangs up, or is not there, is told apart', async (t) => {
  const path = await serve(t, (socket) => socket.end('{"half":'));
  const nothing = (): boolean => true;
  await assert.rejects(exchange(path, ['question'], nothing), (error: unknown) => {
    assert.ok(error instanceof UnreachableError);
    assert.match(error.message, /hung up before it answered/);
    return true;
  });
  await assert.rejects(
    exchange(`${path}-none`, ['question'], nothing),
    /nothing is there; start a node with: till start/,
  );
  await assert.rejects(exchange(`/${'x'.repeat(200)}`, ['question'], nothing), /too long for a socket/);
});

test('what the caller throws comes back', async (t) => {
  const path = await serve(t, (socket) => socket.write('1\n\n'));
  const fault = new Error('not like this');
  await assert.rejects(
    exchange(path, ['question'], () => {
      throw fault;
    }),
    fault,
  );
});
