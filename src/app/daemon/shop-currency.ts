/** The currency that the shop counts in, of its option. */
import { type CurrencyCode, parseCurrency } from '../../base/types/currency.ts';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/option.ts';

/** Undefined: bitcoin alone. Throws ConfigError. */
export function shopCurrency({ values }: Pick<Config, 'values'>): CurrencyCode | undefined {
  const text = values['shop-currency'];
  const currency = text === undefined ? undefined : parseCurrency(text);
  if (text !== undefined && currency === undefined) {
    throw new ConfigError(`shop-currency is the ISO 4217 code of a currency, such as EUR, not '${text}'`);
  }
  return currency;
}
