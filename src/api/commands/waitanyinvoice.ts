import { optional, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { invoiceMembers, invoiceRow } from './invoice-row.ts';
import { defineCommand } from './modules.ts';

/** Goes through payments in their order. */
export const waitanyinvoice = defineCommand({
  name: 'waitanyinvoice',
  category: 'invoices',
  title: 'Command for waiting for payments',
  description:
    'Answers the first payment after `lastpay_index`, at once or when it is made. A client that gives each `pay_index` as its next `lastpay_index` gets every payment once and in order, across restarts of either side, also when invoices are deleted. With a `lastpay_index` above the last one it answers the next payment, whatever its number.',
  params: {
    lastpay_index: withDefault(field.u64, 0n, 'The `pay_index` of the last payment that you know; 0 for none.'),
    timeout: optional(field.u64, 'Seconds to wait; 0 does not wait. Default: no limit.'),
  },
  returns: invoiceMembers,
  errors: ['INVOICE_WAIT_TIMED_OUT', 'LIGHTNINGD_SHUTDOWN'],
  examples: [
    { title: 'The first payment of all', params: [] },
    { title: 'The one after payment 17, or nothing within a minute', params: [17, 60] },
  ],
  see_also: ['waitinvoice', 'listinvoices', 'invoice'],
  access: 'read',
  async run({ lastpay_index, timeout }, { invoices }, { signal }) {
    return invoiceRow(await invoices.waitForPayment(lastpay_index, timeout, signal));
  },
});
