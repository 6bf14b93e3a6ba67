/** People: who may sign in, who is signed in, and what they did. */
import type { JsonObject } from '../../../rpc/json.ts';
import { filled, filledText } from '../fill.ts';
import { type Html, html, quoted } from '../html.ts';
import type { PageAnswer } from '../page.ts';
import { countIn, rowsIn, textIn } from './answers.ts';
import { confirm, confirmedKey } from './confirm.ts';
import { doneSaid, formToken, frame, option, type Said, table } from './frame.ts';
import { refusal, type Visit } from './guard.ts';
import type { DashboardTexts } from './texts/index.ts';

const ROLES = ['cashier', 'accountant', 'owner'] as const;
const ACTIONS = 50;

/** A link that was just made, and for whom. */
interface NewLink {
  readonly user: string;
  readonly url: string;
  /** The same for the counter, where there is one. */
  readonly counter_url: string | undefined;
}

/** Answers the page. */
export async function people(visit: Visit, said?: Said, link?: NewLink): Promise<PageAnswer> {
  const { person, asked, texts, command } = visit;
  const { people: says } = texts;
  const before = asked.url.searchParams.get('before') ?? '';
  const [users, sessions, actions] = await Promise.all([
    command('listusers'),
    command('listsessions'),
    command('listactions', { limit: ACTIONS, ...(/^\d{1,15}$/.test(before) ? { before } : {}) }),
  ]);
  return frame(visit, {
    title: says.title,
    here: '/people',
    said: said ?? doneSaid(asked, { gone: says.gone, ended: says.ended }),
    status: said?.kind === 'bad' ? 400 : 200,
    main: html`
      ${link !== undefined && linkShown(visit, link)}
      <section class="card stack"><h2>${says.users}</h2>${userTable(visit, rowsIn(users, 'users'))}</section>
      <form class="card stack narrow" method="post" action="/people">
        <h2>${says.add_somebody}</h2>
        ${formToken(person)}
        <div class="field"><label for="user">${says.name}</label><input id="user" name="user" required maxlength="64" value="${asked.form.text('user')}"></div>
        <div class="field"><label for="role">${says.role}</label><select id="role" name="role">${ROLES.map((role) => option(role, says.role_kinds[role], 'cashier'))}</select></div>
        <button class="button">${says.add}</button>
      </form>
      <section class="card stack"><h2>${says.signed_in}</h2>${sessionTable(visit, rowsIn(sessions, 'sessions'))}</section>
      <section class="card stack"><h2>${says.who_what}</h2>${actionTable(visit, rowsIn(actions, 'actions'))}</section>`,
  });
}

function linkShown({ texts: { people: says } }: Visit, { user, url, counter_url }: NewLink): Html {
  return html`
    <section class="card stack">
      <h2>${filled(says.link_for, { user: quoted(user) })}</h2>
      <p>${filled(says.link_text, { user: quoted(user) })}</p>
      <p class="mono">${url}</p>
      ${counter_url !== undefined && html`<p>${says.link_counter}</p><p class="mono">${counter_url}</p>`}
    </section>`;
}

function userTable({ person, texts, show }: Visit, users: readonly JsonObject[]): Html {
  const { people: says } = texts;
  return table(
    says.users,
    [says.name, says.role, says.signs_in_by, `#${says.sessions}`, says.since, says.actions],
    users.map((user) => {
      const name = textIn(user, 'user') ?? '';
      const ways = [user.has_password === true && says.password, countIn(user, 'passkeys') > 0 && says.passkey].filter(
        Boolean,
      );
      return html`
        <tr><td>${quoted(name)}</td><td>${roleIn(texts, user)}</td>
          <td>${ways.length === 0 ? says.link : ways.join(', ')}</td>
          <td class="number">${countIn(user, 'sessions')}</td>
          <td class="small">${show.time(countIn(user, 'created_at'))}</td>
          <td><form class="row" method="post" action="/people/change">
            ${formToken(person)}<input type="hidden" name="user" value="${name}">
            <button class="button quiet" name="what" value="link">${says.make_link}</button>
            <button class="button danger" name="what" value="remove">${says.remove}</button></form></td></tr>`;
    }),
  );
}

