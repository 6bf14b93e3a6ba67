import { answer } from '../rpc/answer.ts';
import { required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { decodeAny, decodedAnswer, decodedMembers } from './decoded.ts';
import { defineCommand } from './modules.ts';

/** Shows what is in a BOLT 11 of any node. */
export const decode = defineCommand({
  name: 'decode',
  category: 'invoices',
  title: 'Command for decoding an invoice string',
  description:
    'Checks and shows a BOLT 11 invoice of any node on any network. If it is invalid, the error says what is wrong, and where. If the text is something else, such as a BOLT 12 offer, an LNURL, a BIP 21 link or an address, the error says so.',
  params: {
    string: required(
      field.string,
      'The invoice. It may be in upper case, begin with `lightning:`, and have blanks or newlines around it.',
    ),
  },
  returns: {
    type: answer.oneOf(['bolt11 invoice'], 'What it is.'),
    valid: answer.boolean('True.'),
    ...decodedMembers,
  },
  errors: [],
  see_also: ['decodepay', 'invoice'],
  access: 'read',
  run({ string }) {
    return { type: 'bolt11 invoice' as const, valid: true, ...decodedAnswer(decodeAny('string', string)) };
  },
});
