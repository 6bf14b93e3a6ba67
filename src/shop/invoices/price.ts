/** The price of an invoice as JSON: the same text in its row and in every event about it. */
import { type CurrencyCode, formatAmount } from '../../base/types/currency.ts';
import type { Price } from '../../base/types/price.ts';
import type { Row } from '../../infra/store/store.ts';

/** The JSON of a price, as events and the table have it. */
export function priceJson(price: Price): string {
  const { currency, amount, rate, rate_at, rate_sources, margin_ppm } = price;
  const amount_text = formatAmount(amount, currency);
  return JSON.stringify({ currency, amount: Number(amount), amount_text, rate, rate_at, rate_sources, margin_ppm });
}

/** The price in a row of `columns`. */
export function readPrice(row: Row): Price | undefined {
  if (typeof row.price !== 'string') return undefined;
  const { amount_text: _shown, amount, currency, ...rest } = JSON.parse(row.price) as PriceJson;
  return { ...rest, currency: currency as CurrencyCode, amount: BigInt(amount) };
}

interface PriceJson extends Omit<Price, 'amount' | 'currency'> {
  readonly currency: string;
  readonly amount: number;
  readonly amount_text: string;
}
