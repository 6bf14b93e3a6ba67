/**
 * What pages load: styles, and browser modules in TypeScript whose types are stripped here. Each is served under a name
 * with its hash, so that a browser keeps it for good. They are read once, as this process's own code is, before it gives up
 * the right to read files.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

/** A file as it is served. */
export interface Asset {
  /** Such as `/assets/look-1a2b3c4d.css`. */
  readonly path: string;
  readonly content_type: string;
  readonly body: Buffer;
  readonly gzip: Buffer;
  readonly brotli: Buffer;
}

/** The path of everything that is served here begins so. */
export const ASSET_PREFIX = '/assets/';

const TYPES = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8', svg: 'image/svg+xml' } as const;

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b5d52"/><path d="M18 5 8 18h6l-1 9 11-14h-7z" fill="#fff"/></svg>`;

export class Assets {
  readonly #by_path = new Map<string, Asset>();
  readonly #paths = new Map<string, string>();

  /** `styles` and `scripts`: texts by their names, the scripts as JavaScript. */
  constructor(styles: ReadonlyMap<string, string>, scripts: ReadonlyMap<string, string>) {
    for (const [name, text] of styles) this.#add(name, 'css', tight(text));
    for (const name of scripts.keys()) this.#addScript(name, scripts, []);
    this.#add('icon', 'svg', ICON);
  }

  /** The file that is asked for, if there is one. */
  find(path: string): Asset | undefined {
    return this.#by_path.get(path);
  }

  /** The path of a style. Throws RangeError when there is none of the name. */
  style(name: string): string {
    return this.#pathOf(`${name}.css`);
  }

  /** The path of a browser module. Throws RangeError when there is none of the name. */
  script(name: string): string {
    return this.#pathOf(`${name}.js`);
  }

  /** The path of the picture in the tab. */
  get icon(): string {
    return this.#pathOf('icon.svg');
  }

  #pathOf(file: string): string {
    const path = this.#paths.get(file);
    if (path === undefined) throw new RangeError(`the pages have no ${file}`);
    return path;
  }

  /** A module's name holds its hash, and so the text of each that imports it: those that are imported come first. */
  #addScript(name: string, scripts: ReadonlyMap<string, string>, importers: readonly string[]): string {
    const known = this.#paths.get(`${name}.js`);
    if (known !== undefined) return known;
    const source = scripts.get(name);
    if (source === undefined) throw new RangeError(`${importers.at(-1)} imports ${name}, which is not there`);
    if (importers.includes(name)) throw new RangeError(`browser modules import each other in a circle: ${name}`);
    const text = tight(source).replace(
      /(\bfrom\s*|\bimport\s*\(?\s*)'\.\/([a-z0-9-]+)\.[jt]s'/g,
      (_all, before: string, imported: string) =>
        `${before}'${this.#addScript(imported, scripts, [...importers, name])}'`,
    );
    return this.#add(name, 'js', text);
  }

  #add(name: string, kind: keyof typeof TYPES, text: string): string {
    const body = Buffer.from(text);
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 10);
    const path = `${ASSET_PREFIX}${name}-${hash}.${kind}`;
    this.#paths.set(`${name}.${kind}`, path);
    this.#by_path.set(path, {
      path,
      content_type: TYPES[kind],
      body,
      gzip: gzipSync(body, { level: 9 }),
      brotli: brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
    });
    return path;
  }
}

/** Without comments of a line or more of their own and without the indentation: what a browser has no use for. */
function tight(text: string): string {
  return text
    .replace(/^[ \t]*\/\*[\s\S]*?\*\/[ \t]*\n/gm, '')
    .replace(/^[ \t]*\/\/.*\n/gm, '')
    .replace(/^[ \t]+|[ \t]+$/gm, '')
    .replace(/\n{2,}/g, '\n');
}

/** Reads what lies beside this file: modules as they are in a checkout, or as they were built. Throws the system's error. */
export function loadAssets(): Assets {
  const built = read('browser', '.js');
  const sources = built.size > 0 ? [] : [...read('browser', '.ts')];
  const stripped = sources.map(([name, text]) => [name, nodeModule.stripTypeScriptTypes(text)] as const);
  return new Assets(read('style', '.css'), built.size > 0 ? built : new Map(stripped));
}

function read(folder: string, end: string): ReadonlyMap<string, string> {
  const directory = new URL(`./${folder}/`, import.meta.url);
  const names = readdirSync(directory).filter((name) => name.endsWith(end));
  return new Map(
    names.sort().map((name) => [name.slice(0, -end.length), readFileSync(new URL(name, directory), 'utf8')] as const),
  );
}
