import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TIMEOUT } from '../support/time-limit.ts';
import { Arena } from './arena.ts';

test('LDK opens a channel, pays an invoice, is refused what it should be, and closes', TIMEOUT, async (t) => {
  const arena = await Arena.open(t);
  const daemon = await arena.startTill();
  const ldk = await arena.startLdk('payer');
  await ldk.ask('connect', daemon.keys.node_id, daemon.bindings[0]?.port as number);
  await arena.until(() => daemon.peers.list().length === 1);
  const channel_id = await arena.openFromLdk(ldk, 1_000_000n);

  const { bolt11, payment_hash } = await arena.invoice('coffee', 123_456_789n);
  const decoded = await ldk.ask('decode', bolt11);
  assert.equal(decoded.payment_hash, payment_hash);
  assert.equal(decoded.payee, daemon.keys.node_id);
  assert.equal(decoded.amount_msat, 123_456_789n);
  await ldk.ask('pay', bolt11, null);
  const sent = await ldk.take('payment_sent');
  assert.equal(sent.payment_hash, payment_hash);
  const paid = await daemon.invoices.find({ label: 'coffee' });
  assert.equal(paid?.status, 'paid');
  const [channel] = daemon.channels.list();
  await arena.until(() => channel?.state.htlcs.length === 0);
  assert.equal(channel?.state.local_msat, 123_456_789n);

  // The same invoice again, and one that has expired: refused alike.
  await assert.rejects(ldk.ask('pay', bolt11, null));
  const expired = await arena.invoice('late', 1_000_000n, 1n);
  arena.clock.advance(2_000);
  await ldk.ask('pay', expired.bolt11, null);
  await ldk.take('payment_failed');
  assert.equal((await daemon.invoices.find({ label: 'late' }))?.status, 'expired');
  assert.equal(channel?.state.local_msat, 123_456_789n);

  await ldk.ask('close', channel_id, daemon.keys.node_id);
  await ldk.take('channel_closed');
  await arena.until(() => arena.chain.pending.length > 0);
  await arena.mine(1);
  await arena.until(() => channel?.state.phase === 'spent');
  assert.deepEqual(
    arena.log.filter((line) => /broke a rule|refused/.test(line)),
    [],
  );
});
