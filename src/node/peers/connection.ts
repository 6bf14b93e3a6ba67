/**
 * One connection: a stream of bytes, the transport over it, init, pings, and the messages in between (BOLT 1). Whatever
 * the other side does ends in a message, an answer, or the end of the connection; what it makes us hold is bounded.
 */
import type { Duplex } from 'node:stream';
import { AuthenticationError } from '../../base/crypto/chacha20.ts';
import type { ChannelId, NodeId } from '../../base/types/brand.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { Features } from '../../base/types/features.ts';
import { toHex } from '../../base/types/hex.ts';
import type { Network } from '../../base/types/network.ts';
import { HandshakeError } from '../../codec/transport/handshake.ts';
import type { Fed, Session } from '../../codec/transport/session.ts';
import {
  decodeMessage,
  encodeMessage,
  type KnownMessage,
  type Message,
  type Ping,
  WireError,
} from '../../codec/wire/index.ts';
import type { Fence } from '../../infra/store/store.ts';
import { Allowance } from './allowance.ts';
import { initFault, ourInit, peerFeatures } from './init.ts';
import {
  COMPLAINT_BURST,
  COMPLAINTS_PER_SECOND,
  FAREWELL_MS,
  INCOMING_BURST_BYTES,
  INCOMING_BYTES_PER_SECOND,
  MAX_OUTGOING_BYTES,
  NO_PONG_FROM_BYTES,
  PAUSE_OUTGOING_BYTES,
  PING_BURST,
  PINGS_PER_SECOND,
  SETUP_TIMEOUT_MS,
} from './limits.ts';
import { Liveness } from './liveness.ts';
import { Outlet } from './outlet.ts';
import { type Peer, PeerError, type PeerMessage } from './peer.ts';
import { decodeRemoteAddress } from './remote-address.ts';

/** The channel id that stands for the connection as a whole. */
const NO_CHANNEL = '00'.repeat(32) as ChannelId;

/** What the owner of connections hears. Each is called at most once, but `message`. */
export interface ConnectionOwner {
  /** Handshake and init are done. */
  ready(connection: Connection): void;
  message(connection: Connection, message: PeerMessage): void;
  /** A message of gossip, undecoded. True: nobody else is to see it. */
  gossip(connection: Connection, message: Uint8Array): boolean;
  /** Whether this node is one that we want to be connected to. */
  wants(node_id: NodeId): boolean;
  /** `was_ready` tells whether `ready` was called. */
  closed(connection: Connection, reason: string, was_ready: boolean): void;
}

export interface ConnectionOptions {
  readonly stream: Duplex;
  readonly session: Session;
  readonly address: string;
  readonly direction: 'in' | 'out';
  /** Where an incoming one comes from, as far as places are counted. */
  readonly host: string | undefined;
  readonly clock: Clock;
  readonly network: Network;
  readonly features: Features;
  readonly owner: ConnectionOwner;
  /** Asked right before bytes leave. */
  readonly fence: Fence;
}

/** Why we stopped reading. */
type PauseReason = 'host' | 'rate' | 'output';

export class Connection implements Peer {
  readonly address: string;
  readonly direction: 'in' | 'out';
  readonly host: string | undefined;
  readonly #options: ConnectionOptions;
  readonly #stream: Duplex;
  readonly #outlet: Outlet;
  readonly #session: Session;
  readonly #incoming: Allowance;
  readonly #pings: Allowance;
  readonly #complaints: Allowance;
  readonly #paused = new Set<PauseReason>();
  #stage: 'handshake' | 'init' | 'ready' | 'closed' = 'handshake';
  #node_id: NodeId | undefined;
  #features: Features = new Set();
  #heard_init = false;
  #remote_addr: string | undefined;
  #liveness: Liveness | undefined;
  #cancelSetup: () => void;
  #cancelRate: () => void = () => {};

