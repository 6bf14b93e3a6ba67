/**
 * A new Till that has neither a channel nor a coin is paid by one Core Lightning through another that sells it a channel. Its
 * service (LSPS2) opens channels without anchors, which Till refuses; a plugin of the test asks for anchors in its place.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bitcoindMissing } from '../support/bitcoind.ts';
import { coreLightning, createSeller, SELLER_MISSING } from './daemons/core-lightning.ts';
import { until } from './daemons/daemon-process.ts';
import { World } from './daemons/world.ts';
import { openShop } from './lsp-shop.ts';

const skip = bitcoindMissing ?? coreLightning.missing ?? SELLER_MISSING;
const TIMEOUT = { timeout: 240_000 };

describe(`Core Lightning as the provider (${coreLightning.version})`, skip === undefined ? {} : { skip }, () => {
  test(
    'an amount that the payer chooses opens the channel; a fixed one is bought, and cannot be paid',
    TIMEOUT,
    async (t) => {
      const world = await World.open(t);
      const { daemon: provider } = await world.daemon({ ...coreLightning, create: createSeller }, 'provider');
      const { daemon: payer } = await world.daemon(coreLightning, 'payer');
      await world.fillWallets(provider, payer);
      await payer.connect(provider.node_id, provider.port);
      const funding_txid = await payer.open(provider.node_id, provider.port, { amount_sat: 1_000_000n });
      await world.untilInMempool(funding_txid);
      await world.mine(6);
      await until('the payer can use its channel', async () =>
        (await payer.channels()).every(({ is_usable }) => is_usable),
      );
      const shop = await openShop(world.bitcoind, {
        id: provider.node_id,
        address: `127.0.0.1:${provider.port}`,
      });
      t.after(() => shop.stop('remove'));
      const invoice = async (label: string, amount_msat: number | 'any', more = {}) =>
        (await shop.ask('invoice', { amount_msat, label, description: label, ...more })) as {
          bolt11: string;
          opening_fee_msat?: number;
        };

      const open = await invoice('open', 'any', { jit: true });
      assert.equal(await payer.pay(open.bolt11, 60_000_000n), 'complete');
      const { amount_received_msat, opening_fee_msat } = await shop.ask('waitinvoice', { label: 'open' });
      assert.deepEqual([amount_received_msat, opening_fee_msat], [58_000_000, 2_000_000]);

      // Its service takes payments in one part alone, and for it a fixed amount may come in several.
      const fixed = await invoice('fixed', 80_000_000, { jit: true });
      assert.equal(fixed.opening_fee_msat, 2_000_000);
      assert.notEqual(await payer.pay(fixed.bolt11), 'complete');

      await world.mine(6);
      await until('the channel can be used', async () => (await shop.usable()).length === 1);
      const plain = await invoice('plain', 20_000_000);
      assert.equal(await payer.pay(plain.bolt11), 'complete');
      const paid = await shop.ask('waitinvoice', { label: 'plain' });
      assert.deepEqual([paid.amount_received_msat, paid.opening_fee_msat], [20_000_000, undefined]);
    },
  );
});
