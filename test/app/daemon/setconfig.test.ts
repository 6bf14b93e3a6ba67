/** Every option that may change while the node runs, changed by `setconfig`: it holds at once, and nothing starts again. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Client } from '../../../src/api/client/index.ts';
import type { OptionDefinition } from '../../../src/app/config/option.ts';
import { OPTIONS } from '../../../src/app/config/options.ts';
import { type Clock, systemClock } from '../../../src/base/types/clock.ts';
import { Surfer } from '../../api/web/pages/surfer.ts';
import { newDirectory, TillNode } from '../../e2e/till.ts';
import { JsonServer } from '../../support/json-server.ts';
import { Storefront } from '../../support/storefront.ts';
import { TIMEOUT } from '../../support/time-limit.ts';
import { until } from '../../support/town.ts';

let rates: JsonServer;
let store: Storefront;
let client: Client;
let labels = 0;
/** The shop's clock may be ahead, and what it does every hour is done when a test says so. */
let ahead_ms = 0;
const hourly: (() => void)[] = [];
const clock: Clock = {
  nowSeconds: () => systemClock.nowSeconds() + Math.floor(ahead_ms / 1000),
  monotonicMs: () => systemClock.monotonicMs() + ahead_ms,
  after(delay_ms, callback) {
    if (delay_ms !== 3_600_000) return systemClock.after(delay_ms, callback);
    hourly.push(callback);
    return () => {};
  },
};

before(async () => {
  rates = await JsonServer.open(() => '{"price":"100000"}');
  store = await Storefront.open(
    clock,
    ...['a', 'b'].map((name) => `--currencyrate-add-source=${name},${rates.url}/{currency},price`),
    ...['coingecko', 'kraken', 'blockchain.info', 'bitstamp', 'coinbase', 'bitfinex'].map(
      (name) => `--currencyrate-disable-source=${name}`,
    ),
  );
  ({ client } = store);
  // A channel: without one there is no reserve.
  await store.customerSocket();
});
after(async () => {
  await store?.close();
  await rates?.close();
});

async function set(config: string, val: string | number): Promise<void> {
  const answer = (await client.callAny('setconfig', { config, val, transient: true })) as {
    config: Record<string, unknown>;
  };
  assert.equal(answer.config.config, config);
  assert.equal(answer.config.source, 'setconfig transient');
  assert.equal(answer.config.dynamic, true);
  assert.equal(String(answer.config.value_str ?? answer.config.value_int), String(val));
}

/** What 1 EUR is, in millisatoshi; at 100,000 EUR it is 1,000,000 without margin. */
async function priced(amount = 100): Promise<number> {
  const made = await client.callAny('invoice', { label: `p-${++labels}`, description: 'x', currency: 'EUR', amount });
  return Number((made as { amount_msat: number }).amount_msat);
}

async function counterPage(): Promise<string> {
  const surfer = new Surfer(store.shop_url);
  const { token } = await client.call('createlogin', {});
  await surfer.submit(`/sign-in?token=${token}`, '/sign-in');
  return (await surfer.get('/pos')).text;
}

/** The web process hears of a change over its pair of sockets, a moment after the command has answered. */
async function pageSays(path: string, words: RegExp, at = store.shop_url): Promise<void> {
  let text = '';
  while (!words.test(text)) text = (await new Surfer(at).get(path)).text;
}

