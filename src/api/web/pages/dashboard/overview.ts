/** The first page: what came in today, whether more can, and what wants attention. */
import { type Html, html, quoted } from '../html.ts';
import { formatCount, formatMsat, formatTime } from '../money.ts';
import type { PageAnswer } from '../page.ts';
import { countIn, integerIn, msatIn, objectIn, rowsIn, textIn } from './answers.ts';
import { type Taking, takingsChart } from './chart.ts';
import { frame, pathsOf } from './frame.ts';
import type { Visit } from './guard.ts';
import { nextStep, receivingState } from './receiving-state.ts';

const LATEST = 8;

/** Answers the first page. */
export async function overview(visit: Visit): Promise<PageAnswer> {
  const { tools, person, command } = visit;
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
  const days: readonly Taking[] = rowsIn(takings, 'takings').map((row) => ({
    date: textIn(row, 'date') ?? '',
    payments: countIn(row, 'payments'),
    amount_msat: msatIn(row, 'amount_msat'),
  }));
  const today = days.at(-1);
  const month = (today?.date ?? '').slice(0, 7);
  const this_month = days.filter(({ date }) => date.startsWith(month));
  const state = receivingState(rowsIn(listed, 'channels'));
  const step = nextStep(state, info);
  const paid = rowsIn(latest, 'invoices');
  const is_new = paid.length === 0 && state.up + state.away + state.opening === 0;
  const open_deposits = rowsIn(deposits, 'deposits').length;
  const off = rowsIn(webhooks, 'webhooks').filter(({ enabled }) => enabled === false).length;
  const timezone = textIn(takings, 'timezone') ?? 'UTC';
  return frame(tools, person, {
    title: 'Overview',
    here: '/',
    is_live: true,
    main: html`
      ${is_new && person.role === 'owner' && html`<p class="notice good">New here? <a href="/first-steps">The first steps</a> lead to the first payment.</p>`}
      ${attention(info, open_deposits, off)}
      <div class="grid">
        ${figure('Today', today?.amount_msat ?? 0n, today?.payments ?? 0)}
        ${figure(
          'This month',
          sum(this_month),
          this_month.reduce((all, { payments }) => all + payments, 0),
        )}
        <section class="card stack tight">
          <h2>Can be received now</h2>
          <p class="figure">${formatMsat(state.now_msat, 'en')}</p>
          <p class="muted">over ${formatCount(state.up, 'en')} ${state.up === 1 ? 'channel' : 'channels'}</p>
          ${step !== undefined && html`<p class="notice ${step.kind}">${step.text}</p>`}
          <p><a href="/receiving">More about it</a></p>
        </section>
      </div>
      <section class="card stack">
        <h2>The last 31 days</h2>
        ${takingsChart(days, 'Takings of the last 31 days')}
        <p class="muted small">Days of ${timezone}.</p>
      </section>
      <section class="card stack">
        <h2>Last payments</h2>
        ${lastPayments(paid, timezone)}
      </section>`,
  });
}

function sum(days: readonly Taking[]): bigint {
  return days.reduce((total, { amount_msat }) => total + amount_msat, 0n);
}

function figure(title: string, amount_msat: bigint, payments: number): Html {
  return html`
    <section class="card stack tight">
      <h2>${title}</h2>
      <p class="figure">${formatMsat(amount_msat, 'en')}</p>
      <p class="muted">${formatCount(payments, 'en')} ${payments === 1 ? 'payment' : 'payments'}</p>
    </section>`;
}

/** What somebody should look at. */
function attention(info: Parameters<typeof objectIn>[0], open_deposits: number, webhooks_off: number): Html {
  const reserve = objectIn(info, 'reserve');
  const missing_msat = msatIn(reserve, 'wanted_msat') - msatIn(reserve, 'held_msat');
  return html`
    ${missing_msat > 0n && html`<p class="notice warn">The reserve for closing channels lacks ${formatMsat(missing_msat, 'en')}. <a href="/receiving#reserve">What that means</a></p>`}
    ${open_deposits > 0 && html`<p class="notice warn"><a href="/deposits">${formatCount(open_deposits, 'en')} ${open_deposits === 1 ? 'deposit wants' : 'deposits want'} a decision</a></p>`}
    ${webhooks_off > 0 && html`<p class="notice warn"><a href="/webhooks">${formatCount(webhooks_off, 'en')} ${webhooks_off === 1 ? 'webhook is' : 'webhooks are'} switched off</a></p>`}`;
}

function lastPayments(paid: readonly Parameters<typeof textIn>[0][], timezone: string): Html {
  if (paid.length === 0) return html`<p class="muted">Nobody has paid yet.</p>`;
  return html`
    <ul class="plain">${paid.map(
      (invoice) => html`
      <li class="row ends">
        <span><a href="/invoices/${countIn(invoice, 'created_index')}">${quoted(textIn(invoice, 'label') ?? '')}</a><br><span class="muted small">${formatTime(countIn(invoice, 'paid_at'), 'en', timezone)}</span></span>
        <strong>${formatMsat(integerIn(invoice, 'amount_received_msat') ?? 0n, 'en')}</strong>
      </li>`,
    )}</ul>
    <p><a href="/invoices?status=paid">All payments</a></p>`;
}
