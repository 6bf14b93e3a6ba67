/**
 * kill -9 of a shop that buys channels ahead, at any moment from the question for a price until the channel is there. Each
 * order that was begun is paid once and delivered, and no other. It starts a node many times, so it runs only where
 * TILL_CRASH_ROUNDS says how many. Moments are from a seed that is printed and can be given as TILL_SEED.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stall } from '../app/sandbox/stall.ts';
import { Random } from '../sim/random.ts';
import { Trader, until } from '../support/market.ts';
import { TIMEOUT } from '../support/time-limit.ts';

const ROUNDS = Number(process.env.TILL_CRASH_ROUNDS ?? 0);
const OPTIONS = { ...TIMEOUT, skip: ROUNDS === 0 && 'TILL_CRASH_ROUNDS says how often' };
const SEED = Number(process.env.TILL_SEED ?? Date.now() % 1_000_000);
/** From a question for a price to a channel takes about as long. */
const LONGEST_LIFE_MS = 1_500;

interface Order {
  readonly order: number;
  readonly status: string;
  readonly pay_way?: string;
}

test(`each order is paid once, whenever the shop is killed (TILL_SEED=${SEED})`, OPTIONS, async (t) => {
  const random = new Random(SEED);
  const stall = await Stall.open({ shop: [] });
  t.after(() => stall.close());
  await stall.stopShop();
  const { node_id, address } = stall.provider;
  const shop = new Trader('shop', [
    '--network=regtest',
    `--lsp=${node_id}@${address.host}:${address.port}`,
    '--lsp-max-fee=100000sat',
    `--embedded-chain=${stall.chain_socket}`,
  ]);
  await shop.start();
  t.after(() => shop.stop('remove'));
  const { bech32 } = await shop.ask('newaddr', { addresstype: 'bech32' });
  await stall.mineTo(bech32 as string);
  await until(async () => ((await shop.ask('listfunds')).outputs as unknown as unknown[]).length > 0);
  const orders = async (): Promise<readonly Order[]> =>
    (await shop.ask('listchannelorders')).orders as unknown as readonly Order[];

  for (let round = 0; round < ROUNDS; round++) {
    await until(async () => ((await shop.ask('getinfo')).num_peers as number) === 1);
    const size = 200_000 + round * 1_000;
    const asked = shop.ask('buychannel', { amount_sat: size, maxfee: '50000sat' });
    asked.catch(() => {
      // It is killed in the middle of it.
    });
    await new Promise((resolve) => setTimeout(resolve, random.below(LONGEST_LIFE_MS)));
    await shop.kill();
    await shop.start();
    await until(async () => {
      await stall.mine();
      return (await orders()).every(({ status }) => status !== 'paying' && status !== 'paid');
    });
    const begun = (await orders()).filter(({ status }) => status !== 'quoted');
    assert.ok(
      begun.every(({ status }) => status === 'delivered'),
      `round ${round}: ${begun.map(({ status }) => status)}`,
    );
    const paid = stall.provider.records.channel_orders.filter(
      ({ bolt11_state, onchain_state }) => bolt11_state === 'PAID' || onchain_state === 'PAID',
    );
    assert.equal(paid.length, begun.length, `round ${round}: what was begun is paid, and nothing else`);
    const twice = paid.filter(({ bolt11_state, onchain_state }) => bolt11_state === 'PAID' && onchain_state === 'PAID');
    assert.deepEqual(twice, [], `round ${round}: no order is paid twice`);
  }
  const { channels } = await shop.ask('listpeerchannels');
  const begun = (await orders()).filter(({ status }) => status === 'delivered');
  assert.equal((channels as unknown as unknown[]).length, begun.length);
  // On the chain each is one payment to an address of its own.
  const { transactions } = await shop.ask('listtransactions');
  const onchain = begun.filter(({ pay_way }) => pay_way === 'onchain');
  assert.ok((transactions as unknown as unknown[]).length >= onchain.length);
});
