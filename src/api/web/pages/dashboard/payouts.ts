/** Paying out: an invoice over Lightning, or an address on the chain. Each asks before it pays, and pays once. */
import type { JsonObject } from '../../../rpc/json.ts';
import { type Html, html, quoted } from '../html.ts';
import { formatMsat, formatTime } from '../money.ts';
import type { PageAnswer } from '../page.ts';
import { countIn, integerIn, msatIn, rowsIn, textIn } from './answers.ts';
import { confirm, confirmedKey } from './confirm.ts';
import { doneSaid, formToken, frame, option, type Said, shortened, table } from './frame.ts';
import { refusal, type Visit } from './guard.ts';

const LATEST = 20;
const RETRY_SECONDS = 60;
const FEERATES = [
  ['normal', 'within a few blocks'],
  ['urgent', 'as soon as possible'],
  ['slow', 'without haste'],
] as const;

/** Answers the page. */
export async function payouts(visit: Visit, said?: Said): Promise<PageAnswer> {
  const { tools, person, asked, command } = visit;
  const [funds, pays] = await Promise.all([command('listfunds'), lastPays(visit)]);
  const confirmed_msat = rowsIn(funds, 'outputs')
    .filter(({ status, reserved }) => status === 'confirmed' && reserved !== true)
    .reduce((sum, row) => sum + msatIn(row, 'amount_msat'), 0n);
  const { form } = asked;
  return frame(tools, person, {
    title: 'Payouts',
    here: '/payouts',
    said:
      said ??
      doneSaid(asked, {
        paid: 'The invoice is paid.',
        sent: 'The money is on its way: it is in a transaction that waits for a block.',
      }),
    status: said?.kind === 'bad' ? 400 : 200,
    main: html`
      <div class="grid">
        <form class="card stack" method="post" action="/payouts/invoice">
          <h2>Pay an invoice</h2>
          ${formToken(person)}
          <div class="field"><label for="invoice">Invoice</label><textarea id="invoice" name="invoice" rows="4" required maxlength="8000">${form.text('invoice')}</textarea></div>
          <div class="field"><label for="pay-satoshi">Satoshi, if the invoice names no amount</label><input id="pay-satoshi" name="satoshi" inputmode="numeric" maxlength="20"></div>
          <button class="button quiet">Pay ...</button>
        </form>
        <form class="card stack" method="post" action="/payouts/address">
          <h2>Pay an address</h2>
          <p class="muted">The wallet holds ${formatMsat(confirmed_msat, 'en')}, the reserve included.</p>
          ${formToken(person)}
          <div class="field"><label for="address">Address</label><input id="address" name="address" required maxlength="200" value="${form.text('address')}"></div>
          <div class="field"><label for="satoshi">Satoshi, or all</label><input id="satoshi" name="satoshi" required maxlength="20"></div>
          <div class="field"><label for="feerate">When</label><select id="feerate" name="feerate">${FEERATES.map(([value, name]) => option(value, name, 'normal'))}</select></div>
          <button class="button quiet">Pay ...</button>
        </form>
      </div>
      <section class="card stack"><h2>Last payments over Lightning</h2>${paidTable(rowsIn(pays, 'pays').slice(-LATEST).toReversed(), tools.settings.time_zone)}</section>`,
  });
}

function paidTable(rows: readonly JsonObject[], time_zone: string): Html {
  if (rows.length === 0) return html`<p class="muted">Nothing was paid yet.</p>`;
  const kinds: Readonly<Record<string, string>> = { complete: 'good', pending: 'warn', failed: 'bad' };
  return table(
    'Payments',
    ['Time', 'To', 'For', '#Amount', 'Status'],
    rows.map((row) => {
      const status = textIn(row, 'status') ?? '';
      const amount_msat = integerIn(row, 'amount_msat');
      return html`
        <tr><td class="small">${formatTime(countIn(row, 'created_at'), 'en', time_zone)}</td>
          <td>${shortened(textIn(row, 'destination') ?? '')}</td>
          <td>${quoted(textIn(row, 'description') ?? '')}</td>
          <td class="number">${amount_msat === undefined ? '' : formatMsat(amount_msat, 'en')}</td>
          <td><span class="tag ${kinds[status] ?? ''}">${status}</span></td></tr>`;
    }),
  );
}

/** Pays an invoice, after asking. */
export async function payInvoice(visit: Visit): Promise<PageAnswer> {
  const { asked, command } = visit;
  const invoice = asked.form.text('invoice').trim();
  const satoshi = asked.form.text('satoshi').replace(/[\s,.']/g, '');
  const key = confirmedKey(visit);
  try {
    const decoded = await command('decode', { string: invoice });
    const named_msat = integerIn(decoded, 'amount_msat');
    if (decoded.valid !== true || textIn(decoded, 'payee') === undefined) throw new RangeError('This is no invoice.');
    if (named_msat === undefined && !/^[1-9]\d{0,15}$/.test(satoshi)) {
      throw new RangeError('The invoice names no amount: say how many satoshi you want to pay.');
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
  const most_fee_msat = amount_msat / 100n > 5000n ? amount_msat / 100n : 5000n;
  return confirm(visit, {
    title: 'Pay this invoice?',
    here: '/payouts',
    action: '/payouts/invoice',
    back: '/payouts',
    button: `Pay ${formatMsat(amount_msat, 'en')}`,
    fields,
    text: html`
      <p class="figure">${formatMsat(amount_msat, 'en')}</p>
      <dl class="facts">
        <dt>For</dt><dd>${quoted(textIn(decoded, 'description') ?? 'no description')}</dd>
        <dt>To</dt><dd>${shortened(textIn(decoded, 'payee') ?? '')}</dd>
        <dt>Fee</dt><dd>up to ${formatMsat(most_fee_msat, 'en')}</dd>
      </dl>
      <p>A payment cannot be taken back.</p>`,
  });
}

/** Pays an address, after asking. */
export async function payAddress(visit: Visit): Promise<PageAnswer> {
  const { asked, command } = visit;
  const address = asked.form.text('address').trim();
  const given = asked.form.text('satoshi').trim().toLowerCase();
  const satoshi = given === 'all' ? 'all' : given.replace(/[\s,.']/g, '');
  const feerate = FEERATES.find(([name]) => name === asked.form.text('feerate'))?.[0] ?? 'normal';
  if (!/^(all|[1-9]\d{0,15})$/.test(satoshi)) {
    return await payouts(visit, { kind: 'bad', text: 'The amount is a whole number of satoshi, or all.' });
  }
  const key = confirmedKey(visit);
  if (key === undefined) {
    const amount = satoshi === 'all' ? 'Everything beyond the reserve' : formatMsat(BigInt(satoshi) * 1000n, 'en');
    return confirm(visit, {
      title: 'Pay this address?',
      here: '/payouts',
      action: '/payouts/address',
      back: '/payouts',
      button: 'Pay',
      fields: { address, satoshi, feerate },
      text: html`
        <p class="figure">${amount}</p>
        <p>to the address</p><p class="mono">${address}</p>
        <p>A fee for the miners comes on top. A payment cannot be taken back: compare the address.</p>`,
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
