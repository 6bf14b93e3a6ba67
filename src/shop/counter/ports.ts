/** What the counter asks of other modules. The daemon connects them. */
import type { Msat } from '../../base/types/amount.ts';
import type { PriceRequest } from '../../base/types/price.ts';
import type { Write } from '../../infra/store/store.ts';

/** An invoice that a customer is shown. */
export interface SaleInvoice {
  readonly label: string;
  readonly amount_msat: Msat | PriceRequest;
  readonly description: string;
  /** JSON of an object, kept for the shop. */
  readonly metadata: string;
  readonly expiry_seconds: number;
}

/** The invoices, as far as the counter has them made. */
export interface CounterInvoices {
  /** Makes the invoice, and the writes in the same unit, where its number is the last one of `invoices_created`. Rejects with RpcError. */
  make(wanted: SaleInvoice, writes: readonly Write[]): Promise<void>;
}
