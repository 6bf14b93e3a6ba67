/**
 * JSON as requests carry it. Numbers stay exact: a plain `number` is always a safe integer, a larger integer is a
 * bigint, and anything else keeps its spelling in a Literal. Source: RFC 8259.
 */

/**
 * A value whose spelling matters: a number with a fraction or an exponent, or a string spelled with an escape that nobody
 * needs (`\u`, `\/`), which an id that is echoed must keep.
 */
export class Literal {
  /** The JSON text as the request has it. */
  readonly source: string;
  readonly value: number | string;

  constructor(source: string, value: number | string) {
    this.source = source;
    this.value = value;
  }
}

/** A parsed value. */
export type Json = null | boolean | number | bigint | string | Literal | readonly Json[] | JsonObject;
export type JsonObject = { readonly [name: string]: Json };

/** The same without spellings: what is stored or handed on. */
export type PlainJson = null | boolean | number | bigint | string | readonly PlainJson[] | PlainJsonObject;
export type PlainJsonObject = { readonly [name: string]: PlainJson };

/** Whether the value is an object: neither null, nor an array, nor a Literal. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Literal);
}

/** The value with every Literal replaced by what it stands for. */
export function toPlain(value: Json): PlainJson {
  if (value instanceof Literal) return value.value;
  if (Array.isArray(value)) return value.map(toPlain);
  if (isJsonObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, toPlain(member)]));
  }
  return value as PlainJson;
}

/** The value as compact JSON, Literals in their own spelling. */
export function spell(value: Json): string {
  if (value instanceof Literal) return value.source;
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return `[${value.map(spell).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  let text = '';
  for (const name of Object.keys(value)) {
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${spell(value[name] as Json)}`;
  }
  return `{${text}}`;
}
