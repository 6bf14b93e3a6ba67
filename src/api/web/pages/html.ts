/**
 * HTML as values. The tag `html` escapes whatever is put into it; the only thing that goes in as it is, is other `Html`,
 * and only this file makes it. A place in the markup where escaping would not help (a script, a style, an attribute without
 * quotes, a handler) refuses to take anything.
 */
import { visibleText } from './visible-text.ts';

/** A piece of markup that is well made. */
export class Html {
  readonly text: string;
  /** Kept from everybody else: a piece that was not made by `html` is text. */
  static readonly #key = Symbol('html');

  private constructor(text: string, key: symbol) {
    if (key !== Html.#key) throw new TypeError('only the tag html makes Html');
    this.text = text;
  }

  /** Fills the places of a template. */
  static fill(strings: readonly string[], values: readonly HtmlValue[]): Html {
    const places = placesOf(strings);
    let text = strings[0] as string;
    for (const [index, value] of values.entries()) {
      text += textAt(places[index] as Place, value);
      text += strings[index + 1] as string;
    }
    return new Html(text, Html.#key);
  }

  toString(): string {
    return this.text;
  }
}

/** What may stand in a template. Undefined and false are nothing. */
export type HtmlValue = Html | string | number | bigint | undefined | false | readonly HtmlValue[];

/**
 * Markup with values in it. Throws TypeError when a value stands where it could become something else than text: that is
 * a fault of the template, which every rendering shows.
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return Html.fill(strings, values);
}

/** A text that strangers wrote, kept from changing the direction of what is around it. */
export function quoted(text: string): Html {
  return html`<bdi>${text}</bdi>`;
}

const NAMES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escaped(text: string): string {
  return visibleText(text).replace(/[&<>"']/g, (character) => NAMES[character] as string);
}

function textOf(value: HtmlValue): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'string') return escaped(value);
  if (value === undefined || value === false) return '';
  return typeof value === 'object' ? value.map(textOf).join('') : String(value);
}

/** A path, or an address of these kinds. Anything else, such as `javascript:`, leads nowhere. */
const SAFE_ADDRESS = /^(?:\/(?!\/)|[?#]|https?:\/\/|lightning:|bitcoin:)/i;

function safeAddress(value: HtmlValue): string {
  return typeof value === 'string' && SAFE_ADDRESS.test(value) ? value : '#';
}

/**
 * Where a value stands: among text or in a quoted attribute; as the beginning of an address; or in a tag, where only a whole
 * attribute can stand, which must be Html.
 */
type Place = 'text' | 'address' | 'tag';

function textAt(place: Place, value: HtmlValue): string {
  if (place === 'address') return escaped(safeAddress(value));
  if (place === 'tag' && !(value instanceof Html || value === undefined || value === false)) {
    throw new TypeError('only Html can stand in a tag outside of double quotes');
  }
  return textOf(value);
}

const ADDRESSES: readonly string[] = ['href', 'src', 'action', 'formaction', 'poster', 'cite'];
const known = new WeakMap<readonly string[], readonly Place[]>();

function placesOf(strings: readonly string[]): readonly Place[] {
  let places = known.get(strings);
  if (places === undefined) {
    places = findPlaces(strings);
    known.set(strings, places);
  }
  return places;
}

/** Goes through the markup before each place. It is ours, so that only what is well written needs to be understood. */
function findPlaces(strings: readonly string[]): readonly Place[] {
  const places: Place[] = [];
  let before = '';
  for (const part of strings.slice(0, -1)) {
    before += part;
    places.push(placeAfter(before));
    before += 'x';
  }
  return places;
}

function placeAfter(before: string): Place {
  const fault = (why: string): TypeError => new TypeError(`a value cannot stand ${why}: ...${before.slice(-60)}`);
  if (before.lastIndexOf('<!--') > before.lastIndexOf('-->')) throw fault('in a comment');
  if (/<(script|style)\b(?![\s\S]*<\/\1)[^>]*>[^<]*$/i.test(before)) throw fault('in a script or a style');
  // Quoted values are taken out, so that what is left shows whether a tag, or a value, is still open.
  const bare = before.replace(/"[^"<>]*"/g, '""');
  const tag = /<[^<>]*$/.exec(bare)?.[0];
  if (tag === undefined) return 'text';
  const [, name, value] = /\s([\w:-]+)="([^"]*)$/.exec(tag) ?? [];
  if (name === undefined) {
    if (/[\s"]$/.test(tag)) return 'tag';
    throw fault('in a tag but within double quotes');
  }
  if (/^on/i.test(name) || /^(style|srcdoc)$/i.test(name)) throw fault(`in ${name}`);
  return ADDRESSES.includes(name.toLowerCase()) && value === '' ? 'address' : 'text';
}
