/** Paying out: an invoice over Lightning, or an address on the chain. Each asks before it pays, and pays once. */
import type { JsonObject } from '../../../rpc/json.ts';
import { filledText } from '../fill.ts';
import { type Html, html, quoted } from '../html.ts';
import type { PageAnswer } from '../page.ts';
import { countIn, integerIn, msatIn, rowsIn, textIn } from './answers.ts';
import { confirm, confirmedKey } from './confirm.ts';
import { doneSaid, formToken, frame, option, type Said, shortened, table } from './frame.ts';
import { refusal, type Visit } from './guard.ts';

const LATEST = 20;
const RETRY_SECONDS = 60;
const FEERATES = ['normal', 'urgent', 'slow'] as const;

/** Answers the page. */
export async function payouts(visit: Visit, said?: Said): Promise<PageAnswer> {
  const { person, asked, texts, show, command } = visit;
  const { payouts: says } = texts;
  const [funds, pays] = await Promise.all([command('listfunds'), lastPays(visit)]);
  const confirmed_msat = rowsIn(funds, 'outputs')
    .filter(({ status, reserved }) => status === 'confirmed' && reserved !== true)
    .reduce((sum, row) => sum + msatIn(row, 'amount_msat'), 0n);
  const { form } = asked;
  return frame(visit, {
    title: says.title,
    here: '/payouts',
    said: said ?? doneSaid(asked, { paid: says.paid, sent: says.sent }),
    status: said?.kind === 'bad' ? 400 : 200,
    main: html`
      <div class="grid">
        <form class="card stack" method="post" action="/payouts/invoice">
          <h2>${says.pay_invoice}</h2>
          ${formToken(person)}
          <div class="field"><label for="invoice">${says.invoice}</label><textarea id="invoice" name="invoice" rows="4" required maxlength="8000">${form.text('invoice')}</textarea></div>
          <div class="field"><label for="pay-satoshi">${says.satoshi_if}</label><input id="pay-satoshi" name="satoshi" inputmode="numeric" maxlength="20"></div>
          <button class="button quiet">${says.pay}</button>
        </form>
        <form class="card stack" method="post" action="/payouts/address">
          <h2>${says.pay_address}</h2>
          <p class="muted">${filledText(says.wallet_holds, { amount: show.msat(confirmed_msat) })}</p>
          ${formToken(person)}
          <div class="field"><label for="address">${says.address}</label><input id="address" name="address" required maxlength="200" value="${form.text('address')}"></div>
          <div class="field"><label for="satoshi">${says.satoshi_or_all}</label><input id="satoshi" name="satoshi" required maxlength="20"></div>
          <div class="field"><label for="feerate">${says.when}</label><select id="feerate" name="feerate">${FEERATES.map((each) => option(each, says[each], 'normal'))}</select></div>
          <button class="button quiet">${says.pay}</button>
        </form>
      </div>
      <section class="card stack"><h2>${says.last}</h2>${paidTable(visit, rowsIn(pays, 'pays').slice(-LATEST).toReversed())}</section>`,
  });
}

function paidTable({ texts: { payouts: says }, show }: Visit, rows: readonly JsonObject[]): Html {
  if (rows.length === 0) return html`<p class="muted">${says.nothing}</p>`;
  const kinds = { complete: 'good', pending: 'warn', failed: 'bad' } as const;
  return table(
    says.payments,
    [says.time, says.to, says.for, `#${says.amount}`, says.status],
    rows.map((row) => {
      const status = (['complete', 'failed'] as const).find((each) => each === textIn(row, 'status')) ?? 'pending';
      const amount_msat = integerIn(row, 'amount_msat');
      return html`
        <tr><td class="small">${show.time(countIn(row, 'created_at'))}</td>
          <td>${shortened(textIn(row, 'destination') ?? '')}</td>
          <td>${quoted(textIn(row, 'description') ?? '')}</td>
          <td class="number">${amount_msat === undefined ? '' : show.msat(amount_msat)}</td>
          <td><span class="tag ${kinds[status]}">${says.states[status]}</span></td></tr>`;
    }),
  );
}

