/** A call as it is typed at a shell, for manuals and hints. `app/cli/arguments.ts` reads what is written here. */
import type { JsonObject } from '../json.ts';
import type { CommandFacts } from '../table.ts';
import { writeJson } from '../writer.ts';

/** The text as a shell takes it for one word. */
export function shellWord(text: string): string {
  if (/^[\w./:@%+,=-][\w./:@%+,=~-]*$/.test(text)) return text;
  // Double quotes are what most people type; inside them these characters have a meaning.
  return /["$`\\!\n]/.test(text) ? `'${text.replaceAll("'", "'\\''")}'` : `"${text}"`;
}

/** A parameter's value as a word of the command line. */
export function wordOf(value: unknown): string {
  if (typeof value !== 'string') return writeJson(value);
  const isLiteral = /^((0|[1-9]\d*)(\.\d+)?|true|false|null|\{.*\}|\[.*\]|".+")$/s.test(value);
  return isLiteral ? JSON.stringify(value) : value;
}

/** The line that makes this call: with parameters in order where that is possible, else by name. */
export function typedCall(command: CommandFacts, params: readonly unknown[] | JsonObject): string {
  const words = Array.isArray(params) ? params.map(wordOf) : wordsInOrder(command, params as JsonObject);
  if (words === undefined) {
    const named = Object.entries(params).map(([name, value]) => `${name}=${wordOf(value)}`);
    return ['till', '-k', command.name, ...named].map(shellWord).join(' ');
  }
  const isAmbiguous = words.some((word) => word.includes('='));
  const isOptionLike = words.some((word) => word.startsWith('-'));
  return ['till', ...(isAmbiguous ? ['-o'] : []), command.name, ...(isOptionLike ? ['--'] : []), ...words]
    .map(shellWord)
    .join(' ');
}

/** Undefined where one in between is missing, or can be given by name only. */
function wordsInOrder(command: CommandFacts, params: JsonObject): string[] | undefined {
  const places = Object.entries(command.params).filter(([, { by_name }]) => !by_name);
  const given = Object.keys(params);
  const isInOrder = given.every((name, index) => {
    const place = places[index];
    return place !== undefined && (place[0] === name || place[1].aliases.includes(name));
  });
  return isInOrder ? given.map((name) => wordOf(params[name])) : undefined;
}
