/**
 * A week of a shop's life: 300 sales by a web shop and two cashiers, paid over Lightning and on the chain, short, late, over, in
 * parts, across a reorg; money that goes back; rates that move and fail. In the end the exports say to the satoshi and the cent
 * what the test's own account says, and so do the wallet, the channels and the books of the customer.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TIMEOUT } from '../support/time-limit.ts';
import { browserMissing } from './support/browser.ts';
import { dayInBerlin, type Line } from './week/account.ts';
import { inWords, READERS } from './week/exports.ts';
import { close, DAYS, SALES, SALES_A_DAY, sell } from './week/program.ts';
import * as scenes from './week/scenes.ts';
import { type Answer, Week } from './week/week.ts';

const options = { ...TIMEOUT, ...browserMissing };
let week: Week;

before(async () => {
  if (browserMissing.skip !== undefined) return;
  week = await Week.open();
  await week.setUp();
});
after(() => week?.close());

test('a week of a shop, 300 sales', options, async () => {
  let number = 0;
  for (let day = 0; day < DAYS; day++) {
    await week.mine(3);
    for (let slot = 0; slot < SALES_A_DAY && number < SALES; slot++, number++) await sell(week, { day, slot, number });
    await close(week, day);
    await checkEvening();
  }
  assert.equal(number, SALES);
});

/** The dashboard says of today and of the month what the account says. */
async function checkEvening(): Promise<void> {
  const { takings } = week.account;
  const shown = await scenes.takingsShown(week);
  const today = takings.get(dayInBerlin(week.clock.nowSeconds()));
  assert.deepEqual(shown.Today, [today?.amount_msat, today?.payments]);
  const days = [...takings.values()];
  assert.deepEqual(shown['This month'], [
    days.reduce((sum, { amount_msat }) => sum + amount_msat, 0n),
    days.reduce((sum, { payments }) => sum + payments, 0),
  ]);
}

