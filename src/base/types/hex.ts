/**
 * Identities (hashes, node ids, preimages, scripts) travel through Till as lowercase hex strings; bytes live inside the
 * codecs. Pure JavaScript: this module is part of the browser bundle of `lightning-till/bolt11`.
 */
import { hex } from '@scure/base';

/** Lowercase hex of the bytes. */
export function toHex(bytes: Uint8Array): string {
  return hex.encode(bytes);
}

/** The bytes of a hex string of either case. Throws RangeError when it is no hex. */
export function fromHex(text: string): Uint8Array {
  if (!isHex(text)) throw new RangeError('not a hex string of even length');
  return hex.decode(text.toLowerCase());
}

/** Whether the text is hex of whole bytes, and (when given) of exactly so many bytes. */
export function isHex(text: string, length_bytes?: number): boolean {
  if (text.length % 2 !== 0 || (length_bytes !== undefined && text.length !== length_bytes * 2)) return false;
  return /^[0-9a-fA-F]*$/.test(text);
}
