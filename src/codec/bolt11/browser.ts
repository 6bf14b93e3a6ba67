/** The codec on @noble's curve and hash: pure JavaScript, for browsers and for whoever has no binary. */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { type DecodeOptions, decodeInvoiceWith } from './decode.ts';
import { encodeInvoiceWith } from './encode.ts';
import type { Invoice, InvoiceFields } from './invoice.ts';
import type { Sign, Verifier } from './signature.ts';

/** The reader's callbacks. */
export const verifier: Verifier = {
  sha256,
  recover(signature, recovery_id, digest) {
    try {
      const parsed = secp256k1.Signature.fromBytes(signature, 'compact').addRecoveryBit(recovery_id);
      return parsed.recoverPublicKey(digest).toBytes(true);
    } catch {
      // The library's way to say that no key can have made this signature.
      return undefined;
    }
  },
  verify(signature, digest, public_key) {
    try {
      return secp256k1.verify(signature, digest, public_key, { prehash: false, lowS: true });
    } catch {
      // The library's way to say that the key or the signature is out of range.
      return false;
    }
  },
};

/** A signer for the 32-byte private key. */
export function signWith(private_key: Uint8Array): Sign {
  return (digest) => {
    const bytes = secp256k1.sign(digest, private_key, { prehash: false, lowS: true, format: 'recovered' });
    return { signature: bytes.subarray(1), recovery_id: bytes[0] as number };
  };
}

/** An invoice that is right in every part. Takes either case, with or without `lightning:`. Throws Bolt11Error. */
export function decodeInvoice(text: string, options?: DecodeOptions): Invoice {
  return decodeInvoiceWith(text, verifier, options);
}

/** The text of an invoice, signed. Throws Bolt11Error for a value that no invoice can hold. */
export function encodeInvoice(fields: InvoiceFields, sign: Sign): string {
  return encodeInvoiceWith(fields, { sha256, sign });
}
