/** Channels with real daemons that one side closes alone, with an HTLC each way. */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { DaemonKind } from './daemons/daemon.ts';
import { until } from './daemons/daemon-process.ts';
import { KINDS } from './daemons/kinds.ts';
import { World } from './daemons/world.ts';

const TIMEOUT = { timeout: 590_000 };

const TO_TILL_MSAT = 60_000_000n;
const BY_TILL_MSAT = 70_000_000n;
/** Till's anchor, which the opener pays. */
const ANCHOR_SAT = 330n;

/**
 * A channel with two HTLCs: one by Till, which the peer holds; one by the peer, whose preimage Till has given out, though the
 * peer never got it. The connection is gone, or the peer is frozen, with the preimage on its way.
 */
async function withHtlcs(
  t: TestContext,
  kind: DaemonKind,
  opener: 'Till' | 'the peer',
  peer: 'cut off' | 'frozen' = 'cut off',
) {
  const world = await World.open(t);
  const { till } = world;
  const { daemon } = await world.daemon(kind, 'peer');
  await world.fillWallets(daemon);
  const relay = await world.relayTo(daemon);
  await world.connect(daemon, relay.port);
  const opening = { amount_sat: 1_000_000n, push_msat: 400_000_000n };
  const funding = opener === 'Till' ? await world.openTo(daemon, opening) : await world.openFrom(daemon, opening);

  const held = await daemon.heldInvoice(BY_TILL_MSAT);
  void till.pay(held.bolt11).catch(() => {});
  await until('the peer holds the payment', () => held.isHeld());
  await until('both sides have revoked', async () => {
    return (await till.channel(funding))?.htlcs[0]?.state === 'SENT_ADD_ACK_REVOCATION';
  });

  relay.there.hold();
  const invoice = await till.invoice(TO_TILL_MSAT);
  const paid = daemon.pay(invoice.bolt11).catch(String);
  await until('Till has taken the payment', async () => {
    // The invoice is paid before the preimage goes out: what waited before this answer does not have it.
    const { waiting } = relay.there;
    if (await till.isPaid(invoice.payment_hash)) return true;
    relay.there.pass(waiting);
    return false;
  });
  if (peer === 'frozen') {
    daemon.freeze();
    t.after(() => daemon.thaw());
    world.down.add(daemon);
    relay.there.release();
  } else relay.cut(false);
  const channel = await till.channel(funding);
  assert.equal(channel?.htlcs.length, 2);
  const ours_sat = (await till.walletSat()) + BigInt(channel?.to_us_msat as bigint) / 1000n;
  return { world, daemon, held, invoice, paid, channel_id: channel?.channel_id as string, funding, ours_sat };
}

type Scene = Awaited<ReturnType<typeof withHtlcs>>;

/** Mines until this is so; what has to be sent for it is sent between the blocks. */
async function mineUntil(
  world: World,
  what: string,
  isSo: () => Promise<boolean>,
  most = 60,
  at_once = 1,
): Promise<void> {
  for (let mined = 0; mined < most; mined += at_once) {
    if (await isSo()) return;
    await world.mine(at_once);
  }
  assert.ok(await isSo(), `in ${most} blocks, ${what}`);
}

/** Till has what is its own, but for fees; all of both payments has ended. */
async function judge({ world, daemon, held, invoice, ours_sat, funding }: Scene, by_till: 'complete' | 'failed') {
  const { till } = world;
  await mineUntil(world, 'the peer knows the preimage', async () => {
    return (await daemon.paymentStatus(invoice.payment_hash)) === 'complete';
  });
  // Core Lightning asks too little to be relayed for its claim, until the HTLC's end comes near.
  const hasEnded = async (): Promise<boolean> => (await till.paymentStatus(held.payment_hash)) === by_till;
  await mineUntil(world, 'Till knows how its payment ended', hasEnded, 160, 2);
  await mineUntil(world, "all outputs of the channel are Till's or the peer's", async () => {
    const channel = await till.channel(funding);
    return channel === undefined || channel.htlcs.length === 0;
  });
  // An HTLC that we offered is ours until it is taken.
  const expected_sat = ours_sat + TO_TILL_MSAT / 1000n - (by_till === 'complete' ? BY_TILL_MSAT / 1000n : 0n);
  // Where Till closed alone, its own output waits for the delay that the peer asked for: a day with most of them.
  const isBack = async (): Promise<boolean> => {
    const has_sat = await till.walletSat();
    return has_sat > expected_sat - 20_000n && has_sat <= expected_sat + ANCHOR_SAT;
  };
  for (let mined = 0; mined < 160 && !(await isBack()); mined += 8) await world.mine(8);
  assert.ok(await isBack(), `Till has ${await till.walletSat()} sat; ${expected_sat} less fees would be right`);
}

interface RawTransaction {
  readonly txid: string;
  readonly vin: readonly { readonly txid?: string; readonly vout: number }[];
  readonly vout: readonly { readonly value: number }[];
}

