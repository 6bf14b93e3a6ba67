/** One invoice: how it stands, everything that happened to it, and who was told. */
import { isJsonObject, type JsonObject, spell } from '../../../rpc/json.ts';
import { type Html, html, quoted } from '../html.ts';
import { formatMsat, formatTime } from '../money.ts';
import type { PageAnswer } from '../page.ts';
import { countIn, integerIn, msatIn, objectIn, rowsIn, textIn } from './answers.ts';
import { doneSaid, frame, type Said, shortened, table } from './frame.ts';
import type { Visit } from './guard.ts';
import { amountOf, statusTag } from './invoices.ts';
import { refundsOf } from './refund-list.ts';

/** Attempts that are looked up: events times webhooks. */
const MOST_LOOKUPS = 24;

/** What the types of events are called here. */
const EVENT_WORDS: Readonly<Record<string, string>> = {
  'invoice.created': 'Created',
  'invoice.paid': 'Paid',
  'invoice.expired': 'Expired',
  'invoice.deleted': 'Deleted',
  'refund.created': 'Refund begun',
  'refund.sent': 'Refund sent',
  'refund.failed': 'Refund failed',
  'deposit.seen': 'Deposit seen in a block',
  'deposit.confirmed': 'Deposit is deep enough',
  'deposit.short': 'Deposit is too little',
  'deposit.late': 'Deposit came too late',
  'deposit.reorged': 'The block of a deposit left the chain',
};

/** Answers the page of one. */
export async function invoiceDetail(visit: Visit, said?: Said): Promise<PageAnswer> {
  const { tools, person, asked, command } = visit;
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
  const { time_zone } = tools.settings;
  const status = textIn(found, 'status') ?? '';
  return frame(tools, person, {
    title: `Invoice ${number}`,
    here: '/invoices',
    said: said ?? doneSaid(asked, { refunded: 'The money is on its way back.' }),
    status: said?.kind === 'bad' ? 400 : 200,
    is_live: said === undefined,
    main: html`
      <section class="card stack">
        <p class="figure">${amountOf(found)} ${statusTag(status)}</p>
        <p>${quoted(textIn(found, 'description') ?? 'No description')}</p>
        ${facts(found, time_zone)}
      </section>
      ${status === 'unpaid' && toPay(found)}
      ${deposits(rowsIn(listed ?? {}, 'deposits'))}
      ${!isCashier && refundsOf(visit, found, refunds)}
      ${!isCashier && history(events, time_zone)}
      ${!isCashier && told(attempts, time_zone)}
      ${metadata(found)}`,
  });
}

