/**
 * A relay between two nodes, which a test can cut, and whose bytes it can hold back, each way by itself. What it carries is
 * encrypted: a test knows by the order of BOLT 2 what a side must have sent.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** One way of the connections that go through. */
export class Way {
  #is_held = false;
  #held: { to: Socket; bytes: Buffer }[] = [];
  #watcher: { readonly isIt: (length: number) => boolean; readonly act: () => void } | undefined;

  /** How many pieces wait. */
  get waiting(): number {
    return this.#held.length;
  }

  /** From now on, what comes waits. */
  hold(): void {
    this.#is_held = true;
  }

  /** Lets so many pieces through; what comes after them goes on waiting. */
  pass(pieces: number): void {
    for (const { to, bytes } of this.#held.splice(0, pieces)) to.write(bytes);
  }

  /** Lets everything through again. */
  release(): void {
    this.#is_held = false;
    this.pass(this.#held.length);
  }

  /** Forgets what waits, and holds no more. */
  reset(): void {
    this.#is_held = false;
    this.#held = [];
  }

  /** Calls back once, when a piece of such a length has gone through, before anything else happens here. */
  behind(isIt: (length: number) => boolean, act: () => void): void {
    this.#watcher = { isIt, act };
  }

  take(to: Socket, bytes: Buffer): void {
    if (this.#is_held) this.#held.push({ to, bytes });
    else to.write(bytes);
    const watcher = this.#watcher;
    if (watcher?.isIt(bytes.length) !== true) return;
    this.#watcher = undefined;
    watcher.act();
  }
}

export class Relay {
  /** From the side that called to the side that was called, and back. */
  readonly there = new Way();
  readonly back = new Way();
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #is_closed = false;

  /** A relay to this port. */
  static async start(target_port: number): Promise<Relay> {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new Relay(server, target_port);
  }

  private constructor(server: Server, target_port: number) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (caller) => {
      if (this.#is_closed) {
        caller.destroy();
        return;
      }
      const called = connect(target_port, '127.0.0.1');
      this.#join(caller, called, this.there);
      this.#join(called, caller, this.back);
    });
  }

  #join(from: Socket, to: Socket, way: Way): void {
    this.#sockets.add(from);
    from.on('data', (bytes) => way.take(to, bytes as Buffer));
    from.on('error', () => {});
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }

  /** Ends the connections that go through. Whether new ones are taken is said with it. */
  cut(takes_new = true): void {
    this.#is_closed = !takes_new;
    this.there.reset();
    this.back.reset();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Takes connections again. */
  mend(): void {
    this.#is_closed = false;
  }

  async stop(): Promise<void> {
    this.cut(false);
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
