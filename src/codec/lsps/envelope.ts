/**
 * The envelope of bLIP 50 (LSPS0): one JSON-RPC 2.0 object for each message, in UTF-8 without a zero byte. Both sides of
 * it, as everything here: the client asks, the provider answers.
 */

/** Whatever JSON can say. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
/** An object of JSON. */
export interface JsonObject {
  readonly [name: string]: JsonValue;
}

/** A text is not what the bLIPs say it is. The message is ours, and quotes nothing of the text. */
export class LspsFormatError extends Error {
  override readonly name = 'LspsFormatError';
}

/** What a client asks. */
export interface LspsRequest {
  /** Random: at least 80 bits. */
  readonly id: string;
  readonly method: string;
  readonly params: JsonObject;
}

/** What a provider says. `id` null: it could not read the id of what it answers. */
export type LspsAnswer =
  | { readonly kind: 'result'; readonly id: string | null; readonly result: JsonObject }
  | ({ readonly kind: 'error'; readonly id: string | null } & LspsError)
  | { readonly kind: 'notification'; readonly method: string; readonly params: JsonObject };

/** Why a provider refuses. */
export interface LspsError {
  readonly code: number;
  /** The provider's own words: for a log, through a filter, and for nothing else. */
  readonly message: string;
  readonly data?: JsonValue | undefined;
}

/** Codes that every method may answer: JSON-RPC 2.0's own, and that of LSPS0 for a client that is not wanted. */
export const LSPS_ERRORS = {
  parse_error: -32700,
  method_not_found: -32601,
  invalid_params: -32602,
  internal_error: -32603,
  client_rejected: 1,
} as const;

/** The text of a request. */
export function encodeRequest({ id, method, params }: LspsRequest): Uint8Array {
  return encode({ jsonrpc: '2.0', id, method, params });
}

/** Reads a request, at the provider. Throws LspsFormatError. */
export function decodeRequest(payload: Uint8Array): LspsRequest {
  const { jsonrpc, id, method, params } = decode(payload);
  if (jsonrpc !== '2.0') throw new LspsFormatError('jsonrpc is not "2.0"');
  if (typeof id !== 'string') throw new LspsFormatError('a request without an id');
  if (typeof method !== 'string') throw new LspsFormatError('a request without a method');
  if (!isObject(params)) throw new LspsFormatError('the parameters of a request are no object');
  return { id, method, params };
}

/** The text of an answer. */
export function encodeResult(id: string, result: JsonObject): Uint8Array {
  return encode({ jsonrpc: '2.0', id, result });
}

/** The text of a refusal. */
export function encodeError(id: string | null, { code, message, data }: LspsError): Uint8Array {
  return encode({ jsonrpc: '2.0', id, error: { code, message, ...(data === undefined ? {} : { data }) } });
}

/** Reads what a provider says, at the client. Throws LspsFormatError. */
export function decodeAnswer(payload: Uint8Array): LspsAnswer {
  const said = decode(payload);
  const { jsonrpc, id, method, params, result, error } = said;
  if (jsonrpc !== '2.0') throw new LspsFormatError('jsonrpc is not "2.0"');
  if (!Object.hasOwn(said, 'id')) {
    if (typeof method !== 'string') throw new LspsFormatError('neither an answer nor a notification');
    if (!isObject(params)) throw new LspsFormatError('the parameters of a notification are no object');
    return { kind: 'notification', method, params };
  }
  // A number is an id that we never gave.
  if (typeof id !== 'string' && typeof id !== 'number' && id !== null) throw new LspsFormatError('an id of no kind');
  const own_id = typeof id === 'string' ? id : null;
  if ((result === undefined) === (error === undefined)) {
    throw new LspsFormatError('an answer has either a result or an error');
  }
  if (result !== undefined) {
    if (!isObject(result)) throw new LspsFormatError('a result is no object');
    return { kind: 'result', id: own_id, result };
  }
  if (!isObject(error)) throw new LspsFormatError('an error is no object');
  const { code, message, data } = error;
  if (typeof code !== 'number' || !Number.isSafeInteger(code)) throw new LspsFormatError('an error without a code');
  if (typeof message !== 'string') throw new LspsFormatError('an error without a message');
  return { kind: 'error', id: own_id, code, message, data };
}

/** Whether it is an object of JSON: no list, and not null. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function encode(object: JsonObject): Uint8Array {
  return Buffer.from(JSON.stringify(object));
}

/** The byte order mark is kept, so that it is no JSON. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(payload: Uint8Array): JsonObject {
  if (payload.includes(0)) throw new LspsFormatError('a zero byte');
  let value: JsonValue;
  try {
    value = JSON.parse(utf8.decode(payload)) as JsonValue;
  } catch {
    // What the parser says quotes the text.
    throw new LspsFormatError('no JSON in UTF-8');
  }
  if (!isObject(value)) throw new LspsFormatError('no object of JSON');
  return value;
}
