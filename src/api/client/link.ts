/** One connection to a node's socket: whole messages out and in, until it ends. */
import { connect, type Socket } from 'node:net';
import { isJsonObject, type Json, type JsonObject } from '../rpc/json.ts';
import { MalformedJson } from '../rpc/json-parser.ts';
import { RequestReader } from '../rpc/request-stream.ts';
import { writeJson } from '../rpc/writer.ts';
import { ConnectionError } from './errors.ts';

/** Who is told of what comes. */
export interface LinkListener {
  onMessage(message: JsonObject): void;
  /** Once. Nothing comes after it. */
  onEnd(error: ConnectionError): void;
}

export class Link {
  readonly #socket: Socket;
  readonly #reader = new RequestReader({
    longest_bytes: Number.POSITIVE_INFINITY,
    most_commas: Number.POSITIVE_INFINITY,
  });
  readonly #listener: LinkListener;
  #is_over = false;

  /** Connects. Rejects with ConnectionError. */
  static open(path: string, listener: LinkListener): Promise<Link> {
    return new Promise((resolve, reject) => {
      const socket = connect(path);
      const refuse = (error: Error): void => reject(new ConnectionError(`no node at ${path}: ${error.message}`));
      socket.once('error', refuse);
      socket.once('connect', () => {
        socket.off('error', refuse);
        resolve(new Link(socket, listener));
      });
    });
  }

  private constructor(socket: Socket, listener: LinkListener) {
    this.#socket = socket;
    this.#listener = listener;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => this.#end(new ConnectionError(error.message)));
    socket.on('close', () => this.#end(new ConnectionError('the node closed the connection')));
  }

  send(message: Readonly<Record<string, unknown>>): void {
    this.#socket.write(writeJson(message));
  }

  /** Hangs up; the listener hears no more. */
  close(): void {
    this.#is_over = true;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    try {
      this.#reader.push(chunk, ({ value }: { value: Json }) => {
        if (isJsonObject(value) && !this.#is_over) this.#listener.onMessage(value);
      });
    } catch (error) {
      if (!(error instanceof MalformedJson)) throw error;
      this.#end(new ConnectionError(`the node sent what is no JSON: ${error.message}`));
      this.#socket.destroy();
    }
  }

  #end(error: ConnectionError): void {
    if (this.#is_over) return;
    this.#is_over = true;
    this.#listener.onEnd(error);
  }
}
