/** Prices and rates as commands take and answer them. */
import { RpcError } from '../../base/errors.ts';
import type { Msat } from '../../base/types/amount.ts';
import { type CurrencyCode, formatAmount } from '../../base/types/currency.ts';
import { type Decimal, formatDecimal } from '../../base/types/exact-decimal.ts';
import { MAX_PRICE, type Price, type PriceRequest } from '../../base/types/price.ts';
import { answer } from '../rpc/answer.ts';
import { Literal } from '../rpc/json.ts';

/** The member `price` of an invoice. */
export const priceAnswer = answer.object(
  {
    currency: answer.string('The currency, by its ISO 4217 code.'),
    amount: answer.integer("What was asked for, in the currency's smallest unit: 450 is 4.50 EUR, or 450 JPY."),
    amount_text: answer.string('The same as a decimal number of the currency, such as `4.50`.'),
    rate: answer.string('What one bitcoin cost then, before the margin: a decimal number.'),
    rate_at: answer.integer('When the sources said so, in Unix time: the oldest of them.'),
    rate_sources: answer.array(answer.string('A source.'), 'The sources that agreed.'),
    margin_ppm: answer.integer('What the shop added, in millionths; below zero it is a discount.'),
  },
  'What was asked for in a currency, and the rate that made it an amount of bitcoin.',
);

/** The record as its answer. */
export function priceRow({ currency, amount, rate, rate_at, rate_sources, margin_ppm }: Price) {
  return {
    currency: currency as string,
    amount: Number(amount),
    amount_text: formatAmount(amount, currency),
    rate,
    rate_at,
    rate_sources,
    margin_ppm,
  };
}

/** What `invoice` is asked for: an amount of bitcoin, or a price. Throws RpcError INVALID_PARAMS for both and for halves. */
export function amountAsked(given: {
  readonly amount_msat: Msat | 'any' | undefined;
  readonly currency: CurrencyCode | undefined;
  readonly amount: bigint | undefined;
}): Msat | 'any' | PriceRequest {
  const { amount_msat, currency, amount } = given;
  if (currency === undefined) {
    if (amount !== undefined) throw new RpcError('INVALID_PARAMS', 'amount: give {currency} with it');
    // The command reads no request without one of them.
    return amount_msat as Msat | 'any';
  }
  if (amount_msat !== undefined) {
    throw new RpcError('INVALID_PARAMS', 'Can only specify one of {amount_msat} or {currency}');
  }
  if (amount === undefined) throw new RpcError('INVALID_PARAMS', 'missing required parameter: amount');
  if (amount > 0n && amount <= MAX_PRICE) return { currency, amount };
  throw new RpcError('INVALID_PARAMS', `amount: should be from 1 to ${MAX_PRICE}: invalid token '${amount}'`);
}

/** A decimal as a JSON number, to the digit. */
export function decimalNumber(value: Decimal): Literal {
  const text = formatDecimal(value);
  return new Literal(text, Number(text));
}
