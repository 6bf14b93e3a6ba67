/** What Lightning addresses ask of other modules. The daemon connects them. */
import type { RandomBytes } from '../../base/crypto/random.ts';
import type { Msat } from '../../base/types/amount.ts';
import type { PaymentHash, PaymentPreimage } from '../../base/types/brand.ts';
import type { Secret } from '../../base/types/secret.ts';

/** An invoice that a wallet has asked for. */
export interface WantedInvoice {
  readonly label: string;
  readonly amount_msat: Msat;
  /** Kept for the shop; the payer sees the hash. */
  readonly description: string;
  /** SHA-256 of what the wallet was served, hex. */
  readonly description_hash: string;
  /** JSON of an object, kept for the shop. */
  readonly metadata: string;
  readonly preimage: Secret<string>;
  readonly expiry_seconds: number;
}

/** An invoice that was made, as far as its payer may know. */
export interface MadeInvoice {
  readonly bolt11: string;
  /** Only once it is paid. */
  readonly payment_preimage: PaymentPreimage | undefined;
}

/** The invoices, as far as payers of addresses have them made. */
export interface AddressInvoices {
  /** Resolves when it is durable. Rejects when it cannot be made. */
  make(wanted: WantedInvoice): Promise<{ readonly bolt11: string; readonly payment_hash: PaymentHash }>;
  find(payment_hash: PaymentHash): Promise<MadeInvoice | undefined>;
  /** How many that strangers asked for are unpaid now; at most `most`. */
  countUnpaid(most: number): Promise<number>;
}

/** What answers to wallets are made with. */
export interface LnurlPorts {
  readonly invoices: AddressInvoices;
  readonly randomBytes: RandomBytes;
  /** What all channels together could receive. */
  readonly receivableMsat: () => bigint;
  /** Invoices of strangers that may be unpaid at the same time. Default: 1,000. */
  readonly most_unpaid?: number;
  /** Told when an answer fails for a reason of ours. */
  readonly onUnexpected: (error: unknown) => void;
}
