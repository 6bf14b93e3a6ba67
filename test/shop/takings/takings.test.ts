/** Takings: the days of a shop's clock, and sums that are right whatever was deleted meanwhile. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Msat, msat } from '../../../src/base/types/amount.ts';
import type { CurrencyCode } from '../../../src/base/types/currency.ts';
import type { Price, PriceRequest } from '../../../src/base/types/price.ts';
import { Calendar, parseDay } from '../../../src/shop/takings/calendar.ts';
import { Takings } from '../../../src/shop/takings/takings.ts';
import { openFixture } from '../invoices/fixture.ts';

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
const day = (text: string) => parseDay(text) ?? assert.fail(text);

describe('a calendar', () => {
  it('has days of 23, 24 and 25 hours where clocks are set', () => {
    const calendar = new Calendar('Europe/Berlin');
    const hours = (text: string): number => {
      const [period] = calendar.days(day(text), 1);
      return ((period?.end ?? 0) - (period?.start ?? 0)) / 3600;
    };
    assert.equal(hours('2026-03-29'), 23);
    assert.equal(hours('2026-03-30'), 24);
    assert.equal(hours('2026-10-25'), 25);
    const [spring] = calendar.days(day('2026-03-29'), 1);
    assert.equal(iso(spring?.start ?? 0), '2026-03-28T23:00:00.000Z');
  });

  it('begins a day after midnight where clocks skip midnight', () => {
    const [period] = new Calendar('America/Santiago').days(day('2026-09-06'), 1);
    assert.equal(iso(period?.start ?? 0), '2026-09-06T04:00:00.000Z');
  });

  it('has days that follow each other without a gap, each a whole number of quarters of an hour', () => {
    for (const zone of [
      'UTC',
      'Asia/Kathmandu',
      'Pacific/Chatham',
      'Australia/Lord_Howe',
      'America/Sao_Paulo',
      'Pacific/Apia',
    ]) {
      const periods = new Calendar(zone).days(day('2026-12-31'), 380);
      for (const [index, { start, end, date }] of periods.entries()) {
        assert.equal(start % 900, 0, `${zone} ${date}`);
        assert.equal(end, periods[index + 1]?.start ?? end);
        assert.ok(end > start, `${zone} ${date}`);
      }
    }
  });

  it('knows the day that it is, and months', () => {
    const calendar = new Calendar('Pacific/Auckland');
    assert.deepEqual(calendar.dayAt(Date.UTC(2026, 10, 29, 12) / 1000), { year: 2026, month: 11, day: 30 });
    const months = calendar.months(day('2026-02-14'), 3);
    assert.deepEqual(
      months.map(({ date }) => date),
      ['2025-12', '2026-01', '2026-02'],
    );
    assert.equal(parseDay('2026-02-30'), undefined);
    assert.throws(() => new Calendar('Europe/Nowhere'), RangeError);
  });
});

describe('takings', () => {
  it('count each payment once, also of invoices that were deleted, and go on where they were', async (t) => {
    const fixture = openFixture();
    t.after(() => fixture.close());
    const takings = new Takings(fixture.store);
    const now = fixture.clock.nowSeconds();
    const start = now - (now % 900);
    const all = [{ start, end: start + 86_400 }];
    for (let count = 0; count < 7; count++) {
      await fixture.create(`order-${count}`);
      await fixture.pay(`order-${count}`, 1000 + count);
    }
    await fixture.invoices.remove('order-3', 'paid');
    assert.deepEqual(await takings.read(all), [{ payments: 7, amount_msat: 7021n, currencies: [] }]);
    await fixture.invoices.remove('order-5', 'paid');
    fixture.clock.advance(900_000);
    await fixture.create('late');
    await fixture.pay('late', 2000);
    const again = new Takings(fixture.store);
    assert.deepEqual(await again.read([...all, { start: start + 900, end: start + 1800 }, { start: 0, end: start }]), [
      { payments: 8, amount_msat: 9021n, currencies: [] },
      { payments: 1, amount_msat: 2000n, currencies: [] },
      { payments: 0, amount_msat: 0n, currencies: [] },
    ]);
    // Two readers at once count nothing twice.
    await fixture.create('last');
    await fixture.pay('last', 1000);
    await Promise.all([takings.follow(), again.follow()]);
    assert.deepEqual(await takings.read(all), [{ payments: 9, amount_msat: 10_021n, currencies: [] }]);
  });
});

/** A market whose rate a test sets; prices become bitcoin by it, rounded up to a satoshi. */
class Market {
  rate = 50_000n;

