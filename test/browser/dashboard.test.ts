/** The dashboard in a browser: every page in every look, by keyboard, without scripts, with a passkey, and while it is paid. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Storefront } from '../support/storefront.ts';
import { TIMEOUT } from '../support/time-limit.ts';
import { Browser, browserMissing, LOOKS, type Look, type Visit } from './support/browser.ts';

const options = { ...TIMEOUT, ...browserMissing };
const HOSTILE = `"><script>alert(1)</script><img src=x onerror=alert(2)> \u202egnp.exe \u{1f4a3} ${'very long '.repeat(30)}`;
const DAY_SECONDS = 86_400;

let store: Storefront;
let browser: Browser;
let webhook_id: number;
let channel_id: string;

before(async () => {
  if (browserMissing.skip !== undefined) return;
  store = await Storefront.open(
    '--invoices-onchain-fallback',
    '--invoices-onchain-confirms=1',
    '--alias=Kaffee & Kuchen',
    '--shop-timezone=Europe/Berlin',
    '--webhook-allow-private=127.0.0.1',
  );
  browser = await Browser.open();
  await sellForAMonth();
});
after(async () => {
  await browser?.close();
  await store?.close();
});

/** Sales over thirty days, and a little of everything that pages show. */
async function sellForAMonth(): Promise<void> {
  const { client, shop } = store;
  const now = Math.floor(Date.now() / 1000);
  const goods = ['Flat white', 'Cheesecake', 'Two croissants', 'Oat milk latte', 'Beans, 500 g'];
  for (let sale = 0; sale < 90; sale++) {
    const description = goods[sale % goods.length] as string;
    const amount_msat = 3_000_000 + ((sale * 7919) % 37) * 1_111_000;
    const made = await client.call('invoice', { amount_msat, label: `counter-${1000 + sale}`, description });
    if (sale % 9 === 8) continue;
    await store.markPaid(made as never, BigInt(amount_msat));
    const paid_at = now - Math.floor(((89 - sale) / 3.2) ** 1.02 * DAY_SECONDS) - (sale % 5) * 600;
    const writes = [paid_at - 40, paid_at].map((at, index) => ({
      sql: `UPDATE invoices SET ${index === 0 ? 'created_at' : 'paid_at'} = ? WHERE label = ?`,
      params: [at, `counter-${1000 + sale}`],
    }));
    await shop.store.commit(writes);
  }
  // One that is paid over Lightning brings the customer and a channel.
  const lightning = await store.invoice({ label: 'web-2041', description: 'Coffee grinder' });
  await store.pay(lightning);
  channel_id = (await client.call('listpeerchannels', {})).channels[0]?.channel_id as string;
  ({ webhook_id } = (await client.call('createwebhook', {
    url: 'http://127.0.0.1:9/hooks/till',
    types: ['invoice.paid'],
  })) as { webhook_id: number });
  await client.call('testwebhook', { webhook_id });
  await client.call('createuser', { user: 'Anna', role: 'cashier' });
  await client.call('createuser', { user: 'Office & Co', role: 'accountant' });
  await client.call('createrune', { restrictions: [['method=invoice', 'method=waitinvoice'], ['rate=60']] });
  const { bolt11 } = await client.call('invoice', {
    amount_msat: 250_000_000,
    label: 'short-1',
    description: 'A box of tea',
  });
  const { fallbacks } = (await client.call('decode', { string: bolt11 })) as unknown as {
    fallbacks: { addr: string }[];
  };
  await store.deposit(fallbacks[0]?.addr as string, 100_000);
  await store.mine(1);
}

/** Opens a page as the owner, who has just signed in; the session ends with the visit. */
async function visit(path: string, look: Look, run: (seen: Visit) => Promise<void>): Promise<void> {
  const { token } = await store.client.call('createlogin', {});
  const seen = await browser.visit(
    `${store.dashboard_url}/sign-in?token=${token}&next=${encodeURIComponent(path)}`,
    look,
  );
  try {
    await seen.page.getByRole('button', { name: 'Sign in' }).click();
    await seen.page.waitForURL((url) => url.pathname + url.search === path);
    await run(seen);
    for (const { session_id } of (await store.client.call('listsessions', {})).sessions) {
      await store.client.call('deletesession', { session_id });
    }
  } finally {
    await seen.close();
  }
}

const PAGES: readonly (readonly [name: string, path: () => string, words: RegExp])[] = [
  ['overview', () => '/', /Today[\s\S]*This month[\s\S]*Can be received now[\s\S]*Last payments/],
  ['invoices', () => '/invoices', /Search[\s\S]*web-2041/],
  ['new-invoice', () => '/new-invoice', /Amount[\s\S]*What it is for/],
  ['receiving', () => '/receiving', /Reserve[\s\S]*Channels[\s\S]*Peers/],
  ['close', () => `/channels/${channel_id}/close`, /Close this channel\?/],
  ['deposits', () => '/deposits', /100,000.sat[\s\S]*short/],
  ['export', () => '/export', /Everything that made the shop richer or poorer/],
  ['payouts', () => '/payouts', /Pay an invoice[\s\S]*Pay an address/],
  ['webhooks', () => '/webhooks', /127\.0\.0\.1/],
  ['webhook', () => `/webhooks/${webhook_id}`, /Last attempts[\s\S]*failed/],
  ['people', () => '/people', /Anna[\s\S]*Signed in now[\s\S]*Who changed what/],
  ['runes', () => '/runes', /method equal to invoice/],
  ['account', () => '/account', /Password[\s\S]*Passkeys/],
  ['backups', () => '/backups', /The words[\s\S]*The database/],
  ['log', () => '/log', /node [0-9a-f]{66} is up|commands at/],
  ['settings', () => '/settings', /Name of the shop[\s\S]*Read when the node starts[\s\S]*dashboard-bind/],
  ['first-steps', () => '/first-steps', /Give the shop a name/],
];

