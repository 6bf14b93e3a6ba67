/** The codec on libsecp256k1 and node:crypto: what the node itself uses. The same functions as browser.ts, and faster. */
import { sha256 } from '../../base/crypto/hash.ts';
import { curve } from '../../base/crypto/secp256k1.ts';
import { type DecodeOptions, decodeInvoiceWith } from './decode.ts';
import { encodeInvoiceWith } from './encode.ts';
import type { Invoice, InvoiceFields } from './invoice.ts';
import type { Sign, Verifier } from './signature.ts';

/** The reader's callbacks. */
export const verifier: Verifier = { sha256, recover: curve.recover, verify: curve.verify };

/** A signer for the 32-byte private key. */
export function signWith(private_key: Uint8Array): Sign {
  return (digest) => curve.signRecoverable(digest, private_key);
}

/** An invoice that is right in every part. Takes either case, with or without `lightning:`. Throws Bolt11Error. */
export function decodeInvoice(text: string, options?: DecodeOptions): Invoice {
  return decodeInvoiceWith(text, verifier, options);
}

/** The text of an invoice, signed. Throws Bolt11Error for a value that no invoice can hold. */
export function encodeInvoice(fields: InvoiceFields, sign: Sign): string {
  return encodeInvoiceWith(fields, { sha256, sign });
}
