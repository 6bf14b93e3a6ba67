/**
 * What a command may answer, declared once: the types of `run`, the schema and the documentation all come from it.
 */
import type { Literal } from './json.ts';
import type { JsonSchema } from './schema.ts';

declare const VALUE: unique symbol;

/** A part of a result. `T` is what `run` must give for it. */
export interface Answer<T, Optional extends boolean = boolean> {
  readonly kind: 'value' | 'object' | 'array' | 'stream';
  /** The name of the type, for people. */
  readonly type: string;
  readonly schema: JsonSchema;
  readonly doc: string;
  readonly optional: Optional;
  /** The members of an object. */
  readonly members?: AnswerMembers;
  /** The elements of an array or a stream. */
  readonly element?: Answer<unknown>;
  readonly [VALUE]?: T;
}

export type AnswerMembers = Readonly<Record<string, Answer<unknown>>>;

/** What `run` must give for an answer. */
export type AnswerValue<A> = A extends Answer<infer T> ? T : never;

type OptionalNames<M> = { [K in keyof M]: M[K] extends Answer<unknown, true> ? K : never }[keyof M];

/** What `run` must give for an object of answers: optional members may be left out or undefined. */
export type AnswerRecord<M> = {
  -readonly [K in Exclude<keyof M, OptionalNames<M>>]: AnswerValue<M[K]>;
} & { -readonly [K in OptionalNames<M>]?: AnswerValue<M[K]> | undefined };

function value<T>(type: string, schema: JsonSchema) {
  return (doc: string): Answer<T, false> => ({ kind: 'value', type, schema, doc, optional: false });
}

function objectSchema(members: AnswerMembers): JsonSchema {
  const names = Object.keys(members);
  return {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, described(members[name] as Answer<unknown>)])),
    required: names.filter((name) => !members[name]?.optional),
    additionalProperties: false,
  };
}

/** The schema of an answer with its documentation in it. */
export function described(answer: Answer<unknown>): JsonSchema {
  return { ...answer.schema, description: answer.doc };
}

const HEX_32 = { type: 'string', pattern: '^[0-9a-f]{64}$' };

/** The parts that results are made of. */
export const answer = {
  string: value<string>('string', { type: 'string' }),
  boolean: value<boolean>('boolean', { type: 'boolean' }),
  /** A whole number that every JavaScript number can hold: a count, a time, a height, an index. */
  integer: value<number | bigint>('integer', { type: 'integer', maximum: Number.MAX_SAFE_INTEGER }),
  /** A whole number that may need 64 bits. */
  u64: value<number | bigint>('u64', { type: 'integer', minimum: 0 }),
  /** A whole number of any size, which may be below zero. */
  signed: value<number | bigint>('integer', { type: 'integer' }),
  number: value<number>('number', { type: 'number' }),
  /** A number to the digit, whatever digits it has. */
  decimal: value<Literal>('number', { type: 'number' }),
  /** An amount in millisatoshi: a bare JSON integer. */
  msat: value<bigint>('msat', { type: 'integer', minimum: 0 }),
  /** An amount in satoshi: a bare JSON integer. */
  sat: value<bigint>('sat', { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  hex: value<string>('hex', { type: 'string', pattern: '^([0-9a-f]{2})*$' }),
  hash: value<string>('hash', HEX_32),
  /** 32 bytes that were secret until now. */
  secret: value<string>('secret', HEX_32),
  txid: value<string>('txid', HEX_32),
  nodeId: value<string>('node_id', { type: 'string', pattern: '^0[23][0-9a-f]{64}$' }),
  shortChannelId: value<string>('short_channel_id', { type: 'string', pattern: '^[0-9]+x[0-9]+x[0-9]+$' }),
  /** Any JSON. */
  any: value<unknown>('any', {}),
  /** One of the words given. */
  oneOf: <const Words extends readonly string[]>(words: Words, doc: string): Answer<Words[number], false> => ({
    kind: 'value',
    type: words.join('|'),
    schema: { type: 'string', enum: words },
    doc,
    optional: false,
  }),
  /** A record of named parts. */
  object: <const M extends AnswerMembers>(members: M, doc: string): Answer<AnswerRecord<M>, false> => ({
    kind: 'object',
    type: 'object',
    schema: objectSchema(members),
    doc,
    optional: false,
    members,
  }),
  array: <T>(element: Answer<T, false>, doc: string): Answer<readonly T[], false> => ({
    kind: 'array',
    type: `array of ${element.type}`,
    schema: { type: 'array', items: described(element) },
    doc,
    optional: false,
    element,
  }),
  /** An array that may be too long for memory: `run` gives an iterable, which is written as the client reads. */
  stream: <T>(
    element: Answer<T, false>,
    doc: string,
  ): Answer<readonly T[] | Iterable<T> | AsyncIterable<T>, false> => ({
    kind: 'stream',
    type: `array of ${element.type}`,
    schema: { type: 'array', items: described(element) },
    doc,
    optional: false,
    element,
  }),
  /** The same part, which may be missing. */
  optional: <T>(part: Answer<T, false>): Answer<T, true> => ({ ...part, optional: true }),
} as const;

/** The members, each of which may be missing. */
export function optionalMembers<const M extends AnswerMembers>(
  members: M,
): { readonly [K in keyof M]: Answer<AnswerValue<M[K]>, true> } {
  const optional = Object.entries(members).map(([name, part]) => [name, { ...part, optional: true }] as const);
  return Object.fromEntries(optional) as { readonly [K in keyof M]: Answer<AnswerValue<M[K]>, true> };
}
