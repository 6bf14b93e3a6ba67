/** The records that can be cleaned, as a parameter. */
import { AUTOCLEAN_SUBSYSTEMS } from '../../shop/invoices/autoclean.ts';
import { type Field, fieldOf, textOf } from '../rpc/field.ts';

/** One of these words, in Core Lightning's sentence where it is none. */
export function subsystemOf<const Words extends readonly string[]>(words: Words): Field<Words[number]> {
  return fieldOf<Words[number]>(
    words.join('|'),
    { type: 'string', enum: words },
    `should be one of ${words.join(', ')}`,
    (value) => {
      const text = textOf(value);
      return words.find((subsystem) => subsystem === text);
    },
  );
}

/** What Till cleans. */
export const subsystemField = subsystemOf(AUTOCLEAN_SUBSYSTEMS);
