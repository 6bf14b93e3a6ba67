/** A receiver of webhooks: a real HTTP server that keeps what it is sent, and answers as a test says. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A message as it came. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly event: { readonly id: number; readonly type: string; readonly label?: string };
}

/** Writes the answer; the default is a 204. */
export type Answering = (response: ServerResponse, received: Received) => void;

export const OK: Answering = (response) => response.writeHead(204).end();

/** Answers with a status, and headers if any. */
export function status(code: number, headers: Record<string, string> = {}): Answering {
  return (response) => response.writeHead(code, headers).end('an answer that nobody reads');
}

export class Receiver {
  readonly received: Received[] = [];
  answer: Answering = OK;
  readonly #server: Server;
  #wake = (): void => {};

  static async open(): Promise<Receiver> {
    const receiver = new Receiver();
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  private constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  /** The numbers of the events, as they came. */
  get ids(): number[] {
    return this.received.map(({ event }) => event.id);
  }

  /** Resolves when so many messages have come. */
  async count(messages: number): Promise<void> {
    while (this.received.length < messages) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const received: Received = {
      method: request.method as string,
      path: request.url as string,
      headers: request.headers as Record<string, string>,
      body,
      event: JSON.parse(body),
    };
    this.received.push(received);
    this.answer(response, received);
    this.#wake();
  }
}
