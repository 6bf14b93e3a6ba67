/** The languages of the pages: every text is there in each, none stands outside of the catalogue, and a choice is remembered. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ADDRESS_TEXTS } from '../../../../src/api/web/pages/addresses/texts.ts';
import { CHECKOUT_TEXTS } from '../../../../src/api/web/pages/checkout/texts/index.ts';
import { COUNTER_TEXTS } from '../../../../src/api/web/pages/counter/texts/index.ts';
import { dashboardPages } from '../../../../src/api/web/pages/dashboard/dashboard.ts';
import { DASHBOARD_TEXTS } from '../../../../src/api/web/pages/dashboard/texts/index.ts';
import { LANGUAGES } from '../../../../src/api/web/pages/language.ts';
import { LANGUAGE_TEXTS } from '../../../../src/api/web/pages/language-choice.ts';
import type { PageTools } from '../../../../src/api/web/pages/page.ts';
import { SIGN_IN_TEXTS } from '../../../../src/api/web/pages/sign-in/texts.ts';
import { Storefront } from '../../../support/storefront.ts';
import { TIMEOUT } from '../../../support/time-limit.ts';
import { Surfer } from './surfer.ts';

const CATALOGUES = {
  checkout: CHECKOUT_TEXTS,
  counter: COUNTER_TEXTS,
  dashboard: DASHBOARD_TEXTS,
  sign_in: SIGN_IN_TEXTS,
  language: LANGUAGE_TEXTS,
  address: ADDRESS_TEXTS,
};
/** What is the same in several languages because it is a name, or happens to be. */
const MOST_ALIKE_PERCENT = 15;

let store: Storefront;

before(async () => {
  store = await Storefront.open('--web-process=inside', '--shop-currency=EUR', '--alias=9999');
});
after(() => store?.close());

type Texts = Readonly<Record<string, unknown>>;

/** Every text with its path; what takes values is called with their numbers. */
function leaves(texts: unknown, path = ''): [string, string][] {
  if (typeof texts === 'string') return [[path, texts]];
  if (typeof texts === 'function') return [[path, String((texts as (...a: string[]) => string)('{a}', '{b}'))]];
  return Object.entries(texts as Texts).flatMap(([name, each]) => leaves(each, `${path}.${name}`));
}

const places = (text: string): readonly string[] => (text.match(/\{\w+\}/g) ?? []).toSorted();

test('every text is there in every language, is translated, and has the same places for values', () => {
  for (const [name, catalogue] of Object.entries(CATALOGUES)) {
    const english = leaves(catalogue.en);
    for (const language of LANGUAGES) {
      const texts = leaves(catalogue[language]);
      assert.deepEqual(
        texts.map(([path]) => path),
        english.map(([path]) => path),
      );
      for (const [index, [path, text]] of texts.entries()) {
        assert.notEqual(text.trim(), '', `${name} ${language} ${path}`);
        assert.deepEqual(places(text), places(english[index]?.[1] as string), `${name} ${language} ${path}: ${text}`);
      }
      if (language === 'en') continue;
      const alike = texts.filter(([, text], index) => text.length > 3 && text === english[index]?.[1]);
      assert.ok(alike.length * 100 < texts.length * MOST_ALIKE_PERCENT, `${name} ${language}: ${alike.join('; ')}`);
    }
  }
});

/** The same texts, each within brackets; places for values are outside. */
function marked(texts: unknown): unknown {
  const mark = (text: string): string => text.replace(/[^{}]+(?![^{]*\})/g, '⟦$&⟧');
  if (typeof texts === 'string') return mark(texts);
  if (typeof texts === 'function')
    return (...values: string[]) => `⟦${(texts as (...a: string[]) => string)(...values)}⟧`;
  return Object.fromEntries(Object.entries(texts as Texts).map(([name, each]) => [name, marked(each)]));
}

/** What people read or hear on a page. What is in another language by intent, or is code, says so in its markup. */
function readable(page: string): string {
  const bare = page
    .replace(/<(script|style|code|datalist)\b[\s\S]*?<\/\1>/g, ' ')
    .replace(/<(\w+)[^>]* lang="[a-z]+"[^>]*>[^<]*<\/\1>/g, ' ')
    .replace(/<(span|p|td|pre|dd)\b[^>]*\bclass="[^"]*\b(?:mono|brand)\b[^"]*"[^>]*>[\s\S]*?<\/\1>/g, ' ');
  const attributes = [
    ...bare.matchAll(/\s(?:aria-label|placeholder|alt|data-copied|data-says|data-offline)="([^"]*)"/g),
  ];
  return `${bare.replace(/<[^>]*>/g, '\n')}\n${attributes.map(([, text]) => text).join('\n')}`;
}

/** Words that are data: what tests made up, units, and names that are the same everywhere. */
const DATA =
  /\b(sat|BTC|EUR|UTC|owner|regtest|Koinly|CoinTracking|JSON|MB|ms|URL|label17|about17|pos|yes|no|debug|info|unusual|broken|https?:\S+|var\S*|ID@HOST:PORT|[A-Z]{3}|\d+x\d+x\d+|[0-9a-f]{6,}|[0-9a-f]{8}…[0-9a-f]{6}|lnbcrt\w+|method|equal|to|OR|AND)\b/g;

