/**
 * One reader of a stream of events: its connection, and how far it has come. Ten thousand of them read at once, so what
 * HTTP/1.1 adds to a text is added once for all who are sent it and goes to their sockets as it is, and a reader keeps
 * nothing of its request.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What is sent to one reader or to many. */
export class StreamText {
  readonly plain: Buffer;
  /** As a chunk of HTTP/1.1 (RFC 9112, 7.1). */
  readonly chunk: Buffer;

  constructor(text: string) {
    const bytes = Buffer.from(text);
    const head = `${bytes.length.toString(16)}\r\n`;
    this.chunk = Buffer.concat([Buffer.from(head), bytes, Buffer.from('\r\n')]);
    this.plain = this.chunk.subarray(head.length, -2);
  }
}

/** Reconnect after two seconds. */
const RETRY = new StreamText('retry: 2000\n\n');
const HEARTBEAT = new StreamText(':\n\n');

export class StreamReader {
  readonly #response: ServerResponse;
  /** Where chunks can be written directly: HTTP/1.1. */
  readonly #socket: Socket | undefined;
  /** The number of the last event that it was sent. */
  position: number;
  /** It is being sent pages of its own, or its buffer is full. */
  is_busy = false;

  /** Begins to answer. The response keeps the headers that it was given so far. */
  constructor(response: ServerResponse, position: number) {
    this.#response = response;
    this.position = position;
    response.writeHead(200, [
      ...takeHeaders(response),
      ...['content-type', 'text/event-stream'],
      // nginx would gather what should go out at once.
      ...['x-accel-buffering', 'no'],
    ]);
    const { req, socket } = response;
    if (response.chunkedEncoding && socket !== null) {
      this.#socket = socket;
      // Node keeps the request for as long as it is answered.
      req.headers = {};
      req.rawHeaders = [];
      req.url = '';
      // The head goes out with what follows it in this turn.
      socket.cork();
      process.nextTick(() => socket.uncork());
      response.flushHeaders();
    }
    this.send(RETRY);
  }

  get is_gone(): boolean {
    return this.#response.destroyed;
  }

  /** Whether more fits; otherwise `onDrain` calls when it does. */
  send(text: StreamText): boolean {
    return this.#socket === undefined ? this.#response.write(text.plain) : this.#socket.write(text.chunk);
  }

  /** Calls once, when all that was sent has gone out. */
  onDrain(callback: () => void): void {
    (this.#socket ?? this.#response).once('drain', callback);
  }

  onClose(callback: () => void): void {
    this.#response.once('close', callback);
  }

  /** Shows the reader, and the proxies on the way, that the connection lives. */
  beat(): void {
    if (!this.is_busy && !this.is_gone) this.send(HEARTBEAT);
  }

  end(): void {
    this.#response.end();
  }
}

/** Takes the headers that were set one by one: as a list they are written without a copy that stays. */
function takeHeaders(response: ServerResponse): readonly string[] {
  const headers = Object.entries(response.getHeaders());
  for (const [name] of headers) response.removeHeader(name);
  return headers.flatMap(([name, value]) => [name, String(value)]);
}
