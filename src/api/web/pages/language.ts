/** The languages of the pages, and which of them a reader gets. */

/** In the order in which they are offered to a reader who wants none of them. */
export const LANGUAGES = ['en', 'de', 'es', 'fr', 'pt', 'ja'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The same texts in every language: one that lacks a text does not compile. */
export type Catalogue<Texts> = Readonly<Record<Language, Texts>>;

/** The cookie that remembers which language a reader has chosen. */
export const LANGUAGE_COOKIE = 'till-language';

/** The language of this name, if there is one. */
export function languageNamed(name: string | undefined): Language | undefined {
  return LANGUAGES.find((language) => language === name);
}

/** The language that the header Accept-Language wants most; `otherwise` when it wants none that there is. */
export function languageOf(header: string | undefined, otherwise: Language = 'en'): Language {
  let best: Language = otherwise;
  let best_quality = 0;
  // A browser sends a handful.
  for (const part of (header ?? '').slice(0, 200).split(',')) {
    const [, tag = '', quality = '1'] =
      /^\s*([a-z]{1,8})(?:-[a-z0-9-]+)?\s*(?:;\s*q\s*=\s*(1|0(?:\.\d{0,3})?))?\s*$/i.exec(part) ?? [];
    const language = LANGUAGES.find((each) => each === tag.toLowerCase());
    if (language === undefined || Number(quality) <= best_quality) continue;
    best = language;
    best_quality = Number(quality);
  }
  return best;
}
