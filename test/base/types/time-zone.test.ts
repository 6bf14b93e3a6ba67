import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TimeError, TimeZone } from '../../../src/base/types/time-zone.ts';

const at = (text: string): number => Date.parse(text) / 1000;

test('a time is written on the clock of the shop', () => {
  const berlin = new TimeZone('Europe/Berlin');
  assert.equal(berlin.iso(at('2026-01-31T22:59:59Z')), '2026-01-31T23:59:59+01:00');
  assert.equal(berlin.iso(at('2026-07-01T22:00:00Z')), '2026-07-02T00:00:00+02:00');
  assert.equal(berlin.plain(at('2026-01-31T23:00:00Z')), '2026-02-01 00:00:00');
  assert.equal(new TimeZone('UTC').iso(0), '1970-01-01T00:00:00+00:00');
  assert.equal(new TimeZone('Asia/Kolkata').iso(0), '1970-01-01T05:30:00+05:30');
  assert.equal(new TimeZone('America/St_Johns').iso(at('2026-01-01T00:00:00Z')), '2025-12-31T20:30:00-03:30');
});

test('a day begins and ends where the clocks of the zone say so, also when they change', () => {
  const berlin = new TimeZone('Europe/Berlin');
  assert.equal(berlin.startOfDay('2026-01-31'), at('2026-01-30T23:00:00Z'));
  assert.equal(berlin.endOfDay('2026-03-29') - berlin.startOfDay('2026-03-29'), 23 * 3600);
  assert.equal(berlin.endOfDay('2026-10-25') - berlin.startOfDay('2026-10-25'), 25 * 3600);
  // Midnight does not exist there on that day: it begins at one.
  const beirut = new TimeZone('Asia/Beirut');
  assert.equal(beirut.iso(beirut.startOfDay('2026-03-29')), '2026-03-29T01:00:00+03:00');
  const far = new TimeZone('Pacific/Kiritimati');
  assert.equal(far.startOfDay('2026-01-01'), at('2025-12-31T10:00:00Z'));
});

test('every second is in the day that its text says', () => {
  const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'Pacific/Auckland'].map(
    (name) => new TimeZone(name),
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), fc.constantFrom(...zones), (seconds, zone) => {
      const day = zone.iso(seconds).slice(0, 10);
      assert.ok(zone.startOfDay(day) <= seconds && seconds < zone.endOfDay(day), `${zone.name} ${seconds}`);
      assert.equal(Date.parse(zone.iso(seconds)) / 1000, seconds);
    }),
    { numRuns: 50 },
  );
});

test('what is no zone or no day is said', () => {
  assert.throws(() => new TimeZone('Berlin'), TimeError);
  for (const day of ['2026-02-30', '2026-1-1', 'today', '2026-01-01T00:00', '']) {
    assert.throws(() => new TimeZone('UTC').startOfDay(day), TimeError, day);
  }
});
