/**
 * The currencies of ISO 4217 and their smallest units. An amount of money is a whole number of those: 450 are 4.50 EUR,
 * 450 JPY, and 0.450 KWD.
 */

import type { Brand } from './brand.ts';
import { decimal, formatDecimal, parseDecimal } from './exact-decimal.ts';

/** A code of ISO 4217, in upper case. */
export type CurrencyCode = Brand<string, 'currency'>;

/** Currencies by the digits of their smallest unit, as ISO 4217 lists them; those without one (gold, units of account) are left out. */
const BY_DIGITS: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2:
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY ' +
    'COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS ' +
    'INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR ' +
    'MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP ' +
    'STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

/** The digits behind the point, by code. */
export const CURRENCIES: ReadonlyMap<string, number> = new Map(
  Object.entries(BY_DIGITS).flatMap(([digits, codes]) =>
    codes.split(' ').map((code) => [code, Number(digits)] as const),
  ),
);

/** The code that a text names, in either case; undefined when no currency has it. */
export function parseCurrency(text: string): CurrencyCode | undefined {
  const code = text.toUpperCase();
  return text.length === 3 && CURRENCIES.has(code) ? (code as CurrencyCode) : undefined;
}

/** The digits of its smallest unit. */
export function digitsOf(currency: CurrencyCode): number {
  return CURRENCIES.get(currency) as number;
}

/** An amount of smallest units as people write it, with a point: `4.50`. */
export function formatAmount(amount: bigint, currency: CurrencyCode): string {
  const digits = digitsOf(currency);
  return formatDecimal(decimal(amount, digits), digits);
}

/** The smallest units in `4.50` or `4.5`; undefined for what is no amount, or is finer than the smallest unit. */
export function parseAmount(text: string, currency: CurrencyCode): bigint | undefined {
  const digits = digitsOf(currency);
  const value = parseDecimal(text);
  if (value === undefined || value.scale > digits) return undefined;
  return value.coefficient * 10n ** BigInt(digits - value.scale);
}
