/**
 * Amounts as cashiers type and read them. The counter counts in the smallest unit of the shop's currency, or in
 * millisatoshi: whole numbers, never floating point.
 */
import { type CurrencyCode, digitsOf } from '../../../../base/types/currency.ts';
import type { Language } from '../language.ts';
import { formatMoney, formatMsat } from '../money.ts';

/** A currency, or undefined for bitcoin. */
export type Unit = CurrencyCode | undefined;

/** Digits behind the point that somebody may type: of satoshi none, because nobody pays a part of one. */
export function digitsTyped(unit: Unit): number {
  return unit === undefined ? 0 : digitsOf(unit);
}

/** What one whole of what is typed is, in the unit that is counted in: 100 for EUR, 1000 for a satoshi. */
function wholeOf(unit: Unit): bigint {
  return unit === undefined ? 1000n : 10n ** BigInt(digitsOf(unit));
}

/** The longest sum that somebody types. */
const LONGEST = 200;

/**
 * Reads an amount, or several with + between them: `4.50`, `4,50`, `4.5+2`. An empty text is nothing. Undefined for
 * anything else, also for more digits behind the point than the currency has.
 */
export function parseTyped(text: string, unit: Unit): bigint | undefined {
  const bare = text.replace(/\s/g, '');
  if (bare === '') return 0n;
  if (bare.length > LONGEST) return undefined;
  const digits = digitsTyped(unit);
  let sum = 0n;
  for (const part of bare.split('+')) {
    const [, whole = '', fraction = ''] = /^(\d{0,15})(?:[.,](\d{0,4}))?$/.exec(part) ?? [];
    if (whole + fraction === '' || fraction.length > digits) return undefined;
    sum += BigInt(whole === '' ? '0' : whole) * wholeOf(unit);
    if (digits > 0) sum += BigInt(fraction.padEnd(digits, '0'));
  }
  return sum;
}

/** As somebody would type it: `4.50`, or `21`. */
export function typed(amount: bigint, unit: Unit): string {
  const digits = digitsTyped(unit);
  const whole = amount / wholeOf(unit);
  return digits === 0 ? whole.toString() : `${whole}.${(amount % wholeOf(unit)).toString().padStart(digits, '0')}`;
}

/** As people read it. */
export function shown(amount: bigint, unit: Unit, language: Language): string {
  return unit === undefined
    ? formatMsat(amount, language)
    : formatMoney(amount, { currency: unit, digits: digitsOf(unit) }, language);
}

/** A share of an amount, in whole percent, rounded to the nearest smallest unit; of bitcoin to a whole satoshi. */
export function percentOf(amount: bigint, percent: bigint, unit: Unit): bigint {
  const step = unit === undefined ? 1000n : 1n;
  return ((amount * percent + 50n * step) / (100n * step)) * step;
}
