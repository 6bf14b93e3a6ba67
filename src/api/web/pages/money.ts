/** Amounts, times and numbers as people of a language write them. Amounts are whole numbers of the smallest unit, never floats. */
import type { Language } from './language.ts';

/** A currency, and how many digits its smallest unit is behind the point. */
export interface ShownCurrency {
  /** ISO 4217, such as `EUR`. */
  readonly currency: string;
  readonly digits: number;
}

const formats = new Map<string, Intl.NumberFormat>();

function format(language: Language, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${language} ${JSON.stringify(options)}`;
  let known = formats.get(key);
  if (known === undefined) {
    known = new Intl.NumberFormat(language, options);
    formats.set(key, known);
  }
  return known;
}

/** The decimal text of `amount` smallest units, exact: 450 with two digits is `4.50`. */
function decimal(amount: bigint, digits: number): Intl.StringNumericLiteral {
  const sign = amount < 0n ? '-' : '';
  const all = (amount < 0n ? -amount : amount).toString().padStart(digits + 1, '0');
  const whole = all.slice(0, all.length - digits);
  const text = digits === 0 ? `${sign}${whole}` : `${sign}${whole}.${all.slice(-digits)}`;
  return text as Intl.StringNumericLiteral;
}

/** In satoshi, with the fraction of one if there is any: `250,000 sat`. */
export function formatMsat(amount_msat: bigint, language: Language): string {
  const digits = format(language, { minimumFractionDigits: 0, maximumFractionDigits: 3 });
  return `${digits.format(decimal(amount_msat, 3))}\u00a0sat`;
}

/** In bitcoin: `0.0025 BTC`. */
export function formatBitcoin(amount_msat: bigint, language: Language): string {
  const digits = format(language, { minimumFractionDigits: 0, maximumFractionDigits: 11 });
  return `${digits.format(decimal(amount_msat, 11))}\u00a0BTC`;
}

/** In a currency: `€4.50`. `amount` is in its smallest unit. */
export function formatMoney(amount: bigint, { currency, digits }: ShownCurrency, language: Language): string {
  return format(language, {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(decimal(amount, digits));
}

/** What one bitcoin is worth, to the digit: `€58,123.45`. `rate` is a decimal number in units of the currency. */
export function formatRate(rate: string, currency: string, language: Language): string {
  const digits = /\.(\d+)$/.exec(rate)?.[1]?.length ?? 0;
  const options = {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  } as const;
  return format(language, options).format(rate as Intl.StringNumericLiteral);
}

/** A whole number: `1,234`. */
export function formatCount(count: number | bigint, language: Language): string {
  return format(language, { maximumFractionDigits: 0 }).format(count);
}

const days = new Map<Language, Intl.DateTimeFormat>();

/** A day of the calendar, such as `2026-11-29`: `29 Nov 2026`. */
export function formatDay(date: string, language: Language): string {
  let known = days.get(language);
  if (known === undefined) {
    known = new Intl.DateTimeFormat(localeOf(language), {
      year: 'numeric',
      month: 'short',
      day: 'numeric',
      timeZone: 'UTC',
    });
    days.set(language, known);
  }
  return known.format(new Date(`${date}T00:00:00Z`));
}

/** English is written as in most of the world. */
function localeOf(language: Language): string {
  return language === 'en' ? 'en-GB' : language;
}

const times = new Map<string, Intl.DateTimeFormat>();

/** A moment, such as `29 Nov 2026, 16:20 UTC`, in UTC or in the zone given (`Europe/Berlin`). */
export function formatTime(unix_seconds: number, language: Language, time_zone = 'UTC'): string {
  const key = `${language} ${time_zone}`;
  let known = times.get(key);
  if (known === undefined) {
    known = new Intl.DateTimeFormat(localeOf(language), {
      year: 'numeric',
      month: 'short',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      timeZone: time_zone,
      timeZoneName: 'short',
    });
    times.set(key, known);
  }
  return known.format(new Date(unix_seconds * 1000));
}
