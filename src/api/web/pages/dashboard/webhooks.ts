/** Webhooks: where events are sent, how each is doing, and what the owner changes about them. */
import type { JsonObject } from '../../../rpc/json.ts';
import { type Html, html, quoted } from '../html.ts';
import { formatCount, formatTime } from '../money.ts';
import type { PageAnswer } from '../page.ts';
import { countIn, integerIn, rowsIn, textIn } from './answers.ts';
import { confirm, confirmedKey } from './confirm.ts';
import { doneSaid, formToken, frame, type Said, table } from './frame.ts';
import { refusal, type Visit } from './guard.ts';

const FAMILIES = [
  ['invoice.paid', 'payments only'],
  ['invoice', 'everything about invoices'],
  ['', 'everything'],
] as const;
const DONE = {
  on: 'The webhook is switched on.',
  off: 'The webhook is switched off.',
  gone: 'The webhook is deleted.',
  tested: 'A test was sent: see below what came of it.',
  again: 'The events are sent again.',
};

/** Answers the list; `secret` is that of a webhook that was just made. */
export async function webhooks(visit: Visit, said?: Said, secret?: string): Promise<PageAnswer> {
  const { tools, person, asked, command } = visit;
  const rows = rowsIn(await command('listwebhooks'), 'webhooks');
  return frame(tools, person, {
    title: 'Webhooks',
    here: '/webhooks',
    said: said ?? doneSaid(asked, DONE),
    status: said?.kind === 'bad' ? 400 : 200,
    main: html`
      <p class="muted">Till sends what happens to addresses of your own software, signed, until it is taken.</p>
      ${secret !== undefined && secretShown(secret)}
      ${rows.length > 0 && html`<section class="card">${list(rows)}</section>`}
      <form class="card stack narrow" method="post" action="/webhooks">
        <h2>New webhook</h2>
        ${formToken(person)}
        <div class="field"><label for="url">URL</label><input id="url" name="url" type="url" required maxlength="2000" placeholder="https://shop.example/hooks/till" value="${asked.form.text('url')}"></div>
        <div class="field"><label for="types">What is sent</label><select id="types" name="types">${FAMILIES.map(([value, name]) => html`<option value="${value}">${name}</option>`)}</select></div>
        <button class="button">Create</button>
      </form>`,
  });
}

/** A secret is shown once. */
function secretShown(secret: string): Html {
  return html`
    <section class="card stack">
      <h2>The secret</h2>
      <p>Messages are signed with it. Give it to the receiver now: it is not shown again.</p>
      <p class="mono">${secret}</p>
    </section>`;
}

function list(rows: readonly JsonObject[]): Html {
  return table(
    'Webhooks',
    ['#Number', 'URL', 'State', '#To be tried again'],
    rows.map((row) => {
      const id = countIn(row, 'webhook_id');
      return html`
        <tr><td class="number">${id}</td>
          <td><a href="/webhooks/${id}">${quoted(textIn(row, 'url') ?? '')}</a></td>
          <td>${stateTag(row)}</td>
          <td class="number">${formatCount(countIn(row, 'retries'), 'en')}</td></tr>`;
    }),
  );
}

function stateTag(row: JsonObject): Html {
  if (row.enabled !== true) return html`<span class="tag bad">off</span>`;
  return row.failing_since === undefined
    ? html`<span class="tag good">on</span>`
    : html`<span class="tag warn">failing</span>`;
}

/** Makes one. */
export async function makeWebhook(visit: Visit): Promise<PageAnswer> {
  const { form } = visit.asked;
  const types = form.text('types');
  try {
    const made = await visit.command('createwebhook', {
      url: form.text('url').trim(),
      ...(types === '' ? {} : { types: [types] }),
    });
    return await webhooks(visit, { kind: 'good', text: 'The webhook is made.' }, textIn(made, 'secret'));
  } catch (error) {
    return await webhooks(visit, { kind: 'bad', text: refusal(error) });
  }
}

