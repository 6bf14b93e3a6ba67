/** From an amount of money to an amount of bitcoin: one division of whole numbers, rounded once. */
import { MAX_MONEY_MSAT, type Msat, msat } from '../../base/types/amount.ts';
import { type CurrencyCode, digitsOf } from '../../base/types/currency.ts';
import { type Decimal, divideRounded, type Rounding } from '../../base/types/exact-decimal.ts';

/** How a shop prices. */
export interface PriceRules {
  /** Added to every price, in millionths; below zero it is a discount. More than minus a million. */
  readonly margin_ppm: number;
  readonly rounding: Rounding;
  /** Amounts are multiples of this, in millisatoshi. */
  readonly round_to_msat: bigint;
}

/** No margin, to the nearest millisatoshi. */
export const BARE_RULES: PriceRules = { margin_ppm: 0, rounding: 'nearest', round_to_msat: 1n };

const MSAT_PER_BTC_DIGITS = 11;
const MILLION = 1_000_000n;

/**
 * What an amount of money is in millisatoshi when one bitcoin costs `rate` (more than zero). Undefined when that is nothing
 * at all, or more than all the money there is.
 */
export function toMsat(amount: Decimal, rate: Decimal, rules: PriceRules): Msat | undefined {
  const dividend =
    amount.coefficient * 10n ** BigInt(MSAT_PER_BTC_DIGITS + rate.scale) * (MILLION + BigInt(rules.margin_ppm));
  const divisor = 10n ** BigInt(amount.scale) * rate.coefficient * MILLION;
  const result = divideRounded(dividend, divisor * rules.round_to_msat, rules.rounding) * rules.round_to_msat;
  return result <= 0n || result > MAX_MONEY_MSAT ? undefined : msat(result);
}

/** An amount of smallest units as a decimal number of the currency. */
export function inUnits(amount: bigint, currency: CurrencyCode): Decimal {
  return { coefficient: amount, scale: digitsOf(currency) };
}
