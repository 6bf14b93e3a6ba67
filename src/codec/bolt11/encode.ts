/** Writing an invoice: fields in the order of the table, the shortest amount, then the signature. */
import { textToWords } from './bech32.ts';
import { Bolt11Error } from './error.ts';
import { FIELD_ROWS, findRow } from './fields.ts';
import { formatHumanReadable } from './human-readable.ts';
import { requireInteger } from './input.ts';
import type { ExtraField, InvoiceFields } from './invoice.ts';
import { formatRaw, type RawField, type RawTerms } from './raw.ts';
import { type Signer, signRaw } from './signature.ts';

const MAX_TIMESTAMP = 2 ** 35 - 1;

/** The fields as they will be written. Throws Bolt11Error for a value that no invoice can hold. */
export function toRaw(fields: InvoiceFields): RawTerms {
  if ((fields.description === undefined) === (fields.description_hash === undefined)) {
    throw new Bolt11Error('value_invalid', 'an invoice needs either a description or the hash of one');
  }
  requireInteger(undefined, 'created_at', fields.created_at, MAX_TIMESTAMP);
  const raw: RawField[] = [];
  for (const row of FIELD_ROWS) for (const words of row.write(fields)) raw.push({ tag: row.tag, words });
  const written = new Set(raw.map(({ tag }) => tag));
  for (const field of fields.extra ?? []) raw.push(writeExtra(field, written));
  return {
    human_readable: formatHumanReadable(fields.currency, fields.amount_msat),
    timestamp: fields.created_at,
    fields: raw,
  };
}

/** An extra field must be one that a reader skips; else it would say something that `fields` does not. */
function writeExtra({ tag, data }: ExtraField, written: ReadonlySet<string>): RawField {
  const words = textToWords(data);
  if (textToWords(tag)?.length !== 1 || words === undefined) {
    throw new Bolt11Error('value_invalid', 'an extra field is one bech32 character and data of such characters');
  }
  const row = findRow(tag);
  const skipped =
    row === undefined ||
    (row.repeats === undefined && written.has(tag)) ||
    (row.length !== undefined && row.length !== words.length) ||
    (tag === 'f' && (words[0] ?? 0) > 18);
  if (!skipped) throw new Bolt11Error('value_invalid', 'this field is not an extra one', { field: tag });
  return { tag, words };
}

/** The text of a signed invoice, lowercase. Throws Bolt11Error; what `sign` throws passes through. */
export function encodeInvoiceWith(fields: InvoiceFields, signer: Signer): string {
  return formatRaw(signRaw(toRaw(fields), signer));
}