/** Both have the same texts, each as often; what differs is said, and no more. */
function assertSame(found: readonly string[], wanted: readonly string[]): void {
  const left = [...wanted];
  const extra = found.filter((text) => {
    const at = left.indexOf(text);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  assert.deepEqual({ missing: left, extra }, { missing: [], extra: [] });
}

for (const [format, read] of Object.entries(READERS)) {
  test(`the export for ${format} says what the account says, line by line`, options, async () => {
    const lines = read(await scenes.download(week, format));
    const members = (['type', 'amount_msat', 'cents', 'label', 'reference'] as const).filter((name) =>
      lines.some((line) => line[name] !== undefined),
    );
    const words = (some: readonly Partial<Line>[]): readonly string[] => some.map((line) => inWords(line, members));
    assertSame(words(lines), words(week.account.lines));
    const sum = (name: 'amount_msat' | 'cents'): bigint => lines.reduce((all, line) => all + (line[name] ?? 0n), 0n);
    assert.equal(sum('amount_msat'), week.account.amount_msat);
    if (members.includes('cents')) assert.equal(sum('cents'), week.account.cents);
  });
}

test('the wallet and the channels of the shop hold what the account says', options, async () => {
  const { outputs, channels } = await week.ask('listfunds');
  const held = (outputs as readonly Answer[]).filter(({ status }) => status !== 'spent');
  const sum = (rows: readonly Answer[], name: string): bigint =>
    rows.reduce((all, row) => all + BigInt(row[name] as number), 0n);
  assert.equal(
    sum(held, 'amount_msat') + sum(channels as readonly Answer[], 'our_amount_msat'),
    week.account.amount_msat,
  );
});

test('the books of the customer say the same from the other side', options, async () => {
  const { paid, lines } = week.account;
  const { pays } = await week.pays('listpays', { status: 'complete' });
  const sent = (pays as readonly Answer[]).map(({ payment_hash, amount_msat }) => `${payment_hash} ${amount_msat}`);
  const taken = [...paid.values()].filter(({ over }) => over === 'lightning');
  assertSame(
    sent,
    taken.map(({ reference, received_msat }) => `${reference} ${received_msat}`),
  );
  const { invoices } = await week.pays('listinvoices', {});
  const got = (invoices as readonly Answer[])
    .filter(({ status }) => status === 'paid')
    .map(({ payment_hash, amount_received_msat }) => `${payment_hash} ${amount_received_msat}`);
  const given = lines.filter(
    ({ type, reference }) => /^(refund|payment)$/.test(type) && customerHas(reference, invoices),
  );
  assertSame(
    got,
    given.map(({ reference, amount_msat }) => `${reference} ${-amount_msat}`),
  );
  const { entries } = await week.pays('exportledger', {});
  const onChain = (wanted: string): bigint =>
    (entries as readonly Answer[])
      .filter(({ type }) => type === wanted)
      .reduce((all, { amount_msat }) => all + BigInt(amount_msat as number), 0n);
  const [coin, ...deposits] = lines.filter(({ type }) => type === 'deposit');
  const sum = (some: readonly { readonly amount_msat: bigint }[]): bigint =>
    some.reduce((all, { amount_msat }) => all + amount_msat, 0n);
  const over_chain = [...paid.values()]
    .filter(({ over }) => over === 'chain')
    .map((sale) => ({ amount_msat: sale.received_msat }));
  assert.equal(-onChain('withdrawal'), sum(deposits) + sum(over_chain));
  const back = lines.filter((line) => line.type === 'withdrawal' || (line.type === 'refund' && !given.includes(line)));
  // Both began with a coin of the same size.
  assert.equal(onChain('deposit') - (coin?.amount_msat ?? 0n), -sum(back));
});

function customerHas(reference: string | undefined, invoices: unknown): boolean {
  return (invoices as readonly Answer[]).some(({ payment_hash }) => payment_hash === reference);
}

test('no number is missing, and everything has happened once', options, async () => {
  const { paid, expired, takings } = week.account;
  const rowsOf = async (method: string, name: string, params: Answer = {}): Promise<readonly Answer[]> =>
    (await week.ask(method, params))[name] as readonly Answer[];
  const isWhole = (rows: readonly Answer[], member: string): void => {
    const numbers = rows.map((row) => Number(row[member])).sort((one, other) => one - other);
    assert.deepEqual(
      numbers,
      numbers.map((_number, index) => index + 1),
      member,
    );
  };
  const invoices = await rowsOf('listinvoices', 'invoices');
  const is = (wanted: string): readonly Answer[] => invoices.filter(({ status }) => status === wanted);
  isWhole(invoices, 'created_index');
  isWhole(is('paid'), 'pay_index');
  isWhole(await rowsOf('listsales', 'sales', { limit: 500 }), 'sale_id');
  const refunds = await rowsOf('listrefunds', 'refunds');
  isWhole(refunds, 'refund_id');
  const events = await rowsOf('listevents', 'events');
  isWhole(events, 'id');
  const labels = (rows: readonly Answer[]): readonly string[] => rows.map(({ label }) => String(label)).sort();
  assert.deepEqual(labels(is('paid')), [...paid.keys()].sort());
  assert.deepEqual(labels(is('expired')), [...expired].sort());
  const happened = (type: string): readonly string[] => labels(events.filter((event) => event.type === type));
  assert.deepEqual(happened('invoice.created'), labels(invoices));
  assert.deepEqual(happened('invoice.paid'), [...paid.keys()].sort());
  assert.deepEqual(happened('invoice.expired'), [...expired].sort());
  assert.deepEqual(happened('refund.sent'), labels(refunds));
  assert.deepEqual(happened('refund.failed'), []);
  assert.deepEqual(happened('deposit.reorged'), [week.kept('survived a reorg').label]);
  const listed = await rowsOf('listtakings', 'takings', { by: 'day', periods: DAYS });
  assert.deepEqual(
    listed.map(({ date, payments, amount_msat }) => [date, payments, BigInt(amount_msat as number)]),
    [...takings].map(([date, { payments, amount_msat }]) => [date, payments, amount_msat]),
  );
});
