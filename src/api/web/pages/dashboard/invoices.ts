/** The invoices: searched, filtered, a page at a time, and a form for a new one. */
import { randomBytes } from 'node:crypto';
import { digitsOf, parseAmount, parseCurrency } from '../../../../base/types/currency.ts';
import type { JsonObject } from '../../../rpc/json.ts';
import { filledText } from '../fill.ts';
import { type Html, html, quoted } from '../html.ts';
import type { PageAnswer } from '../page.ts';
import { countIn, integerIn, objectIn, rowsIn, textIn } from './answers.ts';
import { formToken, frame, option, type Said, table } from './frame.ts';
import { refusal, type Visit } from './guard.ts';
import { CURRENCIES } from './option-fields.ts';

const PAGE_ROWS = 50;
const STATUSES = ['paid', 'unpaid', 'expired'] as const;
const KIND_OF_STATUS: Readonly<Record<string, string>> = { paid: 'good', unpaid: 'warn', expired: '' };

/** How a status looks. */
export function statusTag({ texts: { statuses } }: Visit, status: string): Html {
  const known = STATUSES.find((each) => each === status);
  return html`<span class="tag ${KIND_OF_STATUS[status] ?? ''}">${known === undefined ? status : statuses[known]}</span>`;
}

/** What the search form holds. */
interface Wanted {
  readonly text: string;
  readonly status: string;
  readonly since: string;
  readonly until: string;
}

function wantedOf({ asked }: Visit): Wanted {
  const word = (name: string): string => asked.url.searchParams.get(name)?.trim() ?? '';
  const day = (name: string): string => (/^\d{4}-\d{2}-\d{2}$/.test(word(name)) ? word(name) : '');
  const status = STATUSES.find((each) => each === word('status')) ?? '';
  return { text: word('text').slice(0, 2000), status, since: day('since'), until: day('until') };
}

/** Answers the list. */
export async function invoices(visit: Visit): Promise<PageAnswer> {
  const { person, asked, texts, command } = visit;
  const { invoices: says } = texts;
  const wanted = wantedOf(visit);
  const cursor = asked.url.searchParams.get('cursor') ?? '';
  const params: Record<string, string | number> = { limit: PAGE_ROWS };
  for (const [name, value] of Object.entries({ ...wanted, cursor })) if (value !== '') params[name] = value;
  let found: JsonObject = {};
  let said: Said | undefined;
  try {
    found = await command('findinvoices', params);
  } catch (error) {
    said = { kind: 'bad', text: refusal(error) };
  }
  const rows = rowsIn(found, 'invoices');
  return frame(visit, {
    title: says.title,
    here: '/invoices',
    said,
    is_live: cursor === '',
    main: html`
      ${person.role !== 'accountant' && html`<p><a class="button" href="/new-invoice">${says.new_invoice}</a></p>`}
      ${searchForm(visit, wanted)}
      <section class="card stack">
        ${rows.length === 0 ? html`<p class="muted">${says.none}</p>` : list(visit, rows)}
        ${furtherOn(visit, found, wanted)}
      </section>`,
  });
}

function searchForm({ texts }: Visit, { text, status, since, until }: Wanted): Html {
  const { invoices: says } = texts;
  return html`
    <form class="card filters" method="get" action="/invoices" role="search">
      <div class="field grows"><label for="text">${says.search}</label>
        <input id="text" name="text" type="search" value="${text}" aria-describedby="text-hint">
        <span class="muted small" id="text-hint">${says.search_hint}</span></div>
      <div class="field"><label for="status">${says.status}</label>
        <select id="status" name="status">${option('', says.any, status)}${STATUSES.map((each) => option(each, texts.statuses[each], status))}</select></div>
      <div class="field"><label for="since">${says.from}</label><input id="since" name="since" type="date" value="${since}"></div>
      <div class="field"><label for="until">${says.to}</label><input id="until" name="until" type="date" value="${until}"></div>
      <div class="row"><button class="button">${says.search}</button><a href="/invoices">${says.clear}</a></div>
    </form>`;
}

function list(visit: Visit, rows: readonly JsonObject[]): Html {
  const {
    texts: { invoices: says },
    show,
  } = visit;
  return table(
    says.title,
    [`#${says.number}`, says.label, `#${says.amount}`, says.status, says.time],
    rows.map((invoice) => {
      const number = countIn(invoice, 'created_index');
      const description = textIn(invoice, 'description') ?? '';
      const time = countIn(invoice, textIn(invoice, 'status') === 'paid' ? 'paid_at' : 'created_at');
      return html`
        <tr>
          <td class="number">${number}</td>
          <td><a href="/invoices/${number}">${quoted(textIn(invoice, 'label') ?? '')}</a><br><span class="muted small clipped">${quoted(description)}</span></td>
          <td class="number">${amountOf(visit, invoice)}${priceIn(visit, invoice)}</td>
          <td>${statusTag(visit, textIn(invoice, 'status') ?? '')}</td>
          <td class="small">${show.time(time)}</td>
        </tr>`;
    }),
  );
}

