/**
 * What pages may ask of the node without a rune: by name, with what answers it. Anybody on the internet may ask, so what is in
 * the parameters must be the right to the answer: the name of a checkout page, the token of a session. A line for each
 * group of pages, whose questions are in a file of their own.
 */
import { checkoutQuestions } from './checkout-questions.ts';
import { lnurlQuestions } from './lnurl-questions.ts';
import type { AnsweringLayers, PageQuestions } from './page-question.ts';
import { signInQuestions } from './sign-in-questions.ts';

/** All questions. */
export function pageQuestions(layers: AnsweringLayers): PageQuestions {
  return {
    ...checkoutQuestions(layers),
    ...lnurlQuestions(layers),
    ...signInQuestions(layers),
  };
}
