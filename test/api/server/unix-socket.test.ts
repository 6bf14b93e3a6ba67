import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { batching } from '../../../src/api/commands/batching.ts';
import { check } from '../../../src/api/commands/check.ts';
import { deprecations } from '../../../src/api/commands/deprecations.ts';
import { getinfo } from '../../../src/api/commands/getinfo.ts';
import { help } from '../../../src/api/commands/help.ts';
import { listconfigs } from '../../../src/api/commands/listconfigs.ts';
import type { Modules, NodeControl } from '../../../src/api/commands/modules.ts';
import { notifications } from '../../../src/api/commands/notifications.ts';
import { stop } from '../../../src/api/commands/stop.ts';
import { answer } from '../../../src/api/rpc/answer.ts';
import { type Command, commandsOn, required } from '../../../src/api/rpc/command.ts';
import { Dispatcher } from '../../../src/api/rpc/dispatch.ts';
import { field } from '../../../src/api/rpc/fields.ts';
import { tableOf } from '../../../src/api/rpc/table.ts';
import { serveUnixSocket, type UnixSocketServer } from '../../../src/api/server/unix-socket.ts';
import { RpcError } from '../../../src/base/errors.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { untilAborted } from '../../../src/base/types/until-aborted.ts';
import { describeFailure } from '../../../src/infra/store/failure.ts';

const define = commandsOn<Modules>();
const COMMON = { category: 'node', title: 't', description: 'd', errors: [], access: 'read' } as const;

/** Lets the test end a wait, and tells it when one began or was aborted. */
class Waiting {
  readonly began = Promise.withResolvers<void>();
  readonly aborted = Promise.withResolvers<void>();
  readonly release = Promise.withResolvers<void>();
  /** Rows that were asked of a stream. */
  rows = 0;
}

interface Stage {
  readonly server: UnixSocketServer;
  readonly clock: ManualClock;
  readonly waiting: Waiting;
  readonly unexpected: unknown[];
  readonly stopped: () => boolean;
}

async function stage(context: TestContext, mode?: number): Promise<Stage> {
  const waiting = new Waiting();
  let stopped = false;
  const own: Command<Modules>[] = [
    define({
      ...COMMON,
      name: 'echo',
      params: { value: required(field.any, 'd') },
      returns: { value: answer.any('d') },
      run: ({ value }) => ({ value }),
    }),
    define({
      ...COMMON,
      name: 'hold',
      params: {},
      returns: { held: answer.boolean('d') },
      async run(_params, _rooms, { signal }) {
        signal.addEventListener('abort', () => waiting.aborted.resolve());
        waiting.began.resolve();
        await Promise.race([waiting.release.promise, waiting.aborted.promise]);
        return { held: true };
      },
    }),
    define({
      ...COMMON,
      name: 'forever',
      params: {},
      returns: {},
      run(_params, _rooms, { signal }) {
        signal.addEventListener('abort', () => waiting.aborted.resolve());
        waiting.began.resolve();
        return untilAborted(new Promise<never>(() => {}), signal);
      },
    }),
    define({
      ...COMMON,
      name: 'rows',
      params: { count: required(field.u32, 'd') },
      returns: {
        rows: answer.stream(answer.object({ n: answer.integer('d'), text: answer.string('d') }, 'd'), 'd'),
        end: answer.boolean('d'),
      },
      run: ({ count }) => ({
        rows: (async function* () {
          for (let n = 0; n < count; n++) {
            waiting.rows++;
            yield { n, text: 'x'.repeat(100) };
          }
        })(),
        end: true,
      }),
    }),
    define({
      ...COMMON,
      name: 'broken',
      params: {},
      returns: {},
      run: () => {
        throw new Error('a bug');
      },
    }),
    define({
      ...COMMON,
      name: 'damaged',
      params: {},
      returns: {},
      run: () => {
        throw describeFailure(Object.assign(new Error('malformed'), { errcode: 11 }), 'till.sqlite3');
      },
    }),
    define({
      ...COMMON,
      name: 'unlisted',
      params: {},
      returns: {},
      run: () => {
        throw new RpcError('INVOICE_NOT_FOUND', 'x');
      },
    }),
    define({
      ...COMMON,
      name: 'notice',
      params: {},
      returns: {},
      run: (_p, _r, context) => {
        context.notify('info', 'half way');
        return {};
      },
    }),
  ];
  const all: Command<Modules>[] = [
    batching,
    check,
    deprecations,
    getinfo,
    help,
    listconfigs,
    notifications,
    stop,
    ...own,
  ];
  const node: NodeControl = {
    info: () => assert.fail('not asked'),
    configs: () => [
      { name: 'alias', kind: 'string', value: 'shop', source: 'cmdline', is_dynamic: false },
      { name: 'rgb', kind: 'string', value: undefined, source: 'default', is_dynamic: false },
    ],
    signMessage: () => assert.fail('not asked'),
    stop: () => {
      stopped = true;
    },
  };
  const unexpected: unknown[] = [];
  const onUnexpected = (error: unknown): void => void unexpected.push(error);
  const modules: Pick<Modules, 'node' | 'commands'> = { node, commands: tableOf<Command<Modules>>(all) };
  const dispatcher = new Dispatcher(all, modules as Modules, { onUnexpected, strict: true });
  const directory = mkdtempSync(join(tmpdir(), 'till-socket-'));
  const clock = new ManualClock();
  const server = await serveUnixSocket({
    path: join(directory, 'lightning-rpc'),
    dispatcher,
    clock,
    onUnexpected,
    ...(mode === undefined ? {} : { mode }),
  });
  context.after(async () => {
    const closed = server.close();
    clock.advance(5000);
    await closed;
    rmSync(directory, { recursive: true });
  });
  return { server, clock, waiting, unexpected, stopped: () => stopped };
}

