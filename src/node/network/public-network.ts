/**
 * The public network as the rest of the node sees it: hands gossip to the thread that keeps the map, sends what that
 * says, and brings questions there and answers back. Nothing here waits for a signature.
 */
import { Worker } from 'node:worker_threads';
import type { NodeId } from '../../base/types/brand.ts';
import type { Clock } from '../../base/types/clock.ts';
import { type Features, hasFeature } from '../../base/types/features.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import { CHANNEL_UPDATE, messageNumber, readUpdate, scidText } from '../../protocol/gossip/fields.ts';
import type { FromKeeper, ToKeeper, WorkerData } from './messages.ts';
import type { OutputSource } from './ports.ts';
import type { ChannelLesson, QuestionName, Questions } from './questions.ts';

/** A connection, as far as gossip needs it. */
export interface NetworkPeer {
  readonly node_id: NodeId;
  readonly features: Features;
  sendBytes(messages: readonly Uint8Array[]): void;
}

/** How a channel of ours stands to the public: `undefined` for a name that is none of ours. */
export type OwnName = 'public' | 'private' | undefined;

export interface PublicNetworkOptions {
  readonly path: string;
  readonly chain_hash: string;
  readonly known_features: ReadonlySet<number>;
  readonly clock: Clock;
  readonly outputs: OutputSource;
  height(): number;
  /** Calls back with what each new block spends. */
  onSpends(listener: (height: number, outpoints: Uint8Array) => void): () => void;
  /** Calls back with each block that is gone. */
  onBlockGone(listener: (height: number) => void): () => void;
  /** What this is among our channels with this peer. */
  ownName(peer_id: NodeId, short_channel_id: ShortChannelId): OwnName;
  log(level: 'info' | 'debug' | 'warn', text: string): void;
  /** The thread ended by itself. */
  onFailure(error: Error): void;
}

/** The thread that keeps the map has ended: there is no map until the next start. */
export class NetworkStopped extends Error {
  override readonly name = 'NetworkStopped';

  constructor(reason: string) {
    super(`the map of the network has stopped: ${reason}`);
  }
}

/** Gossip that waits for the thread: beyond this, each peer may have its share of as much again, and no more. */
const MOST_WAITING_BYTES = 8 * 1024 * 1024;

interface Connected {
  readonly number: number;
  readonly peer: NetworkPeer;
  /** Taken in this turn of the event loop, not yet handed over. */
  gathered: Uint8Array[];
  gathered_bytes: number;
  /** Handed over, and not yet looked at. */
  waiting_bytes: number;
}

export class PublicNetwork {
  readonly #options: PublicNetworkOptions;
  readonly #connected = new Map<NetworkPeer, Connected>();
  readonly #by_number = new Map<number, Connected>();
  /** Until when the gossip of a node is not read: monotonic milliseconds. */
  readonly #held_off = new Map<NodeId, number>();
  readonly #questions = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>();
  readonly #cancels: (() => void)[] = [];
  #worker: Worker | undefined;
  /** Said before the thread was there. */
  readonly #early: ToKeeper[] = [];
  #next_number = 1;
  #next_question = 1;
  #waiting_bytes = 0;
  #willHandOver = false;
  /** Why the thread has ended, once it has. */
  #ended: string | undefined;
  #whenStopped: () => void = () => {};

