/**
 * The field types, named, worded and bounded as Core Lightning's param_* functions (common/json_param.c,
 * lightningd/invoice.c, lightningd/feerate.c). Each message is part of the contract with clients.
 */
import { MAX_U64, type Msat, parseMsat, type Sat } from '../../base/types/amount.ts';
import type { ChannelId, NodeId, PaymentHash, Txid } from '../../base/types/brand.ts';
import { parseMillionths, parseWholeNumber } from '../../base/types/decimal.ts';
import { isHex } from '../../base/types/hex.ts';
import { Secret } from '../../base/types/secret.ts';
import { parseShortChannelId, type ShortChannelId } from '../../base/types/short-channel-id.ts';
import { type Field, fieldOf, secretField, textOf, Unfit, UnfitSentence, wordOf } from './field.ts';
import { isJsonObject, type Json, Literal, type PlainJson, type PlainJsonObject, spell, toPlain } from './json.ts';

/** An output of a transaction. */
export interface Outpoint {
  readonly txid: Txid;
  readonly output: number;
}

/** What a feerate may be asked for by name; which estimate each means is the chain's affair. */
export const FEERATE_NAMES = [
  'opening',
  'mutual_close',
  'penalty',
  'unilateral_close',
  'unilateral_anchor_close',
  'slow',
  'normal',
  'urgent',
  'minimum',
] as const;

/** A feerate as asked for: by name, by the blocks it may take, or as a number. */
export type FeerateRequest =
  | { readonly kind: 'named'; readonly name: (typeof FEERATE_NAMES)[number] }
  | { readonly kind: 'blocks'; readonly blocks: number }
  | { readonly kind: 'exact'; readonly feerate_per_kw: number };

/** One direction of a channel. */
export interface ShortChannelIdDirection {
  readonly short_channel_id: ShortChannelId;
  readonly direction: 0 | 1;
}

/** Text that a database can hold. Throws Unfit for a zero character, which PostgreSQL does not take. */
function storable(text: string | undefined): string | undefined {
  if (text?.includes('\0') === true) throw new Unfit('should be a string without a zero character');
  return text;
}

function unsigned(value: Json, max: bigint): bigint | undefined {
  const word = wordOf(value);
  return word === undefined ? undefined : parseWholeNumber(word, max);
}

function unsignedField(bits: 16 | 32): Field<number> {
  const max = 2 ** bits - 1;
  const schema = { type: 'integer', minimum: 0, maximum: max };
  return fieldOf(`u${bits}`, schema, `should be an unsigned ${bits} bit integer`, (value) => {
    const number = unsigned(value, BigInt(max));
    return number === undefined ? undefined : Number(number);
  });
}

function hexField<T extends string>(
  type: string,
  length_bytes: number | undefined,
  should_be: string,
  pattern?: RegExp,
): Field<T> {
  const schema = {
    type: 'string',
    pattern: length_bytes === undefined ? '^([0-9a-fA-F]{2})*$' : `^[0-9a-fA-F]{${length_bytes * 2}}$`,
  };
  return fieldOf(type, schema, should_be, (value) => {
    const text = wordOf(value);
    if (text === undefined || !isHex(text, length_bytes) || pattern?.test(text) === false) return undefined;
    return text.toLowerCase() as T;
  });
}

function readAmountSat(value: Json): Sat | undefined {
  const word = wordOf(value);
  if (word === undefined) return undefined;
  // A bare number is in satoshi here, however many digits it has; with a unit it must come to whole satoshi.
  const amount_msat = parseMsat(/^\d+$/.test(word) ? `${word}sat` : word);
  return amount_msat === undefined || amount_msat % 1000n !== 0n ? undefined : ((amount_msat / 1000n) as Sat);
}

function readMsat(value: Json): Msat | undefined {
  const word = wordOf(value);
  return word === undefined ? undefined : parseMsat(word);
}

