import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

const offer = answer.object(
  {
    offer_id: answer.hash('Its id.'),
    active: answer.boolean('Whether it can be used.'),
    single_use: answer.boolean('Whether it can be used once only.'),
    bolt12: answer.string('Its text.'),
    used: answer.boolean('Whether it was paid.'),
    label: answer.optional(answer.string('Its label.')),
  },
  'An offer.',
);

/** Shows BOLT 12 offers. */
export const listoffers = defineCommand({
  name: 'listoffers',
  category: 'invoices',
  title: 'Command for listing offers',
  description: 'Lists the BOLT 12 offers of this node. Till makes BOLT 11 invoices only, so the list is always empty.',
  params: {
    offer_id: optional(field.hash, 'Only this offer.'),
    active_only: optional(field.boolean, 'Only offers that can be used.'),
  },
  returns: { offers: answer.array(offer, 'The offers: none.') },
  errors: [],
  see_also: ['invoice', 'listinvoices'],
  access: 'read',
  run: () => ({ offers: [] }),
});
