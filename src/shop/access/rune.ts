/**
 * Runes: what gives a program the right to ask the node for some things and not for others. A rune is a code and a text
 * of restrictions; whoever holds it can add restrictions and cannot take one away. Format: Core Lightning's runes,
 * as ccan/rune makes them.
 *
 * Text here is bytes, one for each character (Latin-1), so that order and length are those of the bytes.
 */
import { timingSafeEqual } from 'node:crypto';
import { sha256 } from '../../base/crypto/hash.ts';
import { continueSha256, sha256Padding } from '../../base/crypto/sha256-state.ts';

/** What a field is compared by. */
export const CONDITIONS = ['!', '=', '/', '^', '$', '~', '<', '>', '{', '}', '#'] as const;
export type Condition = (typeof CONDITIONS)[number];

/** One alternative of a restriction: FIELD CONDITION VALUE. */
export interface Alternative {
  readonly field: string;
  readonly condition: Condition;
  readonly value: string;
}

/** One of its alternatives must hold. */
export type Restriction = readonly Alternative[];

/** A rune as it is read. All of its restrictions must hold. */
export interface Rune {
  /** 32 bytes. */
  readonly code: Uint8Array;
  /** Without the id. */
  readonly restrictions: readonly Restriction[];
  /** The text of the id's restriction: a number, and `-VERSION` where the rune has a version. */
  readonly id: string | undefined;
}

/** The text is no rune, or a restriction has no proper form. Never quotes what it was given. */
export class MalformedRune extends Error {
  override readonly name = 'MalformedRune';
}

