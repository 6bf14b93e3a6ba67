/**
 * Asks a server for JSON and answers single values of it: GET, no redirect, a time limit, a bounded answer. Whoever asks
 * never sees the rest of what a stranger wrote.
 */
import { request as httpsRequest } from 'node:https';
import { request as httpRequest, type IncomingMessage } from '../../base/node-http.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { AddressGuard } from './address-guard.ts';
import { OutgoingAgents, reasonOf } from './agents.ts';
import { type MemberPath, readMembers } from './json-members.ts';
import type { ProxyRoute } from './proxy-agents.ts';
import { UrlRules } from './url-rules.ts';

/** What is asked. */
export interface JsonQuestion {
  readonly url: string;
  /** The values that are wanted. */
  readonly members: readonly MemberPath[];
}

/** What came of it. */
export type JsonOutcome =
  /** The values in the order of the question; null for one that is missing, or no text, number or boolean. */
  | { readonly kind: 'answered'; readonly values: readonly (string | null)[] }
  | { readonly kind: 'failed'; readonly reason: string };

/** Asks servers for JSON. */
export interface JsonSource {
  /** Resolves with the values, or with why there are none, after 10 seconds at most. `signal` ends it at once. */
  ask(question: JsonQuestion, signal: AbortSignal): Promise<JsonOutcome>;
  /** Ends idle connections. */
  close(): void;
}

export interface JsonAskerOptions {
  readonly clock: Clock;
  readonly guard: AddressGuard;
  /** Absent: every server is connected to directly. */
  readonly proxy?: ProxyRoute | undefined;
  /** Who we say we are. */
  readonly user_agent: string;
}

/** From the beginning to the end of the answer. */
export const ANSWER_TIMEOUT_MS = 10_000;
/** A list of all currencies has 20 kB, an LNURL with a picture 200 kB. */
export const MOST_ANSWER_BYTES = 512 * 1024;

/** What a connection ends with that the other side had closed. */
const DROPPED = new Set(['ECONNRESET', 'EPIPE']);

/** The connection was a kept one, and the server had closed it. */
class DroppedError extends Error {}

export class JsonAsker implements JsonSource {
  readonly #options: JsonAskerOptions;
  readonly #rules: UrlRules;
  readonly #agents: OutgoingAgents;

  constructor(options: JsonAskerOptions) {
    this.#options = options;
    const { guard, proxy } = options;
    this.#rules = new UrlRules({ guard, has_proxy: proxy !== undefined });
    this.#agents = new OutgoingAgents({ guard, proxy });
  }

  async ask({ url, members }: JsonQuestion, signal: AbortSignal): Promise<JsonOutcome> {
    const refusal = this.#rules.refusalOf(url);
    if (refusal !== undefined) return failed(`the URL is refused: ${refusal}`);
    try {
      const json = await this.#getAgain(new URL(url), signal);
      return { kind: 'answered', values: readMembers(json, members).map((value) => value ?? null) };
    } catch (error) {
      // The message of a SyntaxError quotes what the stranger wrote.
      if (error instanceof SyntaxError || error instanceof RangeError) return failed('the answer is no JSON');
      return failed(reasonOf(error as Error));
    }
  }

  close(): void {
    this.#agents.destroy();
  }

  /** A kept connection that the server has closed says nothing of the question: it goes once more over a new one. */
  async #getAgain(url: URL, signal: AbortSignal): Promise<string> {
    try {
      return await this.#get(url, signal);
    } catch (error) {
      if (error instanceof DroppedError) return await this.#get(url, signal);
      throw error;
    }
  }

  /** The body of a 200. Rejects with an Error whose message is for people. */
  #get(url: URL, signal: AbortSignal): Promise<string> {
    const { clock, user_agent } = this.#options;
    return new Promise((resolve, reject) => {
      const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
        agent: this.#agents.for(url),
        headers: { 'user-agent': user_agent, accept: 'application/json', 'accept-encoding': 'identity' },
        signal,
      });
      const cancelTimer = clock.after(ANSWER_TIMEOUT_MS, () => {
        reject(new Error(`no answer within ${ANSWER_TIMEOUT_MS / 1000} seconds`));
        request.destroy();
      });
      request.on('error', (error: NodeJS.ErrnoException) =>
        reject(request.reusedSocket && DROPPED.has(error.code ?? '') ? new DroppedError(error.message) : error),
      );
      request.on('close', () => {
        cancelTimer();
        reject(new Error('the server closed the connection'));
      });
      request.on('response', (response) => {
        const fault = faultOf(response);
        if (fault === undefined) readBody(response, resolve, reject);
        else {
          reject(new Error(fault));
          request.destroy();
        }
      });
      request.end();
    });
  }
}

function failed(reason: string): JsonOutcome {
  return { kind: 'failed', reason };
}

function faultOf({ statusCode = 0 }: IncomingMessage): string | undefined {
  if (statusCode === 200) return undefined;
  const isRedirect = statusCode >= 300 && statusCode < 400;
  return `the server answers HTTP ${statusCode}${isRedirect ? ', and a redirect is not followed' : ''}`;
}

function readBody(response: IncomingMessage, done: (body: string) => void, reject: (error: Error) => void): void {
  const chunks: Buffer[] = [];
  let length_bytes = 0;
  response.on('data', (chunk: Buffer) => {
    length_bytes += chunk.length;
    if (length_bytes <= MOST_ANSWER_BYTES) chunks.push(chunk);
    else {
      reject(new Error(`the answer is longer than ${MOST_ANSWER_BYTES / 1024} kB`));
      response.destroy();
    }
  });
  response.on('error', reject);
  response.on('end', () => done(Buffer.concat(chunks).toString()));
}
