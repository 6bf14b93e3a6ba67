/** Giving money back for an invoice: a question before anything is sent, and each answer sent once. */
import { html, quoted } from '../html.ts';
import { formatMsat } from '../money.ts';
import type { PageAnswer } from '../page.ts';
import { integerIn, rowsIn, textIn } from './answers.ts';
import { confirm, confirmedKey } from './confirm.ts';
import { refusal, type Visit } from './guard.ts';
import { invoiceDetail } from './invoice-detail.ts';

/** Gives money back, after asking; what was confirmed once is sent once. */
export async function giveBack(visit: Visit): Promise<PageAnswer> {
  const { asked, command } = visit;
  const number = asked.params.number ?? '';
  if (!/^\d{1,15}$/.test(number)) return { problem: 'not_found' };
  const [invoice] = rowsIn(await command('findinvoices', { text: `#${number}` }), 'invoices');
  if (invoice === undefined) return { problem: 'not_found' };
  const destination = asked.form.text('destination').trim();
  const satoshi = asked.form.text('satoshi').replace(/[\s,.']/g, '');
  const note = asked.form.text('note').trim();
  const path = `/invoices/${number}`;
  if (!/^(|[1-9]\d{0,15})$/.test(satoshi)) {
    return await invoiceDetail(visit, { kind: 'bad', text: 'The amount is a whole number of satoshi.' });
  }
  const key = confirmedKey(visit);
  if (key === undefined) {
    const amount = satoshi === '' ? 'All that is left' : formatMsat(BigInt(satoshi) * 1000n, 'en');
    return confirm(visit, {
      title: 'Give this back?',
      here: '/invoices',
      action: `${path}/refund`,
      back: path,
      button: 'Give it back',
      fields: { destination, satoshi, note },
      text: html`
        <p class="figure">${amount}</p>
        <p>of ${formatMsat(integerIn(invoice, 'amount_received_msat') ?? 0n, 'en')} for ${quoted(textIn(invoice, 'label') ?? '')}, to</p>
        <p class="mono">${quoted(destination)}</p>
        <p>What sending it costs is yours. It cannot be taken back.</p>`,
    });
  }
  try {
    await command('refund', {
      label: textIn(invoice, 'label') ?? '',
      destination,
      idempotency_key: key,
      ...(satoshi === '' ? {} : { amount_msat: `${satoshi}sat` }),
      ...(note === '' ? {} : { note }),
    });
    return { see: `${path}?done=refunded` };
  } catch (error) {
    return await invoiceDetail(visit, { kind: 'bad', text: refusal(error) });
  }
}
