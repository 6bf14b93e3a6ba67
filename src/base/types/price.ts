/** A price in a currency, as it is asked for and as it is pinned: with the rate that made it an amount of bitcoin. */
import type { CurrencyCode } from './currency.ts';
import { divideRounded } from './exact-decimal.ts';

/** What somebody asks. */
export interface PriceRequest {
  readonly currency: CurrencyCode;
  /** In the currency's smallest unit; more than zero, at most `MAX_PRICE`. */
  readonly amount: bigint;
}

/** What was asked, and the rate at that moment. It never changes. */
export interface Price {
  readonly currency: CurrencyCode;
  /** In the currency's smallest unit. */
  readonly amount: bigint;
  /** Units of the currency for one bitcoin, before the margin: a decimal number. */
  readonly rate: string;
  /** Unix time, seconds: of the oldest answer that the rate is made of. */
  readonly rate_at: number;
  /** The sources that agreed, in the order of their names. */
  readonly rate_sources: readonly string[];
  /** What the shop adds to the amount, in millionths. */
  readonly margin_ppm: number;
}

/**
 * What an amount of bitcoin is in the currency of the price, to the nearest smallest unit, by the rate that was pinned: the
 * price itself for `asked_msat`, what the price came to.
 */
export function moneyAtPrice({ amount }: Pick<Price, 'amount'>, asked_msat: bigint, amount_msat: bigint): bigint {
  return divideRounded(amount * amount_msat, asked_msat, 'nearest');
}

/** The highest price: exact in every JSON number, and more than everything costs. */
export const MAX_PRICE = 1_000_000_000_000_000n;
