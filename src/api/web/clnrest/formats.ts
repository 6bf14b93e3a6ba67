/** A result as YAML, XML or a form, for clients whose `accept` header asks for it. Members come in alphabetical order. */
import { XMLBuilder } from 'fast-xml-parser';
import { stringify } from 'yaml';
import { type PlainJson, toPlain } from '../../rpc/json.ts';
import { parseJson } from '../../rpc/json-parser.ts';
import type { BodyFormat } from './bodies.ts';

/** The content types of answers. */
export const CONTENT_TYPES: Readonly<Record<BodyFormat, string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  xml: 'application/xml',
  form: 'application/x-www-form-urlencoded',
};

/** The result of a command, JSON, in another format. */
export function writeAs(format: Exclude<BodyFormat, 'json'>, json: string, method: string): string {
  const value = sorted(toPlain(parseJson(json, { keep_escapes: false }).value));
  if (format === 'yaml') return stringify(value, { aliasDuplicateObjects: false, lineWidth: 0, indentSeq: false });
  if (format === 'form') return [...formPairs(value, '')].join('&');
  const builder = new XMLBuilder({ ignoreAttributes: true, suppressEmptyNode: false, processEntities: true });
  return builder.build({ [method]: value }) as string;
}

function sorted(value: PlainJson): PlainJson {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}

/** Names in brackets, as PHP and Rails read them. */
function* formPairs(value: PlainJson, name: string): Generator<string> {
  if (typeof value !== 'object' || value === null) {
    yield `${name}=${value === null ? '' : encodeURIComponent(String(value))}`;
    return;
  }
  const members = Object.entries(value);
  if (members.length === 0 && name !== '') yield `${name}=`;
  for (const [key, member] of members) {
    const encoded = encodeURIComponent(key);
    yield* formPairs(member, name === '' ? encoded : `${name}[${encoded}]`);
  }
}
