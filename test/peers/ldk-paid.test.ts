import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { TIMEOUT } from '../support/time-limit.ts';
import { Arena } from './arena.ts';

const PUSH_MSAT = 400_000_000n;
const AMOUNT_MSAT = 600_000_000n;

/** LDK opened two channels to Till; in each Till has 400,000 sat. */
async function twoChannels(t: TestContext) {
  const arena = await Arena.open(t);
  await arena.startTill();
  const payee = await arena.startLdk('payee');
  await arena.connect(payee);
  const channel_ids = [
    await arena.openFromLdk(payee, 1_000_000n, PUSH_MSAT),
    await arena.openFromLdk(payee, 1_000_000n, PUSH_MSAT),
  ];
  await arena.usable(payee);
  const bolt11 = await payee.ask('createInvoice', AMOUNT_MSAT, 'more than one channel has');
  /** Every HTLC is gone, no channel is closed, and what Till has left is this. */
  const seeUnharmed = async (left_msat: bigint): Promise<void> => {
    await arena.until(() => arena.htlcs.length === 0);
    const states = channel_ids.map((id) => arena.daemon.channels.find(id)?.state);
    assert.ok(states.every((state) => state?.phase === 'normal'));
    assert.equal(
      states.reduce((sum, state) => sum + (state?.local_msat ?? 0n), 0n),
      left_msat,
    );
    assert.deepEqual(arena.complaints, []);
  };
  return { arena, payee, bolt11, seeUnharmed };
}

test('Till splits a payment that is too large for one channel, and LDK takes it as one', TIMEOUT, async (t) => {
  const { arena, payee, bolt11, seeUnharmed } = await twoChannels(t);
  const paid = await (await arena.client()).call('pay', { bolt11 });
  assert.equal(paid.status, 'complete');
  assert.equal(paid.parts, 2);
  const claimed = await payee.take('payment_claimed');
  assert.deepEqual([claimed.amount_msat, claimed.parts], [AMOUNT_MSAT, 2]);
  await seeUnharmed(2n * PUSH_MSAT - AMOUNT_MSAT);
});

/** Both parts are at LDK, which has not claimed them yet. */
async function underWay(t: TestContext) {
  const scene = await twoChannels(t);
  const { arena, payee, bolt11 } = scene;
  await payee.ask('hold', true);
  // The answer goes down with the node where a test restarts that.
  void (await arena.client()).call('pay', { bolt11 }).catch(() => {});
  await payee.take('held');
  // Both for good: with one of them LDK would wait for the other one, and a node that is away sends none.
  for (let committed = 0; committed < 2; ) {
    const channels = await payee.ask('channels');
    committed = channels.reduce((sum, { committed_inbound_htlcs }) => sum + committed_inbound_htlcs, 0);
  }
  const outcome = async () =>
    (await (await arena.client()).call('listpays', { bolt11 })).pays.map(({ status }) => status);
  assert.deepEqual(await outcome(), ['pending']);
  const seeThrough = async (): Promise<void> => {
    await scene.seeUnharmed(2n * PUSH_MSAT - AMOUNT_MSAT);
    assert.deepEqual(await outcome(), ['complete']);
  };
  return { ...scene, seeThrough };
}

test('Till restarts while LDK holds what it was paid', TIMEOUT, async (t) => {
  const { arena, payee, seeThrough } = await underWay(t);
  await arena.stopTill();
  await arena.startTill();
  await arena.reconnect(payee);
  await payee.ask('hold', false);
  await payee.take('payment_claimed');
  await seeThrough();
});

test('LDK is killed with what it was paid in its hands, and claims it when it is back', TIMEOUT, async (t) => {
  const { arena, payee, seeThrough } = await underWay(t);
  await arena.stopLdk(payee);
  const again = await arena.startLdk('payee', true);
  await arena.reconnect(again);
  await again.ask('hold', false);
  await again.take('payment_claimed');
  await seeThrough();
});

test('LDK claims while Till is away, which learns of it when it is back', TIMEOUT, async (t) => {
  const { arena, payee, seeThrough } = await underWay(t);
  await arena.stopTill();
  await payee.ask('hold', false);
  await payee.take('payment_claimed');
  await arena.startTill();
  await arena.reconnect(payee);
  await seeThrough();
});
