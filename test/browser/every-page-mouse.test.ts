/**
 * Every page of every server by mouse, at 320 and 1440 px: what can be used is hit where it stands, covered by nothing, and is
 * large enough for a finger; and a press of each button sends its form.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TIMEOUT } from '../support/time-limit.ts';
import { Browser, browserMissing, type Visit } from './support/browser.ts';
import type { Server } from './support/every-page.ts';
import { HostileShop } from './support/hostile-shop.ts';

const options = { ...TIMEOUT, ...browserMissing };
const SERVERS: readonly Server[] = ['shop', 'dashboard'];
const WIDTHS = [320, 1440];
/** CSS pixels, as WCAG 2.5.8 asks. */
const LEAST_SIZE = 24;

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

/**
 * What a mouse cannot hit in its middle and near the middles of its four sides, and what is too small. A control that its
 * label covers is hit by its label; a link within a sentence has the height of its line, as WCAG allows.
 */
const MISSED = `[...document.querySelectorAll('a[href], button, input, select, textarea, summary')].flatMap((each) => {
  if (!each.checkVisibility({ visibilityProperty: true }) || each.disabled || each.type === 'hidden') return [];
  if (each.matches('.skip')) return [];
  const words = each.outerHTML.slice(0, 120);
  const isChoice = each.type === 'radio' || each.type === 'checkbox';
  const target = (isChoice && each.labels?.[0]) || each;
  target.scrollIntoView({ block: 'center', inline: 'center' });
  const [first] = target.getClientRects();
  if (first === undefined) return [words + ' is nowhere'];
  // As much of it as is seen at once: of the window, and of the part that scrolls by itself.
  const frame = target.parentElement.closest('.scroll, .menu, pre')?.getBoundingClientRect() ?? { left: 0, right: innerWidth, top: 0, bottom: innerHeight };
  const view = {
    left: Math.max(first.left, frame.left, 0), right: Math.min(first.right, frame.right, innerWidth),
    top: Math.max(first.top, frame.top, 0), bottom: Math.min(first.bottom, frame.bottom, innerHeight),
  };
  const [x, y] = [(view.left + view.right) / 2, (view.top + view.bottom) / 2];
  const points = [[x, y], [view.left + 3, y], [view.right - 3, y], [x, view.top + 3], [x, view.bottom - 3]];
  const covered = points.flatMap(([left, top]) => {
    const hit = document.elementFromPoint(left, top);
    const isHit = hit !== null && (target.contains(hit) || [...(each.labels ?? [])].some((label) => label.contains(hit)));
    return isHit ? [] : [words + ' is covered by ' + (hit?.outerHTML.slice(0, 80) ?? 'nothing') + ' at ' + [left, top].map(Math.round)];
  });
  const isInSentence = getComputedStyle(target).display === 'inline' &&
    [...target.parentElement.childNodes].some((node) => node !== target && node.textContent.trim() !== '');
  const { width, height } = target.getBoundingClientRect();
  const isSmall = !isInSentence && Math.min(width, height) < ${LEAST_SIZE} - 0.01;
  return [...covered.slice(0, 1), ...(isSmall ? [words + ' is ' + width.toFixed(1) + ' x ' + height.toFixed(1)] : [])];
})`;

/** Keeps what is sent, and sends nothing: what comes of a form is the business of others. */
const KEEP_FORMS = `globalThis.sent = [];
document.addEventListener('submit', (event) => {
  event.preventDefault();
  event.stopImmediatePropagation();
  sent.push(new URL(event.target.action).pathname);
}, true);
for (const form of document.forms) form.noValidate = true;
for (const each of document.querySelectorAll('details')) each.open = true;`;

/** Presses every button that sends a form, each where it stands. */
async function pressAll({ page }: Visit, path: string): Promise<void> {
  await page.evaluate(KEEP_FORMS);
  const buttons = page.locator('form button:not([type="button"])');
  const count = await buttons.count();
  for (let index = 0; index < count; index++) {
    const button = buttons.nth(index);
    if (!(await button.isVisible()) || (await button.isDisabled())) continue;
    const before = (await page.evaluate('sent.length')) as number;
    await button.click();
    assert.equal(await page.evaluate('sent.length'), before + 1, `${path}: ${await button.innerText()}`);
  }
}

for (const server of SERVERS) {
  for (const width of WIDTHS) {
    test(
      `every page of the ${server} is used by mouse, ${width} px: all is hit where it stands, and each form is sent`,
      options,
      async () => {
        const missed: string[] = [];
        await shop.everyPage(browser, server, { width }, async (seen, path) => {
          await seen.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })");
          for (const each of (await seen.page.evaluate(MISSED)) as readonly string[]) missed.push(`${path}: ${each}`);
          // The button of that page is pressed to go on.
          if (path !== '/sign-in?token') await pressAll(seen, path);
        });
        assert.deepEqual(missed, []);
      },
    );
  }
}