  async price({ currency, amount }: PriceRequest): Promise<{ amount_msat: Msat; price: Price }> {
    const digits = currency === 'JPY' ? 1n : 100n;
    const asked_sat = (amount * 100_000_000n + this.rate * digits - 1n) / (this.rate * digits);
    const price: Price = {
      currency,
      amount,
      rate: String(this.rate),
      rate_at: 1,
      rate_sources: ['a', 'b'],
      margin_ppm: 0,
    };
    return { amount_msat: msat(asked_sat * 1000n), price };
  }
}

describe('takings in the currencies of prices', () => {
  const price = (currency: string, amount: bigint): PriceRequest => ({ currency: currency as CurrencyCode, amount });

  it('are the prices to the cent, by the rate of each sale, and what has no price is apart', async (t) => {
    const market = new Market();
    const fixture = openFixture({ rates: market });
    t.after(() => fixture.close());
    const takings = new Takings(fixture.store);
    const now = fixture.clock.nowSeconds();
    const start = now - (now % 900);
    const all = [{ start, end: start + 864_000 }];
    const expected = { EUR: { payments: 0, amount: 0n }, JPY: { payments: 0, amount: 0n } };
    let received_msat = 0n;
    let unpriced_msat = 0n;
    for (let sale = 0; sale < 60; sale++) {
      fixture.clock.advance(3_600_000);
      // The rate moves by a factor of three; what was sold before is not touched by that.
      market.rate = 30_000n + BigInt((sale * 7919) % 60_000);
      const currency = sale % 3 === 2 ? 'JPY' : 'EUR';
      const amount = BigInt(1 + ((sale * 104_729) % 99_999));
      const label = `sale-${sale}`;
      if (sale % 10 === 9) {
        await fixture.create(label, { amount_msat: 'any' });
        await fixture.pay(label, 5_000 + sale);
        unpriced_msat += BigInt(5_000 + sale);
        continue;
      }
      const { amount_msat } = await fixture.create(label, { amount_msat: price(currency, amount) });
      assert.ok(amount_msat !== undefined);
      await fixture.pay(label, Number(amount_msat));
      received_msat += amount_msat;
      expected[currency].payments++;
      expected[currency].amount += amount;
      if (sale % 7 === 0) await fixture.invoices.remove(label, 'paid');
      if (sale % 20 === 0) await takings.follow();
    }
    const [taken] = await takings.read(all);
    const shown = taken?.currencies.map(({ currency, payments, amount }) => [currency, payments, amount]);
    assert.deepEqual(shown, [
      ['EUR', expected.EUR.payments, expected.EUR.amount],
      ['JPY', expected.JPY.payments, expected.JPY.amount],
    ]);
    assert.equal(taken?.payments, 60);
    assert.equal(taken?.amount_msat, received_msat + unpriced_msat);
    assert.equal(
      taken?.currencies.reduce((sum, { amount_msat }) => sum + amount_msat, 0n),
      received_msat,
    );
  });

  it('of what was paid beyond the price are its share, rounded once for each payment', async (t) => {
    const fixture = openFixture({ rates: new Market() });
    t.after(() => fixture.close());
    const takings = new Takings(fixture.store);
    const now = fixture.clock.nowSeconds();
    const all = [{ start: now - (now % 900), end: now - (now % 900) + 900 }];
    // 4.50 EUR at 50,000 are 9,000 sat. Half as much again is 6.75; a satoshi more is less than half a cent more.
    for (const [label, sat] of [
      ['half', 13_500],
      ['one', 9_001],
      ['nine', 9_009],
      ['ten', 9_010],
    ] as const) {
      await fixture.create(label, { amount_msat: price('EUR', 450n) });
      await fixture.pay(label, sat * 1000);
    }
    const [taken] = await takings.read(all);
    // 9,009 sat are 450.45 cent, 9,010 are 450.5.
    assert.equal(taken?.currencies[0]?.amount, 675n + 450n + 450n + 451n);
  });

  it('count what a provider took off a payment: the customer has paid it', async (t) => {
    const fixture = openFixture({ rates: new Market() });
    t.after(() => fixture.close());
    const takings = new Takings(fixture.store);
    const now = fixture.clock.nowSeconds();
    const made = await fixture.create('first', { amount_msat: price('EUR', 450n) });
    await fixture.invoices.markPaid(made.payment_hash, msat(8_000_000), [], msat(1_000_000));
    const [taken] = await takings.read([{ start: now - (now % 900), end: now - (now % 900) + 900 }]);
    assert.deepEqual(taken?.currencies, [{ currency: 'EUR', payments: 1, amount: 450n, amount_msat: 8_000_000n }]);
  });
});
