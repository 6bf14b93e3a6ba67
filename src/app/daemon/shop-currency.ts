/** The currency that the shop counts in, of its option. */
import { type CurrencyCode, parseCurrency } from '../../base/types/currency.ts';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/option.ts';

/** For who counts in satoshi: the option has a value then, which may be changed while the node runs. */
const SATOSHI = 'sat';

/** Undefined: bitcoin alone. Throws ConfigError. */
export function shopCurrency({ values }: Pick<Config, 'values'>): CurrencyCode | undefined {
  const text = values['shop-currency'];
  if (text === undefined || text === SATOSHI) return undefined;
  const currency = parseCurrency(text);
  if (currency === undefined) {
    throw new ConfigError(`shop-currency is the ISO 4217 code of a currency, such as EUR, or sat, not '${text}'`);
  }
  return currency;
}
