/** Takings: the days of a shop's clock, and sums that are right whatever was deleted meanwhile. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
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
    assert.deepEqual(await takings.read(all), [{ payments: 7, amount_msat: 7021n }]);
    await fixture.invoices.remove('order-5', 'paid');
    fixture.clock.advance(900_000);
    await fixture.create('late');
    await fixture.pay('late', 2000);
    const again = new Takings(fixture.store);
    assert.deepEqual(await again.read([...all, { start: start + 900, end: start + 1800 }, { start: 0, end: start }]), [
      { payments: 8, amount_msat: 9021n },
      { payments: 1, amount_msat: 2000n },
      { payments: 0, amount_msat: 0n },
    ]);
    // Two readers at once count nothing twice.
    await fixture.create('last');
    await fixture.pay('last', 1000);
    await Promise.all([takings.follow(), again.follow()]);
    assert.deepEqual(await takings.read(all), [{ payments: 9, amount_msat: 10_021n }]);
  });
});
