/**
 * Numbers as people write them: the value decides, not the number of digits. Zeros in front change nothing, and a text
 * of a million digits costs no more than reading it once.
 */

/** The text without the zeros that say nothing: the last digit before a point, a unit or the end stays. */
export function withoutLeadingZeros(text: string): string {
  return text.replace(/^0+(?=\d)/, '');
}

/** The whole number that the decimal digits say. Undefined when the text is anything else, or the number is over `max`. */
export function parseWholeNumber(text: string, max: bigint): bigint | undefined {
  const digits = withoutLeadingZeros(text);
  // Nobody's bound has more than twenty digits.
  if (!/^\d{1,20}$/.test(digits)) return undefined;
  const value = BigInt(digits);
  return value <= max ? value : undefined;
}

/** Beyond this a number is either none at all or larger than anybody's bound. */
const LARGEST_EXPONENT = 40;

/**
 * The number that the text says, in millionths, rounded down: digits, perhaps a fraction, perhaps an exponent (as JSON
 * writes numbers). Undefined when the text is anything else, or the result is over `max`.
 */
export function parseMillionths(text: string, max: bigint): bigint | undefined {
  const match = /^(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return undefined;
  const [, whole = '', fraction = '', exponent = '0'] = match;
  const digits = withoutLeadingZeros(whole + fraction);
  // Where the point of the millionths stands, counted from the left of the digits.
  const point = digits.length - fraction.length + 6 + Number(exponent);
  if (digits === '0' || point <= 0) return 0n;
  if (point > LARGEST_EXPONENT) return undefined;
  const value = BigInt(digits.slice(0, point).padEnd(point, '0'));
  return value <= max ? value : undefined;
}
