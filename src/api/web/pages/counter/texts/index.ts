/** What the pages of the counter say, by language. */
import type { Catalogue } from '../../language.ts';
import { type CounterTexts, english } from './english.ts';
import { french } from './french.ts';
import { german } from './german.ts';
import { japanese } from './japanese.ts';
import { portuguese } from './portuguese.ts';
import { spanish } from './spanish.ts';

export const COUNTER_TEXTS: Catalogue<CounterTexts> = {
  en: english,
  de: german,
  es: spanish,
  fr: french,
  pt: portuguese,
  ja: japanese,
};
