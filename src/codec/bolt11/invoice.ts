/** The records of this module: what the writer takes, and what the reader returns once everything is checked. */
import type { Msat } from '../../base/types/amount.ts';
import type { NodeId, PaymentHash, PaymentSecret } from '../../base/types/brand.ts';
import type { Features } from '../../base/types/features.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import type { Currency } from './human-readable.ts';

/** One channel on the way to the payee: its fees are those of the node it starts at. */
export interface RouteHop {
  /** The node at which the channel starts. */
  readonly pubkey: NodeId;
  readonly short_channel_id: ShortChannelId;
  /** 32 bits. */
  readonly fee_base_msat: number;
  /** 32 bits. */
  readonly fee_proportional_millionths: number;
  /** Blocks, 16 bits. */
  readonly cltv_expiry_delta: number;
}

/**
 * A field that the reader skips: of an unknown type, of an unknown fallback version, of a wrong length, or one that
 * stands a second time.
 */
export interface ExtraField {
  /** Its letter. */
  readonly tag: string;
  /** Its data in bech32 characters. */
  readonly data: string;
}

/** What the payment is for: the words, or (for a text kept elsewhere) their SHA-256, lowercase hex. */
export type Purpose =
  | { readonly description: string; readonly description_hash?: never }
  | { readonly description_hash: string; readonly description?: never };

/** What an invoice says. Everything optional has the BOLT's default, or is absent. */
export type InvoiceFields = Purpose & {
  readonly currency: Currency;
  /** Absent: the payer chooses. */
  readonly amount_msat?: Msat | undefined;
  /** Seconds since 1970, 35 bits. */
  readonly created_at: number;
  readonly payment_hash: PaymentHash;
  readonly payment_secret: PaymentSecret;
  /** Bytes that the payer's onion brings back (`m`), lowercase hex. */
  readonly payment_metadata?: string | undefined;
  /** Written as the `n` field; without it the payee is found from the signature. */
  readonly named_payee?: NodeId | undefined;
  /** Default 3600. */
  readonly expiry_seconds?: number | undefined;
  /** Instead of `expiry_seconds`, when that cannot hold it: from 2^53 to 2^64 - 1. */
  readonly long_expiry_seconds?: bigint | undefined;
  /** Blocks, 32 bits. Default 18. */
  readonly min_final_cltv_expiry_delta?: number | undefined;
  /** Output scripts to pay on the chain instead, lowercase hex, the preferred one first. */
  readonly fallbacks?: readonly string[] | undefined;
  /** Ways from the public network to the payee, the preferred one first. */
  readonly routes?: readonly (readonly RouteHop[])[] | undefined;
  readonly features?: Features | undefined;
  readonly extra?: readonly ExtraField[] | undefined;
};

/** The second tier's terms: every field judged, defaults filled in. Nobody has looked at the signature. */
export type InvoiceTerms = Purpose & {
  readonly currency: Currency;
  readonly amount_msat: Msat | undefined;
  readonly created_at: number;
  readonly payment_hash: PaymentHash;
  readonly payment_secret: PaymentSecret;
  readonly payment_metadata: string | undefined;
  readonly named_payee: NodeId | undefined;
  /** An expiry over 2^53 - 1, which never comes, is 2^53 - 1 here. */
  readonly expiry_seconds: number;
  /** The expiry to the digit; absent unless it is over 2^53 - 1. */
  readonly long_expiry_seconds?: bigint;
  readonly min_final_cltv_expiry_delta: number;
  readonly fallbacks: readonly string[];
  readonly routes: readonly (readonly RouteHop[])[];
  readonly features: Features;
  readonly extra: readonly ExtraField[];
};

/** The third tier: an invoice whose fields and signature are good. */
export type Invoice = InvoiceTerms & {
  /** Who signed it, and so who is paid. */
  readonly payee: NodeId;
  /** r, s and the recovery id: 65 bytes, lowercase hex. */
  readonly signature: string;
};

/** Seconds that an invoice without `x` may be paid for. */
export const DEFAULT_EXPIRY_SECONDS = 3600;
/** Blocks that a payer leaves the payee when there is no `c`. */
export const DEFAULT_MIN_FINAL_CLTV_EXPIRY_DELTA = 18;
