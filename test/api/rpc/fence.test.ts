/** A node that may not speak answers no command, neither over the socket nor over HTTP. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer } from '../../../src/api/rpc/answer.ts';
import { commandsOn } from '../../../src/api/rpc/command.ts';
import { type Caller, Dispatcher } from '../../../src/api/rpc/dispatch.ts';
import { Gate } from '../../support/fenced-store.ts';

const remember = commandsOn<null>()({
  name: 'remember',
  category: 'node',
  title: 'Answers from memory',
  description: 'Reads nothing.',
  params: {},
  returns: { height: answer.u64('d') },
  errors: [],
  access: 'read',
  run: () => ({ height: 7n }),
});

const caller: Caller = {
  transport: 'unix',
  connection: { notifications: false } as Caller['connection'],
  signalFor: () => new AbortController().signal,
  send() {},
  afterReply() {},
};

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test('an answer from memory waits until the node may speak', async () => {
  const gate = new Gate();
  const onUnexpected = (error: unknown): never => assert.fail(String(error));
  const dispatcher = new Dispatcher([remember], null, { onUnexpected, fence: gate.fence, judgeRune: () => {} });
  const request = {
    value: { jsonrpc: '2.0', id: 1, method: 'remember', params: {} },
    duplicate: undefined,
  } as unknown as Parameters<typeof dispatcher.dispatch>[0];
  assert.equal(typeof dispatcher.dispatch(request, caller), 'string', 'at once where the command answers at once');
  gate.shut();
  const told: string[] = [];
  void Promise.resolve(dispatcher.dispatch(request, caller)).then((reply) => told.push(String(reply)));
  void dispatcher
    .call({ method: 'remember', params: {}, rune: 'any' }, caller)
    .then((outcome) => told.push('result' in outcome ? String(outcome.result) : 'an error'));
  await turns();
  assert.deepEqual(told, []);
  gate.open();
  await turns();
  assert.deepEqual(told.sort(), ['{"height":7}', '{"jsonrpc":"2.0","id":1,"result":{"height":7}}\n\n']);
});
