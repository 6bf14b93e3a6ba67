/** What `pay` is asked to do. */
import type { Msat } from '../../base/types/amount.ts';
import type { PaymentSecret } from '../../base/types/brand.ts';
import type { Invoice } from '../../codec/bolt11/invoice.ts';
import type { RawRecord } from '../../codec/wire/tlv.ts';

/** What is paid: an invoice, or what stands for one in a spontaneous payment (`keysend.ts`). */
export interface Payable
  extends Pick<
    Invoice,
    | 'payment_hash'
    | 'payee'
    | 'routes'
    | 'features'
    | 'min_final_cltv_expiry_delta'
    | 'created_at'
    | 'expiry_seconds'
    | 'payment_metadata'
  > {
  /** A spontaneous payment has none. */
  readonly payment_secret: PaymentSecret | undefined;
  /** What the payee is told besides. Spontaneous payments only. */
  readonly custom_records?: readonly RawRecord[] | undefined;
}

/** A payment to be made, and its limits. */
export interface PayRequest {
  readonly invoice: Payable;
  /** Undefined: nobody asked for the payment. */
  readonly bolt11: string | undefined;
  /** What the payee gets from us. */
  readonly amount_msat: Msat;
  /** What it gets from all who pay this together. */
  readonly total_msat: Msat;
  readonly maxfee_msat: Msat;
  readonly max_delay: number;
  /** What blocks cost against fees: percent of the amount a year. */
  readonly riskfactor?: number | undefined;
  /** After so long nothing more is tried; the first try is always made. */
  readonly retry_for_seconds: number;
  /** Names of channels and ids of nodes that are not to be used. */
  readonly exclude: ReadonlySet<string>;
  readonly label: string | undefined;
  readonly description: string | undefined;
}
