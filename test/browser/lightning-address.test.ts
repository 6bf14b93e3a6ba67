/** The page of a Lightning address in a browser. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Storefront } from '../support/storefront.ts';
import { TIMEOUT } from '../support/time-limit.ts';
import { Browser, browserMissing, LOOKS } from './support/browser.ts';

const options = { ...TIMEOUT, ...browserMissing };
const HOSTILE = '<b onclick=alert(1)>"Ünïcode" \u202egnp.exe 漢字 שלום 👩‍🚀';
let store: Storefront;
let browser: Browser;

before(async () => {
  if (browserMissing.skip !== undefined) return;
  store = await Storefront.open('--alias=Kaffee & Kuchen');
  await store.client.call('createlightningaddress', { name: 'tips', description: 'A tip for the kitchen' });
  await store.client.call('createlightningaddress', { name: 'x'.repeat(64), description: HOSTILE.repeat(5) });
  browser = await Browser.open();
});
after(async () => {
  await browser?.close();
  await store?.close();
});

test('the page of an address, in every look, and with hostile text', options, async () => {
  for (const look of LOOKS) {
    for (const [name, words] of [
      ['tips', /Kaffee & Kuchen[\s\S]*tips@[\s\S]*A tip for the kitchen[\s\S]*From 1\s+sat to 1,000,000\s+sat/],
      ['x'.repeat(64), /<b onclick=alert\(1\)>"Ünïcode" \[U\+202E\]gnp\.exe/],
    ] as const) {
      const seen = await browser.visit(`${store.shop_url}/a/${name}`, look);
      assert.match(await seen.page.innerText('main'), words);
      assert.match((await seen.page.getAttribute('a.qr', 'href')) ?? '', /^lightning:LNURL1[0-9A-Z]+$/);
      await seen.check(`address-${name.slice(0, 4)}-${look.width}${look.is_dark ? '-dark' : ''}`);
      await seen.close();
    }
  }
});

test('the address is copied by keyboard, and everything but that works without scripts', options, async () => {
  const seen = await browser.visit(`${store.shop_url}/a/tips`, { width: 320 });
  await seen.tabTo('[data-copy]');
  await seen.page.keyboard.press('Enter');
  await seen.page.getByText('Copied').first().waitFor();
  assert.equal(await seen.page.evaluate('navigator.clipboard.readText()'), `tips@${new URL(store.shop_url).host}`);
  await seen.close();
  const plain = await browser.visit(`${store.shop_url}/a/tips`, { has_scripts: false, language: 'de' });
  assert.match(await plain.page.innerText('main'), /Zahlen an/);
  assert.ok(!(await plain.page.isVisible('[data-copy]')));
  assert.deepEqual(plain.faults, []);
  await plain.close();
});

test('an address that is not there, or is switched off, has no page', options, async () => {
  for (const name of ['nobody', 'TIPS', '..%2ftips']) {
    assert.equal((await fetch(`${store.shop_url}/a/${name}`)).status, 404, name);
  }
  await store.client.call('updatelightningaddress', { name: 'tips', enabled: false });
  assert.equal((await fetch(`${store.shop_url}/a/tips`)).status, 404);
});
