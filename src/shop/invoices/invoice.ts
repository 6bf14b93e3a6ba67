/**
 * An invoice, in one of three states. The preimage is part of the paid one alone: until then no reader has it.
 */
import type { Msat } from '../../base/types/amount.ts';
import type { PaymentHash, PaymentPreimage, Txid } from '../../base/types/brand.ts';
import type { Price } from '../../base/types/price.ts';

/** What every invoice has. */
interface InvoiceTerms {
  /** 1, 2, 3 ... in the order of creation. */
  readonly created_index: number;
  /** Rises with every change of any invoice; absent while nothing changed. */
  readonly updated_index?: number | undefined;
  readonly label: string;
  readonly payment_hash: PaymentHash;
  /** Absent: the payer chooses. */
  readonly amount_msat?: Msat | undefined;
  /** Unix time, seconds. */
  readonly created_at: number;
  /** Unix time, seconds: from then on it cannot be paid. */
  readonly expires_at: number;
  /** Blocks that an HTLC must leave us. */
  readonly min_final_cltv_expiry: number;
  readonly bolt11: string;
  /** Absent once it was removed. */
  readonly description?: string | undefined;
  /** What the shop keeps beside it: the text of a JSON object. */
  readonly metadata?: string | undefined;
  /** What was asked for in a currency, and the rate of that moment; absent when the amount was given in bitcoin. */
  readonly price?: Price | undefined;
}

/** It can be paid. */
export interface UnpaidInvoice extends InvoiceTerms {
  readonly status: 'unpaid';
}

/** Its time has passed and nobody paid it. */
export interface ExpiredInvoice extends InvoiceTerms {
  readonly status: 'expired';
}

/** An output on the chain, as Core Lightning names its parts. */
export interface PaidOutpoint {
  readonly txid: Txid;
  readonly outnum: number;
}

/** It was paid; the preimage is known to the payer and no longer a secret. */
export interface PaidInvoice extends InvoiceTerms {
  readonly status: 'paid';
  /** 1, 2, 3 ... in the order of payment. */
  readonly pay_index: number;
  readonly amount_received_msat: Msat;
  /** What a liquidity provider took off the payment for the channel that it opened; absent when nothing was taken. */
  readonly opening_fee_msat?: Msat | undefined;
  /** Unix time, seconds. */
  readonly paid_at: number;
  readonly payment_preimage: PaymentPreimage;
  /** The deposit that paid it (the last one of several); absent when Lightning did. */
  readonly paid_outpoint?: PaidOutpoint | undefined;
}

export type Invoice = UnpaidInvoice | ExpiredInvoice | PaidInvoice;
export type InvoiceStatus = Invoice['status'];

/** The most bytes of a label (UTF-8): enough for any order number, and few enough to index. */
export const MAX_LABEL_BYTES = 128;
/** The most bytes of a description (UTF-8): what a field of BOLT 11 holds. */
export const MAX_DESCRIPTION_BYTES = 639;
/**
 * The most bytes of a text that is kept beside the invoice: a description of which the invoice shows the hash, and
 * metadata. Room for an LNURL's picture (LUD-06: 136,536 characters); and a page of a listing still fits into memory.
 */
export const MAX_KEPT_TEXT_BYTES = 262_144;