/** A client that speaks bytes. */
class Client {
  readonly socket: Socket;
  #text = '';
  #wake = Promise.withResolvers<void>();
  ended = false;

  constructor(server: UnixSocketServer) {
    this.socket = connect({ path: server.path, allowHalfOpen: true });
    this.socket.on('data', (chunk) => {
      this.#text += chunk;
      this.#stir();
    });
    this.socket.on('end', () => {
      this.ended = true;
      this.#stir();
    });
    this.socket.on('error', () => this.#stir());
  }

  #stir(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  send(...parts: (string | Buffer)[]): void {
    for (const part of parts) this.socket.write(part);
  }

  ask(method: string, params: unknown = [], id: unknown = 1): void {
    this.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
  }

  /** The text of the next reply, without the blank line that ends it. */
  async reply(): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end >= 0) {
        const reply = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return reply;
      }
      if (this.ended) assert.fail(`the server hung up; left over: ${this.#text.slice(0, 200)}`);
      await this.#wake.promise;
    }
  }

  async hungUp(): Promise<void> {
    while (!this.ended) await this.#wake.promise;
    assert.equal(this.#text.trim(), '');
  }

  close(): void {
    this.socket.destroy();
  }
}

function client(context: TestContext, { server }: Stage): Client {
  const made = new Client(server);
  context.after(() => made.close());
  return made;
}

const ok = (id: string, result: string): string => `{"jsonrpc":"2.0","id":${id},"result":${result}}`;

test('the socket is there for its owner alone, or in the mode that was asked for', async (context) => {
  assert.equal(statSync((await stage(context)).server.path).mode & 0o777, 0o600);
  assert.equal(statSync((await stage(context, 0o660)).server.path).mode & 0o777, 0o660);
});

test('a socket file that somebody deleted comes back, and who was connected stays so', async (context) => {
  const { server, clock } = await stage(context, 0o660);
  const old = client(context, { server } as Stage);
  old.ask('echo', [1]);
  await old.reply();
  for (let round = 0; round < 3; round++) {
    rmSync(server.path);
    clock.advance(5000);
    while (!existsSync(server.path)) await new Promise((resolve) => setImmediate(resolve));
    const fresh = client(context, { server } as Stage);
    for (const each of [old, fresh]) {
      each.ask('echo', [round]);
      assert.equal(await each.reply(), ok('1', `{"value":${round}}`));
    }
    assert.equal(statSync(server.path).mode & 0o777, 0o660);
    // Nothing is made again that is there.
    const { ino } = statSync(server.path);
    clock.advance(5000);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(statSync(server.path).ino, ino);
  }
});

test('a path that the system cannot hold is refused in words', async () => {
  await assert.rejects(
    serveUnixSocket({ path: `/tmp/${'x'.repeat(200)}` } as Parameters<typeof serveUnixSocket>[0]),
    /the path of the socket has 205 bytes, and this system takes \d+ at most: choose a shorter --lightning-dir/,
  );
});

