import { required, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { invoiceMembers, invoiceRow } from './invoice-row.ts';
import { defineCommand } from './modules.ts';

/** Deletes one invoice. */
export const delinvoice = defineCommand({
  name: 'delinvoice',
  category: 'invoices',
  title: 'Command for removing an invoice (or just its description)',
  description:
    'Removes an invoice and answers it as it was. It must have the given status, so that an invoice that changed meanwhile is not removed. A received payment is still reported to clients that go through payments with `waitanyinvoice`.',
  params: {
    label: required(field.label, 'The label of the invoice.'),
    status: required(field.string, 'The status that it must have: `unpaid`, `paid` or `expired`.'),
    desconly: withDefault(field.boolean, false, 'Remove only the description, and answer the invoice without it.'),
  },
  returns: invoiceMembers,
  errors: ['INVOICE_NOT_FOUND', 'INVOICE_STATUS_UNEXPECTED', 'INVOICE_NO_DESCRIPTION'],
  examples: [{ title: 'One that was not paid', params: ['coffee', 'expired'] }],
  see_also: ['listinvoices', 'delexpiredinvoice', 'autoclean-once'],
  access: 'write',
  async run({ label, status, desconly }, { invoices }) {
    return invoiceRow(await (desconly ? invoices.removeDescription(label, status) : invoices.remove(label, status)));
  },
});
