/** A peer without manners, over TCP: it can do the handshake and say init, and then says what the test wants. */
import { connect, type Socket } from 'node:net';
import { curve } from '../../src/base/crypto/secp256k1.ts';
import type { NodeId } from '../../src/base/types/brand.ts';
import { NETWORKS } from '../../src/base/types/network.ts';
import { Secret } from '../../src/base/types/secret.ts';
import { Session } from '../../src/codec/transport/session.ts';
import {
  decodeMessage,
  encodeMessage,
  type Init,
  type KnownMessage,
  type Message,
} from '../../src/codec/wire/index.ts';
import { INIT_FEATURES } from '../../src/node/peers/index.ts';

/** What a well-behaved peer says first. */
export const INIT: Init = {
  type: 'init',
  globalfeatures: new Set(),
  features: INIT_FEATURES,
  networks: [NETWORKS.regtest.chain_hash],
};

/** A private key made of a number. */
export function keyOf(number: number): Secret<Uint8Array> {
  const key = new Uint8Array(32).fill(0x11);
  new DataView(key.buffer).setUint32(0, number + 1);
  return new Secret(key);
}

export function nodeIdOf(number: number): NodeId {
  return Buffer.from(curve.publicKey(keyOf(number).reveal())).toString('hex') as NodeId;
}

/** A connection without any handshake. */
export class RawSocket {
  readonly socket: Socket;
  readonly chunks: Buffer[] = [];
  isClosed = false;
  #waiting: (() => void)[] = [];

  protected constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => {
      this.chunks.push(bytes);
      this.took(bytes);
      this.#changed();
    });
    socket.on('error', () => {});
    socket.on('end', () => this.#close()).on('close', () => this.#close());
  }

  static open(port: number): Promise<RawSocket> {
    return RawSocket.dial(port, (socket) => new RawSocket(socket));
  }

  protected static dial<T>(port: number, make: (socket: Socket) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('error', reject);
      socket.once('connect', () => resolve(make(socket)));
    });
  }

  protected took(_bytes: Buffer): void {}

  /** How many bytes came. */
  get length_bytes(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  write(bytes: Uint8Array): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  /** Resolves when it is so; rejects when the connection ends before. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.isClosed) throw new Error('the connection ended before that');
      await this.#change();
    }
  }

  /** Resolves when the other side has hung up. */
  async hungUp(): Promise<void> {
    while (!this.isClosed) await this.#change();
  }

  destroy(): void {
    this.socket.destroy();
    this.#close();
  }

  #close(): void {
    this.isClosed = true;
    this.socket.destroy();
    this.#changed();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #changed(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** A connection with the handshake done. */
export class RawPeer extends RawSocket {
  readonly received: Message[] = [];
  readonly #session: Session;

  private constructor(socket: Socket, node_id: NodeId, number: number) {
    super(socket);
    this.#session = new Session({
      static_key: keyOf(number),
      ephemeral_key: keyOf(0x7777),
      remote_public_key: new Uint8Array(Buffer.from(node_id, 'hex')),
    });
    socket.write(this.#session.open());
  }

  /** Does the handshake. */
  static async meet(port: number, node_id: NodeId, number = 1): Promise<RawPeer> {
    const peer = await RawSocket.dial(port, (socket) => new RawPeer(socket, node_id, number));
    await peer.until(() => peer.#session.isEstablished);
    return peer;
  }

  /** Does the handshake, and the exchange of init. */
  static async greet(port: number, node_id: NodeId, number = 1): Promise<RawPeer> {
    const peer = await RawPeer.meet(port, node_id, number);
    peer.send(INIT);
    await peer.hears('init');
    return peer;
  }

  protected override took(bytes: Buffer): void {
    const { reply, messages } = this.#session.feed(bytes);
    if (reply !== undefined) this.socket.write(reply);
    for (const message of messages) this.received.push(decodeMessage(message));
  }

  /** Sends messages, or bytes in the place of messages. */
  send(...messages: readonly (KnownMessage | Uint8Array)[]): void {
    const sealed = messages.map((each) => this.#session.seal(each instanceof Uint8Array ? each : encodeMessage(each)));
    this.write(Buffer.concat(sealed));
  }

  /** Sends only the first bytes of a sealed message. */
  sendPart(message: KnownMessage, length_bytes: number): void {
    this.write(this.#session.seal(encodeMessage(message)).subarray(0, length_bytes));
  }

  /** The next message of this type that the test has not taken yet. */
  async hears<Type extends Message['type']>(type: Type): Promise<Extract<Message, { type: Type }>> {
    const find = (): number => this.received.findIndex((message) => message.type === type);
    await this.until(() => find() >= 0);
    return this.received.splice(find(), 1)[0] as Extract<Message, { type: Type }>;
  }

  /** Shows that the node still listens to us: it answers a ping. All that came before the pong is in `received`. */
  async isHeard(): Promise<void> {
    const length = 2 + (this.#pings++ % 1000);
    this.send({ type: 'ping', num_pong_bytes: length, ignored: new Uint8Array(0) });
    await this.until(() => this.received.some((each) => each.type === 'pong' && each.ignored.length === length));
  }

  #pings = 0;

  /** What the node said as it hung up: the texts of its warnings and errors. */
  async lastWords(): Promise<readonly string[]> {
    await this.hungUp();
    return this.complaints;
  }

  /** The texts of warnings and errors that came so far. */
  get complaints(): readonly string[] {
    return this.received.flatMap((each) =>
      each.type === 'warning' || each.type === 'error' ? [`${each.type}: ${Buffer.from(each.data)}`] : [],
    );
  }
}
