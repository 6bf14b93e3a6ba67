import { answer } from '../rpc/answer.ts';
import { required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './rooms.ts';

/** Signs an invoice and keeps nothing. */
export const signinvoice = defineCommand({
  name: 'signinvoice',
  category: 'invoices',
  title: 'Low-level invoice signing',
  description:
    'Signs a BOLT 11 text, whatever signature it bears. Nothing is kept: a payment of it is refused unless `createinvoice` takes it in.',
  params: { invstring: required(field.string, 'The text.') },
  returns: { bolt11: answer.string('The text with the signature of this node.') },
  errors: [],
  see_also: ['createinvoice', 'invoice'],
  access: 'write',
  run({ invstring }, { invoices }) {
    return { bolt11: invoices.sign(invstring) };
  },
});
