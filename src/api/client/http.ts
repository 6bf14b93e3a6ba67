/**
 * A typed client of `/api/v1`, for Node and for browsers: `lightning-till/http`. It needs nothing but `fetch`. Events come
 * as an endless sequence that goes on where it was when the connection breaks.
 */
import { spell, toPlain } from '../rpc/json.ts';
import { parseJson } from '../rpc/json-parser.ts';
import type { Commands } from './commands.ts';
import { CallError, ConnectionError } from './errors.ts';

export type { Commands } from './commands.ts';
export { CallError, ConnectionError } from './errors.ts';

const PATIENCE_MS = 1000;
const LONGEST_PAUSE_MS = 10_000;

/** Where the node is and what gives us the right to ask it. */
export interface HttpClientOptions {
  /** Such as `https://node.example:3012`. */
  readonly url: string;
  readonly rune: string;
  /** Another `fetch`, such as one that trusts the node's own certificate. */
  readonly fetch?: typeof globalThis.fetch;
}

/** What else may be said of a call. */
export interface HttpCallOptions {
  /** Ends the wait. What the node has begun it may still finish. */
  readonly signal?: AbortSignal;
  /** The same key with the same parameters is carried out once within a day, however often it is sent. */
  readonly idempotency_key?: string;
}

/** The parameters and options of a call: both may be left out where the command needs none. */
export type HttpCallArguments<M extends keyof Commands> =
  Record<never, never> extends Commands[M]['params']
    ? [params?: Commands[M]['params'], options?: HttpCallOptions]
    : [params: Commands[M]['params'], options?: HttpCallOptions];

/** An event, as `listevents` has it. */
export type HttpEvent = Commands['listevents']['result']['events'][number];

/** Which events, and from where. */
export interface EventOptions {
  /** The number of the last event that is known; from now on without it. */
  readonly after?: number | bigint;
  readonly types?: readonly string[];
  readonly label_prefix?: string;
  readonly signal?: AbortSignal;
}

/** A node, asked over HTTP. */
export class HttpClient {
  readonly #base: string;
  readonly #rune: string;
  readonly #fetch: typeof globalThis.fetch;

  constructor({ url, rune, fetch = globalThis.fetch.bind(globalThis) }: HttpClientOptions) {
    this.#base = `${url.replace(/\/+$/, '')}/api/v1`;
    this.#rune = rune;
    this.#fetch = fetch;
  }

  /** Calls a command. Rejects with CallError in the node's words, or with ConnectionError. */
  async call<M extends keyof Commands>(
    method: M,
    ...[params, options = {}]: HttpCallArguments<M>
  ): Promise<Commands[M]['result']> {
    const { signal, idempotency_key } = options;
    const response = await this.#request(`/commands/${method}`, {
      method: 'POST',
      body: writeParams(params ?? {}),
      headers: {
        'content-type': 'application/json',
        ...(idempotency_key === undefined ? {} : { 'idempotency-key': JSON.stringify(idempotency_key) }),
      },
      ...(signal && { signal }),
    });
    return readJson(await response.text()) as Commands[M]['result'];
  }

  /**
   * Every event once and in order, until the signal ends it. A broken connection is made again after a pause. Throws
   * CallError when the node refuses, for instance because the events after `after` are not kept any more.
   */
  async *events({ after, types = [], label_prefix, signal }: EventOptions = {}): AsyncGenerator<HttpEvent, void> {
    let last_id = after;
    let pause_ms = PATIENCE_MS;
    const query = new URLSearchParams(types.map((type) => ['types', type]));
    if (label_prefix !== undefined) query.set('label_prefix', label_prefix);
    while (!isAborted(signal)) {
      try {
        const response = await this.#request(`/events?${query}`, {
          headers: {
            accept: 'text/event-stream',
            ...(last_id === undefined ? {} : { 'last-event-id': String(last_id) }),
          },
          ...(signal && { signal }),
        });
        for await (const data of eventsIn(response)) {
          const event = readJson(data) as HttpEvent;
          last_id = event.id;
          pause_ms = PATIENCE_MS;
          yield event;
        }
      } catch (error) {
        // Who is refused stays so; a node that is busy or stopping is there again later.
        if (error instanceof CallError && !isPassing(error)) throw error;
        if (isAborted(signal)) return;
      }
      await pause(pause_ms, signal);
      pause_ms = Math.min(pause_ms * 2, LONGEST_PAUSE_MS);
    }
  }

  async #request(path: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await this.#fetch(this.#base + path, {
        ...init,
        headers: { ...(init.headers as Record<string, string>), authorization: `Bearer ${this.#rune}` },
      });
    } catch (error) {
      if (init.signal?.aborted === true) throw init.signal.reason;
      throw new ConnectionError(`the node at ${this.#base} does not answer`, { cause: error });
    }
    if (response.ok) return response;
    throw await failureOf(response);
  }
}

function isPassing({ data }: CallError): boolean {
  const status = (data as { readonly status?: unknown } | undefined)?.status;
  return status === 503 || status === 502 || status === 504;
}

/** The problem that the node answered. What has no number of Core Lightning's has that of "anything else". */
async function failureOf(response: Response): Promise<CallError> {
  const text = await response.text();
  try {
    const problem = readJson(text) as { code?: number; detail?: string; data?: unknown };
    return new CallError(problem.code ?? -1, problem.detail ?? text, problem.data ?? problem);
  } catch {
    return new CallError(-1, `HTTP status ${response.status}`, { status: response.status });
  }
}

function readJson(text: string): unknown {
  return toPlain(parseJson(text, { keep_escapes: false }).value);
}

function writeParams(params: object): string {
  const given = Object.entries(params).filter(([, value]) => value !== undefined);
  return spell(Object.fromEntries(given));
}

/** The data of each event of a stream. */
async function* eventsIn(response: Response): AsyncGenerator<string, void> {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const lines = text.slice(0, end).split('\n');
        text = text.slice(end + 2);
        const data = lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice(6));
        if (data.length > 0) yield data.join('\n');
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (isAborted(signal)) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
