/**
 * Decimal numbers that are zero or more, exact: an integer and how many of its digits stand behind the point. A rate is
 * one of these: floating point touches no money.
 */

/** The number `coefficient / 10^scale`. Made by the functions here alone: no zero ends the fraction. */
export interface Decimal {
  readonly coefficient: bigint;
  /** Digits behind the point. */
  readonly scale: number;
}

/** The longest text that is read, and the most digits on either side of the point. */
const LONGEST_TEXT = 60;
const MOST_DIGITS = 30;

/** The decimal `coefficient / 10^scale`. Throws RangeError below zero. */
export function decimal(coefficient: bigint, scale = 0): Decimal {
  if (coefficient < 0n || scale < 0) throw new RangeError(`no decimal: ${coefficient} with scale ${scale}`);
  let [left, digits] = [coefficient, scale];
  while (digits > 0 && left % 10n === 0n) {
    left /= 10n;
    digits--;
  }
  return { coefficient: left, scale: digits };
}

/**
 * Reads digits, perhaps a fraction, perhaps an exponent, as JSON writes numbers. Undefined for anything else, and for more
 * than thirty digits on either side of the point.
 */
export function parseDecimal(text: string): Decimal | undefined {
  if (text.length > LONGEST_TEXT) return undefined;
  const match = /^(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text);
  if (match === null) return undefined;
  const [, whole = '', fraction = '', exponent = '0'] = match;
  const coefficient = BigInt(whole + fraction);
  if (coefficient === 0n) return decimal(0n);
  const scale = fraction.length - Number(exponent);
  const read = scale >= 0 ? decimal(coefficient, scale) : decimal(coefficient * 10n ** BigInt(-scale));
  const digits = read.coefficient.toString().length;
  return read.scale > MOST_DIGITS || digits - read.scale > MOST_DIGITS ? undefined : read;
}

/** The number in plain digits, with exactly so many behind the point when that is given and they suffice. */
export function formatDecimal({ coefficient, scale }: Decimal, least_digits = 0): string {
  const shown = Math.max(scale, least_digits);
  const digits = (coefficient * 10n ** BigInt(shown - scale)).toString().padStart(shown + 1, '0');
  return shown === 0 ? digits : `${digits.slice(0, -shown)}.${digits.slice(-shown)}`;
}

/** Below zero when a is the smaller, zero when they are equal, else above. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale);
  const [left, right] = [scaled(a, scale), scaled(b, scale)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** a times a whole number. */
export function timesWhole({ coefficient, scale }: Decimal, factor: bigint): Decimal {
  return decimal(coefficient * factor, scale);
}

/** The number in the middle of two, exact. */
export function middleOf(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return decimal((scaled(a, scale) + scaled(b, scale)) * 5n, scale + 1);
}

/** The number with at most so many digits behind the point, the half up. */
export function roundDecimal(value: Decimal, digits: number): Decimal {
  if (value.scale <= digits) return value;
  const unit = 10n ** BigInt(value.scale - digits);
  return decimal((value.coefficient * 2n + unit) / (unit * 2n), digits);
}

function scaled({ coefficient, scale }: Decimal, to: number): bigint {
  return coefficient * 10n ** BigInt(to - scale);
}

/** How a quotient becomes a whole number. */
export type Rounding = 'up' | 'nearest' | 'down';

/** `dividend / divisor` as a whole number; `nearest` takes the half up. Throws RangeError for a divisor of zero. */
export function divideRounded(dividend: bigint, divisor: bigint, rounding: Rounding): bigint {
  if (divisor <= 0n || dividend < 0n) throw new RangeError(`${dividend} / ${divisor} is no quotient of amounts`);
  if (rounding === 'down') return dividend / divisor;
  if (rounding === 'up') return (dividend + divisor - 1n) / divisor;
  return (dividend * 2n + divisor) / (divisor * 2n);
}
