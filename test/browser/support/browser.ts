/**
 * Chromium, as a visitor has it: narrow and wide, light and dark, with scripts and without, by keyboard alone. Without the
 * program (its path is in TILL_CHROMIUM) the tests skip themselves.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';

const PROGRAM = process.env.TILL_CHROMIUM;
/** Where pictures are put, if anybody wants to see them. */
const PICTURES = process.env.TILL_PICTURES;

/** For `test`: skips it where there is no browser. */
export const browserMissing = PROGRAM === undefined ? { skip: 'TILL_CHROMIUM names no browser' } : {};

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** How a visitor looks. */
export interface Look {
  /** CSS pixels; default: 1440. */
  readonly width?: number;
  readonly is_dark?: boolean;
  /** Default: true. */
  readonly has_scripts?: boolean;
  /** Default: `en`. */
  readonly language?: string;
}

/** The looks in which every page must be good. */
export const LOOKS: readonly Required<Look>[] = [320, 1440].flatMap((width) =>
  [false, true].map((is_dark) => ({ width, is_dark, has_scripts: true, language: 'en' })),
);

/** A page in a browser. */
export class Visit {
  readonly page: Page;
  /** What the browser complained of: breaches of the policy, faults of scripts, requests to elsewhere. */
  readonly faults: string[] = [];
  readonly #has_scripts: boolean;

  constructor(page: Page, origin: string, has_scripts: boolean) {
    this.page = page;
    this.#has_scripts = has_scripts;
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.faults.push(message.text());
    });
    page.on('pageerror', (error) => this.faults.push(error.message));
    page.on('request', (request) => {
      if (/^https?:/.test(request.url()) && new URL(request.url()).origin !== origin) {
        this.faults.push(`it asks ${request.url()}`);
      }
    });
  }

  /** What can be read in an element, with plain blanks. */
  async text(selector = 'main'): Promise<string> {
    return (await this.page.innerText(selector)).replaceAll(/[\u00a0\u202f]/g, ' ');
  }

  /** Waits until these words can be read somewhere. */
  async reads(words: string | RegExp): Promise<void> {
    await this.page.getByText(words).first().waitFor();
  }

  /** Waits until the expression is true. The page's policy forbids it to look by itself, so that it is asked each time. */
  async until(expression: string): Promise<void> {
    while ((await this.page.evaluate(expression)) !== true)
      await this.page.evaluate('new Promise(requestAnimationFrame)');
  }

  /** What is wrong for a visitor: nothing, or the test fails. A picture is taken if anybody wants one, under the name. */
  async check(name: string): Promise<void> {
    await this.picture(name);
    const width = await this.page.evaluate('[document.documentElement.scrollWidth, innerWidth]');
    const [needed, there] = width as [number, number];
    assert.ok(needed <= there, `${name}: it is ${needed} wide where there are ${there}`);
    // It waits by timers, which are off with the scripts; the page is the same.
    if (this.#has_scripts) assert.deepEqual(await this.#axe(), [], name);
    assert.deepEqual(this.faults, [], name);
  }

  /** Takes a picture of the whole page if TILL_PICTURES says where to. */
  async picture(name: string): Promise<void> {
    if (PICTURES === undefined) return;
    mkdirSync(PICTURES, { recursive: true });
    await this.page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
  }

  /** Presses Tab until the element has the focus, as somebody without a mouse does. */
  async tabTo(selector: string): Promise<void> {
    for (let presses = 0; presses < 100; presses++) {
      await this.page.keyboard.press('Tab');
      if (await this.page.evaluate(`document.activeElement?.matches(${JSON.stringify(selector)}) ?? false`)) return;
    }
    assert.fail(`the key Tab does not lead to ${selector}`);
  }

  /** What axe-core finds, each as its rule and the first element. */
  async #axe(): Promise<readonly string[]> {
    // Asked of the browser itself: the page's policy lets no such script in.
    await this.page.evaluate(axeSource());
    return (await this.page.evaluate(
      `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
        violations.map(({ id, help, nodes }) => id + ': ' + help + ' ' + nodes[0].html + ' ' + (nodes[0].failureSummary ?? '')))`,
    )) as readonly string[];
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}

let source: string | undefined;

function axeSource(): string {
  source ??= readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  return source;
}

export class Browser {
  readonly #directory: string;
  readonly #context: BrowserContext;

  static async open(): Promise<Browser> {
    const { chromium } = await import('playwright-core');
    const directory = mkdtempSync(join(tmpdir(), 'till-browser-'));
    const context = await chromium.launchPersistentContext(directory, {
      executablePath: PROGRAM as string,
      headless: true,
      args: FLAGS,
    });
    return new Browser(directory, context);
  }

  private constructor(directory: string, context: BrowserContext) {
    this.#directory = directory;
    this.#context = context;
  }

  /** Opens the page as this visitor, who has been nowhere before. */
  async visit(url: string, look: Look = {}): Promise<Visit> {
    const { width = 1440, is_dark = false, has_scripts = true, language = 'en' } = look;
    const browser = this.#context.browser();
    assert.ok(browser !== null);
    const context = await browser.newContext({
      viewport: { width, height: width < 600 ? 640 : 900 },
      colorScheme: is_dark ? 'dark' : 'light',
      javaScriptEnabled: has_scripts,
      locale: language,
      reducedMotion: 'reduce',
    });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const page = await context.newPage();
    const visit = new Visit(page, new URL(url).origin, has_scripts);
    await page.goto(url);
    return visit;
  }

  async close(): Promise<void> {
    await this.#context.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
