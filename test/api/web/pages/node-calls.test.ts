/** Long results of the node, as pages take them: piece by piece, and no more than is worked on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer, CallRequest } from '../../../../src/api/web/node-link.ts';
import { NodeBusy, NodeRefused, nodeCalls } from '../../../../src/api/web/pages/node-calls.ts';

function scene() {
  const told = { asked: undefined as CallRequest | undefined, nexts: 0, cancelled: 0 };
  let handlers: Answer | undefined;
  const calls = nodeCalls({
    call(request, given) {
      told.asked = request;
      handlers = given;
      return () => {
        told.cancelled++;
      };
    },
  });
  const gone = new AbortController();
  const pieces = calls.pieces('exportledger', { format: 'generic' }, 'session', gone.signal);
  const next = pieces.next();
  const node = handlers as unknown as Answer;
  const send = (json: string): void => node.onPiece(json, () => told.nexts++);
  return { told, node, gone, pieces, next, send };
}

test('a piece is worked on before the next one is asked for, and all of them may be longer than a page can take', async () => {
  const { told, node, pieces, next, send } = scene();
  assert.deepEqual([told.asked?.method, told.asked?.rune], ['exportledger', 'session']);
  const long = 'x'.repeat(1024 * 1024);
  send(long);
  assert.equal((await next).value, long);
  assert.equal(told.nexts, 0, 'the first is still worked on');
  for (let piece = 0; piece < 20; piece++) {
    const coming = pieces.next();
    assert.equal(told.nexts, piece + 1);
    send(long);
    assert.equal((await coming).value?.length, long.length);
  }
  const last = pieces.next();
  node.onResult('"end"');
  assert.equal((await last).value, '"end"');
  assert.deepEqual(await pieces.next(), { value: undefined, done: true });
  assert.equal(told.cancelled, 0);
});

test('who leaves takes the call back, whether it was waiting or not', async () => {
  const waiting = scene();
  waiting.gone.abort(new Error('the client is gone'));
  await assert.rejects(waiting.next, /the client is gone/);
  assert.equal(waiting.told.cancelled, 1);
  const working = scene();
  working.send('[');
  await working.next;
  await working.pieces.return();
  assert.deepEqual([working.told.cancelled, working.told.nexts], [1, 0]);
});

test('what the node says against it is thrown, before the first piece and after', async () => {
  const error = {
    error: 'INVALID_PARAMS',
    code: -32602,
    message: 'from: no day',
    data_json: 'null',
    is_refusal: false,
  };
  const refused = scene();
  refused.node.onError(error as never);
  await assert.rejects(refused.next, NodeRefused);
  const busy = scene();
  busy.node.onBusy();
  await assert.rejects(busy.next, NodeBusy);
  const late = scene();
  late.send('[');
  await late.next;
  const then = late.pieces.next();
  late.node.onError(error as never);
  await assert.rejects(then, NodeRefused);
});
