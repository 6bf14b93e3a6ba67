/**
 * Every page of every server, by enumeration of the routes, in a shop whose every text is hostile: in each look, with scripts and
 * without, by keyboard, and after hostile text was sent by every field of every form.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TIMEOUT } from '../support/time-limit.ts';
import { Browser, browserMissing, LOOKS, type Look, type Visit } from './support/browser.ts';
import { actionsOf, pathsOf, routeOf, type Server } from './support/every-page.ts';
import { HOSTILE, HostileShop } from './support/hostile-shop.ts';
import { readCsv } from './week/exports.ts';

const options = { ...TIMEOUT, ...browserMissing };
const SERVERS: readonly Server[] = ['shop', 'dashboard'];
const NARROW: Look = { width: 320 };
/** Without scripts: the styles are the same ones, so that each is looked at once. */
const PLAIN_LOOKS = [
  { width: 320, is_dark: false, has_scripts: false },
  { width: 1440, is_dark: true, has_scripts: false },
];

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

/** Runs with a visitor for whom the owner has signed in, and who sees every page of the server in turn. */
const everyPage = (server: Server, look: Look, run: (seen: Visit, path: string) => Promise<void>): Promise<void> =>
  shop.everyPage(browser, server, look, run);

/** Nothing of the text became anything but text. */
async function isOnlyText({ page }: Visit, path: string): Promise<void> {
  assert.equal(await page.evaluate('typeof hacked'), 'undefined', path);
  assert.equal(await page.locator('img[src*="evil"], script:not([src])').count(), 0, path);
  // No link runs anything, and none leads to where the text says.
  const links = (await page.evaluate(LINKS)) as readonly string[];
  assert.deepEqual(
    links.filter((url) => !/^(https?:\/\/(127\.0\.0\.1|localhost)[:/]|lightning:\w|bitcoin:)/.test(url)),
    [],
    path,
  );
}

const LINKS =
  "[...document.querySelectorAll('a[href], form[action], link[href]')].map((each) => each.tagName === 'FORM' ? each.action : each.href)";

/** Numbers in tables that are broken into lines, where one of two halves could be taken for the amount. */
const BROKEN_NUMBERS = `[...document.querySelectorAll('td.number')].flatMap((cell) => {
  const found = [];
  const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(text);
    if (new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1) found.push(text.data);
  }
  return found;
})`;

const nameOf = (server: Server, path: string): string => `every-${server}${path.replace(/[^a-z-]+/g, '-')}`;

interface FoundForm {
  readonly action: string;
  readonly fields: readonly { readonly name: string; readonly kind: string; readonly most: number }[];
}

/** The forms of a page that send with POST, with the fields that somebody types into. */
const FORMS = `[...document.forms].filter((form) => form.method === 'post').map((form) => ({
  action: new URL(form.action).pathname,
  fields: [...form.elements].filter((field) => field.name !== '' && field.checkVisibility() &&
    (field.tagName === 'TEXTAREA' || (field.tagName === 'INPUT' && ['text', 'search', 'password', 'url', 'email'].includes(field.type))))
    .map((field) => ({ name: field.name, kind: field.type, most: field.maxLength })),
}))`;

test(
  'every field of every form takes hostile text: what comes of it is a page that is as good as any',
  options,
  async () => {
    for (const server of SERVERS) {
      const reached = new Set<string | undefined>(server === 'shop' ? ['/i/{id}/renew'] : []);
      await everyPage(server, NARROW, async (seen, path) => {
        const { page, faults } = seen;
        const back = page.url();
        // What is folded away is a part of the page.
        const unfold = () =>
          page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })");
        await unfold();
        const forms = (await page.evaluate(FORMS)) as readonly FoundForm[];
        for (const [index, { action, fields }] of forms.entries()) {
          reached.add(routeOf(action, actionsOf(server)));
          if (fields.length === 0 || action === '/sign-out') continue;
          const form = page.locator('form[method="post"]').nth(index);
          for (const { name, most } of fields) {
            const field = form.locator(`[name="${name}"]`).first();
            await field.fill(most > 0 ? HOSTILE.slice(0, most).toWellFormed() : HOSTILE);
          }
          await form.locator('button:not([type="button"])').first().click();
          await page.waitForLoadState();
          await isOnlyText(seen, `${path} ${action}`);
          // A form that was refused is answered with a status that the browser complains of.
          for (let at = faults.length - 1; at >= 0; at--)
            if (/status of 4\d\d/.test(faults[at] ?? '')) faults.splice(at, 1);
          await seen.check(`${nameOf(server, path)}-sent-${index}`);
          await page.goto(back);
          await unfold();
        }
      });
      assert.deepEqual(
        actionsOf(server).filter((action) => !reached.has(action)),
        [],
        'a form of some page sends to each',
      );
    }
  },
);

