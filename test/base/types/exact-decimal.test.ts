import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  compareDecimals,
  type Decimal,
  decimal,
  divideRounded,
  formatDecimal,
  middleOf,
  parseDecimal,
  roundDecimal,
  timesWhole,
} from '../../../src/base/types/exact-decimal.ts';

const numbers = fc
  .tuple(fc.bigInt(0n, 10n ** 20n), fc.nat(12))
  .map(([coefficient, scale]) => decimal(coefficient, scale));

/** The same value as a fraction over a common denominator: the slow way to compare. */
function over(value: Decimal, scale: number): bigint {
  return value.coefficient * 10n ** BigInt(scale - value.scale);
}

test('a decimal survives being written and read', () => {
  fc.assert(
    fc.property(numbers, fc.nat(20), (value, digits) => {
      assert.deepEqual(parseDecimal(formatDecimal(value)), value);
      assert.deepEqual(parseDecimal(formatDecimal(value, digits)), value);
      assert.ok((formatDecimal(value, digits).split('.')[1] ?? '').length >= digits);
    }),
  );
});

test('numbers are read as JSON writes them', () => {
  const known: readonly (readonly [string, string | undefined])[] = [
    ['58123.45', '58123.45'],
    ['58123.4500', '58123.45'],
    ['0.00000000000000000000000001', '0.00000000000000000000000001'],
    ['1.5e3', '1500'],
    ['15E-1', '1.5'],
    ['0', '0'],
    ['0e999', '0'],
    ['000.10', '0.1'],
    ['1e31', undefined],
    ['1e-31', undefined],
    ['1e9999', undefined],
    ['9'.repeat(61), undefined],
    ['-1', undefined],
    ['.5', undefined],
    ['1.', undefined],
    ['1,5', undefined],
    ['NaN', undefined],
    ['Infinity', undefined],
    ['0x10', undefined],
    [' 1', undefined],
    ['', undefined],
    ['１', undefined],
  ];
  for (const [text, value] of known) {
    const read = parseDecimal(text);
    assert.equal(read && formatDecimal(read), value, text);
  }
});

test('comparing is the comparison of fractions, and the middle is as far from both', () => {
  fc.assert(
    fc.property(numbers, numbers, (a, b) => {
      const difference = over(a, 14) - over(b, 14);
      assert.equal(Math.sign(compareDecimals(a, b)), difference < 0n ? -1 : difference > 0n ? 1 : 0);
      const middle = middleOf(a, b);
      assert.equal(over(middle, 14) * 2n, over(a, 14) + over(b, 14));
      assert.deepEqual(middle, middleOf(b, a));
      assert.equal(compareDecimals(timesWhole(a, 3n), decimal(a.coefficient * 3n, a.scale)), 0);
    }),
  );
});

test('rounding moves a number by half a digit at most', () => {
  fc.assert(
    fc.property(numbers, fc.nat(12), (value, digits) => {
      const rounded = roundDecimal(value, digits);
      assert.ok(rounded.scale <= digits);
      const moved = over(rounded, 13) - over(value, 13);
      const half = 10n ** BigInt(13 - digits) / 2n;
      assert.ok(moved <= half && -moved <= half);
    }),
  );
});

test('a quotient is rounded as it is said, and never by a whole unit', () => {
  const positive = fc.bigInt(1n, 10n ** 30n);
  fc.assert(
    fc.property(fc.bigInt(0n, 10n ** 40n), positive, (dividend, divisor) => {
      const down = divideRounded(dividend, divisor, 'down');
      const up = divideRounded(dividend, divisor, 'up');
      const nearest = divideRounded(dividend, divisor, 'nearest');
      assert.ok(down * divisor <= dividend && dividend < (down + 1n) * divisor);
      assert.equal(up, dividend % divisor === 0n ? down : down + 1n);
      assert.equal(nearest, (dividend % divisor) * 2n >= divisor ? down + 1n : down);
    }),
  );
  assert.throws(() => divideRounded(1n, 0n, 'up'), RangeError);
});
