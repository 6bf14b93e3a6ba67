/** A result that is lines of text, sent as a file: the lines are taken out of the JSON as it comes, a piece at a time. */
import type { JsonObject } from '../rpc/json.ts';

/** Where in the JSON the reader is: before the list of lines, between two, within one, or behind the list. */
type Place = 'before' | 'between' | 'within' | 'behind';

/** Reads `{"lines":["...", ...], ...}`. */
export class LineReader {
  #place: Place = 'before';
  #line = '';
  #is_escaped = false;

  /** The lines that end in this piece of the JSON, each with its end (RFC 4180). */
  push(json: string): string {
    let text = '';
    let begin = 0;
    for (let index = 0; index < json.length; index++) {
      const character = json[index] as string;
      if (this.#place === 'within') {
        if (this.#is_escaped) this.#is_escaped = false;
        else if (character === '\\') this.#is_escaped = true;
        else if (character === '"') {
          text += `${JSON.parse(`"${this.#line}${json.slice(begin, index)}"`) as string}\r\n`;
          this.#line = '';
          this.#place = 'between';
        }
      } else if (this.#place === 'before') {
        if (character === '[') this.#place = 'between';
      } else if (this.#place === 'between') {
        if (character === ']') this.#place = 'behind';
        if (character === '"') {
          this.#place = 'within';
          begin = index + 1;
        }
      }
    }
    if (this.#place === 'within') this.#line += json.slice(begin);
    return text;
  }
}

/** The headers of the file that a request asks for; undefined when it asks for JSON. */
export function csvHeaders(name: string, { format }: JsonObject): Readonly<Record<string, string>> | undefined {
  if (typeof format !== 'string' || !/^[a-z]+$/.test(format) || format === 'json') return undefined;
  return {
    'content-type': 'text/csv; charset=utf-8; header=present',
    'content-disposition': `attachment; filename="till-${name}-${format}.csv"`,
  };
}
