/**
 * What every page of the counter has: the counter's name, the way to the other pages, the notice of being offline, and the
 * choice of a language.
 */

import { type Html, html, quoted } from '../html.ts';
import { languageFoot } from '../language-choice.ts';
import { page } from '../layout.ts';
import type { PageAnswer, PageRequest, PageTools } from '../page.ts';
import type { SignedIn } from '../sign-in/person.ts';
import { COUNTER_TEXTS } from './texts/index.ts';

/** The pages that have a place in the head. */
export type CounterPlace = 'sell' | 'sales' | 'price_list' | undefined;

/** What a page of the counter consists of. */
export interface CounterParts {
  readonly asked: PageRequest;
  readonly person: SignedIn;
  readonly title: string;
  readonly place: CounterPlace;
  readonly content: Html;
  readonly scripts?: readonly string[];
  /** A browser without scripts loads the page again after so many seconds. */
  readonly refresh_seconds?: number | undefined;
  readonly status?: number;
}

const PATHS = { sell: '/pos', sales: '/pos/sales', price_list: '/pos/items' } as const;
const CURRENT = html` aria-current="page"`;
/** The pages can be put on a phone's home screen: their manifest is the shop's own. */
const MANIFEST_ALLOWED = { 'manifest-src': "'self'" } as const;

/** The whole page. */
export function counterPage({ assets, settings }: PageTools, parts: CounterParts): PageAnswer {
  const { asked, person, title, place, content, scripts = [], refresh_seconds, status = 200 } = parts;
  const { language } = asked;
  const texts = COUNTER_TEXTS[language];
  const places: readonly (keyof typeof PATHS)[] =
    person.role === 'owner'
      ? ['sell', 'sales', 'price_list']
      : person.role === 'cashier'
        ? ['sell', 'sales']
        : ['sales'];
  const body = html`<header class="counter-head page wide row ends"><nav class="tabs" aria-label="${texts.counter}">${places.map(
    (each) => html`<a href="${PATHS[each]}"${each === place && CURRENT}>${texts[each]}</a>`,
  )}</nav><form method="post" action="/sign-out" class="row">
<input type="hidden" name="form_token" value="${person.form_token}">
<span class="muted">${quoted(person.name)}</span><button class="button quiet">${texts.sign_out}</button></form></header>
<p class="notice bad offline" role="alert" data-offline="${texts.offline}" hidden></p>
<main class="page wide stack counter">${content}</main>
${languageFoot(asked)}`;
  return {
    status,
    csp: MANIFEST_ALLOWED,
    html: page(assets, {
      language,
      title: `${title} · ${settings.shop_name}`,
      styles: ['counter'],
      scripts: ['counter', ...scripts],
      head: html`<link rel="manifest" href="/pos/manifest.webmanifest"><meta name="theme-color" content="#0b5d52">`,
      body,
      refresh_seconds,
    }),
  };
}
