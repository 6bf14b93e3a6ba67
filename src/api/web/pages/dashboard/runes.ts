/** Runes: what programs may ask of the node. */
import type { Json, JsonObject } from '../../../rpc/json.ts';
import { filledText } from '../fill.ts';
import { type Html, html, quoted } from '../html.ts';
import type { PageAnswer } from '../page.ts';
import { integerIn, rowsIn, textIn } from './answers.ts';
import { confirm, confirmedKey } from './confirm.ts';
import { doneSaid, formToken, frame, option, type Said, table } from './frame.ts';
import { refusal, type Visit } from './guard.ts';
import type { DashboardTexts } from './texts/index.ts';

/** What the form offers; the rest is for `till createrune`. */
const KINDS = {
  shop: {
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
  readonly: { restrictions: 'readonly' },
  everything: { restrictions: [] },
} as const satisfies Readonly<Record<string, { readonly restrictions: Json }>>;
type Kind = keyof typeof KINDS;

/** Answers the list; `rune` is one that was just made. */
export async function runes(visit: Visit, said?: Said, rune?: string): Promise<PageAnswer> {
  const { person, asked, texts, command } = visit;
  const { runes: says } = texts;
  const rows = rowsIn(await command('showrunes'), 'runes').toReversed();
  return frame(visit, {
    title: says.title,
    here: '/runes',
    said: said ?? doneSaid(asked, { revoked: says.revoked_said }),
    status: said?.kind === 'bad' ? 400 : 200,
    main: html`
      <p class="muted">${says.intro}</p>
      ${rune !== undefined && html`<section class="card stack"><h2>${says.new_made}</h2><p>${says.give_now}</p><p class="mono">${rune}</p></section>`}
      <form class="card stack narrow" method="post" action="/runes">
        <h2>${says.new_rune}</h2>
        ${formToken(person)}
        <div class="field"><label for="kind">${says.for}</label><select id="kind" name="kind">${(Object.keys(KINDS) as Kind[]).map((kind) => option(kind, says.kinds[kind], 'shop'))}</select></div>
        <button class="button">${says.make}</button>
      </form>
      <section class="card">${rows.length === 0 ? html`<p class="muted">${says.none}</p>` : list(visit, rows)}</section>`,
  });
}

function list({ texts: { runes: says }, show, person }: Visit, rows: readonly JsonObject[]): Html {
  return table(
    says.title,
    [`#${says.number}`, says.permits, says.last_used, says.actions],
    rows.map((row) => {
      const id = textIn(row, 'unique_id') ?? '';
      const used = integerIn(row, 'last_used');
      return html`
        <tr><td class="number">${id}</td>
          <td class="long">${permits(row, says)}</td>
          <td class="small">${used === undefined ? says.never : show.time(Number(used))}</td>
          <td>${
            row.blacklisted === true
              ? html`<span class="tag bad">${says.revoked}</span>`
              : html`<form method="post" action="/runes/revoke">${formToken(person)}<input type="hidden" name="id" value="${id}"><button class="button danger">${says.revoke}</button></form>`
          }</td></tr>`;
    }),
  );
}

/** What it permits, in words; the rune of a user is told by the name. */
function permits(row: JsonObject, says: DashboardTexts['runes']): Html {
  const [first] = rowsIn(row, 'restrictions').flatMap((restriction) => rowsIn(restriction, 'alternatives'));
  if (first?.fieldname === 'user' && first.condition === '#') {
    return html`<span class="tag">${says.user}</span> ${quoted(textIn(first, 'value') ?? '')}`;
  }
  const english = textIn(row, 'restrictions_as_english') ?? '';
  return english === ''
    ? html`<span class="tag warn">${says.everything}</span>`
    : html`<span lang="en">${quoted(english)}</span>`;
}

/** Makes one; one that may do everything is asked for twice. */
export async function makeRune(visit: Visit): Promise<PageAnswer> {
  const kind = visit.asked.form.text('kind');
  const wanted = Object.hasOwn(KINDS, kind) ? KINDS[kind as Kind] : undefined;
  const { runes: says } = visit.texts;
  if (wanted === undefined) return { problem: 'bad_form' };
  if (kind === 'everything' && confirmedKey(visit) === undefined) {
    return confirm(visit, {
      title: says.ask_everything,
      here: '/runes',
      action: '/runes',
      back: '/runes',
      button: says.make_it,
      is_dangerous: true,
      fields: { kind },
      text: html`<p>${says.ask_everything_text}</p>`,
    });
  }
  try {
    const made = await visit.command('createrune', { restrictions: wanted.restrictions });
    return await runes(visit, { kind: 'good', text: says.made }, textIn(made, 'rune'));
  } catch (error) {
    return await runes(visit, { kind: 'bad', text: refusal(error) });
  }
}

/** Revokes one, after asking. */
export async function revokeRune(visit: Visit): Promise<PageAnswer> {
  const id = visit.asked.form.text('id');
  const { runes: says } = visit.texts;
  if (!/^\d{1,9}$/.test(id)) return { problem: 'bad_form' };
  if (confirmedKey(visit) === undefined) {
    return confirm(visit, {
      title: filledText(says.ask_revoke, { number: id }),
      here: '/runes',
      action: '/runes/revoke',
      back: '/runes',
      button: says.revoke_it,
      is_dangerous: true,
      fields: { id },
      text: html`<p>${says.ask_revoke_text}</p>`,
    });
  }
  try {
    await visit.command('blacklistrune', { start: Number(id) });
    return { see: '/runes?done=revoked' };
  } catch (error) {
    return await runes(visit, { kind: 'bad', text: refusal(error) });
  }
}
