/** The stream of payments that the tests with daemons judge: it ends, whatever the daemon does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VALID } from '../codec/bolt11/examples.ts';
import type { PeerDaemon } from './daemons/daemon.ts';
import { Stream } from './daemons/stream.ts';
import type { World } from './daemons/world.ts';

const BOLT11 = VALID[0].text;
const STATUS = ['CHANNELD_NORMAL: set aside: commitment_signed: the signature is not valid'];
const TIME_OVER = 'gave up after 1 part in 60 s (retry_for)';
const never = (): Promise<string> => new Promise(() => {});

/**
 * A stream of one lane each way. The daemon has its invoice paid and Till's payment failed, with `failures`; the daemon's
 * own payment is pending for good.
 */
async function streamWith(
  pays: { till: () => Promise<string>; peer: () => Promise<string> },
  { failures = [] as string[], looks = 600 } = {},
) {
  let asked = 0;
  const counting = (pay: () => Promise<string>) => (): Promise<string> => {
    asked++;
    return pay();
  };
  const till = {
    invoice: async () => ({ bolt11: BOLT11, payment_hash: '00'.repeat(32) }),
    pay: counting(pays.till),
    isPaid: async () => false,
    paymentStatus: async () => 'failed',
    failures: async () => failures,
    channels: async () => [{ short_channel_id: '103x1x0', status: STATUS }],
  };
  const daemon = {
    node_id: '02',
    invoice: async () => BOLT11,
    pay: counting(pays.peer),
    isPaid: async () => true,
    paymentStatus: async () => 'pending',
  };
  const world = { till, quiet: async () => {} } as unknown as World;
  const stream = new Stream(world, daemon as unknown as PeerDaemon, 1, looks);
  while (asked < 2) await new Promise(setImmediate);
  return stream;
}

test('a payment that never ends ends the stream, with what Till says of the channels', async () => {
  const stream = await streamWith({ till: never, peer: never }, { looks: 2 });
  await assert.rejects(
    stream.judge({ peer_hangs_below_msat: 1_000n }),
    /2 payments have not ended.*103x1x0: CHANNELD_NORMAL: set aside: commitment_signed: the signature is not valid/s,
  );
});

test("only the daemon's own payments below an amount may hang, where a daemon is known for that", async () => {
  const killed = () => Promise.reject(new Error('it was killed'));
  const stream = await streamWith({ till: killed, peer: never });
  assert.equal(stream.hasEnded(1_000n), false);
  const { hanging_at_peer, failed } = await stream.judge({ peer_hangs_below_msat: 1_001n, peer_owes_words: true });
  assert.deepEqual({ hanging_at_peer, failed }, { hanging_at_peer: 1, failed: 1 });

  const backwards = await streamWith({ till: never, peer: killed }, { looks: 2 });
  await assert.rejects(backwards.judge({ peer_hangs_below_msat: 1_001n }), /1 payments have not ended/);
});

test('a payment that the payee had taken and then refused is told by what came back, and its money is with Till', async () => {
  const pays = { till: async () => TIME_OVER, peer: never };
  for (const code of ['INVALID_ONION_VERSION', 'INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS']) {
    const told = await streamWith(pays, { failures: [`failed: WIRE_${code} (reply from remote)`] });
    const { refused_after_all, faults, paid_by_till_msat } = await told.judge({ peer_hangs_below_msat: 1_001n });
    assert.deepEqual({ refused_after_all, faults }, { refused_after_all: 1, faults: [] });
    assert.equal(paid_by_till_msat, 0n);
  }

  const untold = await streamWith(pays, { failures: ['failed: WIRE_TEMPORARY_NODE_FAILURE (reply from remote)'] });
  const verdict = await untold.judge({ peer_hangs_below_msat: 1_001n });
  assert.equal(verdict.refused_after_all, 0);
  assert.equal(verdict.faults.length, 1);
});