function readShortChannelId(value: Json): ShortChannelId | undefined {
  const text = textOf(value);
  return text === undefined ? undefined : parseShortChannelId(text);
}

/** As JSON writes numbers, but with any zeros in front. */
const FLOAT = /^\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** A `\u` whose backslash is not itself escaped. */
const WITHOUT_CODES = 'should be a string (without \\u)';
const PLAIN_UTF8 =
  'write the characters themselves, in UTF-8 (PHP: json_encode with JSON_UNESCAPED_UNICODE, Python: json.dumps with ensure_ascii=False)';
const HAS_CODE = /(?<!\\)(?:\\\\)*\\u/;
const AMOUNT_SCHEMA = { type: ['integer', 'string'] };
const SCID_PATTERN = '^[0-9]{1,8}x[0-9]{1,8}x[0-9]{1,5}$';
const shortChannelId = fieldOf(
  'short_channel_id',
  { type: 'string', pattern: SCID_PATTERN },
  'should be a short_channel_id of form NxNxN',
  readShortChannelId,
);

const exposePrivateChannels: Field<boolean | readonly ShortChannelId[]> = {
  type: 'boolean, short_channel_id, or array of them',
  schema: {
    anyOf: [{ type: 'boolean' }, shortChannelId.schema, { type: 'array', items: shortChannelId.schema }],
  },
  secret: false,
  parse(value) {
    if (typeof value === 'boolean') return value;
    if (!Array.isArray(value)) return [shortChannelId.parse(value)];
    return value.map((element: Json) => {
      const parsed = readShortChannelId(element);
      if (parsed === undefined) throw new Unfit('should be a short channel id', element);
      return parsed;
    });
  },
};

const feerate: Field<FeerateRequest> = {
  type: 'feerate',
  schema: { type: ['integer', 'string'] },
  secret: false,
  parse(value) {
    const word = wordOf(value) ?? '';
    const name = FEERATE_NAMES.find((known) => known === word);
    if (name !== undefined) return { kind: 'named', name };
    const [, digits = '', unit = ''] = /^(.*?)(blocks|perkw|perkb)?$/s.exec(word) ?? [];
    const number = unsigned(digits, 0xffff_ffffn);
    const quoted = digits.slice(0, 80);
    if (unit === 'blocks') {
      if (number === undefined) throw new UnfitSentence((name) => `'${name}' should be an integer not '${quoted}'`);
      return { kind: 'blocks', blocks: Number(number) };
    }
    if (number === undefined) {
      throw new UnfitSentence((name) => `'${name}' should be an integer with optional perkw/perkb, not '${quoted}'`);
    }
    // A bare number is per thousand vbytes, which are four thousand weight units: rounded up, so as not to pay less.
    return { kind: 'exact', feerate_per_kw: unit === 'perkw' ? Number(number) : Math.ceil(Number(number) / 4) };
  },
};

/** Every element of an array, read by `element`. Says `should be an array`, or what the element should be. */
function arrayOf<T>(element: Field<T>): Field<readonly T[]> {
  return {
    type: `array of ${element.type}`,
    schema: { type: 'array', items: element.schema },
    secret: element.secret,
    parse(value) {
      if (!Array.isArray(value)) throw new Unfit('should be an array');
      return value.map((item: Json) => {
        try {
          return element.parse(item);
        } catch (error) {
          throw error instanceof Unfit ? new Unfit(error.message, error.token ?? item) : error;
        }
      });
    },
  };
}

