/** A TCP connection that a test can disturb: cut, swallowed, delayed, or broken off in the middle of a packet. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * What happens to bytes. `swallow`: they are taken and go nowhere, and nobody is told; `swallow answers`: those of the called one
 * alone. `refuse`: nobody answers.
 */
export type Weather = 'pass' | 'swallow' | 'swallow answers' | 'refuse';

/** What callers say, or what they are answered. */
export type Direction = 'said' | 'answered';

/** One connection through the proxy, and what its caller said in it. */
export interface Carried {
  readonly number: number;
  /** When the caller's bytes came (monotonic milliseconds), and how many. */
  readonly said: { readonly at_ms: number; readonly bytes: number }[];
}

/**
 * Ends a connection so that its other end hears of a reset. One that ends already is only dropped: to reset it, Node refuses, and
 * keeps a handle for which the process waits in vain when it exits.
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

/** A port of this machine, or the path of a Unix socket. */
export type Target = number | string;

interface Pair {
  readonly carried: Carried;
  readonly near: Socket;
  readonly far: Socket;
}

export class TcpProxy {
  #target: Target;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  readonly #connections: Carried[] = [];
  #weather: Weather = 'pass';
  #delay_ms = 0;
  /** How many more bytes of one direction pass before everything is cut; undefined: all. */
  #left: { readonly direction: Direction; bytes: number } | undefined;

  /** Listens on a free port of the loopback address, and carries what comes there to the target. */
  static async to(target: Target): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  private constructor(target: Target) {
    this.#target = target;
    this.#server = createServer((near) => this.#carry(near));
  }

  /** Where it listens. */
  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** All connections that there ever were. */
  get connections(): readonly Carried[] {
    return this.#connections;
  }

  /** From now on new connections go there. */
  retarget(target: Target): void {
    this.#target = target;
  }

  set(weather: Weather): void {
    this.#weather = weather;
    if (weather === 'refuse') this.cut();
  }

  /** Everything comes so much later. */
  delay(delay_ms: number): void {
    this.#delay_ms = delay_ms;
  }

  /** After so many more bytes of this direction everything is cut, in the middle of whatever is said. */
  cutAfter(direction: Direction, bytes: number): void {
    this.#left = { direction, bytes };
  }

  /** Ends all connections at once, as a cable that is pulled and a kernel that notices. */
  cut(): void {
    this.#left = undefined;
    for (const { near, far } of [...this.#pairs]) {
      reset(near);
      far.destroy();
    }
  }

  /** Good weather again. What was swallowed is lost: connections that lack bytes are ended. */
  clear(): void {
    if (this.#weather.startsWith('swallow')) this.cut();
    this.#weather = 'pass';
    this.#delay_ms = 0;
    this.#left = undefined;
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #carry(near: Socket): void {
    if (this.#weather === 'refuse') {
      near.on('error', () => {}).resetAndDestroy();
      return;
    }
    const target = this.#target;
    const far = typeof target === 'string' ? connect(target) : connect({ host: '127.0.0.1', port: target });
    const carried: Carried = { number: this.#connections.length, said: [] };
    const pair: Pair = { carried, near, far };
    this.#connections.push(carried);
    this.#pairs.add(pair);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.setNoDelay(true);
      from.on('data', (bytes: Buffer) => this.#pass(pair, from, to, bytes));
      from.on('error', () => {});
      from.on('close', () => {
        this.#pairs.delete(pair);
        to.end();
        // Whoever keeps its half open is heard no more, but what it says is still counted.
        if (to === far) far.destroy();
      });
    }
  }

  #pass(pair: Pair, from: Socket, to: Socket, bytes: Buffer): void {
    const direction = from === pair.near ? 'said' : 'answered';
    if (direction === 'said') pair.carried.said.push({ at_ms: performance.now(), bytes: bytes.length });
    let passed = bytes;
    const left = this.#left?.direction === direction ? this.#left : undefined;
    if (left !== undefined) {
      passed = bytes.subarray(0, left.bytes);
      left.bytes -= passed.length;
    }
    if (this.#weather === 'swallow' || (this.#weather === 'swallow answers' && direction === 'answered')) return;
    const deliver = (): void => {
      if (to.writable) to.write(passed);
      if (left?.bytes === 0) this.cut();
    };
    if (this.#delay_ms === 0) deliver();
    else setTimeout(deliver, this.#delay_ms);
  }
}
