/** What a newcomer does after `npm start`: pays an invoice on its page by one button, and sees it on the dashboard. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Box } from '../e2e/sandbox.ts';
import { newDirectory } from '../e2e/till.ts';
import { TIMEOUT } from '../support/time-limit.ts';
import { Browser, browserMissing } from './support/browser.ts';

test('the newcomer pays by one button, and sees it arrive', { ...TIMEOUT, ...browserMissing }, async (t) => {
  const box = await Box.start(newDirectory());
  t.after(() => box.kill('SIGINT'));
  const browser = await Browser.open();
  t.after(() => browser.close());
  const urls = [...box.said.matchAll(/^ {2}([A-Z][a-z ]+): .*\n {2}(http:\S+)$/gm)];
  assert.deepEqual(
    urls.map(([, name]) => name),
    ['Checkout page', 'Counter', 'Dashboard'],
    box.said,
  );
  const [checkout, counter, dashboard] = urls.map(([, , url]) => url) as [string, string, string];

  const shop = await browser.visit(dashboard, { width: 320 });
  await shop.page.getByRole('button', { name: 'Sign in' }).click();
  await shop.page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
  const customer = await browser.visit(checkout, { width: 320 });
  await customer.check('sandbox-waiting-320');
  await customer.tabTo('#sandbox-pay');
  await customer.page.keyboard.press('Enter');
  await customer.reads('21,000 sat received');
  // The overview was open all the time.
  await shop.reads(/^sandbox-page-/);
  await shop.check('sandbox-dashboard-320');
  await shop.page.goto(new URL('/invoices', dashboard).href);
  await shop.picture('sandbox-invoices-320');
  await shop.reads('A bucket of sand, to be paid on a page');

  const cashier = await browser.visit(counter, { width: 320 });
  await cashier.page.getByRole('button', { name: 'Sign in' }).click();
  await cashier.page.waitForURL('**/pos');
  await cashier.check('sandbox-counter-320');
  await Promise.all([shop.close(), customer.close(), cashier.close()]);
});
