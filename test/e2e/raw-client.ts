/** A client that sends what it likes, byte by byte if it must, and takes replies as text. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawReply {
  readonly id: unknown;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string };
}

export class RawClient {
  readonly socket: Socket;
  /** Resolves when the node has hung up, or broken the connection. */
  readonly hung_up: Promise<void>;
  #text = '';
  #isOver = false;
  #wake = Promise.withResolvers<void>();

  static async connect(rpc_file: string): Promise<RawClient> {
    const socket = connect({ path: rpc_file, allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('utf8').on('data', (text: string) => {
      this.#text += text;
      this.#stir();
    });
    const over = Promise.withResolvers<void>();
    this.hung_up = over.promise;
    const end = (): void => {
      this.#isOver = true;
      this.#stir();
      over.resolve();
    };
    // What is written after the node hung up meets an error: that is the other side of being refused.
    socket.on('end', end).on('close', end).on('error', end);
  }

  send(...pieces: readonly (string | Uint8Array)[]): void {
    for (const piece of pieces) this.socket.write(piece);
  }

  /** Sends a request as a client library would; the parameters are JSON text. */
  ask(method: string, params: string, id = 1): void {
    this.send(`{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)},"params":${params}}`);
  }

  /** The next reply; undefined when the node hung up instead. */
  async next(): Promise<RawReply | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end >= 0) {
        const reply = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return JSON.parse(reply) as RawReply;
      }
      if (this.#isOver) return undefined;
      await this.#wake.promise;
    }
  }

  /** Asks and takes the reply. */
  async call(method: string, params: string): Promise<RawReply | undefined> {
    this.ask(method, params);
    return await this.next();
  }

  close(): void {
    this.socket.destroy();
  }

  #stir(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }
}
