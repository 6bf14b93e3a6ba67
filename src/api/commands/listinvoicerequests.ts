import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

const request = answer.object(
  {
    invreq_id: answer.hash('Its id.'),
    active: answer.boolean('Whether it can be used.'),
    single_use: answer.boolean('Whether it can be used once only.'),
    bolt12: answer.string('Its text.'),
    used: answer.boolean('Whether it was used.'),
  },
  'An invoice request.',
);

/** Shows BOLT 12 invoice requests. */
export const listinvoicerequests = defineCommand({
  name: 'listinvoicerequests',
  category: 'invoices',
  title: 'Command for querying invoice_request status',
  description: 'Lists the BOLT 12 invoice requests of this node. Till makes none, so the list is always empty.',
  params: {
    invreq_id: optional(field.hash, 'Only this one.'),
    active_only: optional(field.boolean, 'Only those that can be used.'),
  },
  returns: { invoicerequests: answer.array(request, 'The invoice requests: none.') },
  errors: [],
  see_also: ['listoffers', 'listinvoices'],
  access: 'read',
  run: () => ({ invoicerequests: [] }),
});
