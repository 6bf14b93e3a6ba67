/** A node like ours whose messages the test may change, drop and add to on their way out: an attacker with a channel. */

import { msat, sat } from '../../src/base/types/amount.ts';
import { fromHex, toHex } from '../../src/base/types/hex.ts';
import { NETWORKS } from '../../src/base/types/network.ts';
import { Secret } from '../../src/base/types/secret.ts';
import { decodeInvoice } from '../../src/codec/bolt11/index.ts';
import { createPacket } from '../../src/codec/onion/packet.ts';
import { encodeFinalPayload } from '../../src/codec/onion/payload.ts';
import type { KnownMessage } from '../../src/codec/wire/index.ts';
import type { LiveChannel } from '../../src/node/channels/live-channel.ts';
import type { ConnectedPeer } from '../../src/node/channels/ports.ts';
import { INIT_FEATURES, netDial, type Peer, Peers } from '../../src/node/peers/index.ts';
import type { OfferedHtlc } from '../../src/protocol/channel/htlc.ts';
import { TestNode } from '../node/channels/node.ts';
import type { Witness } from './witness.ts';

export type Tamper = (message: KnownMessage) => readonly KnownMessage[];

export class Mallory {
  readonly node: TestNode;
  readonly #witness: Witness;
  readonly #peers: Peers;
  readonly received: KnownMessage[] = [];
  tamper: Tamper = (message) => [message];
  /** Whether what comes is kept from the state machine. */
  isDeaf = false;
  #peer: Peer | undefined;
  #inner: ConnectedPeer | undefined;

  static async join(witness: Witness, name: string): Promise<Mallory> {
    const mallory = new Mallory(witness, name);
    await mallory.node.start();
    await mallory.connect();
    return mallory;
  }

