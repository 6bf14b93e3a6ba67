/** One sale: what the customer scans, whether it is paid, and later what was sold. */
import { qrCode } from '../checkout/qr.ts';
import { type Html, html, quoted } from '../html.ts';
import { formatMsat, formatTime } from '../money.ts';
import { shown } from './money.ts';
import type { Reader } from './reader.ts';
import type { ShownSale } from './sale.ts';
import type { CounterTexts } from './texts/english.ts';
import { COUNTER_TEXTS } from './texts/index.ts';

/** What is sold in a line: `2 × Coffee, Cake`; undefined when only an amount was keyed in. */
export function itemsLine({ items }: Pick<ShownSale, 'items'>): string | undefined {
  if (items.length === 0) return undefined;
  return items.map(({ name, count }) => (count === 1 ? name : `${count} × ${name}`)).join(', ');
}

/** The part that changes when the sale is paid or its time is over. */
export function saleState(sale: ShownSale, reader: Reader): Html {
  const texts = COUNTER_TEXTS[reader.language];
  return html`<div class="sale-state" data-state="${sale.status}" data-says="${sayingOf(sale, texts)}">${stateOf(sale, reader, texts)}</div>`;
}

/** What a screen reader hears. */
export function sayingOf({ status }: ShownSale, texts: CounterTexts): string {
  if (status === 'unpaid') return texts.waiting;
  if (status === 'paid') return texts.paid;
  return status === 'expired' ? texts.expired : texts.gone;
}

function stateOf(sale: ShownSale, { language, time_zone }: Reader, texts: CounterTexts): Html {
  const amount = html`<p class="figure">${shown(sale.amount, sale.currency, language)}</p>${
    sale.currency !== undefined &&
    sale.amount_msat !== undefined &&
    html`<p class="muted">${formatMsat(sale.amount_msat, language)}</p>`
  }`;
  const next = html`<a class="button wide big" href="/pos" data-next>${texts.new_sale}</a>`;
  if (sale.status === 'unpaid' && sale.bolt11 !== undefined && sale.expires_at !== undefined) {
    const { bolt11, expires_at } = sale;
    return html`<div class="card stack center">${amount}<a class="qr" href="lightning:${bolt11}">${qrCode(
      `LIGHTNING:${bolt11.toUpperCase()}`,
      texts.scan,
    )}</a><p><span class="pulse" aria-hidden="true"></span>${texts.waiting}</p>
<p class="muted small"><span data-until>${texts.until(formatTime(expires_at, language, time_zone))}</span><span data-left hidden>${texts.left}: <span class="number" data-expires-at="${expires_at}"></span></span></p>
<a class="button quiet wide" href="/pos">${texts.new_sale}</a></div>`;
  }
  if (sale.status === 'paid') {
    return html`<div class="card stack center paid good"><svg class="mark" viewBox="0 0 64 64" aria-hidden="true"><circle cx="32" cy="32" r="30" fill="none" stroke="currentColor" stroke-width="4"/><path d="M18 33l10 10 18-22" fill="none" stroke="currentColor" stroke-width="5" stroke-linecap="round" stroke-linejoin="round"/></svg>
<p class="huge">${texts.paid}</p>${amount}${
      sale.amount_received_msat !== undefined &&
      sale.amount_received_msat !== sale.amount_msat &&
      html`<p>${texts.received}: ${formatMsat(sale.amount_received_msat, language)}</p>`
    }${next}</div>`;
  }
  return html`<div class="card stack center"><p class="huge">${sayingOf(sale, texts)}</p>${
    sale.status === 'expired' && html`<p>${texts.expired_text}</p>`
  }${amount}${next}</div>`;
}

/** All that is known of it. */
export function saleDetails(sale: ShownSale, { language, time_zone }: Reader): Html {
  const texts = COUNTER_TEXTS[language];
  const { items, tip, note, currency } = sale;
  return html`<section class="card stack"><h2>${texts.sale(sale.sale_id)}</h2><dl class="facts">
<dt>${texts.counter}</dt><dd>${quoted(sale.counter)}</dd><dt>${texts.when}</dt><dd>${formatTime(sale.created_at, language, time_zone)}</dd>${items.map(
    ({ name, count, amount }) =>
      html`<dt>${count} ×</dt><dd>${quoted(name)} <span class="muted">${shown(amount, currency, language)}</span></dd>`,
  )}${tip > 0n && html`<dt>${texts.tip}</dt><dd>${shown(tip, currency, language)}</dd>`}${
    note !== undefined && html`<dt>${texts.note}</dt><dd>${quoted(note)}</dd>`
  }<dt>${texts.total}</dt><dd>${shown(sale.amount, currency, language)}</dd>${
    sale.paid_at !== undefined &&
    html`<dt>${texts.status.paid}</dt><dd>${formatTime(sale.paid_at, language, time_zone)}</dd>`
  }</dl></section>`;
}

/** The whole page of a sale; `refunds` stands below. While it is open, a script hears what becomes of it. */
export function saleView(sale: ShownSale, reader: Reader, refunds: Html): Html {
  const texts = COUNTER_TEXTS[reader.language];
  const isOpen = sale.status === 'unpaid';
  return html`<h1 class="visually-hidden">${texts.sale(sale.sale_id)}</h1><p role="status" class="visually-hidden" data-heard></p>
<div data-live="${isOpen ? `/pos/sales/${sale.sale_id}/events` : ''}">${saleState(sale, reader)}</div>${
    isOpen && html`<noscript><p class="muted small center">${texts.reload}</p></noscript>`
  }${saleDetails(sale, reader)}${refunds}`;
}
