/**
 * Type-Length-Value streams (BOLT 1). Records come in increasing order, types and lengths in their shortest form; an
 * unknown even type is an error ("it's ok to be odd"), an unknown odd one is passed over.
 */
import { type Reader, WireError, Writer } from './bytes.ts';
import { encodeField, type Field, type ValueOf } from './field.ts';

/** The records of a stream that Till knows, by name. */
export type TlvFields = Record<string, { readonly tlv_type: bigint; readonly field: Field<unknown> }>;

/** What a stream holds: every record may be absent. */
export type TlvsOf<T extends TlvFields> = { [Name in keyof T]?: ValueOf<T[Name]['field']> };

/** A record of a stream: its number, and what its value is. */
export function tlv<T>(tlv_type: number, field: Field<T>): { readonly tlv_type: bigint; readonly field: Field<T> } {
  return { tlv_type: BigInt(tlv_type), field };
}

/** A record makes a stream unreadable. */
export class TlvError extends WireError {
  readonly tlv_type: bigint;

  constructor(tlv_type: bigint, message: string) {
    super(message);
    this.tlv_type = tlv_type;
  }
}

/** Reads all that is left as a stream. Throws WireError, and as a TlvError when it can tell which record is wrong. */
export function readTlvs<T extends TlvFields>(reader: Reader, known: T): TlvsOf<T> {
  const found: Record<string, unknown> = {};
  let last = -1n;
  while (reader.left > 0) {
    const tlv_type = reader.bigSize();
    if (tlv_type <= last) throw new TlvError(tlv_type, `TLV record ${tlv_type} after ${last}: they must increase`);
    last = tlv_type;
    const length = reader.bigSize();
    if (length > BigInt(reader.left)) {
      throw new TlvError(tlv_type, `TLV record ${tlv_type} of ${length} bytes, ${reader.left} left`);
    }
    const value = reader.part(Number(length));
    const entry = Object.entries(known).find(([, each]) => each.tlv_type === tlv_type);
    if (entry === undefined) {
      if (tlv_type % 2n === 0n) throw new TlvError(tlv_type, `TLV record ${tlv_type} is unknown and even`);
      continue;
    }
    const [name, { field }] = entry as [string, { field: Field<unknown> }];
    try {
      found[name] = field.read(value);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      throw new TlvError(tlv_type, `TLV record ${tlv_type} (${name}): ${error.message}`);
    }
    if (value.left > 0) throw new TlvError(tlv_type, `TLV record ${tlv_type} (${name}): ${value.left} bytes too many`);
  }
  return found as TlvsOf<T>;
}

/** Writes the records that are present, in the order of their types. */
export function writeTlvs(writer: Writer, known: TlvFields, values: Record<string, unknown>): void {
  const present = Object.entries(known)
    .filter(([name]) => values[name] !== undefined)
    .sort(([, a], [, b]) => (a.tlv_type < b.tlv_type ? -1 : 1));
  for (const [name, { tlv_type, field }] of present) {
    const value = encodeField(field as Field<unknown>, values[name]);
    writer.bigSize(tlv_type);
    writer.bigSize(value.length);
    writer.bytes(value);
  }
}

/** A record that Till does not know: its number, and its value as it is. */
export interface RawRecord {
  readonly tlv_type: bigint;
  readonly value: Uint8Array;
}

/** Records that Till does not know, in the order of their types. */
export function encodeRawRecords(records: readonly RawRecord[]): Uint8Array {
  const writer = new Writer();
  for (const { tlv_type, value } of records.toSorted((a, b) => (a.tlv_type < b.tlv_type ? -1 : 1))) {
    writer.bigSize(tlv_type);
    writer.bigSize(value.length);
    writer.bytes(value);
  }
  return writer.done();
}

/** A stream as bytes of its own. */
export function encodeTlvs<T extends TlvFields>(known: T, values: TlvsOf<T>): Uint8Array {
  const writer = new Writer();
  writeTlvs(writer, known, values);
  return writer.done();
}