/** Pays an invoice, after asking. */
export async function payInvoice(visit: Visit): Promise<PageAnswer> {
  const { asked, command } = visit;
  const { payouts: says } = visit.texts;
  const invoice = asked.form.text('invoice').trim();
  const satoshi = asked.form.text('satoshi').replace(/[\s,.']/g, '');
  const key = confirmedKey(visit);
  try {
    const decoded = await command('decode', { string: invoice });
    const named_msat = integerIn(decoded, 'amount_msat');
    if (decoded.valid !== true || textIn(decoded, 'payee') === undefined) throw new RangeError(says.no_invoice);
    if (named_msat === undefined && !/^[1-9]\d{0,15}$/.test(satoshi)) {
      throw new RangeError(says.no_amount);
    }
    const amount_msat = named_msat ?? BigInt(satoshi) * 1000n;
    if (key === undefined) return askInvoice(visit, decoded, amount_msat, { invoice, satoshi });
    await command(
      'xpay',
      { invstring: invoice, retry_for: RETRY_SECONDS, ...(named_msat === undefined ? { amount_msat } : {}) },
      key,
    );
    return { see: '/payouts?done=paid' };
  } catch (error) {
    return await payouts(visit, { kind: 'bad', text: error instanceof RangeError ? error.message : refusal(error) });
  }
}

function askInvoice(
  visit: Visit,
  decoded: JsonObject,
  amount_msat: bigint,
  fields: Readonly<Record<string, string>>,
): PageAnswer {
  const { texts, show } = visit;
  const { payouts: says } = texts;
  const most_fee_msat = amount_msat / 100n > 5000n ? amount_msat / 100n : 5000n;
  return confirm(visit, {
    title: says.ask_invoice,
    here: '/payouts',
    action: '/payouts/invoice',
    back: '/payouts',
    button: filledText(says.pay_amount, { amount: show.msat(amount_msat) }),
    fields,
    text: html`
      <p class="figure">${show.msat(amount_msat)}</p>
      <dl class="facts">
        <dt>${says.for}</dt><dd>${quoted(textIn(decoded, 'description') ?? says.no_description)}</dd>
        <dt>${says.to}</dt><dd>${shortened(textIn(decoded, 'payee') ?? '')}</dd>
        <dt>${says.fee}</dt><dd>${filledText(says.up_to, { amount: show.msat(most_fee_msat) })}</dd>
      </dl>
      <p>${says.not_back}</p>`,
  });
}

/** Pays an address, after asking. */
export async function payAddress(visit: Visit): Promise<PageAnswer> {
  const { asked, command, texts, show } = visit;
  const { payouts: says } = texts;
  const address = asked.form.text('address').trim();
  const given = asked.form.text('satoshi').trim().toLowerCase();
  const satoshi = given === 'all' || given === says.all.toLowerCase() ? 'all' : given.replace(/[\s,.']/g, '');
  const feerate = FEERATES.find((each) => each === asked.form.text('feerate')) ?? 'normal';
  if (!/^(all|[1-9]\d{0,15})$/.test(satoshi)) {
    return await payouts(visit, { kind: 'bad', text: says.bad_amount });
  }
  const key = confirmedKey(visit);
  if (key === undefined) {
    const amount = satoshi === 'all' ? says.everything : show.msat(BigInt(satoshi) * 1000n);
    return confirm(visit, {
      title: says.ask_address,
      here: '/payouts',
      action: '/payouts/address',
      back: '/payouts',
      button: says.pay_it,
      fields: { address, satoshi, feerate },
      text: html`
        <p class="figure">${amount}</p>
        <p>${says.to_address}</p><p class="mono">${address}</p>
        <p>${says.compare}</p>`,
    });
  }
  try {
    await command('withdraw', { destination: address, satoshi, feerate }, key);
    return { see: '/payouts?done=sent' };
  } catch (error) {
    return await payouts(visit, { kind: 'bad', text: refusal(error) });
  }
}

/** The newest payments: where their numbers end is asked first, so that a long history is not read. */
async function lastPays({ command }: Visit): Promise<JsonObject> {
  const { created } = await command('wait', { subsystem: 'sendpays', indexname: 'created', nextvalue: 0 });
  const end = typeof created === 'number' ? created : 0;
  return await command('listpays', { index: 'created', start: Math.max(1, end - LATEST * 10) });
}
