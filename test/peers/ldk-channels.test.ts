import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat, sat, sum } from '../../src/base/types/amount.ts';
import type { ChannelId, NodeId } from '../../src/base/types/brand.ts';
import { fromHex } from '../../src/base/types/hex.ts';
import { parseTransaction } from '../../src/codec/tx/transaction.ts';
import { TIMEOUT } from '../support/time-limit.ts';
import { Arena } from './arena.ts';
import type { LdkPeer } from './ldk/ldk-peer.ts';

interface TillOpening {
  readonly funding_sat?: bigint;
  readonly push_msat?: bigint;
  readonly announce?: boolean;
}

/** Till opens a channel to LDK; its funding is published, not mined. */
async function openFromTill(arena: Arena, peer: LdkPeer, options: TillOpening = {}): Promise<ChannelId> {
  const { funding_sat = 1_000_000n, push_msat = 0n, announce = false } = options;
  const connection = arena.daemon.peers.find(peer.node_id as NodeId);
  assert.ok(connection);
  const end = await arena.daemon.channels.open(connection, {
    funding_satoshis: sat(funding_sat),
    push_msat: msat(push_msat),
    feerate_per_kw: 1_000,
    announce_channel: announce,
  });
  assert.equal(end.kind, 'channel', JSON.stringify(end));
  await arena.until(() => arena.chain.pending.length > 0);
  return (end as { channel_id: ChannelId }).channel_id;
}

test('Till opens to LDK, pays it, is paid back over the same channel, and closes', TIMEOUT, async (t) => {
  const arena = await Arena.open(t);
  await arena.startTill();
  await arena.fillWallet();
  const ldk = await arena.startLdk('payee');
  await arena.connect(ldk);
  const channel_id = await openFromTill(arena, ldk);
  await arena.mine(6);
  await ldk.take('channel_ready');
  await arena.usable(ldk);

  const till = await arena.client();
  const bolt11 = await ldk.ask('createInvoice', 400_000_000n, 'from Till');
  const paid = await till.call('pay', { bolt11 });
  assert.equal(paid.status, 'complete');
  const claimed = await ldk.take('payment_claimed');
  assert.equal(claimed.amount_msat, 400_000_000n);
  assert.equal(claimed.payment_hash, paid.payment_hash);

  const invoice = await arena.invoice('back', 150_000_000n);
  await ldk.ask('pay', invoice.bolt11, null);
  await ldk.take('payment_sent');
  await arena.until(() => arena.htlcs.length === 0);
  assert.equal(arena.daemon.channels.find(channel_id)?.state.local_msat, 750_000_000n);

  const { confirmed_sat } = await arena.daemon.wallet.balance();
  const closed = await till.call('close', { id: channel_id });
  assert.equal(closed.type, 'mutual');
  await ldk.take('channel_closed');
  const closing = parseTransaction(fromHex(closed.tx as string));
  const fee_sat = 1_000_000n - sum(closing.outputs.map(({ amount_sat }) => amount_sat));
  await arena.mine(1);
  // The opener pays the fee.
  assert.equal((await arena.daemon.wallet.balance()).confirmed_sat, confirmed_sat + 750_000n - fee_sat);
  assert.deepEqual(arena.complaints, []);
});

test(
  'a payer finds Till behind a node that only the invoice names, by the alias of a private channel',
  TIMEOUT,
  async (t) => {
    const arena = await Arena.open(t);
    await arena.startTill();
    const payer = await arena.startLdk('payer');
    const middle = await arena.startLdk('middle');
    await Promise.all([arena.connect(middle), payer.ask('connect', middle.node_id, middle.port)]);
    const last = await arena.openFromLdk(middle, 1_000_000n);
    const first = await arena.open(payer, middle.node_id, 1_000_000n);
    await arena.mine(6);
    await payer.take('channel_ready', ({ channel_id }) => channel_id === first);
    const channel = arena.daemon.channels.find(last);
    assert.equal(channel?.state.terms.channel_type.option_scid_alias, true);
    await arena.until(() => channel?.remote_update !== undefined);

    const { bolt11 } = await arena.invoice('behind', 12_345_678n);
    await payer.ask('pay', bolt11, null);
    await payer.take('payment_sent');
    await arena.until(() => arena.htlcs.length === 0);
    assert.equal(channel?.state.local_msat, 12_345_678n);
    assert.deepEqual(arena.complaints, []);
  },
);

