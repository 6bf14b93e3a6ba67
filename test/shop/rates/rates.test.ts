import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { CURRENCIES, type CurrencyCode } from '../../../src/base/types/currency.ts';
import { decimal, formatDecimal } from '../../../src/base/types/exact-decimal.ts';
import type { JsonOutcome, JsonQuestion, JsonSource } from '../../../src/infra/http/json-asker.ts';
import type { PriceRules } from '../../../src/shop/rates/conversion.ts';
import { Rates } from '../../../src/shop/rates/rates.ts';
import { parseSource } from '../../../src/shop/rates/source.ts';

const EUR = 'EUR' as CurrencyCode;
const MAX_AGE_SECONDS = 600;

/** Sources that say what a test wants: a price, `null` for none, or nothing until they are told to. */
class Exchange implements JsonSource {
  readonly clock = new ManualClock();
  readonly asked: string[] = [];
  readonly lines: string[] = [];
  says: Record<string, string | null> = { a: '58000', b: '58100', c: '58200' };
  #waiting: (() => void)[] = [];
  is_silent = false;
  is_closed = false;
  readonly rates: Rates;

  constructor(t: TestContext, rules: Partial<PriceRules> = {}) {
    this.rates = new Rates({
      sources: ['a', 'b', 'c'].map((name) => parseSource(`${name},https://${name}.example/{currency},price`)),
      asker: this,
      clock: this.clock,
      max_age_seconds: MAX_AGE_SECONDS,
      rules: { margin_ppm: 0, rounding: 'up', round_to_msat: 1000n, ...rules },
      log: { info: (text) => this.lines.push(text), warn: (text) => this.lines.push(`! ${text}`) },
    });
    t.after(() => this.rates.stop());
  }

  async ask({ url }: JsonQuestion): Promise<JsonOutcome> {
    const { hostname, pathname } = new URL(url);
    const name = hostname.slice(0, 1);
    this.asked.push(name + pathname);
    if (this.is_silent) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const said = this.says[name];
    if (said === undefined) return { kind: 'failed', reason: 'the server answers HTTP 503' };
    return { kind: 'answered', values: [said] };
  }

