import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { msat } from '../../src/base/types/amount.ts';
import { minedSince, paidBy } from '../node/endings/account.ts';
import { TIMEOUT } from '../support/time-limit.ts';
import { Arena } from './arena.ts';
import { hopOver } from './routes.ts';

const FINAL_DELTA = 40;
const FORWARD_DELTA = 72;
const FORWARD_FEE_MSAT = 1_000n;
const PUSH_MSAT = 300_000_000n;
/** What LDK sends in the channel, and then by another way: the invoice is for both. */
const PART_MSAT = 50_000_000n;
/** What Till sends in the channel. */
const OWN_MSAT = 70_000_000n;

/**
 * A channel that LDK opened, with an HTLC each way, and nobody connected any more. LDK's is a part of a payment: the
 * rest waits at a node in the middle. Till's waits at LDK, which knows its preimage.
 */
async function inFlightBothWays(t: TestContext) {
  const arena = await Arena.open(t);
  const daemon = await arena.startTill();
  const till_id = daemon.keys.node_id;
  await arena.fillWallet();
  const payer = await arena.startLdk('payer');
  const middle = await arena.startLdk('middle');
  await arena.giveCoin(payer, 10_000_000n);
  await Promise.all([arena.connect(payer), arena.connect(middle), payer.ask('connect', middle.node_id, middle.port)]);
  const direct = await arena.openFromLdk(payer, 1_000_000n, PUSH_MSAT);
  const last = await arena.openFromLdk(middle, 1_000_000n);
  const first = await arena.open(payer, middle.node_id, 1_000_000n);
  await arena.mine(6);
  for (const ldk of [payer, middle]) await ldk.take('channel_ready', ({ channel_id }) => channel_id === first);
  await arena.usable(payer);

  await Promise.all([payer.ask('hold', true), middle.ask('hold', true)]);
  const invoice = await arena.invoice('in two parts', 2n * PART_MSAT);
  const { payment_secret } = await payer.ask('decode', invoice.bolt11);
  await payer.ask('sendParts', invoice.payment_hash, payment_secret, [
    [await hopOver(payer, direct, till_id, PART_MSAT, FINAL_DELTA)],
    [
      await hopOver(payer, first, middle.node_id, FORWARD_FEE_MSAT, FORWARD_DELTA),
      await hopOver(middle, last, till_id, PART_MSAT, FINAL_DELTA, 'others'),
    ],
  ]);
  await middle.take('held');
  await arena.until(() => daemon.payments.pending_sets === 1);
  const till = await arena.client();
  const bolt11 = await payer.ask('createInvoice', OWN_MSAT, 'from Till');
  const paid = till.call('pay', { bolt11, retry_for: 1 }).then(
    ({ status }) => status as string,
    ({ message }: Error) => message,
  );
  await payer.take('held');
  await payer.ask('disconnect', till_id);
  await arena.until(() => daemon.peers.find(payer.node_id as never) === undefined);
  const channel = daemon.channels.find(direct);
  assert.ok(channel);
  assert.deepEqual(channel.state.htlcs.map(({ offered_by, amount_msat }) => [offered_by, amount_msat]).sort(), [
    ['local', msat(OWN_MSAT)],
    ['remote', msat(PART_MSAT)],
  ]);
  const { height } = await arena.chain.tip();
  const before_sat = await balanceOf(arena);

  /** The rest of LDK's payment arrives: Till has the preimage, which LDK cannot be told. */
  const complete = async (): Promise<void> => {
    await middle.ask('hold', false);
    await arena.until(() => daemon.payments.pending_sets === 0);
    assert.equal((await daemon.invoices.find({ label: 'in two parts' }))?.status, 'paid');
  };
  /** LDK's payment was never complete: what came of it is refused, which LDK cannot be told either. */
  const giveUp = async (): Promise<void> => {
    await arena.passTime(61);
    await arena.until(() => daemon.payments.pending_sets === 0);
  };
  /** Closes by this side alone. */
  const closeBy = async (closer: 'LDK' | 'Till'): Promise<void> => {
    if (closer === 'LDK') await payer.ask('forceClose', direct, till_id);
    else {
      const closing = till.call('close', { id: direct, unilateraltimeout: 1 });
      await arena.until(() => channel.state.phase === 'closing');
      arena.clock.advance(1_000);
      assert.equal((await closing).type, 'unilateral');
    }
    await arena.until(() => arena.chain.pending.length > 0);
  };
  /** Blocks, until neither side has anything left to do about the channel. */
  const seeThrough = async (): Promise<void> => {
    const isOver = async () =>
      daemon.channels.find(direct) === undefined && (await payer.ask('unresolved')).length === 0;
    for (let count = 0; !(await isOver()); count++) {
      assert.ok(count < 500, `LDK: ${await payer.ask('unresolved')}; ${arena.log.slice(-20).join('\n')}`);
      await arena.mine();
    }
  };
  /** What Till has of the channel: what its wallet gained, the fees that it paid added, the anchors that it took left out. */
  const shareOfTill = async (): Promise<bigint> => {
    const scripts = new Set((await daemon.wallet.listCoins(true)).map(({ coin }) => coin.script_pubkey));
    const mined = await minedSince(arena.chain, height);
    const { fees_sat, anchors_sat } = paidBy(mined, scripts, false, channel.state.terms.funding_txid);
    return (await balanceOf(arena)) - before_sat + fees_sat - anchors_sat;
  };
  return { arena, daemon, payer, till, paid, invoice, complete, giveUp, closeBy, seeThrough, shareOfTill };
}

async function balanceOf({ daemon }: Arena): Promise<bigint> {
  const { confirmed_sat, unconfirmed_sat, reserved_sat } = await daemon.wallet.balance();
  return confirmed_sat + unconfirmed_sat + reserved_sat;
}

for (const closer of ['LDK', 'Till'] as const) {
  test(`${closer} closes alone, HTLCs in flight both ways: each receiver takes its own`, TIMEOUT, async (t) => {
    const scene = await inFlightBothWays(t);
    await scene.complete();
    await scene.closeBy(closer);
    await scene.payer.ask('hold', false);
    await scene.seeThrough();
    assert.equal(await scene.paid, 'complete', 'Till has read the preimage from the chain');
    const sent = await scene.payer.take('payment_sent');
    assert.equal(sent.payment_hash, scene.invoice.payment_hash, 'so has LDK');
    assert.equal(await scene.shareOfTill(), (PUSH_MSAT + PART_MSAT - OWN_MSAT) / 1000n);
  });

  test(`${closer} closes alone, HTLCs in flight both ways: each sender has its own back`, TIMEOUT, async (t) => {
    const scene = await inFlightBothWays(t);
    await scene.giveUp();
    await scene.closeBy(closer);
    await scene.seeThrough();
    assert.match(await scene.paid, /./);
    assert.notEqual(await scene.paid, 'complete');
    const [listed] = (await scene.till.call('listpays', {})).pays;
    assert.equal(listed?.status, 'failed');
    await scene.payer.take('payment_failed', ({ payment_hash }) => payment_hash === scene.invoice.payment_hash);
    assert.equal((await scene.daemon.invoices.find({ label: 'in two parts' }))?.status, 'unpaid');
    assert.equal(await scene.shareOfTill(), PUSH_MSAT / 1000n);
  });
}