test('a public channel is announced by both, and takes payments both ways', TIMEOUT, async (t) => {
  const arena = await Arena.open(t);
  const daemon = await arena.startTill();
  const ldk = await arena.startLdk('public');
  await arena.connect(ldk);
  const channel_id = await arena.openFromLdk(ldk, 1_000_000n, 300_000_000n, true);
  const channel = daemon.channels.find(channel_id);
  assert.equal(channel?.state.terms.channel_type.option_scid_alias, false);
  assert.equal(channel?.state.terms.announce_channel, true);
  await arena.until(() => channel?.state.announcement_sent === true && channel.state.remote_announcement !== undefined);
  const [theirs] = await ldk.ask('channels');
  assert.equal(theirs?.is_announced, true);

  const { bolt11 } = await arena.invoice('in public', 100_000_000n);
  await ldk.ask('pay', bolt11, null);
  await ldk.take('payment_sent');
  const till = await arena.client();
  await till.call('pay', { bolt11: await ldk.ask('createInvoice', 350_000_000n, 'and back') });
  await ldk.take('payment_claimed');
  await arena.until(() => arena.htlcs.length === 0);
  assert.equal(channel?.state.local_msat, 50_000_000n);
  assert.deepEqual(arena.complaints, []);
});

test(
  'a peer that the operator names is paid over before its channel confirms; another one waits',
  TIMEOUT,
  async (t) => {
    const arena = await Arena.open(t);
    const friend = await arena.startLdk('friend');
    const stranger = await arena.startLdk('stranger');
    const daemon = await arena.startTill(`--zeroconf-peer=${friend.node_id}`);
    await Promise.all([arena.connect(friend), arena.connect(stranger)]);

    const at_once = await arena.open(friend, daemon.keys.node_id, 500_000n);
    await friend.take('channel_ready');
    await arena.usable(friend);
    assert.equal(daemon.channels.find(at_once)?.state.funding_confirmation, undefined);
    const { bolt11 } = await arena.invoice('at once', 5_000_000n);
    await friend.ask('pay', bolt11, null);
    await friend.take('payment_sent');
    assert.equal((await daemon.invoices.find({ label: 'at once' }))?.status, 'paid');

    const later = await arena.open(stranger, daemon.keys.node_id, 500_000n);
    assert.equal(daemon.channels.find(later)?.state.phase, 'opening');
    await arena.mine(6);
    await stranger.take('channel_ready');
    await arena.usable(stranger);
    // What was agreed on before it had a name goes on under the name of the chain.
    const again = await arena.invoice('confirmed', 5_000_000n);
    await friend.ask('pay', again.bolt11, null);
    await friend.take('payment_sent');
    assert.notEqual(daemon.channels.find(at_once)?.state.funding_confirmation, undefined);
    assert.deepEqual(arena.complaints, []);
  },
);

test('Till opens to a peer that trusts it, and both restart before the channel confirms', TIMEOUT, async (t) => {
  const arena = await Arena.open(t);
  await arena.startTill();
  await arena.fillWallet();
  const ldk = await arena.startLdk('trusting');
  await ldk.ask('trust', arena.daemon.keys.node_id);
  await arena.connect(ldk);
  const channel_id = await openFromTill(arena, ldk, { push_msat: 200_000_000n });
  await Promise.all([arena.stopTill(), arena.stopLdk(ldk)]);
  await arena.startTill();
  const again = await arena.startLdk('trusting');
  await arena.connect(again);
  await arena.mine(6);
  await arena.usable(again);
  const { bolt11 } = await arena.invoice('of what was pushed', 100_000_000n);
  await again.ask('pay', bolt11, null);
  await again.take('payment_sent');
  await arena.until(() => arena.htlcs.length === 0);
  assert.equal(arena.daemon.channels.find(channel_id)?.state.local_msat, 900_000_000n);
  assert.deepEqual(arena.complaints, []);
});
