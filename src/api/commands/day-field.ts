/** Days of the shop's calendar as parameters. */
import { type Calendar, type CalendarDay, parseDay } from '../../shop/takings/calendar.ts';
import { fieldOf, textOf } from '../rpc/field.ts';
import { field } from '../rpc/fields.ts';

/** A day, such as `2026-11-29`. */
export const dayField = fieldOf<CalendarDay>(
  'date',
  { type: 'string', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' },
  'should be a date such as 2026-11-29',
  (value) => parseDay(textOf(value) ?? ''),
);

/** A Unix time, or a day of the shop. */
export const timeOrDayField = fieldOf<bigint | CalendarDay>(
  'time or date',
  { type: ['integer', 'string'] },
  'should be a Unix time or a date such as 2026-11-29',
  (value) => {
    const day = parseDay(textOf(value) ?? '');
    if (day !== undefined) return day;
    try {
      return field.u64.parse(value);
    } catch {
      return undefined;
    }
  },
);

/** The Unix time that was given: of a day, when it begins or ends. Undefined when nothing was. */
export function timeOf(
  given: bigint | CalendarDay | undefined,
  of_day: 'start' | 'end',
  calendar: Calendar,
): number | undefined {
  if (given === undefined) return undefined;
  if (typeof given === 'bigint') return Number(given);
  return calendar.days(given, 1)[0]?.[of_day];
}
