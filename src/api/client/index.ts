/**
 * A typed client of a node's Unix socket, for programs beside the node: `lightning-till/client`. Calls may run side by
 * side on one connection; each ends with its result, or with a CallError in the node's words.
 */
import { connect, type Socket } from 'node:net';
import { isJsonObject, type Json, type PlainJson, toPlain } from '../rpc/json.ts';
import { MalformedJson, type Parsed } from '../rpc/json-parser.ts';
import { RequestReader } from '../rpc/request-stream.ts';
import { writeJson } from '../rpc/writer.ts';
import type { Commands } from './commands.ts';

export type { Commands } from './commands.ts';

/** The node answered a call with an error. */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** The connection ended or broke, so it is unknown whether a call was carried out. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

/** What the node tells while a call runs, after `notifications`. */
export interface Notice {
  readonly level: string;
  readonly message: string;
}

export interface CallOptions {
  /** Gives up waiting. The node may still carry the call out. */
  readonly signal?: AbortSignal;
  readonly onNotice?: (notice: Notice) => void;
}

interface Pending {
  readonly resolve: (result: PlainJson) => void;
  readonly reject: (error: Error) => void;
  readonly onNotice: ((notice: Notice) => void) | undefined;
}

/** A connection to a node. Made by connectToNode. */
export class Client {
  readonly #socket: Socket;
  readonly #reader = new RequestReader({
    longest_bytes: Number.POSITIVE_INFINITY,
    most_commas: Number.POSITIVE_INFINITY,
  });
  readonly #pending = new Map<number, Pending>();
  #next_id = 1;
  #broken: ConnectionError | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => this.#fail(new ConnectionError(error.message)));
    socket.on('close', () => this.#fail(new ConnectionError('the node closed the connection')));
  }

  /**
   * Calls a command. Rejects with CallError (the node answered an error), ConnectionError (it did not answer), or the
   * signal's reason.
   */
  call<M extends keyof Commands>(
    method: M,
    params: Commands[M]['params'],
    options: CallOptions = {},
  ): Promise<Commands[M]['result']> {
    // The node answers what the command declares: its own tests hold it to that.
    return this.callAny(method, params, options) as Promise<Commands[M]['result']>;
  }

  /** Calls a command that this version of the client may not know. Rejects as `call` does. */
  callAny(method: string, params: object, { signal, onNotice }: CallOptions = {}): Promise<PlainJson> {
    return new Promise((resolve, reject) => {
      if (this.#broken !== undefined) throw this.#broken;
      signal?.throwIfAborted();
      const id = this.#next_id++;
      const giveUp = (): void => {
        this.#pending.delete(id);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      const ending =
        <T>(act: (value: T) => void) =>
        (value: T): void => {
          signal?.removeEventListener('abort', giveUp);
          act(value);
        };
      this.#pending.set(id, {
        resolve: ending(resolve),
        reject: ending(reject),
        onNotice,
      });
      this.#socket.write(writeJson({ jsonrpc: '2.0', id, method, params }));
    });
  }

  /** Hangs up. Calls that have not ended are rejected. */
  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    try {
      this.#reader.push(chunk, (message) => this.#take(message));
    } catch (error) {
      if (!(error instanceof MalformedJson)) throw error;
      this.#fail(new ConnectionError(`the node sent what is no JSON: ${error.message}`));
      this.#socket.destroy();
    }
  }

  #take({ value }: Parsed): void {
    if (!isJsonObject(value)) return;
    const { id, method, params, result, error } = value;
    if (method === 'message' && isJsonObject(params)) {
      const notice = { level: String(params.level), message: String(toPlain(params.message as Json)) };
      this.#pending.get(Number(params.id))?.onNotice?.(notice);
      return;
    }
    const pending = this.#pending.get(Number(id));
    if (pending === undefined) return;
    this.#pending.delete(Number(id));
    if (!isJsonObject(error)) {
      pending.resolve(toPlain(result as Json));
      return;
    }
    const data = error.data === undefined ? undefined : toPlain(error.data);
    pending.reject(new CallError(Number(error.code), String(toPlain(error.message as Json)), data));
  }

  #fail(error: ConnectionError): void {
    this.#broken ??= error;
    for (const { reject } of this.#pending.values()) reject(this.#broken);
    this.#pending.clear();
  }
}

/** Connects to a node by the path of its socket, `DIR/NETWORK/lightning-rpc`. Rejects with ConnectionError. */
export function connectToNode(path: string): Promise<Client> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const refuse = (error: Error): void => reject(new ConnectionError(`no node at ${path}: ${error.message}`));
    socket.once('error', refuse);
    socket.once('connect', () => {
      socket.off('error', refuse);
      resolve(new Client(socket));
    });
  });
}
