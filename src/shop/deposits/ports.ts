/** What deposits ask of other modules. The daemon connects them. */

import type { Msat, Sat } from '../../base/types/amount.ts';
import type { Txid } from '../../base/types/brand.ts';
import type { Write } from '../../infra/store/store.ts';

/** An output of a transaction. */
export interface Outpoint {
  readonly txid: Txid;
  readonly vout: number;
}

/** An invoice, as far as a deposit asks. */
export interface InvoiceState {
  /** Absent: any amount pays it. */
  readonly amount_msat?: Msat | undefined;
  readonly is_paid: boolean;
  readonly is_held: boolean;
}

/** The invoices, as far as deposits need them. */
export interface InvoicePort {
  /** What the invoice asks for, and how it stands; undefined when it was deleted. */
  find(created_index: number): Promise<InvoiceState | undefined>;
  /**
   * Marks the invoice paid by this output, also when it has expired, together with the writes. False when it was paid
   * or deleted in the meantime, and then nothing was written.
   */
  markPaid(
    created_index: number,
    amount_received_msat: Msat,
    paid_outpoint: Outpoint,
    writes: readonly Write[],
  ): Promise<boolean>;
  /** While held, an unpaid invoice does not expire. */
  hold(created_index: number, is_held: boolean): Promise<void>;
}

/** The wallet, whose coins all deposits are. */
export interface CoinPort {
  /** Where the coin is in the best chain; undefined when it is in no block. */
  blockheight(outpoint: Outpoint): number | undefined;
  /** Resolves when all that the wallet has heard of is durable. Rejects with StoreClosedError while the node stops. */
  durable(): Promise<void>;
}

/** A coin that a block gives us, as the wallet tells of it. */
export interface PaidCoin extends Outpoint {
  readonly script_pubkey: string;
  readonly amount_sat: Sat;
  readonly blockheight: number;
  /** Unix time, seconds, as its block says. */
  readonly mined_at: number;
}
