/**
 * What stands before every page of the dashboard: somebody must have signed in, and what is sent must come from a page of
 * their session. What they may do is not judged here: commands carry the session, and the node judges each.
 */

import type { JsonObject } from '../../../rpc/json.ts';
import { type Html, html } from '../html.ts';
import { NodeRefused } from '../node-calls.ts';
import type { PageAnswer, PageRequest, PageRoute, PageTools } from '../page.ts';
import { checkForm, personOf, type SignedIn, signInFirst } from '../sign-in/person.ts';
import { type Shown, shownIn } from './show.ts';
import { DASHBOARD_TEXTS, type DashboardTexts } from './texts/index.ts';

/** What a page of the dashboard works with. */
export interface Visit {
  readonly tools: PageTools;
  readonly asked: PageRequest;
  readonly person: SignedIn;
  /** In the language of the reader. */
  readonly texts: DashboardTexts;
  readonly show: Shown;
  /** Runs a command in the person's name. Rejects with NodeRefused and NodeBusy. */
  command(method: string, params?: JsonObject, idempotency_key?: string): Promise<JsonObject>;
  /** The JSON of a long result as it comes. Throws as `command` rejects. */
  pieces(method: string, params: JsonObject): AsyncGenerator<string, void>;
}

/** Answers a visit. */
export type VisitAnswer = (visit: Visit) => PageAnswer | Promise<PageAnswer>;

/** A page to look at. */
export function get(tools: PageTools, path: string, answer: VisitAnswer): PageRoute {
  return { method: 'GET', path, answer: (asked) => visited(tools, asked, answer) };
}

/** What a form is sent to. */
export function post(tools: PageTools, path: string, answer: VisitAnswer): PageRoute {
  return {
    method: 'POST',
    path,
    answer: (asked) =>
      visited(tools, asked, (visit) => {
        checkForm(asked, visit.person);
        return answer(visit);
      }),
  };
}

async function visited(tools: PageTools, asked: PageRequest, answer: VisitAnswer): Promise<PageAnswer> {
  const person = await personOf(tools, asked);
  if (person === undefined) return signInFirst(asked);
  const visit: Visit = {
    tools,
    asked,
    person,
    texts: DASHBOARD_TEXTS[asked.language],
    show: shownIn(asked.language, tools.settings.time_zone),
    // What changes something goes on when its reader leaves; the answer would be lost, not the change.
    command: (method, params = {}, idempotency_key) =>
      tools.node.command(method, params, person.credential, {
        ...(asked.request.method === 'POST' ? {} : { signal: asked.signal }),
        ...(idempotency_key === undefined ? {} : { idempotency_key }),
      }),
    pieces: (method, params) => tools.node.pieces(method, params, person.credential, asked.signal),
  };
  return await answer(visit);
}

/** What the node said against it, in the language of its commands; anything else that went wrong is thrown on. */
export function refusal(error: unknown): Html {
  if (error instanceof NodeRefused && !error.is_refusal && error.error !== 'SESSION_OVER') {
    return html`<span lang="en">${error.message}</span>`;
  }
  throw error;
}