test('no text stands in a page but through the catalogue', TIMEOUT, async () => {
  const { client } = store;
  const made = await client.call('invoice', { amount_msat: 7000, label: 'label17', description: 'about17' });
  await store.customerSocket();
  await store.markPaid(made as never, 7000n);
  await client.call('createwebhook', { url: 'http://127.0.0.1:9/' }).catch(() => undefined);
  const { token } = await client.call('createlogin', {});
  const owner = new Surfer(store.dashboard_url);
  await owner.submit(`/sign-in?token=${token}`, '/sign-in');
  owner.cookies.set('till-language', 'ja');
  const { sale_id } = (await client.callAny('createsale', { counter: 'owner', amount: 5_000_000 })) as {
    sale_id: number;
  };
  const link = await client.call('createlogin', {});
  const cashier = new Surfer(store.shop_url);
  await cashier.submit(`/sign-in?token=${link.token}`, '/sign-in');
  cashier.cookies.set('till-language', 'ja');
  const kept = {
    language: LANGUAGE_TEXTS.ja,
    dashboard: DASHBOARD_TEXTS.ja,
    sign_in: SIGN_IN_TEXTS.ja,
    counter: COUNTER_TEXTS.ja,
  };
  Object.assign(LANGUAGE_TEXTS, { ja: marked(LANGUAGE_TEXTS.en) });
  Object.assign(COUNTER_TEXTS, { ja: marked(COUNTER_TEXTS.en) });
  Object.assign(DASHBOARD_TEXTS, { ja: marked(DASHBOARD_TEXTS.en) });
  Object.assign(SIGN_IN_TEXTS, { ja: marked(SIGN_IN_TEXTS.en) });
  try {
    const [channel] = (await client.call('listpeerchannels', {})).channels;
    const pages = dashboardPages({} as PageTools)
      .filter(({ method, path }) => method === 'GET' && path !== '/live' && !path.includes('webhooks/'))
      .map(({ path }) =>
        path.replace('{number}', String(made.created_index)).replace('{id}', channel?.channel_id as string),
      );
    const found: string[] = [];
    const look = async (visitor: Surfer, path: string): Promise<void> => {
      const { text, status, headers } = await visitor.get(path);
      assert.equal(status, 200, path);
      if (!headers.get('content-type')?.startsWith('text/html')) return;
      const own = readable(text)
        .replace(/⟦[^⟧]*⟧/g, ' ')
        .replace(DATA, ' ');
      for (const [word] of own.matchAll(/[A-Za-z][A-Za-z' ]{2,}/g)) found.push(`${path}: ${word}`);
    };
    for (const path of pages) await look(owner, path);
    const stranger = new Surfer(store.dashboard_url);
    stranger.cookies.set('till-language', 'ja');
    await look(stranger, '/sign-in');
    for (const path of ['/pos', '/pos/sales', '/pos/items', '/pos/offline', `/pos/sales/${sale_id}`])
      await look(cashier, path);
    assert.deepEqual(found, []);
  } finally {
    Object.assign(LANGUAGE_TEXTS, { ja: kept.language });
    Object.assign(DASHBOARD_TEXTS, { ja: kept.dashboard });
    Object.assign(SIGN_IN_TEXTS, { ja: kept.sign_in });
    Object.assign(COUNTER_TEXTS, { ja: kept.counter });
  }
});

test('a reader chooses a language by a form, and the browser remembers it', TIMEOUT, async () => {
  const surfer = new Surfer(store.dashboard_url);
  assert.match((await surfer.get('/sign-in?next=/invoices')).text, /<html lang="en">[\s\S]*Sign in/);
  const chosen = await surfer.submit('/sign-in?next=/invoices', '/language', { language: 'de' });
  assert.equal(chosen.location, '/sign-in?next=/invoices');
  assert.match((await surfer.get('/sign-in')).text, /<html lang="de">[\s\S]*Anmelden/);
  for (const next of ['//evil.example', 'https://evil.example', '/\\evil', '']) {
    assert.equal((await surfer.submit('/sign-in', '/language', { language: 'fr', next })).location, '/');
  }
  assert.equal((await surfer.submit('/sign-in', '/language', { language: 'xx' })).location, '/sign-in');
  assert.equal(surfer.cookies.get('till-language'), 'fr');
});

test('every page for people has the choice of a language, and it leads back to that page', TIMEOUT, async () => {
  const { client } = store;
  await client.call('createlightningaddress', { name: 'tips', description: 'Tips' });
  const { checkout_url = '' } = await client.call('invoice', {
    ...{ amount_msat: 7000, label: 'spoken', description: 'Tea', checkout: true },
  });
  const { token } = await client.call('createlogin', {});
  const reader = new Surfer(store.shop_url);
  await reader.submit(`/sign-in?token=${token}`, '/sign-in');
  for (const path of [new URL(checkout_url).pathname, '/a/tips', '/pos', '/pos/sales', '/pos/items']) {
    reader.cookies.delete('till-language');
    assert.equal((await reader.submit(path, '/language', { language: 'pt' })).location, path);
    assert.match((await reader.get(path)).text, /<html lang="pt">[\s\S]*<option value="pt" lang="pt" selected>/, path);
  }
});

test('amounts, days and times are written as in the language of the reader', TIMEOUT, async () => {
  const { client } = store;
  const made = await client.call('invoice', { amount_msat: 1_234_567_000, label: 'large', description: 'x' });
  const { token } = await client.call('createlogin', {});
  const owner = new Surfer(store.dashboard_url);
  await owner.submit(`/sign-in?token=${token}`, '/sign-in');
  const wanted = {
    en: '1,234,567',
    de: '1.234.567',
    es: '1.234.567',
    fr: '1\u202f234\u202f567',
    pt: '1.234.567',
    ja: '1,234,567',
  };
  for (const language of LANGUAGES) {
    owner.cookies.set('till-language', language);
    const { text } = await owner.get(`/invoices/${made.created_index}`);
    assert.ok(text.includes(`${wanted[language]}\u00a0sat`), `${language}: ${text}`);
    const time = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { month: 'short', timeZone: 'UTC' });
    assert.ok(text.includes(time.format(new Date())), language);
  }
});
