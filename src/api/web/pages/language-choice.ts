/** The choice of a language, which the browser remembers: a form that works without scripts. */
import { type Html, html } from './html.ts';
import { type Catalogue, LANGUAGE_COOKIE, LANGUAGES, type Language, languageNamed } from './language.ts';
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
export const LANGUAGE_TEXTS: Catalogue<{ readonly language: string; readonly choose: string }> = {
  en: { language: 'Language', choose: 'Choose' },
  de: { language: 'Sprache', choose: 'Wählen' },
  es: { language: 'Idioma', choose: 'Elegir' },
  fr: { language: 'Langue', choose: 'Choisir' },
  pt: { language: 'Idioma', choose: 'Escolher' },
  ja: { language: '言語', choose: '選択' },
};

/** The languages as the choices of a list, each in its own. */
export function languageOptions(chosen: string): readonly Html[] {
  return LANGUAGES.map(
    (each) =>
      html`<option value="${each}" lang="${each}"${each === chosen && SELECTED}>${LANGUAGE_NAMES[each]}</option>`,
  );
}

/** The form at the foot of a page; it leads back to that page. */
export function languageFoot({ language, url, request }: PageRequest): Html {
  // A page that answers a form cannot be opened again.
  return languageFootTo(language, request.method === 'POST' ? '' : url.pathname + url.search);
}

/** The same, leading to this path of ours; to where people begin when it is empty. */
export function languageFootTo(language: Language, next: string): Html {
  const texts = LANGUAGE_TEXTS[language];
  return html`<footer class="page-foot no-print"><form class="row" method="post" action="/language">
<label for="language">${texts.language}</label><select id="language" name="language">${languageOptions(language)}</select><input type="hidden" name="next" value="${next}"><button class="button quiet">${texts.choose}</button></form></footer>`;
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
