/** The checkout page: what it shows in every state, what it never shows, and how it hears of a payment. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DEFAULT_SOURCES } from '../../../../src/shop/rates/source.ts';
import { JsonServer } from '../../../support/json-server.ts';
import { readSvg } from '../../../support/read-qr.ts';
import { Storefront } from '../../../support/storefront.ts';

let store: Storefront;
/** On the internet: behind a proxy, with a name, and with prices. */
let named: Storefront;
let rates: JsonServer;
before(async () => {
  store = await Storefront.open('--invoices-onchain-fallback', '--invoices-onchain-confirms=2');
  rates = await JsonServer.open(() => '{"price":"50000.25"}');
  named = await Storefront.open(
    '--public-url=https://Pay.example',
    '--trusted-proxy=127.0.0.1',
    ...DEFAULT_SOURCES.map(({ name }) => `--currencyrate-disable-source=${name}`),
    ...['a', 'b'].map((name) => `--currencyrate-add-source=${name},${rates.url}/{currency},price`),
  );
});
after(async () => {
  await Promise.all([store.close(), named.close()]);
  await rates.close();
});

/** Where a page is for who does not go by its name. */
const near = (checkout_url: string): string => named.shop_url + new URL(checkout_url).pathname;

async function text(url: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(url, { headers });
  assert.equal(response.status, 200, url);
  return await response.text();
}

/** What is seen of a page, without its markup. */
function seen(markup: string): string {
  return markup
    .replaceAll(/<(?:svg|head|noscript)\b[\s\S]*?<\/(?:svg|head|noscript)>/g, ' ')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/[\s\u00a0]+/g, ' ');
}

/**
 * Reads events of the page until one of this kind comes in which these words are seen, and answers its data: between two states
 * that a test looks for there may be others.
 */