  private constructor(witness: Witness, name: string) {
    const { arena } = witness;
    this.#witness = witness;
    this.node = new TestNode(arena, name);
    this.#peers = new Peers({
      hasChannel: () => false,
      static_key: new Secret(this.node.keys.private_key),
      network: NETWORKS.regtest,
      features: INIT_FEATURES,
      host: {
        peerConnected: (peer) => this.#connected(peer),
        peerDisconnected: () => this.#disconnected(),
        message: (_peer, message) => {
          this.received.push(message);
          if (!this.isDeaf) this.node.channels.message(this.#inner as ConnectedPeer, message);
        },
      },
      dial: netDial(undefined),
      clock: arena.clock,
      randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
      log: () => {},
    });
  }

  async connect(): Promise<void> {
    const { node_id, port, arena } = this.#witness;
    await this.#peers.connect(node_id, { host: '127.0.0.1', port });
    await arena.until(() => arena.daemon.peers.find(this.node.node_id) !== undefined);
  }

  #connected(peer: Peer): void {
    this.#peer = peer;
    this.#inner = {
      node_id: peer.node_id,
      features: peer.features,
      host: undefined,
      is_wanted: false,
      send: (messages) => peer.send(messages.flatMap((message) => this.tamper(message))),
      awake: () => undefined,
      // It is not for Mallory to be offended.
      disconnect: () => {},
    };
    this.node.channels.peerConnected(this.#inner);
  }

  #disconnected(): void {
    const inner = this.#inner;
    this.#inner = undefined;
    this.#peer = undefined;
    if (inner !== undefined) this.node.channels.peerDisconnected(inner);
  }

  get isConnected(): boolean {
    return this.#peer !== undefined;
  }

  /** Hangs up. */
  async leave(): Promise<void> {
    this.#peer?.disconnect('Mallory leaves');
    const { arena } = this.#witness;
    await arena.until(() => arena.daemon.peers.find(this.node.node_id) === undefined);
  }

  /** Says this, whatever the state machine thinks. */
  say(...messages: readonly KnownMessage[]): void {
    this.#peer?.send(messages);
  }

  /** Begins a channel and does not wait for what becomes of it. */
  beginOpening(amount_sat = 1_000_000n, push_msat = 0n): void {
    void this.node.channels.open(this.#inner as ConnectedPeer, {
      funding_satoshis: sat(amount_sat),
      push_msat: msat(push_msat),
      feerate_per_kw: 1_000,
      announce_channel: false,
    });
  }

  /** Opens a channel; both can use it. */
  async open(amount_sat = 1_000_000n, push_msat = 0n): Promise<void> {
    this.beginOpening(amount_sat, push_msat);
    await this.#confirmed();
  }

  /** Till opens a channel; both can use it. */
  async openedByTill(): Promise<LiveChannel> {
    const { arena } = this.#witness;
    await arena.fillWallet();
    const end = await arena.daemon.channels.open(arena.daemon.peers.find(this.node.node_id) as Peer, {
      funding_satoshis: sat(1_000_000),
      push_msat: msat(0),
      feerate_per_kw: 1_000,
      announce_channel: false,
    });
    if (end.kind !== 'channel') throw new Error(end.reason);
    await this.#confirmed();
    return this.there;
  }

  async #confirmed(): Promise<void> {
    const { arena } = this.#witness;
    await arena.until(() =>
      this.node.channels.list().some(({ state }) => arena.chain.isPending(state.terms.funding_txid)),
    );
    await arena.mine(1);
    await this.#usable();
  }

  async #usable(): Promise<void> {
    const isUsable = (): boolean =>
      [this.node.channel, this.there].every(({ state }) => state.phase === 'normal' && state.link === 'up');
    await this.#witness.arena.until(isUsable);
  }

  /** Connects again; both can use the channel. */
  async reconnect(): Promise<void> {
    await this.connect();
    await this.#usable();
  }

  /** The channel as Till sees it. */
  get there(): LiveChannel {
    const channel = this.#witness.arena.daemon.channels.find(this.node.channel.channel_id);
    if (channel === undefined) throw new Error('Till does not know the channel');
    return channel;
  }

  /** Offers an HTLC that pays an invoice of Till, or not quite. */
  pay(bolt11: string, amount_msat?: bigint): bigint {
    const htlc = this.htlcFor(bolt11, amount_msat);
    return this.node.channels.offer(this.node.channel.channel_id, htlc, () => []);
  }

  /** The HTLC that pays an invoice of Till. */
  htlcFor(bolt11: string, amount_msat?: bigint): OfferedHtlc {
    const { payment_hash, payment_secret, amount_msat: asked_msat } = decodeInvoice(bolt11);
    const amount = msat(amount_msat ?? asked_msat ?? 1_000n);
    const cltv_expiry = this.node.follower.tip().height + 40;
    const payload = encodeFinalPayload({
      amt_to_forward: amount,
      outgoing_cltv_value: cltv_expiry,
      payment_data: { payment_secret, total_msat: amount },
      payment_metadata: undefined,
    });
    const hop = { node_id: fromHex(this.#witness.node_id), payload };
    const { packet } = createPacket(new Uint8Array(32).fill(9), [hop], fromHex(payment_hash));
    return { amount_msat: amount, payment_hash, cltv_expiry, onion_routing_packet: toHex(packet) };
  }

  /** The next message of this type that the test has not taken yet. */
  async hears<Type extends KnownMessage['type']>(type: Type): Promise<Extract<KnownMessage, { type: Type }>> {
    const find = (): number => this.received.findIndex((message) => message.type === type);
    await this.#witness.arena.until(() => find() >= 0);
    return this.received.splice(find(), 1)[0] as Extract<KnownMessage, { type: Type }>;
  }

  /** The text of the next warning or error of Till. */
  async isTold(type: 'warning' | 'error'): Promise<string> {
    return Buffer.from((await this.hears(type)).data).toString();
  }

  async hungUp(): Promise<void> {
    await this.#witness.arena.until(() => !this.isConnected);
  }

  async stop(): Promise<void> {
    await this.#peers.close();
    await this.node.channels.stop();
    await this.node.follower.stop();
  }
}
