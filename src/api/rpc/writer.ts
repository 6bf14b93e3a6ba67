/** JSON out: bigints as exact integers, compact, so that a reply holds no blank line but the one that ends it. */
import { Literal, spell } from './json.ts';

/** The value as compact JSON. Members that are undefined are left out. */
export function writeJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'bigint':
      return value.toString();
    case 'number':
      return Number.isFinite(value) ? String(value) : 'null';
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      return writeObject(value);
    default:
      return 'null';
  }
}

function writeObject(value: object | null): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) {
    let text = '[';
    for (let index = 0; index < value.length; index++) text += (index === 0 ? '' : ',') + writeJson(value[index]);
    return `${text}]`;
  }
  if (value instanceof Literal) return spell(value);
  if ('toJSON' in value && typeof value.toJSON === 'function') return writeJson(value.toJSON());
  let text = '';
  for (const name of Object.keys(value)) {
    const member: unknown = (value as Readonly<Record<string, unknown>>)[name];
    if (member !== undefined) text += `${text === '' ? '' : ','}${spellName(name)}${writeJson(member)}`;
  }
  return `{${text}}`;
}

/** Results name the same members again and again. */
const spelled_names = new Map<string, string>();
const MOST_SPELLED_NAMES = 4096;

function spellName(name: string): string {
  let spelled = spelled_names.get(name);
  if (spelled === undefined) {
    spelled = `${JSON.stringify(name)}:`;
    // Names that clients made up, such as labels in a map, must not fill the memory.
    if (spelled_names.size < MOST_SPELLED_NAMES && name.length < 64) spelled_names.set(name, spelled);
  }
  return spelled;
}

/** A value that is written piece by piece. */
type Rows = Iterable<unknown> | AsyncIterable<unknown>;

function isRows(value: unknown): value is Rows {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}

/** Whether a result has a member that must be written piece by piece. */
export function isStreamed(result: unknown): result is Readonly<Record<string, unknown>> {
  return typeof result === 'object' && result !== null && !Array.isArray(result) && Object.values(result).some(isRows);
}

/** So much text is gathered before it is handed on. */
const CHUNK_CHARACTERS = 64 * 1024;

/** The JSON of such a result, in pieces of about 64 KB. */
export async function* streamJson(result: Readonly<Record<string, unknown>>): AsyncGenerator<string, void, void> {
  let text = '{';
  let first = true;
  for (const [name, member] of Object.entries(result)) {
    if (member === undefined) continue;
    text += `${first ? '' : ','}${JSON.stringify(name)}:`;
    first = false;
    if (!isRows(member)) {
      text += writeJson(member);
      continue;
    }
    let separator = '[';
    for await (const row of member) {
      text += separator + writeJson(row);
      separator = ',';
      if (text.length >= CHUNK_CHARACTERS) {
        yield text;
        text = '';
      }
    }
    text += separator === '[' ? '[]' : ']';
  }
  yield `${text}}`;
}
