import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CurrencyCode } from '../../../src/base/types/currency.ts';
import { decimal, parseDecimal, type Rounding } from '../../../src/base/types/exact-decimal.ts';
import { BARE_RULES, inUnits, type PriceRules, toMsat } from '../../../src/shop/rates/conversion.ts';

const SATOSHI: PriceRules = { margin_ppm: 0, rounding: 'up', round_to_msat: 1000n };

function price(amount: bigint, currency: string, rate: string, rules: PriceRules = SATOSHI): bigint | undefined {
  const read = parseDecimal(rate);
  assert.ok(read);
  return toMsat(inUnits(amount, currency as CurrencyCode), read, rules);
}

test('prices become whole satoshi, rounded up', () => {
  // 4.50 / 58123.45 BTC = 7742.14... sat
  assert.equal(price(450n, 'EUR', '58123.45'), 7_743_000n);
  assert.equal(price(100n, 'EUR', '100000'), 1_000_000n, 'what is whole stays');
  assert.equal(price(1n, 'EUR', '100000'), 10_000n);
});

test('currencies without and with three digits are right', () => {
  assert.equal(price(450n, 'JPY', '9000000'), 5_000_000n);
  assert.equal(price(4500n, 'KWD', '18000'), 25_000_000n);
  assert.equal(price(4500n, 'CLF', '1500'), 30_000_000n);
});

test('the margin is added, or taken off', () => {
  const rules = (margin_ppm: number): PriceRules => ({ ...SATOSHI, margin_ppm });
  assert.equal(price(100n, 'EUR', '100000', rules(5000)), 1_005_000n);
  assert.equal(price(100n, 'EUR', '100000', rules(-100_000)), 900_000n);
});

test('rounding is as the shop says', () => {
  const rounded = (rounding: Rounding, round_to_msat: bigint) =>
    price(450n, 'EUR', '58123.45', { margin_ppm: 0, rounding, round_to_msat });
  assert.deepEqual(
    [rounded('down', 1000n), rounded('nearest', 1000n), rounded('up', 1n), rounded('up', 10_000n)],
    [7_742_000n, 7_742_000n, 7_742_142n, 7_750_000n],
  );
});

test('what is nothing, or more than there is, is no amount', () => {
  assert.equal(price(1n, 'EUR', '999999999999999', { ...SATOSHI, rounding: 'down' }), undefined);
  assert.equal(price(10n ** 15n, 'EUR', '0.01'), undefined);
});

test('no rounding gives away or takes more than one unit', () => {
  fc.assert(
    fc.property(
      fc.bigInt(1n, 10n ** 10n),
      fc.bigInt(10n ** 6n, 10n ** 12n),
      fc.nat(6),
      fc.constantFrom<Rounding>('up', 'nearest', 'down'),
      fc.bigInt(1n, 100_000n),
      fc.integer({ min: -500_000, max: 1_000_000 }),
      (amount, coefficient, scale, rounding, round_to_msat, margin_ppm) => {
        const rate = decimal(coefficient, scale);
        const rules = { margin_ppm, rounding, round_to_msat };
        const result = toMsat(decimal(amount, 2), rate, rules);
        if (result === undefined) return;
        assert.equal(result % round_to_msat, 0n);
        // Both sides times everything that was divided by: no division, no rounding.
        const exact = amount * 10n ** BigInt(11 + rate.scale) * BigInt(1_000_000 + margin_ppm);
        const difference = result * 100n * rate.coefficient * 1_000_000n - exact;
        const unit = round_to_msat * 100n * rate.coefficient * 1_000_000n;
        assert.ok(difference < unit && -difference < unit);
        if (rounding === 'up') assert.ok(difference >= 0n);
        if (rounding === 'down') assert.ok(difference <= 0n);
        if (rounding === 'nearest') assert.ok(2n * difference <= unit && -2n * difference <= unit);
      },
    ),
  );
});

test('a conversion without rules is right to the nearest millisatoshi', () => {
  assert.equal(toMsat(decimal(100n), decimal(65536n), BARE_RULES), 152_587_891n);
});
