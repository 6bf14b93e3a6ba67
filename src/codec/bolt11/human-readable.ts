/** The part before the separator: `ln`, the network, the amount and its multiplier (BOLT 11, Human-Readable Part). */
import { MAX_U64, type Msat } from '../../base/types/amount.ts';
import type { Network } from '../../base/types/network.ts';
import { Bolt11Error } from './error.ts';

/** The network as an invoice names it. Both testnets are `tb`. */
export type Currency = Network['bolt11_prefix'];

/** The longer names first: `tb` starts `tbs`, and `bc` starts `bcrt`. */
const CURRENCIES: readonly Currency[] = ['bcrt', 'tbs', 'tb', 'bc'];

/** The value of one unit in msat, largest first. `p` is missing: it is a tenth of a msat. */
const MULTIPLIERS: readonly (readonly [letter: string, value_msat: number])[] = [
  ['', 100_000_000_000],
  ['m', 100_000_000],
  ['u', 100_000],
  ['n', 100],
];

/** Digits that an amount may have: u64 msat in pico has 21; more is refused before it is read as a number. */
const MAX_DIGITS = 21;

/** Reads `lnbc2500u` and the like. Throws Bolt11Error. */
export function parseHumanReadable(text: string): { currency: Currency; amount_msat: Msat | undefined } {
  if (!text.startsWith('ln')) {
    throw new Bolt11Error('not_an_invoice', 'an invoice starts with ln', { position: 0 });
  }
  const letters = /^[a-z]*/.exec(text.slice(2))?.[0] ?? '';
  const currency = CURRENCIES.find((name) => name === letters);
  if (currency === undefined) {
    throw new Bolt11Error('unknown_network', `unknown network "${letters}"`, { position: 2 });
  }
  const start = 2 + currency.length;
  return { currency, amount_msat: start === text.length ? undefined : parseAmount(text.slice(start), start) };
}

function parseAmount(text: string, position: number): Msat {
  const [, digits, multiplier] = /^(\d+)(.*)$/.exec(text) ?? [];
  if (digits === undefined || multiplier === undefined || digits.startsWith('0')) {
    throw new Bolt11Error('amount_invalid', `"${text}" is not a positive number without leading zeros`, { position });
  }
  if (digits.length > MAX_DIGITS) {
    throw new Bolt11Error('amount_too_large', 'the amount is over 2^64 - 1 msat', { position });
  }
  let value_msat: bigint;
  if (multiplier === 'p') {
    if (!digits.endsWith('0')) {
      throw new Bolt11Error('sub_millisatoshi', `${digits}p is not a whole number of millisatoshi`, { position });
    }
    value_msat = BigInt(digits.slice(0, -1));
  } else {
    const unit = MULTIPLIERS.find(([letter]) => letter === multiplier);
    if (unit === undefined) {
      throw new Bolt11Error('multiplier_invalid', `"${multiplier}" is not one of the multipliers m, u, n, p`, {
        position: position + digits.length,
      });
    }
    value_msat = BigInt(digits) * BigInt(unit[1]);
  }
  if (value_msat > MAX_U64) {
    throw new Bolt11Error('amount_too_large', 'the amount is over 2^64 - 1 msat', { position });
  }
  return value_msat as Msat;
}

/** The shortest form: the largest multiplier that divides the amount. Throws Bolt11Error for an amount below 1 msat. */
export function formatHumanReadable(currency: Currency, amount_msat: Msat | undefined): string {
  if (!CURRENCIES.includes(currency)) {
    throw new Bolt11Error('unknown_network', `unknown network "${currency}"`);
  }
  if (amount_msat === undefined) return `ln${currency}`;
  if (amount_msat <= 0n || amount_msat > MAX_U64) {
    throw new Bolt11Error('value_invalid', 'an amount is from 1 to 2^64 - 1 msat, or left out for any amount');
  }
  return `ln${currency}${formatAmount(amount_msat)}`;
}

function formatAmount(amount_msat: Msat): string {
  // Plain numbers as far as they are exact: this is on the path of every invoice, and bigint division is ten times slower.
  if (amount_msat <= BigInt(Number.MAX_SAFE_INTEGER)) {
    const value = Number(amount_msat);
    for (const [letter, unit] of MULTIPLIERS) if (value % unit === 0) return `${value / unit}${letter}`;
  } else {
    for (const [letter, unit] of MULTIPLIERS) {
      if (amount_msat % BigInt(unit) === 0n) return `${amount_msat / BigInt(unit)}${letter}`;
    }
  }
  return `${amount_msat}0p`;
}
