/** The checkout page in a browser: in every state and look, without scripts, by keyboard, and while it is paid. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DEFAULT_SOURCES } from '../../src/shop/rates/source.ts';
import { JsonServer } from '../support/json-server.ts';
import { Storefront } from '../support/storefront.ts';
import { TIMEOUT } from '../support/time-limit.ts';
import { Browser, browserMissing, LOOKS, type Look, type Visit } from './support/browser.ts';

const options = { ...TIMEOUT, ...browserMissing };
let store: Storefront;
let browser: Browser;
let rates: JsonServer;

before(async () => {
  if (browserMissing.skip !== undefined) return;
  rates = await JsonServer.open(() => '{"price":"58123.45"}');
  store = await Storefront.open(
    '--invoices-onchain-fallback',
    '--invoices-onchain-confirms=3',
    '--alias=Kaffee & Kuchen',
    ...DEFAULT_SOURCES.map(({ name }) => `--currencyrate-disable-source=${name}`),
    ...['a', 'b'].map((name) => `--currencyrate-add-source=${name},${rates.url}/{currency},price`),
  );
  browser = await Browser.open();
});
after(async () => {
  await browser?.close();
  await store?.close();
  await rates?.close();
});

async function visit(url: string, look: Look, run: (seen: Visit) => Promise<void>): Promise<void> {
  const seen = await browser.visit(url, look);
  try {
    await run(seen);
  } finally {
    await seen.close();
  }
}

const nameOf = (state: string, { width, is_dark }: Look): string =>
  `checkout-${state}-${width}${is_dark ? '-dark' : ''}`;

async function inEveryLook(state: string, url: string, words: RegExp): Promise<void> {
  for (const look of LOOKS) {
    await visit(url, look, async (seen) => {
      assert.match(await seen.text(), words);
      await seen.check(nameOf(state, look));
    });
  }
}

test('it waits, in every look', options, async () => {
  const { checkout_url } = await store.invoice({ redirect_url: 'https://shop.example/' });
  await inEveryLook('waiting', checkout_url, /Kaffee & Kuchen[\s\S]*250,000 sat[\s\S]*Waiting for your payment/);
});

test('a price in a currency stands beside the amount', options, async () => {
  const { checkout_url } = await store.invoice({ currency: 'EUR', amount: 450, description: 'Breakfast for two' });
  await inEveryLook('priced', checkout_url, /7,743 sat\s+€4\.50\s+1 BTC = €58,123\.45/);
});

test('an order is paid by another node while the page is open', options, async () => {
  const made = await store.invoice({ redirect_url: 'https://shop.example/' });
  await visit(made.checkout_url, { width: 320 }, async (seen) => {
    await seen.reads('Waiting for your payment');
    await store.pay(made);
    await seen.reads('Thank you!');
    assert.equal(await seen.page.getAttribute('#back', 'href'), 'https://shop.example/');
    assert.match(await seen.page.title(), /^Paid · /);
    assert.equal(await seen.text('[role="status"]'), 'Paid');
  });
  await inEveryLook('paid', made.checkout_url, /Paid[\s\S]*Receipt/);
});

test('the time that is left is a text that counts down, and is not read out at every second', options, async () => {
  const { checkout_url } = await store.invoice();
  await visit(checkout_url, { width: 320 }, async (seen) => {
    const left = seen.page.locator('[data-expires-at]').first();
    await left.waitFor();
    // "1:00:00" on a machine that shows the page within the invoice's first second, "59:59" on others.
    const seconds = async (): Promise<number> =>
      (await left.innerText()).split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
    const first = await seconds();
    assert.ok(first > 3000 && first <= 3600, String(first));
    await seen.until(
      `document.querySelector('[data-expires-at]').textContent !== ${JSON.stringify(await left.textContent())}`,
    );
    assert.ok((await seconds()) < first);
    const heard =
      "document.querySelector('[data-expires-at]').closest('[aria-live]:not([aria-live=off]), [role=status], [role=alert]')";
    assert.equal(await seen.page.evaluate(`${heard} === null`), true);
  });
});

test('the receipt prints as what it is: no buttons, black on white, all of it', options, async () => {
  const made = await store.invoice({ currency: 'EUR', amount: 450, description: 'Breakfast for two' });
  await store.markPaid(made, 7_743_000n);
  await visit(made.checkout_url, { width: 1440, is_dark: true }, async (seen) => {
    await seen.page.emulateMedia({ media: 'print' });
    const shown = await seen.text('body');
    assert.match(shown, /Kaffee & Kuchen[\s\S]*7,743 sat\s+€4\.50[\s\S]*Receipt[\s\S]*Breakfast for two/);
    assert.ok(shown.includes(made.payment_hash), 'the reference is whole');
    assert.equal(await seen.page.locator('button:visible, select:visible').count(), 0);
    assert.equal(await seen.page.evaluate('getComputedStyle(document.body).color'), 'rgb(0, 0, 0)');
    const grounds = `[...document.querySelectorAll('body, body *')].filter((each) => each.checkVisibility())
      .map((each) => getComputedStyle(each).backgroundColor).filter((ground) => ground !== 'rgba(0, 0, 0, 0)')`;
    assert.deepEqual(new Set((await seen.page.evaluate(grounds)) as string[]), new Set(['rgb(255, 255, 255)']));
    await seen.picture('checkout-printed');
  });
});

test('a deposit is short, then deepens, then has paid, before the eyes of the customer', options, async () => {
  const made = await store.invoice();
  const address = await store.addressOf(made);
  await visit(made.checkout_url, {}, async (seen) => {
    await store.deposit(address, 100_000);
    await store.mine(1);
    await seen.reads('150,000 sat is missing');
    await seen.check('checkout-short-1440-live');
    await inEveryLook('short', made.checkout_url, /Not enough yet/);
    await store.deposit(address, 150_000);
    await seen.reads('150,000 sat is on its way');
    await inEveryLook('seen', made.checkout_url, /on its way, and not in a block yet/);
    await store.mine(1);
    await seen.reads('1 of 3 confirmations');
    await inEveryLook('confirming', made.checkout_url, /1 of 3 confirmations/);
    await store.mine(1);
    await seen.reads('2 of 3 confirmations');
    await store.mine(1);
    await seen.reads('Thank you!');
  });
});

test('it expires while it is open, and a new invoice is a press of a key away', options, async () => {
  const made = await store.invoice({ expiry: 1, checkout_renewal: true });
  await visit(made.checkout_url, {}, async (seen) => {
    await seen.reads('This invoice has expired');
    await inEveryLook('expired', made.checkout_url, /Make a new invoice/);
    await seen.tabTo('#renew');
    await seen.page.keyboard.press('Enter');
    await seen.page.waitForURL((url) => url.href !== made.checkout_url);
    assert.match(await seen.text(), /250,000 sat/);
  });
});

test('late and overpaid are told', options, async () => {
  const late = await store.invoice({ expiry: 1, label: 'late' });
  const address = await store.addressOf(late);
  await visit(late.checkout_url, {}, (seen) => seen.reads('This invoice has expired'));
  await store.deposit(address, 250_000);
  await store.mine(3);
  await inEveryLook('late', late.checkout_url, /arrived too late/);
  const over = await store.invoice();
  await store.markPaid(over, 300_000_000n);
  await visit(over.checkout_url, { width: 320 }, async (seen) => {
    assert.match(await seen.text(), /50,000 sat more than asked/);
    await seen.check('checkout-overpaid-320');
  });
});

test('by keyboard alone: the other way to pay, the text, the copy', options, async () => {
  const made = await store.invoice();
  await visit(made.checkout_url, { width: 320 }, async (seen) => {
    const { page } = seen;
    await seen.tabTo('input[name="way"]');
    await page.keyboard.press('ArrowRight');
    assert.ok(await page.isVisible('#qr-any'));
    assert.ok(!(await page.isVisible('#qr-lightning')));
    await seen.check('checkout-any-320');
    await page.keyboard.press('ArrowLeft');
    await seen.tabTo('#copy-lightning');
    await page.keyboard.press('Enter');
    await seen.reads('Copied');
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), made.bolt11);
    await seen.tabTo('#text-lightning');
    await page.keyboard.press('Enter');
    assert.ok(await page.isVisible('.way.lightning .code'));
    await seen.check('checkout-text-320');
  });
});

test('without scripts everything is there, and the page loads itself again', options, async () => {
  const made = await store.invoice();
  await visit(made.checkout_url, { has_scripts: false, width: 320 }, async ({ page, faults }) => {
    assert.match(await page.innerText('main'), /Valid until[\s\S]*Lightning \+ on-chain[\s\S]*Open in wallet/);
    assert.ok(!(await page.isVisible('#copy-lightning')), 'what needs a script is not shown');
    assert.equal(await page.locator('meta[http-equiv="refresh"]').count(), 1);
    await store.markPaid(made);
    await page.reload();
    assert.match(await page.innerText('main'), /Thank you!/);
    assert.equal(await page.locator('meta[http-equiv="refresh"]').count(), 0);
    assert.deepEqual(faults, []);
  });
});

test('hostile text, long words and other scripts stay within the page', options, async () => {
  const description = `<b onclick=alert(1)>${'Donaudampfschifffahrt'.repeat(12)} \u202eevil 漢字 שלום 👩‍🚀`;
  const { checkout_url } = await store.invoice({ description });
  await inEveryLook('hostile', checkout_url, /<b onclick=alert\(1\)>[\s\S]*\[U\+202E\]evil/);
});

test('in each language, with longer words and other letters', options, async () => {
  const states = {
    waiting: await store.invoice({ currency: 'EUR', amount: 450, redirect_url: 'https://shop.example/' }),
    paid: await store.invoice({ redirect_url: 'https://shop.example/' }),
    over: await store.invoice(),
    short: await store.invoice(),
    expired: await store.invoice({ expiry: 1, checkout_renewal: true }),
  };
  await store.markPaid(states.paid);
  await store.markPaid(states.over, 300_000_000n);
  await store.deposit(await store.addressOf(states.short), 100_000);
  await store.mine(1);
  await visit(states.expired.checkout_url, {}, (seen) => seen.reads('This invoice has expired'));
  for (const language of ['de', 'es', 'fr', 'pt', 'ja']) {
    for (const [state, { checkout_url }] of Object.entries(states)) {
      await visit(checkout_url, { width: 320, language }, (seen) => seen.check(`checkout-${state}-${language}-320`));
    }
  }
});
