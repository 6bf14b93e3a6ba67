/** Deposits that did not pay their invoice, and what the shop decides about each. */
import type { JsonObject } from '../../../rpc/json.ts';
import { type Html, html, quoted } from '../html.ts';
import { formatMsat, formatTime } from '../money.ts';
import type { PageAnswer } from '../page.ts';
import { countIn, integerIn, msatIn, rowsIn, textIn } from './answers.ts';
import { doneSaid, formToken, frame, type Said, shortened, table } from './frame.ts';
import { refusal, type Visit } from './guard.ts';

const WHY: Readonly<Record<string, string>> = {
  short: 'too little: the customer owes the rest, or gets it back',
  late: 'too late: the invoice had expired, was paid or was deleted',
};

/** Answers the page. */
export async function deposits(visit: Visit, said?: Said): Promise<PageAnswer> {
  const { tools, person, asked, command } = visit;
  const [open, decided] = await Promise.all([
    command('listdeposits', { which: 'open' }),
    command('listdeposits', { which: 'decided', limit: 50 }),
  ]);
  const waiting = rowsIn(open, 'deposits');
  const done = rowsIn(decided, 'deposits');
  return frame(tools, person, {
    title: 'Deposits',
    here: '/deposits',
    said: said ?? doneSaid(asked, { decided: 'The decision is written down.' }),
    status: said === undefined ? 200 : 400,
    main: html`
      <p class="muted">Money that came to the address of an invoice and did not pay it. It is in the wallet. Whether the customer gets it back is for you to decide; Till only keeps in mind what you decided.</p>
      ${waiting.length === 0 && html`<section class="card"><p>No deposit wants a decision.</p></section>`}
      ${waiting.map((deposit) => decision(visit, deposit))}
      ${done.length > 0 && html`<section class="card stack"><h2>Decided</h2>${decidedTable(done, tools.settings.time_zone)}</section>`}`,
  });
}

function outpointOf(deposit: JsonObject): string {
  return `${textIn(deposit, 'txid') ?? ''}:${countIn(deposit, 'outnum')}`;
}

function decision({ person }: Visit, deposit: JsonObject): Html {
  const outpoint = outpointOf(deposit);
  return html`
    <section class="card stack">
      <p class="figure">${formatMsat(msatIn(deposit, 'amount_msat'), 'en')} <span class="tag warn">${textIn(deposit, 'status') ?? ''}</span></p>
      <p>For <a href="/invoices/${countIn(deposit, 'created_index')}">${quoted(textIn(deposit, 'label') ?? '')}</a>: ${WHY[textIn(deposit, 'status') ?? ''] ?? ''}.</p>
      <p class="muted small">${shortened(outpoint)}, block ${integerIn(deposit, 'blockheight') ?? 'unknown'}</p>
      ${
        person.role === 'owner' &&
        html`
      <form class="filters" method="post" action="/deposits">
        ${formToken(person)}
        <input type="hidden" name="outpoint" value="${outpoint}">
        <div class="field grows"><label for="note-${outpoint}">Note</label><input id="note-${outpoint}" name="note" maxlength="500"></div>
        <div class="row"><button class="button quiet" name="decision" value="kept">It stays here</button><button class="button quiet" name="decision" value="returned">It was sent back</button>
        <a href="/payouts">Send it back</a></div>
      </form>`
      }
    </section>`;
}

function decidedTable(rows: readonly JsonObject[], time_zone: string): Html {
  return table(
    'Decided deposits',
    ['Decided', 'Invoice', '#Amount', 'Decision', 'Note'],
    rows.map(
      (row) => html`
      <tr><td class="small">${formatTime(countIn(row, 'decided_at'), 'en', time_zone)}</td>
        <td>${quoted(textIn(row, 'label') ?? '')}</td>
        <td class="number">${formatMsat(msatIn(row, 'amount_msat'), 'en')}</td>
        <td>${textIn(row, 'decision') === 'kept' ? 'stays here' : 'sent back'}</td>
        <td>${quoted(textIn(row, 'note') ?? '')}</td></tr>`,
    ),
  );
}

/** Writes a decision down. */
export async function decide(visit: Visit): Promise<PageAnswer> {
  const { form } = visit.asked;
  const note = form.text('note').trim();
  try {
    await visit.command('decidedeposit', {
      outpoint: form.text('outpoint'),
      decision: form.text('decision'),
      ...(note === '' ? {} : { note }),
    });
    return { see: '/deposits?done=decided' };
  } catch (error) {
    return await deposits(visit, { kind: 'bad', text: refusal(error) });
  }
}
