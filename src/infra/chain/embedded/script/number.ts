/** Numbers and truth as scripts have them: little-endian, with the sign in the top bit of the last byte. */
import { must } from './fault.ts';

const NEGATIVE = 0x80;
/** Arithmetic takes numbers of up to four bytes. */
const USUAL_BYTES = 4;

/** The number, of at most so many bytes; under `is_minimal` it must be written in the fewest. Throws ScriptFault. */
export function readNumber(bytes: Uint8Array, is_minimal: boolean, most_bytes = USUAL_BYTES): number {
  must(bytes.length <= most_bytes, 'UNKNOWN_ERROR');
  const last = bytes.at(-1);
  if (last === undefined) return 0;
  const isPadded = (last & 0x7f) === 0 && (bytes.length === 1 || ((bytes.at(-2) as number) & NEGATIVE) === 0);
  must(!(is_minimal && isPadded), 'UNKNOWN_ERROR');
  let value = last & 0x7f;
  for (let index = bytes.length - 2; index >= 0; index--) value = value * 256 + (bytes[index] as number);
  return (last & NEGATIVE) === 0 ? value : -value;
}

/** The number in the fewest bytes. */
export function writeNumber(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = Math.abs(value); rest > 0; rest = Math.floor(rest / 256)) bytes.push(rest % 256);
  const last = bytes.at(-1);
  if (last === undefined) return new Uint8Array(0);
  if (last >= NEGATIVE) bytes.push(value < 0 ? NEGATIVE : 0);
  else if (value < 0) bytes[bytes.length - 1] = last | NEGATIVE;
  return Uint8Array.from(bytes);
}

/** Whether the bytes are true: not zero, and not the zero with a sign. */
export function isTrue(bytes: Uint8Array): boolean {
  return bytes.some((byte, index) => byte !== 0 && !(index === bytes.length - 1 && byte === NEGATIVE));
}

/** The bytes of a truth. */
export function truth(value: boolean): Uint8Array {
  return value ? Uint8Array.of(1) : new Uint8Array(0);
}
