/** A third node pays Till behind a real daemon: over a private channel, which only the invoice names, and over a public one. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeInvoice } from '../../src/codec/bolt11/native.ts';
import { until } from './daemons/daemon-process.ts';
import { KINDS } from './daemons/kinds.ts';
import { World } from './daemons/world.ts';

const TIMEOUT = { timeout: 240_000 };

for (const { kind, skip } of KINDS.filter(({ kind }) => !kind.lacks.includes('forwarding'))) {
  describe(`${kind.name} ${kind.version}`, { skip }, () => {
    for (const is_public of [false, true]) {
      test(
        `a third node pays Till through the peer, over a ${is_public ? 'public' : 'private'} channel`,
        TIMEOUT,
        async (t) => {
          const world = await World.open(t);
          const { daemon: middle } = await world.daemon(kind, 'middle');
          const { daemon: payer } = await world.daemon(kind, 'payer');
          await world.fillWallets(middle, payer);
          await world.connect(middle);
          await world.openFrom(middle, { amount_sat: 1_000_000n, is_public });
          await payer.connect(middle.node_id, middle.port);
          const first = await payer.open(middle.node_id, middle.port, { amount_sat: 1_000_000n });
          await world.untilInMempool(first);
          await world.mine(6);
          await until('payer and middle can use their channel', async () => {
            const channels = [...(await payer.channels()), ...(await middle.channels())];
            return channels.filter(({ funding_txid, is_usable }) => funding_txid === first && is_usable).length === 2;
          });
          const [channel] = await world.till.channels(middle.node_id);
          await until('Till has the update of the peer', async () => {
            return (await world.till.channels(middle.node_id))[0]?.updates?.remote !== undefined;
          });
          if (is_public) {
            const scid = channel?.short_channel_id as string;
            await until('the payer knows the way', async () => (await payer.knowsChannel(scid)) !== false);
          }
          for (const amount_msat of [1_000n, 12_345_678n, 400_000_000n]) {
            const { bolt11, payment_hash } = await world.till.invoice(amount_msat);
            if (!is_public) assert.equal(decodeInvoice(bolt11).routes.length, 1);
            assert.equal(await payer.pay(bolt11), 'complete');
            assert.equal(await world.till.isPaid(payment_hash), true);
          }
          await world.quiet(middle);
          assert.deepEqual(await world.disagreements(middle), []);
        },
      );
    }
  });
}
