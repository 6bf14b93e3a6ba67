/** Webhooks: where events are sent, how each is doing, and what the owner changes about them. */
import type { JsonObject } from '../../../rpc/json.ts';
import { filledText } from '../fill.ts';
import { type Html, html, quoted } from '../html.ts';
import type { PageAnswer } from '../page.ts';
import { countIn, integerIn, rowsIn, textIn } from './answers.ts';
import { confirm, confirmedKey } from './confirm.ts';
import { doneSaid, formToken, frame, type Said, table } from './frame.ts';
import { refusal, type Visit } from './guard.ts';

const FAMILIES = [
  ['invoice.paid', 'paid'],
  ['invoice', 'invoices'],
  ['', 'everything'],
] as const;

/** What was done, by the name in the path. */
function done({ asked, texts: { webhooks: says } }: Visit): Said | undefined {
  return doneSaid(asked, { on: says.on_said, off: says.off_said, gone: says.gone, tested: says.tested });
}

/** Answers the list; `secret` is that of a webhook that was just made. */
export async function webhooks(visit: Visit, said?: Said, secret?: string): Promise<PageAnswer> {
  const { person, asked, texts, command } = visit;
  const { webhooks: says } = texts;
  const rows = rowsIn(await command('listwebhooks'), 'webhooks');
  return frame(visit, {
    title: says.title,
    here: '/webhooks',
    said: said ?? done(visit),
    status: said?.kind === 'bad' ? 400 : 200,
    main: html`
      <p class="muted">${says.intro}</p>
      ${secret !== undefined && secretShown(visit, secret)}
      ${rows.length > 0 && html`<section class="card">${list(visit, rows)}</section>`}
      <form class="card stack narrow" method="post" action="/webhooks">
        <h2>${says.new_webhook}</h2>
        ${formToken(person)}
        <div class="field"><label for="url">URL</label><input id="url" name="url" type="url" required maxlength="2000" placeholder="https://shop.example/hooks/till" value="${asked.form.text('url')}"></div>
        <div class="field"><label for="types">${says.what_is_sent}</label><select id="types" name="types">${FAMILIES.map(([value, name]) => html`<option value="${value}">${says.families[name]}</option>`)}</select></div>
        <button class="button">${says.create}</button>
      </form>`,
  });
}

/** A secret is shown once. */
function secretShown({ texts: { webhooks: says } }: Visit, secret: string): Html {
  return html`
    <section class="card stack">
      <h2>${says.secret}</h2>
      <p>${says.secret_text}</p>
      <p class="mono">${secret}</p>
    </section>`;
}

function list(visit: Visit, rows: readonly JsonObject[]): Html {
  const {
    texts: { webhooks: says },
    show,
  } = visit;
  return table(
    says.title,
    [`#${says.number}`, 'URL', says.state, `#${says.to_retry}`],
    rows.map((row) => {
      const id = countIn(row, 'webhook_id');
      return html`
        <tr><td class="number">${id}</td>
          <td><a href="/webhooks/${id}">${quoted(textIn(row, 'url') ?? '')}</a></td>
          <td>${stateTag(visit, row)}</td>
          <td class="number">${show.count(countIn(row, 'retries'))}</td></tr>`;
    }),
  );
}

function stateTag({ texts: { webhooks: says } }: Visit, row: JsonObject): Html {
  if (row.enabled !== true) return html`<span class="tag bad">${says.off}</span>`;
  return row.failing_since === undefined
    ? html`<span class="tag good">${says.on}</span>`
    : html`<span class="tag warn">${says.failing}</span>`;
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
    return await webhooks(visit, { kind: 'good', text: visit.texts.webhooks.made }, textIn(made, 'secret'));
  } catch (error) {
    return await webhooks(visit, { kind: 'bad', text: refusal(error) });
  }
}

