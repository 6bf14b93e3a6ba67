/** The whole checkout page. */
import type { PagesSettings } from '../../settings.ts';
import type { Assets } from '../assets.ts';
import { type Html, html, quoted } from '../html.ts';
import type { Language } from '../language.ts';
import { languageFootTo } from '../language-choice.ts';
import { page } from '../layout.ts';
import { formatMsat } from '../money.ts';
import type { ShownView } from './shown-view.ts';
import { priceText, rateText, stateOf, statusLine } from './state.ts';
import { CHECKOUT_TEXTS } from './texts/index.ts';

/** Seconds after which a browser without scripts loads the page again. */
const REFRESH_SECONDS = { waiting: 10, seen: 20, short: 20, confirming: 30 } as const;

/** Descriptions may be long: the page shows so much of one. */
const LONGEST_DESCRIPTION = 700;

/** What the page is made of. */
export interface CheckoutParts extends ShownView {
  readonly id: string;
  readonly language: Language;
  readonly settings: PagesSettings;
  readonly assets: Assets;
}

/** The page of a view. The same view always gives the same page. */
export function checkoutPage({ id, view, revision, language, settings, assets }: CheckoutParts): Html {
  const texts = CHECKOUT_TEXTS[language];
  const { status, description = '', amount_msat, price } = view;
  const { shop_name, network, is_sandbox } = settings;
  const line = statusLine(view, language);
  const refresh_seconds =
    status in REFRESH_SECONDS ? REFRESH_SECONDS[status as keyof typeof REFRESH_SECONDS] : undefined;
  const body = html`<main class="page checkout"><div class="card"><header><p class="muted">${texts.pay_to} ${quoted(shop_name)}</p><h1 class="${
    amount_msat === undefined ? '' : 'figure'
  }">${amount_msat === undefined ? texts.any_amount : formatMsat(amount_msat, language)}</h1>${
    price !== undefined &&
    html`<p class="figure second">${priceText(price, language)}</p><p class="muted small">${rateText(price, language)}</p>`
  }${description !== '' && html`<p>${quoted(shortened(description))}</p>`}</header>
<div data-live="${status === 'paid' ? '' : `/i/${id}/events?revision=${revision}`}" data-shop="${shop_name}">${stateOf({ id, view, language, is_sandbox })}</div></div>
<p role="status" class="visually-hidden" data-copy-said></p>${
    refresh_seconds !== undefined && html`<noscript><p class="muted small center">${texts.reload}</p></noscript>`
  }<footer class="shop muted small">${network !== 'bitcoin' && html`<p>${texts.not_real}</p>`}</footer></main>
${languageFootTo(language, `/i/${id}`)}`;
  return page(assets, {
    language,
    title: `${line} · ${shop_name}`,
    styles: ['checkout'],
    scripts: ['checkout'],
    body,
    refresh_seconds,
  });
}

function shortened(text: string): string {
  const characters = [...text];
  return characters.length <= LONGEST_DESCRIPTION ? text : `${characters.slice(0, LONGEST_DESCRIPTION).join('')} …`;
}
