/** One invoice: how it stands, everything that happened to it, and who was told. */
import { digitsOf, parseCurrency } from '../../../../base/types/currency.ts';
import { isJsonObject, type JsonObject, spell } from '../../../rpc/json.ts';
import { filledText } from '../fill.ts';
import { type Html, html, quoted } from '../html.ts';
import { formatRate } from '../money.ts';
import type { PageAnswer } from '../page.ts';
import { countIn, integerIn, msatIn, objectIn, rowsIn, textIn } from './answers.ts';
import { doneSaid, frame, type Said, shortened, table } from './frame.ts';
import type { Visit } from './guard.ts';
import { amountOf, statusTag } from './invoices.ts';
import { refundsOf } from './refund-list.ts';

/** Attempts that are looked up: events times webhooks. */
const MOST_LOOKUPS = 24;

/** Answers the page of one. */
export async function invoiceDetail(visit: Visit, said?: Said): Promise<PageAnswer> {
  const { person, asked, texts, command } = visit;
  const { invoice: says } = texts;
  const number = asked.params.number ?? '';
  if (!/^\d{1,15}$/.test(number)) return { problem: 'not_found' };
  const [found] = rowsIn(await command('findinvoices', { text: `#${number}` }), 'invoices');
  if (found === undefined) return { problem: 'not_found' };
  const label = textIn(found, 'label') ?? '';
  const [listed] = rowsIn(await command('listinvoices', { label }), 'invoices');
  const isCashier = person.role === 'cashier';
  const events = isCashier ? [] : rowsIn(await command('listevents', { label }), 'events');
  const attempts = isCashier ? [] : await attemptsOf(visit, events);
  const refunds = isCashier ? [] : rowsIn(await command('listrefunds', { label }), 'refunds');
  const status = textIn(found, 'status') ?? '';
  return frame(visit, {
    title: filledText(says.title, { number }),
    here: '/invoices',
    said: said ?? doneSaid(asked, { refunded: says.refunded }),
    status: said?.kind === 'bad' ? 400 : 200,
    is_live: said === undefined,
    main: html`
      <section class="card stack">
        <p class="figure">${amountOf(visit, found)} ${statusTag(visit, status)}</p>
        <p>${quoted(textIn(found, 'description') ?? says.no_description)}</p>
        ${facts(visit, found)}
      </section>
      ${status === 'unpaid' && toPay(visit, found)}
      ${deposits(visit, rowsIn(listed ?? {}, 'deposits'))}
      ${!isCashier && refundsOf(visit, found, refunds)}
      ${!isCashier && history(visit, events)}
      ${!isCashier && told(visit, attempts)}
      ${metadata(visit, found)}`,
  });
}

