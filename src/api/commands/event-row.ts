/** Events as commands answer them, and how callers say which they want. */
import { RpcError } from '../../base/errors.ts';
import type { ShopEvent } from '../../shop/events/event.ts';
import { PrunedError } from '../../shop/events/event-log.ts';
import { ALL_TYPES, EVENT_TYPES, type EventType, FAMILIES, typesNamed } from '../../shop/events/event-types.ts';
import { answer } from '../rpc/answer.ts';
import { type Field, textOf, Unfit } from '../rpc/field.ts';
import type { Json } from '../rpc/json.ts';
import { parseJson } from '../rpc/json-parser.ts';

/** The members of an event. */
export const eventMembers = {
  id: answer.integer('Its number: 1, 2, 3 ... without gaps. Give it as the next `after`.'),
  type: answer.oneOf(ALL_TYPES, 'What happened.'),
  time: answer.integer('When, in Unix time.'),
  label: answer.optional(answer.string('The label of the invoice that it is about.')),
  data: answer.any('More about it: an object, by type.'),
};

/** What a command answers for an event. */
export function eventRow({ event_id, type, time, label, data }: ShopEvent) {
  return { id: event_id, type, time, label, data: parseJson(data, { keep_escapes: false }).value };
}

/** The types in prose. */
export const TYPES_DOC = Object.entries(EVENT_TYPES)
  .map(([type, says]) => `\`${type}\`: ${says}`)
  .join('\n\n');

/** Types or families of types, as an array or one word; answers the words as they are kept. */
export const eventTypesField: Field<readonly string[]> = {
  type: 'array of event types',
  schema: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
  secret: false,
  parse(value) {
    const words = Array.isArray(value) ? (value as readonly Json[]) : [value];
    return words.map((word) => {
      const text = textOf(word) ?? '';
      if (typesNamed(text).length > 0) return text;
      throw new Unfit(`should be event types such as invoice.paid, or families of them (${FAMILIES.join(', ')})`, word);
    });
  },
};

/** The types that words of `eventTypesField` stand for; undefined for all. */
export function typesOf(words: readonly string[] | undefined): readonly EventType[] | undefined {
  return words?.flatMap(typesNamed);
}

/** A number of 64 bits as the log counts: none is that high. */
export function eventNumber(value: bigint): number {
  return Number(value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : value);
}

/** The error of a command for what reading the log failed with. */
export function readingError(error: unknown): unknown {
  if (!(error instanceof PrunedError)) return error;
  return new RpcError('EVENTS_PRUNED', error.message, { oldest_id: error.oldest_id });
}
