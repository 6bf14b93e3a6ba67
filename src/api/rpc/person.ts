/**
 * A person behind a call: somebody who has signed in, and whose session stands where a program has its rune. The node turns it
 * into the rune that the call is judged by, and writes down what the person changes.
 */
import { isJsonObject, type Json, spell } from './json.ts';
import { type CommandFacts, canonicalName } from './table.ts';

/** What the credential of a session begins with; no rune does. */
export const SESSION_PREFIX = 'session:';

/** Somebody who has signed in. */
export interface Person {
  /** What the person's calls are judged by. */
  readonly rune: string;
  /** Runs a change and writes down who asked for it and what came of it. */
  record<T>(change: { readonly method: string; readonly params: string }, run: () => Promise<T>): Promise<T>;
}

/** The parameters as they are written down: JSON, without what is secret. */
export function paramsToRecord(command: CommandFacts, params: Json): string {
  if (!isJsonObject(params)) return spell(params);
  const shown = Object.entries(params).map(([name, value]): readonly [string, Json] => {
    const param = command.params[canonicalName(command, name) ?? name];
    return [name, param === undefined || param.field.secret ? '[secret]' : value];
  });
  return spell(Object.fromEntries(shown));
}