async function nextEvent(url: string, kind: string, words = /(?:)/): Promise<string> {
  const response = await fetch(url);
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  let heard = '';
  const decoder = new TextDecoder();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the stream ended: ${heard}`);
    heard += decoder.decode(value, { stream: true });
    const events = [...heard.matchAll(new RegExp(`event: ${kind}\n((?:data: .*\n)+)\n`, 'g'))];
    const found = events
      .map(([, data = '']) => data.replaceAll(/^data: ?/gm, ''))
      .find((data) => words.test(seen(data)));
    if (found === undefined) continue;
    await reader.cancel();
    return found;
  }
}

const livePath = (markup: string): string | undefined =>
  /data-live="([^"]+)"/.exec(markup)?.[1]?.replaceAll('&amp;', '&');
/** What a reader finds in the codes of a page. */
const codesOf = (markup: string): string[] =>
  [...markup.matchAll(/<svg role="img".*?<\/svg>/gs)].map(([svg]) => readSvg(svg).text);
const liveUrl = (markup: string): string => store.shop_url + livePath(markup);

test('an invoice has a page when it asks for one, under a name of 128 random bits', async () => {
  const { checkout_url, bolt11 } = await store.invoice();
  assert.match(checkout_url, new RegExp(`^${store.shop_url}/i/[0-9a-f]{32}$`));
  const page = await text(checkout_url);
  assert.match(seen(page), /Pay to shop 250,000 sat A box of tea Waiting for your payment/);
  assert.ok(page.includes(`href="lightning:${bolt11}"`));
  assert.match(page, new RegExp(`href="bitcoin:bcrt1[a-z0-9]+\\?amount=0\\.0025&amp;lightning=${bolt11}"`));
  const address = /href="bitcoin:(bcrt1[a-z0-9]+)/.exec(page)?.[1] as string;
  assert.deepEqual(codesOf(page), [
    `LIGHTNING:${bolt11.toUpperCase()}`,
    `bitcoin:${address.toUpperCase()}?amount=0.0025&lightning=${bolt11.toUpperCase()}`,
  ]);
  assert.ok(!('checkout_url' in (await store.invoice({ checkout: false }))));
  for (const wrong of [
    '0'.repeat(32),
    'x',
    checkout_url.slice(-32).toUpperCase(),
    '%00',
    `${checkout_url.slice(-32)}0`,
  ]) {
    assert.equal((await fetch(`${store.shop_url}/i/${wrong}`)).status, 404, wrong);
  }
});

test('the process that serves it has read its styles and modules, and may read nothing more', async () => {
  assert.deepEqual(
    store.town.log.filter((line) => /the web process (reads|writes|starts)/.test(line)),
    [],
  );
});

test('all of a first visit is below 12 kB on the wire', async () => {
  const { checkout_url } = await store.invoice({ checkout_renewal: true });
  const size = async (url: string): Promise<number> => {
    const response = await fetch(url, { headers: { 'accept-encoding': 'gzip, br' } });
    const length = Number(response.headers.get('content-length'));
    assert.ok(length > 0);
    return length;
  };
  const page = await text(checkout_url);
  const loaded = [...page.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path]) => path as string);
  const modules = await Promise.all(
    loaded.filter((path) => path.endsWith('.js')).map((path) => text(store.shop_url + path)),
  );
  const imported = modules.flatMap((module) =>
    [...module.matchAll(/'(\/assets\/[^']+)'/g)].map(([, path]) => path as string),
  );
  const urls = [checkout_url, ...new Set([...loaded, ...imported].map((path) => store.shop_url + path))];
  const sizes = await Promise.all(urls.map(size));
  const total = sizes.reduce((all, each) => all + each, 0);
  assert.ok(total < 12_000, `${total} bytes: ${sizes.join(' + ')}`);
});

test('a payment is on the page as soon as it is made, and then the page is a receipt', async () => {
  const made = await store.invoice({ redirect_url: 'https://shop.example/thanks?order=1&x=2' });
  const page = await text(made.checkout_url);
  assert.ok(!page.includes('shop.example'), 'the way back is shown when it is paid');
  const state = nextEvent(liveUrl(page), 'state');
  await store.markPaid(made, 260_000_000n);
  const fresh = seen(await state);
  assert.match(fresh, /Paid 260,000 sat received\. Thank you! 10,000 sat more than asked Receipt/);
  assert.match(
    fresh,
    /For A box of tea Amount 260,000 sat Paid .* UTC Paid over Lightning Reference [0-9a-f]{64} Back to the shop/,
  );
  const paid = await text(made.checkout_url);
  assert.ok(seen(paid).includes('Thank you!'));
  assert.ok(paid.includes('href="https://shop.example/thanks?order=1&amp;x=2"'));
  assert.ok(!paid.includes('http-equiv'), 'it does not load itself again');
  assert.ok(!paid.includes('lightning:'), 'nobody pays it twice');
});

test('nothing is shown but what belongs to the page', async () => {
  const preimage = 'ab'.repeat(32);
  const made = await store.invoice({ preimage, metadata: { customer: 'Alice Hidden' }, label: 'secret-label' });
  const page = await text(made.checkout_url);
  await store.markPaid(made);
  const paid = await text(made.checkout_url);
  for (const hidden of [preimage, 'Alice Hidden', 'secret-label']) {
    assert.ok(!page.includes(hidden), hidden);
    assert.ok(!paid.includes(hidden), hidden);
  }
});

test('a payment that is in no block yet is seen, and asks nobody to pay twice', async () => {
  const made = await store.invoice();
  const page = await text(made.checkout_url);
  await store.deposit(await store.addressOf(made), 250_000);
  const state = await nextEvent(liveUrl(page), 'state', /250,000 sat is on its way/);
  assert.match(seen(state), /250,000 sat is on its way, and not in a block yet The payment has to be in a block/);
  assert.ok(!state.includes('lightning:'));
});

test('deposits: seen in a block, confirmed, short and by how much, and the rest', async () => {
  const made = await store.invoice();
  const first = await text(made.checkout_url);
  const address = await store.addressOf(made);
  const short = nextEvent(liveUrl(first), 'state', /Not enough yet/);
  await store.deposit(address, 200_000);
  await store.mine(1);
  assert.match(seen(await short), /Not enough yet: 50,000 sat is missing/);
  const page = await text(made.checkout_url);
  assert.ok(page.includes(`href="bitcoin:${address}?amount=0.0005"`));
  assert.deepEqual(codesOf(page), [`bitcoin:${address.toUpperCase()}?amount=0.0005`]);
  assert.ok(!page.includes('lightning:'), 'Lightning would pay all of it again');
  const confirming = nextEvent(liveUrl(page), 'state', /Payment seen/);
  await store.deposit(address, 50_000);
  await store.mine(1);
  assert.match(seen(await confirming), /Payment seen: 1 of 2 confirmations/);
  const last = nextEvent(liveUrl(await text(made.checkout_url)), 'state', /Thank you/);
  await store.mine(1);
  assert.match(seen(await last), /Paid 250,000 sat received\. Thank you! Receipt .* Paid over Bitcoin, on-chain/);
});

test('an invoice that has expired says so, and offers another one where the shop allows', async () => {
  const closed = await store.invoice({ expiry: 1, checkout: true });
  const open = await store.invoice({ expiry: 1, checkout_renewal: true, label: 'renewed' });
  const page = await text(open.checkout_url);
  if (seen(page).includes('Waiting')) await nextEvent(liveUrl(page), 'state');
  assert.match(
    seen(await text(open.checkout_url)),
    /This invoice has expired Do not pay it any more\. Make a new invoice/,
  );
  assert.doesNotMatch(seen(await text(closed.checkout_url)), /Make a new invoice/);

  const press = async (url: string) =>
    await fetch(`${url}/renew`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: store.shop_url },
    });
  const next = (await press(open.checkout_url)).headers.get('location');
  assert.match(next as string, /^\/i\/[0-9a-f]{32}$/);
  assert.match(seen(await text(store.shop_url + next)), /250,000 sat A box of tea (Waiting|This invoice has expired)/);
  const { invoices } = (await store.client.callAny('listinvoices', { label: 'renewed~2' })) as { invoices: object[] };
  assert.equal(invoices.length, 1);
  assert.equal((await press(closed.checkout_url)).status, 500);
  assert.equal((await fetch(`${open.checkout_url}/renew`, { method: 'POST', redirect: 'manual' })).status, 403);
});

test('what came too late is told, with the number that the shop can look up', async () => {
  const made = await store.invoice({ expiry: 1 });
  const page = await text(made.checkout_url);
  const address = await store.addressOf(made);
  if (seen(page).includes('Waiting')) await nextEvent(liveUrl(page), 'state');
  await store.deposit(address, 250_000);
  await store.mine(2);
  const late = await text(made.checkout_url);
  assert.match(seen(late), /250,000 sat arrived too late or was too little The shop has it\./);
  assert.ok(seen(late).includes(made.payment_hash));
});

test('a deleted invoice has no page', async () => {
  const made = await store.invoice({ label: 'deleted' });
  const over = nextEvent(liveUrl(await text(made.checkout_url)), 'over');
  await store.client.callAny('delinvoice', { label: 'deleted', status: 'unpaid' });
  await over;
  assert.equal((await fetch(made.checkout_url)).status, 404);
});

test('hostile texts stay texts', async () => {
  const description = `</title><script>alert(1)</script>"'><img src=x onerror=alert(1)> \u202edlrow ${'W'.repeat(100)} 👩‍🚀`;
  const { checkout_url } = await store.invoice({ description, label: `"><script>${'x'.repeat(50)}` });
  const page = await text(checkout_url);
  assert.equal(page.match(/<script/g)?.length, 1, 'its own');
  assert.ok(!page.includes('<img'));
  assert.ok(!page.includes('\u202e'));
  assert.ok(page.includes('[U+202E]dlrow'));
});

