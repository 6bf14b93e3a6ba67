/**
 * clnrest's notifications over Socket.IO: each is the event `message` with one object, `{TOPIC: {...}}`. They are not
 * kept: who is away misses them, and asks `/api/v1/events` instead.
 */
import type { EventEmitter } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { type DefaultEventsMap, Server, type Socket } from 'socket.io';
import type { NodeLink } from '../node-link.ts';
import { passOverEarlyPackets } from './early-packets.ts';

/** Where Socket.IO's clients look for it. */
export const SOCKET_IO_PATH = '/socket.io/';
/** The name by which a rune permits to hear them. */
const METHOD = 'listclnrest-notifications';
/** Clients that listen at the same time. */
const MOST_CLIENTS = 10_000;
/** What may wait for a client that does not read; then it is cut off. */
const MOST_WAITING_PACKETS = 100;

export class Notifications {
  readonly #io: Server;
  readonly #link: Pick<NodeLink, 'call' | 'subscribe'>;
  /** The connections that there are, by Engine.IO's ids. */
  readonly #sids = new Set<string>();
  /** Those that have joined, and hear notifications. */
  readonly #joined = new WeakSet<object>();
  /** Clients whose runes are being judged. */
  #joining = 0;
  #is_following = false;

  constructor(http: HttpServer, link: Pick<NodeLink, 'call' | 'subscribe'>, cors_origins: readonly string[]) {
    this.#link = link;
    this.#io = new Server(http, {
      path: SOCKET_IO_PATH,
      serveClient: false,
      destroyUpgrade: false,
      cors: { origin: cors_origins[0] === '*' ? '*' : [...cors_origins] },
      maxHttpBufferSize: 100_000,
      allowRequest: (_request, decide) => decide(null, this.#io.engine.clientsCount < MOST_CLIENTS),
    });
    // A client that comes back with the id of a session that is over begins a new one, as at Core Lightning.
    this.#io.engine.use((request: { _query: Record<string, unknown> }, _response: unknown, next: () => void) => {
      if (!this.#sids.has(String(request._query.sid))) delete request._query.sid;
      next();
    });
    this.#io.engine.on('connection', (connection: EventEmitter & { readonly id: string }) => {
      this.#sids.add(connection.id);
      connection.once('close', () => this.#sids.delete(connection.id));
      passOverEarlyPackets(connection, () => this.#joined.has(connection));
    });
    this.#io.use((socket, next) => this.#judge(socket, next));
    this.#io.on('connection', (socket) => {
      this.#joined.add(socket.conn);
      socket.on('disconnect', () => {
        this.#joined.delete(socket.conn);
        this.#follow();
      });
    });
  }

  /** Hands a notification, JSON, to everybody who listens. */
  send(json: string): void {
    const notification: unknown = JSON.parse(json);
    for (const socket of this.#io.sockets.sockets.values()) {
      const { writeBuffer } = socket.conn as unknown as { readonly writeBuffer: readonly unknown[] };
      if (writeBuffer.length > MOST_WAITING_PACKETS) socket.disconnect(true);
      else socket.emit('message', notification);
    }
  }

  async close(): Promise<void> {
    await this.#io.close();
  }

  /** The node makes notifications only while somebody hears them, or is about to. */
  #follow(): void {
    const isWanted = this.#joining > 0 || this.#io.sockets.sockets.size > 0;
    if (isWanted === this.#is_following) return;
    this.#is_following = isWanted;
    this.#link.subscribe(isWanted);
  }

  #judge(socket: Socket<DefaultEventsMap, DefaultEventsMap>, next: (error?: Error) => void): void {
    const header = socket.handshake.headers.rune;
    const rune = Array.isArray(header) ? header[0] : header;
    if (rune === undefined) {
      next(new Error('Forbidden: Error code 1501: Not authorized: Missing rune'));
      return;
    }
    // Before the question: with its answer the notifications are on, so that none is missed by a client that was let in.
    this.#joining++;
    this.#follow();
    const decide = (error?: Error): void => {
      next(error);
      // Socket.IO lets it in with the next tick.
      setImmediate(() => {
        this.#joining--;
        this.#follow();
      });
    };
    this.#link.call(
      { method: METHOD, params: {}, rune, kind: 'judge' },
      {
        onPiece: (_json, more) => more(),
        onResult: () => decide(),
        onError: ({ code, message }) => decide(new Error(`Unauthorized: Error code ${code}: ${message}`)),
        onBusy: () => decide(new Error('The node is busy with other requests: try again in a moment')),
      },
    );
  }
}
