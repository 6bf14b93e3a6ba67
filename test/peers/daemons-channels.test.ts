/** Channels with real daemons: opened, used and closed in agreement, from both sides. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeInvoice } from '../../src/codec/bolt11/native.ts';
import { until } from './daemons/daemon-process.ts';
import { KINDS } from './daemons/kinds.ts';
import { World } from './daemons/world.ts';

const TIMEOUT = { timeout: 240_000 };

for (const { kind, skip } of KINDS) {
  describe(`${kind.name} ${kind.version}`, { skip }, () => {
    test('each opens a channel to the other, public and private; payments go both ways', TIMEOUT, async (t) => {
      const world = await World.open(t);
      const { daemon } = await world.daemon(kind, 'peer');
      await world.fillWallets(daemon);
      await world.connect(daemon);
      const theirs = await world.openFrom(daemon, { amount_sat: 1_000_000n, push_msat: 200_000_000n });
      const ours = await world.openTo(daemon, { amount_sat: 800_000n, push_msat: 150_000_000n, is_public: false });

      const paidByThem = async (amount_msat: bigint | 'any', gives_msat?: bigint): Promise<void> => {
        const { bolt11, payment_hash } = await world.till.invoice(amount_msat);
        assert.equal(await daemon.pay(bolt11, gives_msat), 'complete');
        assert.equal(await world.till.isPaid(payment_hash), true);
      };
      const paidByUs = async (amount_msat: bigint | 'any', gives_msat?: bigint): Promise<void> => {
        const bolt11 = await daemon.invoice(amount_msat);
        assert.equal(await world.till.pay(bolt11, gives_msat), 'complete');
        await until('the peer sees it', () => daemon.isPaid(decodeInvoice(bolt11).payment_hash));
      };
      await paidByThem(123_456_789n);
      await paidByUs(100_000_000n);
      if (!kind.lacks.includes('open amounts')) {
        await paidByThem('any', 7_000_001n);
        await paidByUs('any', 3_000_000n);
      }
      // One by one around the dust limits: 330, 354 and 546 sat, and far below.
      for (const sat of [1n, 329n, 330n, 331n, 353n, 354n, 355n, 545n, 546n, 547n]) {
        await paidByThem(sat * 1000n);
        await paidByUs(sat * 1000n);
      }
      // More than either channel carries: in parts. Of a public channel ldk-node takes a tenth at a time.
      await paidByThem(kind.lacks.includes('parts over two channels') ? 600_000_000n : 800_000_000n);
      await paidByUs(kind.lacks.includes('parts over two channels') ? 800_000_000n : 850_000_000n);
      await world.quiet(daemon);
      assert.deepEqual(await world.disagreements(daemon), []);

      // A public channel is known in both directions when it is six blocks deep.
      const scid = (await world.till.channel(theirs))?.short_channel_id as string;
      await until('the peer knows the channel', async () => (await daemon.knowsChannel(scid)) !== false);

      const before = await Promise.all([world.till.walletSat(), daemon.walletSat()]);
      const had_msat = BigInt((await world.till.channel(ours))?.to_us_msat as bigint);
      const closed = await world.till.call('close', { id: (await world.till.channel(ours))?.channel_id as string });
      assert.equal(closed.type, 'mutual');
      await daemon.close(theirs, 'in agreement');
      await until('both channels are closed', async () => {
        return (await world.till.channels(daemon.node_id)).every(({ state }) => state !== 'CHANNELD_NORMAL');
      });
      await until('both closes are in the mempool', async () => {
        return (await world.bitcoind.call<string[]>('getrawmempool')).length >= 2;
      });
      await world.mine(1);
      await until('Till has its part of both channels', async () => {
        return (await world.till.walletSat()) - before[0] > had_msat / 1000n - 2_000n;
      });
      await until('the peer has its part', async () => (await daemon.walletSat()) > before[1]);
    });
  });
}
