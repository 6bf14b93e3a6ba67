/** The last sales of a counter, or of all. */
import { type Html, html, quoted } from '../html.ts';
import { formatTime } from '../money.ts';
import { shown } from './money.ts';
import type { Reader } from './reader.ts';
import type { ShownSale } from './sale.ts';
import { itemsLine } from './sale-page.ts';
import { COUNTER_TEXTS } from './texts/index.ts';

/** Sales on a page. */
export const SALES_SHOWN = 50;

const KINDS = { unpaid: '', paid: 'good', expired: 'warn', deleted: '' } as const;

/** The list. `is_of_all`: the counter of each is shown. */
export function salesList(sales: readonly ShownSale[], { language, time_zone }: Reader, is_of_all: boolean): Html {
  const texts = COUNTER_TEXTS[language];
  const last = sales.at(-1);
  const older = sales.length === SALES_SHOWN && last !== undefined;
  return html`<h1>${texts.sales}</h1>${
    sales.length === 0
      ? html`<p class="muted">${texts.no_sales}</p>`
      : html`<div class="scroll card" tabindex="0" role="region" aria-label="${texts.sales}"><table class="list"><thead><tr>
<th scope="col">${texts.when}</th>${is_of_all && html`<th scope="col">${texts.counter}</th>`}<th scope="col">${texts.what}</th>
<th scope="col" class="number">${texts.total}</th><th scope="col">${texts.state}</th></tr></thead><tbody>${sales.map(
          (
            sale,
          ) => html`<tr><td><a href="/pos/sales/${sale.sale_id}">${formatTime(sale.created_at, language, time_zone)}</a></td>${
            is_of_all && html`<td>${quoted(sale.counter)}</td>`
          }<td>${quoted(whatOf(sale, texts.sale(sale.sale_id)))}</td><td class="number">${shown(sale.amount, sale.currency, language)}</td>
<td><span class="tag ${KINDS[sale.status]}">${texts.status[sale.status]}</span></td></tr>`,
        )}</tbody></table></div>`
  }${older && html`<p><a class="button quiet" href="/pos/sales?before=${last.sale_id}">${texts.older}</a></p>`}`;
}

function whatOf(sale: ShownSale, otherwise: string): string {
  return [itemsLine(sale), sale.note].filter((text) => text !== undefined).join(' · ') || otherwise;
}
