/**
 * A strict JSON parser (RFC 8259) for what JSON.parse loses: integers beyond 2^53, the spelling of numbers and of `\u`
 * escapes, names given twice. It refuses lone surrogates, deep nesting and absurdly long numbers.
 */
import { type Json, Literal } from './json.ts';

/** Objects and arrays within each other: no request of ours needs ten, and recursion must not exhaust the stack. */
export const DEEPEST_NESTING = 100;

/** Digits of a number: a u64 has twenty; turning thousands of digits into a bigint takes quadratic time. */
export const LONGEST_NUMBER = 128;

/** The bytes are not the JSON of a request; the message says what and where. */
export class MalformedJson extends Error {
  override readonly name = 'MalformedJson';
}

/** A name given twice in one object. */
export interface Duplicate {
  readonly name: string;
  /** The member of the outermost object within which it is; undefined when it is such a member itself. */
  readonly within: string | undefined;
}

/** What a text says. */
export interface Parsed {
  readonly value: Json;
  /** The first name given twice, if any. The last of its values is in `value`. */
  readonly duplicate: Duplicate | undefined;
}

export interface ParseOptions {
  /** Whether a string spelled with a `\u` or `\/` escape becomes a Literal; otherwise it is an ordinary string. */
  readonly keep_escapes: boolean;
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const WHITE_SPACE = /[ \t\n\r]*/y;
/** Everything but quotes, backslashes and control characters. */
const PLAIN_TEXT = /[ !#-[\]-\uffff]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

class Parser {
  readonly #text: string;
  readonly #keep_escapes: boolean;
  #at = 0;
  #depth = 0;
  #within: string | undefined;
  duplicate: Duplicate | undefined;

  constructor(text: string, keep_escapes: boolean) {
    this.#text = text;
    this.#keep_escapes = keep_escapes;
  }

  document(): Json {
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length) this.#fail('something follows the value');
    return value;
  }

  #fail(what: string): never {
    throw new MalformedJson(`${what} at character ${this.#at}`);
  }

  #space(): void {
    WHITE_SPACE.lastIndex = this.#at;
    WHITE_SPACE.test(this.#text);
    this.#at = WHITE_SPACE.lastIndex;
  }

  #value(): Json {
    this.#space();
    const first = this.#text[this.#at];
    if (first === '{') return this.#object();
    if (first === '[') return this.#array();
    if (first === '"') return this.#string();
    for (const [word, value] of [
      ['true', true],
      ['false', false],
      ['null', null],
    ] as const) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    return this.#number();
  }

  #enter(): void {
    this.#at++;
    if (++this.#depth > DEEPEST_NESTING) this.#fail(`nested more than ${DEEPEST_NESTING} deep`);
  }

  /** Reads what follows an element: true when another one comes. */
  #another(close: string): boolean {
    this.#space();
    const next = this.#text[this.#at];
    if (next !== ',' && next !== close) this.#fail(`expected , or ${close}`);
    this.#at++;
    if (next === close) this.#depth--;
    return next === ',';
  }

  #isEmpty(close: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== close) return false;
    this.#at++;
    this.#depth--;
    return true;
  }

  #object(): Json {
    this.#enter();
    const members = new Map<string, Json>();
    if (this.#isEmpty('}')) return {};
    do {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#fail('expected a name');
      const read = this.#string();
      const name = read instanceof Literal ? String(read.value) : read;
      this.#space();
      if (this.#text[this.#at] !== ':') this.#fail('expected :');
      this.#at++;
      if (members.has(name)) this.duplicate ??= { name, within: this.#depth === 1 ? undefined : this.#within };
      if (this.#depth === 1) this.#within = name;
      members.set(name, this.#value());
    } while (this.#another('}'));
    return Object.fromEntries(members);
  }

  #array(): Json {
    this.#enter();
    const elements: Json[] = [];
    if (this.#isEmpty(']')) return elements;
    do elements.push(this.#value());
    while (this.#another(']'));
    return elements;
  }

  #number(): Json {
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match === null) this.#fail('expected a value');
    const [source, fraction, exponent] = match as unknown as [string, string | undefined, string | undefined];
    if (source.length > LONGEST_NUMBER) this.#fail(`a number of more than ${LONGEST_NUMBER} characters`);
    this.#at += source.length;
    if (fraction !== undefined || exponent !== undefined || source === '-0') return new Literal(source, Number(source));
    const number = Number(source);
    return Number.isSafeInteger(number) ? number : BigInt(source);
  }

  /** Checks the string; JSON.parse, which is many times quicker with escapes, then says what it means. */
  #string(): string | Literal {
    const start = this.#at;
    let is_escaped = false;
    let has_code = false;
    let has_slash = false;
    this.#at++;
    for (;;) {
      PLAIN_TEXT.lastIndex = this.#at;
      PLAIN_TEXT.test(this.#text);
      this.#at = PLAIN_TEXT.lastIndex;
      const stop = this.#text[this.#at];
      if (stop === '"') break;
      if (stop !== '\\') this.#fail(stop === undefined ? 'a string without end' : 'a control character in a string');
      ESCAPE.lastIndex = this.#at;
      if (!ESCAPE.test(this.#text)) this.#fail('an unknown escape, or one without its four hex digits');
      const letter = this.#text[this.#at + 1];
      is_escaped = true;
      has_code ||= letter === 'u';
      has_slash ||= letter === '/';
      this.#at = ESCAPE.lastIndex;
    }
    const source = this.#text.slice(start, ++this.#at);
    const value = is_escaped ? (JSON.parse(source) as string) : source.slice(1, -1);
    // Two escapes that make a pair are one character by now; what is alone stays alone.
    if (has_code && !value.isWellFormed()) this.#fail('a lone surrogate in the string that ends');
    return (has_code || has_slash) && this.#keep_escapes ? new Literal(source, value) : value;
  }
}

/** Parses one value. Throws MalformedJson. */
export function parseJson(text: string, options: ParseOptions): Parsed {
  const parser = new Parser(text, options.keep_escapes);
  const value = parser.document();
  return { value, duplicate: parser.duplicate };
}
