import { RpcError } from '../../base/errors.ts';
import { required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { invoiceMembers, invoiceRow } from './invoice-row.ts';
import { defineCommand } from './modules.ts';

/** Waits for one payment. */
export const waitinvoice = defineCommand({
  name: 'waitinvoice',
  category: 'invoices',
  title: 'Command for waiting for specific payment',
  description:
    'Answers when the invoice is paid, or at once if it already is. If the invoice has expired or expires meanwhile, the command fails with the invoice as the data of the error.',
  params: { label: required(field.label, 'The label of the invoice.') },
  returns: invoiceMembers,
  errors: ['INVOICE_EXPIRED_DURING_WAIT', 'LIGHTNINGD_SHUTDOWN'],
  examples: [{ title: 'Until the invoice is paid', params: ['coffee'] }],
  see_also: ['waitanyinvoice', 'listinvoices', 'invoice'],
  access: 'read',
  async run({ label }, { invoices }, { signal }) {
    const awaited = await invoices.waitForInvoice(label, signal);
    const row = invoiceRow(awaited.invoice);
    if (awaited.kind === 'paid') return row;
    throw new RpcError('INVOICE_EXPIRED_DURING_WAIT', 'invoice expired during wait', row);
  },
});