/** One of the words given. */
function oneOf<const Words extends readonly string[]>(...words: Words): Field<Words[number]> {
  const quoted = words.map((word) => `'${word}'`);
  const last = quoted.pop() as string;
  const should_be = `should be ${quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`}`;
  return fieldOf(words.join('|'), { type: 'string', enum: words }, should_be, (value) => {
    const text = textOf(value);
    return words.find((word) => word === text);
  });
}

/** The fields that commands are made of. */
export const field = {
  /** A positive amount, or `'any'`: what an invoice may ask for. */
  msatOrAny: fieldOf<Msat | 'any'>('msat_or_any', AMOUNT_SCHEMA, "should be positive msat or 'any'", (value) => {
    if (textOf(value) === 'any') return 'any';
    const amount_msat = readMsat(value);
    return amount_msat === 0n ? undefined : amount_msat;
  }),
  /** A text, or a number or a boolean as a text. */
  word: fieldOf<string>(
    'string, integer or boolean',
    { type: ['string', 'integer', 'boolean'] },
    'should be a string, an integer or a boolean',
    (value) => (typeof value === 'boolean' ? String(value) : storable(wordOf(value))),
  ),
  /** An amount; a bare number is millisatoshi. */
  msat: fieldOf<Msat>('msat', AMOUNT_SCHEMA, 'should be a millisatoshi amount', readMsat),
  /** An amount of whole satoshi; a bare number is satoshi. */
  sat: fieldOf<Sat>('sat', AMOUNT_SCHEMA, 'should be a satoshi amount', readAmountSat),
  /** An amount of whole satoshi, or `'all'`. */
  satOrAll: fieldOf<Sat | 'all'>('sat_or_all', AMOUNT_SCHEMA, 'should be a satoshi amount', (value) =>
    textOf(value) === 'all' ? 'all' : readAmountSat(value),
  ),
  /** A label: a string, or a bare integer taken as its digits. */
  label: fieldOf<string>('label', { type: ['string', 'integer'] }, 'should be a string or number', (value) => {
    if (typeof value === 'number' || typeof value === 'bigint') return value >= 0 ? value.toString() : undefined;
    return storable(textOf(value));
  }),
  /** Text; a bare number or boolean is taken as its spelling. */
  string: fieldOf<string>('string', { type: 'string' }, 'should be a string', (value) =>
    typeof value === 'boolean' ? String(value) : storable(wordOf(value)),
  ),
  /** Text in which a `\u` escape is refused on the Unix socket; elsewhere such escapes never come as Literals. */
  escapedString: fieldOf<string>('string', { type: 'string' }, WITHOUT_CODES, (value) => {
    // Both languages write such escapes unless they are told not to.
    if (value instanceof Literal && HAS_CODE.test(value.source)) throw new Unfit(WITHOUT_CODES, undefined, PLAIN_UTF8);
    return textOf(value);
  }),
  boolean: fieldOf<boolean>('boolean', { type: 'boolean' }, "should be 'true' or 'false'", (value) =>
    typeof value === 'boolean' ? value : undefined,
  ),
  /** Yes, no, or `'auto'`. */
  booleanOrAuto: fieldOf<boolean | 'auto'>(
    'boolean or auto',
    { anyOf: [{ type: 'boolean' }, { type: 'string', enum: ['auto'] }] },
    "should be 'true', 'false' or 'auto'",
    (value) => (typeof value === 'boolean' ? value : textOf(value) === 'auto' ? 'auto' : undefined),
  ),
  u64: fieldOf<bigint>('u64', { type: 'integer', minimum: 0 }, 'should be an unsigned 64 bit integer', (value) =>
    unsigned(value, 0xffff_ffff_ffff_ffffn),
  ),
  u32: unsignedField(32),
  u16: unsignedField(16),
  /** An integer of 0 to 2^32 - 1, where Core Lightning says just "integer". */
  integer: fieldOf<number>('integer', { type: 'integer', minimum: 0 }, 'should be an integer', (value) => {
    const number = unsigned(value, 0xffff_ffffn);
    return number === undefined ? undefined : Number(number);
  }),
  /** An integer within these bounds. */
  integerWithin: (least: number, most: number): Field<number> =>
    fieldOf(
      'integer',
      { type: 'integer', minimum: least, maximum: most },
      `should be an integer of ${least} to ${most}`,
      (value) => {
        const number = unsigned(value, BigInt(most));
        return number === undefined || number < BigInt(least) ? undefined : Number(number);
      },
    ),
  /** A number with or without a fraction, zero or more. */
  float: fieldOf<number>(
    'number',
    { type: 'number', minimum: 0 },
    'should be a non-negative floating-point number',
    (value) => {
      const word = wordOf(value);
      if (word === undefined || !FLOAT.test(word)) return undefined;
      const number = Number(word);
      return Number.isFinite(number) ? number : undefined;
    },
  ),
  /** A share in percent, with or without a fraction: answers it in millionths of a percent, at most 2^64 - 1. */
  percent: fieldOf<bigint>(
    'number',
    { type: 'number', minimum: 0 },
    'should be a non-negative floating-point number',
    (value) => parseMillionths(wordOf(value) ?? '', MAX_U64),
  ),
  hash: hexField<PaymentHash>('hash', 32, 'should be a 32 byte hex value'),
  /** A preimage: never echoed. */
  preimage: secretField(
    fieldOf<Secret<string>>(
      'preimage',
      { type: 'string', pattern: '^[0-9a-fA-F]{64}$' },
      'should be 64 hex digits',
      (value) => {
        const text = wordOf(value);
        return text !== undefined && isHex(text, 32) ? new Secret(text.toLowerCase()) : undefined;
      },
    ),
  ),
  /** 32 secret bytes: never echoed. */
  secret: secretField(
    fieldOf<Secret<string>>(
      'secret',
      { type: 'string', pattern: '^[0-9a-fA-F]{64}$' },
      'should be a 32 byte hex value',
      (value) => {
        const text = wordOf(value);
        return text !== undefined && isHex(text, 32) ? new Secret(text.toLowerCase()) : undefined;
      },
    ),
  ),
  hex: hexField<string>('hex', undefined, 'should be a hex value'),
  nodeId: hexField<NodeId>('node_id', 33, 'should be a node id', /^0[23]/),
  channelId: hexField<ChannelId>('channel_id', 32, 'should be a channel id'),
  txid: hexField<Txid>('txid', 32, 'should be a txid'),
  outpoint: fieldOf<Outpoint>('outpoint', { type: 'string' }, 'should be a txid:outnum', (value) => {
    const match = /^([0-9a-fA-F]{64}):(\d+)$/.exec(textOf(value) ?? '');
    const output = parseWholeNumber(match?.[2] ?? '', 0xffff_ffffn);
    if (match === null || output === undefined) return undefined;
    return { txid: (match[1] as string).toLowerCase() as Txid, output: Number(output) };
  }),
  shortChannelId,
  shortChannelIdDir: fieldOf<ShortChannelIdDirection>(
    'short_channel_id_dir',
    { type: 'string' },
    'should be a short_channel_id_dir of form NxNxN/N',
    (value) => {
      const [, id = '', direction] = /^(.*)\/([01])$/.exec(textOf(value) ?? '') ?? [];
      const short_channel_id = parseShortChannelId(id);
      return short_channel_id === undefined ? undefined : { short_channel_id, direction: direction === '1' ? 1 : 0 };
    },
  ),
  exposePrivateChannels,
  feerate,
  arrayOf,
  oneOf,
  /** An array of any values. */
  array: fieldOf<readonly Json[]>('array', { type: 'array' }, 'should be an array', (value) =>
    Array.isArray(value) ? value : undefined,
  ),
  /** An object, kept as plain JSON. */
  object: fieldOf<PlainJsonObject>('object', { type: 'object' }, 'should be an object', (value) =>
    isJsonObject(value) ? (toPlain(value) as PlainJsonObject) : undefined,
  ),
  /** An object as the text that it was given as, to the digit. */
  objectText: fieldOf<string>('object', { type: 'object' }, 'should be an object', (value) =>
    isJsonObject(value) ? spell(value) : undefined,
  ),
  /** Any value, kept as plain JSON. */
  any: fieldOf<PlainJson>('any', {}, 'should be a value', (value) => toPlain(value)),
} as const;
