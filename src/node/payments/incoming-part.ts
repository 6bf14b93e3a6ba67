/** One HTLC of a payment to us, and what may be wrong with it (BOLT 4, Requirements of the final node). */
import type { Msat } from '../../base/types/amount.ts';
import type { ChannelId, PaymentHash, PaymentSecret } from '../../base/types/brand.ts';

/** An HTLC that its peer can no longer take back, with what the sender's onion says of it. */
export interface IncomingPart {
  readonly channel_id: ChannelId;
  readonly htlc_id: bigint;
  readonly payment_hash: PaymentHash;
  /** What the HTLC is worth. */
  readonly amount_msat: Msat;
  /** The block height at which the peer may take it back. */
  readonly cltv_expiry: number;
  /** What the sender meant the HTLC to be worth. */
  readonly amt_to_forward: Msat;
  readonly outgoing_cltv_value: number;
  /** Absent when the sender gave none: such a payment is refused like one of an unknown hash. */
  readonly payment_secret: PaymentSecret | undefined;
  /** What all parts together are worth. */
  readonly total_msat: Msat;
  /** What the last hop took off the amount (bLIP 25). */
  readonly extra_fee?: Msat | undefined;
}

/** Why a part is refused, with the data that BOLT 4 has travel back to the sender. */
export type PartFailure =
  | { readonly failure: 'incorrect_or_unknown_payment_details'; readonly htlc_msat: Msat; readonly height: number }
  | { readonly failure: 'final_incorrect_htlc_amount'; readonly incoming_htlc_amt: Msat }
  | { readonly failure: 'final_incorrect_cltv_expiry'; readonly cltv_expiry: number }
  | { readonly failure: 'mpp_timeout' }
  | { readonly failure: 'temporary_node_failure' };

/** What a part says of itself that cannot be, whatever the invoice. Undefined when all is well. */
export function partFault(part: IncomingPart): PartFailure | undefined {
  if (part.amount_msat + (part.extra_fee ?? 0n) < part.amt_to_forward) {
    return { failure: 'final_incorrect_htlc_amount', incoming_htlc_amt: part.amount_msat };
  }
  if (part.cltv_expiry < part.outgoing_cltv_value) {
    return { failure: 'final_incorrect_cltv_expiry', cltv_expiry: part.cltv_expiry };
  }
  return undefined;
}

/**
 * The answer to everything that a prober could learn from: unknown hash, paid, expired, wrong secret, wrong amount, too
 * little time. They must not differ.
 */
export function unknownDetails(part: IncomingPart, height: number): PartFailure {
  return { failure: 'incorrect_or_unknown_payment_details', htlc_msat: part.amount_msat, height };
}
