/** Days and times as a shop counts them: in its own time zone, with its changes of the clock. */

/** A text names no time zone or no day; the sentence says what is taken. */
export class TimeError extends Error {
  override readonly name = 'TimeError';
}

/** The parts of a time on the clock of a zone. */
interface ClockParts {
  readonly date: string;
  readonly clock: string;
  /** Such as `+01:00`. */
  readonly offset: string;
}

const DAY_SECONDS = 86_400;
const HALF_DAY_SECONDS = 43_200;

export class TimeZone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;

  /** By its IANA name, such as `Europe/Berlin`. Throws TimeError for one that does not exist. */
  constructor(name: string) {
    this.name = name;
    try {
      this.#format = new Intl.DateTimeFormat('en-CA', {
        timeZone: name,
        calendar: 'iso8601',
        numberingSystem: 'latn',
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
        hourCycle: 'h23',
        timeZoneName: 'longOffset',
      });
    } catch {
      throw new TimeError(`'${name.slice(0, 40)}' is no time zone: use a name such as Europe/Berlin, or UTC`);
    }
  }

  /** A Unix time as `2026-01-31T23:59:59+01:00`. */
  iso(seconds: number): string {
    const { date, clock, offset } = this.#parts(seconds);
    return `${date}T${clock}${offset}`;
  }

  /** A Unix time as `2026-01-31 23:59:59`. */
  plain(seconds: number): string {
    const { date, clock } = this.#parts(seconds);
    return `${date} ${clock}`;
  }

  /** When the day `2026-01-31` begins here, in Unix time. Throws TimeError for what is no day. */
  startOfDay(day: string): number {
    const utc = dayInUtc(day);
    // No zone is further than fourteen hours from UTC: the day begins between the two, at the first second of that date.
    let low = utc - DAY_SECONDS;
    let high = utc + DAY_SECONDS;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#parts(middle).date < day) low = middle;
      else high = middle;
    }
    return high;
  }

  /** When the day after it begins. Throws TimeError for what is no day. */
  endOfDay(day: string): number {
    const next = new Date((dayInUtc(day) + DAY_SECONDS + HALF_DAY_SECONDS) * 1000).toISOString().slice(0, 10);
    return this.startOfDay(next);
  }

  #parts(seconds: number): ClockParts {
    const parts: Record<string, string> = {};
    for (const { type, value } of this.#format.formatToParts(seconds * 1000)) parts[type] = value;
    const { year = '', month, day, hour, minute, second, timeZoneName = '' } = parts;
    const offset = timeZoneName.replace('GMT', '');
    return {
      date: `${year.padStart(4, '0')}-${month}-${day}`,
      clock: `${hour}:${minute}:${second}`,
      offset: offset === '' ? '+00:00' : offset.slice(0, 6),
    };
  }
}

/** The day's first second in UTC. */
function dayInUtc(day: string): number {
  const milliseconds = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  const seconds = milliseconds / 1000;
  if (Number.isNaN(seconds) || new Date(milliseconds).toISOString().slice(0, 10) !== day) {
    throw new TimeError(`'${day.slice(0, 40)}' is no day: write it as 2026-01-31`);
  }
  return seconds;
}
