import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseMsat } from '../../../src/base/types/amount.ts';
import { parseMillionths, parseWholeNumber } from '../../../src/base/types/decimal.ts';
import { parseShortChannelId } from '../../../src/base/types/short-channel-id.ts';

const MAX = 2n ** 64n - 1n;

test('zeros in front change no number, however many there are', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, MAX), fc.nat(300), (value, zeros) => {
      const text = '0'.repeat(zeros) + value;
      assert.equal(parseWholeNumber(text, MAX), value);
      assert.equal(parseMsat(`${text}msat`), value);
    }),
  );
});

test('a number over the bound is none, and neither is anything but digits', () => {
  for (const text of ['18446744073709551616', '9'.repeat(100_000), '', '-1', '1.0', '1e3', ' 1', '１']) {
    assert.equal(parseWholeNumber(text, MAX), undefined, text.slice(0, 20));
  }
});

test('millionths are exact, with fractions and exponents', () => {
  const known: readonly (readonly [string, bigint | undefined])[] = [
    ['0.5', 500_000n],
    ['0.0000005', 0n],
    ['1e-6', 1n],
    ['2.5E3', 2_500_000_000n],
    ['00000000000000000000001', 1_000_000n],
    ['1e400', undefined],
    ['18446744073709551616', undefined],
    ['.5', undefined],
  ];
  for (const [text, value] of known) assert.equal(parseMillionths(text, MAX), value, text);
});

test('a short_channel_id with zeros in front is the same one', () => {
  assert.equal(parseShortChannelId('000000000103x0001x0000000'), parseShortChannelId('103x1x0'));
  assert.equal(parseShortChannelId('16777216x1x1'), undefined);
});
