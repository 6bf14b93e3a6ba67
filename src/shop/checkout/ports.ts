/** What checkout pages ask of other modules. The daemon connects them. */
import type { RandomBytes } from '../../base/crypto/random.ts';
import type { Msat, Sat } from '../../base/types/amount.ts';
import type { PaymentHash, Txid } from '../../base/types/brand.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { Network } from '../../base/types/network.ts';
import type { Price } from '../../base/types/price.ts';
import type { Store } from '../../infra/store/store.ts';
import type { PageTerms } from './rows.ts';

/** An invoice, as far as its page shows it. */
export interface PageInvoice {
  readonly created_index: number;
  readonly label: string;
  readonly payment_hash: PaymentHash;
  /** Absent: the payer chooses. */
  readonly amount_msat?: Msat | undefined;
  /** What it asks in a currency, and the rate at which that became the amount. */
  readonly price?: Price | undefined;
  readonly description?: string | undefined;
  readonly bolt11: string;
  /** Unix time, seconds. */
  readonly created_at: number;
  /** Unix time, seconds. */
  readonly expires_at: number;
  readonly status: 'unpaid' | 'paid' | 'expired';
  readonly amount_received_msat?: Msat | undefined;
  /** What a provider took off the payment for a channel: the payer paid it. */
  readonly opening_fee_msat?: Msat | undefined;
  /** Unix time, seconds. */
  readonly paid_at?: number | undefined;
  /** The deposit that paid it. */
  readonly paid_outpoint?: { readonly txid: Txid } | undefined;
}

/** What has arrived on the chain for an invoice. */
export interface PageDeposit {
  readonly txid: Txid;
  readonly amount_sat: Sat;
  /** Undefined while it is in no block. */
  readonly blockheight: number | undefined;
  readonly is_in_time: boolean;
  readonly outcome: 'pending' | 'paid' | 'short' | 'late';
}

/** The invoices, as far as pages need them. */
export interface InvoicePort {
  find(created_index: number): Promise<PageInvoice | undefined>;
  /** The one of the label. */
  findLabel(label: string): Promise<PageInvoice | undefined>;
  /** Calls the listener for each change of the invoice with the label, until the function that is returned is called. */
  listen(label: string, listener: () => void): () => void;
  /**
   * Makes an invoice like this one, with another label, and with it the page. Undefined when the label is taken. Rejects with
   * RpcError.
   */
  repeat(invoice: PageInvoice, label: string, page: PageTerms): Promise<PageInvoice | undefined>;
}

/** The deposits, as far as pages need them. */
export interface DepositPort {
  ofInvoice(created_index: number): Promise<readonly PageDeposit[]>;
  isInvoiceAddress(script_pubkey: string): Promise<boolean>;
  /** Calls the listener when deposits of the invoice were judged, until the function that is returned is called. */
  listen(created_index: number, listener: () => void): () => void;
}

export interface CheckoutOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly network: Network;
  readonly invoices: InvoicePort;
  readonly deposits: DepositPort;
  /** What transactions in no block pay to a script (hex); undefined where the source of blocks does not say. */
  readonly unconfirmedTo: (script_pubkey: string) => Promise<Sat | undefined>;
  /** The height of the best block. */
  readonly height: () => number;
  /** Blocks, its own included, that make a deposit count. */
  readonly confirmations: number;
}
