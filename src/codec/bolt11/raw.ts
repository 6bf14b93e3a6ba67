/**
 * The first of three tiers: an invoice as it is written, nothing judged. Unknown fields, fields of a wrong length and
 * the order of all of them are kept, so that writing what was read gives the same text (BOLT 11, Data Part).
 */
import { CHARSET, decodeBech32, encodeBech32 } from './bech32.ts';
import { Bolt11Error } from './error.ts';
import { bytesToWords, numberToFixedWords, packWords, wordsToBytes, wordsToNumber } from './words.ts';

/** One tagged field. */
export interface RawField {
  /** The letter that is its type. */
  readonly tag: string;
  /** Its data: 5-bit elements, at most 1,023. */
  readonly words: Uint8Array;
  /** Where the letter stands in the text that was read. Absent in a field that was not read. */
  readonly position?: number;
}

/** What an invoice says, before its signature. */
export interface RawTerms {
  /** Everything before the separator, lowercase. */
  readonly human_readable: string;
  /** Seconds since 1970: 35 bits. */
  readonly timestamp: number;
  readonly fields: readonly RawField[];
}

/** A whole invoice, as written. */
export interface RawInvoice extends RawTerms {
  /** 65 bytes: r, s and the recovery id. */
  readonly signature: Uint8Array;
}

const TIMESTAMP_WORDS = 7;
const SIGNATURE_WORDS = 104;
const MAX_FIELD_WORDS = 1023;
const LETTERS = [...CHARSET];
const SCHEME = 'lightning:';

/** Leaves off the URI scheme that wallets put before an invoice. */
export function withoutScheme(text: string): string {
  return text.slice(0, SCHEME.length).toLowerCase() === SCHEME ? text.slice(SCHEME.length) : text;
}

/** Reads the text of an invoice, of either case, with or without `lightning:`. Throws Bolt11Error. */
export function parseRaw(text: string): RawInvoice {
  const { human_readable, words } = decodeBech32(withoutScheme(text));
  if (words.length < TIMESTAMP_WORDS + SIGNATURE_WORDS) {
    throw new Bolt11Error('too_short', 'too short for a timestamp and a signature');
  }
  const end = words.length - SIGNATURE_WORDS;
  const first = human_readable.length + 1;
  const fields: RawField[] = [];
  let at = TIMESTAMP_WORDS;
  while (at < end) {
    const position = first + at;
    const tag = LETTERS[words[at] as number] as string;
    if (at + 3 > end) {
      throw new Bolt11Error('field_truncated', 'the field ends before its length', { field: tag, position });
    }
    const length = ((words[at + 1] as number) << 5) | (words[at + 2] as number);
    at += 3;
    if (at + length > end) {
      throw new Bolt11Error('field_truncated', `the field says ${length} elements, but ${end - at} are left`, {
        field: tag,
        position,
      });
    }
    fields.push({ tag, words: words.subarray(at, at + length), position });
    at += length;
  }
  return {
    human_readable,
    timestamp: Number(wordsToNumber(words.subarray(0, TIMESTAMP_WORDS), TIMESTAMP_WORDS * 5)),
    fields,
    signature: wordsToBytes(words.subarray(end)),
  };
}

/** The words of timestamp and fields, with this much space left after them. Throws Bolt11Error. */
function termsToWords(terms: RawTerms, space: number): Uint8Array {
  let length = TIMESTAMP_WORDS + space;
  for (const field of terms.fields) {
    if (field.words.length > MAX_FIELD_WORDS) {
      throw new Bolt11Error('too_long', `${field.words.length} elements; a field has at most ${MAX_FIELD_WORDS}`, {
        field: field.tag,
      });
    }
    length += 3 + field.words.length;
  }
  const words = new Uint8Array(length);
  words.set(numberToFixedWords(terms.timestamp, TIMESTAMP_WORDS));
  let at = TIMESTAMP_WORDS;
  for (const { tag, words: data } of terms.fields) {
    words[at] = CHARSET.indexOf(tag);
    words[at + 1] = data.length >> 5;
    words[at + 2] = data.length & 31;
    words.set(data, at + 3);
    at += 3 + data.length;
  }
  return words;
}

/** Writes the invoice. Throws Bolt11Error when it or a field is too long. */
export function formatRaw(invoice: RawInvoice): string {
  const words = termsToWords(invoice, SIGNATURE_WORDS);
  words.set(bytesToWords(invoice.signature), words.length - SIGNATURE_WORDS);
  return encodeBech32(invoice.human_readable, words);
}

/** The bytes that the signature covers: the human-readable part, then timestamp and fields, filled to a whole byte. */
export function signedBytes(terms: RawTerms): Uint8Array {
  const { human_readable } = terms;
  const words = termsToWords(terms, 0);
  const bytes = new Uint8Array(human_readable.length + Math.ceil((words.length * 5) / 8));
  for (let index = 0; index < human_readable.length; index++) bytes[index] = human_readable.charCodeAt(index);
  packWords(words, bytes, human_readable.length);
  return bytes;
}
