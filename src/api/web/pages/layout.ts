/** The frame of every page: head, shared look, styles and scripts. */
import type { Assets } from './assets.ts';
import { type Html, html } from './html.ts';
import type { Language } from './language.ts';

/** What a page consists of. */
export interface PageParts {
  readonly language: Language;
  readonly title: string;
  /** Names of files in style/, beside the shared look. */
  readonly styles?: readonly string[];
  /** Names of files in browser/. */
  readonly scripts?: readonly string[];
  /** Holds one `main`. */
  readonly body: Html;
  /** A browser without scripts loads the page again after so many seconds. */
  readonly refresh_seconds?: number | undefined;
  /** More for the head, such as a manifest. */
  readonly head?: Html;
}

/** The whole document. Throws RangeError for a style or a script that there is not. */
export function page(assets: Assets, parts: PageParts): Html {
  const { language, title, styles = [], scripts = [], body, refresh_seconds, head } = parts;
  const refresh =
    refresh_seconds !== undefined &&
    html`<noscript><meta http-equiv="refresh" content="${refresh_seconds}"></noscript>`;
  return html`<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><meta name="color-scheme" content="light dark">${refresh}
<link rel="icon" href="${assets.icon}">${['look', ...styles].map(
    (name) => html`<link rel="stylesheet" href="${assets.style(name)}">`,
  )}${scripts.map((name) => html`<script type="module" src="${assets.script(name)}"></script>`)}${head}</head>
<body>${body}</body></html>
`;
}
