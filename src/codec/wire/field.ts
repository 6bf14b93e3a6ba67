/**
 * The types of fields. A field knows how to read and to write one value; a message is a list of them. Identities and
 * scripts are lowercase hex, amounts are branded bigint, the rest is what it looks like.
 */
import { curve } from '../../base/crypto/secp256k1.ts';
import { MAX_MONEY_MSAT, type Msat, msat, type Sat, sat } from '../../base/types/amount.ts';
import type { ChannelId, NodeId, PaymentHash, PaymentPreimage, PaymentSecret, Txid } from '../../base/types/brand.ts';
import { decodeFeatures, encodeFeatures, type Features } from '../../base/types/features.ts';
import { toHex } from '../../base/types/hex.ts';
import { type ShortChannelId, shortChannelIdFromU64, shortChannelIdToU64 } from '../../base/types/short-channel-id.ts';
import { type Reader, WireError, Writer } from './bytes.ts';

/** One type of field: how to read and to write a value of it. */
export interface Field<T> {
  read(reader: Reader): T;
  write(writer: Writer, value: T): void;
}

/** What a field holds. */
export type ValueOf<F> = F extends Field<infer T> ? T : never;

function hexOf<T extends string>(length: number): Field<T> {
  return {
    read: (reader) => reader.hex(length) as T,
    write: (writer, value) => writer.hex(value, length),
  };
}

export const u8: Field<number> = { read: (reader) => reader.u8(), write: (writer, value) => writer.u8(value) };
export const u16: Field<number> = { read: (reader) => reader.u16(), write: (writer, value) => writer.u16(value) };
export const u32: Field<number> = { read: (reader) => reader.u32(), write: (writer, value) => writer.u32(value) };
export const u64: Field<bigint> = { read: (reader) => reader.u64(), write: (writer, value) => writer.u64(value) };
export const satoshis: Field<Sat> = {
  read: (reader) => sat(reader.u64()),
  write: (writer, value) => writer.u64(value),
};
export const millisatoshis: Field<Msat> = {
  read: (reader) => msat(reader.u64()),
  write: (writer, value) => writer.u64(value),
};
export const tu32: Field<number> = {
  read: (reader) => Number(reader.truncated(4)),
  write: (writer, value) => writer.truncated(BigInt(value)),
};
/** An amount in a truncated integer: one that is read is never more than there is (BOLT 1, Fundamental Types). */
export const tu64Msat: Field<Msat> = {
  read(reader) {
    const amount_msat = reader.truncated(8);
    if (amount_msat > MAX_MONEY_MSAT) throw new WireError('an amount over 21 million BTC');
    return msat(amount_msat);
  },
  write: (writer, value) => writer.truncated(value),
};

export const hash32 = hexOf<string>(32);
export const channelId = hexOf<ChannelId>(32);
export const paymentHash = hexOf<PaymentHash>(32);
export const paymentPreimage = hexOf<PaymentPreimage>(32);
export const paymentSecret = hexOf<PaymentSecret>(32);
/** A point of the curve. Points of messages go straight into computations: one that is none is refused here. */
export const point: Field<string> = {
  read(reader) {
    const bytes = reader.bytes(33);
    if (!curve.isPublicKey(bytes)) throw new WireError('33 bytes that are not a point of the curve');
    return toHex(bytes);
  },
  write: (writer, value) => writer.hex(value, 33),
};
/** Gossip's node ids are only compared and verified against, so the curve need not be asked. */
export const nodeId = hexOf<NodeId>(33);
export const signature = hexOf<string>(64);
export const onionPacket = hexOf<string>(1366);

/** A txid: on the wire in the order of its bytes, in Till as people write it. */
export const txid: Field<Txid> = {
  read: (reader) => Buffer.from(reader.bytes(32)).reverse().toString('hex') as Txid,
  write: (writer, value) => {
    const bytes = Buffer.from(value, 'hex').reverse();
    if (bytes.length !== 32) throw new WireError('a txid has 32 bytes');
    writer.bytes(bytes);
  },
};

export const shortChannelId: Field<ShortChannelId> = {
  read: (reader) => shortChannelIdFromU64(reader.u64()),
  write: (writer, value) => writer.u64(shortChannelIdToU64(value)),
};

/** Bytes with their length in two bytes before them. */
export const bytes16: Field<Uint8Array> = {
  read: (reader) => reader.bytes(reader.u16()),
  write: (writer, value) => {
    writer.u16(value.length);
    writer.bytes(value);
  },
};

/** The same, as hex. */
export const hex16: Field<string> = {
  read: (reader) => reader.hex(reader.u16()),
  write: (writer, value) => {
    writer.u16(value.length / 2);
    writer.hex(value, value.length / 2);
  },
};

/** BOLT 9 assigns bits below 300; experiments reach a few thousand. Beyond that a set of bits is a waste of memory. */
const MAX_FEATURE_BYTES = 1_024;

/** A bit field with its length. */
export const features16: Field<Features> = {
  read(reader) {
    const length = reader.u16();
    if (length > MAX_FEATURE_BYTES) throw new WireError(`${length} bytes of features, at most ${MAX_FEATURE_BYTES}`);
    return decodeFeatures(reader.bytes(length));
  },
  write: (writer, value) => bytes16.write(writer, encodeFeatures(value)),
};

/** All that is left: the last field of a TLV record. */
export const restBytes: Field<Uint8Array> = {
  read: (reader) => reader.bytes(reader.left),
  write: (writer, value) => writer.bytes(value),
};

/** The same, as hex. */
export const restHex: Field<string> = {
  read: (reader) => reader.hex(reader.left),
  write: (writer, value) => writer.hex(value, value.length / 2),
};

/** Values with their number in two bytes before them. */
export function list16<T>(field: Field<T>): Field<readonly T[]> {
  return {
    read(reader) {
      const count = reader.u16();
      const values: T[] = [];
      for (let index = 0; index < count; index++) values.push(field.read(reader));
      return values;
    },
    write(writer, values) {
      writer.u16(values.length);
      for (const value of values) field.write(writer, value);
    },
  };
}

/** As many values as fit into what is left. */
export function restList<T>(field: Field<T>): Field<readonly T[]> {
  return {
    read(reader) {
      const values: T[] = [];
      while (reader.left > 0) values.push(field.read(reader));
      return values;
    },
    write(writer, values) {
      for (const value of values) field.write(writer, value);
    },
  };
}

type Fields = Record<string, Field<unknown>>;
export type RecordOf<F extends Fields> = { readonly [Name in keyof F]: ValueOf<F[Name]> };

/** Fields one after the other. */
export function record<F extends Record<string, Field<unknown>>>(fields: F): Field<RecordOf<F>> {
  const entries = Object.entries(fields) as [string, Field<unknown>][];
  return {
    read(reader) {
      const value: Record<string, unknown> = {};
      for (const [name, field] of entries) value[name] = field.read(reader);
      return value as RecordOf<F>;
    },
    write(writer, value) {
      for (const [name, field] of entries) field.write(writer, (value as Record<string, unknown>)[name]);
    },
  };
}

/** The bytes of one value alone. */
export function encodeField<T>(field: Field<T>, value: T): Uint8Array {
  const writer = new Writer();
  field.write(writer, value);
  return writer.done();
}
