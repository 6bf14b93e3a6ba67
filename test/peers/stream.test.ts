/** The stream of payments that the tests with daemons judge: it ends, whatever the daemon does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VALID } from '../codec/bolt11/examples.ts';
import type { PeerDaemon } from './daemons/daemon.ts';
import { Stream } from './daemons/stream.ts';
import type { World } from './daemons/world.ts';

const BOLT11 = VALID[0].text;

test('a payment that never ends ends the stream, with what Till says of the channels', async () => {
  let asked = 0;
  const never = (): Promise<string> => {
    asked++;
    return new Promise(() => {});
  };
  const status = ['CHANNELD_NORMAL: set aside: commitment_signed: the signature is not valid'];
  const till = {
    invoice: async () => ({ bolt11: BOLT11, payment_hash: '00'.repeat(32) }),
    pay: never,
    channels: async () => [{ short_channel_id: '103x1x0', status }],
  };
  const daemon = { node_id: '02', invoice: async () => BOLT11, pay: never };
  const stream = new Stream({ till } as unknown as World, daemon as unknown as PeerDaemon, 1, 2);
  while (asked < 2) await new Promise(setImmediate);
  await assert.rejects(
    stream.judge(),
    /2 payments have not ended.*103x1x0: CHANNELD_NORMAL: set aside: commitment_signed: the signature is not valid/s,
  );
});
