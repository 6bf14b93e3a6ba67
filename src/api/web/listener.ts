/**
 * A server for HTTP on one address: HTTP/1.1 and HTTP/2, over TLS or in the clear. What is not HTTP gets a short answer
 * and no more.
 */
import { createServer as createHttp2, createSecureServer } from 'node:http2';
import { createServer as createNetServer, type Server as NetServer, type Socket } from 'node:net';
import { listenFault } from '../../base/listen-fault.ts';
import {
  createServer,
  ServerResponse as HttpResponse,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from '../../base/node-http.ts';
import type { Refusals } from './refusals.ts';
import type { TlsSettings } from './settings.ts';

/** How long a client may take to send the head of a request, and the whole of it. */
const HEAD_MS = 10_000;
const REQUEST_MS = 120_000;
const CHECK_MS = 5_000;
const KEEP_ALIVE_MS = 75_000;
/** A head may have so many bytes: Core Lightning takes 100 kB. */
const LONGEST_HEAD_BYTES = 128 * 1024;
/** The first bytes of HTTP/2 without TLS. */
const HTTP2_PREFACE = Buffer.from('PRI * HTTP/2.0');
const MOST_CONNECTIONS = 20_000;
const LISTEN_ATTEMPTS = 30;
const LISTEN_PAUSE_MS = 100;

/** An answer to a method that nobody knows. */
export const METHOD_NOT_ALLOWED = 'HTTP/1.1 405 Method Not Allowed\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsSettings | undefined;
  readonly serve: (request: IncomingMessage, response: ServerResponse) => void;
  /** Whether a request for this path may become a WebSocket: whoever is attached answers it. */
  readonly upgrades: (url: string) => boolean;
  /** What a request with a method that nobody knows gets. */
  readonly unknownMethod: string;
  /** Where what is no request is answered in its turn. */
  readonly refusals: Refusals;
  /** How long a client may take to send the head of a request; default: 10 seconds. */
  readonly head_ms?: number;
  /** And the whole of it; default: two minutes. */
  readonly request_ms?: number;
  /** The most bytes of a head; default: 128 kB, as many clients of Core Lightning may send. */
  readonly longest_head_bytes?: number;
}

export interface Listener {
  /** Of HTTP/1.1: what Socket.IO is attached to. */
  readonly http: Server;
  /** Rejects with the system's error. Resolves with the port. */
  listen(): Promise<number>;
  /** Takes no more connections, lets answers go out, and ends. */
  close(): Promise<void>;
}

/** Makes the server; it does not listen yet. */
export function createListener(options: ListenerOptions): Listener {
  const { head_ms = HEAD_MS, request_ms = REQUEST_MS } = options;
  const limits = {
    maxHeaderSize: options.longest_head_bytes ?? LONGEST_HEAD_BYTES,
    headersTimeout: head_ms,
    requestTimeout: request_ms,
    // Node looks for those that take too long only every half minute by itself.
    connectionsCheckingInterval: Math.min(head_ms, CHECK_MS),
    keepAliveTimeout: KEEP_ALIVE_MS,
    requireHostHeader: false,
  };
  /** The last answer of each connection. */
  const answering = new WeakMap<Socket, ServerResponse>();
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    answering.set(request.socket, response);
    // What a client breaks off is no fault of ours.
    const drop = (): void => void response.destroy();
    request.on('error', drop);
    response.on('error', drop);
    options.serve(request, response);
  };
  const http =
    options.tls === undefined
      ? createServer(limits, serve)
      : // The compatible requests of HTTP/2 have all that `serve` uses.
        (createSecureServer(
          { ...options.tls, ...limits, allowHTTP1: true, minVersion: 'TLSv1.2' },
          serve as never,
        ) as unknown as Server);
  http.on('clientError', (error: ClientFault, socket: Socket) => {
    // What follows a request cannot be read; the request itself still gets its answer, unless it is its own body that breaks.
    const response = answering.get(socket);
    const isAnswering = response !== undefined && !response.writableFinished;
    if (!isAnswering || !(response.req.complete || response.headersSent))
      options.refusals.send(socket, () => answerFault(error, socket, options.unknownMethod));
    else response.once('close', () => socket.end());
  });
  // Only Socket.IO upgrades a connection; any other request that asks for it is answered as it is without.
  http.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    if (options.upgrades(request.url ?? '')) return;
    const response = new HttpResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once('finish', () => socket.end());
    serve(request, response);
  });
  http.on('connect', (_request, socket: Socket) =>
    socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'),
  );
  const sockets = new Set<Socket>();
  function forget(this: Socket): void {
    sockets.delete(this);
  }
  const outer: NetServer | Server = options.tls === undefined ? splitByPreface(http, serve, head_ms) : http;
  outer.maxConnections = MOST_CONNECTIONS;
  outer.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', forget);
  });
  return {
    http,
    listen: () => listenPatiently(outer, options),
    close: () =>
      new Promise((resolve) => {
        outer.close(() => resolve());
        http.closeIdleConnections?.();
        // What is still under way after this was a wait, and the node has ended those.
        setTimeout(() => {
          for (const socket of sockets) socket.destroy();
        }, 500).unref();
      }),
  };
}

/**
 * The process of a run before may have the port for a moment longer than the node that was killed. Rejects with a
 * sentence when it is still taken after that, or for any other reason.
 */
async function listenPatiently(server: NetServer | Server, { host, port }: ListenerOptions): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port, backlog: 1024 }, () => {
          server.off('error', reject);
          resolve();
        });
      });
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : port;
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!isTaken || attempt === LISTEN_ATTEMPTS) {
        throw new Error(`cannot listen for HTTP at ${host}:${port}: ${listenFault(error as Error)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LISTEN_PAUSE_MS));
    }
  }
}

function drop(this: Socket): void {
  this.destroy();
}

/** In the clear, the first bytes tell HTTP/2 from HTTP/1.1. */
function splitByPreface(http: Server, serve: ListenerOptions['serve'], head_ms: number): NetServer {
  const http2 = createHttp2(serve as never);
  const outer = createNetServer({ noDelay: true, pauseOnConnect: false }, (socket) => {
    socket.setTimeout(head_ms);
    socket.on('timeout', drop);
    socket.on('error', drop);
    socket.once('readable', () => {
      socket.setTimeout(0);
      socket.off('timeout', drop);
      const first = socket.read() as Buffer | null;
      if (first === null) return;
      socket.unshift(first);
      const isHttp2 = first.subarray(0, HTTP2_PREFACE.length).equals(HTTP2_PREFACE);
      (isHttp2 ? http2 : http).emit('connection', socket);
    });
  });
  // The inner server never listens itself, and watches the time of its requests only once it hears that it does.
  outer.once('listening', () => http.emit('listening'));
  return outer;
}

/** What Node says of bytes that are no request. */
interface ClientFault extends Error {
  readonly code?: string;
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
}

function answerFault(error: ClientFault, socket: Socket, unknownMethod: string): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  if (error.code === 'HPE_INVALID_METHOD' && isHttp(error)) socket.end(unknownMethod);
  else if (error.code === 'HPE_HEADER_OVERFLOW')
    socket.end('HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT')
    socket.end('HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  else socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
}

/** A request with a method that the parser does not know, and otherwise HTTP. */
function isHttp({ rawPacket, bytesParsed = 0 }: ClientFault): boolean {
  return (
    rawPacket !== undefined &&
    bytesParsed <= 20 &&
    /^[A-Z]{1,20} \S+ HTTP\/1\.[01]\r\n/.test(rawPacket.toString('latin1', 0, 1024))
  );
}
