/**
 * kill -9 of a shop that gives money back, at any moment of a refund, over Lightning and on the chain. Each customer gets
 * their money once, and the shop's list says so. It starts a node in each round, so it runs only where TILL_CRASH_ROUNDS
 * says how many. Moments are from a seed that is printed and can be given as TILL_SEED.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlainJsonObject } from '../../src/api/rpc/json.ts';
import { Random } from '../sim/random.ts';
import { Market, until } from '../support/market.ts';
import { TIMEOUT } from '../support/time-limit.ts';

/** A round waits for the peers to find each other again: a few are enough. */
const ROUNDS = Math.min(Number(process.env.TILL_CRASH_ROUNDS ?? 0), 8);
const OPTIONS = { ...TIMEOUT, skip: ROUNDS === 0 && 'TILL_CRASH_ROUNDS says how often' };
const SEED = Number(process.env.TILL_SEED ?? Date.now() % 1_000_000);
const AMOUNT_MSAT = 1_000_000;

test(`a shop may die at any moment of a refund (${ROUNDS} rounds, seed ${SEED})`, OPTIONS, async (t) => {
  const random = new Random(SEED);
  const market = await Market.open('--undefended-msat=1000000000000');
  t.after(() => market.close());
  const { shop, customer } = market;
  await market.openChannels(1, 10_000_000);
  // What a side must keep in its channel is not enough to give anything back.
  const first = await shop.ask('invoice', { amount_msat: 500_000_000, label: 'first', description: 'first' });
  await customer.ask('pay', { bolt11: first.bolt11 as string });
  const { bech32 } = await shop.ask('newaddr', { addresstype: 'bech32' });
  await customer.ask('withdraw', { destination: bech32 as string, satoshi: 1_000_000 });
  market.mine(1);
  const spendable = async (): Promise<boolean> =>
    ((await shop.ask('listfunds')).outputs as unknown as PlainJsonObject[]).some(
      ({ status }) => status === 'confirmed',
    );
  await until(spendable);
  const destinations: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const label = `sale ${round}`;
    const sold = await shop.ask('invoice', { amount_msat: AMOUNT_MSAT, label, description: label });
    await customer.ask('pay', { bolt11: sold.bolt11 as string });
    const isOnchain = random.chance(0.5);
    const destination = isOnchain
      ? (await customer.ask('newaddr', { addresstype: 'bech32' })).bech32
      : (await customer.ask('invoice', { amount_msat: 'any', label: `back ${round}`, description: label })).bolt11;
    destinations.push(destination as string);
    const refund = (key: string): Promise<PlainJsonObject> =>
      shop.ask('refund', { label, destination: destination as string, idempotency_key: key });
    const asked = refund(label).catch(() => undefined);
    // A refund takes some ten milliseconds: most of these moments are in the middle of one.
    await new Promise((resolve) => setTimeout(resolve, random.below(60)));
    await shop.kill();
    await shop.start();
    await asked;
    await until(async () => (await shop.usable()).length === 1 && (await customer.usable()).length === 1);
    await until(async () => ((await shop.ask('listrefunds', { status: 'pending' })).refunds as unknown[]).length === 0);
    // Who asked and heard nothing asks again; a refund that failed needs another key.
    await refund(label).catch(() => refund(`${label} again`));
    market.mine(1);
    await until(spendable);
  }
  const refunds = (await shop.ask('listrefunds')).refunds as unknown as PlainJsonObject[];
  const sent = refunds.filter(({ status }) => status === 'sent');
  assert.deepEqual(
    sent.map(({ label, amount_msat }) => [label, amount_msat]),
    destinations.map((_, round) => [`sale ${round}`, AMOUNT_MSAT]),
  );
  assert.deepEqual(refunds.length - sent.length, refunds.filter(({ status }) => status === 'failed').length);
  market.mine(1);
  for (const [round, destination] of destinations.entries()) {
    if (destination.startsWith('lnbcrt')) {
      const { invoices } = await customer.ask('listinvoices', { label: `back ${round}` });
      const [back] = invoices as unknown as PlainJsonObject[];
      assert.deepEqual([back?.status, back?.amount_received_msat], ['paid', AMOUNT_MSAT]);
      continue;
    }
    const coins = async (): Promise<PlainJsonObject[]> =>
      ((await customer.ask('listfunds')).outputs as unknown as PlainJsonObject[]).filter(
        ({ address, status }) => address === destination && status === 'confirmed',
      );
    await until(async () => (await coins()).length > 0);
    assert.deepEqual(
      (await coins()).map(({ amount_msat }) => amount_msat),
      [AMOUNT_MSAT],
    );
  }
});
