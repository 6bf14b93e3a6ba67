import { describeRestrictions } from '../../shop/access/english.ts';
import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { defineCommand } from './modules.ts';
import { restrictionAnswer, restrictionRow, runeField } from './rune-fields.ts';

/** Shows runes and what they permit. */
export const showrunes = defineCommand({
  name: 'showrunes',
  category: 'access',
  title: 'Command to list previously created runes',
  description: 'Shows all runes that this node made, or the one that is given, and says in words what they permit.',
  params: { rune: optional(runeField, 'Show this rune alone. It may be of any node.') },
  returns: {
    runes: answer.array(
      answer.object(
        {
          rune: answer.string('The rune.'),
          unique_id: answer.string('Its number.'),
          restrictions: answer.array(restrictionAnswer, 'All of them must hold.'),
          restrictions_as_english: answer.string('The same in words.'),
          stored: answer.optional(
            answer.boolean('False: this rune was not made here as it is, but may be derived from one that was.'),
          ),
          blacklisted: answer.optional(answer.boolean('True: it was revoked.')),
          last_used: answer.optional(answer.integer('When it was last used with success, in seconds since 1970.')),
          our_rune: answer.optional(answer.boolean('False: it is of another node.')),
        },
        'A rune.',
      ),
      'The runes, oldest first.',
    ),
  },
  errors: [],
  see_also: ['createrune', 'checkrune', 'blacklistrune'],
  access: 'read',
  run({ rune }, { runes }) {
    return {
      runes: runes.show(rune).map((shown) => ({
        rune: shown.text,
        unique_id: (shown.rune.id as string).replace(/-.*$/, ''),
        restrictions: shown.rune.restrictions.map(restrictionRow),
        restrictions_as_english: describeRestrictions(shown.rune.restrictions),
        ...(shown.is_stored ? {} : { stored: false }),
        ...(shown.is_blacklisted ? { blacklisted: true } : {}),
        last_used: shown.last_used_at,
        ...(shown.is_ours ? {} : { our_rune: false }),
      })),
    };
  },
});
