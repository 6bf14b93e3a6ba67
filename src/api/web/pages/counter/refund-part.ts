/** Money that goes back: the part of a sale's page that sends it, and says what was sent. */
import { type Html, html, quoted } from '../html.ts';
import type { Language } from '../language.ts';
import { formatMsat, formatTime } from '../money.ts';
import { shown } from './money.ts';
import type { Reader } from './reader.ts';
import type { ShownRefund, ShownSale } from './sale.ts';
import { COUNTER_TEXTS } from './texts/index.ts';

/** What was typed, when it was wrong. */
export interface TypedRefund {
  readonly destination: string;
  readonly amount: string;
  readonly fault: string;
}

/** What the part shows. */
export interface RefundParts {
  readonly sale: ShownSale;
  readonly refunds: readonly ShownRefund[];
  readonly typed: TypedRefund | undefined;
  /** Makes of a form that is sent twice one refund. */
  readonly key: string;
  /** Undefined: this person, or this sale, has nothing to give back. */
  readonly form_token: string | undefined;
  /** Whether the currency has digits behind the point. */
  readonly has_fraction: boolean;
  readonly reader: Reader;
}

const KINDS = { pending: '', sent: 'good', failed: 'bad' } as const;
const OPEN = html` open`;

/** The part; nothing for a sale that has nothing to give back. */
export function giveBack(parts: RefundParts): Html {
  const { sale, refunds, typed, key, form_token, has_fraction, reader } = parts;
  const { language, time_zone } = reader;
  const texts = COUNTER_TEXTS[language];
  const sent = html`<section class="card stack"><h2>${texts.given_back}</h2><ul class="stack plain">${refunds.map(
    (
      refund,
    ) => html`<li><p><strong>${amountOf(refund, sale, language)}</strong> <span class="tag ${KINDS[refund.status]}">${texts.refund_status[refund.status]}</span></p>
<p class="muted small">${formatTime(refund.created_at, language, time_zone)} · ${quoted(shortened(refund.destination))}</p>${
      refund.failure !== undefined && html`<p class="small">${quoted(refund.failure)}</p>`
    }</li>`,
  )}</ul></section>`;
  const form =
    form_token !== undefined &&
    html`<details class="card"${typed !== undefined && OPEN}><summary>${texts.give_back}</summary>
<form method="post" action="/pos/sales/${sale.sale_id}/refunds" class="stack" autocomplete="off">
<input type="hidden" name="form_token" value="${form_token}"><input type="hidden" name="key" value="${key}">${
      typed !== undefined && html`<p class="notice bad" role="alert">${typed.fault}</p>`
    }<div class="field"><label for="destination">${texts.give_back_to}</label>
<textarea id="destination" name="destination" rows="3" required maxlength="4000" spellcheck="false" autocapitalize="none" aria-describedby="destination-hint">${typed?.destination ?? ''}</textarea>
<p id="destination-hint" class="muted small">${texts.give_back_to_hint}</p></div>
<div class="field"><label for="refund-amount">${texts.amount} (${sale.currency ?? 'sat'})</label>
<input id="refund-amount" name="amount" inputmode="${has_fraction ? 'decimal' : 'numeric'}" maxlength="40" value="${typed?.amount ?? ''}" aria-describedby="refund-hint">
<p id="refund-hint" class="muted small">${texts.give_back_amount_hint}</p></div>
<button class="button danger">${texts.give_back}</button></form></details>`;
  return html`${refunds.length > 0 && sent}${form}`;
}

function amountOf(refund: ShownRefund, { currency }: ShownSale, language: Language): string {
  const sent = formatMsat(refund.amount_msat, language);
  return refund.amount === undefined || currency === undefined
    ? sent
    : `${shown(refund.amount, currency, language)} (${sent})`;
}

/** An invoice has hundreds of characters, and its beginning says what it is. */
function shortened(destination: string): string {
  return destination.length <= 48 ? destination : `${destination.slice(0, 40).toWellFormed()}…`;
}