for (const server of SERVERS) {
  for (const look of [...LOOKS, ...PLAIN_LOOKS]) {
    const { width, is_dark, has_scripts } = look;
    const words = `${width} px, ${is_dark ? 'dark' : 'light'}, ${has_scripts ? 'with' : 'without'} scripts`;
    test(`every page of the ${server} holds hostile text, ${words}`, options, async () => {
      let pages = 0;
      await everyPage(server, look, async (seen, path) => {
        pages++;
        await isOnlyText(seen, path);
        assert.deepEqual(await seen.page.evaluate(BROKEN_NUMBERS), [], path);
        await seen.check(`${nameOf(server, path)}-${width}${is_dark ? '-dark' : ''}${has_scripts ? '' : '-plain'}`);
      });
      assert.equal(pages, pathsOf(server).length + 1);
    });
  }

  test(
    `every page of the ${server} is used by keyboard alone: Tab leads to all that can be used, and shows where it is`,
    options,
    async () => {
      await everyPage(server, NARROW, async ({ page }, path) => {
        await page.evaluate(REACHABLE);
        const all = (await page.evaluate('reachable.length')) as number;
        for (let presses = 0; presses < all + 30; presses++) {
          await page.keyboard.press('Tab');
          if ((await page.evaluate(FOCUSED)) === true) break;
        }
        assert.deepEqual(await page.evaluate('[...missed]'), [], path);
        assert.deepEqual(await page.evaluate('[...unseen]'), [], `${path}: the focus can be seen`);
      });
    },
  );
}

/** What can be used on a page, but for the second and third of a group of choices: arrow keys lead to them. */
const REACHABLE = `globalThis.reachable = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
  .filter((each) => each.checkVisibility({ visibilityProperty: true }) && !each.disabled && each.tabIndex >= 0 && each.type !== 'hidden')
  .filter((each) => each.type !== 'radio' || each.checked || document.querySelector('input[name="' + each.name + '"]:checked') === null);
globalThis.words = (each) => each.outerHTML.slice(0, 160);
globalThis.missed = new Set(reachable.map(words));
globalThis.unseen = new Set();
document.activeElement?.blur();`;

/** Notes what has the focus; true when everything had it. */
const FOCUSED = `(() => {
  const at = document.activeElement;
  missed.delete(words(at));
  if (at !== document.body && at.type !== 'radio' && at.type !== 'checkbox') {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(at);
    if ((outlineStyle === 'none' || outlineWidth === '0px') && boxShadow === 'none') unseen.add(words(at));
  }
  return missed.size === 0;
})()`;

test('what programs read of the shop is JSON in which hostile text is text', options, async () => {
  const ask = async (path: string): Promise<Readonly<Record<string, unknown>>> => {
    const answer = await fetch(`${shop.urlOf('shop')}${path}`);
    assert.match(answer.headers.get('content-type') ?? '', /json/, path);
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', path);
    return (await answer.json()) as Readonly<Record<string, unknown>>;
  };
  const { name } = await ask('/pos/manifest.webmanifest');
  assert.match(String(name), /<b>.*"'👩‍🚀x/u);
  const { metadata } = await ask('/.well-known/lnurlp/tips');
  const entries = JSON.parse(String(metadata)) as readonly (readonly [string, string])[];
  const [, description = ''] = entries.find(([kind]) => kind === 'text/plain') ?? [];
  assert.ok(HOSTILE.startsWith(description.slice(0, 100)), description);
});

test('every export holds hostile text, a record a line, and no cell is a formula', options, async () => {
  const seen = await browser.visit(await shop.link('dashboard', '/export'));
  await seen.page.locator('main button').first().click();
  await seen.page.waitForURL('**/export');
  for (const format of ['generic', 'koinly', 'cointracking', 'json']) {
    const answer = await seen.page.request.get(`${shop.urlOf('dashboard')}/export/ledger?format=${format}`);
    const text = await answer.text();
    assert.match(text, /gnp\.exe/);
    if (format === 'json') {
      const { entries } = JSON.parse(text) as { entries: readonly { label?: string }[] };
      assert.ok(entries.some(({ label }) => label !== undefined && HOSTILE.startsWith(label)));
      continue;
    }
    const rows = readCsv(text);
    assert.equal(text.split('\r\n').length - 2, rows.length);
    const cells = rows.flatMap((row) => Object.values(row));
    assert.deepEqual(
      cells.filter((cell) => /^\s*[=+\-@＝＋－＠]/.test(cell) && !/^-\d+(\.\d+)?$/.test(cell)),
      [],
    );
  }
  await seen.close();
});
