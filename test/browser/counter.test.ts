/** The counter in a browser: in every look, by mouse, by keyboard, without scripts, while it is paid, and offline. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { connectToNode } from '../../src/api/client/index.ts';
import { DEFAULT_SOURCES } from '../../src/shop/rates/source.ts';
import { JsonServer } from '../support/json-server.ts';
import { Storefront } from '../support/storefront.ts';
import { TIMEOUT } from '../support/time-limit.ts';
import { Browser, browserMissing, LOOKS, type Look, type Visit } from './support/browser.ts';

const options = { ...TIMEOUT, ...browserMissing };
const HOSTILE = '<b onclick=alert(1)>"Ünïcode" \u202egnp.exe 漢字 שלום 👩‍🚀';
let rates: JsonServer;
let store: Storefront;
let browser: Browser;

before(async () => {
  if (browserMissing.skip !== undefined) return;
  rates = await JsonServer.open(() => '{"price":"50000.00"}');
  store = await Storefront.open(
    '--alias=Kaffee & Kuchen',
    '--shop-currency=EUR',
    ...DEFAULT_SOURCES.map(({ name }) => `--currencyrate-disable-source=${name}`),
    ...['one', 'two'].map((name) => `--currencyrate-add-source=${name},${rates.url}/${name},price`),
  );
  for (const [user, role] of [
    ['bar', 'cashier'],
    ['terrace', 'cashier'],
    ['chef', 'owner'],
    ['books', 'accountant'],
  ]) {
    await ask('createuser', { user, role });
  }
  await ask('createitem', { name: 'Coffee', amount: 350 });
  await ask('createitem', { name: 'Apple cake with cream', amount: 420 });
  browser = await Browser.open();
});
after(async () => {
  await browser?.close();
  await store?.close();
  await rates?.close();
});

async function ask(method: string, params: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
  return (await store.client.callAny(method, params as never)) as unknown as Record<string, unknown>;
}

/** Signs in as the user, and goes to the path. */
async function as(user: string, path: string, look: Look, run: (seen: Visit) => Promise<void>): Promise<void> {
  const { token } = await ask('createlogin', { user });
  const seen = await browser.visit(`${store.shop_url}/sign-in?token=${token}&next=${path}`, look);
  try {
    await seen.page.locator('main button').click();
    await seen.page.waitForURL(`**${path}`);
    await run(seen);
  } finally {
    await seen.close();
  }
}

async function inEveryLook(user: string, path: string, name: string, words: RegExp): Promise<void> {
  for (const look of LOOKS) {
    await as(user, path, look, async (seen) => {
      assert.match(await seen.page.innerText('main'), words);
      await seen.check(`counter-${name}-${look.width}${look.is_dark ? '-dark' : ''}`);
    });
  }
}

/** The invoice that the page shows. */
async function invoiceOn(page: Page): Promise<{ bolt11: string; payment_hash: string; checkout_url: string }> {
  const link = (await page.getAttribute('a.qr', 'href')) as string;
  const bolt11 = link.replace('lightning:', '');
  const { payment_hash } = await ask('decode', { string: bolt11 });
  return { bolt11, payment_hash: String(payment_hash), checkout_url: '' };
}

/** A form that was refused is answered with the status 400, of which the browser complains. */
function forgive({ faults }: Visit): void {
  const refused = faults.filter((fault) => /status of 400/.test(fault));
  assert.notEqual(refused.length, 0);
  for (const fault of refused) faults.splice(faults.indexOf(fault), 1);
}

async function charge(page: Page, amount: string): Promise<void> {
  await page.fill('#amount', amount);
  await page.getByRole('button', { name: 'Charge' }).click();
  await page.getByText('Waiting for the payment').waitFor();
}

test('the keypad, in every look', options, async () => {
  await inEveryLook('bar', '/pos', 'keypad', /Coffee €3\.50[\s\S]*Tip[\s\S]*Total/);
});

