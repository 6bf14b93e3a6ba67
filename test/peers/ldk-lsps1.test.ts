/** Till buys channels ahead of a node of LDK (LSPS1): paid from the wallet and over Lightning, and given back. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BitcoindProcess, bitcoindMissing } from '../support/bitcoind.ts';
import { COIN_SCRIPT } from '../support/coins.ts';
import type { Trader } from '../support/market.ts';
import { TIMEOUT } from '../support/time-limit.ts';
import { until } from './daemons/daemon-process.ts';
import { LDK_LSPS1, LdkLsp } from './daemons/ldk-lsp.ts';
import { openShop, Purse } from './lsp-shop.ts';

const skip = bitcoindMissing ?? LDK_LSPS1.missing;
const OPTIONS = { ...TIMEOUT, ...(skip === undefined ? {} : { skip }) };

interface Order {
  readonly order: number;
  readonly status: string;
  readonly fee_msat: number;
  readonly pay_way?: string;
  readonly problem?: string;
  readonly funding_txid?: string;
}

describe(`LDK sells channels ahead (${LDK_LSPS1.version})`, OPTIONS, () => {
  const dir = mkdtempSync(join(tmpdir(), 'till-ldk-lsps1-'));
  let bitcoind: BitcoindProcess;
  let purse: Purse;
  let provider: LdkLsp;
  let shop: Trader;

  before(async () => {
    bitcoind = await BitcoindProcess.start();
    await bitcoind.mine(120, COIN_SCRIPT);
    purse = new Purse(bitcoind);
    provider = await openProvider('sells');
    shop = await openShopWithCoin(provider);
  });
  after(async () => {
    await shop?.stop('remove');
    await provider?.stop();
    await bitcoind?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  async function openProvider(role: 'sells' | 'refuses'): Promise<LdkLsp> {
    const opened = await LdkLsp.start(role, join(dir, role), bitcoind);
    for (let coin = 0; coin < 3; coin++) await purse.giveTo(await opened.ask('address'));
    await bitcoind.mine(6, COIN_SCRIPT);
    await opened.ask('sync');
    await until('the provider has its coins', async () => BigInt(await opened.ask('balance')) > 0n);
    return opened;
  }

  async function openShopWithCoin(from: LdkLsp): Promise<Trader> {
    const opened = await openShop(bitcoind, from);
    await purse.giveTo((await opened.ask('newaddr', { addresstype: 'bech32' })).bech32 as string);
    await bitcoind.mine(1, COIN_SCRIPT);
    await until('the coin is there', async () => {
      const { outputs } = (await opened.ask('listfunds')) as unknown as { outputs: { status: string }[] };
      return outputs.some(({ status }) => status === 'confirmed');
    });
    return opened;
  }

  async function buy(from: Trader, amount_sat: number, payway: 'lightning' | 'onchain'): Promise<Order> {
    // A payment that is made at an old height leaves its payee too few blocks.
    const height = await bitcoind.call<number>('getblockcount');
    await until('the shop has seen all blocks', async () => (await from.ask('getinfo')).blockheight === height);
    return (await from.ask('buychannel', { amount_sat, maxfee: '10000sat', payway })) as unknown as Order;
  }

  /** Mines what is sent until the order stands so: nothing is mined while a payment is on its way. */
  async function untilOrder(of: Trader, number: number, status: string): Promise<Order> {
    let order: Order | undefined;
    await until('something is sent', async () => {
      return status === 'refunded' || (await bitcoind.call<string[]>('getrawmempool')).length > 0;
    });
    await until(`order ${number} is ${status}`, async () => {
      if (status !== 'refunded') await bitcoind.mine(1, COIN_SCRIPT);
      const { orders } = (await of.ask('listchannelorders')) as unknown as { orders: Order[] };
      order = orders.find((each) => each.order === number);
      return order?.status === status;
    });
    return order as Order;
  }

  test('what it sells is read, and what it does not sell is said', async () => {
    const { lsps } = (await shop.ask('listlsps')) as unknown as { lsps: { protocols: number[]; ahead: unknown }[] };
    assert.deepEqual(lsps[0]?.protocols, [1]);
    assert.deepEqual(lsps[0]?.ahead, {
      min_amount_sat: 100_000,
      max_amount_sat: 5_000_000,
      max_months: 12,
      min_confirmations: 0,
    });
    await assert.rejects(shop.ask('buychannel', { amount_sat: 5_000_001 }), /sells no channel above 5,000,000 sat/);
    await assert.rejects(
      shop.ask('buychannel', { amount_sat: 500_000, months: 13 }),
      /keeps a channel for 52560 blocks/,
    );
    const quoted = (await shop.ask('buychannel', { amount_sat: 500_000 })) as unknown as Order;
    assert.deepEqual([quoted.status, quoted.fee_msat], ['quoted', 3_500_000]);
  });

  test('a channel that is paid from the wallet', async () => {
    const { order } = await buy(shop, 500_000, 'onchain');
    const { problem, funding_txid } = await untilOrder(shop, order, 'delivered');
    assert.equal(problem, undefined);
    const bought = (await shop.usable()).find((channel) => channel.funding_txid === funding_txid);
    assert.equal(bought?.total_msat, 500_000_000);
  });

  test('a channel that is paid over Lightning', async () => {
    await shop.ask('fundchannel', { id: provider.id, amount: 300_000, announce: false });
    await until('the channel can be used', async () => {
      await bitcoind.mine(1, COIN_SCRIPT);
      return (await shop.usable()).length === 2;
    });
    const { order } = await buy(shop, 400_000, 'lightning');
    const { problem, pay_way } = await untilOrder(shop, order, 'delivered');
    assert.deepEqual([problem, pay_way], [undefined, 'lightning']);
    const { pays } = (await shop.ask('listpays')) as unknown as { pays: { status: string }[] };
    assert.deepEqual(
      pays.map(({ status }) => status),
      ['complete'],
      'it is paid once',
    );
    assert.equal((await shop.usable()).length, 3);
  });

  test('a payment that it gives back is a refund', async () => {
    const refusing = await openProvider('refuses');
    const other = await openShopWithCoin(refusing);
    try {
      await other.ask('fundchannel', { id: refusing.id, amount: 300_000, announce: false });
      await until('the channel can be used', async () => {
        await bitcoind.mine(1, COIN_SCRIPT);
        return (await other.usable()).length === 1;
      });
      const { order } = await buy(other, 400_000, 'lightning');
      const { problem } = await untilOrder(other, order, 'refunded');
      assert.match(problem ?? '', /gave the payment back/);
    } finally {
      await other.stop('remove');
      await refusing.stop();
    }
  });
});