function facts(visit: Visit, invoice: JsonObject): Html {
  const { texts, show } = visit;
  const { invoice: says } = texts;
  const time = (name: string): Html | undefined => {
    const seconds = integerIn(invoice, name);
    return seconds === undefined ? undefined : html`${show.time(Number(seconds))}`;
  };
  const asked_msat = integerIn(invoice, 'amount_msat');
  const received_msat = integerIn(invoice, 'amount_received_msat');
  const price = objectIn(invoice, 'price');
  const outpoint = objectIn(invoice, 'paid_outpoint');
  const preimage = textIn(invoice, 'payment_preimage');
  const pay_index = integerIn(invoice, 'pay_index');
  const rows: readonly (readonly [string, Html | undefined])[] = [
    [says.label, quoted(textIn(invoice, 'label') ?? '')],
    [says.asked, html`${asked_msat === undefined ? texts.frame.any_amount : show.msat(asked_msat)}`],
    [says.received, received_msat === undefined ? undefined : html`${show.msat(received_msat)}`],
    [says.price, price.currency === undefined ? undefined : priceOf(visit, price)],
    [says.created, time('created_at')],
    [says.expires, textIn(invoice, 'status') === 'paid' ? undefined : time('expires_at')],
    [says.paid, time('paid_at')],
    [says.payment_number, pay_index === undefined ? undefined : html`${pay_index}`],
    [
      says.paid_on_chain,
      outpoint.txid === undefined
        ? undefined
        : html`${shortened(textIn(outpoint, 'txid') ?? '')}:${countIn(outpoint, 'outnum')}`,
    ],
    [says.payment_hash, html`<span class="mono">${textIn(invoice, 'payment_hash') ?? ''}</span>`],
    [
      says.proof,
      preimage === undefined
        ? undefined
        : html`<details><summary>${says.preimage}</summary><span class="mono">${preimage}</span></details>`,
    ],
  ];
  return html`<dl class="facts">${rows.map(([name, value]) => value !== undefined && html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

function priceOf({ asked: { language }, texts: { invoice: says }, show }: Visit, price: JsonObject): Html {
  const currency = parseCurrency(textIn(price, 'currency') ?? '');
  if (currency === undefined) return html``;
  const sources = Array.isArray(price.rate_sources) ? price.rate_sources.map(String).join(', ') : '';
  const rate = formatRate(textIn(price, 'rate') ?? '', currency, language);
  return html`${show.money(msatIn(price, 'amount'), { currency, digits: digitsOf(currency) })} <span class="muted">${filledText(says.rate, { rate, sources })}</span>`;
}

function toPay({ texts }: Visit, invoice: JsonObject): Html {
  const bolt11 = textIn(invoice, 'bolt11') ?? '';
  return html`
    <section class="card stack">
      <h2>${texts.invoice.to_be_paid}</h2>
      <p class="mono" id="bolt11">${bolt11}</p>
      <p class="row"><a class="button" href="lightning:${bolt11}">${texts.frame.open_wallet}</a></p>
    </section>`;
}

function deposits({ texts, show }: Visit, rows: readonly JsonObject[]): Html {
  const { invoice: says, deposit_states: states } = texts;
  if (rows.length === 0) return html``;
  return html`
    <section class="card stack">
      <h2>${says.deposits}</h2>
      ${table(
        says.deposits,
        [says.output, `#${says.amount}`, `#${says.block}`, says.status],
        rows.map(
          (row) => html`
          <tr><td>${shortened(textIn(row, 'txid') ?? '')}:${countIn(row, 'outnum')}</td>
            <td class="number">${show.msat(msatIn(row, 'amount_msat'))}</td>
            <td class="number">${integerIn(row, 'blockheight') ?? says.no_block}</td>
            <td>${stateIn(states, row)}</td></tr>`,
        ),
      )}
    </section>`;
}

/** What a status is called. */
function stateIn(states: Readonly<Record<string, string>>, row: JsonObject): string {
  const status = textIn(row, 'status') ?? '';
  return (Object.hasOwn(states, status) ? states[status] : undefined) ?? status;
}

function history({ texts, show }: Visit, events: readonly JsonObject[]): Html {
  const { invoice: says } = texts;
  const words: Readonly<Record<string, string>> = texts.events;
  return html`
    <section class="card stack">
      <h2>${says.history}</h2>
      ${events.length === 0 && html`<p class="muted">${says.events_gone}</p>`}
      <ol class="timeline">${events.map((event) => {
        const type = textIn(event, 'type') ?? '';
        return html`<li><strong>${words[type] ?? type}</strong><br><span class="muted small">${filledText(says.event_number, { time: show.time(countIn(event, 'time')), number: String(countIn(event, 'id')) })}</span>${details(says.details, objectIn(event, 'data'))}</li>`;
      })}</ol>
    </section>`;
}

function details(name: string, data: JsonObject): Html {
  return html`<details><summary>${name}</summary><pre class="mono">${written(data)}</pre></details>`;
}

/** JSON, a member a line. */
function written(value: JsonObject): string {
  return Object.entries(value)
    .map(([name, member]) => `${name}: ${typeof member === 'string' ? member : spell(member)}`)
    .join('\n');
}

interface Attempt {
  readonly url: string;
  readonly row: JsonObject;
}

/** What was sent of these events, to whom, and what came of it. */
async function attemptsOf({ command, person }: Visit, events: readonly JsonObject[]): Promise<readonly Attempt[]> {
  if (person.role === 'cashier' || events.length === 0) return [];
  const webhooks = rowsIn(await command('listwebhooks'), 'webhooks');
  const asked = webhooks
    .flatMap((webhook) => events.map((event) => ({ webhook, event })))
    .slice(-MOST_LOOKUPS)
    .map(async ({ webhook, event }) => {
      const params = { webhook_id: countIn(webhook, 'webhook_id'), event_id: countIn(event, 'id') };
      const found = rowsIn(await command('listdeliveries', params), 'deliveries');
      return found.map((row) => ({ url: textIn(webhook, 'url') ?? '', row }));
    });
  const attempts = (await Promise.all(asked)).flat();
  return attempts.toSorted((one, other) => countIn(one.row, 'tried_at') - countIn(other.row, 'tried_at'));
}

function told({ texts: { invoice: says }, show }: Visit, attempts: readonly Attempt[]): Html {
  if (attempts.length === 0) return html``;
  return html`
    <section class="card stack">
      <h2>${says.webhooks}</h2>
      ${table(
        says.attempts,
        [says.time, `#${says.event}`, says.to, says.result],
        attempts.map(({ url, row }) => {
          const is_delivered = row.delivered === true;
          return html`
          <tr><td class="small">${show.time(countIn(row, 'tried_at'))}</td>
            <td class="number">${countIn(row, 'event_id')}</td>
            <td>${quoted(url)}</td>
            <td><span class="tag ${is_delivered ? 'good' : 'bad'}">${is_delivered ? says.delivered : says.failed}</span> ${integerIn(row, 'status') ?? ''} <span lang="en">${textIn(row, 'failure') ?? ''}</span></td></tr>`;
        }),
      )}
    </section>`;
}

function metadata({ texts }: Visit, invoice: JsonObject): Html {
  const { metadata: kept } = invoice;
  if (!isJsonObject(kept)) return html``;
  return html`<section class="card stack"><h2>${texts.invoice.metadata}</h2><pre class="mono">${written(kept)}</pre></section>`;
}
