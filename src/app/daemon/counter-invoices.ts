/** The invoices as the counter sees them. */
import type { CounterInvoices } from '../../shop/counter/ports.ts';
import type { Invoices } from '../../shop/invoices/invoices.ts';

/** Connects the counter to the invoices. */
export function counterInvoices(invoices: Invoices): CounterInvoices {
  return {
    async make({ expiry_seconds, ...wanted }, writes) {
      await invoices.create({
        ...wanted,
        expiry: BigInt(expiry_seconds),
        // Nobody waits at a counter for a block, and a smaller code is scanned faster.
        fallbacks: [],
        beside: () => writes,
      });
    },
  };
}
