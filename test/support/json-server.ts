/** A server that answers GET with JSON, as a test says: sources of rates, and Lightning addresses. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers a path (with its query): a text is the body of a 200, undefined a 404, a function writes the answer. */
export type Answering = (path: string) => string | undefined | ((response: ServerResponse) => void);

export class JsonServer {
  /** What was asked for, in order. */
  readonly asked: string[] = [];
  answer: Answering;
  readonly #server: Server;
  #wake = (): void => {};

  static async open(answer: Answering): Promise<JsonServer> {
    const server = new JsonServer(answer);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  private constructor(answer: Answering) {
    this.answer = answer;
    this.#server = createServer((request, response) => this.#take(request, response));
  }

  /** Such as `http://127.0.0.1:40001`. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves when so many requests have come. */
  async count(requests: number): Promise<void> {
    while (this.asked.length < requests) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '/';
    const answer = this.answer(path);
    if (typeof answer === 'function') answer(response);
    else if (answer === undefined) response.writeHead(404).end('{"error":"no such thing"}');
    else response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
    this.asked.push(path);
    this.#wake();
  }
}
