/** The pages to sign in and out, on the server of the dashboard and on that of the counter. */

import { isJsonObject, type JsonObject } from '../../../rpc/json.ts';
import { MalformedJson, parseJson } from '../../../rpc/json-parser.ts';
import { filled } from '../fill.ts';
import { type Html, html, quoted } from '../html.ts';
import { languageFoot } from '../language-choice.ts';
import { page } from '../layout.ts';
import { NodeRefused } from '../node-calls.ts';
import type { PageAnswer, PageRequest, PageTools, RouteSet } from '../page.ts';
import { checkForm, endedCookie, personOf, sessionCookie } from './person.ts';
import { SIGN_IN_TEXTS, type SignInTexts } from './texts.ts';

/** What the page says when something went wrong, or was done. */
interface Said {
  readonly kind: 'bad' | 'good';
  readonly text: Html;
}

/** What its owner types on the machine of the node. */
const COMMAND = html`<code>till dashboard</code>`;

/** The routes of a server whose people begin at `home`. */
export function signInPages(home: string): RouteSet {
  return (tools) => [
    { method: 'GET', path: '/sign-in', answer: (asked) => show(tools, asked, home) },
    { method: 'POST', path: '/sign-in', answer: (asked) => signIn(tools, asked, home) },
    { method: 'POST', path: '/sign-in/challenge', answer: (asked) => challenge(tools, asked) },
    { method: 'POST', path: '/sign-out', answer: (asked) => signOut(tools, asked) },
  ];
}

/** A path of ours to go on to; the home of the server for anything else. */
export function nextPath(given: string, home: string): string {
  return given !== '/' && /^\/(?![/\\])[\x21-\x7e]*$/.test(given) ? given : home;
}

async function show(
  tools: PageTools,
  asked: PageRequest,
  home: string,
  said?: Said,
  status = 200,
): Promise<PageAnswer> {
  const { language } = asked;
  const texts = SIGN_IN_TEXTS[language];
  const { searchParams } = asked.url;
  const isPost = asked.request.method === 'POST';
  const next = nextPath(isPost ? asked.form.text('next') : (searchParams.get('next') ?? home), home);
  const token = isPost ? '' : (searchParams.get('token') ?? '');
  if (!isPost && token === '' && (await personOf(tools, asked)) !== undefined) return { see: next };
  const { is_possible } = await tools.node.ask('passkeys_possible', { origin: asked.base_url });
  const body = html`
    <main class="page stack sign-in">
      <h1>${texts.sign_in}</h1>
      <p class="muted">${quoted(tools.settings.shop_name)}</p>
      ${said !== undefined && html`<p class="notice ${said.kind}" role="alert">${said.text}</p>`}
      ${token === '' ? byName(texts, next, is_possible === true) : byLink(texts, next, token)}
    </main>
    ${languageFoot(asked)}`;
  const options = { language, title: texts.sign_in, styles: ['dashboard'], scripts: ['passkey'], body };
  return { status, html: page(tools.assets, options), headers: { 'x-robots-tag': 'noindex' } };
}

/** A link is used by a button, not by being opened: whatever looks at links ahead of people must not use it up. */
function byLink(texts: SignInTexts, next: string, token: string): Html {
  return html`
    <form class="card stack" method="post" action="/sign-in">
      <p>${texts.once}</p>
      <input type="hidden" name="way" value="link">
      <input type="hidden" name="token" value="${token}">
      <input type="hidden" name="next" value="${next}">
      <button class="button">${texts.sign_in}</button>
    </form>`;
}

function byName(texts: SignInTexts, next: string, has_passkeys: boolean): Html {
  return html`
    <form class="card stack" method="post" action="/sign-in">
      <input type="hidden" name="way" value="password">
      <input type="hidden" name="next" value="${next}">
      <div class="field">
        <label for="name">${texts.name}</label>
        <input id="name" name="name" autocomplete="username" autocapitalize="none" required maxlength="64">
      </div>
      <div class="field">
        <label for="password">${texts.password}</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required>
      </div>
      <button class="button">${texts.sign_in}</button>
    </form>
    ${
      has_passkeys &&
      html`
    <form class="stack" method="post" action="/sign-in" data-passkey="sign-in" hidden>
      <input type="hidden" name="way" value="passkey">
      <input type="hidden" name="next" value="${next}">
      <input type="hidden" name="response" value="">
      <button class="button quiet">${texts.by_passkey}</button>
      ${passkeySays(texts)}
    </form>`
    }
    <p class="muted">${filled(texts.how, { command: COMMAND })}</p>`;
}

/** Where the script of passkeys says what happens: it has the words from here. */
export function passkeySays(texts: SignInTexts): Html {
  return html`<p role="status" data-passkey-says data-follow="${texts.passkey_follow}" data-nothing="${texts.passkey_nothing}" data-failed="${texts.passkey_failed}"></p>`;
}

async function signIn(tools: PageTools, asked: PageRequest, home: string): Promise<PageAnswer> {
  const { form, address, base_url: origin } = asked;
  const way = form.text('way');
  const proof: JsonObject =
    way === 'passkey'
      ? { way, origin, response: readResponse(form.text('response')) }
      : { way, name: form.text('name'), password: form.text('password'), token: form.text('token') };
  try {
    const { session } = await tools.node.ask('sign_in', { ...proof, address });
    return { see: nextPath(form.text('next'), home), headers: { 'set-cookie': sessionCookie(asked, String(session)) } };
  } catch (error) {
    if (!(error instanceof NodeRefused)) throw error;
    const isTooOften = error.error === 'SIGN_IN_TOO_OFTEN';
    const text = wrong(SIGN_IN_TEXTS[asked.language], isTooOften ? 'too_often' : way);
    return await show(tools, asked, home, { kind: 'bad', text }, isTooOften ? 429 : 401);
  }
}

/** Why nobody was signed in. */
function wrong(texts: SignInTexts, why: string): Html {
  if (why === 'too_often') return html`${texts.too_often}`;
  if (why === 'passkey') return html`${texts.wrong_passkey}`;
  return why === 'link' ? filled(texts.wrong_link, { command: COMMAND }) : html`${texts.wrong_password}`;
}

async function challenge(tools: PageTools, asked: PageRequest): Promise<PageAnswer> {
  const { options } = await tools.node.ask('passkey_challenge', { origin: asked.base_url });
  return { body: JSON.stringify(options), content_type: 'application/json' };
}

async function signOut(tools: PageTools, asked: PageRequest): Promise<PageAnswer> {
  const person = await personOf(tools, asked);
  if (person !== undefined) {
    checkForm(asked, person);
    await tools.node.ask('sign_out', { session: person.session });
  }
  return { see: '/sign-in', headers: { 'set-cookie': endedCookie(asked) } };
}

/** What a script put into the form: JSON of an authenticator's answer. An object in any case. */
export function readResponse(text: string): JsonObject {
  try {
    const { value } = parseJson(text, { keep_escapes: false });
    return isJsonObject(value) ? value : {};
  } catch (error) {
    if (error instanceof MalformedJson) return {};
    throw error;
  }
}
