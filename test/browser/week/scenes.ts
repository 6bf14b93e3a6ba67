/** What people do in a browser during the week: each kind of sale, and each way in which money goes back. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { Visit } from '../support/browser.ts';
import type { Answer, Order, Week } from './week.ts';

/** The number of the sale whose page is open. */
async function saleOn(page: Page): Promise<number> {
  await page.getByText('Waiting for the payment').waitFor();
  return Number(/\/pos\/sales\/(\d+)$/.exec(page.url())?.[1]);
}

/** A cashier keys a sale in: items, an amount, a tip and a note. It is paid while its page is open. */
export async function sellItems(week: Week, cashier: string): Promise<void> {
  await week.visit(cashier, '/pos', { width: 320 }, async ({ page }) => {
    await page.getByRole('button', { name: 'One more: Coffee' }).click();
    await page.getByRole('button', { name: 'One more: Apple cake' }).click();
    await page.fill('#amount', '2.30');
    await page.getByText('10 %').click();
    await page.fill('#note', 'table 7');
    await page.getByRole('button', { name: 'Charge' }).click();
    const order = await week.saleOf(await saleOn(page));
    // 3.50 and 4.20 and 2.30, and a tenth of it.
    assert.equal(order.cents, 1100n);
    await week.pay(order);
    await page.getByText('Paid', { exact: true }).first().waitFor();
  });
}

/** There is no rate: the cashier is told, and charges in satoshi. */
export async function sellWithoutRate(week: Week, cashier: string): Promise<void> {
  await week.visit(cashier, '/pos', {}, async (seen) => {
    const { page } = seen;
    await page.fill('#amount', '5');
    await page.getByRole('button', { name: 'Charge' }).click();
    await page.getByText('There is no fresh exchange rate').waitFor();
    forgive(seen);
    await page.getByText('sat', { exact: true }).click();
    await page.fill('#amount', '9000');
    await page.getByRole('button', { name: 'Charge' }).click();
    const order = await week.saleOf(await saleOn(page));
    assert.equal(order.asked_msat, 9_000_000n);
    await week.pay(order);
    await page.getByText('Paid', { exact: true }).first().waitFor();
  });
}

/** A form that was refused is answered with the status 400, of which the browser complains. */
function forgive({ faults }: Visit): void {
  const [fault] = faults.splice(0, 1);
  assert.match(fault ?? '', /status of 400/);
}

/** A customer has the order's page open while something happens. */
export async function onCheckout(week: Week, order: Order, run: (seen: Visit) => Promise<void>): Promise<void> {
  const seen = await week.browser.visit(order.checkout_url, { width: 320 });
  try {
    await run(seen);
    assert.deepEqual(seen.faults, []);
  } finally {
    await seen.close();
  }
}

/** The page has expired, and its button makes another order, which is paid. */
export async function renew(week: Week, order: Order): Promise<void> {
  await onCheckout(week, order, async ({ page }) => {
    await page.getByText('This invoice has expired').waitFor();
    await page.click('#renew');
    await page.waitForURL((url) => url.href !== order.checkout_url);
    const bolt11 = ((await page.getAttribute('a.qr', 'href')) as string).replace('lightning:', '');
    const { payment_hash } = await week.ask('decode', { string: bolt11 });
    const { invoices } = await week.ask('listinvoices', { payment_hash });
    const [{ label, amount_msat } = {}] = invoices as readonly Answer[];
    assert.equal(label, `${order.label}~2`);
    assert.equal(BigInt(amount_msat as number), order.asked_msat);
    await week.pay({ ...order, label: String(label), bolt11, payment_hash: String(payment_hash) });
    await page.getByText('Thank you!').waitFor();
  });
}

/** The number by which the dashboard knows the order. */
async function numberOf(week: Week, { label }: Order): Promise<number> {
  const { invoices } = await week.ask('listinvoices', { label });
  return Number((invoices as readonly Answer[])[0]?.created_index);
}

/** The owner gives money back on the dashboard: satoshi, or all that is left. */
export async function giveBack(week: Week, order: Order, destination: string, satoshi = ''): Promise<Answer> {
  await week.visit(undefined, `/invoices/${await numberOf(week, order)}`, {}, async ({ page }) => {
    await page.fill('#destination', destination);
    await page.fill('#satoshi', satoshi);
    await page.getByRole('button', { name: 'Give back' }).click();
    await page.getByRole('button', { name: 'Give it back' }).click();
    await page.getByText('The money is on its way back.').waitFor();
  });
  return await lastRefund(week, order);
}

