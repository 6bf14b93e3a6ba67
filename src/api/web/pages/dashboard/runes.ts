/** Runes: what programs may ask of the node. */
import type { Json, JsonObject } from '../../../rpc/json.ts';
import { type Html, html, quoted } from '../html.ts';
import { formatTime } from '../money.ts';
import type { PageAnswer } from '../page.ts';
import { integerIn, rowsIn, textIn } from './answers.ts';
import { confirm, confirmedKey } from './confirm.ts';
import { doneSaid, formToken, frame, option, type Said, table } from './frame.ts';
import { refusal, type Visit } from './guard.ts';

/** What the form offers; the rest is for `till createrune`. */
const KINDS: Readonly<Record<string, { readonly name: string; readonly restrictions: Json }>> = {
  shop: {
    name: 'A web shop: makes invoices and looks at them',
    restrictions: [
      [
        'method=invoice',
        'method=listinvoices',
        'method=waitinvoice',
        'method=waitanyinvoice',
        'method=listevents',
        'method=waitevent',
        'method=getinfo',
      ],
    ],
  },
  readonly: { name: 'A reader: looks, and changes nothing', restrictions: 'readonly' },
  everything: { name: 'Everything: may spend all the money', restrictions: [] },
};

/** Answers the list; `rune` is one that was just made. */
export async function runes(visit: Visit, said?: Said, rune?: string): Promise<PageAnswer> {
  const { tools, person, asked, command } = visit;
  const rows = rowsIn(await command('showrunes'), 'runes').toReversed();
  return frame(tools, person, {
    title: 'Runes',
    here: '/runes',
    said: said ?? doneSaid(asked, { revoked: 'The rune is revoked.' }),
    status: said?.kind === 'bad' ? 400 : 200,
    main: html`
      <p class="muted">A rune gives a program the right to ask the node for some things and not for others. Whoever has its text has the right.</p>
      ${rune !== undefined && html`<section class="card stack"><h2>The new rune</h2><p>Give it to the program now.</p><p class="mono">${rune}</p></section>`}
      <form class="card stack narrow" method="post" action="/runes">
        <h2>New rune</h2>
        ${formToken(person)}
        <div class="field"><label for="kind">For</label><select id="kind" name="kind">${Object.entries(KINDS).map(([value, { name }]) => option(value, name, 'shop'))}</select></div>
        <button class="button">Make</button>
      </form>
      <section class="card">${rows.length === 0 ? html`<p class="muted">There are no runes.</p>` : list(visit, rows)}</section>`,
  });
}

function list({ tools, person }: Visit, rows: readonly JsonObject[]): Html {
  return table(
    'Runes',
    ['#Number', 'Permits when', 'Last used', 'Actions'],
    rows.map((row) => {
      const id = textIn(row, 'unique_id') ?? '';
      const used = integerIn(row, 'last_used');
      return html`
        <tr><td class="number">${id}</td>
          <td class="long">${permits(row)}</td>
          <td class="small">${used === undefined ? 'never' : formatTime(Number(used), 'en', tools.settings.time_zone)}</td>
          <td>${
            row.blacklisted === true
              ? html`<span class="tag bad">revoked</span>`
              : html`<form method="post" action="/runes/revoke">${formToken(person)}<input type="hidden" name="id" value="${id}"><button class="button danger">Revoke ...</button></form>`
          }</td></tr>`;
    }),
  );
}

/** What it permits, in words; the rune of a user is told by the name. */
function permits(row: JsonObject): Html {
  const [first] = rowsIn(row, 'restrictions').flatMap((restriction) => rowsIn(restriction, 'alternatives'));
  if (first?.fieldname === 'user' && first.condition === '#') {
    return html`<span class="tag">user</span> ${quoted(textIn(first, 'value') ?? '')}`;
  }
  const english = textIn(row, 'restrictions_as_english') ?? '';
  return english === '' ? html`<span class="tag warn">everything</span>` : quoted(english);
}

/** Makes one; one that may do everything is asked for twice. */
export async function makeRune(visit: Visit): Promise<PageAnswer> {
  const kind = visit.asked.form.text('kind');
  const wanted = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (wanted === undefined) return { problem: 'bad_form' };
  if (kind === 'everything' && confirmedKey(visit) === undefined) {
    return confirm(visit, {
      title: 'Make a rune that may do everything?',
      here: '/runes',
      action: '/runes',
      back: '/runes',
      button: 'Make it',
      is_dangerous: true,
      fields: { kind },
      text: html`<p>Whoever has it can spend all the money of the node. Nothing limits it, and you will not be asked.</p>`,
    });
  }
  try {
    const made = await visit.command('createrune', { restrictions: wanted.restrictions });
    return await runes(visit, { kind: 'good', text: 'The rune is made.' }, textIn(made, 'rune'));
  } catch (error) {
    return await runes(visit, { kind: 'bad', text: refusal(error) });
  }
}

/** Revokes one, after asking. */
export async function revokeRune(visit: Visit): Promise<PageAnswer> {
  const id = visit.asked.form.text('id');
  if (!/^\d{1,9}$/.test(id)) return { problem: 'bad_form' };
  if (confirmedKey(visit) === undefined) {
    return confirm(visit, {
      title: `Revoke rune ${id}?`,
      here: '/runes',
      action: '/runes/revoke',
      back: '/runes',
      button: 'Revoke',
      is_dangerous: true,
      fields: { id },
      text: html`<p>Programs that use it, or a rune derived from it, are refused from then on. If it is the rune of a user, the user can do nothing any more: remove the user instead.</p>`,
    });
  }
  try {
    await visit.command('blacklistrune', { start: Number(id) });
    return { see: '/runes?done=revoked' };
  } catch (error) {
    return await runes(visit, { kind: 'bad', text: refusal(error) });
  }
}
