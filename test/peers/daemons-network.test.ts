/**
 * Till pays through other nodes, by the map of the network: over two and three hops of real daemons, some of which lack the
 * money, ask for more than they did a moment ago, or hang.
 */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { CallError, type Commands } from '../../src/api/client/index.ts';
import { decodeInvoice } from '../../src/codec/bolt11/native.ts';
import type { DaemonKind, PeerDaemon } from './daemons/daemon.ts';
import { KINDS } from './daemons/kinds.ts';
import { World } from './daemons/world.ts';

/** Five nodes, one after the other on one machine. */
const TIMEOUT = { timeout: 1_500_000 };
const BLOCKS_AHEAD = 5;
/** What `pay` gives the payee on top of what its invoice asks for. */
const PADDING_BLOCKS = 3;

/** Looks for minutes: gossip is told once a minute where nobody hurries. */
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let look = 0; look < 6_000; look++) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited in vain until ${what}`);
}

/** Till - anna - carl - dora and Till - bert - carl - dora: all channels public. */
class Roads {
  readonly world: World;
  readonly anna: PeerDaemon;
  readonly bert: PeerDaemon;
  readonly carl: PeerDaemon;
  readonly dora: PeerDaemon;

  private constructor(world: World, daemons: readonly PeerDaemon[]) {
    this.world = world;
    [this.anna, this.bert, this.carl, this.dora] = daemons as [PeerDaemon, PeerDaemon, PeerDaemon, PeerDaemon];
  }

  static async build(t: TestContext, kind: DaemonKind): Promise<Roads> {
    const world = await World.open(t);
    const daemons: PeerDaemon[] = [];
    for (const name of ['anna', 'bert', 'carl', 'dora']) daemons.push((await world.daemon(kind, name)).daemon);
    const roads = new Roads(world, daemons);
    const { anna, bert, carl, dora } = roads;
    await world.fillWallets(...daemons);
    for (const daemon of [anna, bert]) await world.connect(daemon);
    for (const daemon of [anna, bert]) {
      const opening = { id: daemon.node_id, amount: 2_000_000n, feerate: '1000perkw' };
      await world.untilInMempool((await world.till.call('fundchannel', opening)).txid);
    }
    const txids: string[] = [];
    for (const [from, to] of [
      [anna, carl],
      [bert, carl],
      [carl, dora],
    ] as const) {
      await from.connect(to.node_id, to.port);
      txids.push(await from.open(to.node_id, to.port, { amount_sat: 3_000_000n }));
    }
    await world.untilInMempool(...txids);
    await world.mine(6);
    for (const daemon of [anna, bert]) await world.usable(daemon);
    await until('Till has the map, and each output of it was looked at', async () => {
      const { channels } = await world.till.call('listchannels', {});
      return channels.length === 10 && channels.every(({ amount_msat }) => Number(amount_msat) >= 2_000_000_000);
    });
    return roads;
  }

  /** Pays the daemon's invoice, and looks that the daemon has the money. */
  async pay(payee: PeerDaemon, amount_sat: number, limits: Partial<Limits> = {}): Promise<Paid> {
    const bolt11 = await payee.invoice(BigInt(amount_sat) * 1_000n);
    const paid = await this.world.till.call('pay', { bolt11, maxfee: 200_000, ...limits });
    assert.equal(await payee.isPaid(paid.payment_hash), true);
    return paid;
  }

  /** How many parts of a payment came back. */
  async failedParts(payment_hash: string): Promise<number> {
    const { payments } = await this.world.till.call('listsendpays', { payment_hash });
    return payments.filter(({ status }) => status === 'failed').length;
  }
}

type Limits = Pick<Commands['pay']['params'], 'exclude' | 'maxdelay'>;
type Paid = Commands['pay']['result'];

function feeOf({ amount_msat, amount_sent_msat }: Paid): bigint {
  return BigInt(amount_sent_msat) - BigInt(amount_msat);
}

for (const { kind, skip } of KINDS.filter(({ kind }) => !kind.lacks.includes('forwarding'))) {
  describe(`${kind.name} ${kind.version}`, { skip }, () => {
    test('Till pays over two and three hops, around what is in the way', TIMEOUT, async (t) => {
      const roads = await Roads.build(t, kind);
      const { world, anna, bert, carl, dora } = roads;

      await t.test('over two hops and over three, by the map alone', async () => {
        const [two, three] = [await roads.pay(carl, 50_000), await roads.pay(dora, 50_000)];
        assert(feeOf(two) > 0n && feeOf(three) > feeOf(two), `${feeOf(two)} and ${feeOf(three)} msat`);
        assert.deepEqual([two.parts, three.parts], [1, 1]);
      });

      await t.test('a channel that was drained is gone around', async () => {
        // The way over anna is the cheaper one.
        await bert.askFee?.(5_000);
        assert.equal(await anna.pay(await carl.invoice(2_450_000_000n)), 'complete');
        const { payment_hash } = await roads.pay(carl, 1_200_000);
        t.diagnostic(`drained: ${await roads.failedParts(payment_hash)} parts came back`);
      });

      await t.test('a fee that was raised a moment ago is paid', { skip: bert.askFee === undefined }, async () => {
        await bert.askFee?.(20_000);
        const paid = await roads.pay(carl, 50_000, { exclude: [anna.node_id] });
        assert(feeOf(paid) >= 20_000n, `${feeOf(paid)} msat`);
        t.diagnostic(`a fee raised: ${await roads.failedParts(paid.payment_hash)} parts had too little first`);
      });

      await t.test('a payee that is blocks ahead is paid once Till has those blocks', async () => {
        // As few blocks as there may be: with the usual ones on top for privacy the payee has enough.
        const { min_final_cltv_expiry_delta: asked } = decodeInvoice(await carl.invoice(50_000_000n));
        const route = { id: carl.node_id, amount_msat: 50_000_000, riskfactor: 1, cltv: asked + PADDING_BLOCKS };
        const maxdelay = (await world.till.call('getroute', route)).route[0]?.delay as number;
        await world.till_view.holdTip();
        world.down.add(world.till);
        await world.mine(BLOCKS_AHEAD);
        const paying = roads.pay(carl, 40_000, { maxdelay });
        await until('a part has come back, or was taken', async () => {
          const { payments } = await world.till.call('listsendpays', {});
          return payments.some(({ amount_msat, status }) => Number(amount_msat) === 40_000_000 && status !== 'pending');
        });
        world.till_view.showTip();
        world.down.delete(world.till);
        await world.settle();
        const { payment_hash } = await paying;
        assert((await roads.failedParts(payment_hash)) > 0);
      });

      await t.test('a hop that hangs holds the payment, which ends when it goes on, and is made once', async () => {
        const bolt11 = await dora.invoice(50_000_000n);
        carl.freeze();
        let has_ended = false;
        const paying = world.till.call('pay', { bolt11, maxfee: 200_000, retry_for: 5 }).finally(() => {
          has_ended = true;
        });
        paying.catch(() => {});
        await until('a part is on its way', async () => {
          const { payments } = await world.till.call('listsendpays', { bolt11 });
          return payments.some(({ status }) => status === 'pending');
        });
        await new Promise((resolve) => setTimeout(resolve, 8_000));
        assert.equal(has_ended, false, 'no call ends while its money is under way');
        carl.thaw();
        const paid = await paying.catch((error: unknown) => {
          if (error instanceof CallError) return error.message;
          throw error;
        });
        assert(typeof paid !== 'string', String(paid));
        const { payments } = await world.till.call('listsendpays', { payment_hash: paid.payment_hash });
        assert.equal(payments.filter(({ status }) => status === 'complete').length, 1);
        assert.equal(await dora.isPaid(paid.payment_hash), true);
      });

      await t.test('a spontaneous payment arrives, or the error says what the payee answered', async () => {
        const paying = world.till.call('keysend', {
          destination: dora.node_id,
          amount_msat: 10_000_000,
          maxfee: 200_000,
        });
        const [outcome] = await Promise.allSettled([paying]);
        const words = outcome.status === 'fulfilled' ? outcome.value.status : String((outcome.reason as Error).message);
        t.diagnostic(`keysend: ${words}`);
        assert.match(words, /^complete$|^Destination reported .* \(likely doesn't support keysend\)$/);
      });

      await t.test('more than one way carries goes in parts over both', async () => {
        const [channel] = await world.till.channels(bert.node_id);
        const paid = await roads.pay(carl, Number(BigInt(channel?.spendable_msat ?? 0) / 1_000n) + 100_000);
        assert(paid.parts >= 2, `${paid.parts} parts`);
      });

      for (const daemon of [anna, bert]) {
        await world.quiet(daemon);
        assert.deepEqual(await world.disagreements(daemon), []);
      }
    });
  });
}
