import { optional, required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { decodeAny, decodedAnswer, decodedMembers } from './decoded.ts';
import { defineCommand } from './modules.ts';

/** Shows what is in a BOLT 11, by the older name. */
export const decodepay = defineCommand({
  name: 'decodepay',
  category: 'invoices',
  title: 'Command for decoding a bolt11 string (low-level)',
  description:
    'Checks and shows a BOLT 11 invoice, as `decode` does, and compares its description hash with a description.',
  params: {
    bolt11: required(field.string, 'The invoice.'),
    description: optional(field.string, 'The text that must match the description hash of the invoice, if it has one.'),
  },
  returns: decodedMembers,
  errors: [],
  see_also: ['decode', 'invoice'],
  access: 'read',
  run({ bolt11, description }) {
    return decodedAnswer(decodeAny('bolt11', bolt11, { description }));
  },
});
