/**
 * The records of the map's file: Core Lightning's gossip_store, version 16, so that both nodes read the same file. A
 * record has twelve bytes (flags, length, checksum, timestamp), then a message. A torn one at the end is seen by its
 * checksum or by its missing flag.
 */
import { crc32c } from './checksum.ts';

/** The first byte of the file. */
export const FILE_VERSION = 16;
export const RECORD_HEADER_BYTES = 12;

/** A record that does not count any more. */
export const DELETED = 0x8000;
/** A record that was written to its end. */
const COMPLETE = 0x2000;

/** Numbers of records that are not gossip. */
export const RECORD_TYPES = {
  /** How much is in the channel that was announced just before: satoshi, 8 bytes. */
  channel_amount: 4101,
  delete_channel: 4103,
  /** The channel's funding output was spent: its id, then the height. */
  channel_dying: 4106,
  /** Till's own: a funding output was looked at: id, satoshi, fingerprint of the outpoint, 8 bytes each. */
  output_checked: 0x8a01,
} as const;

/** How long the messages of those records are at least. */
export const NOTE_BYTES = { channel_amount: 10, delete_channel: 10, channel_dying: 14, output_checked: 26 } as const;

/** A record, as it lies in the file. */
export interface FileRecord {
  /** Where its message begins. */
  readonly at: number;
  readonly length: number;
  readonly is_deleted: boolean;
  readonly timestamp: number;
}

/** A record for the end of the file. */
export function encodeRecord(message: Uint8Array, timestamp: number): Buffer {
  const record = Buffer.allocUnsafe(RECORD_HEADER_BYTES + message.length);
  record.writeUInt16BE(COMPLETE, 0);
  record.writeUInt16BE(message.length, 2);
  record.writeUInt32BE(crc32c(message, timestamp), 4);
  record.writeUInt32BE(timestamp, 8);
  record.set(message, RECORD_HEADER_BYTES);
  return record;
}

/** The record that begins here. Undefined when it was not written to its end, or is damaged. */
export function readRecord(bytes: Buffer, at: number): FileRecord | undefined {
  if (at + RECORD_HEADER_BYTES > bytes.length) return undefined;
  const flags = bytes.readUInt16BE(at);
  const length = bytes.readUInt16BE(at + 2);
  const timestamp = bytes.readUInt32BE(at + 8);
  const start = at + RECORD_HEADER_BYTES;
  if ((flags & COMPLETE) === 0 || start + length > bytes.length) return undefined;
  if (crc32c(bytes, timestamp, start, start + length) !== bytes.readUInt32BE(at + 4)) return undefined;
  return { at: start, length, is_deleted: (flags & DELETED) !== 0, timestamp };
}

/** The message of a record about one channel: its number, the id, then further 64-bit numbers. */
export function channelRecord(type: number, scid_high: number, scid_low: number, ...rest: readonly bigint[]): Buffer {
  const message = Buffer.alloc(10 + 8 * rest.length);
  message.writeUInt16BE(type);
  message.writeUInt32BE(scid_high, 2);
  message.writeUInt32BE(scid_low, 6);
  for (const [index, value] of rest.entries()) message.writeBigUInt64BE(value, 10 + 8 * index);
  return message;
}
