/** Days and times as a shop counts them: in its own time zone, with its changes of the clock. */

/** A text names no time zone or no day; the sentence says what is taken. */
export class TimeError extends RangeError {
  override readonly name = 'TimeError';
}

const DAY_SECONDS = 86_400;
const HALF_DAY_SECONDS = 43_200;
/** No clock is set but at a whole quarter of an hour. */
const QUARTER_SECONDS = 900;

/** A place's clock on the wall. The rules of the zones are Node's own (Intl). */
export class TimeZone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  /** The offset of the quarter of an hour that was asked for last: entries come in the order of time. */
  #known = { quarter: Number.NaN, offset_seconds: 0 };

  /** By its IANA name, such as `Europe/Berlin`. Throws TimeError for one that does not exist. */
  constructor(name: string) {
    this.name = name;
    try {
      this.#format = new Intl.DateTimeFormat('en-US', {
        timeZone: name,
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
    } catch {
      throw new TimeError(`'${name.slice(0, 40)}' is no time zone: use a name such as Europe/Berlin, or UTC`);
    }
  }

  /** A Unix time as `2026-01-31T23:59:59+01:00`. */
  iso(seconds: number): string {
    const offset_seconds = this.#offsetAt(seconds);
    const minutes = Math.abs(offset_seconds) / 60;
    const [hour, minute] = [Math.floor(minutes / 60), Math.floor(minutes % 60)].map((part) =>
      `${part}`.padStart(2, '0'),
    );
    return `${this.#clock(seconds)}${offset_seconds < 0 ? '-' : '+'}${hour}:${minute}`;
  }

  /** A Unix time as `2026-01-31 23:59:59`. */
  plain(seconds: number): string {
    return this.#clock(seconds).replace('T', ' ');
  }

  /** When the day `2026-01-31` begins here, in Unix time. Throws TimeError for what is no day. */
  startOfDay(day: string): number {
    const utc = dayInUtc(day);
    // No zone is further than fourteen hours from UTC: the day begins between the two, at the first second of that date.
    let low = utc - DAY_SECONDS;
    let high = utc + DAY_SECONDS;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#clock(middle).slice(0, 10) < day) low = middle;
      else high = middle;
    }
    return high;
  }

  /** When the day after it begins. Throws TimeError for what is no day. */
  endOfDay(day: string): number {
    const next = new Date((dayInUtc(day) + DAY_SECONDS + HALF_DAY_SECONDS) * 1000).toISOString().slice(0, 10);
    return this.startOfDay(next);
  }

  /** Date and time on the clock of the zone. */
  #clock(seconds: number): string {
    return new Date((seconds + this.#offsetAt(seconds)) * 1000).toISOString().slice(0, 19);
  }

  /** So much is the clock of the zone ahead of UTC. */
  #offsetAt(seconds: number): number {
    const quarter = Math.floor(seconds / QUARTER_SECONDS);
    if (quarter === this.#known.quarter) return this.#known.offset_seconds;
    const begin = quarter * QUARTER_SECONDS;
    const parts: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(begin * 1000)) parts[type] = Number(value);
    const { year = 0, month = 1, day, hour, minute, second } = parts;
    const offset_seconds = Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - begin;
    this.#known = { quarter, offset_seconds };
    return offset_seconds;
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