/** For each option: it is changed, and what follows from it is seen. */
const SHOWN: Readonly<Record<string, () => Promise<void>>> = {
  async alias() {
    const { checkout_url } = await store.invoice();
    const { pathname } = new URL(checkout_url);
    await pageSays(pathname, />shop</);
    await set('alias', 'Eckladen & Co');
    assert.equal((await client.call('getinfo', {})).alias, 'Eckladen & Co');
    await pageSays(pathname, /Eckladen &amp; Co/);
    await pageSays('/sign-in', /Eckladen &amp; Co/, store.dashboard_url);
  },
  async 'invoices-expiry'() {
    await set('invoices-expiry', 77);
    const { expires_at } = await client.call('invoice', { amount_msat: 1000, label: 'soon', description: 'x' });
    const { created_at } = (await client.call('decode', {
      string: (await client.call('listinvoices', { label: 'soon' })).invoices[0]?.bolt11 as string,
    })) as unknown as { created_at: number };
    assert.equal(Number(expires_at) - created_at, 77);
  },
  async 'autoclean-cycle'() {
    await set('autoclean-cycle', 7200);
    await set('autoclean-expiredinvoices-age', 50);
    const { autoclean } = await client.call('autoclean-status', {});
    assert.equal(autoclean?.expiredinvoices?.enabled, true);
  },
  async 'autoclean-expiredinvoices-age'() {
    await set('autoclean-expiredinvoices-age', 60);
    assert.equal(Number((await client.call('autoclean-status', {})).autoclean?.expiredinvoices?.age), 60);
    await set('autoclean-expiredinvoices-age', 0);
    assert.equal((await client.call('autoclean-status', {})).autoclean?.expiredinvoices?.enabled, false);
  },
  async 'autoclean-paidinvoices-age'() {
    await set('autoclean-paidinvoices-age', 70);
    assert.equal(Number((await client.call('autoclean-status', {})).autoclean?.paidinvoices?.age), 70);
    await set('autoclean-paidinvoices-age', 0);
  },
  async 'shop-timezone'() {
    await set('shop-timezone', 'Asia/Kathmandu');
    assert.equal((await client.call('listtakings', {})).timezone, 'Asia/Kathmandu');
    await assert.rejects(
      client.callAny('setconfig', { config: 'shop-timezone', val: 'Mars/Olympus' }),
      /is a time zone/,
    );
    assert.equal((await client.call('listtakings', {})).timezone, 'Asia/Kathmandu');
  },
  async 'shop-currency'() {
    await set('shop-currency', 'JPY');
    await client.callAny('createitem', { name: 'Tea', amount: 300 });
    const { items } = (await client.callAny('listitems', {})) as { items: { currency: string }[] };
    assert.equal(items[0]?.currency, 'JPY');
    while (!/JPY/.test(await counterPage()));
    await assert.rejects(client.callAny('setconfig', { config: 'shop-currency', val: 'QQQ' }), /ISO 4217/);
    await set('shop-currency', 'sat');
    while (/value="JPY"/.test(await counterPage()));
  },
  async 'shop-tips'() {
    await set('shop-tips', '7,12');
    while (!/value="7"[\s\S]*7 %[\s\S]*value="12"/.test(await counterPage()));
    await assert.rejects(
      client.callAny('setconfig', { config: 'shop-tips', val: '7;12' }),
      /whole numbers from 0 to 100/,
    );
  },
  async 'shop-language'() {
    await set('shop-language', 'ja');
    await pageSays('/nowhere', /lang="ja"/);
    await set('shop-language', 'en');
    await pageSays('/nowhere', /lang="en"/);
  },
  async 'currencyrate-max-age'() {
    await priced();
    const asked = rates.asked.length;
    await priced();
    assert.equal(rates.asked.length, asked);
    await set('currencyrate-max-age', 10);
    ahead_ms = 11_000;
    await priced();
    assert.equal(rates.asked.length, asked + 2);
    ahead_ms = 0;
    await set('currencyrate-max-age', 600);
  },
  async 'price-margin-ppm'() {
    assert.equal(await priced(), 1_000_000);
    await set('price-margin-ppm', 5000);
    assert.equal(await priced(), 1_005_000);
    await set('price-margin-ppm', 0);
  },
  async 'price-rounding'() {
    await set('price-round-to-msat', 300_000);
    assert.equal(await priced(), 1_200_000);
    await set('price-rounding', 'down');
    assert.equal(await priced(), 900_000);
    await set('price-rounding', 'up');
    await set('price-round-to-msat', 1000);
  },
  async 'price-round-to-msat'() {
    await set('price-round-to-msat', 700_000);
    assert.equal(await priced(), 1_400_000);
    await set('price-round-to-msat', 1000);
  },
  async 'events-keep-days'() {
    const { oldest_id } = (await client.callAny('listevents', { limit: 0 })) as { oldest_id: number };
    await set('events-keep-days', 3);
    ahead_ms = 4 * 86_400_000;
    for (const prune of hourly.splice(0)) prune();
    const oldest = async () => ((await client.callAny('listevents', { limit: 0 })) as { oldest_id: number }).oldest_id;
    while ((await oldest()) === oldest_id);
    ahead_ms = 0;
  },
  async 'lsp-max-fee'() {
    await set('lsp-max-fee', '1234sat');
    assert.equal(store.shop.liquidity.limits().max_fee_msat, 1_234_000n);
  },
  async 'lsp-max-fee-ppm'() {
    await set('lsp-max-fee-ppm', 4321);
    assert.equal(store.shop.liquidity.limits().max_fee_ppm, 4321);
  },
  async 'min-emergency-msat'() {
    await set('min-emergency-msat', 9_000_000_000);
    assert.equal(Number((await client.call('getinfo', {})).reserve.wanted_msat), 9_000_000_000);
  },
  async 'reserve-coins'() {
    await set('reserve-coins', 17);
    assert.equal((await client.call('getinfo', {})).reserve.coins_wanted, 17);
  },
  async 'undefended-msat'() {
    await set('undefended-msat', 55_000);
    assert.equal(store.shop.reserve.state().allowance_msat, 55_000n);
  },
  async 'inbound-keep'() {
    const said = () => store.town.log.some((line) => /inbound-keep: no channel was bought/.test(line));
    assert.equal(said(), false);
    await set('inbound-keep', '900000000sat');
    await until(said);
  },
  // What follows from it, test/node/liquidity/ shows: here it is in force.
  async 'inbound-keep-limit'() {
    await set('inbound-keep-limit', '20000sat');
    assert.equal(store.shop.options.config.values['inbound-keep-limit'], '20000sat');
  },
  async 'log-level'() {
    const node = await TillNode.start(newDirectory());
    const own = await node.connect();
    const alias = async (val: string) => void (await own.callAny('setconfig', { config: 'alias', val }));
    await alias('heard');
    await own.callAny('setconfig', { config: 'log-level', val: 'broken' });
    await alias('not heard');
    await own.callAny('setconfig', { config: 'log-level', val: 'info' });
    await alias('heard again');
    own.close();
    await node.stop();
    const said = [...readFileSync(join(node.dir, 'log'), 'utf8').matchAll(/setconfig: alias (.*) \(/g)];
    assert.deepEqual(
      said.map(([, value]) => value),
      ['heard', 'heard again'],
    );
    // The last values hold after the next start.
    const next = await TillNode.start(node.dir);
    const { stdout } = await next.till('listconfigs', 'alias');
    assert.match(stdout, /"heard again"[\s\S]*config\.setconfig:2[\s\S]*"dynamic": true/);
    await next.stop();
  },
};

test('every option that is dynamic is shown here, and listconfigs marks just these', async () => {
  const dynamic = (Object.entries(OPTIONS) as [string, OptionDefinition][])
    .filter(([, { is_dynamic }]) => is_dynamic === true)
    .map(([name]) => name);
  assert.deepEqual(Object.keys(SHOWN).toSorted(), dynamic.toSorted());
});

for (const [name, show] of Object.entries(SHOWN)) test(`setconfig ${name}`, TIMEOUT, show);
