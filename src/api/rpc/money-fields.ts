/** Types of parameters for money in a currency. */
import { type CurrencyCode, parseCurrency } from '../../base/types/currency.ts';
import { type Decimal, parseDecimal } from '../../base/types/exact-decimal.ts';
import { type Field, fieldOf, textOf, wordOf } from './field.ts';

/** A currency by its code of ISO 4217, in either case. */
export const currencyField: Field<CurrencyCode> = fieldOf(
  'currency',
  { type: 'string', pattern: '^[A-Za-z]{3}$' },
  'should be the ISO 4217 code of a currency, such as EUR',
  (value) => parseCurrency(textOf(value) ?? ''),
);

/** A number with or without a fraction, zero or more, to the digit. */
export const decimalField: Field<Decimal> = fieldOf(
  'number',
  { type: 'number', minimum: 0 },
  'should be a number such as 4.50',
  (value) => parseDecimal(wordOf(value) ?? ''),
);
