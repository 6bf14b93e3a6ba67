/**
 * kill -9 of either daemon at any moment of a payment. Rounds by TILL_CRASH_ROUNDS, moments from a seed that is printed
 * and can be given as TILL_SEED. Nothing may be lost, nothing stay under way, and no channel be closed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../sim/random.ts';
import { Market, type Trader, until } from '../support/market.ts';

const ROUNDS = Number(process.env.TILL_CRASH_ROUNDS ?? 6);
const SEED = Number(process.env.TILL_SEED ?? Date.now() % 1_000_000);
const AMOUNT_MSAT = 1_000_000;
const IN_FLIGHT = 4;

async function rowsOf(trader: Trader, method: string, member: string) {
  return (await trader.ask(method))[member] as unknown as Record<string, unknown>[];
}

test(`either side may die at any moment of a payment (${ROUNDS} rounds, seed ${SEED})`, async () => {
  const random = new Random(SEED);
  const market = await Market.open();
  try {
    const { shop, customer } = market;
    await market.openChannels(1, 10_000_000);
    const [channel] = await customer.usable();
    const before_msat = BigInt(channel?.to_us_msat as number);
    for (let round = 0; round < ROUNDS; round++) {
      const bolt11s: string[] = [];
      for (let index = 0; index < IN_FLIGHT; index++) {
        const label = `${round}-${index}`;
        bolt11s.push(
          (await shop.ask('invoice', { amount_msat: AMOUNT_MSAT, label, description: label })).bolt11 as string,
        );
      }
      const victim = random.chance(0.5) ? shop : customer;
      // A payment takes some ten milliseconds: most of these moments are in the middle of one.
      const moment_ms = random.below(40);
      const paying = bolt11s.map((bolt11) =>
        customer
          .ask('pay', { bolt11 })
          .then(() => 'paid')
          .catch(() => 'unknown'),
      );
      await new Promise((resolve) => setTimeout(resolve, moment_ms));
      await victim.kill();
      await victim.start();
      await until(async () => (await customer.usable()).length === 1 && (await shop.usable()).length === 1);
      await Promise.all(paying);
      // Whoever asked and heard nothing asks again: it is the same payment.
      for (const bolt11 of bolt11s) await customer.ask('pay', { bolt11 });
    }
    const invoices = await rowsOf(shop, 'listinvoices', 'invoices');
    assert.equal(invoices.length, ROUNDS * IN_FLIGHT);
    for (const { label, status, amount_received_msat } of invoices) {
      assert.deepEqual([label, status, amount_received_msat], [label, 'paid', AMOUNT_MSAT]);
    }
    const paid = (await rowsOf(customer, 'listsendpays', 'payments')).filter(({ status }) => status === 'complete');
    assert.equal(paid.length, invoices.length, 'each invoice was paid once');
    const preimages = new Map(invoices.map((each) => [each.payment_hash, each.payment_preimage]));
    for (const part of paid) assert.equal(part.payment_preimage, preimages.get(part.payment_hash));
    const spent_msat = BigInt(AMOUNT_MSAT * invoices.length);
    await until(async () => BigInt((await customer.usable())[0]?.to_us_msat as number) === before_msat - spent_msat);
    await until(async () => BigInt((await shop.usable())[0]?.to_us_msat as number) === spent_msat);
  } finally {
    await market.close();
  }
});
