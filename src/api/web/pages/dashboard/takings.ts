/** Takings as the overview shows them: in the shop's currency where there is one, with what is in none beside it. */
import { type CurrencyCode, digitsOf, parseCurrency } from '../../../../base/types/currency.ts';
import type { JsonObject } from '../../../rpc/json.ts';
import { filledText, formFor } from '../fill.ts';
import { type Html, html } from '../html.ts';
import type { ShownCurrency } from '../money.ts';
import { countIn, msatIn, objectIn, rowsIn, textIn } from './answers.ts';
import { type ChartParts, takingsChart } from './chart.ts';
import type { Visit } from './guard.ts';

/** What was asked in a currency. */
interface Money {
  readonly currency: CurrencyCode;
  /** In the smallest unit. */
  readonly amount: bigint;
}

/** What some time brought. */
export interface Taking {
  readonly date: string;
  readonly payments: number;
  readonly amount_msat: bigint;
  readonly money: readonly Money[];
  readonly unpriced_payments: number;
  readonly unpriced_msat: bigint;
}

/** A period of `listtakings`. */
export function readTaking(row: JsonObject): Taking {
  const unpriced = objectIn(row, 'unpriced');
  return {
    date: textIn(row, 'date') ?? '',
    payments: countIn(row, 'payments'),
    amount_msat: msatIn(row, 'amount_msat'),
    money: rowsIn(row, 'currencies').flatMap((money) => {
      const currency = parseCurrency(textIn(money, 'currency') ?? '');
      return currency === undefined ? [] : [{ currency, amount: msatIn(money, 'amount') }];
    }),
    unpriced_payments: countIn(unpriced, 'payments'),
    unpriced_msat: msatIn(unpriced, 'amount_msat'),
  };
}

/** All of them together, under the date of the last. */
export function sumOf(takings: readonly Taking[]): Taking {
  const money = new Map<CurrencyCode, bigint>();
  for (const each of takings.flatMap((taking) => taking.money)) {
    money.set(each.currency, (money.get(each.currency) ?? 0n) + each.amount);
  }
  return {
    date: takings.at(-1)?.date ?? '',
    payments: takings.reduce((sum, each) => sum + each.payments, 0),
    amount_msat: takings.reduce((sum, each) => sum + each.amount_msat, 0n),
    money: [...money].map(([currency, amount]) => ({ currency, amount })),
    unpriced_payments: takings.reduce((sum, each) => sum + each.unpriced_payments, 0),
    unpriced_msat: takings.reduce((sum, each) => sum + each.unpriced_msat, 0n),
  };
}

/** The amount in one currency; 0 when nothing was asked in it. */
function inCurrency({ money }: Taking, currency: CurrencyCode): bigint {
  return money.find((each) => each.currency === currency)?.amount ?? 0n;
}

function shownCurrency(currency: CurrencyCode): ShownCurrency {
  return { currency, digits: digitsOf(currency) };
}

/** A card with the figure of a time. */
export function takingCard(
  { tools, texts: { overview }, show, asked: { language } }: Visit,
  title: string,
  taking: Taking,
): Html {
  const own = tools.settings.shop_currency;
  const { payments, amount_msat, money, unpriced_payments, unpriced_msat } = taking;
  const others = money.filter(({ currency }) => currency !== own);
  const unpriced = filledText(formFor(overview.unpriced, unpriced_payments, language), {
    amount: show.msat(unpriced_msat),
    count: show.count(unpriced_payments),
  });
  return html`
    <section class="card stack tight">
      <h2>${title}</h2>
      ${
        own === undefined
          ? html`<p class="figure">${show.msat(amount_msat)}</p>`
          : html`<p class="figure">${show.money(inCurrency(taking, own), shownCurrency(own))}</p><p class="figure second">${show.msat(amount_msat)}</p>`
      }
      <p class="muted">${show.counted(overview.payments, payments)}</p>
      ${others.map(({ currency, amount }) => html`<p class="muted small">${filledText(overview.also, { amount: show.money(amount, shownCurrency(currency)) })}</p>`)}
      ${(own !== undefined || others.length > 0) && unpriced_payments > 0 && html`<p class="muted small">${unpriced}</p>`}
    </section>`;
}

/** The chart of the days: of the shop's currency, or of bitcoin where it has none. */
export function daysChart(visit: Visit, days: readonly Taking[]): Html {
  const { tools, texts, show } = visit;
  const { overview } = texts;
  const own = tools.settings.shop_currency;
  const parts: Omit<ChartParts, 'title'> =
    own === undefined
      ? {
          shown: show.msat,
          more_heads: [],
          bars: days.map(({ date, payments, amount_msat }) => ({ date, payments, amount: amount_msat, more: [] })),
        }
      : {
          shown: (amount) => show.money(amount, shownCurrency(own)),
          more_heads: [overview.in_bitcoin, overview.without_rate],
          bars: days.map((day) => ({
            date: day.date,
            payments: day.payments,
            amount: inCurrency(day, own),
            more: [show.msat(day.amount_msat), show.msat(day.unpriced_msat)],
          })),
        };
  return takingsChart(visit, { title: overview.chart, ...parts });
}
