/** A run of messages in order: it begins none that is late, and none once it is ended. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { AddressGuard } from '../../../src/infra/http/address-guard.ts';
import { HttpSender } from '../../../src/shop/webhooks/http-sender.ts';
import { RUN_MS } from '../../../src/shop/webhooks/ports.ts';
import { OK, Receiver } from './receiver.ts';

test('a message in order begins soon after the first, or not at all', async () => {
  const clock = new ManualClock();
  const receiver = await Receiver.open();
  const guard = new AddressGuard({ allowed: new Set(['127.0.0.1']) });
  const sender = new HttpSender({ clock, guard, user_agent: 'Till/test' });
  const messages = [1, 2, 3, 4].map((id) => ({ url: receiver.url, headers: {}, body: `{"id":${id}}` }));
  const NEVER = new AbortController().signal;

  receiver.answer = (response, received) => {
    clock.advance(RUN_MS / 2);
    OK(response, received);
  };
  const slow = await sender.sendInOrder(messages, NEVER);
  assert.deepEqual(receiver.ids, [1, 2], 'the third would be late');
  assert.deepEqual(
    slow.map(({ duration_ms }) => duration_ms),
    [RUN_MS / 2, RUN_MS / 2],
  );

  const abort = new AbortController();
  receiver.answer = (response, received) => {
    abort.abort();
    OK(response, received);
  };
  const ended = await sender.sendInOrder(messages, abort.signal);
  assert.equal(ended.length, 1);
  assert.deepEqual(receiver.ids, [1, 2, 1]);
  sender.close();
  await receiver.close();
});
