/** When the node is asked for notifications: before a client hears that it was let in, and no longer than anybody listens. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { io } from 'socket.io-client';
import { Notifications } from '../../../src/api/web/clnrest/notifications.ts';
import type { Answer } from '../../../src/api/web/node-link.ts';

/** What the node was told and asked, in order. */
let said: string[] = [];
let onSaid = (): void => {};
let answer: Answer | undefined;
const link = {
  subscribe(isWanted: boolean): void {
    said.push(isWanted ? 'on' : 'off');
    onSaid();
  },
  call(_request: unknown, given: Answer): () => void {
    said.push('judge');
    answer = given;
    onSaid();
    return () => {};
  },
};

const http = createServer();
const notifications = new Notifications(http, link, ['*']);
before(async () => {
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
});
after(() => notifications.close());
beforeEach(() => {
  said = [];
});

async function untilSaid(...wanted: readonly string[]): Promise<void> {
  while (said.length < wanted.length) await new Promise<void>((resolve) => (onSaid = resolve));
  assert.deepEqual(said, wanted);
}

function client() {
  const { port } = http.address() as AddressInfo;
  const options = { transports: ['websocket'], reconnection: false, forceNew: true, extraHeaders: { rune: 'r' } };
  return io(`http://127.0.0.1:${port}`, options);
}

test('notifications are on before a client is let in, so that it misses none; and off when the last one is gone', async () => {
  const first = client();
  await untilSaid('on', 'judge');
  const joined = once(first as never, 'connect');
  answer?.onResult('true');
  await joined;
  const heard = once(first as never, 'message');
  notifications.send('{"invoice_creation":{"label":"a"}}');
  assert.deepEqual(await heard, [{ invoice_creation: { label: 'a' } }]);
  const second = client();
  await untilSaid('on', 'judge', 'judge');
  const second_joined = once(second as never, 'connect');
  answer?.onResult('true');
  await second_joined;
  first.close();
  second.close();
  await untilSaid('on', 'judge', 'judge', 'off');
});

test('who is refused leaves nothing on', async () => {
  const stranger = client();
  await untilSaid('on', 'judge');
  const refused = once(stranger as never, 'connect_error');
  answer?.onError({ error: 'RUNE', code: 1501, message: 'no', data_json: 'null', is_refusal: true });
  await refused;
  await untilSaid('on', 'judge', 'off');
  stranger.close();
});
