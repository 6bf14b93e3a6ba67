/** The texts of the checkout page in every language. */
import type { Catalogue } from '../../language.ts';
import { type CheckoutTexts, english } from './english.ts';
import { french } from './french.ts';
import { german } from './german.ts';
import { japanese } from './japanese.ts';
import { portuguese } from './portuguese.ts';
import { spanish } from './spanish.ts';

export const CHECKOUT_TEXTS: Catalogue<CheckoutTexts> = {
  en: english,
  de: german,
  es: spanish,
  fr: french,
  pt: portuguese,
  ja: japanese,
};
