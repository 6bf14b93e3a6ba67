/**
 * Spontaneous payments (keysend): the payer chooses the preimage and tells it to the payee inside the onion, so nobody
 * needs an invoice, and nobody gets a proof of payment. Till makes them and takes none.
 */
import { sha256 } from '../../base/crypto/hash.ts';
import type { RandomBytes } from '../../base/crypto/random.ts';
import type { NodeId, PaymentHash } from '../../base/types/brand.ts';
import { toHex } from '../../base/types/hex.ts';
import type { RouteHop } from '../../codec/bolt11/invoice.ts';
import type { RawRecord } from '../../codec/wire/tlv.ts';
import type { Payable, PayRequest } from './pay-request.ts';

/** The record that carries the preimage. No BOLT has it; every implementation does. */
export const PREIMAGE_RECORD = 5_482_373_484n;
/** Blocks for the payee: the most that any implementation asks for. One that asks for less does not mind. */
const FINAL_CLTV_EXPIRY_DELTA = 42;

/** A spontaneous payment to be made, and its limits. */
export interface KeysendRequest
  extends Pick<PayRequest, 'amount_msat' | 'maxfee_msat' | 'max_delay' | 'retry_for_seconds' | 'label'> {
  readonly payee: NodeId;
  /** The channels through which the payee is found when the map does not have it. */
  readonly routes: readonly (readonly RouteHop[])[];
  /** What the payee is told besides the preimage. */
  readonly custom_records: readonly RawRecord[];
}

/**
 * The payment in the place of an invoice. It goes in one part: without a payment secret the payee could not tell which
 * parts belong together. The preimage is kept nowhere: it comes back with the payment.
 */
function payableOf({ payee, routes, custom_records }: KeysendRequest, now: number, randomBytes: RandomBytes): Payable {
  const preimage = randomBytes(32);
  return {
    payee,
    routes,
    created_at: now,
    payment_hash: toHex(sha256(preimage)) as PaymentHash,
    payment_secret: undefined,
    payment_metadata: undefined,
    features: new Set(),
    min_final_cltv_expiry_delta: FINAL_CLTV_EXPIRY_DELTA,
    // It never expires.
    expiry_seconds: Number.POSITIVE_INFINITY,
    custom_records: [...custom_records, { tlv_type: PREIMAGE_RECORD, value: preimage }],
  };
}

/** What `pay` is asked for a spontaneous payment. Each call makes another payment, with a preimage of its own. */
export function spontaneous(request: KeysendRequest, now: number, randomBytes: RandomBytes): PayRequest {
  const { amount_msat, maxfee_msat, max_delay, retry_for_seconds, label } = request;
  return {
    invoice: payableOf(request, now, randomBytes),
    bolt11: undefined,
    amount_msat,
    total_msat: amount_msat,
    maxfee_msat,
    max_delay,
    retry_for_seconds,
    exclude: new Set(),
    label,
    description: undefined,
  };
}
