/** The client itself: calls over a connection that is made again when it ends. */
import { isJsonObject, type Json, type JsonObject, type PlainJson, toPlain } from '../rpc/json.ts';
import { isPatient, isRepeatable, isSetting, type Notice, type Pending } from './calls.ts';
import type { Commands } from './commands.ts';
import { CallError, ConnectionError } from './errors.ts';
import { Link } from './link.ts';

export interface CallOptions {
  /** Gives up waiting. The node may still carry the call out. */
  readonly signal?: AbortSignal;
  readonly onNotice?: (notice: Notice) => void;
}

export interface ClientOptions {
  /** Whether the connection is made again when it ends. Default: true. */
  readonly reconnect?: boolean;
  /** How long a call waits for a node that is away, in milliseconds. Those that wait for something have no limit. */
  readonly patience_ms?: number;
}

/** What `call` takes behind the method: parameters may be left out where none is required. */
export type CallArguments<M extends keyof Commands> =
  Record<never, never> extends Commands[M]['params']
    ? [params?: Commands[M]['params'], options?: CallOptions]
    : [params: Commands[M]['params'], options?: CallOptions];

const PATIENCE_MS = 30_000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;
/** The node's error while it stops (LIGHTNINGD_SHUTDOWN). */
const STOPPING = -5;

/** A node's socket. Made by connectToNode. */
export class Client {
  readonly #path: string;
  readonly #options: Required<ClientOptions>;
  readonly #pending = new Map<number, Pending>();
  /** The settings of the connection that were made, by method: the next connection gets them too. */
  readonly #settings = new Map<string, object>();
  #next_id = 1;
  #link: Link | undefined;
  #is_connecting = false;
  #endPause: () => void = () => {};
  #broken: ConnectionError | undefined;

  /** Resolves with a client that is connected. Rejects with ConnectionError. */
  static async connect(path: string, options: ClientOptions = {}): Promise<Client> {
    const client = new Client(path, { reconnect: true, patience_ms: PATIENCE_MS, ...options });
    client.#link = await client.#open();
    return client;
  }

  private constructor(path: string, options: Required<ClientOptions>) {
    this.#path = path;
    this.#options = options;
  }

  /**
   * Calls a command. Rejects with CallError (the node answered an error), ConnectionError (it did not answer), or the
   * signal's reason. A call that only reads, and `invoice` with `idempotent`, survive the node's restart: they are sent
   * again. Of any other it would be unknown whether it was carried out, so it rejects when the connection ends.
   */
  call<M extends keyof Commands>(method: M, ...[params, options]: CallArguments<M>): Promise<Commands[M]['result']> {
    // The node answers what the command declares: its own tests hold it to that.
    return this.callAny(method, params, options) as Promise<Commands[M]['result']>;
  }

  /** Calls a command that this version of the client may not know. Rejects as `call` does. */
  callAny(method: string, params: object = {}, { signal, onNotice }: CallOptions = {}): Promise<PlainJson> {
    return new Promise((resolve, reject) => {
      if (this.#broken !== undefined) throw this.#broken;
      signal?.throwIfAborted();
      const id = this.#next_id++;
      const giveUp = (): void => {
        this.#pending.delete(id);
        this.#endPause();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      const ending =
        <T>(act: (value: T) => void) =>
        (value: T): void => {
          signal?.removeEventListener('abort', giveUp);
          act(value);
        };
      const pending: Pending = {
        id,
        method,
        params,
        resolve: ending(resolve),
        reject: ending(reject),
        onNotice,
        is_sent: false,
        waits_since_ms: performance.now(),
      };
      this.#pending.set(id, pending);
      if (this.#link === undefined) void this.#reconnect();
      else this.#send(this.#link, pending);
    });
  }

  /** Hangs up. Calls that have not ended are rejected. */
  close(): void {
    this.#link?.close();
    this.#fail(new ConnectionError('the client was closed'));
  }

  #open(): Promise<Link> {
    return Link.open(this.#path, {
      onMessage: (message) => this.#take(message),
      onEnd: (error) => this.#lost(error),
    });
  }

  #send(link: Link, pending: Pending): void {
    pending.is_sent = true;
    const { id, method, params } = pending;
    link.send({ jsonrpc: '2.0', id, method, params });
  }

  #take({ id, method, params, result, error }: JsonObject): void {
    if (method === 'message' && isJsonObject(params)) {
      const notice = { level: String(params.level), message: String(toPlain(params.message as Json)) };
      this.#pending.get(Number(params.id))?.onNotice?.(notice);
      return;
    }
    const pending = this.#pending.get(Number(id));
    if (pending === undefined) return;
    if (isJsonObject(error) && Number(error.code) === STOPPING && this.#mayRepeat(pending)) {
      // The connection ends in a moment. The call goes on with the next one.
      this.#putBack(pending);
      return;
    }
    this.#pending.delete(pending.id);
    if (!isJsonObject(error)) {
      if (isSetting(pending.method)) this.#settings.set(pending.method, pending.params);
      pending.resolve(toPlain(result as Json));
      return;
    }
    const data = error.data === undefined ? undefined : toPlain(error.data);
    pending.reject(new CallError(Number(error.code), String(toPlain(error.message as Json)), data));
  }

  #mayRepeat(pending: Pending): boolean {
    return this.#options.reconnect && isRepeatable(pending);
  }

  #putBack(pending: Pending): void {
    pending.is_sent = false;
    pending.waits_since_ms = performance.now();
  }

  /** The connection ended. */
  #lost(error: ConnectionError): void {
    this.#link = undefined;
    if (!this.#options.reconnect) {
      this.#fail(error);
      return;
    }
    for (const pending of [...this.#pending.values()]) {
      if (!pending.is_sent) continue;
      if (this.#mayRepeat(pending)) this.#putBack(pending);
      else this.#reject(pending, error);
    }
    void this.#reconnect();
  }

  /** Tries to connect for as long as a call waits for it, then sends what waits. */
  async #reconnect(): Promise<void> {
    if (this.#is_connecting) return;
    this.#is_connecting = true;
    for (let pause_ms = FIRST_PAUSE_MS; this.#pending.size > 0; pause_ms = Math.min(pause_ms * 2, LONGEST_PAUSE_MS)) {
      try {
        const link = await this.#open();
        if (this.#broken !== undefined) link.close();
        else this.#resume(link);
        break;
      } catch (error) {
        if (!(error instanceof ConnectionError)) throw error;
        this.#rejectImpatient(error);
      }
      await this.#pause(pause_ms);
    }
    this.#is_connecting = false;
  }

  #resume(link: Link): void {
    this.#link = link;
    for (const [method, params] of this.#settings) link.send({ jsonrpc: '2.0', id: 0, method, params });
    for (const pending of this.#pending.values()) if (!pending.is_sent) this.#send(link, pending);
  }

  #pause(pause_ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#endPause(), pause_ms);
      this.#endPause = () => {
        clearTimeout(timer);
        this.#endPause = () => {};
        resolve();
      };
    });
  }

  #rejectImpatient(error: ConnectionError): void {
    const now_ms = performance.now();
    for (const pending of [...this.#pending.values()]) {
      const isOver = now_ms - pending.waits_since_ms >= this.#options.patience_ms;
      if (isOver && !isPatient(pending)) this.#reject(pending, error);
    }
  }

  #reject(pending: Pending, error: ConnectionError): void {
    this.#pending.delete(pending.id);
    pending.reject(error);
  }

  #fail(error: ConnectionError): void {
    this.#broken ??= error;
    for (const pending of [...this.#pending.values()]) this.#reject(pending, this.#broken);
    this.#endPause();
  }
}
