/**
 * Words: the 5-bit elements that an invoice is made of, one per character (BIP 173), and their packing from and to
 * bytes, hex and numbers. Own code where @scure/base would do, because `invoice` spends its time here: hex goes straight
 * to words and back with no byte array in between.
 */

const NIBBLES = new Int8Array(128).fill(-1);
for (let value = 0; value < 16; value++) {
  NIBBLES[value.toString(16).charCodeAt(0)] = value;
  NIBBLES[value.toString(16).toUpperCase().charCodeAt(0)] = value;
}
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The words of a hex string, the last one filled with zero bits. The caller has checked that it is hex. */
export function hexToWords(text: string): Uint8Array {
  const words = new Uint8Array(Math.ceil((text.length * 4) / 5));
  let pending = 0;
  let bits = 0;
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    pending = ((pending << 4) | (NIBBLES[text.charCodeAt(index)] as number)) & 0xff;
    bits += 4;
    if (bits >= 5) {
      bits -= 5;
      words[length++] = (pending >> bits) & 31;
    }
  }
  if (bits > 0) words[length] = (pending << (5 - bits)) & 31;
  return words;
}

/** The words of the bytes, the last one filled with zero bits. */
export function bytesToWords(bytes: Uint8Array): Uint8Array {
  const words = new Uint8Array(Math.ceil((bytes.length * 8) / 5));
  let pending = 0;
  let bits = 0;
  let length = 0;
  for (let index = 0; index < bytes.length; index++) {
    pending = ((pending << 8) | (bytes[index] as number)) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      words[length++] = (pending >> bits) & 31;
    }
  }
  if (bits > 0) words[length] = (pending << (5 - bits)) & 31;
  return words;
}

/** The whole bytes that the words hold; what is left over of the last word is padding. */
export function wordsToBytes(words: Uint8Array): Uint8Array {
  const bytes = new Uint8Array((words.length * 5) >> 3);
  packWords(words, bytes, 0);
  return bytes;
}

/**
 * Packs the words into `bytes` from `offset` on, as far as there is room for whole bytes; with one byte more room than
 * that, the last holds the bits left over, filled with zeros (what an invoice's signature is made over).
 */
export function packWords(words: Uint8Array, bytes: Uint8Array, offset: number): void {
  let pending = 0;
  let bits = 0;
  let at = offset;
  for (let index = 0; index < words.length; index++) {
    pending = ((pending << 5) | (words[index] as number)) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = pending >> bits;
    }
  }
  if (bits > 0 && at < bytes.length) bytes[at] = pending << (8 - bits);
}

/** The whole bytes that the words hold, as lowercase hex. */
export function wordsToHex(words: Uint8Array): string {
  let text = '';
  let pending = 0;
  let bits = 0;
  for (let index = 0; index < words.length; index++) {
    pending = ((pending << 5) | (words[index] as number)) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      text += HEX[(pending >> bits) & 0xff];
    }
  }
  return text;
}

/** The fewest words that hold the number; none for 0. A whole number from 0 to 2^53 - 1. */
export function numberToWords(value: number): Uint8Array {
  let length = 0;
  for (let rest = value; rest > 0; rest = Math.floor(rest / 32)) length++;
  return numberToFixedWords(value, length);
}

/** The number in exactly so many words. */
export function numberToFixedWords(value: number, length: number): Uint8Array {
  const words = new Uint8Array(length);
  let rest = value;
  for (let index = length - 1; index >= 0; index--) {
    words[index] = rest % 32;
    rest = Math.floor(rest / 32);
  }
  return words;
}

/** The fewest words that hold the number; none for 0. */
export function bigintToWords(value: bigint): Uint8Array {
  const words: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 5n) words.unshift(Number(rest & 31n));
  return Uint8Array.from(words);
}

/** The number that the words hold, or undefined when it has more than so many bits. */
export function wordsToNumber(words: Uint8Array, bits: number): bigint | undefined {
  const limit = 1n << BigInt(bits);
  let value = 0n;
  for (let index = 0; index < words.length; index++) {
    value = (value << 5n) | BigInt(words[index] as number);
    if (value >= limit) return undefined;
  }
  return value;
}
