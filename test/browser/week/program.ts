/** What is sold on each day of the week and how it is paid, and what the people of the shop do when it has closed. */
import assert from 'node:assert/strict';
import * as scenes from './scenes.ts';
import type { Answer, Week } from './week.ts';

/** The week. */
export const DAYS = 7;
/** Sales in it. */
export const SALES = 300;
/** All days are alike, but for the last. */
export const SALES_A_DAY = Math.ceil(SALES / DAYS);
const COUNTERS = ['bar', 'terrace'] as const;
/** Seven minutes after eight, then one every quarter of an hour: never when rates change. */
const OPENS_AT = 8 * 60 + 7;
const SALE_MINUTES = 15;
const CLOSES_AT = 21 * 60;

/** A sale that needs no page: another node pays it, or nobody does. */
async function usualSale(week: Week, number: number): Promise<void> {
  const place = number % 3;
  const cents = BigInt(120 + ((number * 7919) % 2600));
  if (place === 0) {
    const order = await week.order(number % 5 === 0 ? { sat: 2_000n + cents } : { cents });
    if (number % 24 === 3) {
      // Nobody pays: an hour later it has expired.
      week.account.expired.add(order.label);
      return;
    }
    await week.pay(order);
    return;
  }
  const counter = COUNTERS[place - 1] as string;
  const tip = number % 4 === 1 ? Number(cents / 10n) : 0;
  const note = number % 7 === 0 ? `note ${number}` : undefined;
  const order = await week.sale(counter, {
    ...(number % 11 === 0 ? { amount: Number(cents) * 1000 } : { currency: 'EUR', amount: Number(cents), tip }),
    ...(note === undefined ? {} : { note }),
  });
  if (number % 37 === 5) week.account.expired.add(order.label);
  else await week.pay(order);
}

/** What happens instead of a usual sale, by the day and the place in it. Each is one sale, or more in one. */
const SPECIAL: Readonly<Record<string, (week: Week) => Promise<void>>> = {
  async '0/4'(week) {
    // An order on the web, paid while its page is open.
    const order = await week.order({ cents: 1990n });
    week.keep('paid on its page', order);
    await scenes.onCheckout(week, order, async (seen) => {
      await seen.reads('Waiting for your payment');
      await week.pay(order);
      await seen.reads('Thank you!');
    });
  },
  async '0/10'(week) {
    // On the chain; the block that holds it is replaced by one that does not, and the customer's node sends it again.
    const order = await week.order({ sat: 60_000n });
    week.keep('survived a reorg', order);
    await scenes.onCheckout(week, order, async (seen) => {
      const place = await week.deposit(order, 60_000n);
      await week.mine(1);
      await seen.reads('1 of 2 confirmations');
      await week.reorganise();
      await seen.reads('60,000 sat is on its way');
      await week.mine(2);
      await seen.reads('Thank you!');
      week.deposited(order, 60_000n, place);
    });
  },
  async '1/6'(week) {
    // In two parts, before the eyes of the customer.
    const order = await week.order({ cents: 4500n });
    week.keep('paid in two deposits', order);
    const all_sat = (order.asked_msat as bigint) / 1000n;
    await scenes.onCheckout(week, order, async (seen) => {
      await week.deposit(order, 10_000n);
      await week.mine(1);
      await seen.reads(/sat is missing/);
      const place = await week.deposit(order, all_sat - 10_000n);
      await week.mine(2);
      await seen.reads('Thank you!');
      week.deposited(order, all_sat, place);
    });
  },
  async '1/12'(week) {
    // More than was asked for, on the chain.
    const order = await week.order({ cents: 3000n });
    week.keep('overpaid on the chain', order);
    const amount_sat = (order.asked_msat as bigint) / 1000n + 12_345n;
    await scenes.onCheckout(week, order, async (seen) => {
      const place = await week.deposit(order, amount_sat);
      await week.mine(2);
      await seen.reads('12,345 sat more than asked');
      week.deposited(order, amount_sat, place);
    });
  },
  async '2/5'(week) {
    // Too little, and no more comes: the money is the shop's to decide about.
    const order = await week.order({ sat: 50_000n, more: { expiry: 600 } });
    await scenes.onCheckout(week, order, async (seen) => {
      const place = await week.deposit(order, 20_000n);
      await week.mine(2);
      await seen.reads('30,000 sat is missing');
      await week.pass(601);
      await seen.reads('20,000 sat arrived too late or was too little');
      week.account.adds({ type: 'deposit', amount_msat: 20_000_000n, label: order.label, reference: place });
    });
    week.account.expired.add(order.label);
    await scenes.decide(week, 'kept', 0);
  },
  async '2/20'(week) {
    // Too late.
    const order = await week.order({ sat: 40_000n, more: { expiry: 300 } });
    await week.pass(301);
    await scenes.onCheckout(week, order, async (seen) => {
      await seen.reads('This invoice has expired');
      const place = await week.deposit(order, 40_000n);
      await week.mine(2);
      await seen.reads('arrived too late');
      week.account.adds({ type: 'deposit', amount_msat: 40_000_000n, label: order.label, reference: place });
    });
    week.account.expired.add(order.label);
  },
  async '3/3'(week) {
    // It expires, and the customer makes another.
    const order = await week.order({ cents: 2750n, more: { expiry: 300, checkout_renewal: true } });
    await week.pass(301);
    week.account.expired.add(order.label);
    await scenes.renew(week, order);
  },
  async '3/15'(week) {
    // Paid over Lightning, and then on the chain again.
    const order = await week.order({ cents: 1200n });
    await week.pay(order);
    const place = await week.deposit(order, 25_000n);
    await week.mine(2);
    week.account.adds({ type: 'deposit', amount_msat: 25_000_000n, label: order.label, reference: place });
  },
  async '4/8'(week) {
    // More than one channel holds: in parts over both.
    const order = await week.order({ sat: 11_000_000n });
    assert.equal(await week.pay(order), 2);
  },
  async '4/9'(week) {
    const order = await week.order({ cents: 800n });
    week.keep('overpaid over Lightning', order);
    await week.overpay(order, 1_234_567n);
  },
  async '4/10'(week) {
    // What the customer likes, to the millisatoshi.
    await week.pay(await week.order({}), 21_000_001n);
  },
  async '5/7'(week) {
    // Covered before it expires, deep enough after.
    const order = await week.order({ cents: 5000n, more: { expiry: 600 } });
    const amount_sat = (order.asked_msat as bigint) / 1000n;
    const place = await week.deposit(order, amount_sat);
    await week.mine(1);
    await week.pass(700);
    await week.mine(1);
    week.deposited(order, amount_sat, place);
  },
};

