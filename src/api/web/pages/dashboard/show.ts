/** Amounts, numbers and times as the reader of a page writes them, in the shop's time zone. */
import { type Counted, filledText, formFor } from '../fill.ts';
import type { Language } from '../language.ts';
import { formatCount, formatDay, formatMoney, formatMsat, formatTime, type ShownCurrency } from '../money.ts';

/** What a page writes amounts, numbers and times with. */
export interface Shown {
  msat(amount_msat: bigint): string;
  /** `amount` is of the currency's smallest unit. */
  money(amount: bigint, currency: ShownCurrency): string;
  count(count: number | bigint): string;
  /** Unix time, seconds. */
  time(unix_seconds: number): string;
  /** Such as `2026-11-29`. */
  day(date: string): string;
  /** A text that counts something, with the number in it. */
  counted(forms: Counted, count: number): string;
}

/** For a language and a time zone such as `Europe/Berlin`. */
export function shownIn(language: Language, time_zone: string): Shown {
  const count = (value: number | bigint): string => formatCount(value, language);
  return {
    msat: (amount_msat) => formatMsat(amount_msat, language),
    money: (amount, currency) => formatMoney(amount, currency, language),
    count,
    time: (unix_seconds) => formatTime(unix_seconds, language, time_zone),
    day: (date) => formatDay(date, language),
    counted: (forms, number) => filledText(formFor(forms, number, language), { count: count(number) }),
  };
}
