/**
 * The tagged fields, one row each: its letter, its length where the BOLT fixes one, how it is read, and how it is
 * written. The order of the rows is the order in which the writer puts them (BOLT 11, Tagged Fields).
 *
 * The BOLT asks a reader to fail on a `p`, `h`, `s` or `n` of another length, yet its example "including fields which
 * must be ignored" is valid and has eight of them. Till follows the example: it skips and keeps such a field, and names
 * its length if the invoice turns out to have no good one.
 *
 * A field that stands twice counts as it stands first, and the later ones are kept unread (docs/decisions/0029).
 */
import type { NodeId, PaymentHash, PaymentSecret } from '../../base/types/brand.ts';
import type { Features } from '../../base/types/features.ts';
import { Bolt11Error } from './error.ts';
import { readFallback, writeFallback } from './fallback.ts';
import { featuresToWords, wordsToFeatures } from './features.ts';
import { requireHex, requireInteger } from './input.ts';
import {
  DEFAULT_EXPIRY_SECONDS,
  DEFAULT_MIN_FINAL_CLTV_EXPIRY_DELTA,
  type InvoiceFields,
  type RouteHop,
} from './invoice.ts';
import type { RawField } from './raw.ts';
import { readRoute, writeRoute } from './route.ts';
import {
  bigintToWords,
  bytesToWords,
  hexToWords,
  numberToWords,
  wordsToBytes,
  wordsToHex,
  wordsToNumber,
} from './words.ts';

/** What has been read of the tagged fields so far. */
export interface Draft {
  payment_secret?: PaymentSecret;
  payment_hash?: PaymentHash;
  description?: string;
  description_hash?: string;
  payment_metadata?: string;
  named_payee?: NodeId;
  expiry_seconds?: number;
  long_expiry_seconds?: bigint;
  min_final_cltv_expiry_delta?: number;
  fallbacks: string[];
  routes: RouteHop[][];
  features?: Features;
}

/** A rule of the BOLT. */
export interface FieldRow {
  readonly tag: string;
  /** What it holds, for messages. */
  readonly holds: string;
  /** Elements, where the BOLT fixes them. */
  readonly length?: number;
  readonly repeats?: true;
  /** Puts what the field says into the draft. False when the field is to be skipped and kept. Throws Bolt11Error. */
  read(field: RawField, draft: Draft): boolean;
  /** The data of each field to write. Throws Bolt11Error. */
  write(fields: InvoiceFields): readonly Uint8Array[];
}

const NONE: readonly Uint8Array[] = [];
const HASH_WORDS = 52;
const NODE_ID_WORDS = 53;
const MAX_FEATURE_BIT = 1023 * 5 - 1;
/** What Core Lightning and LDK hold an expiry in. */
const EXPIRY_BITS = 64;
/** A block height has 32 bits in the onion: nobody could pay an invoice that asks for more. */
const CLTV_BITS = 32;
const MAX_CLTV = 2 ** CLTV_BITS - 1;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const toUtf8 = new TextEncoder();

function hexField(what: string, text: string | undefined, tag: string, length_bytes?: number): readonly Uint8Array[] {
  if (text === undefined) return NONE;
  requireHex(tag, what, text, length_bytes);
  return [hexToWords(text)];
}

/** The BOLT wants no leading zero element. One zero element alone is zero all the same: Core Lightning writes it so. */
function checkMinimal({ tag, words, position }: RawField): void {
  if (words[0] === 0 && words.length > 1) {
    throw new Bolt11Error('leading_zero', 'the field starts with a zero element', { field: tag, position });
  }
}

/** The number, of `bits` at most. */
function readNumber(field: RawField, bits: number): bigint {
  checkMinimal(field);
  const value = wordsToNumber(field.words, bits);
  if (value !== undefined) return value;
  throw new Bolt11Error('number_too_large', `the number has more than ${bits} bits`, {
    field: field.tag,
    position: field.position,
  });
}

function writeNumber(tag: string, what: string, value: number, largest: number): readonly Uint8Array[] {
  requireInteger(tag, what, value, largest);
  return [numberToWords(value)];
}

/** Only an expiry that `expiry_seconds` cannot hold may be given as a bigint: no invoice can then say two things. */
function writeLongExpiry(value: bigint): readonly Uint8Array[] {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER) || value >= 1n << BigInt(EXPIRY_BITS)) {
    throw new Bolt11Error('value_invalid', 'long_expiry_seconds must be from 2^53 to 2^64 - 1', { field: 'x' });
  }
  return [bigintToWords(value)];
}

function readDescription({ words, position }: RawField): string {
  try {
    return utf8.decode(wordsToBytes(words));
  } catch {
    throw new Bolt11Error('not_utf8', 'the description is not valid UTF-8', { field: 'd', position });
  }
}

