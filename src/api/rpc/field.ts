/**
 * The types that a parameter can have. Each knows how to read a JSON value, what to say when it cannot (in Core
 * Lightning's words, which clients match on), and how to describe itself. Facts: Core Lightning common/json_param.c.
 */
import { type ErrorName, RpcError } from '../../base/errors.ts';
import { type Json, Literal, spell } from './json.ts';
import type { JsonSchema } from './schema.ts';

/** A type of parameter whose values become a T. */
export interface Field<T> {
  /** The name of the type, as the documentation spells it. */
  readonly type: string;
  readonly schema: JsonSchema;
  /** A secret's text is never echoed, logged, or put into an error. */
  readonly secret: boolean;
  /** Whether it judges null itself. Elsewhere null is as good as nothing given. */
  readonly reads_null?: boolean;
  /** Reads the value. Throws Unfit. */
  parse(value: Json): T;
}

/** The type that a field reads. */
export type FieldValue<F> = F extends Field<infer T> ? T : never;

/** A value is not of a field's type. */
export class Unfit extends Error {
  override readonly name = 'Unfit';
  /** The value to quote, when it is not the whole parameter. */
  readonly token: Json | undefined;
  /** What to do, said after the value. */
  readonly advice: string | undefined;

  /** `message` says what the value should be. */
  constructor(message: string, token?: Json, advice?: string) {
    super(message);
    this.token = token;
    this.advice = advice;
  }
}

/** A value is not of a field's type, and Core Lightning says so in a sentence of its own. */
export class UnfitSentence extends Error {
  override readonly name = 'UnfitSentence';
  readonly error: ErrorName;
  readonly sentence: (name: string) => string;

  /** `sentence` is given the parameter's name. */
  constructor(sentence: (name: string) => string, error: ErrorName = 'INVALID_PARAMS') {
    super('the value does not fit');
    this.sentence = sentence;
    this.error = error;
  }
}

/** A value's token in a message is cut at so many bytes: enough to recognise it, too few to flood a log. */
const LONGEST_TOKEN_BYTES = 80;

/** The value as a message quotes it: its JSON, cut at 80 bytes between two characters. */
export function quoteToken(value: Json): string {
  const bytes = Buffer.from(spell(value));
  if (bytes.length <= LONGEST_TOKEN_BYTES) return bytes.toString();
  let end = LONGEST_TOKEN_BYTES;
  while (((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

/** Reads the value of the parameter `name`. Throws RpcError INVALID_PARAMS in Core Lightning's words. */
export function readField<T>(field: Field<T>, name: string, value: Json): T {
  try {
    return field.parse(value);
  } catch (error) {
    if (error instanceof Unfit) {
      const token = field.secret ? '' : ` '${quoteToken(error.token ?? value)}'`;
      const advice = error.advice === undefined ? '' : `; ${error.advice}`;
      throw new RpcError('INVALID_PARAMS', `${name}: ${error.message}: invalid token${token}${advice}`);
    }
    if (error instanceof UnfitSentence) throw new RpcError(error.error, error.sentence(name));
    throw error;
  }
}

/** Makes a field of a function that answers undefined where the value does not fit. */
export function fieldOf<T>(
  type: string,
  schema: JsonSchema,
  should_be: string,
  read: (value: Json) => T | undefined,
): Field<T> {
  return {
    type,
    schema,
    secret: false,
    parse(value) {
      const result = read(value);
      if (result === undefined) throw new Unfit(should_be);
      return result;
    },
  };
}

/** The same field, its values never echoed. */
export function secretField<T>(field: Field<T>): Field<T> {
  return { ...field, secret: true };
}

/** The text of a string, however it was spelled; undefined for anything else. */
export function textOf(value: Json): string | undefined {
  if (typeof value === 'string') return value;
  return value instanceof Literal && typeof value.value === 'string' ? value.value : undefined;
}

/** The text of a string or of an integer: numbers may arrive quoted, and quoted things bare. */
export function wordOf(value: Json): string | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value.toString();
  if (value instanceof Literal && typeof value.value === 'number') return value.source;
  return textOf(value);
}
