/**
 * The common schemas of bLIP 50: amounts are decimal texts, times are texts of one form, short channel ids are written as
 * people write them. Each reader takes a member and its name, and throws LspsFormatError, which names the member and quotes
 * nothing.
 */
import { MAX_U64, type Msat, type Sat } from '../../base/types/amount.ts';
import { parseWholeNumber } from '../../base/types/decimal.ts';
import { parseShortChannelId, type ShortChannelId } from '../../base/types/short-channel-id.ts';
import { isObject, type JsonObject, type JsonValue, LspsFormatError } from './envelope.ts';

type Given = JsonValue | undefined;

/** An amount in millisatoshi, as decimal text of at most 64 bits. */
export function readMsat(value: Given, name: string): Msat {
  return readU64(value, name) as Msat;
}

/** An amount in satoshi, as decimal text of at most 64 bits. */
export function readSat(value: Given, name: string): Sat {
  return readU64(value, name) as Sat;
}

function readU64(value: Given, name: string): bigint {
  const amount = typeof value === 'string' ? parseWholeNumber(value, MAX_U64) : undefined;
  if (amount === undefined) throw new LspsFormatError(`${name} is no amount in decimal text`);
  return amount;
}

/** A whole number of JSON, from 0 to `most`. */
export function readWhole(value: Given, name: string, most = 0xffff_ffff): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > most) {
    throw new LspsFormatError(`${name} is no whole number up to ${most}`);
  }
  return value;
}

/** A text of at most so many bytes of UTF-8. */
export function readText(value: Given, name: string, most_bytes: number): string {
  if (typeof value !== 'string') throw new LspsFormatError(`${name} is no text`);
  if (!value.isWellFormed()) throw new LspsFormatError(`${name} is no text that has a UTF-8`);
  if (value.includes('\0')) throw new LspsFormatError(`${name} has a zero character, which no database keeps`);
  const length_bytes = Buffer.byteLength(value);
  if (length_bytes > most_bytes) throw new LspsFormatError(`${name} has ${length_bytes} bytes, at most ${most_bytes}`);
  return value;
}

/** true or false. */
export function readBoolean(value: Given, name: string): boolean {
  if (typeof value !== 'boolean') throw new LspsFormatError(`${name} is neither true nor false`);
  return value;
}

/** An object. */
export function readObject(value: Given, name: string): JsonObject {
  if (!isObject(value)) throw new LspsFormatError(`${name} is no object`);
  return value;
}

/** A list of at most so many items. */
export function readList(value: Given, name: string, most_items: number): readonly JsonValue[] {
  if (!Array.isArray(value)) throw new LspsFormatError(`${name} is no list`);
  if (value.length > most_items) throw new LspsFormatError(`${name} has ${value.length} items, at most ${most_items}`);
  return value as readonly JsonValue[];
}

/** bLIP 50 has three digits behind the point. LDK writes nine, or none where there is nothing to say; bLIP 51 has none. */
const DATETIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|\+00:00)$/;

/** A time, `YYYY-MM-DDThh:mm:ss.uuuZ`: answers Unix time in milliseconds. */
export function readDatetime(value: Given, name: string): number {
  const unix_ms = typeof value === 'string' && DATETIME.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(unix_ms)) throw new LspsFormatError(`${name} is no time of the form YYYY-MM-DDThh:mm:ss.uuuZ`);
  return unix_ms;
}

/** The text of a time. */
export function writeDatetime(unix_ms: number): string {
  return new Date(unix_ms).toISOString();
}

/** A short channel id, `BLOCKxTXxOUT`. */
export function readScid(value: Given, name: string): ShortChannelId {
  const id = typeof value === 'string' ? parseShortChannelId(value) : undefined;
  if (id === undefined) throw new LspsFormatError(`${name} is no short channel id`);
  return id;
}

/** Throws LspsFormatError when the object has a member beside these. */
export function noOthers(object: JsonObject, names: readonly string[], what: string): void {
  const others = Object.keys(object).filter((name) => !names.includes(name));
  if (others.length > 0) throw new LspsFormatError(`${what} has ${others.length} members that are not known`);
}
