import { answer } from '../rpc/answer.ts';
import { required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

/** Signs an invoice and keeps nothing. */
export const signinvoice = defineCommand({
  name: 'signinvoice',
  category: 'invoices',
  title: 'Low-level invoice signing',
  description:
    'Signs a BOLT 11 invoice, replacing its signature. Till does not store it: a payment to it is refused unless it is stored with `createinvoice`.',
  params: { invstring: required(field.string, 'The text.') },
  returns: { bolt11: answer.string('The invoice with the signature of this node.') },
  errors: [],
  see_also: ['createinvoice', 'invoice'],
  access: 'write',
  run({ invstring }, { invoices }) {
    return { bolt11: invoices.sign(invstring) };
  },
});
