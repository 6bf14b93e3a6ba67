/** How the payment stands: the part of the checkout page that changes while it is open. */
import { digitsOf } from '../../../../base/types/currency.ts';
import type { CheckoutView } from '../../../../shop/checkout/view.ts';
import { type Html, html } from '../html.ts';
import type { Language } from '../language.ts';
import { formatMoney, formatMsat, formatRate, formatTime } from '../money.ts';
import type { CheckoutTexts } from './texts/english.ts';
import { CHECKOUT_TEXTS } from './texts/index.ts';
import { waysToPay } from './ways-to-pay.ts';

/** What the part is made of. */
export interface StateParts {
  readonly id: string;
  readonly view: CheckoutView;
  readonly language: Language;
  readonly is_sandbox: boolean;
}

type ShownPrice = NonNullable<CheckoutView['price']>;

/** A price as people write it: `€4.50`. */
export function priceText({ currency, amount }: ShownPrice, language: Language): string {
  return formatMoney(amount, { currency, digits: digitsOf(currency) }, language);
}

/** The rate at which it became bitcoin: `1 BTC = €58,123.45`. */
export function rateText({ currency, rate }: ShownPrice, language: Language): string {
  return `1\u00a0BTC = ${formatRate(rate, currency, language)}`;
}

/** One line that says how it stands. */
export function statusLine(view: CheckoutView, language: Language): string {
  const texts = CHECKOUT_TEXTS[language];
  switch (view.status) {
    case 'waiting':
      return texts.waiting;
    case 'seen':
      return texts.seen(formatMsat(view.unconfirmed_msat, language));
    case 'confirming':
      return texts.confirming(view.confirmations, view.confirmations_needed);
    case 'short':
      return texts.short(formatMsat(missing(view), language));
    case 'paid':
      return texts.paid;
    case 'expired':
      return texts.expired;
    case 'late':
      return texts.late(formatMsat(view.received_msat + view.late_msat, language));
  }
}

/** The part itself. It holds its line for those who hear the page in `data-status`. */
export function stateOf(parts: StateParts): Html {
  const { view, language } = parts;
  const line = statusLine(view, language);
  return html`<div class="stack" data-status="${line}">${bodyOf(parts, line, CHECKOUT_TEXTS[language])}</div>`;
}

function missing({ amount_msat, received_msat }: CheckoutView): bigint {
  return (amount_msat ?? 0n) - received_msat;
}

function bodyOf(parts: StateParts, line: string, texts: CheckoutTexts): Html {
  const { view } = parts;
  switch (view.status) {
    case 'waiting':
      return html`${openState(parts, line, texts)}${sandboxButton(parts, texts)}${waysToPay(view, 0n, texts)}`;
    case 'short':
      return html`<div class="notice warn state"><p><strong>${line}</strong></p><p>${texts.short_hint}</p></div>${onItsWay(parts, texts)}${timeLeft(
        parts,
        texts,
      )}${waysToPay(view, missing(view), texts)}`;
    case 'seen':
      return html`<div class="notice good state"><p><span class="pulse"></span><strong>${line}</strong></p><p>${texts.seen_hint}</p></div>${timeLeft(
        parts,
        texts,
      )}`;
    case 'confirming':
      return html`<div class="notice good state"><p><span class="pulse"></span><strong>${line}</strong></p><p>${texts.confirming_hint}</p></div>`;
    case 'paid':
      return receipt(parts, texts);
    case 'expired':
      return html`<div class="notice warn state"><p><strong>${line}</strong></p><p>${texts.expired_hint}</p></div>${renewal(
        parts,
        texts,
      )}${backLink(view, texts)}`;
    case 'late':
      return html`<div class="notice bad state"><p><strong>${line}</strong></p><p>${texts.late_hint}</p></div><dl class="facts small"><dt>${texts.reference}</dt><dd class="mono">${view.payment_hash}</dd></dl>${renewal(
        parts,
        texts,
      )}${backLink(view, texts)}`;
  }
}

