/**
 * The lists inside queries and their replies (BOLT 7, Query Messages): a byte that says how they are encoded, then the
 * values. Encoding 1 (zlib) must not be used any more, so only plain lists are read.
 */
import { Reader, WireError, Writer } from '../../codec/wire/bytes.ts';
import type { ScidHalves } from './fields.ts';

const PLAIN = 0;
const SCID_BYTES = 8;

/** What a query asks of each channel: bits of its flags. */
export const QUERY_FLAGS = {
  announcement: 1,
  update_1: 2,
  update_2: 4,
  node_1: 8,
  node_2: 16,
} as const;

/** All that can be asked of a channel. */
export const ASK_ALL = 31;

/** What a range query wants with each id: bits of query_option. */
export const QUERY_OPTIONS = { timestamps: 1, checksums: 2 } as const;

/** So many ids fit into one message: alone, and with timestamps and checksums of both directions. */
export const MOST_LISTED_IDS = 8_000;
export const MOST_DETAILED_IDS = 2_600;

/** Two values, one for each direction; 0 where there is no update. */
export interface PairOf {
  readonly of_node_1: number;
  readonly of_node_2: number;
}

/** Writes a list of short channel ids, which must ascend. */
export function encodeShortIds(ids: readonly ScidHalves[]): Uint8Array {
  const bytes = Buffer.alloc(1 + SCID_BYTES * ids.length);
  bytes[0] = PLAIN;
  for (const [index, { scid_high, scid_low }] of ids.entries()) {
    bytes.writeUInt32BE(scid_high, 1 + SCID_BYTES * index);
    bytes.writeUInt32BE(scid_low, 5 + SCID_BYTES * index);
  }
  return bytes;
}

/** Reads a list of short channel ids. Throws WireError: another encoding, or ids that do not ascend. */
export function decodeShortIds(encoded: Uint8Array): ScidHalves[] {
  const bytes = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  // A list without an id may come without its encoding.
  if (bytes.length === 0) return [];
  if (bytes[0] !== PLAIN) throw new WireError(`short channel ids in encoding ${bytes[0]}, and only 0 is used`);
  if ((bytes.length - 1) % SCID_BYTES !== 0) throw new WireError('short channel ids are cut short');
  const ids: ScidHalves[] = [];
  for (let at = 1; at < bytes.length; at += SCID_BYTES) {
    const id = { scid_high: bytes.readUInt32BE(at), scid_low: bytes.readUInt32BE(at + 4) };
    const last = ids.at(-1);
    if (last !== undefined && !isBelow(last, id)) throw new WireError('short channel ids do not ascend');
    ids.push(id);
  }
  return ids;
}

function isBelow(a: ScidHalves, b: ScidHalves): boolean {
  return a.scid_high < b.scid_high || (a.scid_high === b.scid_high && a.scid_low < b.scid_low);
}

/** Writes the flags of a query, one for each id. */
export function encodeQueryFlags(flags: readonly number[]): Uint8Array {
  const writer = new Writer();
  writer.u8(PLAIN);
  for (const each of flags) writer.bigSize(BigInt(each));
  return writer.done();
}

/** Reads the flags of a query. Throws WireError. */
export function decodeQueryFlags(encoded: Uint8Array): number[] {
  const reader = plainReader(encoded);
  const flags: number[] = [];
  while (reader.left > 0) flags.push(Number(reader.bigSize() & 0xffffn));
  return flags;
}

/** Writes the timestamps of a reply. */
export function encodeTimestamps(pairs: readonly PairOf[]): Uint8Array {
  return Buffer.concat([Buffer.of(PLAIN), encodeChecksums(pairs)]);
}

/** Reads the timestamps of a reply. Throws WireError. */
export function decodeTimestamps(encoded: Uint8Array): PairOf[] {
  return readPairs(plainReader(encoded));
}

/** Writes the checksums of a reply: a list that has no encoding. */
export function encodeChecksums(pairs: readonly PairOf[]): Uint8Array {
  const bytes = Buffer.alloc(8 * pairs.length);
  for (const [index, { of_node_1, of_node_2 }] of pairs.entries()) {
    bytes.writeUInt32BE(of_node_1, 8 * index);
    bytes.writeUInt32BE(of_node_2, 8 * index + 4);
  }
  return bytes;
}

/** Reads the checksums of a reply. Throws WireError. */
export function decodeChecksums(bytes: Uint8Array): PairOf[] {
  return readPairs(new Reader(bytes));
}

/** Writes what a range query wants with each id. */
export function encodeQueryOption(option: number): Uint8Array {
  const writer = new Writer();
  writer.bigSize(BigInt(option));
  return writer.done();
}

/** Reads it. Throws WireError. */
export function decodeQueryOption(bytes: Uint8Array): number {
  return Number(new Reader(bytes).bigSize() & 0xffffn);
}

function plainReader(encoded: Uint8Array): Reader {
  const reader = new Reader(encoded);
  if (reader.left === 0) return reader;
  const encoding = reader.u8();
  if (encoding !== PLAIN) throw new WireError(`a list in encoding ${encoding}, and only 0 is used`);
  return reader;
}

function readPairs(reader: Reader): PairOf[] {
  const pairs: PairOf[] = [];
  while (reader.left > 0) pairs.push({ of_node_1: reader.u32(), of_node_2: reader.u32() });
  return pairs;
}