for (const [name, path, words] of PAGES) {
  test(`the page ${name}, in every look`, options, async () => {
    for (const look of LOOKS) {
      await visit(path(), look, async (seen) => {
        assert.match(await seen.page.innerText('main'), words);
        await seen.check(`dashboard-${name}-${look.width}${look.is_dark ? '-dark' : ''}`);
      });
    }
  });
}

test('an invoice with everything that happened to it, in every look', options, async () => {
  const { invoices } = await store.client.call('listinvoices', { label: 'web-2041' });
  for (const look of LOOKS) {
    const suffix = `${look.width}${look.is_dark ? '-dark' : ''}`;
    await visit(`/invoices/${invoices[0]?.created_index}`, look, async (seen) => {
      assert.match(await seen.page.innerText('main'), /Refunds[\s\S]*History[\s\S]*Created[\s\S]*Paid/);
      await seen.check(`dashboard-invoice-${suffix}`);
    });
  }
});

test('what strangers write breaks no page', options, async () => {
  const { client } = store;
  const invoice = { amount_msat: 5_000_000, label: HOSTILE.slice(0, 120), description: HOSTILE };
  const made = await client.call('invoice', { ...invoice, metadata: { order: 17, note: HOSTILE } });
  await store.markPaid(made as never, 5_000_000n);
  await client.call('createuser', { user: HOSTILE.replace('\u202e', '').slice(0, 60), role: 'cashier' });
  await client.call('createrune', { restrictions: [[`pnamelabel^${HOSTILE}`]] });
  const pages = [
    ...PAGES.map(([name, path]) => [name, path()] as const),
    ['invoice', `/invoices/${made.created_index}`] as const,
  ];
  for (const [name, path] of pages) {
    await visit(path, { width: 320 }, async (seen) => seen.check(`dashboard-hostile-${name}-320`));
  }
});

test('somebody signs in, searches and signs out by keyboard alone', options, async () => {
  await store.client.call('updateuser', { user: 'Office & Co', password: 'a rather long password' });
  const seen = await browser.visit(`${store.dashboard_url}/invoices`, { width: 320 });
  try {
    await seen.check('dashboard-sign-in-320');
    await seen.tabTo('#name');
    await seen.page.keyboard.type('office & co');
    await seen.tabTo('#password');
    await seen.page.keyboard.type('a rather long password');
    await seen.page.keyboard.press('Enter');
    await seen.page.waitForURL('**/invoices');
    await seen.tabTo('#text');
    await seen.page.keyboard.type('grinder');
    await seen.page.keyboard.press('Enter');
    await seen.page.waitForURL('**/invoices?*');
    assert.match(await seen.page.innerText('main'), /web-2041/);
    await seen.tabTo('form[action="/sign-out"] button');
    await seen.page.keyboard.press('Enter');
    await seen.page.waitForURL('**/sign-in');
    assert.deepEqual(seen.faults, []);
  } finally {
    await seen.close();
  }
});

test('without scripts a payout is asked for, and an invoice is made', options, async () => {
  await visit('/new-invoice', { has_scripts: false, width: 320 }, async ({ page }) => {
    await page.fill('#amount', '2500');
    await page.fill('#description', 'Tea');
    await page.click('main button');
    await page.waitForURL('**/invoices/*');
    assert.match(await page.innerText('main'), /2,500.sat[\s\S]*unpaid[\s\S]*Tea/);
  });
});

test('a payment shows on the page that is open', options, async () => {
  await visit('/', {}, async ({ page, faults }) => {
    const made = await store.invoice({ label: 'live-1', description: 'While you watch' });
    await store.markPaid(made);
    await page.getByText('live-1').waitFor();
    assert.deepEqual(faults, []);
  });
});

test('a passkey is added, and signs in', options, async () => {
  const host = new URL(store.dashboard_url);
  host.hostname = 'localhost';
  const { token } = await store.client.call('createlogin', { user: 'Anna' });
  const seen = await browser.visit(`${host.origin}/sign-in?token=${token}&next=/account`);
  try {
    const devtools = await seen.page.context().newCDPSession(seen.page);
    await devtools.send('WebAuthn.enable');
    await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true },
        ...{ hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
      },
    });
    await seen.page.getByRole('button', { name: 'Sign in' }).click();
    await seen.page.getByRole('button', { name: 'Add a passkey' }).click();
    await seen.page.getByText('The passkey is kept.').waitFor();
    await seen.check('dashboard-passkey-1440');
    await seen.page.getByRole('button', { name: 'Sign out' }).click();
    await seen.page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await seen.page.waitForURL('**/invoices');
    const { sessions } = await store.client.call('listsessions', {});
    assert.ok(sessions.some(({ user, way }) => user === 'Anna' && way === 'passkey'));
  } finally {
    await seen.close();
  }
});