function sessionTable({ person, texts: { people: says }, show }: Visit, sessions: readonly JsonObject[]): Html {
  return table(
    says.sessions,
    [`#${says.number}`, says.user, says.since, says.last_used, says.actions],
    sessions.map((session) => {
      const id = countIn(session, 'session_id');
      return html`
        <tr><td class="number">${id}</td>
          <td>${quoted(textIn(session, 'user') ?? '')} ${id === person.session_id && html`<span class="tag">${says.you}</span>`}</td>
          <td class="small">${filledText(says.since_by, { time: show.time(countIn(session, 'created_at')), way: wayIn(session, says) })}</td>
          <td class="small">${show.time(countIn(session, 'last_seen_at'))}</td>
          <td><form method="post" action="/people/change">${formToken(person)}<input type="hidden" name="session_id" value="${id}">
            <button class="button quiet" name="what" value="end">${says.end}</button></form></td></tr>`;
    }),
  );
}

function actionTable({ texts: { people: says }, show }: Visit, actions: readonly JsonObject[]): Html {
  if (actions.length === 0) return html`<p class="muted">${says.nothing_changed}</p>`;
  const kinds = { done: 'good', failed: 'bad', unknown: 'warn' } as const;
  const last = countIn(actions.at(-1) ?? {}, 'action_id');
  return html`
    ${table(
      says.actions,
      [says.time, says.user, says.command, says.with, says.result],
      actions.map((action) => {
        const outcome = (['done', 'failed'] as const).find((each) => each === textIn(action, 'outcome')) ?? 'unknown';
        return html`
        <tr><td class="small">${show.time(countIn(action, 'time'))}</td>
          <td>${quoted(textIn(action, 'user') ?? '')}</td>
          <td class="mono">${textIn(action, 'method') ?? ''}</td>
          <td class="mono clipped">${textIn(action, 'params') ?? ''}</td>
          <td><span class="tag ${kinds[outcome]}">${says.outcomes[outcome]}</span> <span lang="en">${textIn(action, 'error') ?? ''}</span></td></tr>`;
      }),
    )}
    ${actions.length === ACTIONS && html`<p><a class="button quiet" href="/people?before=${last}">${says.older}</a></p>`}`;
}

function roleIn({ roles }: DashboardTexts, user: JsonObject): string {
  const role = textIn(user, 'role') ?? '';
  return Object.hasOwn(roles, role) ? roles[role as keyof typeof roles] : role;
}

/** How a session began. */
function wayIn(session: JsonObject, says: DashboardTexts['people']): string {
  const way = textIn(session, 'way');
  if (way === 'password') return says.password;
  return way === 'passkey' ? says.passkey : says.link;
}

/** Adds somebody. */
export async function addUser(visit: Visit): Promise<PageAnswer> {
  const { form } = visit.asked;
  try {
    const made = await visit.command('createuser', { user: form.text('user'), role: form.text('role') });
    return await people(visit, undefined, linkIn(visit, made));
  } catch (error) {
    return await people(visit, { kind: 'bad', text: refusal(error) });
  }
}

/** The link as this reader reaches the dashboard. */
function linkIn({ asked }: Visit, made: JsonObject): NewLink {
  return {
    user: textIn(made, 'user') ?? '',
    url: `${asked.base_url}/sign-in?token=${textIn(made, 'token') ?? ''}`,
    counter_url: textIn(made, 'counter_url'),
  };
}

/** Makes a link, removes somebody, or ends a session. */
export async function changePeople(visit: Visit): Promise<PageAnswer> {
  const { asked, command, texts } = visit;
  const { people: says } = texts;
  const { form } = asked;
  const user = form.text('user');
  const what = form.text('what');
  try {
    if (what === 'link') return await people(visit, undefined, linkIn(visit, await command('createlogin', { user })));
    if (what === 'end') {
      await command('deletesession', { session_id: form.text('session_id') });
      return { see: '/people?done=ended' };
    }
    if (what !== 'remove') return { problem: 'bad_form' };
    if (confirmedKey(visit) === undefined) {
      return confirm(visit, {
        title: says.ask_remove,
        here: '/people',
        action: '/people/change',
        back: '/people',
        button: says.remove_it,
        is_dangerous: true,
        fields: { user, what },
        text: html`<p>${filled(says.ask_remove_text, { user: quoted(user) })}</p>`,
      });
    }
    await command('deleteuser', { user });
    return { see: '/people?done=gone' };
  } catch (error) {
    return await people(visit, { kind: 'bad', text: refusal(error) });
  }
}
