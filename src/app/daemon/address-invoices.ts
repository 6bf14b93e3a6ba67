/** The invoices as Lightning addresses see them. */
import { LNURL_LABEL_PREFIX } from '../../shop/addresses/lnurl-pay.ts';
import type { AddressInvoices } from '../../shop/addresses/ports.ts';
import type { Invoices } from '../../shop/invoices/invoices.ts';

/** Connects Lightning addresses to the invoices. */
export function addressInvoices(invoices: Invoices): AddressInvoices {
  return {
    async make({ expiry_seconds, ...wanted }) {
      const { invoice } = await invoices.create({
        ...wanted,
        expiry: BigInt(expiry_seconds),
        // An address on the chain is watched forever: no stranger has one made.
        fallbacks: [],
        is_transient: true,
      });
      return invoice;
    },
    async find(payment_hash) {
      const invoice = await invoices.find({ payment_hash });
      if (invoice?.label.startsWith(LNURL_LABEL_PREFIX) !== true) return undefined;
      const payment_preimage = invoice.status === 'paid' ? invoice.payment_preimage : undefined;
      return { bolt11: invoice.bolt11, payment_preimage };
    },
    countUnpaid: (most) => invoices.countTransient(most),
  };
}