test('the page speaks the language of its reader', async () => {
  const { checkout_url } = await store.invoice();
  const greetings: readonly (readonly [string, string])[] = [
    ['de', 'Warten auf Ihre Zahlung'],
    ['es', 'Esperando su pago'],
    ['fr', 'En attente de votre paiement'],
    ['pt', 'À espera do seu pagamento'],
    ['ja', 'お支払いをお待ちしています'],
  ];
  for (const [language, words] of greetings) {
    const page = await text(checkout_url, { 'accept-language': `${language}-XX, en;q=0.1` });
    assert.ok(page.includes(words), language);
    assert.ok(page.includes(`<html lang="${language}">`), language);
  }
});

test('a repeated request has the same page; one that asks for another way back is refused', async () => {
  const asked = { label: 'again', redirect_url: 'https://shop.example/', idempotent: true };
  const first = await store.invoice(asked);
  assert.equal((await store.invoice(asked)).checkout_url, first.checkout_url);
  await assert.rejects(store.invoice({ ...asked, redirect_url: 'https://other.example/' }), /Duplicate label/);
});

test('where a page may lead back to is https, or this machine', async () => {
  for (const redirect_url of [
    'https://shop.example/a?b=c#d',
    'http://localhost:8080/x',
    'http://127.0.0.1/',
    'http://[::1]:3/',
  ]) {
    assert.ok((await store.invoice({ redirect_url })).checkout_url);
  }
  for (const redirect_url of [
    'http://shop.example/',
    'javascript:alert(1)',
    'https://a:b@shop.example/',
    '/thanks',
    `https://x.example/${'x'.repeat(2000)}`,
    'data:text/html,x',
  ]) {
    await assert.rejects(store.invoice({ redirect_url }), /redirect_url: should/, redirect_url);
  }
  await assert.rejects(store.invoice({ checkout: false, redirect_url: 'https://shop.example/' }), /checkout=true/);
});