test('requests are answered however they are laid out, each id in its own spelling', async (context) => {
  const one = client(context, await stage(context));
  for (const id of ['1', '"a"', '"\\u0041\\/"', '"shop\\/7"', '18446744073709551616', '1.50', '-0', 'null', 'true']) {
    one.send(` {"jsonrpc":"2.0","id":${id},"method":"echo","params":[1]}\n`);
    assert.equal(await one.reply(), ok(id, '{"value":1}'));
  }
  one.send(
    '{"jsonrpc":"2.0","id":1,"method":"echo","params":["a\\n\\nb"]}{"jsonrpc":"2.0","id":2,"meth',
    'od":"echo","params":[2]}',
  );
  assert.equal(await one.reply(), ok('1', '{"value":"a\\n\\nb"}'));
  assert.equal(await one.reply(), ok('2', '{"value":2}'));
});

test('numbers of 64 bits and more come back exactly', async (context) => {
  const one = client(context, await stage(context));
  one.send('{"jsonrpc":"2.0","id":1,"method":"echo","params":[{"a":18446744073709551615,"b":9007199254740993}]}');
  assert.equal(await one.reply(), ok('1', '{"value":{"a":18446744073709551615,"b":9007199254740993}}'));
});

test('a missing or malformed part of the envelope is an invalid request', async (context) => {
  const one = client(context, await stage(context));
  for (const [request, id, code, message] of [
    ['{}', 'null', -32600, 'No id'],
    ['{"id":[]}', 'null', -32600, 'Expected string/primitive for id'],
    ['{"id":1,"method":"echo","params":[]}', '1', -32600, 'jsonrpc: "2.0" must be specified in the request'],
    ['{"id":1,"jsonrpc":"2.0","params":[]}', '1', -32600, 'No method'],
    ['{"id":1,"jsonrpc":"2.0","method":7,"params":[]}', '1', -32600, 'Expected string for method'],
    ['{"id":1,"jsonrpc":"2.0","method":"echo"}', '1', -32600, 'No params'],
    ['{"id":1,"id":1,"jsonrpc":"2.0","method":"echo","params":[]}', '1', -32600, 'duplicate json names: id'],
    ['{"id":1,"jsonrpc":"2.0","method":"nope","params":[]}', '1', -32601, "Unknown command 'nope'"],
    [
      '{"id":1,"jsonrpc":"2.0","method":"echo","params":{"value":1,"value":2}}',
      '1',
      -32602,
      'duplicate json names: value',
    ],
    ['{"id":1,"jsonrpc":"2.0","method":"echo","params":7}', '1', -32602, 'Expected array or object for params'],
  ] as const) {
    one.send(request);
    assert.equal(
      await one.reply(),
      `{"jsonrpc":"2.0","id":${id},"error":{"code":${code},"message":${JSON.stringify(message)}}}`,
    );
  }
});

test('malformed bytes are answered, then the client is hung up on, and others notice nothing', async (context) => {
  const here = await stage(context);
  const other = client(context, here);
  const deep = `{"a":${'['.repeat(200)}`;
  for (const bytes of [
    'garbage',
    '[]',
    '{"a":}',
    deep,
    Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    '{"a":"\\ud800"}',
    Buffer.concat([Buffer.from('{"a":"'), Buffer.alloc(17_000_000, 'x')]),
  ]) {
    const one = client(context, here);
    one.send(bytes);
    const reply = JSON.parse(await one.reply());
    assert.equal(reply.id, null);
    assert.equal(reply.error.code, -32700);
    await one.hungUp();
    other.ask('echo', [1]);
    assert.equal(await other.reply(), ok('1', '{"value":1}'));
  }
});

test('what was right before the malformed bytes is still answered', async (context) => {
  const one = client(context, await stage(context));
  one.send('{"jsonrpc":"2.0","id":1,"method":"echo","params":[1]} garbage');
  assert.equal(await one.reply(), ok('1', '{"value":1}'));
  assert.equal(JSON.parse(await one.reply()).error.code, -32700);
  await one.hungUp();
});

test('a request that breaks off is answered as malformed', async (context) => {
  const one = client(context, await stage(context));
  one.socket.end('{"jsonrpc":"2.0","id":1,');
  assert.equal(JSON.parse(await one.reply()).error.code, -32700);
  await one.hungUp();
});

