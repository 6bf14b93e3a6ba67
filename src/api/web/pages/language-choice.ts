/** The choice of a language, which the browser remembers: a form that works without scripts. */
import { type Html, html } from './html.ts';
import { LANGUAGE_COOKIE, LANGUAGES, type Language, languageNamed } from './language.ts';
import type { PageRequest, PageRoute, RouteSet } from './page.ts';

/** Each language by its own name. */
const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  en: 'English',
  de: 'Deutsch',
  es: 'Español',
  fr: 'Français',
  pt: 'Português',
  ja: '日本語',
};

const YEAR_SECONDS = 31_536_000;
const SELECTED = html` selected`;

/** What the form says. */
export interface LanguageTexts {
  readonly language: string;
  readonly choose: string;
}

/** The languages as the choices of a list, each in its own. */
export function languageOptions(chosen: string): readonly Html[] {
  return LANGUAGES.map(
    (each) =>
      html`<option value="${each}" lang="${each}"${each === chosen && SELECTED}>${LANGUAGE_NAMES[each]}</option>`,
  );
}

/** The form; it leads back to the page on which it stands. */
export function languageChoice({ language, url, request }: PageRequest, texts: LanguageTexts): Html {
  // A page that answers a form cannot be opened again.
  const next = request.method === 'POST' ? '' : url.pathname + url.search;
  return html`<form class="row language" method="post" action="/language">
<label for="language">${texts.language}</label><select id="language" name="language">${languageOptions(language)}</select><input type="hidden" name="next" value="${next}"><button class="button quiet">${texts.choose}</button></form>`;
}

/** The route that keeps the choice. `home`: where people of this server begin. */
export function languagePages(home: string): RouteSet {
  const route: PageRoute = {
    method: 'POST',
    path: '/language',
    answer({ form, base_url }) {
      const chosen = languageNamed(form.text('language'));
      const next = form.text('next');
      const see = /^\/(?![/\\])[\x21-\x7e]*$/.test(next) ? next : home;
      if (chosen === undefined) return { see };
      const secure = base_url.startsWith('https:') ? '; Secure' : '';
      const cookie = `${LANGUAGE_COOKIE}=${chosen}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${YEAR_SECONDS}${secure}`;
      return { see, headers: { 'set-cookie': cookie } };
    },
  };
  return () => [route];
}
