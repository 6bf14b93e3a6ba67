import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  CURRENCIES,
  type CurrencyCode,
  digitsOf,
  formatAmount,
  parseAmount,
  parseCurrency,
} from '../../../src/base/types/currency.ts';

const EUR = 'EUR' as CurrencyCode;
const JPY = 'JPY' as CurrencyCode;
const KWD = 'KWD' as CurrencyCode;

test('the smallest unit of each currency is that of ISO 4217', () => {
  assert.deepEqual([EUR, JPY, KWD, 'CLF' as CurrencyCode].map(digitsOf), [2, 0, 3, 4]);
  // Where the data of languages and the standard differ, the standard counts.
  assert.deepEqual(
    ['ISK', 'HUF', 'IQD', 'AFN', 'COP'].map((code) => digitsOf(code as CurrencyCode)),
    [0, 2, 3, 2, 2],
  );
  for (const code of CURRENCIES.keys()) assert.match(code, /^[A-Z]{3}$/);
});

test('amounts are written with exactly the digits of the currency', () => {
  assert.deepEqual(
    [
      formatAmount(450n, EUR),
      formatAmount(5n, EUR),
      formatAmount(0n, EUR),
      formatAmount(450n, JPY),
      formatAmount(4500n, KWD),
    ],
    ['4.50', '0.05', '0.00', '450', '4.500'],
  );
});

test('an amount survives being written and read, in every currency', () => {
  const codes = [...CURRENCIES.keys()] as CurrencyCode[];
  fc.assert(
    fc.property(fc.bigInt(0n, 10n ** 15n), fc.constantFrom(...codes), (amount, code) => {
      assert.equal(parseAmount(formatAmount(amount, code), code), amount);
    }),
  );
});

test('what is finer than the smallest unit is no amount', () => {
  assert.deepEqual(
    [parseAmount('4.5', EUR), parseAmount('4.500', EUR), parseAmount('4.505', EUR), parseAmount('4.5', JPY)],
    [450n, 450n, undefined, undefined],
  );
});

test('codes are taken in either case, and nothing else is', () => {
  assert.equal(parseCurrency('eur'), EUR);
  for (const text of ['', 'EURO', 'XTS', 'BTC', 'XAU', 'eu', 'toString', 'ﬀR'])
    assert.equal(parseCurrency(text), undefined, text);
});
