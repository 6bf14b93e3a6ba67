/**
 * The fields of gossip messages, read where they lie in the bytes (BOLT 7). The map takes hundreds of thousands of
 * messages when it is read or synced, so nothing is built for fields that nobody asks for. What is signed, the tail that
 * a later version may add included, stays as it came.
 */

export const CHANNEL_ANNOUNCEMENT = 256;
export const NODE_ANNOUNCEMENT = 257;
export const CHANNEL_UPDATE = 258;

const TYPE_BYTES = 2;
const SIGNATURE_BYTES = 64;
const POINT_BYTES = 33;
const HASH_BYTES = 32;
const FOUR_SIGNATURES_END = TYPE_BYTES + 4 * SIGNATURE_BYTES;
const ONE_SIGNATURE_END = TYPE_BYTES + SIGNATURE_BYTES;
const UPDATE_BYTES = 138;
/** The exact integers of a number end here; nobody has such an amount. */
const TWO_32 = 0x1_0000_0000;

/** Where the signed part of a message begins. */
export const SIGNED_FROM = {
  channel_announcement: FOUR_SIGNATURES_END,
  node_announcement: ONE_SIGNATURE_END,
  channel_update: ONE_SIGNATURE_END,
} as const;

/** A short_channel_id as the two halves of its 64 bits. */
export interface ScidHalves {
  readonly scid_high: number;
  readonly scid_low: number;
}

/** A channel_announcement: what it says, and where its longer fields begin. */
export interface AnnouncementFields extends ScidHalves {
  readonly features_at: number;
  readonly features_length: number;
  readonly chain_hash_at: number;
  readonly node_1_at: number;
  readonly node_2_at: number;
  readonly bitcoin_1_at: number;
  readonly bitcoin_2_at: number;
}

/** A channel_update. Amounts are numbers: exact up to 2^53 msat, which is 90,000 bitcoin. */
export interface UpdateFields extends ScidHalves {
  readonly chain_hash_at: number;
  readonly timestamp: number;
  readonly message_flags: number;
  readonly channel_flags: number;
  readonly cltv_expiry_delta: number;
  readonly htlc_minimum_msat: number;
  readonly fee_base_msat: number;
  readonly fee_proportional_millionths: number;
  readonly htlc_maximum_msat: number;
}

/** A node_announcement. */
export interface NodeFields {
  readonly features_at: number;
  readonly features_length: number;
  readonly timestamp: number;
  readonly node_id_at: number;
  readonly rgb_at: number;
  readonly alias_at: number;
  readonly addresses_at: number;
  readonly addresses_length: number;
}

/** The number of the message that begins at `start`; 0, which no message has, when the bytes are too few for one. */
export function messageNumber(bytes: Uint8Array, start = 0): number {
  return ((bytes[start] ?? 0) << 8) | (bytes[start + 1] ?? 0);
}

/** The fields of the channel_announcement from `start` to `end`; undefined when the bytes are too few. */
export function readAnnouncement(bytes: Buffer, start = 0, end = bytes.length): AnnouncementFields | undefined {
  const features_at = start + FOUR_SIGNATURES_END + 2;
  if (end < features_at) return undefined;
  const features_length = bytes.readUInt16BE(features_at - 2);
  const chain_hash_at = features_at + features_length;
  const scid_at = chain_hash_at + HASH_BYTES;
  const node_1_at = scid_at + 8;
  if (end < node_1_at + 4 * POINT_BYTES) return undefined;
  return {
    features_at,
    features_length,
    chain_hash_at,
    scid_high: bytes.readUInt32BE(scid_at),
    scid_low: bytes.readUInt32BE(scid_at + 4),
    node_1_at,
    node_2_at: node_1_at + POINT_BYTES,
    bitcoin_1_at: node_1_at + 2 * POINT_BYTES,
    bitcoin_2_at: node_1_at + 3 * POINT_BYTES,
  };
}

/** The fields of the channel_update from `start` to `end`; undefined when the bytes are too few. */
export function readUpdate(bytes: Buffer, start = 0, end = bytes.length): UpdateFields | undefined {
  if (end < start + UPDATE_BYTES) return undefined;
  return {
    chain_hash_at: start + ONE_SIGNATURE_END,
    scid_high: bytes.readUInt32BE(start + 98),
    scid_low: bytes.readUInt32BE(start + 102),
    timestamp: bytes.readUInt32BE(start + 106),
    message_flags: bytes[start + 110] as number,
    channel_flags: bytes[start + 111] as number,
    cltv_expiry_delta: bytes.readUInt16BE(start + 112),
    htlc_minimum_msat: u64(bytes, start + 114),
    fee_base_msat: bytes.readUInt32BE(start + 122),
    fee_proportional_millionths: bytes.readUInt32BE(start + 126),
    htlc_maximum_msat: u64(bytes, start + 130),
  };
}

/** The fields of the node_announcement from `start` to `end`; undefined when the bytes are too few. */
export function readNode(bytes: Buffer, start = 0, end = bytes.length): NodeFields | undefined {
  const features_at = start + ONE_SIGNATURE_END + 2;
  if (end < features_at) return undefined;
  const features_length = bytes.readUInt16BE(features_at - 2);
  const timestamp_at = features_at + features_length;
  const node_id_at = timestamp_at + 4;
  const rgb_at = node_id_at + POINT_BYTES;
  const alias_at = rgb_at + 3;
  const length_at = alias_at + 32;
  if (end < length_at + 2) return undefined;
  const addresses_length = bytes.readUInt16BE(length_at);
  if (end < length_at + 2 + addresses_length) return undefined;
  return {
    features_at,
    features_length,
    timestamp: bytes.readUInt32BE(timestamp_at),
    node_id_at,
    rgb_at,
    alias_at,
    addresses_at: length_at + 2,
    addresses_length,
  };
}

/** The 33 bytes of a point that begins here. */
export function pointAt(bytes: Buffer, at: number): Buffer {
  return bytes.subarray(at, at + POINT_BYTES);
}

/** Whether the 32 bytes that begin here are this hash. */
export function isHashAt(bytes: Buffer, at: number, hash: Uint8Array): boolean {
  return bytes.compare(hash, 0, HASH_BYTES, at, at + HASH_BYTES) === 0;
}

/** The block that a short_channel_id names. */
export function blockOf(scid_high: number): number {
  return scid_high >>> 8;
}

/** A short_channel_id as people write it. */
export function scidText(scid_high: number, scid_low: number): string {
  return `${scid_high >>> 8}x${((scid_high & 0xff) << 16) | (scid_low >>> 16)}x${scid_low & 0xffff}`;
}

/** The halves of a short_channel_id that people write; undefined when the text is none. */
export function scidHalves(text: string): ScidHalves | undefined {
  const match = /^(\d{1,8})x(\d{1,8})x(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const [block, transaction, output] = match.slice(1).map(Number) as [number, number, number];
  if (block > 0xffffff || transaction > 0xffffff || output > 0xffff) return undefined;
  return {
    scid_high: ((block << 8) | (transaction >>> 16)) >>> 0,
    scid_low: (((transaction & 0xffff) << 16) | output) >>> 0,
  };
}

function u64(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * TWO_32 + bytes.readUInt32BE(at + 4);
}
