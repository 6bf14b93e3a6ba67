/** People: who may sign in, who is signed in, and what they did. */
import type { JsonObject } from '../../../rpc/json.ts';
import { type Html, html, quoted } from '../html.ts';
import { formatTime } from '../money.ts';
import type { PageAnswer } from '../page.ts';
import { countIn, rowsIn, textIn } from './answers.ts';
import { confirm, confirmedKey } from './confirm.ts';
import { doneSaid, formToken, frame, option, type Said, table } from './frame.ts';
import { refusal, type Visit } from './guard.ts';

const ROLES = [
  ['cashier', 'Cashier: takes payments'],
  ['accountant', 'Accountant: looks, and changes nothing'],
  ['owner', 'Owner: may do everything'],
] as const;
const ACTIONS = 50;
const DONE = {
  gone: 'The user is removed.',
  ended: 'The session is over.',
  role: 'The role is changed.',
};

/** A link that was just made, and for whom. */
interface NewLink {
  readonly user: string;
  readonly url: string;
  /** The same for the counter, where there is one. */
  readonly counter_url: string | undefined;
}

/** Answers the page. */
export async function people(visit: Visit, said?: Said, link?: NewLink): Promise<PageAnswer> {
  const { tools, person, asked, command } = visit;
  const before = asked.url.searchParams.get('before') ?? '';
  const [users, sessions, actions] = await Promise.all([
    command('listusers'),
    command('listsessions'),
    command('listactions', { limit: ACTIONS, ...(/^\d{1,15}$/.test(before) ? { before } : {}) }),
  ]);
  const { time_zone } = tools.settings;
  return frame(tools, person, {
    title: 'People',
    here: '/people',
    said: said ?? doneSaid(asked, DONE),
    status: said?.kind === 'bad' ? 400 : 200,
    main: html`
      ${link !== undefined && linkShown(link)}
      <section class="card stack"><h2>Users</h2>${userTable(visit, rowsIn(users, 'users'))}</section>
      <form class="card stack narrow" method="post" action="/people">
        <h2>Add somebody</h2>
        ${formToken(person)}
        <div class="field"><label for="user">Name</label><input id="user" name="user" required maxlength="64" value="${asked.form.text('user')}"></div>
        <div class="field"><label for="role">Role</label><select id="role" name="role">${ROLES.map(([value, name]) => option(value, name, 'cashier'))}</select></div>
        <button class="button">Add</button>
      </form>
      <section class="card stack"><h2>Signed in now</h2>${sessionTable(visit, rowsIn(sessions, 'sessions'))}</section>
      <section class="card stack"><h2>Who changed what</h2>${actionTable(rowsIn(actions, 'actions'), time_zone)}</section>`,
  });
}

function linkShown({ user, url, counter_url }: NewLink): Html {
  return html`
    <section class="card stack">
      <h2>A link for ${quoted(user)}</h2>
      <p>It signs ${quoted(user)} in once, within ten minutes. Show it to nobody else.</p>
      <p class="mono">${url}</p>
      ${counter_url !== undefined && html`<p>Or on the device at the counter:</p><p class="mono">${counter_url}</p>`}
    </section>`;
}

function userTable({ person, tools }: Visit, users: readonly JsonObject[]): Html {
  return table(
    'Users',
    ['Name', 'Role', 'Signs in by', '#Sessions', 'Since', 'Actions'],
    users.map((user) => {
      const name = textIn(user, 'user') ?? '';
      const ways = [user.has_password === true && 'password', countIn(user, 'passkeys') > 0 && 'passkey'].filter(
        Boolean,
      );
      return html`
        <tr><td>${quoted(name)}</td><td>${textIn(user, 'role') ?? ''}</td>
          <td>${ways.length === 0 ? 'link' : ways.join(', ')}</td>
          <td class="number">${countIn(user, 'sessions')}</td>
          <td class="small">${formatTime(countIn(user, 'created_at'), 'en', tools.settings.time_zone)}</td>
          <td><form class="row" method="post" action="/people/change">
            ${formToken(person)}<input type="hidden" name="user" value="${name}">
            <button class="button quiet" name="what" value="link">Link</button>
            <button class="button danger" name="what" value="remove">Remove ...</button></form></td></tr>`;
    }),
  );
}

function sessionTable({ person, tools }: Visit, sessions: readonly JsonObject[]): Html {
  return table(
    'Sessions',
    ['#Number', 'User', 'Since', 'Last used', 'Actions'],
    sessions.map((session) => {
      const id = countIn(session, 'session_id');
      return html`
        <tr><td class="number">${id}</td>
          <td>${quoted(textIn(session, 'user') ?? '')} ${id === person.session_id && html`<span class="tag">you</span>`}</td>
          <td class="small">${formatTime(countIn(session, 'created_at'), 'en', tools.settings.time_zone)} by ${textIn(session, 'way') ?? ''}</td>
          <td class="small">${formatTime(countIn(session, 'last_seen_at'), 'en', tools.settings.time_zone)}</td>
          <td><form method="post" action="/people/change">${formToken(person)}<input type="hidden" name="session_id" value="${id}">
            <button class="button quiet" name="what" value="end">End</button></form></td></tr>`;
    }),
  );
}

function actionTable(actions: readonly JsonObject[], time_zone: string): Html {
  if (actions.length === 0) return html`<p class="muted">Nothing was changed through these pages yet.</p>`;
  const kinds: Readonly<Record<string, string>> = { done: 'good', failed: 'bad', unknown: 'warn' };
  const last = countIn(actions.at(-1) ?? {}, 'action_id');
  return html`
    ${table(
      'Actions',
      ['Time', 'User', 'Command', 'With', 'Result'],
      actions.map((action) => {
        const outcome = textIn(action, 'outcome') ?? '';
        return html`
        <tr><td class="small">${formatTime(countIn(action, 'time'), 'en', time_zone)}</td>
          <td>${quoted(textIn(action, 'user') ?? '')}</td>
          <td class="mono">${textIn(action, 'method') ?? ''}</td>
          <td class="mono clipped">${textIn(action, 'params') ?? ''}</td>
          <td><span class="tag ${kinds[outcome] ?? ''}">${outcome}</span> ${textIn(action, 'error') ?? ''}</td></tr>`;
      }),
    )}
    ${actions.length === ACTIONS && html`<p><a class="button quiet" href="/people?before=${last}">Older</a></p>`}`;
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
  const { asked, command } = visit;
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
        title: 'Remove this user?',
        here: '/people',
        action: '/people/change',
        back: '/people',
        button: 'Remove',
        is_dangerous: true,
        fields: { user, what },
        text: html`<p>${quoted(user)} is signed out everywhere at once, and cannot sign in again. What they did stays in the list.</p>`,
      });
    }
    await command('deleteuser', { user });
    return { see: '/people?done=gone' };
  } catch (error) {
    return await people(visit, { kind: 'bad', text: refusal(error) });
  }
}
