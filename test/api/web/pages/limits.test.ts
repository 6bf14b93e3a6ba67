/** Limits for strangers, the language of a reader, and amounts as people write them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { languageOf } from '../../../../src/api/web/pages/language.ts';
import {
  formatBitcoin,
  formatCount,
  formatMoney,
  formatMsat,
  formatRate,
  formatTime,
} from '../../../../src/api/web/pages/money.ts';
import { networkOf, TokenBuckets } from '../../../../src/api/web/pages/token-buckets.ts';
import { ManualClock } from '../../../../src/base/types/clock.ts';

test('an address that asks too often waits until its bucket fills again; others do not', () => {
  const clock = new ManualClock();
  const buckets = new TokenBuckets({ clock, burst: 3, per_minute: 60 });
  const takes = (address: string, times: number): boolean[] =>
    Array.from({ length: times }, () => buckets.take(address));
  assert.deepEqual(takes('192.0.2.1', 4), [true, true, true, false]);
  assert.deepEqual(takes('192.0.2.2', 1), [true]);
  clock.advance(2000);
  assert.deepEqual(takes('192.0.2.1', 3), [true, true, false]);
  clock.advance(3_600_000);
  assert.deepEqual(takes('192.0.2.1', 4), [true, true, true, false], 'never more than the burst');
});

test('a network of IPv6 is one asker', () => {
  assert.equal(networkOf('2001:db8:0:1:aaaa::1'), networkOf('2001:db8:0:1::2'));
  assert.notEqual(networkOf('2001:db8:0:1::1'), networkOf('2001:db8:0:2::1'));
  assert.equal(networkOf('::1'), '0:0:0:0');
  assert.equal(networkOf('fe80::1%eth0'), 'fe80:0:0:0');
  assert.equal(networkOf('192.0.2.1'), '192.0.2.1');
});

test('the language is the one that the reader wants most, of those that there are', () => {
  const wanted: readonly (readonly [string | undefined, string])[] = [
    [undefined, 'en'],
    ['', 'en'],
    ['de-AT,de;q=0.9,en;q=0.8', 'de'],
    ['en;q=0.5, ja', 'ja'],
    ['it, fr;q=0.2', 'fr'],
    ['PT-br', 'pt'],
    ['de;q=0', 'en'],
    ['*', 'en'],
    ['xx,'.repeat(5000), 'en'],
    ['"><script>', 'en'],
  ];
  for (const [header, language] of wanted) assert.equal(languageOf(header), language, String(header));
});

test('amounts are written to the last digit, in the way of the language', () => {
  const plain = (text: string): string => text.replaceAll(/[\u00a0\u202f]/g, ' ');
  assert.equal(plain(formatMsat(250_000_000n, 'en')), '250,000 sat');
  assert.equal(plain(formatMsat(1_234_567n, 'de')), '1.234,567 sat');
  assert.equal(plain(formatMsat(1n, 'en')), '0.001 sat');
  assert.equal(plain(formatBitcoin(250_000_000n, 'en')), '0.0025 BTC');
  assert.equal(plain(formatBitcoin(2_100_000_000_000_000_001n, 'en')), '21,000,000.00000000001 BTC');
  assert.equal(plain(formatMoney(450n, { currency: 'EUR', digits: 2 }, 'de')), '4,50 €');
  assert.equal(plain(formatMoney(-5n, { currency: 'EUR', digits: 2 }, 'en')), '-€0.05');
  assert.equal(plain(formatMoney(450n, { currency: 'JPY', digits: 0 }, 'ja')), '￥450');
  assert.equal(plain(formatMoney(1_234_500n, { currency: 'KWD', digits: 3 }, 'en')), 'KWD 1,234.500');
  assert.equal(
    plain(formatMoney(90_071_992_547_409_931n, { currency: 'USD', digits: 2 }, 'en')),
    '$900,719,925,474,099.31',
  );
  assert.equal(formatCount(1_234_567, 'en'), '1,234,567');
  assert.equal(plain(formatRate('58123.4567', 'EUR', 'de')), '58.123,4567 €');
  assert.equal(plain(formatRate('9000000', 'JPY', 'en')), '¥9,000,000');
});

test('times are in UTC unless a zone is named', () => {
  assert.match(formatTime(1_790_000_000, 'en'), /^21 Sept? 2026, 14:13 UTC$/);
  assert.match(formatTime(1_790_000_000, 'de', 'Asia/Tokyo'), /21\. Sept?\.? 2026.* 23:13/);
});
