import { RpcError } from '../../base/errors.ts';
import { required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { invoiceMembers, invoiceRow } from './invoice-row.ts';
import { defineCommand } from './modules.ts';

/** Signs and keeps an invoice that somebody else composed. */
export const createinvoice = defineCommand({
  name: 'createinvoice',
  category: 'invoices',
  title: 'Low-level invoice creation',
  description:
    'Signs a BOLT 11 invoice, replacing its signature, and stores it as an invoice of this node. If the label is in use, the error has the existing invoice as its data.',
  params: {
    invstring: required(field.string, 'The BOLT 11 invoice. Its payment hash must be the hash of the preimage.'),
    label: required(field.label, 'A label as for `invoice`.'),
    preimage: required(field.preimage, 'The preimage, 64 hex digits.'),
  },
  returns: invoiceMembers,
  errors: ['INVOICE_LABEL_ALREADY_EXISTS', 'INVOICE_PREIMAGE_ALREADY_EXISTS'],
  see_also: ['invoice', 'signinvoice', 'listinvoices'],
  access: 'write',
  async run({ invstring, label, preimage }, { invoices }) {
    const taken = await invoices.take({ invstring, label, preimage });
    if ('invoice' in taken) return invoiceRow(taken.invoice);
    throw new RpcError('INVOICE_LABEL_ALREADY_EXISTS', 'Duplicate label', invoiceRow(taken.label_used_by));
  },
});
