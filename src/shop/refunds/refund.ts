/** A refund: money that goes back for a paid invoice. */
import type { Msat } from '../../base/types/amount.ts';
import type { PaymentHash, Txid } from '../../base/types/brand.ts';
import type { CurrencyCode } from '../../base/types/currency.ts';

/** How it is sent: to a BOLT 11, to a Lightning address or LNURL, or to an address on the chain. */
export type RefundMethod = 'bolt11' | 'lnurl' | 'onchain';

/** `pending`: recorded, and perhaps on its way. `failed`: nothing arrived, and nothing will. */
export type RefundStatus = 'pending' | 'sent' | 'failed';

/** An amount of a currency. */
export interface Money {
  readonly currency: CurrencyCode;
  /** In the currency's smallest unit. */
  readonly amount: bigint;
}

/** A refund as it is kept. */
export interface Refund {
  /** 1, 2, 3 ... in the order of their recording. */
  readonly refund_id: number;
  /** The `created_index` of the invoice. */
  readonly invoice_index: number;
  /** The label of the invoice. */
  readonly label: string;
  readonly status: RefundStatus;
  readonly method: RefundMethod;
  /** To whom, as it was given. */
  readonly destination: string;
  readonly amount_msat: Msat;
  /** The part of the invoice's price that went back; absent for an invoice without one. */
  readonly money?: Money | undefined;
  /** What the sending cost, once it is sent. */
  readonly fee_msat?: Msat | undefined;
  /** The invoice that is paid, over Lightning. */
  readonly bolt11?: string | undefined;
  readonly payment_hash?: PaymentHash | undefined;
  /** The transaction, on the chain. */
  readonly txid?: Txid | undefined;
  /** Why it failed. */
  readonly failure?: string | undefined;
  /** What the shop wrote beside it. */
  readonly note?: string | undefined;
  /** What names the request, so that a repeat is not a second refund. */
  readonly idempotency_key?: string | undefined;
  /** Unix time, seconds. */
  readonly created_at: number;
  /** Unix time, seconds: when it was sent or has failed. */
  readonly ended_at?: number | undefined;
}