test('a sale by mouse is paid by another node, and says so at once', options, async () => {
  await as('bar', '/pos', {}, async (seen) => {
    const { page } = seen;
    await page.getByRole('button', { name: 'One more: Coffee' }).click();
    await page.getByRole('button', { name: 'One more: Coffee' }).click();
    await page.getByRole('button', { name: 'One more: Apple' }).click();
    await page.getByRole('button', { name: 'One less: Coffee' }).click();
    const keypad = page.getByRole('group', { name: 'Keypad' });
    for (const key of ['2', '.', '3', '0']) await keypad.getByRole('button', { name: key, exact: true }).click();
    await page.getByText('10 %').click();
    assert.equal(await page.innerText('[data-total-shown]'), '€11.00');
    await page.getByText('Sound when paid').click();
    await page.fill('#note', 'table 7');
    await seen.check('counter-filled-1440');
    await page.getByRole('button', { name: 'Charge' }).click();
    await page.getByText('Waiting for the payment').waitFor();
    assert.match(await page.innerText('main'), /€11\.00\s+22,000\s+sat/);
    await seen.check('counter-waiting-1440');
    await store.pay(await invoiceOn(page));
    await page.getByText('Paid', { exact: true }).first().waitFor();
    assert.equal(await page.innerText('[data-heard]'), 'Paid');
    await seen.check('counter-paid-1440');
    // Enter goes on.
    await page.keyboard.press('Enter');
    await page.waitForURL('**/pos');
  });
  const { sales } = await ask('listsales', { counter: 'bar', limit: 1 });
  const [sale] = sales as Record<string, unknown>[];
  assert.deepEqual([sale?.status, sale?.amount, sale?.tip, sale?.note], ['paid', 1100, 100, 'table 7']);
});

test('by keyboard alone: amount, tip, charge, next', options, async () => {
  await as('bar', '/pos', { width: 320 }, async (seen) => {
    const { page } = seen;
    await page.waitForFunction("document.activeElement?.id === 'amount'");
    await page.keyboard.type('4.50+1');
    await seen.tabTo('input[name="tip"]');
    await page.keyboard.press('ArrowRight');
    assert.equal(await page.innerText('[data-total-shown]'), '€5.78');
    await seen.tabTo('.charge button');
    await page.keyboard.press('Enter');
    await page.getByText('Waiting for the payment').waitFor();
    await seen.check('counter-waiting-320');
    await store.markPaid(await invoiceOn(page), 11_560_000n);
    await page.getByText('Paid', { exact: true }).first().waitFor();
    await seen.check('counter-paid-320');
  });
});

test('without scripts the form sells, says what is wrong, and the sale loads itself again', options, async () => {
  await as('bar', '/pos', { has_scripts: false, width: 320 }, async (seen) => {
    const { page, faults } = seen;
    assert.ok(!(await page.isVisible('.keys')), 'what needs a script is not shown');
    await page.fill('#amount', '4.505');
    await page.getByRole('button', { name: 'Charge' }).click();
    assert.match(await page.innerText('[role="alert"]:visible'), /not an amount: 4\.505/);
    assert.equal(await page.inputValue('#amount'), '4.505');
    await page.fill('#amount', '');
    await page.getByRole('button', { name: 'Charge' }).click();
    assert.match(await page.innerText('[role="alert"]:visible'), /Enter an amount/);
    await page.fill('#item-1', '3');
    await page.getByRole('button', { name: 'Charge' }).click();
    assert.match(await page.innerText('main'), /€10\.50/);
    assert.equal(await page.locator('meta[http-equiv="refresh"]').count(), 1);
    await store.markPaid(await invoiceOn(page), 21_000_000n);
    await page.reload();
    assert.match(await page.innerText('main'), /Paid/);
    assert.equal(await page.locator('meta[http-equiv="refresh"]').count(), 0);
    forgive(seen);
    assert.deepEqual(faults, []);
  });
});

test('in satoshi, and in another language', options, async () => {
  await as('terrace', '/pos', { language: 'de', width: 320 }, async (seen) => {
    const { page } = seen;
    await page.getByText('sat', { exact: true }).click();
    await page.fill('#amount', '2100');
    assert.match(await page.innerText('[data-total-shown]'), /^2\.100\s*sat$/);
    await page.getByRole('button', { name: 'Kassieren' }).click();
    await page.getByText('Warten auf die Zahlung').waitFor();
    await seen.check('counter-waiting-german-320');
  });
});