  /** Lets those that were silent answer. */
  speak(): void {
    this.is_silent = false;
    for (const answer of this.#waiting) answer();
    this.#waiting = [];
  }

  close(): void {
    this.is_closed = true;
  }

  /** Lets the answers of this moment arrive. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

test('nobody is asked before somebody needs a rate, and then once for many', async (t) => {
  const exchange = new Exchange(t);
  await exchange.settle();
  assert.deepEqual(exchange.asked, []);
  const found = await Promise.all([1, 2, 3].map(() => exchange.rates.agreed(EUR)));
  assert.deepEqual(exchange.asked, ['a/EUR', 'b/EUR', 'c/EUR']);
  assert.deepEqual(new Set(found.map(({ rate }) => formatDecimal(rate))), new Set(['58100']));
  assert.deepEqual(found[0]?.rate_sources, ['a', 'b', 'c']);
  await exchange.rates.agreed(EUR);
  assert.equal(exchange.asked.length, 3, 'a fresh rate is used again');
});

test('while a currency is used its rates are renewed in the background', async (t) => {
  const exchange = new Exchange(t);
  await exchange.rates.agreed(EUR);
  exchange.says = { a: '60000', b: '60000', c: '60000' };
  exchange.clock.advance((MAX_AGE_SECONDS * 1000) / 2);
  await exchange.settle();
  assert.equal(exchange.asked.length, 6);
  assert.equal(formatDecimal((await exchange.rates.agreed(EUR)).rate), '60000');
  assert.equal(exchange.asked.length, 6, 'who needs the rate waits for nobody');
  // Twelve rounds in an hour, and then nobody has needed it for so long that the sources are left in peace.
  for (let round = 0; round < 100; round++) {
    exchange.clock.advance((MAX_AGE_SECONDS * 1000) / 2);
    await exchange.settle();
  }
  assert.equal(exchange.asked.length, 6 + 12 * 3);
  await exchange.rates.agreed(EUR);
  assert.equal(exchange.asked.length, 6 + 13 * 3);
});

test('an old rate is not used: no fresh one is a refusal with the next step', async (t) => {
  const exchange = new Exchange(t);
  await exchange.rates.agreed(EUR);
  exchange.says = {};
  for (let second = 0; second < MAX_AGE_SECONDS; second += 100) {
    await exchange.rates.agreed(EUR);
    exchange.clock.advance(100_000);
    await exchange.settle();
  }
  exchange.clock.advance(1000);
  await assert.rejects(exchange.rates.price({ currency: EUR, amount: 450n }), (error: Error) => {
    assert.match(error.message, /^No rate for EUR: 2 sources must agree within 2 %, and be most of those that answer/);
    assert.match(error.message, /a: the server answers HTTP 503; b: .*; c: .*currencyrate-add-source$/);
    return (error as Error & { error: string }).error === 'RATE_UNAVAILABLE';
  });
  assert.equal(exchange.lines.length, 1, 'the log tells it once');
  exchange.says = { a: '58000', b: '58000' };
  exchange.clock.advance(120_000);
  await exchange.rates.agreed(EUR);
  assert.equal(exchange.lines.at(-1), 'there is a rate for EUR again');
});

test('the clock of the machine may be set: the age of a rate does not follow', async (t) => {
  const exchange = new Exchange(t);
  const set_back = { offset: 0 };
  const now = exchange.clock.nowSeconds.bind(exchange.clock);
  exchange.clock.nowSeconds = () => now() + set_back.offset;
  await exchange.rates.agreed(EUR);
  set_back.offset = -100_000;
  exchange.says = {};
  exchange.clock.advance(MAX_AGE_SECONDS * 1000 + 1000);
  await assert.rejects(exchange.rates.agreed(EUR), /No rate for EUR/);
});

test('sources that disagree make no rate', async (t) => {
  const exchange = new Exchange(t);
  exchange.says = { a: '58000', b: '60000', c: null };
  await assert.rejects(
    exchange.rates.agreed(EUR),
    /a says 58000; b says 60000; c: the answer has no price of this currency/,
  );
});

test('what is no price is none', async (t) => {
  for (const text of ['0', '-1', 'NaN', '1e400', 'about 3', '']) {
    const exchange = new Exchange(t);
    exchange.says = { a: text, b: '58000', c: '58000' };
    assert.deepEqual((await exchange.rates.agreed(EUR)).rate_sources, ['b', 'c'], text);
  }
});

test('a slow source is not waited for when others agree', async (t) => {
  const exchange = new Exchange(t);
  exchange.is_silent = true;
  const asked = exchange.rates.agreed(EUR);
  await exchange.settle();
  exchange.clock.advance(5_000);
  await assert.rejects(asked, /a: no answer yet/);
  exchange.speak();
  await exchange.settle();
  assert.equal(formatDecimal((await exchange.rates.agreed(EUR)).rate), '58100');
});

test('a source that fails is left alone for longer and longer', async (t) => {
  const exchange = new Exchange(t);
  exchange.says = {};
  for (let second = 0; second < 600; second++) {
    await assert.rejects(exchange.rates.agreed(EUR));
    exchange.clock.advance(1000);
  }
  // At 0, 15, 45, 105, 225, 345, 465 and 585 seconds.
  assert.equal(exchange.asked.filter((path) => path === 'a/EUR').length, 8);
});

test('a price is pinned with its rate, time, sources and margin', async (t) => {
  const exchange = new Exchange(t, { margin_ppm: 10_000 });
  const now = exchange.clock.nowSeconds();
  const { amount_msat, price } = await exchange.rates.price({ currency: EUR, amount: 450n });
  assert.deepEqual(price, {
    currency: 'EUR',
    amount: 450n,
    rate: '58100',
    rate_at: now,
    rate_sources: ['a', 'b', 'c'],
    margin_ppm: 10_000,
  });
  // 4.50 / 58100 = 7745.26... sat, and one percent more.
  assert.equal(amount_msat, 7_823_000n);
  assert.equal(await exchange.rates.convert(decimal(45n, 1), EUR), 7_745_267n);
});

test('one source can be asked alone', async (t) => {
  const exchange = new Exchange(t);
  assert.equal(formatDecimal((await exchange.rates.ofSource(EUR, 'b')).rate), '58100');
  exchange.says = { a: '1' };
  await assert.rejects(
    exchange.rates.ofSource('USD' as CurrencyCode, 'b'),
    /b has no rate for USD: the server answers HTTP 503/,
  );
  await assert.rejects(exchange.rates.ofSource(EUR, 'd'), /there is no source 'd'; there are a, b, c/);
});

test('so many currencies are kept fresh and no more, so that the sources answer for those that are used', async (t) => {
  const exchange = new Exchange(t);
  const codes = [...CURRENCIES.keys()].slice(0, 17) as CurrencyCode[];
  for (const code of codes.slice(0, 16)) await exchange.rates.agreed(code);
  await assert.rejects(
    exchange.rates.agreed(codes[16] as CurrencyCode),
    /16 other currencies were used within the last hour/,
  );
  exchange.clock.advance(3_000_000);
  await exchange.settle();
  for (const code of codes.slice(1, 16)) await exchange.rates.agreed(code);
  exchange.clock.advance(700_000);
  await exchange.settle();
  await exchange.rates.agreed(codes[16] as CurrencyCode);
  await assert.rejects(exchange.rates.agreed(codes[0] as CurrencyCode), /no more are kept fresh/);
});

test('nothing is asked after the end', async (t) => {
  const exchange = new Exchange(t);
  await exchange.rates.agreed(EUR);
  exchange.rates.stop();
  assert.ok(exchange.is_closed);
  exchange.clock.advance(MAX_AGE_SECONDS * 10_000);
  await exchange.settle();
  assert.equal(exchange.asked.length, 3);
});
