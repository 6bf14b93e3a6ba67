import { answer, optionalMembers } from '../rpc/answer.ts';
import { required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { decodeAny, decodedAnswer, decodedMembers } from './decoded.ts';
import { decodedRune, decodedRuneMembers, findRune } from './decoded-rune.ts';
import { foreignText } from './foreign-text.ts';
import { defineCommand } from './modules.ts';

/** Shows what is in a BOLT 11 or a rune of any node. */
export const decode = defineCommand({
  name: 'decode',
  category: 'invoices',
  title: 'Command for decoding an invoice string or a rune',
  description:
    'Checks and shows a BOLT 11 invoice of any node on any network. If it is invalid, the error says what is wrong, and where. If the text is something else, such as a BOLT 12 offer, an LNURL, a BIP 21 link or an address, the error says so. It also shows what is in a rune of any node; whether this node would accept the rune is for `checkrune` to say.',
  params: {
    string: required(
      field.string,
      'The invoice or rune. An invoice may be in upper case, begin with `lightning:`, and have blanks or newlines around it.',
    ),
  },
  returns: {
    type: answer.oneOf(['bolt11 invoice', 'rune'], 'What it is.'),
    valid: answer.boolean('True, except for a rune that is not UTF-8.'),
    ...optionalMembers(decodedMembers),
    ...decodedRuneMembers,
  },
  errors: [],
  examples: [{ title: 'An invoice', params: ['lnbcrt10n1...'] }],
  see_also: ['decodepay', 'invoice', 'showrunes'],
  access: 'read',
  run({ string }) {
    const rune = foreignText(string) === undefined ? findRune(string) : undefined;
    if (rune !== undefined) return { type: 'rune' as const, ...decodedRune(rune) };
    return { type: 'bolt11 invoice' as const, valid: true, ...decodedAnswer(decodeAny('string', string)) };
  },
});
