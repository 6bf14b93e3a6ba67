/** What was given back for an invoice, and the form to give more back. */
import type { JsonObject } from '../../../rpc/json.ts';
import { type Html, html, quoted } from '../html.ts';
import { formatMsat, formatTime } from '../money.ts';
import { countIn, msatIn, textIn } from './answers.ts';
import { formToken, table } from './frame.ts';
import type { Visit } from './guard.ts';

const KINDS: Readonly<Record<string, string>> = { sent: 'good', pending: 'warn', failed: 'bad' };

/** What stands on the page of a paid invoice: its refunds, and for the owner a form. */
export function refundsOf({ person, tools }: Visit, invoice: JsonObject, refunds: readonly JsonObject[]): Html {
  const is_owner = person.role === 'owner';
  if (textIn(invoice, 'status') !== 'paid' || (refunds.length === 0 && !is_owner)) return html``;
  const given_msat = refunds
    .filter(({ status }) => status !== 'failed')
    .reduce((sum, row) => sum + msatIn(row, 'amount_msat'), 0n);
  const left_msat = msatIn(invoice, 'amount_received_msat') - given_msat;
  return html`
    <section class="card stack">
      <h2>Refunds</h2>
      ${refunds.length > 0 && refundTable(refunds, tools.settings.time_zone)}
      ${
        is_owner &&
        left_msat > 0n &&
        html`
      <form class="filters" method="post" action="/invoices/${countIn(invoice, 'created_index')}/refund">
        ${formToken(person)}
        <div class="field grows"><label for="destination">To: an invoice, a Lightning address, or an address on the chain</label><input id="destination" name="destination" required maxlength="8000"></div>
        <div class="field"><label for="satoshi">Satoshi, empty: all</label><input id="satoshi" name="satoshi" inputmode="numeric" maxlength="20"></div>
        <div class="field grows"><label for="note">Note</label><input id="note" name="note" maxlength="200"></div>
        <div class="row"><button class="button quiet">Give back ...</button></div>
      </form>
      <p class="muted">Up to ${formatMsat(left_msat, 'en')} can be given back.</p>`
      }
    </section>`;
}

function refundTable(refunds: readonly JsonObject[], time_zone: string): Html {
  return table(
    'Refunds',
    ['Time', '#Amount', 'To', 'Note', 'Status'],
    refunds.map((row) => {
      const status = textIn(row, 'status') ?? '';
      return html`
        <tr><td class="small">${formatTime(countIn(row, 'created_at'), 'en', time_zone)}</td>
          <td class="number">${formatMsat(msatIn(row, 'amount_msat'), 'en')}</td>
          <td><span class="clipped">${quoted(textIn(row, 'destination') ?? '')}</span></td>
          <td>${quoted(textIn(row, 'note') ?? '')}</td>
          <td><span class="tag ${KINDS[status] ?? ''}">${status}</span> ${textIn(row, 'failure') ?? ''}</td></tr>`;
    }),
  );
}