function openState(parts: StateParts, line: string, texts: CheckoutTexts): Html {
  return html`<div class="state"><p><span class="pulse"></span>${line}</p></div>${onItsWay(parts, texts)}${timeLeft(parts, texts)}`;
}

/** Something is on its way, and it is not enough. */
function onItsWay({ view, language }: StateParts, texts: CheckoutTexts): Html | undefined {
  if (view.unconfirmed_msat === 0n) return undefined;
  return html`<p class="notice good center">${texts.seen(formatMsat(view.unconfirmed_msat, language))}</p>`;
}

/** The time as text. A browser with scripts counts it down; a screen reader is not told every second. */
function timeLeft({ view, language }: StateParts, texts: CheckoutTexts): Html {
  const until = texts.valid_until(formatTime(view.expires_at, language));
  return html`<p class="muted center small"><span class="time" data-left hidden>${texts.time_left}: <span class="number" data-expires-at="${view.expires_at}" aria-live="off"></span></span><span data-until>${until}</span></p>`;
}

function sandboxButton({ id, is_sandbox }: StateParts, texts: CheckoutTexts): Html | undefined {
  if (!is_sandbox) return undefined;
  return html`<form method="post" action="/i/${id}/sandbox-pay" class="notice sandbox"><button type="submit" id="sandbox-pay" class="button wide">${texts.sandbox_pay}</button></form>`;
}

function renewal({ id, view }: StateParts, texts: CheckoutTexts): Html | undefined {
  if (!view.is_renewable) return undefined;
  return html`<form method="post" action="/i/${id}/renew"><button type="submit" id="renew" class="button wide">${texts.new_invoice}</button></form>`;
}

function backLink({ redirect_url }: CheckoutView, texts: CheckoutTexts): Html | undefined {
  if (redirect_url === undefined) return undefined;
  return html`<a class="button wide no-print" id="back" href="${redirect_url}">${texts.back}</a>`;
}

function receipt({ view, language }: StateParts, texts: CheckoutTexts): Html {
  const { received_msat, amount_msat, price, late_msat, paid_at, paid_over, payment_hash, description } = view;
  const over_msat = amount_msat === undefined ? 0n : received_msat - amount_msat;
  const received = formatMsat(received_msat, language);
  return html`<div class="notice good state"><svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="11" fill="currentColor"/><path d="m7 12.5 3.4 3.4L17 9" fill="none" stroke="var(--card)" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"/></svg>
<p class="figure">${texts.paid}</p><p>${texts.paid_hint(received)}</p>${
    over_msat > 0n && html`<p>${texts.overpaid(formatMsat(over_msat, language))}</p>`
  }</div>${
    late_msat > 0n && html`<p class="notice warn">${texts.extra(formatMsat(late_msat, language))}</p>`
  }<section class="stack tight" aria-labelledby="receipt"><h2 id="receipt">${texts.receipt}</h2><dl class="facts small">${
    description !== undefined &&
    description !== '' &&
    html`<dt>${texts.for_what}</dt><dd><bdi>${description}</bdi></dd>`
  }<dt>${texts.amount}</dt><dd>${received}</dd>${
    price !== undefined &&
    html`<dt>${texts.price}</dt><dd>${priceText(price, language)} <span class="muted">(${rateText(price, language)})</span></dd>`
  }${
    paid_at !== undefined && html`<dt>${texts.paid_at}</dt><dd>${formatTime(paid_at, language)}</dd>`
  }<dt>${texts.paid_over}</dt><dd>${
    paid_over === 'chain' ? texts.over_chain : texts.over_lightning
  }</dd><dt>${texts.reference}</dt><dd class="mono">${payment_hash}</dd></dl></section>${backLink(
    view,
    texts,
  )}<button type="button" id="print" class="button quiet no-print" data-print hidden>${texts.print}</button>`;
}
