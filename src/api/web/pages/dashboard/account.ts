/** How the person who looks at it signs in: password and passkeys. */
import type { JsonObject } from '../../../rpc/json.ts';
import { type Html, html, quoted } from '../html.ts';
import { NodeRefused } from '../node-calls.ts';
import type { PageAnswer } from '../page.ts';
import { passkeySays, readResponse } from '../sign-in/sign-in.ts';
import { SIGN_IN_TEXTS } from '../sign-in/texts.ts';
import { countIn, rowsIn, textIn } from './answers.ts';
import { doneSaid, formToken, frame, type Said } from './frame.ts';
import { refusal, type Visit } from './guard.ts';

/** Answers the page. */
export async function account(visit: Visit, said?: Said): Promise<PageAnswer> {
  const { tools, person, asked, texts } = visit;
  const { account: says } = texts;
  const { session } = person;
  const [known, possible] = await Promise.all([
    tools.node.ask('passkeys', { session }),
    tools.node.ask('passkeys_possible', { origin: asked.base_url }),
  ]);
  return frame(visit, {
    title: says.title,
    here: '/account',
    said: said ?? doneSaid(asked, { password: says.password_set, added: says.added, removed: says.removed }),
    status: said?.kind === 'bad' ? 400 : 200,
    scripts: ['passkey'],
    main: html`
      <p>${quoted(person.name)}${person.name !== person.role && html`, ${texts.roles[person.role]}`}</p>
      <div class="grid">
        ${passwordForm(visit)}
        <section class="card stack">
          <h2>${says.passkeys}</h2>
          ${passkeyList(visit, rowsIn(known, 'passkeys'))}
          ${possible.is_possible === true ? newPasskey(visit) : html`<p class="muted">${says.only_named}</p>`}
        </section>
      </div>`,
  });
}

function passwordForm({ person, texts: { account: says } }: Visit): Html {
  const asks_old = person.has_password && person.way !== 'link';
  return html`
    <form class="card stack" method="post" action="/account/password">
      <h2>${says.password}</h2>
      ${formToken(person)}
      <p class="muted">${person.has_password ? says.has_password : says.no_password}</p>
      <input type="hidden" name="username" autocomplete="username" value="${person.name}">
      ${asks_old && html`<div class="field"><label for="old">${says.old}</label><input id="old" name="old" type="password" autocomplete="current-password" required></div>`}
      <div class="field"><label for="new">${says.new}</label><input id="new" name="password" type="password" autocomplete="new-password" minlength="10" required aria-describedby="new-hint">
        <span class="muted small" id="new-hint">${says.new_hint}</span></div>
      <div class="field"><label for="again">${says.again}</label><input id="again" name="again" type="password" autocomplete="new-password" required></div>
      <button class="button">${says.set}</button>
    </form>`;
}

function passkeyList({ person, texts: { account: says }, show }: Visit, passkeys: readonly JsonObject[]): Html {
  if (passkeys.length === 0) return html`<p class="muted">${says.none}</p>`;
  return html`<ul class="plain">${passkeys.map(
    (passkey) => html`
    <li class="row ends"><span>${quoted(textIn(passkey, 'name') ?? '')}<br><span class="muted small">${show.time(countIn(passkey, 'created_at'))}</span></span>
      <form method="post" action="/account/passkeys/remove">${formToken(person)}<input type="hidden" name="credential_id" value="${textIn(passkey, 'credential_id') ?? ''}"><button class="button quiet">${says.remove}</button></form></li>`,
  )}</ul>`;
}

function newPasskey({ person, asked: { language }, texts: { account: says } }: Visit): Html {
  return html`
    <form class="stack" method="post" action="/account/passkeys" data-passkey="new" hidden>
      ${formToken(person)}
      <input type="hidden" name="response" value="">
      <div class="field"><label for="passkey-name">${says.passkey_name}</label><input id="passkey-name" name="name" maxlength="64" value="${says.passkey}"></div>
      <button class="button quiet">${says.add}</button>
      ${passkeySays(SIGN_IN_TEXTS[language])}
    </form>
    <noscript><p class="muted">${says.needs_scripts}</p></noscript>`;
}

/** Runs a question of the person's; what is said against it stands on the page. */
async function attempt(visit: Visit, question: string, params: JsonObject, done: string): Promise<PageAnswer> {
  const { tools, person } = visit;
  try {
    await tools.node.ask(question, { ...params, session: person.session });
    return { see: `/account?done=${done}` };
  } catch (error) {
    if (!(error instanceof NodeRefused) || error.error === 'SESSION_OVER') throw error;
    return await account(visit, {
      kind: 'bad',
      text:
        question === 'change_password' && error.error === 'SIGN_IN_FAILED'
          ? visit.texts.account.wrong_old
          : refusal(error),
    });
  }
}

/** Sets a new password. */
export async function changePassword(visit: Visit): Promise<PageAnswer> {
  const { form, address } = visit.asked;
  const password = form.text('password');
  if (password === '' || password !== form.text('again')) {
    return await account(visit, { kind: 'bad', text: visit.texts.account.not_same });
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
