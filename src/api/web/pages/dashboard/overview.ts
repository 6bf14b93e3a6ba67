/** The first page: what came in today, whether more can, and what wants attention. */
import type { JsonObject } from '../../../rpc/json.ts';
import { filled, filledText } from '../fill.ts';
import { type Html, html, quoted } from '../html.ts';
import type { PageAnswer } from '../page.ts';
import { countIn, integerIn, msatIn, objectIn, rowsIn, textIn } from './answers.ts';
import { frame, pathsOf } from './frame.ts';
import type { Visit } from './guard.ts';
import { priceIn } from './invoices.ts';
import { nextStep, receivingState } from './receiving-state.ts';
import { daysChart, readTaking, sumOf, takingCard } from './takings.ts';

const LATEST = 8;

/** Answers the first page. */
export async function overviewPage(visit: Visit): Promise<PageAnswer> {
  const { person, texts, show, command } = visit;
  const { overview } = texts;
  const [start = '/account'] = pathsOf(person.role);
  if (start !== '/') return { see: start };
  const [takings, listed, info, latest, deposits, webhooks] = await Promise.all([
    command('listtakings', { by: 'day', periods: 31 }),
    command('listpeerchannels'),
    command('getinfo'),
    command('findinvoices', { status: 'paid', limit: LATEST }),
    command('listdeposits'),
    command('listwebhooks'),
  ]);
  const days = rowsIn(takings, 'takings').map(readTaking);
  const today = days.at(-1);
  const month = (today?.date ?? '').slice(0, 7);
  const state = receivingState(rowsIn(listed, 'channels'));
  const step = nextStep(state, info, texts.state);
  const paid = rowsIn(latest, 'invoices');
  const is_new = paid.length === 0 && state.up + state.away + state.opening === 0;
  const open_deposits = rowsIn(deposits, 'deposits').length;
  const off = rowsIn(webhooks, 'webhooks').filter(({ enabled }) => enabled === false).length;
  const timezone = textIn(takings, 'timezone') ?? 'UTC';
  const first_steps = html`<a href="/first-steps">${overview.first_steps}</a>`;
  return frame(visit, {
    title: texts.menu.overview,
    here: '/',
    is_live: true,
    main: html`
      ${is_new && person.role === 'owner' && html`<p class="notice good">${filled(overview.new_here, { link: first_steps })}</p>`}
      ${attention(visit, info, open_deposits, off)}
      <div class="grid">
        ${takingCard(visit, overview.today, sumOf(today === undefined ? [] : [today]))}
        ${takingCard(visit, overview.this_month, sumOf(days.filter(({ date }) => date.startsWith(month))))}
        <section class="card stack tight">
          <h2>${overview.receivable}</h2>
          <p class="figure">${show.msat(state.now_msat)}</p>
          <p class="muted">${show.counted(overview.over_channels, state.up)}</p>
          ${step !== undefined && html`<p class="notice ${step.kind}">${step.text}</p>`}
          <p class="alone"><a href="/receiving">${overview.more}</a></p>
        </section>
      </div>
      <section class="card stack">
        <h2>${overview.last_days}</h2>
        ${daysChart(visit, days)}
        <p class="muted small">${filledText(texts.frame.days_of, { zone: timezone })}</p>
      </section>
      <section class="card stack">
        <h2>${overview.last_payments}</h2>
        ${lastPayments(visit, paid)}
      </section>`,
  });
}

/** What somebody should look at. */
function attention(
  { texts: { overview }, show }: Visit,
  info: JsonObject,
  open_deposits: number,
  webhooks_off: number,
): Html {
  const reserve = objectIn(info, 'reserve');
  const missing_msat = msatIn(reserve, 'wanted_msat') - msatIn(reserve, 'held_msat');
  const link = html`<a href="/receiving#reserve">${overview.what_that_means}</a>`;
  return html`
    ${missing_msat > 0n && html`<p class="notice warn">${filled(overview.reserve_lacks, { amount: show.msat(missing_msat), link })}</p>`}
    ${open_deposits > 0 && html`<p class="notice warn alone"><a href="/deposits">${show.counted(overview.deposits_wait, open_deposits)}</a></p>`}
    ${webhooks_off > 0 && html`<p class="notice warn"><a href="/webhooks">${show.counted(overview.webhooks_off, webhooks_off)}</a></p>`}`;
}

function lastPayments(visit: Visit, paid: readonly JsonObject[]): Html {
  const {
    texts: { overview },
    show,
  } = visit;
  if (paid.length === 0) return html`<p class="muted">${overview.nobody}</p>`;
  return html`
    <ul class="plain">${paid.map(
      (invoice) => html`
      <li class="row ends">
        <span><a href="/invoices/${countIn(invoice, 'created_index')}">${quoted(textIn(invoice, 'label') ?? '')}</a><br><span class="muted small">${show.time(countIn(invoice, 'paid_at'))}</span></span>
        <strong>${show.msat(integerIn(invoice, 'amount_received_msat') ?? 0n)}${priceIn(visit, invoice)}</strong>
      </li>`,
    )}</ul>
    <p class="alone"><a href="/invoices?status=paid">${overview.all_payments}</a></p>`;
}
