/** The invoices: searched, filtered, a page at a time, and a form for a new one. */
import { randomBytes } from 'node:crypto';
import { parseAmount, parseCurrency } from '../../../../base/types/currency.ts';
import type { JsonObject } from '../../../rpc/json.ts';
import { type Html, html, quoted } from '../html.ts';
import { formatCount, formatMsat, formatTime } from '../money.ts';
import type { PageAnswer } from '../page.ts';
import { countIn, integerIn, objectIn, rowsIn, textIn } from './answers.ts';
import { formToken, frame, option, type Said, table } from './frame.ts';
import { refusal, type Visit } from './guard.ts';

const PAGE_ROWS = 50;
/** What an amount may be typed in, beside satoshi and the shop's own currency. */
const CURRENCIES = ['EUR', 'USD', 'GBP', 'CHF', 'CAD', 'AUD', 'BRL', 'ARS', 'JPY', 'INR'];
const STATUSES = ['paid', 'unpaid', 'expired'] as const;
const KIND_OF_STATUS: Readonly<Record<string, string>> = { paid: 'good', unpaid: 'warn', expired: '' };

/** How a status looks. */
export function statusTag(status: string): Html {
  return html`<span class="tag ${KIND_OF_STATUS[status] ?? ''}">${status}</span>`;
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
  const { tools, person, asked, command } = visit;
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
  return frame(tools, person, {
    title: 'Invoices',
    here: '/invoices',
    said,
    is_live: cursor === '',
    main: html`
      ${person.role !== 'accountant' && html`<p><a class="button" href="/new-invoice">New invoice</a></p>`}
      ${searchForm(wanted)}
      <section class="card stack">
        ${rows.length === 0 ? html`<p class="muted">No invoice is found here.</p>` : list(rows, tools.settings.time_zone)}
        ${furtherOn(found, wanted, tools.settings.time_zone)}
      </section>`,
  });
}

function searchForm({ text, status, since, until }: Wanted): Html {
  return html`
    <form class="card filters" method="get" action="/invoices" role="search">
      <div class="field grows"><label for="text">Search</label>
        <input id="text" name="text" type="search" value="${text}" aria-describedby="text-hint">
        <span class="muted small" id="text-hint">A label, words of the description, a payment hash, an invoice, or #17</span></div>
      <div class="field"><label for="status">Status</label>
        <select id="status" name="status">${option('', 'Any', status)}${STATUSES.map((each) => option(each, each, status))}</select></div>
      <div class="field"><label for="since">From</label><input id="since" name="since" type="date" value="${since}"></div>
      <div class="field"><label for="until">To</label><input id="until" name="until" type="date" value="${until}"></div>
      <div class="row"><button class="button">Search</button><a href="/invoices">Clear</a></div>
    </form>`;
}

function list(rows: readonly JsonObject[], time_zone: string): Html {
  return table(
    'Invoices',
    ['#Number', 'Label', '#Amount', 'Status', 'Time'],
    rows.map((invoice) => {
      const number = countIn(invoice, 'created_index');
      const description = textIn(invoice, 'description') ?? '';
      const time = countIn(invoice, textIn(invoice, 'status') === 'paid' ? 'paid_at' : 'created_at');
      return html`
        <tr>
          <td class="number">${number}</td>
          <td><a href="/invoices/${number}">${quoted(textIn(invoice, 'label') ?? '')}</a><br><span class="muted small clipped">${quoted(description)}</span></td>
          <td class="number">${amountOf(invoice)}${priceIn(invoice)}</td>
          <td>${statusTag(textIn(invoice, 'status') ?? '')}</td>
          <td class="small">${formatTime(time, 'en', time_zone)}</td>
        </tr>`;
    }),
  );
}

/** What was received, or else what is asked for. */
export function amountOf(invoice: JsonObject): string {
  const amount_msat = integerIn(invoice, 'amount_received_msat') ?? integerIn(invoice, 'amount_msat');
  return amount_msat === undefined ? 'any amount' : formatMsat(amount_msat, 'en');
}

/** What it costs in a currency, if its price is in one. */
export function priceIn(invoice: JsonObject): Html | undefined {
  const price = objectIn(invoice, 'price');
  const { amount_text, currency } = price;
  if (typeof amount_text !== 'string' || typeof currency !== 'string') return undefined;
  return html`<br><span class="muted small">${amount_text} ${currency}</span>`;
}

function furtherOn(found: JsonObject, wanted: Wanted, time_zone: string): Html {
  const next = textIn(found, 'next_cursor');
  if (next === undefined) return html``;
  const query = new URLSearchParams(Object.entries({ ...wanted, cursor: next }).filter(([, value]) => value !== ''));
  const isPart = rowsIn(found, 'invoices').length < PAGE_ROWS;
  return html`
    ${isPart && html`<p class="muted">Looked back to ${formatTime(countIn(found, 'looked_back_to'), 'en', time_zone)}.</p>`}
    <p><a class="button quiet" rel="next" href="/invoices?${query.toString()}">${isPart ? 'Look further back' : `Next ${formatCount(PAGE_ROWS, 'en')}`}</a></p>`;
}

/** Answers the form for a new invoice; `filled` is what was sent before. */
export function newInvoice({ tools, person, asked }: Visit, said?: Said): PageAnswer {
  const { form } = asked;
  const own = tools.settings.shop_currency;
  const units = [...new Set<string>(['sat', ...(own === undefined ? [] : [own]), ...CURRENCIES])];
  return frame(tools, person, {
    title: 'New invoice',
    here: '/invoices',
    said,
    status: said === undefined ? 200 : 400,
    main: html`
      <form class="card stack narrow" method="post" action="/new-invoice">
        ${formToken(person)}
        <div class="row">
          <div class="field grows"><label for="amount">Amount</label>
            <input id="amount" name="amount" inputmode="decimal" maxlength="20" value="${form.text('amount')}" aria-describedby="amount-hint"></div>
          <div class="field"><label for="unit">In</label><select id="unit" name="unit">${units.map((unit) => option(unit, unit, form.text('unit') || (own ?? 'sat')))}</select></div>
        </div>
        <p class="muted small" id="amount-hint">Empty: the payer chooses. An amount in a currency becomes satoshi at the rate of this moment.</p>
        <div class="field"><label for="description">What it is for</label>
          <input id="description" name="description" maxlength="600" required value="${form.text('description')}"></div>
        <div class="field"><label for="label">Your own name for it</label>
          <input id="label" name="label" maxlength="128" value="${form.text('label')}" aria-describedby="label-hint">
          <span class="muted small" id="label-hint">An order number; empty: one is made up</span></div>
        <button class="button">Make the invoice</button>
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
      text: 'The amount is a whole number of satoshi, or one of the currency such as 4.50.',
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
