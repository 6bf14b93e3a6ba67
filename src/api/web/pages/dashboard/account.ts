/** How the person who looks at it signs in: password and passkeys. */
import type { JsonObject } from '../../../rpc/json.ts';
import { type Html, html, quoted } from '../html.ts';
import { formatTime } from '../money.ts';
import { NodeRefused } from '../node-calls.ts';
import type { PageAnswer } from '../page.ts';
import { readResponse } from '../sign-in/sign-in.ts';
import { countIn, rowsIn, textIn } from './answers.ts';
import { doneSaid, formToken, frame, type Said } from './frame.ts';
import type { Visit } from './guard.ts';

const DONE = {
  password: 'The new password holds. Other sessions of yours are over.',
  added: 'The passkey is kept.',
  removed: 'The passkey is forgotten here. Remove it from your device as well.',
};

/** Answers the page. */
export async function account({ tools, person, asked }: Visit, said?: Said): Promise<PageAnswer> {
  const { session } = person;
  const [known, possible] = await Promise.all([
    tools.node.ask('passkeys', { session }),
    tools.node.ask('passkeys_possible', { origin: asked.base_url }),
  ]);
  return frame(tools, person, {
    title: 'Your account',
    here: '/account',
    said: said ?? doneSaid(asked, DONE),
    status: said?.kind === 'bad' ? 400 : 200,
    scripts: ['passkey'],
    main: html`
      <p>${quoted(person.name)}, ${person.role}</p>
      <div class="grid">
        ${passwordForm(person)}
        <section class="card stack">
          <h2>Passkeys</h2>
          ${passkeyList(formToken(person), rowsIn(known, 'passkeys'), tools.settings.time_zone)}
          ${possible.is_possible === true ? newPasskey(person) : html`<p class="muted">Browsers give passkeys to pages on localhost or on a domain name only. Open the dashboard there to add one.</p>`}
        </section>
      </div>`,
  });
}

function passwordForm(person: Visit['person']): Html {
  const asks_old = person.has_password && person.way !== 'link';
  return html`
    <form class="card stack" method="post" action="/account/password">
      <h2>Password</h2>
      ${formToken(person)}
      <p class="muted">${person.has_password ? 'You have a password.' : 'You have no password: set one, or you need a new link each time.'}</p>
      <input type="hidden" name="username" autocomplete="username" value="${person.name}">
      ${asks_old && html`<div class="field"><label for="old">The password until now</label><input id="old" name="old" type="password" autocomplete="current-password" required></div>`}
      <div class="field"><label for="new">The new password</label><input id="new" name="password" type="password" autocomplete="new-password" minlength="10" required aria-describedby="new-hint">
        <span class="muted small" id="new-hint">At least 10 characters</span></div>
      <div class="field"><label for="again">Once more</label><input id="again" name="again" type="password" autocomplete="new-password" required></div>
      <button class="button">Set the password</button>
    </form>`;
}

function passkeyList(token: Html, passkeys: readonly JsonObject[], time_zone: string): Html {
  if (passkeys.length === 0) return html`<p class="muted">You have none.</p>`;
  return html`<ul class="plain">${passkeys.map(
    (passkey) => html`
    <li class="row ends"><span>${quoted(textIn(passkey, 'name') ?? '')}<br><span class="muted small">${formatTime(countIn(passkey, 'created_at'), 'en', time_zone)}</span></span>
      <form method="post" action="/account/passkeys/remove">${token}<input type="hidden" name="credential_id" value="${textIn(passkey, 'credential_id') ?? ''}"><button class="button quiet">Remove</button></form></li>`,
  )}</ul>`;
}

function newPasskey(person: Visit['person']): Html {
  return html`
    <form class="stack" method="post" action="/account/passkeys" data-passkey="new" hidden>
      ${formToken(person)}
      <input type="hidden" name="response" value="">
      <div class="field"><label for="passkey-name">A name for it</label><input id="passkey-name" name="name" maxlength="64" value="Passkey"></div>
      <button class="button quiet">Add a passkey</button>
      <p role="status" data-passkey-says></p>
    </form>
    <noscript><p class="muted">Passkeys need scripts.</p></noscript>`;
}

/** Runs a question of the person's; what is said against it stands on the page. */
async function attempt(visit: Visit, question: string, params: JsonObject, done: string): Promise<PageAnswer> {
  const { tools, person } = visit;
  try {
    await tools.node.ask(question, { ...params, session: person.session });
    return { see: `/account?done=${done}` };
  } catch (error) {
    if (!(error instanceof NodeRefused) || error.error === 'SESSION_OVER') throw error;
    return await account(visit, { kind: 'bad', text: error.message });
  }
}

/** Sets a new password. */
export async function changePassword(visit: Visit): Promise<PageAnswer> {
  const { form, address } = visit.asked;
  const password = form.text('password');
  if (password === '' || password !== form.text('again')) {
    return await account(visit, { kind: 'bad', text: 'The two passwords are not the same.' });
  }
  return await attempt(visit, 'change_password', { old: form.text('old'), password, address }, 'password');
}

/** What a browser needs to make a passkey, for the script of the page. */
export async function passkeyOptions({ tools, asked, person }: Visit): Promise<PageAnswer> {
  const { shop_name } = tools.settings;
  const asks = { origin: asked.base_url, session: person.session, shop_name };
  const { options } = await tools.node.ask('new_passkey', asks);
  return { body: JSON.stringify(options), content_type: 'application/json' };
}

/** Keeps a passkey. */
export async function addPasskey(visit: Visit): Promise<PageAnswer> {
  const { form, base_url: origin } = visit.asked;
  const response = readResponse(form.text('response'));
  return await attempt(visit, 'keep_passkey', { origin, name: form.text('name'), response }, 'added');
}

/** Forgets one. */
export async function removePasskey(visit: Visit): Promise<PageAnswer> {
  const credential_id = visit.asked.form.text('credential_id');
  return await attempt(visit, 'remove_passkey', { credential_id }, 'removed');
}
