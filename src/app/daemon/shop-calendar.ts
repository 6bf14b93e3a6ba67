/** The days of the shop, as the options say. */
import { Calendar } from '../../shop/takings/calendar.ts';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/option.ts';

/** The option, or what the machine has. */
export function timeZoneOf({ values }: Pick<Config, 'values'>): string {
  return values['shop-timezone'] ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** The calendar. Throws ConfigError for what is no time zone. */
export function calendarOf(config: Pick<Config, 'values'>): Calendar {
  const time_zone = timeZoneOf(config);
  try {
    return new Calendar(time_zone);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ConfigError(`shop-timezone is a time zone such as Europe/Berlin or UTC, not '${time_zone}'`);
  }
}
