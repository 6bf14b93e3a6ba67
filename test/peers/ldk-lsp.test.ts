/** A new Till that has neither a channel nor a coin is paid by an LDK node, through an LDK node that sells it a channel. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BitcoindProcess, bitcoindMissing } from '../support/bitcoind.ts';
import { COIN_SCRIPT } from '../support/coins.ts';
import type { Trader } from '../support/market.ts';
import { TIMEOUT } from '../support/time-limit.ts';
import { coreLightning } from './daemons/core-lightning.ts';
import type { PeerDaemon } from './daemons/daemon.ts';
import { until } from './daemons/daemon-process.ts';
import { LDK_LSP, LdkLsp } from './daemons/ldk-lsp.ts';
import { openShop, Purse } from './lsp-shop.ts';

const skip = bitcoindMissing ?? LDK_LSP.missing;
/** Of the Core Lightning payer. */
const CHANNELS = 6;
const OPTIONS = { ...TIMEOUT, ...(skip === undefined ? {} : { skip }) };

describe(`ldk-node as the provider (${LDK_LSP.version})`, OPTIONS, () => {
  const dir = mkdtempSync(join(tmpdir(), 'till-ldk-lsp-'));
  let bitcoind: BitcoindProcess;
  let provider: LdkLsp;
  let payer: LdkLsp;
  let shop: Trader;
  let purse: Purse;

  before(async () => {
    bitcoind = await BitcoindProcess.start();
    await bitcoind.mine(120, COIN_SCRIPT);
    purse = new Purse(bitcoind);
    provider = await LdkLsp.start('service', join(dir, 'provider'), bitcoind);
    payer = await LdkLsp.start('plain', join(dir, 'payer'), bitcoind);
    for (const node of [provider, payer]) for (let count = 0; count < 3; count++) await give(node);
    await mine(1);
    // None of them carries the largest payment alone.
    for (const [index, amount_sat] of [150_000, 150_000, 150_000].entries()) {
      await payer.open(provider, amount_sat);
      await until('the funding is sent', async () => (await bitcoind.call<string[]>('getrawmempool')).length > 0);
      await mine(6);
      await until('the channel can be used', async () => (await payer.usable()) === index + 1);
    }
    shop = await openShop(bitcoind, provider);
  });
  after(async () => {
    await shop?.stop('remove');
    await payer?.stop();
    await provider?.stop();
    await bitcoind?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  async function give(node: LdkLsp): Promise<void> {
    await purse.giveTo(await node.ask('address'));
  }

  async function mine(count: number): Promise<void> {
    await bitcoind.mine(count, COIN_SCRIPT);
    for (const node of [provider, payer]) await node.ask('sync');
  }

  async function made(label: string, amount_msat: number | 'any') {
    return await shop.ask('invoice', { amount_msat, label, description: label, jit: true });
  }

  async function paid(label: string) {
    return (await shop.ask('waitinvoice', { label })) as { amount_received_msat: number; opening_fee_msat: number };
  }

  test('a fixed amount in one part', async () => {
    const { bolt11, opening_fee_msat } = await made('one', 80_000_000);
    assert.equal(opening_fee_msat, 2_000_000);
    assert.equal(await payer.pay(bolt11 as string), 'Succeeded');
    const { amount_received_msat, opening_fee_msat: taken } = await paid('one');
    assert.deepEqual([amount_received_msat, taken], [78_000_000, 2_000_000]);
    await mine(6);
  });

  test('an amount that the payer chooses', async () => {
    const { bolt11 } = await made('open', 'any');
    assert.equal(await payer.pay(bolt11 as string, 60_000_000), 'Succeeded');
    const { amount_received_msat, opening_fee_msat } = await paid('open');
    assert.deepEqual([amount_received_msat, opening_fee_msat], [58_000_000, 2_000_000]);
    await mine(6);
  });

  test('a fixed amount in several parts', async () => {
    const { bolt11 } = await made('parts', 200_000_000);
    assert.equal(await payer.pay(bolt11 as string), 'Succeeded');
    const { amount_received_msat, opening_fee_msat } = await paid('parts');
    assert.deepEqual([amount_received_msat, opening_fee_msat], [198_000_000, 2_000_000]);
    await mine(6);
  });

  test('a provider that sends the funding when it has been paid', async () => {
    const trusted = await LdkLsp.start('trusted', join(dir, 'trusted'), bitcoind);
    await give(trusted);
    await mine(1);
    await trusted.ask('sync');
    const before_it = await payer.usable();
    await payer.open(trusted, 150_000);
    await until('the funding is sent', async () => (await bitcoind.call<string[]>('getrawmempool')).length > 0);
    await mine(6);
    await until('the channel can be used', async () => (await payer.usable()) === before_it + 1);
    const wary = await openShop(bitcoind, trusted);
    const asked = { amount_msat: 80_000_000, label: 'trust', description: 'x', jit: true };
    await assert.rejects(wary.ask('invoice', asked), /trust/);
    await wary.stop('remove');
    const trusting = await openShop(bitcoind, trusted, '--client-trusts-lsp');
    try {
      const { bolt11 } = await trusting.ask('invoice', asked);
      assert.equal(await payer.pay(bolt11 as string), 'Succeeded');
      const { opening_fee_msat } = await trusting.ask('waitinvoice', { label: 'trust' });
      assert.equal(opening_fee_msat, 2_000_000);
      await until('the funding is sent', async () => (await bitcoind.call<string[]>('getrawmempool')).length > 0);
    } finally {
      await trusting.stop('remove');
      await trusted.stop();
    }
  });

  test('what is more than the operator lends waits for a block with the channel', async () => {
    const careful = await openShop(bitcoind, provider, '--undefended-msat=50000000');
    try {
      const before_it = await payer.usable();
      await payer.open(provider, 300_000);
      await until('the funding is sent', async () => (await bitcoind.call<string[]>('getrawmempool')).length > 0);
      await mine(6);
      await until('the channel can be used', async () => (await payer.usable()) === before_it + 1);
      // Without a coin it could not be defended in a block either.
      await purse.giveTo((await careful.ask('newaddr', { addresstype: 'bech32' })).bech32 as string);
      await mine(1);
      await until('the coin is there', async () => {
        const { outputs } = (await careful.ask('listfunds')) as unknown as { outputs: { status: string }[] };
        return outputs.some(({ status }) => status === 'confirmed');
      });
      const asked = { amount_msat: 120_000_000, label: 'careful', description: 'x', jit: true };
      const { bolt11 } = await careful.ask('invoice', asked);
      const paying = payer.pay(bolt11 as string);
      await until('the funding is sent', async () => (await bitcoind.call<string[]>('getrawmempool')).length > 0);
      await until('the payment is there', async () => {
        const { channels } = (await careful.ask('listpeerchannels')) as unknown as { channels: { htlcs: unknown[] }[] };
        return channels.some(({ htlcs }) => htlcs.length > 0);
      });
      const { invoices } = (await careful.ask('listinvoices', { label: 'careful' })) as unknown as {
        invoices: { status: string }[];
      };
      assert.equal(invoices[0]?.status, 'unpaid', 'it waits');
      await mine(1);
      assert.equal(await paying, 'Succeeded');
      const { opening_fee_msat } = await careful.ask('waitinvoice', { label: 'careful' });
      assert.equal(opening_fee_msat, 2_000_000);
    } finally {
      await careful.stop('remove');
    }
  });

  test('and the next payment costs nothing', async () => {
    await until('the channels can be used', async () => (await shop.usable()).length === 3);
    const plain = await shop.ask('invoice', { amount_msat: 20_000_000, label: 'plain', description: 'x' });
    assert.equal(await payer.pay(plain.bolt11 as string), 'Succeeded');
    const { amount_received_msat, opening_fee_msat } = await paid('plain');
    assert.deepEqual([amount_received_msat, opening_fee_msat], [20_000_000, undefined]);
  });

  describe(`Core Lightning pays (${coreLightning.version})`, {
    ...TIMEOUT,
    ...(coreLightning.missing === undefined ? {} : { skip: coreLightning.missing }),
  }, () => {
    let cln: PeerDaemon;
    let customers_shop: Trader;

    before(async () => {
      const { rpcport: port, user, password } = bitcoind;
      cln = await coreLightning.create({ dir: join(dir, 'cln'), name: 'cln', bitcoind: { port, user, password } });
      for (let coin = 0; coin <= CHANNELS; coin++) await purse.giveTo(await cln.newAddress());
      await mine(1);
      await until('it has its coins', async () => (await cln.walletSat()) >= 90_000_000n * BigInt(CHANNELS + 1));
      await cln.connect(provider.id, Number(provider.address.split(':')[1]));
      // Five of them do not carry the largest payment.
      for (let count = 1; count <= CHANNELS; count++) await openOne(42_000n, count);
      customers_shop = await openShop(bitcoind, provider);
    });
    after(async () => {
      await customers_shop?.stop('remove');
      await cln?.stop();
    });

    /** One more channel to the provider: then there are so many. */
    async function openOne(amount_sat: bigint, count: number): Promise<void> {
      await cln.open(provider.id, Number(provider.address.split(':')[1]), { amount_sat, is_public: false });
      await mine(6);
      await until('the channel can be used', async () => {
        return (await cln.channels()).filter(({ is_usable }) => is_usable).length === count;
      });
    }

    async function received(label: string): Promise<readonly unknown[]> {
      const { amount_received_msat, opening_fee_msat } = await customers_shop.ask('waitinvoice', { label });
      return [amount_received_msat, opening_fee_msat];
    }

    test('a fixed amount in six parts, one over each channel', async () => {
      const asked = { amount_msat: 200_000_000, label: 'parts', description: 'x', jit: true };
      const { bolt11 } = await customers_shop.ask('invoice', asked);
      assert.equal(await cln.pay(bolt11 as string), 'complete');
      assert.deepEqual(await received('parts'), [198_000_000, 2_000_000]);
      await until('each channel has carried a part', async () => {
        return (await cln.channels()).filter(({ remote_sat }) => (remote_sat ?? 0n) > 0n).length === CHANNELS;
      });
    });

    test('a fixed amount in one part', async () => {
      await openOne(200_000n, CHANNELS + 1);
      const asked = { amount_msat: 80_000_000, label: 'one', description: 'x', jit: true };
      const { bolt11 } = await customers_shop.ask('invoice', asked);
      assert.equal(await cln.pay(bolt11 as string), 'complete');
      assert.deepEqual(await received('one'), [78_000_000, 2_000_000]);
      await mine(6);
    });

    test('an amount that the payer chooses', async () => {
      const asked = { amount_msat: 'any', label: 'open', description: 'x', jit: true };
      const { bolt11 } = await customers_shop.ask('invoice', asked);
      assert.equal(await cln.pay(bolt11 as string, 31_000_000n), 'complete');
      assert.deepEqual(await received('open'), [29_000_000, 2_000_000]);
      await mine(6);
    });
  });
});
