/**
 * Days and months as the shop's clock on the wall has them: when they begin and end in Unix time, also where clocks are set
 * forward or back. The rules of the time zones are Node's own (Intl).
 */

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

/** Such as `Europe/Berlin`. Throws RangeError for a name that is no time zone. */
export class Calendar {
  readonly time_zone: string;
  readonly #format: Intl.DateTimeFormat;

  constructor(time_zone: string) {
    this.time_zone = time_zone;
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: time_zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** The day that it is at a Unix time. */
  dayAt(seconds: number): CalendarDay {
    const { year, month, day } = this.#partsAt(seconds);
    return { year, month, day };
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

  /** When a day begins. Where clocks skip midnight, it is the first second after. */
  #startOf(day: CalendarDay): number {
    const midnight = Date.UTC(day.year, day.month - 1, day.day) / 1000;
    const guess = midnight - this.#offsetAt(midnight);
    const start = midnight - this.#offsetAt(guess);
    const { hour, minute, day: found } = this.#partsAt(start);
    // The clock went from before midnight to after it: what is short of the day is skipped.
    if (found !== day.day) return start + (24 - hour) * 3600 - minute * 60;
    return start;
  }

  /** How far the wall's clock is ahead of UTC, in seconds. */
  #offsetAt(seconds: number): number {
    const { year, month, day, hour, minute, second } = this.#partsAt(seconds);
    return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - seconds;
  }

  #partsAt(seconds: number) {
    const parts = new Map<string, number>();
    for (const { type, value } of this.#format.formatToParts(seconds * 1000)) parts.set(type, Number(value));
    const part = (name: string): number => parts.get(name) ?? 0;
    return {
      year: part('year'),
      month: part('month'),
      day: part('day'),
      hour: part('hour'),
      minute: part('minute'),
      second: part('second'),
    };
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
