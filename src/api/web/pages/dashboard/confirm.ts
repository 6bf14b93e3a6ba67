/**
 * Asking before something is done that cannot be taken back. The first time a form is sent, a page says what would happen; what
 * it sends is the same form with a key, under which the node does it once, however often it comes.
 */
import { randomBytes } from 'node:crypto';
import { type Html, html } from '../html.ts';
import type { PageAnswer } from '../page.ts';
import { formToken, frame } from './frame.ts';
import type { Visit } from './guard.ts';

/** What is asked. */
export interface Question {
  readonly title: string;
  readonly here: string;
  /** What would happen. */
  readonly text: Html;
  /** What the button says. */
  readonly button: string;
  /** Where the form goes, and back to. */
  readonly action: string;
  readonly back: string;
  readonly is_dangerous?: boolean;
  /** The fields of the form that go along. */
  readonly fields: Readonly<Record<string, string>>;
}

/** The key of a form that was confirmed; undefined for one that was not. */
export function confirmedKey({ asked }: Visit): string | undefined {
  const key = asked.form.text('confirmed');
  return /^[\w-]{22}$/.test(key) ? key : undefined;
}

/** The page that asks. */
export function confirm(visit: Visit, question: Question): PageAnswer {
  const { person, texts } = visit;
  const { title, here, text, button, action, back, is_dangerous = false, fields } = question;
  return frame(visit, {
    title,
    here,
    main: html`
      <form class="card stack narrow" method="post" action="${action}">
        ${formToken(person)}
        ${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
        <input type="hidden" name="confirmed" value="${randomBytes(16).toString('base64url')}">
        ${text}
        <div class="row"><button class="button ${is_dangerous ? 'danger' : ''}">${button}</button><a class="button quiet" href="${back}">${texts.frame.go_back}</a></div>
      </form>`,
  });
}
