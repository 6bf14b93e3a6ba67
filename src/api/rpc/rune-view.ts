/**
 * A request as runes see it: parameters by their canonical names and with the values that the command will read, so that
 * another name, another place or another spelling of the same thing is judged the same.
 */

import { toByteText } from '../../shop/access/rune.ts';
import { bareName, type FieldValue } from '../../shop/access/rune-request.ts';
import type { RequestToJudge } from '../../shop/access/runes.ts';
import { textOf } from './field.ts';
import { isJsonObject, type Json, Literal, spell } from './json.ts';
import { type CommandFacts, canonicalName, positionalNames } from './table.ts';

export interface RuneViewOptions {
  /** The command, where there is one of that name. */
  readonly command: CommandFacts | undefined;
  /**
   * Whether positions stand for names and values are read as the command reads them. `checkrune` judges the words as they
   * are given, as Core Lightning does; a request that is going to run is judged by what it means.
   */
  readonly by_meaning: boolean;
}

/** What a rune is judged on. `params` is an object or an array; anything else has no parameters. */
export function runeView(
  method: string | undefined,
  node_id: string | undefined,
  params: Json,
  { command, by_meaning }: RuneViewOptions,
): RequestToJudge {
  const elements = Array.isArray(params) ? (params as readonly Json[]) : [];
  let named: ReadonlyMap<string, Given> | undefined;
  const find = (name: string): Given | undefined => {
    named ??= namedParams(params, elements, command, by_meaning);
    return named.get(name) ?? named.get(` ${name}`);
  };
  return {
    method: by_meaning ? (command?.name ?? method) : method,
    node_id,
    param_count: Array.isArray(params) ? elements.length : isJsonObject(params) ? Object.keys(params).length : 0,
    param(name) {
      const given = find(name);
      return given && (by_meaning ? meaningOf(given, command) : fieldValueOf(given.value));
    },
    invoice: (name) => {
      const given = find(name);
      return given && (textOf(given.value) ?? spell(given.value));
    },
    element: (index) => (elements[index] === undefined ? undefined : fieldValueOf(elements[index])),
  };
}

interface Given {
  readonly name: string;
  readonly value: Json;
}

/** By name, and behind a blank by the name without punctuation. */
function namedParams(
  params: Json,
  elements: readonly Json[],
  command: CommandFacts | undefined,
  by_meaning: boolean,
): ReadonlyMap<string, Given> {
  const named = new Map<string, Given>();
  const add = (name: string, value: Json): void => {
    named.set(` ${bareName(name)}`, { name, value });
    named.set(name, { name, value });
  };
  if (isJsonObject(params)) {
    for (const [given_name, value] of Object.entries(params)) {
      if (!by_meaning) add(given_name, value);
      const canonical = command && canonicalName(command, given_name);
      add(canonical ?? given_name, value);
    }
  } else if (by_meaning && command !== undefined) {
    const names = positionalNames(command);
    for (const [index, value] of elements.entries()) {
      const name = names[index];
      if (name !== undefined) add(name, value);
    }
  }
  return named;
}

function meaningOf({ name, value }: Given, command: CommandFacts | undefined): FieldValue {
  const param = command && Object.hasOwn(command.params, name) ? command.params[name] : undefined;
  if (param === undefined) return fieldValueOf(value);
  try {
    const read = param.field.parse(value);
    if (typeof read === 'bigint' || typeof read === 'string') return fieldValueOf(read);
    if (typeof read === 'number' && Number.isSafeInteger(read)) return BigInt(read);
  } catch {
    // The command will refuse the value, in its own words, if the rune lets it come that far.
  }
  return fieldValueOf(value);
}

function fieldValueOf(value: Json): FieldValue {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === 'bigint' && BigInt.asIntN(64, value) === value) return value;
  if (value instanceof Literal && typeof value.value === 'number') return value.source;
  return toByteText(textOf(value) ?? spell(value));
}
