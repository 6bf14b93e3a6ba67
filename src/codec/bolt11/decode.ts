/** Reading an invoice, whole: text, fields, signature. */
import { toHex } from '../../base/types/hex.ts';
import { type CheckOptions, checkTerms } from './check.ts';
import { Bolt11Error } from './error.ts';
import type { Invoice } from './invoice.ts';
import { parseRaw } from './raw.ts';
import { checkSignature, type Verifier } from './signature.ts';

/** What a reader may ask for. */
export interface DecodeOptions extends CheckOptions {
  /** The text whose SHA-256 an `h` field must be: from wherever the payer had it. */
  readonly description?: string | undefined;
}

/** An invoice that is right in every part. Takes either case, with or without `lightning:`. Throws Bolt11Error. */
export function decodeInvoiceWith(text: string, verifier: Verifier, options: DecodeOptions = {}): Invoice {
  const raw = parseRaw(text);
  // The signature first: what nobody signed is not worth a finding about its fields.
  const payee = checkSignature(raw, verifier);
  const terms = checkTerms(raw, options);
  if (options.description !== undefined && terms.description_hash !== undefined) {
    const hash = toHex(verifier.sha256(new TextEncoder().encode(options.description)));
    if (hash !== terms.description_hash) {
      throw new Bolt11Error('description_mismatch', 'the hash is not that of the description', { field: 'h' });
    }
  }
  return { ...terms, payee, signature: toHex(raw.signature) };
}