function facts(invoice: JsonObject, time_zone: string): Html {
  const time = (name: string): Html | undefined => {
    const seconds = integerIn(invoice, name);
    return seconds === undefined ? undefined : html`${formatTime(Number(seconds), 'en', time_zone)}`;
  };
  const asked_msat = integerIn(invoice, 'amount_msat');
  const received_msat = integerIn(invoice, 'amount_received_msat');
  const price = objectIn(invoice, 'price');
  const outpoint = objectIn(invoice, 'paid_outpoint');
  const preimage = textIn(invoice, 'payment_preimage');
  const pay_index = integerIn(invoice, 'pay_index');
  const rows: readonly (readonly [string, Html | undefined])[] = [
    ['Label', quoted(textIn(invoice, 'label') ?? '')],
    ['Asked for', html`${asked_msat === undefined ? 'any amount' : formatMsat(asked_msat, 'en')}`],
    ['Received', received_msat === undefined ? undefined : html`${formatMsat(received_msat, 'en')}`],
    ['Price', price.currency === undefined ? undefined : priceOf(price)],
    ['Created', time('created_at')],
    ['Expires', textIn(invoice, 'status') === 'paid' ? undefined : time('expires_at')],
    ['Paid', time('paid_at')],
    ['Payment number', pay_index === undefined ? undefined : html`${pay_index}`],
    [
      'Paid on chain by',
      outpoint.txid === undefined
        ? undefined
        : html`${shortened(textIn(outpoint, 'txid') ?? '')}:${countIn(outpoint, 'outnum')}`,
    ],
    ['Payment hash', html`<span class="mono">${textIn(invoice, 'payment_hash') ?? ''}</span>`],
    [
      'Proof of payment',
      preimage === undefined
        ? undefined
        : html`<details><summary>Preimage</summary><span class="mono">${preimage}</span></details>`,
    ],
  ];
  return html`<dl class="facts">${rows.map(([name, value]) => value !== undefined && html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

function priceOf(price: JsonObject): Html {
  const sources = Array.isArray(price.rate_sources) ? price.rate_sources.map(String).join(', ') : '';
  return html`${textIn(price, 'amount_text') ?? ''} ${textIn(price, 'currency') ?? ''} <span class="muted">at ${textIn(price, 'rate') ?? ''} for 1 BTC, by ${sources}</span>`;
}

function toPay(invoice: JsonObject): Html {
  const bolt11 = textIn(invoice, 'bolt11') ?? '';
  return html`
    <section class="card stack">
      <h2>To be paid</h2>
      <p class="mono" id="bolt11">${bolt11}</p>
      <p class="row"><a class="button" href="lightning:${bolt11}">Open in a wallet</a></p>
    </section>`;
}

function deposits(rows: readonly JsonObject[]): Html {
  if (rows.length === 0) return html``;
  return html`
    <section class="card stack">
      <h2>Deposits on chain</h2>
      ${table(
        'Deposits',
        ['Output', '#Amount', '#Block', 'Status'],
        rows.map(
          (row) => html`
          <tr><td>${shortened(textIn(row, 'txid') ?? '')}:${countIn(row, 'outnum')}</td>
            <td class="number">${formatMsat(msatIn(row, 'amount_msat'), 'en')}</td>
            <td class="number">${integerIn(row, 'blockheight') ?? 'none'}</td>
            <td>${textIn(row, 'status') ?? ''}</td></tr>`,
        ),
      )}
    </section>`;
}

function history(events: readonly JsonObject[], time_zone: string): Html {
  return html`
    <section class="card stack">
      <h2>History</h2>
      ${events.length === 0 && html`<p class="muted">Its events are not kept any more.</p>`}
      <ol class="timeline">${events.map((event) => {
        const type = textIn(event, 'type') ?? '';
        return html`<li><strong>${EVENT_WORDS[type] ?? type}</strong><br><span class="muted small">${formatTime(countIn(event, 'time'), 'en', time_zone)}, event ${countIn(event, 'id')}</span>${details(objectIn(event, 'data'))}</li>`;
      })}</ol>
    </section>`;
}

function details(data: JsonObject): Html {
  return html`<details><summary>Details</summary><pre class="mono">${written(data)}</pre></details>`;
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

function told(attempts: readonly Attempt[], time_zone: string): Html {
  if (attempts.length === 0) return html``;
  return html`
    <section class="card stack">
      <h2>Webhooks</h2>
      ${table(
        'Attempts of webhooks',
        ['Time', '#Event', 'To', 'Result'],
        attempts.map(({ url, row }) => {
          const is_delivered = row.delivered === true;
          return html`
          <tr><td class="small">${formatTime(countIn(row, 'tried_at'), 'en', time_zone)}</td>
            <td class="number">${countIn(row, 'event_id')}</td>
            <td>${quoted(url)}</td>
            <td><span class="tag ${is_delivered ? 'good' : 'bad'}">${is_delivered ? 'delivered' : 'failed'}</span> ${integerIn(row, 'status') ?? ''} ${textIn(row, 'failure') ?? ''}</td></tr>`;
        }),
      )}
    </section>`;
}

function metadata(invoice: JsonObject): Html {
  const { metadata: kept } = invoice;
  if (!isJsonObject(kept)) return html``;
  return html`<section class="card stack"><h2>Metadata</h2><pre class="mono">${written(kept)}</pre></section>`;
}