/**
 * What the transactions since this height, all of them Till's, took from the commitment, and what they changed in its
 * wallet.
 */
async function harvest({ bitcoind }: World, funding_txid: string, since_height: number) {
  const satOf = async (txid: string, vout: number): Promise<bigint> => {
    const { vout: outputs } = await bitcoind.call<RawTransaction>('getrawtransaction', txid, 1);
    return BigInt(Math.round((outputs[vout]?.value as number) * 1e8));
  };
  let commitment_txid = '';
  let taken_sat = 0n;
  let change_sat = 0n;
  const last = await bitcoind.call<number>('getblockcount');
  for (let height = since_height + 1; height <= last; height++) {
    const hash = await bitcoind.call<string>('getblockhash', height);
    const { tx } = await bitcoind.call<{ tx: readonly RawTransaction[] }>('getblock', hash, 2);
    for (const { txid, vin, vout } of tx.slice(1)) {
      if (vin.some((input) => input.txid === funding_txid)) {
        commitment_txid = txid;
        continue;
      }
      for (const input of vin) {
        const input_sat = await satOf(input.txid as string, input.vout);
        if (input.txid === commitment_txid) taken_sat += input_sat;
        else change_sat -= input_sat;
      }
      for (const output of vout) change_sat += BigInt(Math.round(output.value * 1e8));
    }
  }
  return { taken_sat, change_sat };
}

for (const { kind, skip } of KINDS) {
  describe(`${kind.name} ${kind.version}, with an HTLC each way, and the preimage of one given out`, {
    skip: skip || (kind.lacks.includes('held invoices') && 'it holds no payment'),
  }, () => {
    test('Till closes alone; the peer takes its HTLC with the preimage', TIMEOUT, async (t) => {
      const scene = await withHtlcs(t, kind, 'the peer');
      const { world, held, channel_id } = scene;
      const closed = await world.till.call('close', { id: channel_id, unilateraltimeout: 1 });
      assert.equal(closed.type, 'unilateral');
      await world.mine(1);
      await held.settle();
      await judge(scene, 'complete');
    });

    test('the peer is frozen: Till closes alone in time, and has all to the satoshi', TIMEOUT, async (t) => {
      const { world, daemon, held, invoice, funding } = await withHtlcs(t, kind, 'the peer', 'frozen');
      const { till } = world;
      const since_height = await world.bitcoind.call<number>('getblockcount');
      const had_sat = await till.walletSat();
      const channel = await till.channel(funding);
      const own_sat = (BigInt(channel?.to_us_msat as bigint) + TO_TILL_MSAT) / 1000n;
      const isClosing = async (): Promise<boolean> => (await till.channel(funding))?.state !== 'CHANNELD_NORMAL';
      await mineUntil(world, 'Till has closed', isClosing, 400);
      // Its own part waits for the delay that the peer asked for.
      const isOver = async (): Promise<boolean> => {
        const { outputs } = await till.call('listfunds', {});
        return (
          (await till.paymentStatus(held.payment_hash)) === 'failed' &&
          outputs.every(({ status }) => status === 'confirmed') &&
          (await till.walletSat()) > had_sat + own_sat - 30_000n
        );
      };
      await mineUntil(world, 'Till has its part and both HTLCs', isOver, 800, 4);
      const { taken_sat, change_sat } = await harvest(world, funding, since_height);
      // After 16 blocks everyone may take the anchors, which the opener paid.
      const anchors_sat = [0n, ANCHOR_SAT, 2n * ANCHOR_SAT];
      assert.ok(anchors_sat.includes(taken_sat - own_sat), `took ${taken_sat} sat, and had ${own_sat}`);
      assert.equal(await till.walletSat(), had_sat + change_sat);
      daemon.thaw();
      // Electrum's server has hung up meanwhile, and Electrum takes its time to call again.
      const height = await world.bitcoind.call<number>('getblockcount');
      await until('the peer, awake again, has all blocks', async () => (await daemon.height()) === height, 3_000);
      world.down.delete(daemon);
      await mineUntil(world, 'the peer has its proof of payment', async () => {
        return (await daemon.paymentStatus(invoice.payment_hash)) === 'complete';
      });
    });

    test('the peer closes alone; Till takes back its HTLC that nobody took', TIMEOUT, async (t) => {
      const scene = await withHtlcs(t, kind, 'Till');
      const { world, daemon, funding, held } = scene;
      await daemon.close(funding, 'alone');
      await world.untilInMempool();
      await world.mine(1);
      await until('Till sees the close', async () => {
        return (await world.till.channel(funding))?.state !== 'CHANNELD_NORMAL';
      });
      await mineUntil(
        world,
        'Till has its HTLC back',
        async () => (await world.till.paymentStatus(held.payment_hash)) === 'failed',
        // The longest that a held invoice asks for is a multiple of a day.
        720,
        8,
      );
      await judge(scene, 'failed');
    });
  });
}
