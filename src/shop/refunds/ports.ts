/** What refunds ask of other modules. The daemon connects them. */
import type { Msat, Sat } from '../../base/types/amount.ts';
import type { PaymentHash, Txid } from '../../base/types/brand.ts';
import type { Price } from '../../base/types/price.ts';
import type { Invoice } from '../../codec/bolt11/invoice.ts';
import type { Write } from '../../infra/store/store.ts';

/** A paid invoice, as far as a refund needs it. */
export interface PaidInvoice {
  readonly created_index: number;
  readonly label: string;
  /** What it asked for; absent: the payer chose. */
  readonly amount_msat?: Msat | undefined;
  readonly amount_received_msat: Msat;
  readonly price?: Price | undefined;
}

/** Finds invoices. */
export interface InvoicePort {
  /** The paid invoice of a label; a word for its status when it is not paid, undefined when there is none. */
  find(label: string): Promise<PaidInvoice | 'unpaid' | 'expired' | undefined>;
}

/** How a payment ended. */
export type PaymentEnd =
  | { readonly kind: 'complete'; readonly amount_sent_msat: Msat }
  /** Nothing of it is under way, and nothing arrived. */
  | { readonly kind: 'failed' };

/** A payment to be made. */
export interface PaymentOrder {
  readonly bolt11: string;
  readonly invoice: Invoice;
  readonly amount_msat: Msat;
  readonly label: string;
}

/** Payments over Lightning. */
export interface LightningPort {
  /** Tries to pay; resolves when it is paid. Rejects with RpcError when it is not, and with the signal's reason. */
  pay(order: PaymentOrder, signal: AbortSignal): Promise<void>;
  /** Whether anything was ever sent for this hash that arrived or may still arrive. */
  isUsed(payment_hash: PaymentHash): Promise<boolean>;
  /** How the payment ended: waits while a part is under way. Never sends anything. Rejects with the signal's reason. */
  end(payment_hash: PaymentHash, signal: AbortSignal): Promise<PaymentEnd>;
}

/** A payment on the chain. */
export interface ChainPayment {
  readonly txid: Txid;
  readonly fee_sat: Sat;
}

/** Payments on the chain. */
export interface ChainPort {
  /**
   * Pays to a script. `writes` go into the unit that makes the transaction durable, before anybody is sent it. Rejects with
   * RpcError when it was not or is not sent, and then it never is.
   */
  pay(
    script_pubkey: Uint8Array,
    amount_sat: Sat,
    writes: (payment: ChainPayment) => readonly Write[],
  ): Promise<ChainPayment>;
  /** The fee of a transaction of ours. */
  feeOf(txid: Txid): Sat;
  /** Whether a transaction of ours was given up. */
  isDropped(txid: Txid): boolean;
}