/** What was received, or else what is asked for. */
export function amountOf({ texts, show }: Visit, invoice: JsonObject): string {
  const amount_msat = integerIn(invoice, 'amount_received_msat') ?? integerIn(invoice, 'amount_msat');
  return amount_msat === undefined ? texts.frame.any_amount : show.msat(amount_msat);
}

/** What it costs in a currency, if its price is in one. */
export function priceIn({ show }: Visit, invoice: JsonObject): Html | undefined {
  const price = objectIn(invoice, 'price');
  const currency = parseCurrency(textIn(price, 'currency') ?? '');
  const amount = integerIn(price, 'amount');
  if (amount === undefined || currency === undefined) return undefined;
  return html`<br><span class="muted small">${show.money(amount, { currency, digits: digitsOf(currency) })}</span>`;
}

function furtherOn({ texts: { invoices: says }, show }: Visit, found: JsonObject, wanted: Wanted): Html {
  const next = textIn(found, 'next_cursor');
  if (next === undefined) return html``;
  const query = new URLSearchParams(Object.entries({ ...wanted, cursor: next }).filter(([, value]) => value !== ''));
  const isPart = rowsIn(found, 'invoices').length < PAGE_ROWS;
  return html`
    ${isPart && html`<p class="muted">${filledText(says.looked_back, { time: show.time(countIn(found, 'looked_back_to')) })}</p>`}
    <p><a class="button quiet" rel="next" href="/invoices?${query.toString()}">${isPart ? says.look_on : filledText(says.next, { count: show.count(PAGE_ROWS) })}</a></p>`;
}

/** Answers the form for a new invoice; `filled` is what was sent before. */
export function newInvoice(visit: Visit, said?: Said): PageAnswer {
  const { tools, person, asked, texts } = visit;
  const { invoices: says } = texts;
  const { form } = asked;
  const own = tools.settings.shop_currency;
  const units = [...new Set<string>(['sat', ...(own === undefined ? [] : [own]), ...CURRENCIES])];
  return frame(visit, {
    title: says.new_invoice,
    here: '/invoices',
    said,
    status: said === undefined ? 200 : 400,
    main: html`
      <form class="card stack narrow" method="post" action="/new-invoice">
        ${formToken(person)}
        <div class="row">
          <div class="field grows"><label for="amount">${says.amount}</label>
            <input id="amount" name="amount" inputmode="decimal" maxlength="20" value="${form.text('amount')}" aria-describedby="amount-hint"></div>
          <div class="field"><label for="unit">${says.in_unit}</label><select id="unit" name="unit">${units.map((unit) => option(unit, unit, form.text('unit') || (own ?? 'sat')))}</select></div>
        </div>
        <p class="muted small" id="amount-hint">${says.amount_hint}</p>
        <div class="field"><label for="description">${says.what_for}</label>
          <input id="description" name="description" maxlength="600" required value="${form.text('description')}"></div>
        <div class="field"><label for="label">${says.own_name}</label>
          <input id="label" name="label" maxlength="128" value="${form.text('label')}" aria-describedby="label-hint">
          <span class="muted small" id="label-hint">${says.own_name_hint}</span></div>
        <button class="button">${says.make}</button>
      </form>`,
  });
}

/** Makes it, and goes to it. */
export async function makeInvoice(visit: Visit): Promise<PageAnswer> {
  const { asked, command, tools } = visit;
  const asks = askedAmount(asked.form.text('amount').trim(), asked.form.text('unit'));
  const label = asked.form.text('label').trim() || `dashboard-${randomBytes(6).toString('hex')}`;
  if (asks === undefined) {
    return newInvoice(visit, {
      kind: 'bad',
      text: visit.texts.invoices.bad_amount,
    });
  }
  try {
    const made = await command('invoice', {
      ...asks,
      label,
      description: asked.form.text('description'),
      // A shop that can receive nothing yet is paid through a channel that the payment opens, if the owner has named who sells one.
      ...(asks.amount_msat === 'any' ? {} : { jit: 'auto' }),
      ...(tools.settings.has_checkout ? { checkout: true } : {}),
    });
    return { see: `/invoices/${countIn(made, 'created_index')}` };
  } catch (error) {
    return newInvoice(visit, { kind: 'bad', text: refusal(error) });
  }
}

/** The parameters for the amount that was typed; undefined for what is none. */
function askedAmount(text: string, unit: string): JsonObject | undefined {
  if (text === '') return { amount_msat: 'any' };
  const currency = parseCurrency(unit);
  if (currency === undefined) {
    const satoshi = text.replace(/[\s,.']/g, '');
    return /^[1-9]\d{0,15}$/.test(satoshi) ? { amount_msat: `${satoshi}sat` } : undefined;
  }
  // Half of the world writes a comma there.
  const amount = parseAmount(text.replace(',', '.'), currency);
  return amount === undefined || amount === 0n ? undefined : { currency, amount };
}