test('a slow request does not delay another one of the same client', async (context) => {
  const here = await stage(context);
  const one = client(context, here);
  one.ask('hold', [], 1);
  one.ask('echo', ['x'], 2);
  assert.equal(await one.reply(), ok('2', '{"value":"x"}'));
  here.waiting.release.resolve();
  assert.equal(await one.reply(), ok('1', '{"held":true}'));
});

test('a client that ended its side still gets its answers', async (context) => {
  const here = await stage(context);
  const one = client(context, here);
  one.ask('hold');
  one.socket.end();
  await here.waiting.began.promise;
  here.waiting.release.resolve();
  assert.equal((await one.reply()).trim(), ok('1', '{"held":true}'));
  await one.hungUp();
});

test('a wait is aborted when its client is gone', async (context) => {
  const here = await stage(context);
  const one = client(context, here);
  one.ask('hold');
  await here.waiting.began.promise;
  one.socket.destroy();
  await here.waiting.aborted.promise;
});

test('a wait is aborted when the node stops, and its client is hung up on', async (context) => {
  const here = await stage(context);
  const one = client(context, here);
  one.ask('hold');
  await here.waiting.began.promise;
  const closed = here.server.close();
  await here.waiting.aborted.promise;
  assert.equal(await one.reply(), ok('1', '{"held":true}'));
  one.socket.end();
  await closed;
});

test('a wait that ends with its client is nothing that the node has to tell', async (context) => {
  const here = await stage(context);
  const one = client(context, here);
  one.ask('forever');
  await here.waiting.began.promise;
  one.socket.destroy();
  await here.waiting.aborted.promise;
  const another = client(context, here);
  another.ask('echo', [1]);
  await another.reply();
  assert.deepEqual(here.unexpected, []);
});

test('a wait that ends with the node is told that the node is stopping', async (context) => {
  const here = await stage(context);
  const one = client(context, here);
  one.ask('forever');
  await here.waiting.began.promise;
  const closed = here.server.close();
  const { error } = JSON.parse(await one.reply());
  assert.deepEqual(error, { code: -5, message: 'The node is stopping' });
  assert.deepEqual(here.unexpected, []);
  one.socket.end();
  await closed;
});

test('stop answers before the node begins to stop', async (context) => {
  const here = await stage(context);
  const one = client(context, here);
  one.ask('stop');
  assert.equal(await one.reply(), ok('1', '{"result":"Shutdown complete"}'));
  assert.ok(here.stopped());
});

test('a damaged database is told to the client as what it is, with what to do', async (context) => {
  const here = await stage(context);
  const one = client(context, here);
  one.ask('damaged');
  assert.match(JSON.parse(await one.reply()).error.message, /^database till.sqlite3: malformed .the file is damaged/);
  assert.equal(here.unexpected.length, 1);
});

test('a bug in a command is told to the node, and to the client without its details', async (context) => {
  const here = await stage(context);
  const one = client(context, here);
  for (const method of ['broken', 'unlisted']) {
    one.ask(method);
    const { error } = JSON.parse(await one.reply());
    assert.equal(error.code, -1);
    assert.match(error.message, /this is a bug of the node/);
  }
  assert.equal(here.unexpected.length, 2);
  assert.match(String(here.unexpected[1]), /does not list: INVOICE_NOT_FOUND/);
});

test('a filter keeps what it names, in a long array as well', async (context) => {
  const one = client(context, await stage(context));
  const ask = (method: string, params: unknown, filter: unknown): void => {
    one.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params, filter }));
  };
  ask('echo', [{ a: 1, b: [{ c: 1, d: 2 }] }], { value: { b: [{ d: true }] } });
  assert.equal(await one.reply(), ok('1', '{"value":{"b":[{"d":2}]}}'));
  ask('rows', [2], { rows: [{ n: true }] });
  assert.equal(await one.reply(), ok('1', '{"rows":[{"n":0},{"n":1}]}'));
  ask('echo', [1], { value: 7 });
  assert.equal(JSON.parse(await one.reply()).error.code, -32602);
});

