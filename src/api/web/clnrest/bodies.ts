/**
 * The body of a request to `/v1` as parameters: JSON, YAML, XML or a form, as its content type says. Core Lightning looks
 * for a known type anywhere in the header, and so do we.
 */
import { isUtf8 } from 'node:buffer';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import qs from 'qs';
import { parseDocument } from 'yaml';
import { isJsonObject, type Json, type JsonObject, Literal } from '../../rpc/json.ts';
import { MalformedJson, type Parsed, parseJson } from '../../rpc/json-parser.ts';
import { ObjectReader } from '../../rpc/request-stream.ts';

/** How bodies may be written, by what their content type contains; the first that fits counts. */
const TYPES = [
  ['*/*', 'json'],
  ['application/json', 'json'],
  ['application/yaml', 'yaml'],
  ['application/xml', 'xml'],
  ['application/x-www-form-urlencoded', 'form'],
] as const;
export type BodyFormat = (typeof TYPES)[number][1];

/** The format that a `content-type` or `accept` header names; JSON without one. Undefined for one that nobody knows. */
export function formatOf(header: string | undefined): BodyFormat | undefined {
  if (header === undefined) return 'json';
  return TYPES.find(([type]) => header.includes(type))?.[1];
}

/** The body cannot be read. */
export class BadBody extends Error {
  override readonly name = 'BadBody';
  /** 500 as Core Lightning has it; 400 for a body that can be read and holds no parameters by name. */
  readonly status: 400 | 500;
  readonly code: number | null;

  constructor(message: string, status: 400 | 500, code: number | null = null) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const DEEPEST_FORM = 20;

/**
 * The parameters in a body: members that are null are gone, at every depth. Throws BadBody, which does not quote the body:
 * it may hold a secret.
 */
export function readBody(body: Buffer, format: BodyFormat, method: string): JsonObject {
  if (body.length === 0) return {};
  if (!isUtf8(body)) throw new BadBody(`Could not parse ${NAMES[format]} request: it is not UTF-8`, 500);
  const value = format === 'json' ? readJson(body) : READERS[format](body.toString(), method);
  if (!isJsonObject(value)) {
    throw new BadBody(`Could not parse ${NAMES[format]} request: parameters are given by name, as an object`, 400);
  }
  return withoutNulls(value) as JsonObject;
}

const NAMES = { json: 'JSON', yaml: 'as YAML', xml: 'as XML', form: 'FORM-URLENCODED' } as const;

const READERS: Readonly<Record<Exclude<BodyFormat, 'json'>, (text: string, method: string) => Json>> = {
  yaml: readYaml,
  xml: readXml,
  form: (text) => qs.parse(text, { depth: DEEPEST_FORM, parameterLimit: 1000, plainObjects: false }) as Json,
};

/** Values are counted by the node. */
const objects = new ObjectReader({ keep_escapes: false, most_commas: Number.POSITIVE_INFINITY });

function readJson(body: Buffer): Json {
  try {
    const { value, duplicate } = parseBody(body);
    if (duplicate !== undefined) {
      throw new BadBody(`duplicate json names: ${duplicate.name.slice(0, 80)}`, 500, -32602);
    }
    return value;
  } catch (error) {
    if (error instanceof MalformedJson) throw new BadBody(`Could not parse JSON request: ${error.message}`, 500);
    throw error;
  }
}

/** An object is read quickly; the strict parser reads anything else, and says what is wrong with it. */
function parseBody(body: Buffer): Parsed {
  try {
    return objects.read(body);
  } catch (error) {
    if (!(error instanceof MalformedJson)) throw error;
  }
  const text = body.toString();
  if (/^\uFEFF|^[ \t\r\n]*$/.test(text)) {
    throw new BadBody('Could not parse JSON request: it holds no object, or begins with a byte order mark', 400);
  }
  return parseJson(text, { keep_escapes: false });
}

function readYaml(text: string): Json {
  // Few aliases: a document of some bytes must not stand for gigabytes.
  const document = parseDocument(text, { intAsBigInt: true, version: '1.2', uniqueKeys: true });
  const [problem] = document.errors;
  if (problem !== undefined) {
    throw new BadBody(`Could not parse as YAML request: ${problem.code} at character ${problem.pos[0]}`, 500);
  }
  try {
    return fromLibrary(document.toJS({ maxAliasCount: 10 }));
  } catch {
    throw new BadBody('Could not parse as YAML request: too many aliases', 500);
  }
}

function readXml(text: string, method: string): Json {
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) {
    throw new BadBody('Could not parse as XML request: document types and entities are not taken', 500);
  }
  const validity = XMLValidator.validate(text);
  if (validity !== true) {
    throw new BadBody(`Could not parse as XML request: ${validity.err.code} in line ${validity.err.line}`, 500);
  }
  const parsed = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    parseTagValue: false,
    processEntities: true,
    ignoreDeclaration: true,
  }).parse(text) as Record<string, unknown>;
  const [root, ...others] = Object.keys(parsed);
  if (root !== method || others.length > 0) {
    throw new BadBody(`Use rpc method name as root element: \`${method}\``, 500);
  }
  const content = parsed[method];
  return content === '' ? {} : fromXml(content);
}

/** Numbers and truth values are told by their spelling: XML has only text. */
function fromXml(value: unknown): Json {
  if (typeof value === 'string') {
    if (value === 'true' || value === 'false') return value === 'true';
    if (/^-?(0|[1-9]\d{0,30})$/.test(value) && value !== '-0') return exactInteger(value);
    return value;
  }
  if (Array.isArray(value)) return value.map(fromXml);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, fromXml(member)]));
  }
  return null;
}

function exactInteger(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

/** What a library read, in values of ours. */
function fromLibrary(value: unknown): Json {
  if (typeof value === 'bigint') return exactInteger(value.toString());
  if (typeof value === 'number') return new Literal(Number.isFinite(value) ? String(value) : 'null', value);
  if (Array.isArray(value)) return value.map(fromLibrary);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, fromLibrary(member)]));
  }
  return typeof value === 'string' || typeof value === 'boolean' ? value : null;
}

function hasNull(value: Json): boolean {
  if (typeof value !== 'object') return false;
  return value === null || Object.values(value).some(hasNull);
}

function withoutNulls(value: Json): Json {
  if (!hasNull(value)) return value;
  if (Array.isArray(value)) return value.filter((element) => element !== null).map(withoutNulls);
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutNulls(member)]));
}