test('each counter sees its own sales, the owner and the books all of them', options, async () => {
  await as('terrace', '/pos', {}, ({ page }) => charge(page, '7'));
  await inEveryLook('bar', '/pos/sales', 'sales', /table 7/);
  await as('bar', '/pos/sales', {}, async ({ page }) => {
    assert.doesNotMatch(await page.innerText('main'), /€7\.00/);
    const { sales } = await ask('listsales', { counter: 'terrace', limit: 1 });
    const [foreign] = sales as Record<string, unknown>[];
    const answer = await page.goto(`${store.shop_url}/pos/sales/${foreign?.sale_id}`);
    assert.equal(answer?.status(), 404);
  });
  await as('chef', '/pos/sales', {}, async (seen) => {
    assert.match(await seen.page.innerText('main'), /terrace[\s\S]*bar/);
    await seen.check('counter-sales-owner-1440');
  });
  await as('books', '/pos/sales', {}, async ({ page }) => {
    assert.match(await page.innerText('main'), /€7\.00/);
    const answer = await page.goto(`${store.shop_url}/pos/items`);
    assert.equal(answer?.status(), 403);
  });
});

test('two cashiers have a session each, at the same time, and each hears of the own sale alone', options, async () => {
  await as('bar', '/pos', {}, async (bar) => {
    await as('terrace', '/pos', { width: 320 }, async (terrace) => {
      await charge(bar.page, '5');
      await charge(terrace.page, '6');
      await store.markPaid(await invoiceOn(terrace.page), 12_000_000n);
      await terrace.page.getByText('Paid', { exact: true }).first().waitFor();
      assert.match(await bar.page.innerText('main'), /Waiting for the payment/);
      const { sessions } = await ask('listsessions', {});
      const users = (sessions as readonly Record<string, unknown>[]).map(({ user }) => user);
      assert.ok(users.includes('bar') && users.includes('terrace'), users.join());
      // The owner ends one: that cashier is out at once, and the other sells on.
      for (const { user, session_id } of sessions as readonly Record<string, unknown>[]) {
        if (user === 'terrace') await ask('deletesession', { session_id });
      }
      await terrace.page.goto(`${store.shop_url}/pos`);
      assert.equal(new URL(terrace.page.url()).pathname, '/sign-in');
      await bar.page.reload();
      assert.match(await bar.page.innerText('main'), /Waiting for the payment/);
    });
  });
});

/** Counts tones that play: what a browser does not let play does not run. */
const HEAR = `globalThis.tones = [];
const { start } = OscillatorNode.prototype;
OscillatorNode.prototype.start = function (...when) { tones.push(this.context); return start.apply(this, when); };`;

test('a payment sounds where the cashier wants it, once, and nowhere else', options, async () => {
  for (const isWanted of [true, false]) {
    await as('bar', '/pos', {}, async (seen) => {
      const { page } = seen;
      await page.addInitScript(HEAR);
      if (isWanted) await page.getByText('Sound when paid').click();
      await charge(page, '1');
      await store.markPaid(await invoiceOn(page), 2_000_000n);
      await page.getByText('Paid', { exact: true }).first().waitFor();
      if (isWanted) await seen.until("tones.length > 0 && tones[0].state === 'running'");
      assert.equal(await page.evaluate('tones.length'), isWanted ? 2 : 0);
      // Looking at it again is no payment.
      await page.reload();
      await page.getByText('Paid', { exact: true }).first().waitFor();
      assert.equal(await page.evaluate('tones.length'), 0);
    });
  }
});

test('the price list is changed by the owner, on the page', options, async () => {
  await inEveryLook('chef', '/pos/items', 'items', /Price list/);
  await as('chef', '/pos/items', { width: 320 }, async (seen) => {
    const { page } = seen;
    const form = page.locator('form[action="/pos/items"]');
    await form.getByLabel('Name').fill('Juice');
    await form.getByLabel(/^Price/).fill('2,9');
    await form.getByRole('button', { name: 'Add' }).click();
    await page.getByText('Saved.').waitFor();
    const line = page.locator('form', { has: page.locator('input[value="Juice"]') });
    assert.equal(await line.getByLabel(/^Price/).inputValue(), '2.90');
    await line.getByLabel(/^Price/).fill('x');
    await line.getByRole('button', { name: 'Save' }).click();
    assert.match(await page.innerText('[role="alert"]:visible'), /not an amount: x/);
    await line.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Deleted.').waitFor();
    assert.equal(await line.count(), 0);
    forgive(seen);
    await seen.check('counter-items-320-said');
  });
});

