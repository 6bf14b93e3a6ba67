/**
 * Sends messages over HTTP: node:http with connections that are kept, which costs a third of what fetch does. It waits 20
 * seconds at most, follows no redirect, reads little of the answer and keeps none of it.
 */
import { request as httpsRequest } from 'node:https';
import { request as httpRequest, type IncomingMessage } from '../../base/node-http.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { AddressGuard } from '../../infra/http/address-guard.ts';
import { OutgoingAgents, reasonOf } from '../../infra/http/agents.ts';
import type { ProxyRoute } from '../../infra/http/proxy-agents.ts';
import { UrlRules } from '../../infra/http/url-rules.ts';
import { type HttpMessage, RUN_MS, type Sender, type SendOutcome, type SentMessage } from './ports.ts';
import { failureOf } from './schedule.ts';

export interface HttpSenderOptions {
  readonly clock: Clock;
  readonly guard: AddressGuard;
  /** Absent: every receiver is connected to directly. */
  readonly proxy?: ProxyRoute | undefined;
  /** Who we say we are. */
  readonly user_agent: string;
}

/** From the beginning of an attempt to the end of the answer. */
const TIMEOUT_MS = 20_000;
/** Of an answer's body nothing is used: more than this is not even read. */
const MOST_ANSWER_BYTES = 64 * 1024;
/** A receiver that drops a kept connection drops what we send on it: that says nothing of the message. */
const DROPPED = new Set(['ECONNRESET', 'EPIPE']);

export class HttpSender implements Sender {
  readonly #options: HttpSenderOptions;
  readonly #rules: UrlRules;
  readonly #agents: OutgoingAgents;

  constructor(options: HttpSenderOptions) {
    this.#options = options;
    const { guard, proxy } = options;
    this.#rules = new UrlRules({ guard, has_proxy: proxy !== undefined });
    this.#agents = new OutgoingAgents({ guard, proxy });
  }

  refusalOf(url: string): string | undefined {
    return this.#rules.refusalOf(url);
  }

  async send(message: HttpMessage, signal: AbortSignal): Promise<SendOutcome> {
    const refusal = this.refusalOf(message.url);
    if (refusal !== undefined) return { kind: 'failed', reason: `the URL is refused: ${refusal}` };
    const outcome = await this.#attempt(message, signal);
    return outcome === 'dropped' ? ((await this.#attempt(message, signal)) as SendOutcome) : outcome;
  }

  async sendInOrder(messages: readonly HttpMessage[], signal: AbortSignal): Promise<readonly SentMessage[]> {
    const { clock } = this.#options;
    const sent: SentMessage[] = [];
    const until_ms = clock.monotonicMs() + RUN_MS;
    for (const message of messages) {
      const start_ms = clock.monotonicMs();
      if (sent.length > 0 && (start_ms >= until_ms || signal.aborted)) break;
      const outcome = await this.send(message, signal);
      sent.push({ outcome, duration_ms: clock.monotonicMs() - start_ms });
      if (failureOf(outcome) !== undefined) break;
    }
    return sent;
  }

  close(): void {
    this.#agents.destroy();
  }

  /** `dropped`: the connection was a kept one, and the receiver had closed it. The next attempt uses a new one. */
  #attempt({ url, headers, body }: HttpMessage, signal: AbortSignal): Promise<SendOutcome | 'dropped'> {
    const { clock, user_agent } = this.#options;
    const target = new URL(url);
    return new Promise((resolve) => {
      const request = (target.protocol === 'https:' ? httpsRequest : httpRequest)(target, {
        method: 'POST',
        agent: this.#agents.for(target),
        headers: {
          'user-agent': user_agent,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          ...headers,
        },
        signal,
      });
      let answered: SendOutcome | undefined;
      const end = (outcome: SendOutcome | 'dropped'): void => {
        cancelTimer();
        // What comes after the status changes nothing.
        resolve(answered ?? outcome);
      };
      const cancelTimer = clock.after(TIMEOUT_MS, () => {
        end({ kind: 'failed', reason: `no answer within ${TIMEOUT_MS / 1000} seconds` });
        request.destroy();
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        if (request.reusedSocket && DROPPED.has(error.code ?? '')) end('dropped');
        else end({ kind: 'failed', reason: reasonOf(error) });
      });
      request.on('response', (response) => {
        answered = {
          kind: 'answered',
          status: response.statusCode ?? 0,
          retry_after_seconds: retryAfter(response.headers['retry-after'], clock.nowSeconds()),
        };
        drain(response, () => end(answered as SendOutcome));
      });
      request.end(body);
    });
  }
}

/** Reads an answer to its end, or as much of it as is bearable; then the connection can be used again, or is closed. */
function drain(response: IncomingMessage, onEnd: () => void): void {
  let length_bytes = 0;
  response.on('data', (chunk: Buffer) => {
    length_bytes += chunk.length;
    if (length_bytes > MOST_ANSWER_BYTES) response.destroy();
  });
  response.on('close', onEnd);
  response.on('error', onEnd);
  response.on('end', onEnd);
}

/** Seconds, or a date (RFC 9110, 10.2.3); undefined when it is neither. */
function retryAfter(text: string | undefined, now_seconds: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const date_ms = Date.parse(text);
  return Number.isNaN(date_ms) ? undefined : Math.max(0, Math.ceil(date_ms / 1000) - now_seconds);
}
