/** The counter over HTTP: who may do what, forms that nobody else can send, and a shop without a fresh rate. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import type { PaymentHash } from '../../../src/base/types/brand.ts';
import { DEFAULT_SOURCES } from '../../../src/shop/rates/source.ts';
import { Storefront } from '../../support/storefront.ts';

let store: Storefront;

before(async () => {
  const silent = DEFAULT_SOURCES.map(({ name }) => `--currencyrate-disable-source=${name}`);
  store = await Storefront.open('--shop-currency=EUR', ...silent);
  for (const [user, role] of [
    ['bar', 'cashier'],
    ['chef', 'owner'],
    ['books', 'accountant'],
  ]) {
    await ask('createuser', { user, role });
  }
});
after(() => store.close());

async function ask(method: string, params: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
  return (await store.client.callAny(method, params as never)) as unknown as Record<string, unknown>;
}

/** A device on which somebody has signed in. */
class Device {
  readonly #cookie: string;

  static async of(user: string): Promise<Device> {
    const { token } = await ask('createlogin', { user });
    const response = await post('/sign-in', { way: 'link', token: String(token), next: '/pos' });
    return new Device(response.headers.getSetCookie()[0]?.split(';')[0] ?? '');
  }

  constructor(cookie: string) {
    this.#cookie = cookie;
  }

  get(path: string): Promise<Response> {
    return fetch(store.shop_url + path, { redirect: 'manual', headers: { cookie: this.#cookie } });
  }

  /** Sends the form of the keypad with what is given. */
  async send(path: string, fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) {
    const page = await (await this.get('/pos')).text();
    const hidden = Object.fromEntries(
      [...page.matchAll(/type="hidden" name="(form_token|key)" value="([^"]+)"/g)].map(([, name, value]) => [
        name,
        value,
      ]),
    );
    return await post(path, { ...hidden, ...fields }, { cookie: this.#cookie, ...headers });
  }
}

function post(
  path: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(store.shop_url + path, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: store.shop_url, 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(fields).toString(),
  });
}

test('who has not signed in is sent to sign in, and sees nothing', async () => {
  for (const path of ['/pos', '/pos/sales', '/pos/sales/1', '/pos/items', '/pos/sales/1/events']) {
    const response = await new Device('').get(path);
    assert.deepEqual(
      [response.status, response.headers.get('location')],
      [303, `/sign-in?next=${encodeURIComponent(path)}`],
    );
  }
  for (const path of ['/pos/manifest.webmanifest', '/pos/worker.js', '/pos/offline']) {
    assert.equal((await new Device('').get(path)).status, 200);
  }
});

test('without a fresh rate nothing is charged in a currency, and in satoshi it is', async () => {
  const bar = await Device.of('bar');
  const refused = await bar.send('/pos/sales', { unit: 'EUR', amount: '4.50' });
  assert.equal(refused.status, 400);
  const page = await refused.text();
  assert.match(page, /no fresh exchange rate/);
  assert.match(page, /name="amount"[^>]*value="4\.50"/, 'what was typed is still there');
  assert.deepEqual((await ask('listsales', {})).sales, []);
  const charged = await bar.send('/pos/sales', { unit: 'sat', amount: '2100', tip: '10' });
  assert.deepEqual([charged.status, charged.headers.get('location')], [303, '/pos/sales/1']);
  const { sales } = await ask('listsales', { sale_id: 1 });
  const [sale] = sales as Record<string, unknown>[];
  assert.deepEqual([sale?.counter, sale?.amount_msat, sale?.tip], ['bar', 2_310_000, 210_000]);
});

test('a form is taken once, from a page of the shop, with the token of the session', async () => {
  const bar = await Device.of('bar');
  const fields = { unit: 'sat', amount: '5', key: 'A'.repeat(22) };
  const [one, two] = [await bar.send('/pos/sales', fields), await bar.send('/pos/sales', fields)];
  assert.equal(one.headers.get('location'), two.headers.get('location'), 'sent twice it is one sale');
  const other = await bar.send('/pos/sales', { ...fields, amount: '6' });
  assert.notEqual(other.headers.get('location'), one.headers.get('location'), 'changed it is another');
  // A form that comes again when its sale was paid since must not look like another payment.
  const sale_id = Number(one.headers.get('location')?.split('/').at(-1));
  const { sales } = await ask('listsales', { sale_id });
  const [{ payment_hash } = {}] = sales as Record<string, unknown>[];
  assert.ok(await store.shop.invoices.markPaid(payment_hash as PaymentHash, msat(5_000)));
  const late = await bar.send('/pos/sales', fields);
  assert.equal(late.status, 400);
  assert.match(await late.text(), new RegExp(`charged already, as sale ${sale_id}`));
  assert.equal((await bar.send('/pos/sales', fields, { origin: 'https://evil.example' })).status, 403);
  assert.equal((await bar.send('/pos/sales', { ...fields, form_token: 'x' })).status, 400);
  assert.equal((await bar.send('/pos/sales', { ...fields, key: 'short' })).status, 400);
});

test('roles keep to what is theirs', async () => {
  const [bar, chef, books] = [await Device.of('bar'), await Device.of('chef'), await Device.of('books')];
  assert.equal((await bar.get('/pos/items')).status, 403);
  assert.equal((await chef.get('/pos/items')).status, 200);
  assert.equal((await books.get('/pos')).headers.get('location'), '/pos/sales');
  assert.equal((await books.get('/pos/sales')).status, 200);
  assert.equal((await books.get('/pos/items')).status, 403);
  const { sales } = await ask('listsales', { counter: 'bar', limit: 1 });
  const [{ sale_id } = {}] = sales as Record<string, unknown>[];
  assert.equal((await bar.get(`/pos/sales/${sale_id}`)).status, 200);
  for (const path of ['/pos/sales/999', '/pos/sales/0x1', '/pos/sales/-1', '/pos/sales/%3Cb%3E']) {
    assert.equal((await bar.get(path)).status, 404, path);
  }
});

test('a cashier gives money back for sales of the counter, and for nothing else', async () => {
  const bar = await Device.of('bar');
  const { sales } = await ask('listsales', { counter: 'bar', limit: 1 });
  const [{ sale_id } = {}] = sales as Record<string, unknown>[];
  const key = 'B'.repeat(22);
  const unpaid = await bar.send(`/pos/sales/${sale_id}/refunds`, {
    destination: 'nobody@shop.example',
    amount: '',
    key,
  });
  assert.equal(unpaid.status, 400);
  assert.match(await unpaid.text(), /unpaid/);
  const { users } = await ask('listusers', {});
  assert.ok((users as readonly Record<string, unknown>[]).length >= 3);
});
