/** A message is declared once: its number, its name, its fields and its TLV records. Codec and type follow from that. */
import type { Reader, Writer } from './bytes.ts';
import type { Field, RecordOf } from './field.ts';
import { readTlvs, type TlvFields, type TlvsOf, writeTlvs } from './tlv.ts';

type Fields = Record<string, Field<unknown>>;

/** What a declared message is: the two halves of its codec. */
export interface MessageDefinition<Name extends string, F extends Fields, T extends TlvFields> {
  readonly number: number;
  readonly name: Name;
  readonly read: (reader: Reader) => { readonly type: Name } & RecordOf<F> & Readonly<TlvsOf<T>>;
  readonly write: (writer: Writer, message: { readonly type: Name } & RecordOf<F> & Readonly<TlvsOf<T>>) => void;
}

/** What a definition's messages look like. */
export type MessageOf<D> = D extends { read: (reader: Reader) => infer M } ? M : never;

/**
 * Declares a message. `tlvs` undefined means that the message has no extension: what follows its fields is passed over,
 * as BOLT 1 asks of old messages.
 */
export function message<Name extends string, F extends Fields, T extends TlvFields = Record<never, never>>(
  number: number,
  name: Name,
  fields: F,
  tlvs?: T,
): MessageDefinition<Name, F, T> {
  const entries = Object.entries(fields) as [string, Field<unknown>][];
  return {
    number,
    name,
    read(reader) {
      const values: Record<string, unknown> = { type: name };
      for (const [field_name, field] of entries) values[field_name] = field.read(reader);
      if (tlvs !== undefined && reader.left > 0) Object.assign(values, readTlvs(reader, tlvs));
      return values as { readonly type: Name } & RecordOf<F> & Readonly<TlvsOf<T>>;
    },
    write(writer, values) {
      for (const [field_name, field] of entries) field.write(writer, (values as Record<string, unknown>)[field_name]);
      if (tlvs !== undefined) writeTlvs(writer, tlvs, values);
    },
  };
}
