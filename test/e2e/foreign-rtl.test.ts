/**
 * Ride The Lightning, as it is: its server, and its pages in Chromium. TILL_RTL names a checkout of it whose packages are
 * installed, TILL_CHROMIUM a browser, and this test runs. docs/guide/clients.md says which version was tried.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { freePort } from '../support/bitcoind.ts';
import { Market } from '../support/market.ts';
import { TIMEOUT } from '../support/time-limit.ts';

const { TILL_RTL: rtl, TILL_CHROMIUM: program } = process.env;
const PASSWORD = 'not a secret';

function missing(): string | undefined {
  if (rtl === undefined) return 'TILL_RTL names no checkout of RTL';
  if (!existsSync(join(rtl, 'node_modules', 'express'))) return `${rtl} has no packages: run npm install there`;
  return program === undefined ? 'TILL_CHROMIUM names no Chromium' : undefined;
}

describe('RTL', { ...TIMEOUT, skip: missing() ?? false }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'till-rtl-'));
  let market: Market;
  let server: ChildProcess;
  let browser: Browser;
  let page: Page;
  let url: string;
  /** Answers of RTL's server that are failures, but for the first login. */
  const failures: string[] = [];

  before(async () => {
    const [rest_port, rtl_port] = [await freePort(), await freePort()];
    market = await Market.openWith({ both: [], shop: [`--clnrest-port=${rest_port}`] });
    await market.openChannels(1, 1_000_000);
    const { rune } = await market.shop.ask('createrune');
    writeFileSync(join(dir, 'rune'), `LIGHTNING_RUNE="${rune}"\n`);
    const node = {
      ...{ index: 1, lnNode: 'Till', lnImplementation: 'CLN', authentication: { runePath: join(dir, 'rune') } },
      settings: { userPersona: 'MERCHANT', logLevel: 'ERROR', lnServerUrl: `https://127.0.0.1:${rest_port}` },
    };
    const config = {
      ...{ multiPass: PASSWORD, port: String(rtl_port), host: '127.0.0.1', defaultNodeIndex: 1, dbDirectoryPath: dir },
      ...{ SSO: { rtlSSO: 0, rtlCookiePath: '', logoutRedirectLink: '' }, nodes: [node] },
    };
    writeFileSync(join(dir, 'RTL-Config.json'), JSON.stringify(config));
    server = spawn(process.execPath, ['rtl.js'], {
      cwd: rtl as string,
      env: { ...process.env, RTL_CONFIG_PATH: dir, DB_DIRECTORY_PATH: dir },
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    url = `http://127.0.0.1:${rtl_port}/rtl/`;
    while (!(await isServed(url))) assert.equal(server.exitCode, null, 'RTL ended');
    browser = await chromium.launch({ executablePath: program as string, args: ['--no-sandbox'] });
    page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
    page.setDefaultTimeout(45_000);
  });
  after(async () => {
    await browser?.close();
    server?.kill('SIGKILL');
    await market.close();
    rmSync(dir, { recursive: true, force: true });
  });

  /** Opens a page from within, as its menu does. */
  async function go(path: string): Promise<void> {
    await page.evaluate(`history.pushState({}, '', '/rtl/${path}'); dispatchEvent(new PopStateEvent('popstate'))`);
    await page.waitForURL(`**/rtl/${path}*`);
  }

  it('logs in and shows the channel', async () => {
    await page.goto(url);
    await page.fill('input[type=password]', PASSWORD);
    // RTL itself refuses the first try of a browser that is new to it, and asks for another.
    for (let status = 0; status !== 200; ) {
      const answered = page.waitForResponse((response) => response.url().includes('/api/authenticate'));
      await page.getByRole('button', { name: 'Login' }).click();
      status = (await answered).status();
    }
    // It leads on by itself: to its settings, because the password is the one of its configuration.
    await page.waitForURL((at) => !at.href.includes('login'));
    page.on('response', (response) => {
      if (response.status() >= 400) failures.push(`${response.status()} ${response.url()}`);
    });
    await go('cln/connections/channels/open');
    await page.getByRole('cell', { name: 'customer' }).waitFor();
    await page
      .getByRole('cell', { name: /1,000,000/ })
      .first()
      .waitFor();
  });

  it('makes an invoice, and shows that it was paid when that happens', async () => {
    await go('cln/transactions/invoices');
    await page.getByRole('button', { name: 'Create Invoice' }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel(/Description/).fill('A box of tea');
    await form.getByLabel(/Amount/).fill('60000');
    await form.getByRole('button', { name: 'Create Invoice' }).click();
    await until(
      async () => (await market.shop.ask('listinvoices')).invoices,
      (rows) => rows.length === 1,
    );
    const { invoices } = await market.shop.ask('listinvoices');
    const [made] = invoices as unknown as { bolt11: string; description: string; amount_msat: number }[];
    assert.deepEqual([made?.description, made?.amount_msat], ['A box of tea', 60_000_000]);
    await market.customer.ask('pay', { bolt11: made?.bolt11 as string });
    await page
      .getByText(/Paid|Settled/)
      .first()
      .waitFor();
  });

  it('pays an invoice', async () => {
    const bill = { amount_msat: 500_000, label: 'bill', description: 'A bill' };
    const { bolt11 } = await market.customer.ask('invoice', bill);
    await go('cln/transactions/payments');
    await page.getByRole('button', { name: 'Send Payment' }).click();
    const form = page.getByRole('dialog');
    await form
      .getByRole('textbox')
      .first()
      .fill(bolt11 as string);
    await form.getByRole('button', { name: 'Send Payment' }).click();
    await until(
      async () => (await market.customer.ask('listinvoices', { label: 'bill' })).invoices,
      ([row]) => row?.status === 'paid',
    );
  });

  it('was never told of a failure', () => {
    assert.deepEqual(failures, []);
  });
});

type Rows = readonly Readonly<Record<string, unknown>>[];

async function until(read: () => Promise<unknown>, isSo: (rows: Rows) => boolean): Promise<void> {
  while (!isSo((await read()) as Rows)) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function isServed(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
