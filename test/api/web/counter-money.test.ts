/** Amounts as cashiers type them: the page's server and its script must read and add them up alike. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as browser from '../../../src/api/web/pages/browser/counter-money.ts';
import { parseTyped, percentOf, shown, typed, type Unit } from '../../../src/api/web/pages/counter/money.ts';
import type { CurrencyCode } from '../../../src/base/types/currency.ts';

const UNITS: readonly (readonly [Unit, browser.Unit])[] = [
  [undefined, { name: 'sat', digits: 0 }],
  ['EUR' as CurrencyCode, { name: 'EUR', digits: 2 }],
  ['JPY' as CurrencyCode, { name: 'JPY', digits: 0 }],
  ['KWD' as CurrencyCode, { name: 'KWD', digits: 3 }],
];

test('what is typed is read to the smallest unit, or not at all', () => {
  const EUR = 'EUR' as CurrencyCode;
  const cases: readonly (readonly [string, Unit, bigint | undefined])[] = [
    ['', EUR, 0n],
    ['4.50', EUR, 450n],
    ['4,5', EUR, 450n],
    ['.5', EUR, 50n],
    ['4.', EUR, 400n],
    ['1 000.05', EUR, 100_005n],
    ['4.50+3+0.25', EUR, 775n],
    ['4.505', EUR, undefined],
    ['4.50+', EUR, undefined],
    ['+4', EUR, undefined],
    ['-4', EUR, undefined],
    ['4e2', EUR, undefined],
    ['1.000,50', EUR, undefined],
    ['٤', EUR, undefined],
    ['<b>', EUR, undefined],
    ['1'.repeat(16), EUR, undefined],
    ['1+'.repeat(101), EUR, undefined],
    ['21', undefined, 21_000n],
    ['0.5', undefined, undefined],
    ['500', 'JPY' as CurrencyCode, 500n],
    ['5.0', 'JPY' as CurrencyCode, undefined],
    ['1.234', 'KWD' as CurrencyCode, 1_234n],
  ];
  for (const [text, unit, amount] of cases) assert.equal(parseTyped(text, unit), amount, text);
});

test('a share is rounded to what can be paid', () => {
  assert.equal(percentOf(450n, 10n, 'EUR' as CurrencyCode), 45n);
  assert.equal(percentOf(455n, 10n, 'EUR' as CurrencyCode), 46n);
  assert.equal(percentOf(21_000n, 5n, undefined), 1_000n);
  assert.equal(percentOf(9_000n, 5n, undefined), 0n);
});

test('the script of the page reads, shares and shows as the server does', () => {
  const text = fc.oneof(
    fc.string(),
    fc.stringMatching(/^[0-9]{0,6}([.,][0-9]{0,4})?(\+[0-9]{1,5}([.,][0-9]{0,4})?){0,3}$/),
  );
  fc.assert(
    fc.property(
      text,
      fc.constantFrom(...UNITS),
      fc.bigInt(0n, 10n ** 15n),
      fc.bigInt(0n, 100n),
      (given, [unit, of_page], amount, percent) => {
        if (given.length <= 200) assert.equal(browser.parseTyped(given, of_page), parseTyped(given, unit));
        assert.equal(browser.percentOf(amount, percent, of_page), percentOf(amount, percent, unit));
        assert.equal(browser.shown(amount, of_page, 'en'), shown(amount, unit, 'en'));
      },
    ),
  );
});

test('what is shown in a field can be typed again', () => {
  fc.assert(
    fc.property(fc.constantFrom(...UNITS), fc.bigInt(0n, 10n ** 12n), ([unit], amount) => {
      const whole = unit === undefined ? amount * 1000n : amount;
      assert.equal(parseTyped(typed(whole, unit), unit), whole);
    }),
  );
});
