/**
 * What every store takes as a value. SQLite would keep what PostgreSQL refuses, or cut it, so the same is refused
 * everywhere, before it is sent: one value that others chose must not end the transaction of many.
 */
import { type SqlValue, StoreRefusedError, type Write } from './store.ts';

const LEAST_COLUMN = -(2n ** 63n);
const MOST_COLUMN = 2n ** 63n - 1n;
/** What stands in the place of a character that cannot be kept. */
const REPLACEMENT = '\ufffd';

/** Why a value cannot be kept; undefined when it can. The sentence does not show it. */
function faultOf(value: SqlValue): string | undefined {
  switch (typeof value) {
    case 'string':
      if (value.includes('\0')) return 'a text with a zero character';
      return value.isWellFormed() ? undefined : 'a text with half a surrogate pair, which has no UTF-8';
    case 'bigint':
      return value < LEAST_COLUMN || value > MOST_COLUMN ? 'an integer of more than 64 bits' : undefined;
    case 'number':
      return Number.isSafeInteger(value) ? undefined : 'a number that is no exact integer';
    default:
      return undefined;
  }
}

/** Checks the values of one statement. Throws StoreRefusedError. */
export function checkValues(sql: string, params: readonly SqlValue[]): void {
  for (const value of params) {
    const fault = faultOf(value);
    if (fault !== undefined) throw refusal(sql, `${fault} cannot be kept`);
  }
}

/** Checks the values of a unit. Throws StoreRefusedError. */
export function checkUnit(unit: readonly Write[]): void {
  for (const { sql, params } of unit) checkValues(sql, params);
}

/** The error for a statement that was refused: its first words name it, and none of its values are shown. */
export function refusal(sql: string, why: string): StoreRefusedError {
  return new StoreRefusedError(`the database refuses "${sql.trim().split(/\s+/).slice(0, 4).join(' ')} ...": ${why}`);
}

/** A text that somebody else wrote, with every character that cannot be kept replaced by U+FFFD. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', REPLACEMENT);
}
