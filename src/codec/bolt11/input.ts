/** What the writer asks of the values it is handed, so that a caller's mistake is an error and never an odd invoice. */
import { Bolt11Error } from './error.ts';

const LOWERCASE_HEX = /^(?:[0-9a-f]{2})*$/;

/** Throws Bolt11Error unless the text is lowercase hex, and (when given) of so many bytes. Never quotes the value. */
export function requireHex(field: string, what: string, text: string, length_bytes?: number): void {
  const right_length = length_bytes === undefined || text.length === length_bytes * 2;
  if (right_length && LOWERCASE_HEX.test(text)) return;
  const length = length_bytes === undefined ? 'whole bytes' : `${length_bytes} bytes`;
  throw new Bolt11Error('value_invalid', `${what} must be ${length} in lowercase hex`, { field });
}

/** Throws Bolt11Error unless the value is a whole number from 0 to `largest`. */
export function requireInteger(field: string | undefined, what: string, value: number, largest: number): void {
  if (Number.isSafeInteger(value) && value >= 0 && value <= largest) return;
  throw new Bolt11Error('value_invalid', `${what} must be a whole number from 0 to ${largest}`, { field });
}