/** Answers the page of one. */
export async function webhookDetail(visit: Visit, said?: Said, secret?: string): Promise<PageAnswer> {
  const { asked, texts, show, command } = visit;
  const { webhooks: says } = texts;
  const webhook_id = asked.params.id ?? '';
  if (!/^\d{1,9}$/.test(webhook_id)) return { problem: 'not_found' };
  const all = rowsIn(await command('listwebhooks'), 'webhooks');
  const row = all.find((each) => countIn(each, 'webhook_id') === Number(webhook_id));
  if (row === undefined) return { problem: 'not_found' };
  const deliveries = rowsIn(await command('listdeliveries', { webhook_id, limit: 50 }), 'deliveries');
  const failing = integerIn(row, 'failing_since');
  return frame(visit, {
    title: filledText(says.one, { number: webhook_id }),
    here: '/webhooks',
    said: said ?? done(visit),
    status: said?.kind === 'bad' ? 400 : 200,
    main: html`
      ${secret !== undefined && secretShown(visit, secret)}
      <section class="card stack">
        <p>${quoted(textIn(row, 'url') ?? '')} ${stateTag(visit, row)}</p>
        <dl class="facts">
          <dt>${says.sends}</dt><dd>${Array.isArray(row.types) ? row.types.map(String).join(', ') : says.families.everything}</dd>
          <dt>${says.at_event}</dt><dd>${countIn(row, 'position')}</dd>
          <dt>${says.attempts}</dt><dd>${show.count(countIn(row, 'attempts'))}</dd>
          ${failing !== undefined && html`<dt>${says.failing_since}</dt><dd>${show.time(Number(failing))}</dd>`}
          ${row.disabled_reason !== undefined && html`<dt>${says.off_because}</dt><dd lang="en">${textIn(row, 'disabled_reason') ?? ''}</dd>`}
        </dl>
        ${buttons(visit, webhook_id, row.enabled === true)}
      </section>
      <section class="card stack"><h2>${says.last_attempts}</h2>${attempts(visit, deliveries)}</section>`,
  });
}

function buttons({ person, texts: { webhooks: says } }: Visit, id: string, is_on: boolean): Html {
  return html`
    <form class="row" method="post" action="/webhooks/${id}">
      ${formToken(person)}
      <button class="button quiet" name="what" value="test">${says.send_test}</button>
      ${is_on ? html`<button class="button quiet" name="what" value="off">${says.switch_off}</button>` : html`<button class="button quiet" name="what" value="on">${says.switch_on}</button>`}
      <button class="button quiet" name="what" value="rotate">${says.rotate}</button>
      <button class="button danger" name="what" value="delete">${says.delete}</button>
    </form>`;
}

function attempts({ texts: { webhooks: says }, show }: Visit, deliveries: readonly JsonObject[]): Html {
  if (deliveries.length === 0) return html`<p class="muted">${says.nothing_sent}</p>`;
  return table(
    says.attempts,
    [says.time, `#${says.event}`, `#${says.took}`, says.result],
    deliveries.map((row) => {
      const is_delivered = row.delivered === true;
      return html`
        <tr><td class="small">${show.time(countIn(row, 'tried_at'))}</td>
          <td class="number">${integerIn(row, 'event_id') ?? says.test}</td>
          <td class="number">${show.count(countIn(row, 'duration_ms'))} ms</td>
          <td><span class="tag ${is_delivered ? 'good' : 'bad'}">${is_delivered ? says.delivered : says.failed}</span> ${integerIn(row, 'status') ?? ''} <span lang="en">${textIn(row, 'failure') ?? ''}</span></td></tr>`;
    }),
  );
}

/** Does what a button of the page says; what cannot be taken back is asked for first. */
export async function changeWebhook(visit: Visit): Promise<PageAnswer> {
  const { asked, command } = visit;
  const { webhooks: says } = visit.texts;
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
        return asks(says.ask_delete, says.ask_delete_text, says.delete_it);
      }
      await command('deletewebhook', { webhook_id: id });
      return { see: '/webhooks?done=gone' };
    }
    if (what !== 'rotate') return { problem: 'bad_form' };
    if (confirmedKey(visit) === undefined) {
      return asks(says.ask_rotate, says.ask_rotate_text, says.rotate_it);
    }
    const made = await command('rotatewebhooksecret', { webhook_id: id });
    return await webhookDetail(visit, { kind: 'good', text: says.new_secret }, textIn(made, 'secret'));
  } catch (error) {
    return await webhookDetail(visit, { kind: 'bad', text: refusal(error) });
  }
}