/** A block of SHA-256: what the secret and its padding take. */
const SECRET_BYTES_PADDED = 64;
const CODE_BYTES = 32;
/** ASCII punctuation but `_`: what ends the name of a field. */
const PUNCTUATION = /[!-/:-@[-^`{-~]/;
/** The most bytes of a rune's text: far more than any real one has. */
const LONGEST_TEXT_BYTES = 8192;

/** UTF-8 as one character for each byte. */
export function toByteText(text: string): string {
  if (/^[ -~]*$/.test(text)) return text;
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** The other way. What is not UTF-8 becomes a replacement character. */
export function fromByteText(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}

function withEscapes(value: string): string {
  return value.replace(/[\\|&]/g, '\\$&');
}

function writeRestriction(restriction: Restriction): string {
  return restriction.map(({ field, condition, value }) => field + condition + withEscapes(value)).join('|');
}

/** Splits at `|` and `&`, undoing escapes. The last of the pieces may be empty: a restriction without alternatives. */
function splitText(text: string): string[][] {
  const restrictions: string[][] = [[]];
  let piece = '';
  let isOpen = false;
  const endPiece = (): void => {
    if (isOpen) restrictions.at(-1)?.push(piece);
    piece = '';
    isOpen = false;
  };
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (character === '&') {
      endPiece();
      restrictions.push([]);
    } else if (character === '|') {
      isOpen = true;
      endPiece();
      isOpen = true;
    } else {
      // A backslash makes the next character literal, whatever it is.
      if (character === '\\' && ++at === text.length) throw new MalformedRune('a backslash ends the text');
      piece += text[at];
      isOpen = true;
    }
  }
  endPiece();
  return restrictions;
}

/**
 * Reads `FIELD CONDITION VALUE`, without escapes, one character for each byte. Throws MalformedRune; an empty field is
 * refused unless `allow_id`.
 */
export function parseAlternative(text: string, allow_id = false): Alternative {
  const at = text.search(PUNCTUATION);
  const condition = text[at] as Condition;
  if (at < 0 || !CONDITIONS.includes(condition)) throw new MalformedRune('a condition is missing or unknown');
  if (text.includes('\0')) throw new MalformedRune('a zero character');
  if (at === 0 && !allow_id) throw new MalformedRune('a field has no name');
  return { field: text.slice(0, at), condition, value: text.slice(at + 1) };
}

/** Reads a rune of any node. Throws MalformedRune. */
export function parseRune(text: string): Rune {
  if (!/^[A-Za-z0-9_-]*={0,2}$/.test(text)) throw new MalformedRune('not base64url');
  const unpadded = text.replace(/=+$/, '');
  if (text !== unpadded && text.length % 4 !== 0) throw new MalformedRune('not base64url');
  if (unpadded.length % 4 === 1 || unpadded.length > LONGEST_TEXT_BYTES * 2) throw new MalformedRune('not base64url');
  const bytes = Buffer.from(unpadded, 'base64url');
  // Bits that stand for nothing must be zero: a rune has one spelling, and one with padding.
  if (bytes.toString('base64url') !== unpadded) throw new MalformedRune('not base64url');
  if (bytes.length < CODE_BYTES) throw new MalformedRune('shorter than its code');
  const restrictions =
    bytes.length === CODE_BYTES
      ? []
      : splitText(bytes.toString('latin1', CODE_BYTES)).map((pieces, index) =>
          pieces.map((piece) => parseAlternative(piece, index === 0 && pieces.length === 1)),
        );
  const [first] = restrictions;
  const isId = first?.length === 1 && first[0]?.field === '';
  if (isId && first[0]?.condition !== '=') throw new MalformedRune('an id has another condition than =');
  return {
    code: new Uint8Array(bytes.subarray(0, CODE_BYTES)),
    restrictions: isId ? restrictions.slice(1) : restrictions,
    id: isId ? first[0]?.value : undefined,
  };
}

/** The text behind the code: the id and all restrictions, one character for each byte. */
export function runeText({ id, restrictions }: Rune): string {
  return allRestrictions(id, restrictions).map(writeRestriction).join('&');
}

function allRestrictions(id: string | undefined, restrictions: readonly Restriction[]): readonly Restriction[] {
  return id === undefined ? restrictions : [[{ field: '', condition: '=', value: id }], ...restrictions];
}

/** The rune as it is handed out: base64url with padding. */
export function encodeRune(rune: Rune): string {
  const text = Buffer.concat([rune.code, Buffer.from(runeText(rune), 'latin1')]).toString('base64url');
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

/**
 * The code of a rune from the secret: the state of SHA-256 after the secret and each restriction, every one of them
 * padded to whole blocks. The last padding is the one that a plain SHA-256 appends.
 */
function codeOf(secret: Uint8Array, restrictions: readonly Restriction[]): Uint8Array {
  const pieces: Uint8Array[] = [secret];
  let length_bytes = secret.length;
  const add = (bytes: Uint8Array): void => {
    pieces.push(bytes);
    length_bytes += bytes.length;
  };
  for (const restriction of restrictions) {
    add(sha256Padding(length_bytes));
    add(Buffer.from(writeRestriction(restriction), 'latin1'));
  }
  return new Uint8Array(sha256(Buffer.concat(pieces)));
}

/** A new rune of the node that has the secret (at most 55 bytes). */
export function makeRune(secret: Uint8Array, id: string, restrictions: readonly Restriction[]): Rune {
  return { code: codeOf(secret, allRestrictions(id, restrictions)), restrictions, id };
}

/** Whether the code is what the secret makes of the restrictions. Takes as long for a wrong code as for a right one. */
export function isDerived({ code, id, restrictions }: Rune, secret: Uint8Array): boolean {
  return timingSafeEqual(code, codeOf(secret, allRestrictions(id, restrictions)));
}

/** A rune of any node with further restrictions. No secret is needed. */
export function restrictRune(rune: Rune, further: readonly Restriction[]): Rune {
  let { code } = rune;
  let length_bytes = SECRET_BYTES_PADDED;
  const paddedLength = (length: number): number => length + sha256Padding(length).length;
  for (const restriction of allRestrictions(rune.id, rune.restrictions)) {
    length_bytes = paddedLength(length_bytes + writeRestriction(restriction).length);
  }
  for (const restriction of further) {
    const text = Buffer.from(writeRestriction(restriction), 'latin1');
    const padding = sha256Padding(length_bytes + text.length);
    code = continueSha256(code, Buffer.concat([text, padding]));
    length_bytes += text.length + padding.length;
  }
  return { code: new Uint8Array(code), restrictions: [...rune.restrictions, ...further], id: rune.id };
}