/** A cashier gives money back on the page of the sale: euro, or all that is left. */
export async function giveBackAtCounter(
  week: Week,
  cashier: string,
  order: Order,
  destination: string,
  euro: string,
): Promise<Answer> {
  const { sales } = await week.ask('listsales', { counter: cashier, limit: 500 });
  const sale = (sales as readonly Answer[]).find(({ label }) => label === order.label);
  await week.visit(cashier, `/pos/sales/${sale?.sale_id}`, { width: 320 }, async ({ page }) => {
    await page.locator('summary').click();
    await page.fill('#destination', destination);
    await page.fill('#refund-amount', euro);
    await page.locator('details button').click();
    await page.getByText('Given back').waitFor();
  });
  return await lastRefund(week, order);
}

async function lastRefund(week: Week, { label }: Order): Promise<Answer> {
  const { refunds } = await week.ask('listrefunds', { label });
  const last = (refunds as readonly Answer[]).at(-1);
  assert.equal(last?.status, 'sent');
  return last as Answer;
}

/** An invoice of the customer, over any amount, for money that goes back. */
export async function customersInvoice(week: Week, label: string): Promise<Answer> {
  return await week.pays('invoice', { amount_msat: 'any', label, description: 'My money' });
}

/** The owner pays a supplier, and sends a deposit back that came too late: each by the form and its confirmation. */
export async function payOut(week: Week, bolt11: string, address: string, satoshi: string): Promise<void> {
  await week.visit(undefined, '/payouts', {}, async ({ page }) => {
    await page.fill('#invoice', bolt11);
    await page.locator('form[action="/payouts/invoice"] button').click();
    await page.locator('main form button.button').first().click();
    await page.getByText('The invoice is paid.').waitFor();
    await page.fill('#address', address);
    await page.fill('#satoshi', satoshi);
    await page.locator('form[action="/payouts/address"] button').click();
    await page.locator('main form button.button').first().click();
    await page.getByText('The money is on its way').waitFor();
  });
}

/** The owner decides about the newest of the deposits that wait; so many are left then. */
export async function decide(week: Week, decision: 'kept' | 'returned', left: number): Promise<void> {
  await week.visit(undefined, '/deposits', {}, async ({ page }) => {
    await page.locator(`button[value="${decision}"]`).first().click();
    await page.getByText('The decision is written down.').waitFor();
    assert.equal(await page.locator('button[value="kept"]').count(), left);
  });
}

/** What the dashboard says was taken today and this month, in millisatoshi and payments. */
export async function takingsShown(week: Week): Promise<Readonly<Record<'Today' | 'This month', [bigint, number]>>> {
  const shown: Partial<Record<'Today' | 'This month', [bigint, number]>> = {};
  await week.visit(undefined, '/', {}, async ({ page }) => {
    for (const title of ['Today', 'This month'] as const) {
      const card = page.locator('section.card', { has: page.getByRole('heading', { name: title, exact: true }) });
      const [, whole = '', fraction = ''] =
        /^([\d,]+)(?:\.(\d+))?\ssat$/.exec(await card.locator('.figure', { hasText: /\ssat$/ }).innerText()) ?? [];
      const payments =
        /^[\d,]+/.exec(
          await card
            .locator('.muted', { hasText: /payments?$/ })
            .first()
            .innerText(),
        )?.[0] ?? '';
      shown[title] = [
        BigInt(whole.replaceAll(',', '') + fraction.padEnd(3, '0')),
        Number(payments.replaceAll(',', '')),
      ];
    }
  });
  return shown as Required<typeof shown>;
}

/** The file that the owner downloads on the page for exports. */
export async function download(week: Week, format: string): Promise<string> {
  let text = '';
  await week.visit(undefined, '/export', {}, async ({ page }) => {
    await page.selectOption('#format', format);
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download' }).click(),
    ]);
    const chunks: Buffer[] = [];
    for await (const chunk of await file.createReadStream()) chunks.push(chunk as Buffer);
    text = Buffer.concat(chunks).toString('utf8');
  });
  return text;
}