test('hostile text stays text, on every page', options, async () => {
  const { item_id } = await ask('createitem', { name: HOSTILE, amount: 1, currency: 'EUR' });
  try {
    await as('bar', '/pos', { width: 320 }, async (seen) => {
      const { page } = seen;
      await page.locator('#note').fill(`${HOSTILE}${'Donaudampfschifffahrt'.repeat(9)}`);
      await page.fill(`#item-${item_id}`, '2');
      await seen.check('counter-keypad-hostile-320');
      await page.getByRole('button', { name: 'Charge' }).click();
      await page.getByText('Waiting for the payment').waitFor();
      assert.match(await page.innerText('main'), /<b onclick=alert\(1\)>"Ünïcode" \[U\+202E\]gnp\.exe/);
      await seen.check('counter-sale-hostile-320');
      await page.goto(`${store.shop_url}/pos/sales`);
      await seen.check('counter-sales-hostile-320');
    });
    await as('chef', '/pos/items', { width: 320 }, (seen) => seen.check('counter-items-hostile-320'));
  } finally {
    await ask('deleteitem', { item_id });
  }
});

test('money goes back from the page of a sale, and never twice', options, async () => {
  // What the shop sends must be more than the reserve of the channel.
  await store.pay(await store.invoice({ amount_msat: 500_000_000, label: 'before refunds' }));
  const client = await connectToNode(await store.customerSocket());
  const asked = await client.call('invoice', {
    amount_msat: 4_000_000,
    label: 'money back',
    description: 'Money back',
  });
  client.close();
  await as('bar', '/pos', { width: 320 }, async (seen) => {
    const { page } = seen;
    await charge(page, '3');
    await store.pay(await invoiceOn(page));
    await page.getByText('Paid', { exact: true }).first().waitFor();
    await page.reload();
    await page.locator('summary').click();
    await page.fill('#destination', 'nonsense');
    await page.locator('details button').click();
    assert.notEqual(await page.innerText('details [role="alert"]'), '');
    forgive(seen);
    await seen.check('counter-refund-fault-320');
    await page.fill('#destination', asked.bolt11);
    await page.fill('#refund-amount', '2');
    await page.locator('details button').click();
    await page.getByText('Given back').waitFor();
    assert.match(await page.innerText('main'), /€2\.00 \(4,000\s+sat\)\s+Sent/);
    await seen.check('counter-refunded-320');
  });
});

test('it is an app, and says when it is offline', options, async () => {
  await as('bar', '/pos', { width: 320 }, async (seen) => {
    const { page } = seen;
    const manifest = (await (await page.request.get(`${store.shop_url}/pos/manifest.webmanifest`)).json()) as Record<
      string,
      unknown
    >;
    assert.deepEqual([manifest.start_url, manifest.scope, manifest.display], ['/pos', '/pos', 'standalone']);
    await page.evaluate('navigator.serviceWorker.ready.then(() => {})');
    await page.context().setOffline(true);
    await page.getByText('Offline: nothing can be charged').waitFor();
    assert.ok(await page.getByRole('button', { name: 'Charge' }).isDisabled());
    await seen.picture('counter-offline-notice-320');
    await page.goto(`${store.shop_url}/pos/sales`);
    assert.match(await page.innerText('main'), /The shop cannot be reached/);
    await seen.picture('counter-offline-320');
    await page.context().setOffline(false);
    await page.getByRole('link', { name: 'Try again' }).click();
    await page.getByRole('button', { name: 'Charge' }).waitFor();
    assert.ok(!(await page.isVisible('[data-offline]')));
    // In another language it says so in that language: the worker keeps its page anew.
    await page.locator('#language').selectOption('de');
    await page.getByRole('button', { name: 'Choose' }).click();
    await seen.until("document.documentElement.lang === 'de'");
    const isKept = `caches.keys().then((names) => names.length === 1 && names[0].includes('language=de'))`;
    await seen.until(isKept);
    await page.context().setOffline(true);
    await page.goto(`${store.shop_url}/pos/sales`);
    assert.match(await page.innerText('main'), /Der Shop ist nicht erreichbar/);
    await page.context().setOffline(false);
  });
});