/** Answers the page of one. */
export async function webhookDetail(visit: Visit, said?: Said, secret?: string): Promise<PageAnswer> {
  const { tools, person, asked, command } = visit;
  const webhook_id = asked.params.id ?? '';
  if (!/^\d{1,9}$/.test(webhook_id)) return { problem: 'not_found' };
  const all = rowsIn(await command('listwebhooks'), 'webhooks');
  const row = all.find((each) => countIn(each, 'webhook_id') === Number(webhook_id));
  if (row === undefined) return { problem: 'not_found' };
  const deliveries = rowsIn(await command('listdeliveries', { webhook_id, limit: 50 }), 'deliveries');
  const { time_zone } = tools.settings;
  const failing = integerIn(row, 'failing_since');
  return frame(tools, person, {
    title: `Webhook ${webhook_id}`,
    here: '/webhooks',
    said: said ?? doneSaid(asked, DONE),
    status: said?.kind === 'bad' ? 400 : 200,
    main: html`
      ${secret !== undefined && secretShown(secret)}
      <section class="card stack">
        <p>${quoted(textIn(row, 'url') ?? '')} ${stateTag(row)}</p>
        <dl class="facts">
          <dt>Sends</dt><dd>${Array.isArray(row.types) ? row.types.map(String).join(', ') : 'everything'}</dd>
          <dt>Is at event</dt><dd>${countIn(row, 'position')}</dd>
          <dt>Attempts</dt><dd>${formatCount(countIn(row, 'attempts'), 'en')}</dd>
          ${failing !== undefined && html`<dt>Failing since</dt><dd>${formatTime(Number(failing), 'en', time_zone)}</dd>`}
          ${row.disabled_reason !== undefined && html`<dt>Off because</dt><dd>${textIn(row, 'disabled_reason') ?? ''}</dd>`}
        </dl>
        ${buttons(visit, webhook_id, row.enabled === true)}
      </section>
      <section class="card stack"><h2>Last attempts</h2>${attempts(deliveries, time_zone)}</section>`,
  });
}

function buttons({ person }: Visit, id: string, is_on: boolean): Html {
  return html`
    <form class="row" method="post" action="/webhooks/${id}">
      ${formToken(person)}
      <button class="button quiet" name="what" value="test">Send a test</button>
      ${is_on ? html`<button class="button quiet" name="what" value="off">Switch off</button>` : html`<button class="button quiet" name="what" value="on">Switch on</button>`}
      <button class="button quiet" name="what" value="rotate">New secret ...</button>
      <button class="button danger" name="what" value="delete">Delete ...</button>
    </form>`;
}

function attempts(deliveries: readonly JsonObject[], time_zone: string): Html {
  if (deliveries.length === 0) return html`<p class="muted">Nothing was sent yet.</p>`;
  return table(
    'Attempts',
    ['Time', '#Event', '#Took', 'Result'],
    deliveries.map((row) => {
      const is_delivered = row.delivered === true;
      return html`
        <tr><td class="small">${formatTime(countIn(row, 'tried_at'), 'en', time_zone)}</td>
          <td class="number">${integerIn(row, 'event_id') ?? 'test'}</td>
          <td class="number">${formatCount(countIn(row, 'duration_ms'), 'en')} ms</td>
          <td><span class="tag ${is_delivered ? 'good' : 'bad'}">${is_delivered ? 'delivered' : 'failed'}</span> ${integerIn(row, 'status') ?? ''} ${textIn(row, 'failure') ?? ''}</td></tr>`;
    }),
  );
}

/** Does what a button of the page says; what cannot be taken back is asked for first. */
export async function changeWebhook(visit: Visit): Promise<PageAnswer> {
  const { asked, command } = visit;
  const id = asked.params.id ?? '';
  const what = asked.form.text('what');
  const page = `/webhooks/${id}`;
  const asks = (title: string, text: string, button: string): PageAnswer =>
    confirm(visit, {
      ...{ title, button, here: '/webhooks', action: page, back: page, is_dangerous: true },
      ...{ fields: { what }, text: html`<p>${text}</p>` },
    });
  try {
    if (what === 'test') {
      await command('testwebhook', { webhook_id: id });
      return { see: `${page}?done=tested` };
    }
    if (what === 'on' || what === 'off') {
      await command('updatewebhook', { webhook_id: id, enabled: what === 'on' });
      return { see: `${page}?done=${what}` };
    }
    if (what === 'delete') {
      if (confirmedKey(visit) === undefined) {
        return asks(
          'Delete this webhook?',
          'Nothing is sent there any more. What it missed is not sent later.',
          'Delete',
        );
      }
      await command('deletewebhook', { webhook_id: id });
      return { see: '/webhooks?done=gone' };
    }
    if (what !== 'rotate') return { problem: 'bad_form' };
    if (confirmedKey(visit) === undefined) {
      const text =
        'For a day messages are signed with the old secret as well, so that the receiver has time to change.';
      return asks('Make a new secret?', text, 'Make a new secret');
    }
    const made = await command('rotatewebhooksecret', { webhook_id: id });
    return await webhookDetail(visit, { kind: 'good', text: 'There is a new secret.' }, textIn(made, 'secret'));
  } catch (error) {
    return await webhookDetail(visit, { kind: 'bad', text: refusal(error) });
  }
}
