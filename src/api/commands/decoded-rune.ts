/** A rune as `decode` shows it. */
import { isUtf8 } from 'node:buffer';
import { toHex } from '../../base/types/hex.ts';
import { summarize } from '../../shop/access/english.ts';
import { fromByteText, MalformedRune, parseRune, type Rune, runeText } from '../../shop/access/rune.ts';
import { answer } from '../rpc/answer.ts';

/** What is in a rune. */
export const decodedRuneMembers = {
  unique_id: answer.optional(answer.string('The number of the rune.')),
  version: answer.optional(answer.string('The version of the rune; those of Till have none.')),
  string: answer.optional(
    answer.string('The code of the rune in hex, a colon, and its restrictions as they are written.'),
  ),
  restrictions: answer.optional(
    answer.array(
      answer.object(
        {
          alternatives: answer.array(answer.string('An alternative.'), 'One of them must hold.'),
          summary: answer.string('The same in words.'),
        },
        'A restriction.',
      ),
      'The restrictions of the rune; all of them must hold.',
    ),
  ),
  hex: answer.optional(answer.hex('The restrictions of a rune that are not UTF-8.')),
  warning_rune_invalid_utf8: answer.optional(answer.string('The restrictions of the rune are not UTF-8.')),
};

/**
 * The rune that the text is; undefined when it is none. Whose rune it is, is not judged. It must have a number: any other
 * text of these letters, an invoice with a mistake in it for one, may look like a rune.
 */
export function findRune(text: string): Rune | undefined {
  try {
    const rune = parseRune(text.trim());
    return /^\d/.test(rune.id ?? '') ? rune : undefined;
  } catch (error) {
    if (error instanceof MalformedRune) return undefined;
    throw error;
  }
}

/** The rune as it is answered. */
export function decodedRune(rune: Rune) {
  const text = runeText(rune);
  if (!isUtf8(Buffer.from(text, 'latin1'))) {
    const hex = Buffer.from(`${toHex(rune.code)}:${text}`, 'latin1').toString('hex');
    return { valid: false, hex, warning_rune_invalid_utf8: 'Rune contains invalid UTF-8 strings' };
  }
  const [unique_id, version] = (rune.id ?? '').split(/-(.*)/);
  return {
    unique_id,
    ...(version === undefined ? {} : { version }),
    string: `${toHex(rune.code)}:${fromByteText(text)}`,
    restrictions: rune.restrictions.map((restriction) => ({
      alternatives: restriction.map(({ field, condition, value }) => fromByteText(field + condition + value)),
      summary: summarize(restriction),
    })),
    valid: true,
  };
}
