/** Giving money back for an invoice: a question before anything is sent, and each answer sent once. */
import { filled } from '../fill.ts';
import { html, quoted } from '../html.ts';
import type { PageAnswer } from '../page.ts';
import { integerIn, rowsIn, textIn } from './answers.ts';
import { confirm, confirmedKey } from './confirm.ts';
import { refusal, type Visit } from './guard.ts';
import { invoiceDetail } from './invoice-detail.ts';

/** Gives money back, after asking; what was confirmed once is sent once. */
export async function giveBack(visit: Visit): Promise<PageAnswer> {
  const { asked, command, texts, show } = visit;
  const { refunds: says } = texts;
  const number = asked.params.number ?? '';
  if (!/^\d{1,15}$/.test(number)) return { problem: 'not_found' };
  const [invoice] = rowsIn(await command('findinvoices', { text: `#${number}` }), 'invoices');
  if (invoice === undefined) return { problem: 'not_found' };
  const destination = asked.form.text('destination').trim();
  const satoshi = asked.form.text('satoshi').replace(/[\s,.']/g, '');
  const note = asked.form.text('note').trim();
  const path = `/invoices/${number}`;
  if (!/^(|[1-9]\d{0,15})$/.test(satoshi)) {
    return await invoiceDetail(visit, { kind: 'bad', text: says.bad_amount });
  }
  const key = confirmedKey(visit);
  if (key === undefined) {
    const amount = satoshi === '' ? says.all_left : show.msat(BigInt(satoshi) * 1000n);
    return confirm(visit, {
      title: says.ask,
      here: '/invoices',
      action: `${path}/refund`,
      back: path,
      button: says.give_it,
      fields: { destination, satoshi, note },
      text: html`
        <p class="figure">${amount}</p>
        <p>${filled(says.ask_text, { received: show.msat(integerIn(invoice, 'amount_received_msat') ?? 0n), label: quoted(textIn(invoice, 'label') ?? '') })}</p>
        <p class="mono">${quoted(destination)}</p>
        <p>${says.ask_cost}</p>`,
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
