/** LDK's socket interface on node:net. */
import { createServer, type Socket, connect as tcpConnect } from 'node:net';
import * as ldk from 'lightningdevkit';

export class LdkSockets {
  readonly #peers: ldk.PeerManager;
  readonly #afterRead: () => void;
  #next = 1n;

  constructor(peers: ldk.PeerManager, afterRead: () => void) {
    this.#peers = peers;
    this.#afterRead = afterRead;
  }

  /** Listens on a free port of the loopback address, and answers it. */
  listen(): Promise<number> {
    const server = createServer((socket) => {
      const descriptor = this.#attach(socket);
      const result = this.#peers.new_inbound_connection(descriptor, ldk.Option_SocketAddressZ.constructor_none());
      if (!result.is_ok()) socket.destroy();
    });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
  }

  /** Connects to a node on the loopback address. */
  connect(node_id: Uint8Array, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = tcpConnect(port, '127.0.0.1');
      socket.once('error', reject);
      socket.once('connect', () => {
        const descriptor = this.#attach(socket);
        const result = this.#peers.new_outbound_connection(
          node_id,
          descriptor,
          ldk.Option_SocketAddressZ.constructor_none(),
        );
        if (!(result instanceof ldk.Result_CVec_u8ZPeerHandleErrorZ_OK)) {
          socket.destroy();
          reject(new Error('LDK refused to connect'));
          return;
        }
        socket.write(result.res);
        resolve();
      });
    });
  }

  #attach(socket: Socket): ldk.SocketDescriptor {
    const id = this.#next++;
    let isClosed = false;
    const descriptor = ldk.SocketDescriptor.new_impl({
      send_data(data, _resume_read) {
        if (isClosed || data.length === 0) return 0;
        socket.write(new Uint8Array(data));
        return data.length;
      },
      disconnect_socket() {
        isClosed = true;
        socket.destroy();
      },
      eq: (other) => other.hash() === id,
      hash: () => id,
    });
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('data', (data: Buffer) => {
      if (isClosed) return;
      const result = this.#peers.read_event(descriptor, Uint8Array.from(data));
      if (!result.is_ok()) {
        isClosed = true;
        socket.destroy();
      }
      this.#afterRead();
    });
    socket.on('close', () => {
      if (!isClosed) this.#peers.socket_disconnected(descriptor);
      isClosed = true;
      this.#afterRead();
    });
    return descriptor;
  }
}
