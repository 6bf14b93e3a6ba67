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
  store = await Storefront.open('--shop-currency=EUR', '--clnrest-port=0', '--clnrest-protocol=http', ...silent);
  for (const [user, role] of [
    ['bar', 'cashier'],
    ['terrace', 'cashier'],
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

test('over the API a cashier sells, looks back and gives back at the own counter, as on the pages', async () => {
  const api = /REST at (\S+)\/v1/.exec(store.town.log.join('\n'))?.[1] as string;
  const { runes } = await ask('showrunes', {});
  const { rune } = (runes as readonly { rune: string; restrictions_as_english: string }[]).find(
    ({ restrictions_as_english }) => /\bbar\b/.test(restrictions_as_english),
  ) as { rune: string };
  const asBar = async (method: string, params: Readonly<Record<string, unknown>>) => {
    const headers = { rune, 'content-type': 'application/json' };
    const answer = await fetch(`${api}/v1/${method}`, { method: 'POST', headers, body: JSON.stringify(params) });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const theirs = await ask('createsale', { counter: 'terrace', amount: 5_000 });
  const { status, body: own } = await asBar('createsale', { counter: 'bar', amount: 5_000 });
  assert.equal(status, 201);
  for (const { payment_hash } of [theirs, own]) {
    await store.shop.invoices.markPaid(payment_hash as PaymentHash, msat(5_000));
  }
  const back = { destination: 'nobody@shop.example' };
  for (const [method, params] of [
    ['createsale', { counter: 'terrace', amount: 1 }],
    ['listsales', {}],
    ['listsales', { counter: 'terrace' }],
    ['refund', { ...back, label: theirs.label }],
    ['refund', { ...back, label: theirs.label, counter: 'terrace' }],
  ] as const) {
    const refused = await asBar(method, params);
    assert.equal(refused.status, 401, JSON.stringify([method, params, refused.body]));
  }
  const SALE_NOT_FOUND = 'There is no such sale of this counter';
  for (const [method, params] of [
    ['listsales', { counter: 'bar', sale_id: theirs.sale_id }],
    ['refund', { ...back, label: theirs.label, counter: 'bar' }],
  ] as const) {
    assert.equal((await asBar(method, params)).body.message, SALE_NOT_FOUND, method);
  }
  // An invoice with the label of a sale is none.
  await asBar('invoice', { amount_msat: 1, label: 'pos/mine', description: 'x' });
  assert.match(
    String((await asBar('refund', { ...back, label: 'pos/mine', counter: 'bar' })).body.message),
    /There is no sale pos\/mine/,
  );
  const listed = await asBar('listsales', { counter: 'bar', sale_id: own.sale_id });
  assert.equal((listed.body.sales as readonly unknown[]).length, 1);
  // The own sale may go back: here nobody is at the address.
  const { body } = await asBar('refund', { ...back, label: own.label, counter: 'bar' });
  assert.doesNotMatch(String(body.message), /sale|authorized/i);
});
