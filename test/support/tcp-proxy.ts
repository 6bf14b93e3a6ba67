/** A wire between a client and a server's Unix socket that fails as wires do: cut, silent, or in the middle of a message. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * What becomes of a piece of bytes. `cut`: both ends see a closed connection. `swallow`: nobody sees anything, now or later
 * on this connection. `half`: the same, behind its first half.
 */
export type Fate = 'pass' | 'cut' | 'swallow' | 'half';

export class TcpProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Judges each piece that a client sends. */
  onRequest: (bytes: Buffer) => Fate = () => 'pass';
  /** Judges each piece that the server answers. */
  onReply: (bytes: Buffer) => Fate = () => 'pass';

  /** Listens on the loopback address, on a free port. */
  static async open(socket_path: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(socket_path);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  private constructor(socket_path: string) {
    this.#server = createServer((client) => {
      const server = connect(socket_path);
      const ends = [client, server];
      let is_silent = false;
      const cut = (): void => {
        for (const end of ends) end.destroy();
      };
      const carry = (from: Socket, to: Socket, judge: (bytes: Buffer) => Fate): void => {
        from.on('data', (bytes: Buffer) => {
          if (is_silent) return;
          const fate = judge(bytes);
          if (fate === 'cut') return cut();
          is_silent = fate !== 'pass';
          if (fate === 'swallow') return;
          to.write(fate === 'half' ? bytes.subarray(0, bytes.length / 2) : bytes);
        });
        from.on('error', cut);
        // On a silent wire neither end hears that the other is gone.
        from.on('close', () => (is_silent ? undefined : cut()));
      };
      for (const end of ends) {
        this.#sockets.add(end);
        end.once('close', () => this.#sockets.delete(end));
      }
      carry(client, server, (bytes) => this.onRequest(bytes));
      carry(server, client, (bytes) => this.onReply(bytes));
    });
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
