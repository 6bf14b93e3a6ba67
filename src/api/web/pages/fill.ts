/** Texts with places for values: `{amount} received`. Where a value stands in a sentence is each language's own affair. */
import { type Html, type HtmlValue, html } from './html.ts';
import type { Language } from './language.ts';

/** A text that counts something: for one, and for any other number. */
export interface Counted {
  readonly one: string;
  readonly other: string;
}

const PLACE = /\{(\w+)\}/;

/** The text with its values, as markup. Throws RangeError for a place that has no value. */
export function filled(text: string, values: Readonly<Record<string, HtmlValue>>): Html {
  const pieces = text.split(PLACE).map((piece, index) => (index % 2 === 0 ? piece : valueAt(piece, values)));
  return html`${pieces}`;
}

/** The same where only text can stand, as in an attribute. Throws RangeError for a place that has no value. */
export function filledText(text: string, values: Readonly<Record<string, string>>): string {
  return text
    .split(PLACE)
    .map((piece, index) => (index % 2 === 0 ? piece : valueAt(piece, values)))
    .join('');
}

function valueAt<Value>(name: string, values: Readonly<Record<string, Value>>): Value {
  if (!Object.hasOwn(values, name)) throw new RangeError(`there is no value for {${name}}`);
  return values[name] as Value;
}

const rules = new Map<Language, Intl.PluralRules>();

/** The form of the language for that number. */
export function formFor({ one, other }: Counted, count: number, language: Language): string {
  let rule = rules.get(language);
  if (rule === undefined) {
    rule = new Intl.PluralRules(language);
    rules.set(language, rule);
  }
  return rule.select(count) === 'one' ? one : other;
}
