/** What was given back for an invoice, and the form to give more back. */
import type { JsonObject } from '../../../rpc/json.ts';
import { filledText } from '../fill.ts';
import { type Html, html, quoted } from '../html.ts';
import { countIn, msatIn, textIn } from './answers.ts';
import { formToken, table } from './frame.ts';
import type { Visit } from './guard.ts';

const KINDS = { sent: 'good', pending: 'warn', failed: 'bad' } as const;

/** What stands on the page of a paid invoice: its refunds, and for the owner a form. */
export function refundsOf(visit: Visit, invoice: JsonObject, refunds: readonly JsonObject[]): Html {
  const { person, texts, show } = visit;
  const { refunds: says } = texts;
  const is_owner = person.role === 'owner';
  if (textIn(invoice, 'status') !== 'paid' || (refunds.length === 0 && !is_owner)) return html``;
  const given_msat = refunds
    .filter(({ status }) => status !== 'failed')
    .reduce((sum, row) => sum + msatIn(row, 'amount_msat'), 0n);
  const left_msat = msatIn(invoice, 'amount_received_msat') - given_msat;
  return html`
    <section class="card stack">
      <h2>${says.title}</h2>
      ${refunds.length > 0 && refundTable(visit, refunds)}
      ${
        is_owner &&
        left_msat > 0n &&
        html`
      <form class="filters" method="post" action="/invoices/${countIn(invoice, 'created_index')}/refund">
        ${formToken(person)}
        <div class="field grows"><label for="destination">${says.to}</label><input id="destination" name="destination" required maxlength="8000"></div>
        <div class="field"><label for="satoshi">${says.satoshi}</label><input id="satoshi" name="satoshi" inputmode="numeric" maxlength="20"></div>
        <div class="field grows"><label for="note">${says.note}</label><input id="note" name="note" maxlength="200"></div>
        <div class="row"><button class="button quiet">${says.give}</button></div>
      </form>
      <p class="muted">${filledText(says.up_to, { amount: show.msat(left_msat) })}</p>`
      }
    </section>`;
}

function refundTable({ texts: { refunds: says }, show }: Visit, refunds: readonly JsonObject[]): Html {
  return table(
    says.title,
    [says.time, `#${says.amount}`, says.to_head, says.note, says.status],
    refunds.map((row) => {
      const status = (['sent', 'failed'] as const).find((each) => each === textIn(row, 'status')) ?? 'pending';
      return html`
        <tr><td class="small">${show.time(countIn(row, 'created_at'))}</td>
          <td class="number">${show.msat(msatIn(row, 'amount_msat'))}</td>
          <td><span class="clipped">${quoted(textIn(row, 'destination') ?? '')}</span></td>
          <td>${quoted(textIn(row, 'note') ?? '')}</td>
          <td><span class="tag ${KINDS[status]}">${says.states[status]}</span> <span lang="en">${textIn(row, 'failure') ?? ''}</span></td></tr>`;
    }),
  );
}