test('a page leads back to the address that is stored with the invoice, whatever the link to it says', async () => {
  const stored = await store.invoice({ redirect_url: 'https://shop.example/thanks' });
  const none = await store.invoice();
  for (const made of [stored, none]) await store.markPaid(made);
  const evil =
    'redirect_url=https%3A%2F%2Fevil.example%2F&redirect=https%3A%2F%2Fevil.example%2F&next=%2F%2Fevil.example';
  const page = await text(`${stored.checkout_url}?${evil}`);
  assert.match(page, /href="https:\/\/shop\.example\/thanks"/);
  for (const shown of [page, await text(`${none.checkout_url}?${evil}`)]) assert.doesNotMatch(shown, /evil/);
  assert.doesNotMatch(await text(none.checkout_url), /id="back"/);
});

test('a client that asks too often waits; a proxy that is named tells one from another', async () => {
  const url = near((await named.invoice()).checkout_url);
  const status = async (client: string): Promise<number> =>
    (await fetch(url, { headers: { 'x-forwarded-for': client } })).status;
  const statuses = new Map<number, number>();
  for (let look = 0; look < 70; look++) {
    const one = await status('192.0.2.1');
    statuses.set(one, (statuses.get(one) ?? 0) + 1);
  }
  assert.ok((statuses.get(200) ?? 0) >= 60);
  // A bucket fills by one in a second: on a slow machine it is never empty.
  assert.equal((statuses.get(200) ?? 0) + (statuses.get(429) ?? 0), 70);
  assert.equal(await status('192.0.2.2'), 200);
});

test('a price in a currency is shown with the rate that was pinned, and a further invoice asks for it again', async () => {
  const priced = { currency: 'EUR', amount: 450, label: 'tea', expiry: 1, checkout_renewal: true };
  const made = near((await named.invoice(priced)).checkout_url);
  const page = await text(made, { 'accept-language': 'de' });
  assert.match(seen(page), /9\.000 sat 4,50 € 1 BTC = 50\.000,25 €/);
  if (seen(page).includes('Warten')) await nextEvent(named.shop_url + livePath(page), 'state');
  const pressed = await fetch(`${made}/renew`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: named.shop_url },
  });
  assert.match(seen(await pressed.text()), /9,000 sat €4\.50 1 BTC = €50,000\.25/);
  const further = await named.invoice({ currency: 'EUR', amount: 450, label: 'cake' });
  await named.markPaid(further, 9_000_000n);
  const receipt = seen(await text(near(further.checkout_url)));
  assert.match(receipt, /Amount 9,000 sat Price €4\.50 \( ?1 BTC = €50,000\.25 ?\)/);
});

test('a head that no browser sends is refused', async () => {
  const response = await fetch(store.shop_url, { headers: { cookie: 'x'.repeat(17_000) } });
  assert.equal(response.status, 431);
});

test('with a public name, links have it, and the page answers to its address too', async () => {
  const { checkout_url } = await named.invoice();
  assert.match(checkout_url, /^https:\/\/pay\.example\/i\/[0-9a-f]{32}$/);
  assert.match(named.town.log.join('\n'), /the shop's pages at http:\S+, for customers at https:\/\/pay\.example$/m);
  assert.match(await text(near(checkout_url)), /Waiting for your payment/);
});