  constructor(options: PublicNetworkOptions) {
    this.#options = options;
    // From the first block on that the chain tells.
    this.#cancels.push(
      options.onSpends((height, outpoints) => this.#say({ kind: 'block', height, outpoints })),
      options.onBlockGone((height) => this.#say({ kind: 'block_gone', height })),
    );
  }

  /** Starts the thread. It reads the map in its own time: what is asked meanwhile waits. */
  start(): void {
    const { path, chain_hash, known_features, outputs, clock, height, onFailure } = this.#options;
    const workerData: WorkerData = {
      path,
      chain_hash,
      known_features: [...known_features],
      height: height(),
      now_seconds: clock.nowSeconds(),
      can_check_all: outputs.can_check_all,
      claims_at_once: outputs.claims_at_once,
    };
    // The thread's file has the ending of this one: .ts in the repository, .js in the package.
    const program = new URL(`./worker${import.meta.url.slice(-3)}`, import.meta.url);
    // Gossip is garbage at once: a larger nursery would only be memory that is never given back.
    const worker = new Worker(program, { workerData, resourceLimits: { maxYoungGenerationSizeMb: 0.5 } });
    worker.on('message', (message: FromKeeper) => this.#receive(message));
    worker.on('error', (error: Error) => {
      this.#end(error.message);
      onFailure(error);
    });
    worker.on('exit', (code) => {
      if (this.#ended === undefined) this.#end(`its thread has ended with ${code}`);
      this.#whenStopped();
    });
    worker.unref();
    this.#worker = worker;
    for (const message of this.#early.splice(0)) this.#say(message);
  }

  /** Resolves when the thread has written what it had. */
  async stop(): Promise<void> {
    if (this.#worker === undefined) return;
    for (const cancel of this.#cancels.splice(0)) cancel();
    // A thread that has failed says no more that it has stopped.
    if (this.#ended === undefined) {
      const stopped = new Promise<void>((resolve) => {
        this.#whenStopped = resolve;
      });
      this.#say({ kind: 'stop' });
      await stopped;
      this.#end('the node stops');
    }
    await this.#worker.terminate();
  }

  peerConnected(peer: NetworkPeer): void {
    const { clock } = this.#options;
    if ((this.#held_off.get(peer.node_id) ?? 0) > clock.monotonicMs()) return;
    const number = this.#next_number++;
    const connected: Connected = { number, peer, gathered: [], gathered_bytes: 0, waiting_bytes: 0 };
    this.#connected.set(peer, connected);
    this.#by_number.set(number, connected);
    this.#say({
      kind: 'connected',
      peer: {
        number,
        can_query: hasFeature(peer.features, 'gossip_queries'),
        can_query_more: hasFeature(peer.features, 'gossip_queries_ex'),
      },
    });
  }

  peerDisconnected(peer: NetworkPeer): void {
    const connected = this.#connected.get(peer);
    if (connected === undefined) return;
    this.#connected.delete(peer);
    this.#by_number.delete(connected.number);
    this.#waiting_bytes -= connected.waiting_bytes + connected.gathered_bytes;
    this.#say({ kind: 'disconnected', peer: connected.number });
  }

  /** A message of gossip. False: it is about a channel of ours, which hears of it as well. */
  takes(peer: NetworkPeer, message: Uint8Array): boolean {
    const own = this.#ownNameIn(peer.node_id, message);
    // What is private is never told to anybody.
    if (own !== 'private') this.#gather(peer, message);
    return own === undefined;
  }

  /** Asks the map. Rejects with NetworkStopped when its thread has ended. */
  ask<Name extends QuestionName>(name: Name, asked: Questions[Name]['asked']): Promise<Questions[Name]['answer']> {
    if (this.#ended !== undefined) return Promise.reject(new NetworkStopped(this.#ended));
    return new Promise((resolve, reject) => {
      const number = this.#next_question++;
      this.#questions.set(number, { resolve: resolve as (answer: never) => void, reject });
      this.#say({ kind: 'ask', number, name, asked });
    });
  }

  /** The thread answers nothing more. */
  #end(reason: string): void {
    this.#ended = reason;
    for (const { reject } of this.#questions.values()) reject(new NetworkStopped(reason));
    this.#questions.clear();
  }

  /** What parts of payments taught. */
  learn(lessons: readonly ChannelLesson[]): void {
    if (lessons.length > 0) this.#say({ kind: 'learn', lessons });
  }

  /** Says something of ourselves to all; it replaces what was said about the same before. */
  say(about: string, message: Uint8Array, short_channel_id?: ShortChannelId): void {
    this.#say({ kind: 'own', about, message, short_channel_id });
  }

  #ownNameIn(peer_id: NodeId, message: Uint8Array): OwnName {
    if (messageNumber(message) !== CHANNEL_UPDATE) return undefined;
    const fields = readUpdate(Buffer.from(message.buffer, message.byteOffset, message.byteLength));
    if (fields === undefined) return undefined;
    return this.#options.ownName(peer_id, scidText(fields.scid_high, fields.scid_low) as ShortChannelId);
  }

  #gather(peer: NetworkPeer, message: Uint8Array): void {
    const connected = this.#connected.get(peer);
    if (connected === undefined) return;
    const { length } = message;
    const isTooMuch = this.#waiting_bytes + length > MOST_WAITING_BYTES;
    if (isTooMuch && sizeOf(connected) + length > MOST_WAITING_BYTES / this.#by_number.size) return;
    connected.gathered.push(message);
    connected.gathered_bytes += length;
    this.#waiting_bytes += length;
    if (this.#willHandOver) return;
    this.#willHandOver = true;
    setImmediate(() => this.#handOver());
  }

  /** What came in one turn of the event loop goes over in one message. */
  #handOver(): void {
    this.#willHandOver = false;
    for (const connected of this.#by_number.values()) {
      if (connected.gathered.length === 0) continue;
      const { number, gathered, gathered_bytes } = connected;
      connected.gathered = [];
      connected.gathered_bytes = 0;
      connected.waiting_bytes += gathered_bytes;
      this.#say({ kind: 'gossip', peer: number, messages: gathered, bytes: gathered_bytes });
    }
  }

  #say(message: ToKeeper): void {
    if (this.#ended !== undefined) return;
    if (this.#worker === undefined) this.#early.push(message);
    else this.#worker.postMessage(message);
  }

  #receive(message: FromKeeper): void {
    const { outputs, log } = this.#options;
    switch (message.kind) {
      case 'send':
        this.#by_number.get(message.peer)?.peer.sendBytes(message.messages);
        break;
      case 'taken': {
        const connected = this.#by_number.get(message.peer);
        if (connected === undefined) break;
        connected.waiting_bytes -= message.bytes;
        this.#waiting_bytes -= message.bytes;
        break;
      }
      case 'hold_off':
        this.#holdOff(message.peer, message.reason, message.seconds);
        break;
      case 'check':
        void outputs
          .check(message.claims)
          .then((findings) => this.#say({ kind: 'findings', number: message.number, findings }));
        break;
      case 'answer':
        this.#questions.get(message.number)?.resolve(message.answer as never);
        this.#questions.delete(message.number);
        break;
      case 'log':
        log(message.level, message.text);
        break;
      case 'stopped':
        this.#whenStopped();
        break;
    }
  }

  #holdOff(number: number, reason: string, seconds: number): void {
    const connected = this.#by_number.get(number);
    if (connected === undefined) return;
    const { clock, log } = this.#options;
    const { node_id } = connected.peer;
    this.#held_off.set(node_id, clock.monotonicMs() + seconds * 1000);
    log('warn', `gossip of node ${node_id} is not read for ${seconds / 3600} hours: ${reason}`);
    this.peerDisconnected(connected.peer);
  }
}

function sizeOf({ gathered_bytes, waiting_bytes }: Connected): number {
  return gathered_bytes + waiting_bytes;
}
