/** The invoices as the deposits see them. */
import type { InvoicePort } from '../../shop/deposits/ports.ts';
import type { Invoices } from '../../shop/invoices/invoices.ts';

/** Connects deposits to the invoices, which may be built after them. */
export function depositPort(invoices: () => Invoices): InvoicePort {
  return {
    async find(created_index) {
      const invoice = await invoices().find({ created_index });
      if (invoice === undefined) return undefined;
      const is_held = await invoices().isHeld(created_index);
      return { amount_msat: invoice.amount_msat, is_paid: invoice.status === 'paid', is_held };
    },
    markPaid: (created_index, amount_msat, { txid, vout }, writes) =>
      invoices().markDeposited(created_index, amount_msat, { txid, outnum: vout }, writes),
    hold: (created_index, is_held) => invoices().hold(created_index, is_held),
  };
}