/** Sales that are clicked at the counters, one of each a day. */
const CLICKED = { 17: 'bar', 26: 'terrace' } as const;
/** A day on which no source answers at noon, and another on which one is mad. */
const NO_RATES = { day: 4, from: 16, until: 20 } as const;

function hasNoRate(day: number, slot: number): boolean {
  return day === NO_RATES.day && slot >= NO_RATES.from && slot < NO_RATES.until;
}

/** The sale of a place in a day; `number` counts through the week. */
export async function sell(
  week: Week,
  { day, slot, number }: { day: number; slot: number; number: number },
): Promise<void> {
  // Before the clock goes on: the shop asks for rates at once when those that it has are old.
  week.rates.down = hasNoRate(day, slot) ? ['one', 'three', 'two'] : day === 3 && slot > 20 ? ['two'] : [];
  week.rates.mad = day === 5 ? 'three' : undefined;
  await week.until(day, OPENS_AT + slot * SALE_MINUTES);
  const counter = CLICKED[slot as keyof typeof CLICKED];
  const isWithoutRate = hasNoRate(day, slot);
  const special = SPECIAL[`${day}/${slot}`];
  if (special !== undefined) await special(week);
  else if (isWithoutRate && counter !== undefined) await scenes.sellWithoutRate(week, counter);
  else if (isWithoutRate) {
    const refused = week.order({ cents: 500n });
    await assert.rejects(refused, /No rate for EUR/);
    await week.pay(await week.order({ sat: 9_000n }));
  } else if (counter !== undefined) await scenes.sellItems(week, counter);
  else await usualSale(week, number);
}

