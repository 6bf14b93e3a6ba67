/** Deposits that did not pay their invoice, and what the shop decides about each. */
import type { JsonObject } from '../../../rpc/json.ts';
import { filled } from '../fill.ts';
import { type Html, html, quoted } from '../html.ts';
import type { PageAnswer } from '../page.ts';
import { countIn, integerIn, msatIn, rowsIn, textIn } from './answers.ts';
import { doneSaid, formToken, frame, type Said, shortened, table } from './frame.ts';
import { refusal, type Visit } from './guard.ts';

/** Answers the page. */
export async function deposits(visit: Visit, said?: Said): Promise<PageAnswer> {
  const { asked, texts, command } = visit;
  const { deposits: says } = texts;
  const [open, decided] = await Promise.all([
    command('listdeposits', { which: 'open' }),
    command('listdeposits', { which: 'decided', limit: 50 }),
  ]);
  const waiting = rowsIn(open, 'deposits');
  const done = rowsIn(decided, 'deposits');
  return frame(visit, {
    title: says.title,
    here: '/deposits',
    said: said ?? doneSaid(asked, { decided: says.decided_said }),
    status: said === undefined ? 200 : 400,
    main: html`
      <p class="muted">${says.intro}</p>
      ${waiting.length === 0 && html`<section class="card"><p>${says.none}</p></section>`}
      ${waiting.map((deposit) => decision(visit, deposit))}
      ${done.length > 0 && html`<section class="card stack"><h2>${says.decided}</h2>${decidedTable(visit, done)}</section>`}`,
  });
}

function outpointOf(deposit: JsonObject): string {
  return `${textIn(deposit, 'txid') ?? ''}:${countIn(deposit, 'outnum')}`;
}

function decision({ person, texts, show }: Visit, deposit: JsonObject): Html {
  const { deposits: says } = texts;
  const isShort = textIn(deposit, 'status') === 'short';
  const label = html`<a href="/invoices/${countIn(deposit, 'created_index')}">${quoted(textIn(deposit, 'label') ?? '')}</a>`;
  const height = html`${integerIn(deposit, 'blockheight') ?? '?'}`;
  const outpoint = outpointOf(deposit);
  return html`
    <section class="card stack">
      <p class="figure">${show.msat(msatIn(deposit, 'amount_msat'))} <span class="tag warn">${texts.deposit_states[isShort ? 'short' : 'late']}</span></p>
      <p>${filled(isShort ? says.for_short : says.for_late, { label })}</p>
      <p class="muted small">${filled(says.in_block, { output: shortened(outpoint), height })}</p>
      ${
        person.role === 'owner' &&
        html`
      <form class="filters" method="post" action="/deposits">
        ${formToken(person)}
        <input type="hidden" name="outpoint" value="${outpoint}">
        <div class="field grows"><label for="note-${outpoint}">${says.note}</label><input id="note-${outpoint}" name="note" maxlength="500"></div>
        <div class="row"><button class="button quiet" name="decision" value="kept">${says.stays}</button><button class="button quiet" name="decision" value="returned">${says.sent_back}</button>
        <a href="/payouts">${says.send_back}</a></div>
      </form>`
      }
    </section>`;
}

function decidedTable({ texts: { deposits: says }, show }: Visit, rows: readonly JsonObject[]): Html {
  return table(
    says.decided_table,
    [says.decided, says.invoice, `#${says.amount}`, says.decision, says.note],
    rows.map(
      (row) => html`
      <tr><td class="small">${show.time(countIn(row, 'decided_at'))}</td>
        <td>${quoted(textIn(row, 'label') ?? '')}</td>
        <td class="number">${show.msat(msatIn(row, 'amount_msat'))}</td>
        <td>${textIn(row, 'decision') === 'kept' ? says.kept : says.returned}</td>
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
