/**
 * Days and months as the shop's clock on the wall has them: when they begin and end in Unix time, also where clocks are set
 * forward or back.
 */
import { TimeZone } from '../../base/types/time-zone.ts';

/** A day of the calendar. Months count from 1. */
export interface CalendarDay {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** A time from its first second to the first second that is not in it any more, in Unix time. */
export interface Period {
  /** `2026-11-29`, or `2026-11` for a month. */
  readonly date: string;
  readonly start: number;
  readonly end: number;
}

/** Such as `Europe/Berlin`. Throws TimeError, which is a RangeError, for a name that is no time zone. */
export class Calendar {
  readonly time_zone: string;
  readonly #zone: TimeZone;

  constructor(time_zone: string) {
    this.time_zone = time_zone;
    this.#zone = new TimeZone(time_zone);
  }

  /** The day that it is at a Unix time. */
  dayAt(seconds: number): CalendarDay {
    return parseDay(this.#zone.plain(seconds).slice(0, 10)) as CalendarDay;
  }

  /** Consecutive days, the last of them the one given. */
  days(last: CalendarDay, count: number): readonly Period[] {
    const starts: number[] = [];
    for (let back = count - 1; back >= -1; back--) starts.push(this.#startOf(shifted(last, -back)));
    return starts.slice(0, -1).map((start, index) => ({
      date: dateText(shifted(last, index - count + 1)),
      start,
      end: starts[index + 1] as number,
    }));
  }

  /** Consecutive months, the last of them that of the day given. */
  months(last: CalendarDay, count: number): readonly Period[] {
    return Array.from({ length: count }, (_, index) => {
      const first = firstOfMonth(last, index - count + 1);
      return {
        date: dateText(first).slice(0, 7),
        start: this.#startOf(first),
        end: this.#startOf(firstOfMonth(first, 1)),
      };
    });
  }

  #startOf(day: CalendarDay): number {
    return this.#zone.startOfDay(dateText(day));
  }
}

/** The day so many days later. */
function shifted({ year, month, day }: CalendarDay, days: number): CalendarDay {
  const date = new Date(Date.UTC(year, month - 1, day + days));
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

function firstOfMonth({ year, month }: CalendarDay, months: number): CalendarDay {
  return shifted({ year, month: month + months, day: 1 }, 0);
}

function dateText({ year, month, day }: CalendarDay): string {
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

/** The day that `2026-11-29` says; undefined for what is no day. */
export function parseDay(text: string): CalendarDay | undefined {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  const given = { year: Number(year), month: Number(month), day: Number(day) };
  return dateText(shifted(given, 0)) === text ? given : undefined;
}
