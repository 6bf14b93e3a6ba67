/**
 * Bech32 as BOLT 11 uses it: BIP 173 without its limit of 90 characters, but with one of our own. Reads and writes
 * words; time and memory grow with the length of the text and no faster.
 */
import { Bolt11Error } from './error.ts';

/** The 32 characters of bech32, by value. */
export const CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';

/**
 * The most characters that we read or write: what the largest QR code (version 40, lowest correction) holds in digits.
 * Far above any invoice in use, and far below what would slow a node down.
 */
export const MAX_INVOICE_CHARACTERS = 7089;

const CHECKSUM_WORDS = 6;
const CODES = Uint8Array.from(CHARSET, (character) => character.charCodeAt(0));
const VALUES = new Int8Array(128).fill(-1);
for (let value = 0; value < 32; value++) VALUES[CODES[value] as number] = value;

/** What the five bits that leave the remainder add back to it, for each of their 32 values (BIP 173's generator). */
const GENERATOR = new Int32Array(32);
for (let top = 0; top < 32; top++) {
  let sum = 0;
  for (const [bit, term] of [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3].entries()) {
    if ((top >> bit) & 1) sum ^= term;
  }
  GENERATOR[top] = sum;
}

function step(remainder: number, word: number): number {
  return (((remainder & 0x1ffffff) << 5) | word) ^ (GENERATOR[remainder >>> 25] as number);
}

function checksumOfHumanReadable(human_readable: string): number {
  let remainder = 1;
  for (let index = 0; index < human_readable.length; index++) {
    remainder = step(remainder, human_readable.charCodeAt(index) >> 5);
  }
  remainder = step(remainder, 0);
  for (let index = 0; index < human_readable.length; index++) {
    remainder = step(remainder, human_readable.charCodeAt(index) & 31);
  }
  return remainder;
}

function checkCharacters(text: string): void {
  let lower = -1;
  let upper = -1;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 33 || code > 126) {
      throw new Bolt11Error('invalid_character', 'a character that bech32 does not have', { position: index });
    }
    if (code >= 97 && code <= 122) lower = index;
    else if (code >= 65 && code <= 90) upper = index;
    if (lower >= 0 && upper >= 0) {
      throw new Bolt11Error('mixed_case', 'upper and lower case are mixed', { position: index });
    }
  }
}

/** Lowercase text in its two parts; the checksum is checked and left off. Throws Bolt11Error. */
export function decodeBech32(text: string): { human_readable: string; words: Uint8Array } {
  if (text.length > MAX_INVOICE_CHARACTERS) {
    throw new Bolt11Error('too_long', `${text.length} characters; an invoice has at most ${MAX_INVOICE_CHARACTERS}`);
  }
  checkCharacters(text);
  const plain = text.toLowerCase();
  const separator = plain.lastIndexOf('1');
  if (separator < 0) throw new Bolt11Error('no_separator', 'no 1 that separates the amount from the data');
  if (separator === 0) throw new Bolt11Error('not_an_invoice', 'nothing before the separator', { position: 0 });
  const human_readable = plain.slice(0, separator);
  const words = new Uint8Array(plain.length - separator - 1);
  if (words.length < CHECKSUM_WORDS) throw new Bolt11Error('too_short', 'too short for a checksum');
  let remainder = checksumOfHumanReadable(human_readable);
  for (let index = 0; index < words.length; index++) {
    const value = VALUES[plain.charCodeAt(separator + 1 + index)] as number;
    if (value < 0) {
      const position = separator + 1 + index;
      throw new Bolt11Error('invalid_character', `bech32 has no character ${plain[position]}`, { position });
    }
    words[index] = value;
    remainder = step(remainder, value);
  }
  if (remainder !== 1) throw new Bolt11Error('checksum', 'the checksum is wrong: a character was changed or lost');
  return { human_readable, words: words.subarray(0, words.length - CHECKSUM_WORDS) };
}

/** The text of both parts with its checksum. Throws Bolt11Error when it is too long. */
export function encodeBech32(human_readable: string, words: Uint8Array): string {
  const length = human_readable.length + 1 + words.length + CHECKSUM_WORDS;
  if (length > MAX_INVOICE_CHARACTERS) {
    throw new Bolt11Error('too_long', `${length} characters; an invoice has at most ${MAX_INVOICE_CHARACTERS}`);
  }
  const codes = new Uint8Array(words.length + CHECKSUM_WORDS);
  let remainder = checksumOfHumanReadable(human_readable);
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as number;
    codes[index] = CODES[word] as number;
    remainder = step(remainder, word);
  }
  for (let index = 0; index < CHECKSUM_WORDS; index++) remainder = step(remainder, 0);
  remainder ^= 1;
  for (let index = 0; index < CHECKSUM_WORDS; index++) {
    codes[words.length + index] = CODES[(remainder >>> (5 * (5 - index))) & 31] as number;
  }
  return `${human_readable}1${String.fromCharCode.apply(null, codes as unknown as number[])}`;
}

/** The bech32 characters of the words, without a checksum. */
export function wordsToText(words: Uint8Array): string {
  let text = '';
  for (let index = 0; index < words.length; index++) text += CHARSET[words[index] as number];
  return text;
}

/** The words of bech32 characters, or undefined when one is no such character. */
export function textToWords(text: string): Uint8Array | undefined {
  const words = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) {
    const value = VALUES[text.charCodeAt(index)] ?? -1;
    if (value < 0) return undefined;
    words[index] = value;
  }
  return words;
}
