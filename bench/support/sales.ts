/** Sales of a shop to a customer, two real daemons: invoices, and payments of them one by one or many in flight. */
import type { Trader } from '../../test/support/market.ts';

const AMOUNT_MSAT = 50_000;

/** Invoices of the shop; resolves with their BOLT 11 strings when all are there. */
export async function invoices(
  shop: Trader,
  label: string,
  count: number,
  amount_msat = AMOUNT_MSAT,
): Promise<readonly string[]> {
  const made = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      shop.ask('invoice', { amount_msat, label: `${label}-${index}`, description: 'a cup of coffee' }),
    ),
  );
  return made.map(({ bolt11 }) => bolt11 as string);
}

/** Pays them all, so many in flight. */
export async function payAll(customer: Trader, bolt11s: readonly string[], in_flight: number): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let bolt11 = bolt11s[next++]; bolt11 !== undefined; bolt11 = bolt11s[next++]) {
      await customer.ask('pay', { bolt11 });
    }
  };
  await Promise.all(Array.from({ length: in_flight }, lane));
}

/** Pays one after the other. Resolves with how long each took, in milliseconds. */
export async function payOneByOne(customer: Trader, bolt11s: readonly string[]): Promise<readonly number[]> {
  const times: number[] = [];
  for (const bolt11 of bolt11s) {
    const begin = performance.now();
    await customer.ask('pay', { bolt11 });
    times.push(performance.now() - begin);
  }
  return times;
}
