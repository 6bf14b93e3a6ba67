/** The first visit, from a link to the first invoice: by keyboard alone, on a narrow screen, in two languages. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Storefront } from '../support/storefront.ts';
import { TIMEOUT } from '../support/time-limit.ts';
import { Browser, browserMissing } from './support/browser.ts';

const options = { ...TIMEOUT, ...browserMissing };

let store: Storefront;
let browser: Browser;

before(async () => {
  if (browserMissing.skip !== undefined) return;
  store = await Storefront.open();
  browser = await Browser.open();
});
after(async () => {
  await browser?.close();
  await store?.close();
});

const WORDS = {
  de: { name: 'Teehaus', steps: 'Erste Schritte', saved: 'Gespeichert.', open: 'offen' },
  ja: { name: '茶房', steps: 'はじめの手順', saved: '保存しました。', open: '未払い' },
} as const;

for (const [language, words] of Object.entries(WORDS)) {
  test(`the first visit in ${language}, by keyboard on a narrow screen`, options, async () => {
    const { token } = await store.client.call('createlogin', {});
    const visit = await browser.visit(`${store.dashboard_url}/sign-in?token=${token}`, { width: 320, language });
    const { page } = visit;
    const press = async (selector: string): Promise<void> => {
      await visit.tabTo(selector);
      await page.keyboard.press('Enter');
    };
    try {
      await visit.check(`first-visit-${language}-0-sign-in`);
      await press('main button');
      await page.waitForURL((url) => url.pathname === '/');
      await visit.check(`first-visit-${language}-1-overview`);
      await press('a[href="/first-steps"]');
      await page.waitForURL('**/first-steps');
      await visit.reads(words.steps);
      // The name of the shop and its currency, without a start of the node.
      await visit.tabTo('#alias');
      await page.keyboard.press('Control+A');
      await page.keyboard.type(words.name);
      await visit.tabTo('#shop-currency');
      await page.keyboard.type(language === 'de' ? 'EUR' : 'JPY');
      await press('#save-alias');
      await page.waitForURL('**/first-steps?done=saved');
      await visit.reads(words.saved);
      await visit.check(`first-visit-${language}-2-steps`);
      assert.equal((await store.client.call('getinfo', {})).alias, words.name);
      await press('form[action="/receiving/address"] button');
      await page.waitForURL('**/receiving/address');
      assert.match(await page.innerText('#reserve'), /bcrt1p/);
      await visit.check(`first-visit-${language}-3-deposit`);
      await page.goto(`${store.dashboard_url}/first-steps`);
      await press('a[href="/new-invoice"]');
      await page.waitForURL('**/new-invoice');
      // What a newcomer can ask for without rates of exchange.
      await visit.tabTo('#amount');
      await page.keyboard.type('2100');
      await visit.tabTo('#unit');
      await page.keyboard.type('sat');
      await visit.tabTo('#description');
      await page.keyboard.type('Tee');
      await visit.check(`first-visit-${language}-4-invoice`);
      await page.keyboard.press('Enter');
      await page.waitForURL(/invoices\/\d+$/);
      await visit.reads(words.open);
      await visit.check(`first-visit-${language}-5-made`);
    } finally {
      await visit.close();
    }
  });
}
