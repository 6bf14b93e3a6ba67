/** LSPS0 at the provider's end (bLIP 50): one JSON-RPC request in one message, one response to it. */
import { MAX_U64 } from '../../../base/types/amount.ts';
import type { NodeId } from '../../../base/types/brand.ts';
import {
  decodeRequest,
  encodeError,
  encodeResult,
  type JsonObject,
  LspsFormatError,
} from '../../../codec/lsps/envelope.ts';

/** A method's refusal, with its number in LSPS. */
export class LspsRefusal extends Error {
  override readonly name = 'LspsRefusal';
  readonly code: number;
  readonly data: JsonObject | undefined;

  constructor(code: number, message: string, data?: JsonObject) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** One method. Rejects with LspsRefusal. */
export interface LspsMethod {
  /** The parameters that it knows: another one is refused. */
  readonly known: readonly string[];
  run(client_id: NodeId, params: JsonObject): Promise<JsonObject>;
}

/** What a request is answered with, and the method that it named. */
export interface LspsReply {
  readonly method: string;
  readonly payload: Uint8Array;
}

const PARSE_ERROR = -32700;
const METHOD_NOT_FOUND = -32601;
const INVALID_PARAMS = -32602;

/** Answers a request of a client. Rejects with nothing but faults of our own. */
export async function answerRequest(
  client_id: NodeId,
  payload: Uint8Array,
  methods: ReadonlyMap<string, LspsMethod>,
): Promise<LspsReply> {
  let request: ReturnType<typeof decodeRequest>;
  try {
    request = decodeRequest(payload);
  } catch (error) {
    if (!(error instanceof LspsFormatError)) throw error;
    return { method: '', payload: encodeError(null, { code: PARSE_ERROR, message: 'Parse error' }) };
  }
  const { id, method, params } = request;
  try {
    const found = methods.get(method);
    if (found === undefined) throw new LspsRefusal(METHOD_NOT_FOUND, 'Method not found');
    const unrecognized = Object.keys(params).filter((name) => !found.known.includes(name));
    if (unrecognized.length > 0) throw new LspsRefusal(INVALID_PARAMS, 'Invalid params', { unrecognized });
    return { method, payload: encodeResult(id, await found.run(client_id, params)) };
  } catch (error) {
    if (!(error instanceof LspsRefusal)) throw error;
    const { code, message, data } = error;
    return { method, payload: encodeError(id, { code, message, ...(data === undefined ? {} : { data }) }) };
  }
}

/** A parameter is not what it should be. */
export function invalidParam(property: string, message: string): LspsRefusal {
  return new LspsRefusal(INVALID_PARAMS, 'Invalid params', { property, message, unrecognized: [] });
}

/** The amount in a parameter: a decimal string of 64 bits. Throws LspsRefusal. */
export function amountParam(params: JsonObject, name: string): bigint {
  const value = params[name];
  if (typeof value !== 'string' || !/^(0|[1-9]\d{0,19})$/.test(value) || BigInt(value) > MAX_U64) {
    throw invalidParam(name, 'Not an amount');
  }
  return BigInt(value);
}

/** A whole number in a parameter. Throws LspsRefusal. */
export function numberParam(params: JsonObject, name: string): number {
  const value = params[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw invalidParam(name, 'Not a number');
  return value;
}
