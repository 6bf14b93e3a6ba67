/**
 * `filter` beside `method` and `params`: a template of the reply, of `true` and one-element arrays; what it does not
 * name is left out. Facts: Core Lightning doc/reference "lightningd-rpc", FIELD FILTERING.
 */
import { RpcError } from '../../base/errors.ts';
import { quoteToken } from './field.ts';
import { isJsonObject, type Json } from './json.ts';

/** Keeps of a value what the template names. */
export type Filter = (value: unknown) => unknown;

function compile(template: Json): Filter {
  if (template === true) return (value) => value;
  if (Array.isArray(template) && template.length === 1) {
    const element = compile(template[0] as Json);
    return (value) => (Array.isArray(value) ? value.map(element) : filterRows(value, element));
  }
  if (!isJsonObject(template)) {
    throw new RpcError(
      'INVALID_PARAMS',
      `filter: should be true, an object or an array of one: invalid token '${quoteToken(template)}'`,
    );
  }
  const members = new Map(Object.entries(template).map(([name, member]) => [name, compile(member)]));
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const kept: [string, unknown][] = [];
    for (const [name, member] of Object.entries(value)) {
      const keep = members.get(name);
      if (keep !== undefined && member !== undefined) kept.push([name, keep(member)]);
    }
    return Object.fromEntries(kept);
  };
}

function filterRows(value: unknown, element: Filter): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (!(Symbol.asyncIterator in value) && !(Symbol.iterator in value)) return value;
  const rows = value as AsyncIterable<unknown> | Iterable<unknown>;
  return (async function* () {
    for await (const row of rows) yield element(row);
  })();
}

/** Prepares a filter. Throws RpcError INVALID_PARAMS when the template is none. */
export function compileFilter(template: Json): Filter {
  if (!isJsonObject(template)) {
    throw new RpcError('INVALID_PARAMS', `filter: should be an object: invalid token '${quoteToken(template)}'`);
  }
  return compile(template);
}