test('help, check, listconfigs and notices', async (context) => {
  const one = client(context, await stage(context));
  const ask = async (
    method: string,
    params: unknown,
  ): Promise<{ result?: unknown; error?: { code: number; message: string } }> => {
    one.ask(method, params);
    return JSON.parse(await one.reply());
  };
  assert.deepEqual((await ask('help', ['check'])).result, {
    help: [{ command: 'check command_to_check [...]' }],
    'format-hint': 'simple',
  });
  assert.equal((await ask('help', ['nope'])).error?.message, 'Unknown command nope');
  assert.deepEqual((await ask('check', ['echo', 1])).result, { command_to_check: 'echo' });
  assert.deepEqual((await ask('check', { command_to_check: 'echo', value: 1 })).result, { command_to_check: 'echo' });
  assert.equal((await ask('check', ['echo'])).error?.message, 'missing required parameter: value');
  assert.equal((await ask('check', ['nope'])).error?.code, -32601);
  const hidden = JSON.parse('{"command_to_check":"echo","value":1,"__proto__":1}');
  assert.equal((await ask('check', hidden)).error?.message, 'unknown parameter: __proto__');
  assert.deepEqual((await ask('listconfigs', [])).result, {
    configs: { alias: { value_str: 'shop', source: 'cmdline' } },
  });
  assert.deepEqual((await ask('listconfigs', ['rgb'])).result, { configs: {} });
  assert.deepEqual((await ask('listconfigs', ['alais'])).error, {
    code: -32602,
    message: 'config: Unknown config option: invalid token \'"alais"\'',
  });
  assert.deepEqual((await ask('notice', [])).result, {});
  assert.deepEqual((await ask('notifications', { enable: true })).result, {});
  one.ask('notice', [], 'n');
  assert.equal(
    await one.reply(),
    '{"jsonrpc":"2.0","method":"message","params":{"id":"n","level":"info","message":"half way"}}',
  );
  assert.equal(await one.reply(), ok('"n"', '{}'));
});

test('an error that quotes what is too long for it is never cut within a character', async (context) => {
  const one = client(context, await stage(context));
  const long = `${'a'.repeat(79)}\u{1f600}`;
  for (const [method, params] of [
    [long, []],
    ['help', [long]],
    ['echo', { [long]: 1 }],
  ] as const) {
    one.ask(method, params);
    const { error } = JSON.parse(await one.reply()) as { error: { message: string } };
    assert.ok(error.message.isWellFormed(), error.message);
  }
});

test('a long array is streamed whole, with other replies before or behind it', async (context) => {
  const one = client(context, await stage(context));
  one.ask('rows', [20_000], 1);
  one.ask('rows', [0], 2);
  one.ask('echo', [1], 3);
  const replies = [JSON.parse(await one.reply()), JSON.parse(await one.reply()), JSON.parse(await one.reply())];
  replies.sort((a, b) => a.id - b.id);
  assert.equal(replies[0].result.rows.length, 20_000);
  assert.equal(replies[0].result.rows[19_999].n, 19_999);
  assert.deepEqual(replies[1].result, { rows: [], end: true });
  assert.deepEqual(replies[2].result, { value: 1 });
});

for (const streaming of [false, true]) {
  test(`a client that never reads ${streaming ? 'a stream ' : ''}is not read from, and others are served`, async (context) => {
    const here = await stage(context);
    const deaf = client(context, here);
    deaf.socket.pause();
    if (streaming) deaf.ask('rows', [1_000_000], 'rows');
    const large = 'x'.repeat(100_000);
    for (let count = 0; count < 400; count++) deaf.ask('echo', [large], count);
    const other = client(context, here);
    for (let count = 0; count < 200; count++) {
      other.ask('echo', [count]);
      await other.reply();
    }
    assert.ok(deaf.socket.writableLength > 10_000_000, `the server went on reading: ${deaf.socket.writableLength}`);
    assert.ok(here.waiting.rows < 50_000, `rows nobody reads were made: ${here.waiting.rows}`);
    deaf.close();
  });
}

test('a thousand idle clients and one that drips are no burden to another', async (context) => {
  const here = await stage(context);
  const idle = Array.from({ length: 1000 }, () => client(context, here));
  await Promise.all(idle.map(({ socket }) => once(socket, 'connect')));
  const slow = client(context, here);
  const busy = client(context, here);
  for (const letter of '{"jsonrpc":"2.0","id":9,"method":"echo","params":[9]}') {
    slow.send(letter);
    busy.ask('echo', [1]);
    assert.equal(await busy.reply(), ok('1', '{"value":1}'));
  }
  assert.equal(await slow.reply(), ok('9', '{"value":9}'));
});