/** What the owner and the cashiers do when the shop has closed. */
const EVENINGS: readonly ((week: Week) => Promise<void>)[] = [
  async (week) => {
    // All of it, over Lightning; and the cashier of the bar gives a part back.
    const order = week.kept('paid on its page');
    const { bolt11, payment_hash } = await scenes.customersInvoice(week, 'all back');
    const { amount_msat } = await week.ask('refund', { label: order.label, destination: bolt11 });
    assert.equal(BigInt(amount_msat as number), order.asked_msat);
    week.account.returns(order.label, BigInt(amount_msat as number), String(payment_hash));
    await partAtCounter(week, 'bar', '2.50');
  },
  async (week) => {
    // All of it, to an address, on the dashboard.
    const order = week.kept('survived a reorg');
    const { p2tr } = await week.pays('newaddr');
    const { txid } = await scenes.giveBack(week, order, String(p2tr));
    week.account.returns(order.label, 60_000_000n, String(txid));
    await week.mine(1);
    await feePaid(week, 'refund_fee', String(txid), order.label);
  },
  async (week) => {
    // A part, by LNURL, on the dashboard.
    const { lightningaddresses } = await week.pays('listlightningaddresses');
    const [{ lnurl } = {}] = lightningaddresses as readonly Answer[];
    const order = week.kept('overpaid on the chain');
    const { payment_hash } = await scenes.giveBack(week, order, String(lnurl), '12345');
    week.account.returns(order.label, 12_345_000n, String(payment_hash));
  },
  async (week) => {
    // The rest follows a part, and both are what was paid.
    await partAtCounter(week, 'terrace', '3.33');
    await partAtCounter(week, 'terrace', '');
    await scenes.decide(week, 'kept', 1);
  },
  async (week) => {
    // What was too much goes back, to the millisatoshi; a repeat sends nothing, and more than is left is refused.
    const { label } = week.kept('overpaid over Lightning');
    const { bolt11, payment_hash } = await scenes.customersInvoice(week, 'what was too much');
    const asked = { label, destination: bolt11, amount_msat: 1_234_567, idempotency_key: 'too much' };
    for (let times = 0; times < 2; times++) await week.ask('refund', asked);
    week.account.returns(label, 1_234_567n, String(payment_hash));
    const more = await scenes.customersInvoice(week, 'more than there is');
    const refused = week.ask('refund', { label, destination: more.bolt11, amount_msat: 900_000_000 });
    await assert.rejects(refused, /cannot be given back/);
  },
  async (week) => {
    // The supplier's invoice, and the deposit that came too late.
    const supplier = await week.pays('invoice', { amount_msat: 700_000, label: 'beans', description: 'Beans' });
    const { p2tr } = await week.pays('newaddr');
    await scenes.payOut(week, String(supplier.bolt11), String(p2tr), '40000');
    week.account.adds({ type: 'payment', amount_msat: -700_000n, reference: String(supplier.payment_hash) });
    await week.mine(1);
    const { outputs } = await week.pays('listfunds');
    const coin = (outputs as readonly Answer[]).find(({ amount_msat }) => amount_msat === 40_000_000);
    const reference = `${coin?.txid}:${coin?.output}`;
    week.account.adds({ type: 'withdrawal', amount_msat: -40_000_000n, reference });
    await feePaid(week, 'onchain_fee', String(coin?.txid));
    await scenes.decide(week, 'returned', 0);
  },
  async (week) => {
    // A part in euro, to an address.
    const order = week.kept('paid in two deposits');
    const { p2tr } = await week.pays('newaddr');
    const back = await week.ask('refund', { label: order.label, destination: p2tr, amount: 1500 });
    week.account.returns(order.label, BigInt(back.amount_msat as number), String(back.txid));
    assert.equal(BigInt(back.amount as number), 1500n);
    await week.mine(1);
    await feePaid(week, 'refund_fee', String(back.txid), order.label);
  },
];

/** The shop has closed on this day. */
export async function close(week: Week, day: number): Promise<void> {
  await week.until(day, CLOSES_AT);
  await (EVENINGS[day] as (week: Week) => Promise<void>)(week);
}

async function feePaid(week: Week, type: string, txid: string, label?: string): Promise<void> {
  week.account.adds({ type, amount_msat: -1000n * (await week.feeOf(txid)), label, reference: txid });
}

/** A cashier gives so many euro of the day's first clicked sale back, or all that is left. */
async function partAtCounter(week: Week, counter: 'bar' | 'terrace', euro: string): Promise<void> {
  const { sales } = await week.ask('listsales', { counter, limit: 500 });
  const sale = (sales as readonly Answer[]).find(({ note }) => note === 'table 7');
  const order = await week.saleOf(Number(sale?.sale_id));
  const { bolt11, payment_hash } = await scenes.customersInvoice(week, `${counter} ${euro}`);
  const back = await scenes.giveBackAtCounter(week, counter, order, String(bolt11), euro);
  week.account.returns(order.label, BigInt(back.amount_msat as number), String(payment_hash));
}
