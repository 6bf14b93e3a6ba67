/**
 * Identities (hashes, node ids, preimages, scripts) travel through Till as lowercase hex strings; bytes live inside the
 * codecs. Pure JavaScript: this module is part of the browser bundle of `lightning-till/bolt11`.
 */
import { hex } from '@scure/base';

/** The value of each hex digit, by its character's code; others are negative. */
const DIGITS = new Int8Array(128).fill(-1);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  DIGITS[digit.charCodeAt(0)] = value;
  DIGITS[digit.toUpperCase().charCodeAt(0)] = value;
}

/** Lowercase hex of the bytes. */
export function toHex(bytes: Uint8Array): string {
  return hex.encode(bytes);
}

/**
 * The bytes of a hex string of either case. Throws RangeError when it is no hex.
 *
 * For the 32 bytes of a hash this takes an eighth of what the language's own `Uint8Array.fromHex` does, whose memory lies
 * outside of the heap.
 */
export function fromHex(text: string): Uint8Array {
  const length = text.length / 2;
  if (!Number.isInteger(length)) throw noHex();
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) {
    const high = DIGITS[text.charCodeAt(2 * index)] ?? -1;
    const low = DIGITS[text.charCodeAt(2 * index + 1)] ?? -1;
    if ((high | low) < 0) throw noHex();
    bytes[index] = (high << 4) | low;
  }
  return bytes;
}

function noHex(): RangeError {
  return new RangeError('not a hex string of even length');
}

/** Whether the text is hex of whole bytes, and (when given) of exactly so many bytes. */
export function isHex(text: string, length_bytes?: number): boolean {
  if (text.length % 2 !== 0 || (length_bytes !== undefined && text.length !== length_bytes * 2)) return false;
  return /^[0-9a-fA-F]*$/.test(text);
}
