/**
 * Payment secrets (BOLT 4, payment_data). Ours are derived, not stored: HMAC-SHA256 of the payment hash under a key of
 * the node's seed, so that a copy of the database alone does not tell how an invoice is probed or paid.
 */
import { hmacSha256 } from '../../base/crypto/hash.ts';
import type { PaymentHash, PaymentSecret } from '../../base/types/brand.ts';
import { fromHex, toHex } from '../../base/types/hex.ts';
import type { Secret } from '../../base/types/secret.ts';

/** The payment secret of the invoice with this hash. */
export function derivePaymentSecret(key: Secret<Uint8Array>, payment_hash: PaymentHash): PaymentSecret {
  return toHex(hmacSha256(key.reveal(), fromHex(payment_hash))) as PaymentSecret;
}
