import { encodeRune, parseRune, restrictRune } from '../../shop/access/rune.ts';
import { optional } from '../rpc/command.ts';
import { defineCommand } from './modules.ts';
import { madeRune, restrictionsField, runeField, UNRESTRICTED } from './rune-fields.ts';

/** Makes a rune. */
export const createrune = defineCommand({
  name: 'createrune',
  aliases: ['invokerune'],
  category: 'access',
  title: 'Command to create a rune',
  description:
    'Makes a rune: a text that gives a program the right to ask this node for some things and not for others, over REST. Without restrictions it permits everything.\n\n' +
    'A restriction is an array of alternatives, of which one must hold; all restrictions must hold. An alternative is a field, a condition of one character and a value:\n\n' +
    '- fields: `method`; `pnameX`, the parameter X; `pnum`, how many parameters there are; `parrN`, the Nth parameter in an array; `pinvX_amount`, `pinvX_description` and `pinvX_node`, what the invoice in parameter X says; `time` in seconds since 1970; `rate=N`, at most N times a minute; `per=N` with `sec`, `min`, `hour` or `day`, at most once in that time\n' +
    '- conditions: `=` equal to, `/` not equal to, `^` begins with, `$` ends with, `~` contains, `<` and `>` for whole numbers, `{` and `}` sorts before and after, `!` is missing, `#` a comment\n\n' +
    'Within a value, `\\\\`, `|` and `&` need no escapes here. A parameter is judged by its own name and by the value that the command reads, whatever other name or spelling a client uses. `restrictions=readonly` is short for commands that only look.\n\n' +
    'Whoever holds a rune can make a stricter one of it, without the node: `rune` does that here.',
  params: {
    rune: optional(runeField, 'A rune of any node: the answer is the same rune with the restrictions added.'),
    restrictions: optional(restrictionsField, '`readonly`, or an array of arrays of alternatives.'),
  },
  returns: madeRune,
  errors: [],
  examples: [
    {
      title: 'For a web shop: invoices up to 1,000 sat, 60 times a minute',
      params: { restrictions: [['method=invoice'], ['pnameamount_msat<1000001'], ['rate=60']] },
    },
    { title: 'For an accountant', params: { restrictions: 'readonly' } },
  ],
  see_also: ['showrunes', 'checkrune', 'blacklistrune'],
  access: 'write',
  async run({ rune, restrictions = [] }, { runes }) {
    if (rune === undefined) {
      const made = await runes.create(restrictions);
      return { ...made, warning_unrestricted_rune: restrictions.length === 0 ? UNRESTRICTED : undefined };
    }
    const restricted = restrictRune(parseRune(rune), restrictions);
    return {
      rune: encodeRune(restricted),
      unique_id: (restricted.id as string).replace(/-.*$/, ''),
      warning_unrestricted_rune: restricted.restrictions.length === 0 ? UNRESTRICTED : undefined,
    };
  },
});
