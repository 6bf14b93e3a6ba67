/** What pages ask of the node, as promises: commands with somebody's credential, and questions that need none. */

import type { WebError } from '../../rpc/frames.ts';
import { isJsonObject, type Json, type JsonObject } from '../../rpc/json.ts';
import { parseJson } from '../../rpc/json-parser.ts';
import type { CallRequest, NodeLink } from '../node-link.ts';

export interface NodeCallOptions {
  /** Takes the call back: nobody waits for it any more. Then it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** The same key with the same request is run once. */
  readonly idempotency_key?: string;
}

/** What pages may ask of the node. */
export interface NodeCalls {
  /** Runs a command by the right of a credential. Rejects with NodeRefused and NodeBusy. */
  command(method: string, params: JsonObject, credential: string, options?: NodeCallOptions): Promise<JsonObject>;
  /**
   * The same, with the JSON of the result as it comes: for what is too long to be held. Nothing more is asked for while a piece
   * is worked on. Throws as `command` rejects.
   */
  pieces(method: string, params: JsonObject, credential: string, signal: AbortSignal): AsyncGenerator<string, void>;
  /**
   * Asks what a page may ask without one: what is in the parameters is the right to it, such as the name of a checkout page.
   * Rejects with NodeRefused and NodeBusy.
   */
  ask(question: string, params: JsonObject, options?: NodeCallOptions): Promise<JsonObject>;
}

/** The node answered with an error: its name in the catalogue, its sentence, and whether the credential was refused. */
export class NodeRefused extends Error {
  override readonly name = 'NodeRefused';
  readonly error: string;
  readonly code: number;
  readonly data: Json;
  /** The credential was refused, and nothing ran. */
  readonly is_refusal: boolean;

  constructor({ error, code, message, data_json, is_refusal }: WebError) {
    super(message);
    this.error = error;
    this.code = code;
    this.data = parseJson(data_json, { keep_escapes: false }).value;
    this.is_refusal = is_refusal;
  }
}

/** The node is asked too much already. Nothing was done. */
export class NodeBusy extends Error {
  override readonly name: string = 'NodeBusy';
}

/** This node waits while another one works. Nothing was done. */
export class NodeIsStandby extends NodeBusy {
  override readonly name = 'NodeIsStandby';
}

/** A result that a page takes is in memory as a whole. */
const LONGEST_RESULT_CHARACTERS = 16 * 1024 * 1024;

/** The node, over its link. */
export function nodeCalls(link: Pick<NodeLink, 'call'>): NodeCalls {
  return {
    command: (method, params, credential, options = {}) =>
      ask(link, { method, params, rune: credential, ...keyOf(options) }, options),
    pieces: (method, params, credential, signal) => pieces(link, { method, params, rune: credential }, signal),
    ask: (method, params, options = {}) =>
      ask(link, { method, params, rune: undefined, kind: 'question', ...keyOf(options) }, options),
  };
}

function keyOf({ idempotency_key }: NodeCallOptions): Pick<CallRequest, 'idempotency_key'> {
  return idempotency_key === undefined ? {} : { idempotency_key };
}

function ask(link: Pick<NodeLink, 'call'>, request: CallRequest, { signal }: NodeCallOptions): Promise<JsonObject> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    let gathered = '';
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const done = (): void => signal?.removeEventListener('abort', onAbort);
    const cancel = link.call(request, {
      onPiece(json, next) {
        gathered += json;
        if (gathered.length <= LONGEST_RESULT_CHARACTERS) {
          next();
          return;
        }
        done();
        cancel();
        reject(new RangeError(`${request.method} answers more than a page can take`));
      },
      onResult(json) {
        done();
        const { value } = parseJson(gathered + json, { keep_escapes: false });
        resolve(isJsonObject(value) ? value : {});
      },
      onError(failure) {
        done();
        reject(failed(failure));
      },
      onBusy() {
        done();
        reject(busy());
      },
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

function failed(failure: WebError): Error {
  return failure.error === 'NODE_IS_STANDBY' ? new NodeIsStandby(failure.message) : new NodeRefused(failure);
}

function busy(): Error {
  return new NodeBusy('the node is busy');
}

/** What has come: a piece, and what asks for the next one; the last has none. */
type Come = { readonly json: string; readonly next?: () => void } | { readonly error: unknown };

async function* pieces(
  link: Pick<NodeLink, 'call'>,
  request: CallRequest,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  signal.throwIfAborted();
  const come: Come[] = [];
  let wake = (): void => {};
  const push = (what: Come): void => {
    come.push(what);
    wake();
  };
  const cancel = link.call(request, {
    onPiece: (json, next) => push({ json, next }),
    onResult: (json) => push({ json }),
    onError: (failure) => push({ error: failed(failure) }),
    onBusy: () => push({ error: busy() }),
  });
  const onAbort = (): void => push({ error: signal.reason });
  signal.addEventListener('abort', onAbort);
  let isOver = false;
  try {
    while (!isOver) {
      const what = come.shift();
      if (what === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      if ('error' in what) throw what.error;
      if (what.json !== '') yield what.json;
      isOver = what.next === undefined;
      what.next?.();
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    if (!isOver) cancel();
  }
}