  constructor(options: ConnectionOptions) {
    const { stream, session, clock } = options;
    this.#options = options;
    this.address = options.address;
    this.direction = options.direction;
    this.host = options.host;
    this.#stream = stream;
    this.#outlet = new Outlet(stream, options.fence);
    this.#session = session;
    this.#incoming = new Allowance(clock, INCOMING_BYTES_PER_SECOND, INCOMING_BURST_BYTES);
    this.#pings = new Allowance(clock, PINGS_PER_SECOND, PING_BURST);
    this.#complaints = new Allowance(clock, COMPLAINTS_PER_SECOND, COMPLAINT_BURST);
    this.#cancelSetup = clock.after(SETUP_TIMEOUT_MS, () =>
      this.#abort('the peer did not finish its introduction in time'),
    );
    stream.on('data', (bytes: Uint8Array) => this.#received(bytes));
    stream.on('drain', () => this.#unpause('output'));
    stream.on('end', () => this.#abort('the peer closed the connection'));
    stream.on('error', (error) => this.#abort(`the connection failed: ${error.message}`));
    stream.on('close', () => this.#abort('the connection was closed'));
    if (options.direction === 'out') this.#outlet.write(session.open());
  }

  get node_id(): NodeId {
    if (this.#node_id === undefined) throw new Error('the peer has not yet shown who it is');
    return this.#node_id;
  }

  get is_wanted(): boolean {
    return this.direction === 'out' || this.#options.owner.wants(this.node_id);
  }

  get features(): Features {
    return this.#features;
  }

  get remote_addr(): string | undefined {
    return this.#remote_addr;
  }

  /** Whether the peer has shown who it is, and not yet said init. */
  get is_introduced(): boolean {
    return this.#node_id !== undefined;
  }

  get is_connected(): boolean {
    return this.#stage === 'ready';
  }

  send(messages: readonly KnownMessage[]): void {
    this.sendBytes(messages.map(encodeMessage));
  }

  sendBytes(messages: readonly Uint8Array[]): void {
    if (this.#stage === 'closed' || messages.length === 0) return;
    this.#outlet.write(this.#sealAll(messages));
    const { waiting_bytes } = this.#outlet;
    if (waiting_bytes > MAX_OUTGOING_BYTES) this.#abort('the peer does not read what we send');
    else if (waiting_bytes > PAUSE_OUTGOING_BYTES) this.#pause('output');
  }

  disconnect(reason: string, farewell?: KnownMessage): void {
    if (this.#stage === 'closed') return;
    const stream = this.#stream;
    if (this.#session.isEstablished && !stream.writableEnded && !stream.destroyed) {
      this.#outlet.end(farewell === undefined ? undefined : this.#sealAll([encodeMessage(farewell)]));
      // A socket that is closed with bytes unread resets the connection, and what was sent last may be lost with it: read
      // on, without looking, until the peer hangs up too or the time is over.
      stream.resume();
      stream.once(
        'close',
        this.#options.clock.after(FAREWELL_MS, () => stream.destroy()),
      );
    } else stream.destroy();
    this.#finish(reason);
  }

  pause(): void {
    this.#pause('host');
  }

  resume(): void {
    this.#unpause('host');
  }

  awake(): Promise<void> | undefined {
    return this.#liveness?.awake();
  }

  ping(num_pong_bytes: number, ignored_length_bytes: number): Promise<number> {
    if (this.#stage !== 'ready' || this.#liveness === undefined) {
      return Promise.reject(new PeerError('connected', 'the peer is not connected'));
    }
    return this.#liveness.ping(num_pong_bytes, ignored_length_bytes);
  }

  #sealAll(messages: readonly Uint8Array[]): Uint8Array {
    const sealed = messages.map((message) => this.#session.seal(message));
    return sealed.length === 1 ? (sealed[0] as Uint8Array) : Buffer.concat(sealed);
  }

  #received(bytes: Uint8Array): void {
    if (this.#stage === 'closed') return;
    this.#liveness?.heard();
    const wait_ms = this.#incoming.take(bytes.length);
    if (wait_ms > 0) {
      this.#pause('rate');
      this.#cancelRate();
      this.#cancelRate = this.#options.clock.after(wait_ms, () => this.#unpause('rate'));
    }
    const fed = this.#feed(bytes);
    if (fed === undefined) return;
    if (fed.reply !== undefined) this.#outlet.write(fed.reply);
    if (fed.established !== undefined) this.#introduce(fed.established);
    for (const each of fed.messages) {
      if (this.#stage === 'ready' && isGossip(each) && this.#options.owner.gossip(this, each)) continue;
      const message = this.#decode(each);
      if (message !== undefined) this.#take(message);
    }
  }

  #feed(bytes: Uint8Array): Fed | undefined {
    try {
      return this.#session.feed(bytes);
    } catch (error) {
      if (!(error instanceof HandshakeError || error instanceof AuthenticationError)) throw error;
      // BOLT 8: no word to the peer about what was wrong with the encryption.
      this.#abort(error.message);
      return undefined;
    }
  }

  #decode(bytes: Uint8Array): Message | undefined {
    try {
      return decodeMessage(bytes);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#heard_init ||= isInit(bytes);
      // Others wrote it, and the peer only passes it on: what we cannot read of that is no fault of the peer's.
      if (!isGossip(bytes)) this.#refuse(error.message);
      return undefined;
    }
  }

  #introduce(public_key: Uint8Array): void {
    this.#node_id = toHex(public_key) as NodeId;
    this.#stage = 'init';
    const { features, network, direction, address } = this.#options;
    // A node behind a router learns its address from those that it calls.
    this.send([ourInit(features, network, direction === 'in' ? address : undefined)]);
  }

  #take(message: Message): void {
    if (this.#stage === 'closed') return;
    if (this.#stage === 'init') {
      this.#takeInit(message);
      return;
    }
    switch (message.type) {
      case 'unknown':
        // BOLT 1: it is ok to be odd.
        if (message.number % 2 === 0) this.#refuse(`message ${message.number} is unknown and even`);
        break;
      case 'init':
        this.#refuse('init may come once');
        break;
      case 'ping':
        this.#answer(message);
        break;
      case 'pong':
        this.#liveness?.pong(message);
        break;
      case 'warning':
      case 'error':
        if (this.#complaints.take(1) > 0) this.#refuse('too many warnings and errors');
        else this.#options.owner.message(this, message);
        break;
      default:
        this.#options.owner.message(this, message);
    }
  }

  #takeInit(message: Message): void {
    const { features, network, clock, owner } = this.#options;
    if (message.type !== 'init') {
      // A node that cannot talk to us says so before it says anything else.
      const said = message.type === 'error' || message.type === 'warning' ? `: ${printable(message.data)}` : '';
      this.#refuse(`the peer's first message is ${message.type}, not init${said}`);
      return;
    }
    this.#heard_init = true;
    const fault = initFault(message, features, network);
    if (fault !== undefined) {
      this.#refuse(fault);
      return;
    }
    this.#features = peerFeatures(message);
    this.#remote_addr = message.remote_addr && decodeRemoteAddress(message.remote_addr);
    this.#cancelSetup();
    this.#stage = 'ready';
    this.#liveness = new Liveness(clock, {
      ping: (question) => this.send([question]),
      dead: () => this.#abort('the peer does not answer'),
      isDeaf: () => this.#paused.has('host') || this.#paused.has('rate'),
    });
    owner.ready(this);
  }

  #answer({ num_pong_bytes }: Ping): void {
    if (this.#pings.take(1) > 0) this.#refuse('too many pings');
    else if (num_pong_bytes < NO_PONG_FROM_BYTES)
      this.send([{ type: 'pong', ignored: new Uint8Array(num_pong_bytes) }]);
  }

  #pause(reason: PauseReason): void {
    this.#paused.add(reason);
    this.#stream.pause();
  }

  #unpause(reason: PauseReason): void {
    if (this.#paused.delete(reason) && this.#paused.size === 0 && this.#stage !== 'closed') this.#stream.resume();
  }

  /** Tells the peer what it did wrong, then ends the connection. Before its init it must hear nothing but ours (BOLT 1). */
  #refuse(fault: string): void {
    if (!this.#heard_init) this.disconnect(fault);
    else this.disconnect(fault, { type: 'warning', channel_id: NO_CHANNEL, data: Buffer.from(fault) });
  }

  /** Ends the connection at once. */
  #abort(reason: string): void {
    if (this.#stage === 'closed') return;
    this.#stream.destroy();
    this.#finish(reason);
  }

  #finish(reason: string): void {
    const was_ready = this.#stage === 'ready';
    this.#stage = 'closed';
    this.#cancelSetup();
    this.#cancelRate();
    this.#liveness?.stop();
    this.#options.owner.closed(this, reason, was_ready);
  }
}

/** The numbers of BOLT 7's messages, but for announcement_signatures (259), which is about a channel of ours. */
function isGossip(message: Uint8Array): boolean {
  const number = numberOf(message);
  return number >= 256 && number <= 265 && number !== 259;
}

function isInit(message: Uint8Array): boolean {
  return numberOf(message) === 16;
}

/** The message's number; 0, which no message has, when the bytes are too few for one. */
function numberOf([high = 0, low = 0]: Uint8Array): number {
  return (high << 8) | low;
}

/** A peer's text for the log: what is not printable ASCII becomes a question mark, and much is cut. */
function printable(data: Uint8Array): string {
  return Buffer.from(data.subarray(0, 200))
    .toString('latin1')
    .replaceAll(/[^\x20-\x7e]/g, '?');
}
