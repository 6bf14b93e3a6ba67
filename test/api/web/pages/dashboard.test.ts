/** The dashboard over HTTP: who gets in, what each role may do, and that nothing strangers write becomes markup. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Client, connectToNode } from '../../../../src/api/client/index.ts';
import { Assets } from '../../../../src/api/web/pages/assets.ts';
import { dashboardPages } from '../../../../src/api/web/pages/dashboard/dashboard.ts';
import type { PageTools } from '../../../../src/api/web/pages/page.ts';
import type { Daemon } from '../../../../src/app/daemon/daemon.ts';
import type { Msat } from '../../../../src/base/types/amount.ts';
import { TIMEOUT } from '../../../support/time-limit.ts';
import { Town, TRUSTS_PEERS } from '../../../support/town.ts';
import { hiddenFields, Surfer } from './surfer.ts';

const HOSTILE = `"><script>alert(1)</script><img src=x onerror=alert(2)>'\u202egnp.exe \u{1f4a3}`;

describe('the dashboard', TIMEOUT, () => {
  let town: Town;
  let shop: Daemon;
  let customer: Daemon;
  let url: string;
  let client: Client;

  before(async () => {
    town = await Town.found();
    shop = await town.start(
      'shop',
      '--dashboard-bind=127.0.0.1:0',
      '--shop-bind=127.0.0.1:0',
      '--shop-timezone=Europe/Berlin',
      TRUSTS_PEERS,
    );
    customer = await town.start('customer', TRUSTS_PEERS);
    await town.fund(customer);
    await town.connect(customer, shop);
    await town.open(customer, shop, 1_000_000, 300_000_000);
    url = /the dashboard at (http:\S+)/.exec(town.log.join('\n'))?.[1] as string;
    client = await connectToNode(shop.rpc_file);
  });
  after(async () => {
    client?.close();
    await town.close();
  });

  /** Somebody who has just signed in by a link. */
  async function signedIn(user?: string): Promise<Surfer> {
    const { token } = await client.call('createlogin', user === undefined ? {} : { user });
    const surfer = new Surfer(url);
    const seen = await surfer.submit(`/sign-in?token=${token}`, '/sign-in');
    assert.equal(seen.status, 303, seen.text);
    return surfer;
  }

  const routes = dashboardPages({ assets: new Assets(new Map(), new Map()) } as PageTools);
  const pathOf = (path: string): string => path.replaceAll(/\{[a-z]+\}/g, '1');

  test('nobody sees a page or changes anything without having signed in', async () => {
    const stranger = new Surfer(url);
    assert.ok(routes.length > 30);
    for (const { method, path } of routes) {
      const seen = method === 'GET' ? await stranger.get(pathOf(path)) : await stranger.post(pathOf(path), {});
      assert.equal(seen.status, 303, `${method} ${path}`);
      assert.match(seen.location, /^\/sign-in/, `${method} ${path}`);
    }
  });

  test('a link signs in once, and the cookie is kept from scripts and other sites', async () => {
    const { url: link = '', token } = await client.call('createlogin', {});
    assert.ok(link.startsWith(`${url.replace('127.0.0.1', 'localhost')}/sign-in?token=`), link);
    const [one, other] = [new Surfer(url), new Surfer(url)];
    // Looking at the link does not use it up.
    await one.get(`/sign-in?token=${token}`);
    const seen = await one.submit(`/sign-in?token=${token}`, '/sign-in');
    assert.equal(seen.location, '/');
    assert.match(
      seen.headers.get('set-cookie') ?? '',
      /^till-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/,
    );
    assert.equal((await one.get('/')).status, 200);
    const again = await other.submit(`/sign-in?token=${token}`, '/sign-in');
    assert.equal(again.status, 401);
    assert.match(again.text, /used already, or is older than ten minutes/);
    assert.equal((await other.get('/')).status, 303);
    await one.submit('/', '/sign-out');
    assert.equal((await one.get('/')).status, 303);
  });

  test('signing in leads back to the page that was wanted, and to no other site', async () => {
    const surfer = new Surfer(url);
    const { location } = await surfer.get('/invoices?status=paid');
    assert.equal(location, '/sign-in?next=%2Finvoices%3Fstatus%3Dpaid');
    for (const [next, wanted] of [
      ['/log', '/log'],
      ['//evil.example', '/'],
      ['/\\evil.example', '/'],
      ['https://evil.example', '/'],
    ] as const) {
      const { token } = await client.call('createlogin', {});
      const seen = await surfer.submit(`/sign-in?token=${token}&next=${encodeURIComponent(next)}`, '/sign-in');
      assert.equal(seen.location, wanted);
      surfer.cookies.clear();
    }
  });

  test('a form of another site, and one without the token of the session, are refused', async () => {
    const owner = await signedIn();
    const fields = { ...hiddenFields((await owner.get('/settings')).text, '/settings'), alias: 'Corner' };
    const cross = await owner.post('/settings', fields, {
      origin: 'https://evil.example',
      'sec-fetch-site': 'cross-site',
    });
    assert.equal(cross.status, 403);
    const { form_token } = hiddenFields((await (await signedIn()).get('/settings')).text, '/settings');
    for (const wrong of ['', 'x', form_token as string]) {
      assert.equal((await owner.post('/settings', { ...fields, form_token: wrong })).status, 400);
    }
    assert.equal((await owner.post('/settings', fields)).status, 303);
  });

  test('every page is whole, and what strangers wrote is text on it', async () => {
    const owner = await signedIn();
    await client.call('createuser', { user: '<b>Eve</b> & "co"', role: 'cashier' });
    const { payment_hash, created_index } = await client.call('invoice', {
      amount_msat: 5000,
      label: HOSTILE,
      description: HOSTILE,
      metadata: { [HOSTILE]: HOSTILE },
    });
    await shop.invoices.markPaid(payment_hash as never, 5000n as Msat);
    await client.call('invoice', { amount_msat: 'any', label: 'long', description: 'x'.repeat(600) });
    const [channel] = (await client.call('listpeerchannels', {})).channels;
    const pages = routes.filter(
      ({ method, path }) => method === 'GET' && path !== '/live' && !path.includes('webhooks/'),
    );
    for (const { path } of pages) {
      const place = path.replace('{number}', String(created_index)).replace('{id}', channel?.channel_id as string);
      const { status, text, headers } = await owner.get(place);
      assert.equal(status, 200, `${place}: ${text}`);
      if (!headers.get('content-type')?.startsWith('text/html')) continue;
      assert.doesNotMatch(text, /<script>alert|<img src=x|<b>Eve/, place);
      assert.doesNotMatch(text, /\u202e/, place);
      assert.doesNotMatch(text, /undefined|\[object|NaN/, place);
      assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'/);
      assert.equal(headers.get('cache-control'), 'no-store');
    }
    const { text } = await owner.get(`/invoices/${created_index}`);
    assert.match(text, /&lt;script&gt;alert\(1\)/);
    assert.match(text, /Created[\s\S]*Paid/);
  });

  test('a search finds what is searched, and pages meet', async () => {
    const owner = await signedIn();
    for (let count = 0; count < 55; count++) {
      await client.call('invoice', { amount_msat: 1000, label: `page-${count}`, description: 'a cup' });
    }
    const first = await owner.get('/invoices?text=page-');
    const next = /href="(\/invoices\?[^"]*cursor=[^"]*)"/.exec(first.text)?.[1]?.replaceAll('&amp;', '&');
    assert.ok(next !== undefined, first.text);
    const second = await owner.get(next);
    const labels = [first, second].flatMap(({ text }) =>
      [...text.matchAll(/<bdi>(page-\d+)<\/bdi>/g)].map((match) => match[1]),
    );
    assert.equal(labels.length, 55);
    assert.equal(new Set(labels).size, 55);
    assert.match((await owner.get('/invoices?text=page-7')).text, /page-7/);
    assert.match((await owner.get('/invoices?cursor=nonsense')).text, /role="alert"/);
  });

  test('an accountant looks and changes nothing; a cashier makes invoices and no more', async () => {
    await client.call('createuser', { user: 'Ben', role: 'accountant' });
    await client.call('createuser', { user: 'Cora', role: 'cashier' });
    const ben = await signedIn('Ben');
    assert.equal((await ben.get('/')).status, 200);
    assert.equal((await ben.get('/receiving')).status, 200);
    const cora = await signedIn('Cora');
    assert.equal((await cora.get('/')).location, '/invoices');
    const tokenOf = async (surfer: Surfer) => hiddenFields((await surfer.get('/account')).text, '/sign-out');
    for (const surfer of [ben, cora]) {
      const token = await tokenOf(surfer);
      assert.equal((await surfer.get('/runes')).status, 403);
      assert.equal((await surfer.post('/receiving/address', token)).status, 403);
      assert.equal((await surfer.post('/people', { ...token, user: 'Mallory', role: 'owner' })).status, 403);
      assert.equal((await surfer.post('/runes', { ...token, kind: 'shop' })).status, 403);
    }
    assert.equal(
      (await ben.post('/new-invoice', { ...(await tokenOf(ben)), amount: '5', description: 'x' })).status,
      403,
    );
    const made = await cora.submit('/new-invoice', '/new-invoice', {
      amount: '1,000',
      description: 'Tea',
      label: 'tea-1',
    });
    assert.match(made.location, /^\/invoices\/\d+$/);
    assert.match((await cora.get(made.location)).text, /1,000.sat/);
    const { actions } = await client.call('listactions', { limit: 1 });
    assert.deepEqual(
      actions.map(({ user, role, method, outcome }) => [user, role, method, outcome]),
      [['Cora', 'cashier', 'invoice', 'done']],
    );
  });

  test('a cashier signs in at the counter by the same kind of link', async () => {
    const { counter_url = '' } = await client.call('createuser', { user: 'Gus', role: 'cashier' });
    const link = new URL(counter_url);
    assert.equal(link.hostname, 'localhost');
    const gus = new Surfer(link.origin);
    const seen = await gus.submit(link.pathname + link.search, '/sign-in');
    assert.equal(seen.location, '/pos', seen.text);
    assert.equal((await gus.get('/pos')).status, 200);
  });

  test('somebody who is removed, or whose session is ended, is out at once', async () => {
    const owner = await signedIn();
    await client.call('createuser', { user: 'Dora', role: 'accountant' });
    const dora = await signedIn('Dora');
    assert.equal((await dora.get('/')).status, 200);
    const { sessions } = await client.call('listsessions', {});
    const { session_id } = sessions.find(({ user }) => user === 'Dora') ?? assert.fail();
    const { text } = await owner.get('/people');
    const { form_token = '' } = hiddenFields(text, '/people/change');
    await owner.post('/people/change', { form_token, session_id: String(session_id), what: 'end' });
    assert.equal((await dora.get('/')).status, 303);
    const back = await signedIn('Dora');
    const asked = await owner.post('/people/change', { form_token, user: 'Dora', what: 'remove' });
    assert.match(asked.text, /Remove this user\?/);
    assert.equal((await back.get('/')).status, 200);
    await owner.post('/people/change', hiddenFields(asked.text, '/people/change'));
    assert.equal((await back.get('/')).status, 303);
  });

  test('a payout asks first, and pays once however often it is confirmed', async () => {
    const owner = await signedIn();
    const customers = await connectToNode(customer.rpc_file);
    const { bolt11 } = await customers.call('invoice', { amount_msat: 1_000_000, label: 'rent', description: 'Rent' });
    const asked = await owner.submit('/payouts', '/payouts/invoice', { invoice: bolt11 });
    assert.match(asked.text, /Pay this invoice\?[\s\S]*1,000.sat[\s\S]*Rent/);
    const before = (await customers.call('listinvoices', { label: 'rent' })).invoices;
    assert.equal(before[0]?.status, 'unpaid');
    const fields = hiddenFields(asked.text, '/payouts/invoice');
    const paid = await owner.post('/payouts/invoice', fields);
    assert.equal(paid.location, '/payouts?done=paid', paid.text);
    const again = await owner.post('/payouts/invoice', fields);
    assert.equal(again.location, '/payouts?done=paid');
    const { pays } = await client.call('listpays', { bolt11 });
    assert.equal(pays.length, 1);
    const wrong = await owner.submit('/payouts', '/payouts/invoice', { invoice: 'lnbc1nonsense' });
    assert.equal(wrong.status, 400);
    const { actions } = await client.call('listactions', { limit: 20 });
    assert.equal(actions.filter(({ method }) => method === 'xpay').length, 1);
    customers.close();
  });

  test('a refund asks first, is sent once, and the ledger has it', async () => {
    const owner = await signedIn();
    const customers = await connectToNode(customer.rpc_file);
    const { bolt11, created_index } = await client.call('invoice', {
      amount_msat: 9_000_000,
      label: 'r-1',
      description: 'x',
    });
    await customers.call('pay', { bolt11 });
    const back = await customers.call('invoice', { amount_msat: 4_000_000, label: 'back', description: 'Sorry' });
    const page = `/invoices/${created_index}`;
    const action = `${page}/refund`;
    const asked = await owner.submit(page, action, { destination: back.bolt11, satoshi: '4,000', note: '=1+1' });
    assert.match(asked.text, /Give this back\?[\s\S]*4,000.sat/);
    assert.deepEqual((await client.call('listrefunds', {})).refunds, []);
    const fields = hiddenFields(asked.text, action);
    for (let times = 0; times < 2; times++) {
      const sent = await owner.post(action, fields);
      assert.equal(sent.location, `${page}?done=refunded`, sent.text);
    }
    const { refunds } = await client.call('listrefunds', {});
    assert.deepEqual(
      refunds.map(({ status, amount_msat }) => [status, Number(amount_msat)]),
      [['sent', 4_000_000]],
    );
    assert.match((await owner.get(page)).text, /Up to 5,000.sat can be given back/);
    const file = await owner.get('/export/ledger?format=generic');
    assert.match(file.headers.get('content-disposition') ?? '', /attachment; filename="ledger\.csv"/);
    assert.match(file.text, /refund/);
    assert.doesNotMatch(file.text, /[,"]=1\+1/);
    customers.close();
  });

  test('a rune that may do everything is asked for twice, and revoked by a button', async () => {
    const owner = await signedIn();
    const asked = await owner.submit('/runes', '/runes', { kind: 'everything' });
    assert.match(asked.text, /Make a rune that may do everything\?/);
    const made = await owner.post('/runes', hiddenFields(asked.text, '/runes'));
    const rune = /<p class="mono">([\w-]+=*)<\/p>/.exec(made.text)?.[1];
    assert.ok(rune !== undefined, made.text);
    assert.deepEqual(await client.call('checkrune', { rune, method: 'pay' }), { valid: true });
    const { runes } = await client.call('showrunes', { rune });
    const id = runes[0]?.unique_id as string;
    const sure = await owner.post('/runes/revoke', { ...hiddenFields(made.text, '/runes/revoke'), id });
    await owner.post('/runes/revoke', hiddenFields(sure.text, '/runes/revoke'));
    await assert.rejects(client.call('checkrune', { rune, method: 'pay' }), /Blacklisted rune/);
  });

  test('a copy of the database shows with its age, and the backups of channels are downloaded', async () => {
    const owner = await signedIn();
    const destination = join(town.dir, 'copy.sqlite3');
    const made = await owner.submit('/backups', '/backups', { destination });
    assert.equal(made.location, '/backups?done=copied', made.text);
    assert.ok((await owner.get('/backups')).text.includes(destination));
    assert.ok(existsSync(destination));
    const twice = await owner.submit('/backups', '/backups', { destination });
    assert.match(twice.text, /a backup overwrites nothing/);
    const file = await owner.get('/backups/channels.json');
    assert.match(file.headers.get('content-disposition') ?? '', /^attachment/);
    const { scb } = await client.call('staticbackup', {});
    assert.equal((JSON.parse(file.text) as { scb: string[] }).scb.length, scb.length);
    const lines = await owner.get('/log?level=info');
    assert.match(lines.text, /session \d+ \(owner, owner\): backup/);
  });

  test('a password that was set signs in, and its text is nowhere in the log of actions', async () => {
    await client.call('createuser', { user: 'Finn', role: 'cashier' });
    const finn = await signedIn('Finn');
    const password = 'a rather long password';
    const unequal = await finn.submit('/account', '/account/password', { password, again: 'another' });
    assert.equal(unequal.status, 400);
    const set = await finn.submit('/account', '/account/password', { password, again: password });
    assert.equal(set.location, '/account?done=password', set.text);
    const later = new Surfer(url);
    const seen = await later.submit('/sign-in', '/sign-in', { name: 'finn', password });
    assert.equal(seen.location, '/', seen.text);
    const wrong = await new Surfer(url).submit('/sign-in', '/sign-in', { name: 'finn', password: 'guessed it well' });
    assert.equal(wrong.status, 401);
    assert.match(wrong.text, /The name or the password is wrong/);
    assert.doesNotMatch(JSON.stringify(await client.call('listactions', {})), /rather long/);
  });

  test("settings change the node at once, are written to its log of actions, and are the owner's alone", async () => {
    const owner = await signedIn();
    const page = await owner.get('/settings');
    const { configs } = (await client.call('listconfigs', {})) as { configs: Record<string, { dynamic?: boolean }> };
    for (const [name, { dynamic }] of Object.entries(configs)) {
      if (dynamic === true) assert.ok(page.text.includes(` name="${name}"`), `${name} has a field`);
      else assert.ok(page.text.includes(`<td class="mono">${name}</td>`), `${name} is in the table`);
    }
    const fields = { 'invoices-expiry': '900', 'autoclean-cycle': '3600' };
    const sent = await owner.submit('/settings', '/settings', { group: 'invoices', ...fields });
    assert.equal(sent.location, '/settings?done=saved', sent.text);
    const now = (await client.call('listconfigs', { config: 'invoices-expiry' })).configs as Record<string, unknown>;
    assert.match(JSON.stringify(now), /"value_int":900,"source":"[^"]*config\.setconfig:\d+","dynamic":true/);
    const again = await owner.submit('/settings', '/settings', { group: 'invoices', ...fields });
    assert.equal(again.location, '/settings?done=nothing');
    const { actions } = await client.call('listactions', { limit: 1 });
    assert.match(JSON.stringify(actions[0]), /"method":"setconfig".*invoices-expiry.*900.*"outcome":"done"/);
    const wrong = await owner.submit('/settings', '/settings', { group: 'invoices', 'invoices-expiry': 'soon' });
    assert.equal(wrong.status, 400);
    assert.match(wrong.text, /Error setting invoices-expiry[\s\S]*value="soon"/);
    await client.call('createuser', { user: 'Nora', role: 'accountant' });
    const nora = await signedIn('Nora');
    const { form_token } = hiddenFields((await nora.get('/')).text, '/sign-out');
    const refused = await nora.post('/settings', {
      form_token: form_token as string,
      group: 'invoices',
      'invoices-expiry': '60',
    });
    assert.equal(refused.status, 403, refused.text);
    assert.match(JSON.stringify((await client.call('listconfigs', { config: 'invoices-expiry' })).configs), /900/);
  });

  test('takings are those of the shop and its days', async () => {
    const { takings, timezone, payments, amount_msat } = await client.call('listtakings', { periods: 2 });
    assert.equal(timezone, 'Europe/Berlin');
    assert.equal(takings.length, 2);
    const { invoices } = await client.call('listinvoices', { index: 'paid', status: 'paid' });
    assert.equal(payments, invoices.length);
    assert.equal(
      BigInt(amount_msat),
      invoices.reduce((sum, { amount_received_msat }) => sum + BigInt(amount_received_msat ?? 0), 0n),
    );
  });
});
