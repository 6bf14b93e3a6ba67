/** Values on their way to a server and back: as text, but for bytes, which go there as they are. */
import type { Row, SqlValue } from '../store.ts';

/** A column of an answer. */
export interface ResultField {
  readonly name: string;
  /** The type's number (OID). */
  readonly dataTypeID: number;
}

/** A value as the driver sends it. */
export function encodeValue(value: SqlValue): string | Buffer | null {
  if (value === null || typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return String(value);
}

/** About how many bytes a value takes on the way. */
export function sizeOf(value: SqlValue): number {
  if (typeof value === 'string') return value.length;
  return value instanceof Uint8Array ? value.byteLength : 8;
}

const BOOL = 16;
const BYTEA = 17;
const INTEGERS: ReadonlySet<number> = new Set([20, 21, 23]);
/** text, varchar, name, and text without a type. */
const TEXTS: ReadonlySet<number> = new Set([25, 1043, 19, 705]);

/** A value as rows hold it. Throws RangeError for a type that no table of Till has. */
export function decodeValue(text: string | null, { name, dataTypeID }: ResultField): SqlValue {
  if (text === null || TEXTS.has(dataTypeID)) return text;
  if (INTEGERS.has(dataTypeID)) return BigInt(text);
  if (dataTypeID === BYTEA) return new Uint8Array(Buffer.from(text.slice(2), 'hex'));
  if (dataTypeID === BOOL) return text === 't' ? 1n : 0n;
  throw new RangeError(`column ${name} has type ${dataTypeID}, which the store does not read: cast it`);
}

/** A row by the names of its columns. */
export function decodeRow(values: readonly (string | null)[], fields: readonly ResultField[]): Row {
  const row: Row = {};
  for (const [index, field] of fields.entries()) row[field.name] = decodeValue(values[index] ?? null, field);
  return row;
}
