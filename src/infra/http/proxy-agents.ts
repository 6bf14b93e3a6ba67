/** Connections through a SOCKS5 proxy, such as Tor: it resolves the names, so nobody else hears of them. */
import { Agent as HttpsAgent } from 'node:https';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { Agent as HttpAgent } from '../../base/node-http.ts';
import { connectThroughProxy, type ProxyTarget } from '../../base/socks5.ts';

/** Where the proxy is, and whether everything goes through it or only what nothing else can reach. */
export interface ProxyRoute {
  readonly host: string;
  readonly port: number;
  readonly always: boolean;
}

type Connected = (error: Error | null, stream: Duplex) => void;

/** The proxy itself may be silent: nobody waits for it longer than for an answer. */
const PATIENCE_MS = 20_000;
const KEPT = { keepAlive: true, maxFreeSockets: 16 };

/** For http://. */
export class ProxiedHttpAgent extends HttpAgent {
  readonly #proxy: ProxyRoute;

  constructor(proxy: ProxyRoute) {
    super(KEPT);
    this.#proxy = proxy;
  }

  override createConnection(options: object, connected?: Connected): undefined {
    open(this.#proxy, targetOf(options)).then(
      (socket) => connected?.(null, socket),
      (error: Error) => connected?.(error, undefined as never),
    );
  }
}

/** For https://: the certificate is that of the receiver, whatever the proxy does. */
export class ProxiedHttpsAgent extends HttpsAgent {
  readonly #proxy: ProxyRoute;

  constructor(proxy: ProxyRoute) {
    super(KEPT);
    this.#proxy = proxy;
  }

  override createConnection(options: object, connected?: Connected): undefined {
    open(this.#proxy, targetOf(options)).then(
      (socket) => connected?.(null, connectTls({ ...(options as ConnectionOptions), socket })),
      (error: Error) => connected?.(error, undefined as never),
    );
  }
}

function targetOf(options: object): ProxyTarget {
  const { host, port } = options as { host: string; port: number | string };
  return { host, port: Number(port) };
}

async function open(proxy: ProxyRoute, target: ProxyTarget): Promise<Socket> {
  const socket = connect({ host: proxy.host, port: proxy.port, noDelay: true });
  socket.setTimeout(PATIENCE_MS, () => socket.destroy());
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    await connectThroughProxy(socket, target);
    socket.setTimeout(0);
    return socket;
  } catch (error) {
    socket.destroy();
    throw new Error(`through the proxy ${proxy.host}:${proxy.port}: ${(error as Error).message}`, { cause: error });
  }
}
