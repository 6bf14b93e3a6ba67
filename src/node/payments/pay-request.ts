/** What `pay` is asked to do. */
import type { Msat } from '../../base/types/amount.ts';
import type { Invoice } from '../../codec/bolt11/invoice.ts';

/** A payment to be made, and its limits. */
export interface PayRequest {
  readonly invoice: Invoice;
  readonly bolt11: string;
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