function writeDescription(text: string | undefined): readonly Uint8Array[] {
  if (text === undefined) return NONE;
  if (!text.isWellFormed()) {
    throw new Bolt11Error('value_invalid', 'the description has half a surrogate pair', { field: 'd' });
  }
  return [bytesToWords(toUtf8.encode(text))];
}

/** Every field that the BOLT defines. */
export const FIELD_ROWS: readonly FieldRow[] = [
  {
    tag: 's',
    holds: 'payment secret',
    length: HASH_WORDS,
    read({ words }, draft) {
      draft.payment_secret = wordsToHex(words) as PaymentSecret;
      return true;
    },
    write: (fields) => hexField('payment_secret', fields.payment_secret, 's', 32),
  },
  {
    tag: 'p',
    holds: 'payment hash',
    length: HASH_WORDS,
    read({ words }, draft) {
      draft.payment_hash = wordsToHex(words) as PaymentHash;
      return true;
    },
    write: (fields) => hexField('payment_hash', fields.payment_hash, 'p', 32),
  },
  {
    tag: 'd',
    holds: 'description',
    read(field, draft) {
      draft.description = readDescription(field);
      return true;
    },
    write: (fields) => writeDescription(fields.description),
  },
  {
    tag: 'h',
    holds: 'description hash',
    length: HASH_WORDS,
    read({ words }, draft) {
      draft.description_hash = wordsToHex(words);
      return true;
    },
    write: (fields) => hexField('description_hash', fields.description_hash, 'h', 32),
  },
  {
    tag: 'm',
    holds: 'payment metadata',
    read({ words }, draft) {
      draft.payment_metadata = wordsToHex(words);
      return true;
    },
    write: (fields) => hexField('payment_metadata', fields.payment_metadata, 'm'),
  },
  {
    tag: 'n',
    holds: "payee's node id",
    length: NODE_ID_WORDS,
    read({ words }, draft) {
      draft.named_payee = wordsToHex(words) as NodeId;
      return true;
    },
    write: (fields) => hexField('named_payee', fields.named_payee, 'n', 33),
  },
  {
    tag: 'x',
    holds: 'expiry',
    read(field, draft) {
      const seconds = readNumber(field, EXPIRY_BITS);
      if (seconds > BigInt(Number.MAX_SAFE_INTEGER)) draft.long_expiry_seconds = seconds;
      draft.expiry_seconds = Math.min(Number(seconds), Number.MAX_SAFE_INTEGER);
      return true;
    },
    write({ expiry_seconds = DEFAULT_EXPIRY_SECONDS, long_expiry_seconds }) {
      if (long_expiry_seconds !== undefined) return writeLongExpiry(long_expiry_seconds);
      if (expiry_seconds === DEFAULT_EXPIRY_SECONDS) return NONE;
      return writeNumber('x', 'expiry_seconds', expiry_seconds, Number.MAX_SAFE_INTEGER);
    },
  },
  {
    tag: 'c',
    holds: 'min_final_cltv_expiry_delta',
    read(field, draft) {
      draft.min_final_cltv_expiry_delta = Number(readNumber(field, CLTV_BITS));
      return true;
    },
    write: ({ min_final_cltv_expiry_delta = DEFAULT_MIN_FINAL_CLTV_EXPIRY_DELTA }) =>
      writeNumber('c', 'min_final_cltv_expiry_delta', min_final_cltv_expiry_delta, MAX_CLTV),
  },
  {
    tag: 'f',
    holds: 'fallback address',
    repeats: true,
    read(field, draft) {
      const script_pubkey = readFallback(field);
      if (script_pubkey === undefined) return false;
      draft.fallbacks.push(script_pubkey);
      return true;
    },
    write: (fields) => fields.fallbacks?.map(writeFallback) ?? NONE,
  },
  {
    tag: 'r',
    holds: 'route',
    repeats: true,
    read(field, draft) {
      draft.routes.push(readRoute(field));
      return true;
    },
    write: (fields) => fields.routes?.map(writeRoute) ?? NONE,
  },
  {
    tag: '9',
    holds: 'features',
    read(field, draft) {
      checkMinimal(field);
      draft.features = wordsToFeatures(field.words);
      return true;
    },
    write({ features }) {
      if (features === undefined || features.size === 0) return NONE;
      for (const bit of features) requireInteger('9', 'a feature bit', bit, MAX_FEATURE_BIT);
      return [featuresToWords(features)];
    },
  },
];

const BY_TAG = new Map(FIELD_ROWS.map((row) => [row.tag, row]));

/** The row of the letter. Undefined for a field that the BOLT does not define. */
export function findRow(tag: string): FieldRow | undefined {
  return BY_TAG.get(tag);
}
