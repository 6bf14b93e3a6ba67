/**
 * Server-sent events for pages that stay open: what is new is sent as it comes, and a reader that does not read is let go
 * before it holds up memory. How many may read at once is limited, in all and for each address.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../base/types/clock.ts';
import { STREAMED } from './streamed.ts';
import { networkOf } from './token-buckets.ts';

const MOST_READERS = 10_000;
const MOST_READERS_OF_ADDRESS = 100;
/** Proxies cut a connection that is silent for a minute, and only a write finds a reader that is gone. */
const HEARTBEAT_MS = 15_000;
/** A reader with so much unread is let go: it comes back and begins with what is so then. */
const MOST_UNREAD_BYTES = 256 * 1024;

/** Who wants to read. */
export interface StreamRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The client's. */
  readonly address: string;
}

/** It is answered, or there is no room for it. */
export type StreamAnswer =
  | typeof STREAMED
  | { readonly problem: 'busy'; readonly headers: Readonly<Record<string, string>> };

/** Sends an event of a type. */
export type SendLive = (event: string, data: string) => void;

/** What a reader is sent: begins at once, and ends with what it answers. `end` tells the reader not to come back. */
export type Follow = (send: SendLive, end: () => void) => () => void;

export class LiveStreams {
  readonly #clock: Clock;
  readonly #by_address = new Map<string, number>();
  readonly #readers = new Set<ServerResponse>();
  #is_beating = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Readers at this moment. */
  get count(): number {
    return this.#readers.size;
  }

  /** Answers with a stream, or with the problem that there are too many. */
  open({ address, request, response }: StreamRequest, follow: Follow): StreamAnswer {
    const key = networkOf(address);
    const of_address = this.#by_address.get(key) ?? 0;
    const isLocal = address === '127.0.0.1' || address === '::1';
    if (this.#readers.size >= MOST_READERS || (!isLocal && of_address >= MOST_READERS_OF_ADDRESS)) {
      return { problem: 'busy', headers: { 'retry-after': '60' } };
    }
    if (response.closed) return STREAMED;
    this.#by_address.set(key, of_address + 1);
    this.#readers.add(response);
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      // nginx would gather what should go out at once.
      'x-accel-buffering': 'no',
    });
    if (request.method === 'HEAD') {
      response.end();
      this.#forget(key, response);
      return STREAMED;
    }
    response.write('retry: 2000\n\n');
    const stop = follow(
      (event, data) => write(response, event, data),
      () => response.end(),
    );
    response.once('close', () => {
      stop();
      this.#forget(key, response);
    });
    this.#beat();
    return STREAMED;
  }

  #forget(key: string, response: ServerResponse): void {
    this.#readers.delete(response);
    const left = (this.#by_address.get(key) ?? 1) - 1;
    if (left === 0) this.#by_address.delete(key);
    else this.#by_address.set(key, left);
  }

  #beat(): void {
    if (this.#is_beating) return;
    this.#is_beating = true;
    this.#clock.after(HEARTBEAT_MS, () => {
      this.#is_beating = false;
      if (this.#readers.size === 0) return;
      for (const response of this.#readers) if (!response.writableEnded) response.write(':\n\n');
      this.#beat();
    });
  }
}

function write(response: ServerResponse, event: string, data: string): void {
  if (response.destroyed || response.writableEnded) return;
  const lines = data
    .split(/\r\n|\r|\n/)
    .map((line) => `data: ${line}\n`)
    .join('');
  response.write(`event: ${event}\n${lines}\n`);
  if (unreadBytes(response) > MOST_UNREAD_BYTES) response.destroy();
}

/** What was written and not taken yet. An answer of HTTP/2 has it in its stream. */
function unreadBytes(response: ServerResponse): number {
  const { stream } = response as unknown as { readonly stream?: { readonly writableLength: number } };
  return stream?.writableLength ?? response.writableLength;
}
