import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { TIMEOUT } from '../support/time-limit.ts';
import { Arena } from './arena.ts';
import type { LdkPeer } from './ldk/ldk-peer.ts';
import { hopOver } from './routes.ts';

const FINAL_DELTA = 40;
/** What LDK asks of those for whom it forwards. */
const FORWARD_DELTA = 72;
const FORWARD_FEE_MSAT = 1_000n;
const PART_MSAT = 50_000_000n;

/**
 * A payment in two parts: one is at Till and waits there; the other is held by a node in the middle, which lets it go
 * when the test says so.
 */
async function halfPaid(t: TestContext) {
  const arena = await Arena.open(t);
  await arena.startTill();
  const till_id = arena.daemon.keys.node_id;
  const payer = await arena.startLdk('payer');
  const middle = await arena.startLdk('middle');
  await Promise.all([arena.connect(payer), arena.connect(middle), payer.ask('connect', middle.node_id, middle.port)]);
  const direct = await arena.openFromLdk(payer, 1_000_000n);
  const last = await arena.openFromLdk(middle, 1_000_000n);
  const first = await arena.open(payer, middle.node_id, 1_000_000n);
  await arena.mine(6);
  await payer.take('channel_ready', ({ channel_id }) => channel_id === first);
  await middle.take('channel_ready', ({ channel_id }) => channel_id === first);

  await middle.ask('hold', true);
  const invoice = await arena.invoice('two parts', 2n * PART_MSAT);
  const { payment_secret } = await payer.ask('decode', invoice.bolt11);
  await payer.ask('sendParts', invoice.payment_hash, payment_secret, [
    [await hopOver(payer, direct, till_id, PART_MSAT, FINAL_DELTA)],
    [
      await hopOver(payer, first, middle.node_id, FORWARD_FEE_MSAT, FORWARD_DELTA),
      await hopOver(middle, last, till_id, PART_MSAT, FINAL_DELTA, 'others'),
    ],
  ]);
  await middle.take('held');
  await arena.until(() => arena.daemon.payments.pending_sets === 1);
  const statusNow = async () => (await arena.daemon.invoices.find({ label: 'two parts' }))?.status;
  assert.equal(await statusNow(), 'unpaid');

  /** Sees the payment through to its end, which the payer knows. */
  const seeThrough = async (by: LdkPeer = payer): Promise<void> => {
    const sent = await by.take('payment_sent');
    assert.equal(sent.payment_hash, invoice.payment_hash);
    const paid = await arena.daemon.invoices.find({ label: 'two parts' });
    assert.equal(paid?.status === 'paid' && paid.amount_received_msat, 2n * PART_MSAT);
    await seeUnharmed();
  };
  /** No HTLC is left, no channel is closed, and what came came once. */
  const seeUnharmed = async (received_msat = 2n * PART_MSAT): Promise<void> => {
    await arena.until(() => arena.htlcs.length === 0);
    const channels = arena.daemon.channels.list();
    assert.deepEqual(
      channels.map(({ state }) => state.phase),
      ['normal', 'normal'],
    );
    assert.equal(
      channels.reduce((sum, { state }) => sum + state.local_msat, 0n),
      received_msat,
    );
    assert.equal(arena.daemon.payments.pending_sets, 0);
    assert.deepEqual(arena.complaints, []);
  };
  return { arena, payer, middle, invoice, statusNow, seeThrough, seeUnharmed };
}

test('a part that does not come: after a minute everything is given back', TIMEOUT, async (t) => {
  const { arena, payer, statusNow, seeUnharmed } = await halfPaid(t);
  await arena.passTime(59);
  assert.equal(arena.htlcs.length, 1);
  await arena.passTime(2);
  // BOLT 4: mpp_timeout.
  const { text } = await payer.take('onion_error');
  assert.match(text, /mpp_timeout/);
  assert.equal(await statusNow(), 'unpaid');
  await seeUnharmed(0n);
});

test('Till restarts between two parts, and the payment goes on', TIMEOUT, async (t) => {
  const { arena, payer, middle, seeThrough } = await halfPaid(t);
  await arena.stopTill();
  await arena.startTill();
  await arena.until(() => arena.daemon.payments.pending_sets === 1);
  await Promise.all([arena.reconnect(payer), arena.reconnect(middle)]);
  await middle.ask('hold', false);
  await seeThrough();
});

test('the payer is killed between two parts, and learns of the end when it is back', TIMEOUT, async (t) => {
  const { arena, payer, middle, statusNow, seeThrough } = await halfPaid(t);
  await arena.stopLdk(payer);
  await middle.ask('hold', false);
  await arena.until(() => arena.daemon.payments.pending_sets === 0);
  assert.equal(await statusNow(), 'paid');
  const again = await arena.startLdk('payer');
  await arena.reconnect(again);
  await seeThrough(again);
});

test(
  'the node in the middle is killed with a part in its hands, and passes it on when it is back',
  TIMEOUT,
  async (t) => {
    const { arena, payer, middle, seeThrough } = await halfPaid(t);
    await arena.stopLdk(middle);
    const again = await arena.startLdk('middle', true);
    await arena.reconnect(again);
    await payer.ask('connect', again.node_id, again.port);
    await again.ask('hold', false);
    await seeThrough();
  },
);

test('both ends restart at once between two parts', TIMEOUT, async (t) => {
  const { arena, payer, middle, seeThrough } = await halfPaid(t);
  await Promise.all([arena.stopLdk(payer), arena.stopTill()]);
  await arena.startTill();
  const again = await arena.startLdk('payer');
  await Promise.all([
    arena.reconnect(again),
    arena.reconnect(middle),
    again.ask('connect', middle.node_id, middle.port),
  ]);
  await middle.ask('hold', false);
  await seeThrough(again);
});
