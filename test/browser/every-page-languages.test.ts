/**
 * Every page of every server in each language on a narrow screen: none is wider than the screen, and no button or choice cuts
 * its words off. Words are longest in German and French, and letters widest in Japanese.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LANGUAGES } from '../../src/api/web/pages/language.ts';
import { TIMEOUT } from '../support/time-limit.ts';
import { Browser, browserMissing } from './support/browser.ts';
import type { Server } from './support/every-page.ts';
import { HostileShop } from './support/hostile-shop.ts';

const options = { ...TIMEOUT, ...browserMissing };
const SERVERS: readonly Server[] = ['shop', 'dashboard'];

let shop: HostileShop;
let browser: Browser;

before(async () => {
  if (browserMissing.skip !== undefined) return;
  shop = await HostileShop.open();
  browser = await Browser.open();
});
after(async () => {
  await browser?.close();
  await shop?.close();
});

/** What is wrong of the page as it is shown; folded parts are opened first. */
const TOO_WIDE = `(() => {
  document.querySelectorAll('details').forEach((each) => { each.open = true; });
  const wide = document.documentElement.scrollWidth > innerWidth ? ['the page is ' + document.documentElement.scrollWidth + ' wide'] : [];
  const cut = [...document.querySelectorAll('button, .button, summary, label, legend, h1, h2, nav a')]
    .filter((each) => each.checkVisibility() && !each.matches('.visually-hidden') && each.scrollWidth > each.clientWidth + 1)
    .map((each) => each.outerHTML.slice(0, 120) + ' has ' + each.clientWidth + ' and needs ' + each.scrollWidth);
  return [...wide, ...cut];
})()`;

for (const language of LANGUAGES) {
  test(`no page in ${language} is wider than 320 px, and no words are cut off`, options, async () => {
    const found: string[] = [];
    for (const server of SERVERS) {
      await shop.everyPage(browser, server, { width: 320, language }, async (seen, path) => {
        assert.equal(await seen.page.evaluate('document.documentElement.lang'), language, path);
        for (const each of (await seen.page.evaluate(TOO_WIDE)) as readonly string[]) found.push(`${path}: ${each}`);
        await seen.picture(`language-${language}-${server}${path.replace(/[^a-z-]+/g, '-')}`);
      });
    }
    assert.deepEqual(found, []);
  });
}
