/**
 * Amounts in the browser, for the total on the keypad: whole numbers of the smallest unit, as on the server, which adds all
 * up again and is the one that counts.
 */

/** How an amount is typed and counted. */
export interface Unit {
  /** ISO 4217, or `sat`. */
  readonly name: string;
  /** Digits behind the point. */
  readonly digits: number;
}

function wholeOf({ name, digits }: Unit): bigint {
  return name === 'sat' ? 1000n : 10n ** BigInt(digits);
}

/** Reads an amount, or several with + between them; nothing is 0. Undefined for what is none. */
export function parseTyped(text: string, unit: Unit): bigint | undefined {
  const bare = text.replace(/\s/g, '');
  if (bare === '') return 0n;
  let sum = 0n;
  for (const part of bare.split('+')) {
    const [, whole = '', fraction = ''] = /^(\d{0,15})(?:[.,](\d{0,4}))?$/.exec(part) ?? [];
    if (whole + fraction === '' || fraction.length > unit.digits) return undefined;
    sum += BigInt(whole === '' ? '0' : whole) * wholeOf(unit);
    if (unit.digits > 0) sum += BigInt(fraction.padEnd(unit.digits, '0'));
  }
  return sum;
}

/** A share in whole percent, rounded to the nearest smallest unit; of bitcoin to a whole satoshi. */
export function percentOf(amount: bigint, percent: bigint, { name }: Unit): bigint {
  const step = name === 'sat' ? 1000n : 1n;
  return ((amount * percent + 50n * step) / (100n * step)) * step;
}

/** As people of the language read it. */
export function shown(amount: bigint, { name, digits }: Unit, language: string): string {
  const behind = name === 'sat' ? 3 : digits;
  const all = amount.toString().padStart(behind + 1, '0');
  const text = behind === 0 ? all : `${all.slice(0, -behind)}.${all.slice(-behind)}`;
  const format = new Intl.NumberFormat(
    language,
    name === 'sat'
      ? { maximumFractionDigits: 3 }
      : { style: 'currency', currency: name, minimumFractionDigits: digits, maximumFractionDigits: digits },
  );
  // A text is formatted to the digit; a number would be rounded.
  const whole = format.format(text as unknown as number);
  return name === 'sat' ? `${whole}\u00a0sat` : whole;
}
