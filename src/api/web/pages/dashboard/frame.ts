/** What all pages of the dashboard share: the bar at the top, the way from page to page, and what was done or went wrong. */
import { type Html, html, quoted } from '../html.ts';
import { languageFoot } from '../language-choice.ts';
import { page } from '../layout.ts';
import type { PageAnswer, PageRequest } from '../page.ts';
import type { SignedIn } from '../sign-in/person.ts';
import type { Visit } from './guard.ts';
import type { DashboardTexts } from './texts/index.ts';

/** What somebody is told at the top of a page. */
export interface Said {
  readonly kind: 'good' | 'warn' | 'bad';
  readonly text: string | Html;
}

/** One page. */
export interface FrameParts {
  readonly title: string;
  /** The path of the page in the menu. */
  readonly here: string;
  /** What follows the heading. */
  readonly main: Html;
  readonly said?: Said | undefined;
  /** Whether the page shows what is new while it is open. */
  readonly is_live?: boolean;
  readonly scripts?: readonly string[];
  readonly status?: number;
}

type Role = SignedIn['role'];

type Place = keyof DashboardTexts['menu'];

const MENU: readonly (readonly [path: string, place: Place, roles: readonly Role[]])[] = [
  ['/', 'overview', ['owner', 'accountant']],
  ['/invoices', 'invoices', ['owner', 'accountant', 'cashier']],
  ['/receiving', 'receiving', ['owner', 'accountant']],
  ['/deposits', 'deposits', ['owner', 'accountant']],
  ['/export', 'export', ['owner', 'accountant']],
  ['/payouts', 'payouts', ['owner']],
  ['/webhooks', 'webhooks', ['owner']],
  ['/people', 'people', ['owner']],
  ['/runes', 'runes', ['owner']],
  ['/backups', 'backups', ['owner']],
  ['/log', 'log', ['owner']],
  ['/settings', 'settings', ['owner']],
];

/** The paths that a role has in its menu, the first of them its start. */
export function pathsOf(role: Role): readonly string[] {
  return MENU.filter(([, , roles]) => roles.includes(role)).map(([path]) => path);
}

/** The whole page. */
export function frame({ tools, asked, person, texts }: Visit, parts: FrameParts): PageAnswer {
  const { title, here, main, said, is_live = false, scripts = [], status = 200 } = parts;
  const { shop_name, network } = tools.settings;
  const { language } = asked;
  const role = texts.roles[person.role];
  const body = html`
    <a class="skip" href="#main">${texts.frame.to_content}</a>
    <header class="bar">
      <p class="brand"><strong>${quoted(shop_name)}</strong> ${
        network !== 'bitcoin' && html`<span class="tag warn">${network}</span>`
      }</p>
      <form class="row" method="post" action="/sign-out">
        ${formToken(person)}
        <a href="/account">${quoted(person.name)}</a>${person.name !== person.role && html` <span class="muted">${role}</span>`}
        <button class="button quiet">${texts.frame.sign_out}</button>
      </form>
    </header>
    <div class="frame">
      <nav class="menu" aria-label="${texts.frame.pages}"><ul>${MENU.filter(([, , roles]) =>
        roles.includes(person.role),
      ).map(([path, place]) =>
        path === here
          ? html`<li><a href="${path}" aria-current="page">${texts.menu[place]}</a></li>`
          : html`<li><a href="${path}">${texts.menu[place]}</a></li>`,
      )}</ul></nav>
      <main id="main" class="stack" tabindex="-1" data-live="${is_live ? '/live' : ''}">
        <h1>${title}</h1>
        ${said !== undefined && notice(said)}
        ${main}
      </main>
    </div>
    ${languageFoot(asked)}`;
  const document = page(tools.assets, {
    language,
    title: `${title} - ${shop_name}`,
    styles: ['dashboard'],
    scripts: [...(is_live ? ['live'] : []), ...scripts],
    body,
  });
  return { html: document, status };
}

/** A notice; a bad one is read out at once. */
export function notice({ kind, text }: Said): Html {
  return kind === 'bad'
    ? html`<p class="notice bad" role="alert">${text}</p>`
    : html`<p class="notice ${kind}" role="status">${text}</p>`;
}

/** What every form carries. */
export function formToken({ form_token }: SignedIn): Html {
  return html`<input type="hidden" name="form_token" value="${form_token}">`;
}

/** What was done before the browser came here: `?done=NAME` in the path, by the names that the page knows. */
export function doneSaid(asked: PageRequest, texts: Readonly<Record<string, string>>): Said | undefined {
  const name = asked.url.searchParams.get('done') ?? '';
  const text = Object.hasOwn(texts, name) ? texts[name] : undefined;
  return text === undefined ? undefined : { kind: 'good', text };
}

/** A choice of a list. */
export function option(value: string, name: string, chosen: string): Html {
  return value === chosen
    ? html`<option value="${value}" selected>${name}</option>`
    : html`<option value="${value}">${name}</option>`;
}

/**
 * A table that scrolls by itself where the screen is narrow; its place can be reached by keyboard. A heading that begins with
 * `#` is that of numbers.
 */
export function table(label: string, head: readonly string[], rows: readonly Html[]): Html {
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="${label}">
      <table class="list">
        <thead><tr>${head.map((name) =>
          name.startsWith('#')
            ? html`<th scope="col" class="number">${name.slice(1)}</th>`
            : html`<th scope="col">${name}</th>`,
        )}</tr></thead>
        <tbody>${rows}</tbody>
      </table>
    </div>`;
}

/** A long name, such as a node id, with its ends; the whole of it is in the title. */
export function shortened(text: string): Html {
  if (text.length <= 20) return html`<span class="mono">${text}</span>`;
  return html`<span class="mono" title="${text}">${text.slice(0, 8)}…${text.slice(-6)}</span>`;
}
