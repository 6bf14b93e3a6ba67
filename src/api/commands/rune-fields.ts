/** The parameters and answers that the commands of runes share. */
import { describeAlternative, describeRestriction } from '../../shop/access/english.ts';
import {
  fromByteText,
  MalformedRune,
  parseAlternative,
  parseRune,
  type Restriction,
  toByteText,
} from '../../shop/access/rune.ts';
import { answer } from '../rpc/answer.ts';
import { type Field, textOf, Unfit } from '../rpc/field.ts';
import type { Json } from '../rpc/json.ts';

/** A rune of any node, in base64url. */
export const runeField: Field<string> = {
  type: 'rune',
  schema: { type: 'string', pattern: '^[A-Za-z0-9_-]*={0,2}$' },
  secret: false,
  parse(value) {
    const text = textOf(value);
    try {
      if (text === undefined) throw new MalformedRune('no text');
      if (!/^\d/.test(parseRune(text).id ?? '')) throw new Unfit('should have valid numeric unique_id');
      return text;
    } catch (error) {
      if (error instanceof MalformedRune) throw new Unfit('should be base64 string');
      throw error;
    }
  },
};

/** What `readonly` stands for: commands that only look. */
const READ_ONLY: readonly Restriction[] = [
  [parseAlternative('method^list'), parseAlternative('method^get'), parseAlternative('method=summary')],
  [parseAlternative('method/listdatastore')],
];

/** `readonly`, or an array of restrictions, each an array of alternatives. */
export const restrictionsField: Field<readonly Restriction[]> = {
  type: 'restrictions',
  schema: {
    anyOf: [
      { type: 'string', enum: ['readonly'] },
      { type: 'array', items: { type: 'array', items: { type: 'string' } } },
    ],
  },
  secret: false,
  parse(value) {
    if (textOf(value) === 'readonly') return READ_ONLY;
    if (!Array.isArray(value)) throw new Unfit(NOT_RESTRICTIONS);
    return value.map((alternatives: Json) => {
      if (!Array.isArray(alternatives)) throw new Unfit(NOT_RESTRICTIONS, alternatives);
      return alternatives.map((alternative: Json) => readAlternative(alternative, alternatives));
    });
  },
};
const NOT_RESTRICTIONS = 'not a valid restriction (should be array)';

function readAlternative(value: Json, whole: Json): Restriction[number] {
  try {
    // A Literal was spelled with an escape: Core Lightning refuses those, and says how the text should come.
    if (typeof value !== 'string') throw new MalformedRune('no text');
    return parseAlternative(toByteText(value));
  } catch (error) {
    if (!(error instanceof MalformedRune)) throw error;
    throw new Unfit(NOT_RESTRICTIONS, whole);
  }
}

/** What a made rune is answered with. */
export const madeRune = {
  rune: answer.string('The rune. Whoever has it has the right that it gives.'),
  unique_id: answer.string('Its number, by which it can be revoked. Runes derived from it have the same.'),
  warning_unrestricted_rune: answer.optional(answer.string('The rune permits everything.')),
};

/** Core Lightning's words, which clients show. */
export const UNRESTRICTED =
  "WARNING: This rune has no restrictions! Anyone who has access to this rune could drain funds from your node. Be careful when giving this to apps that you don't trust. Consider using the restrictions parameter to only allow access to specific rpc methods.";

/** A restriction, as `showrunes` answers it. */
export const restrictionAnswer = answer.object(
  {
    alternatives: answer.array(
      answer.object(
        {
          fieldname: answer.string('What is compared.'),
          value: answer.string('What it is compared with.'),
          condition: answer.string('How: one character.'),
          english: answer.string('The same in words.'),
        },
        'An alternative.',
      ),
      'One of them must hold.',
    ),
    english: answer.string('The same in words.'),
  },
  'A restriction.',
);

/** The restriction as it is answered. */
export function restrictionRow(restriction: Restriction) {
  return {
    alternatives: restriction.map((alternative) => ({
      fieldname: fromByteText(alternative.field),
      value: fromByteText(alternative.value),
      condition: alternative.condition as string,
      english: describeAlternative(alternative),
    })),
    english: describeRestriction(restriction),
  };
}
