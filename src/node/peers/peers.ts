/** All connections of the node: listening, dialling, who replaces whom, who is refused, and who is called again. */
import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { RandomBytes } from '../../base/crypto/random.ts';
import { curve } from '../../base/crypto/secp256k1.ts';
import type { NodeId } from '../../base/types/brand.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { Features } from '../../base/types/features.ts';
import { fromHex, isHex } from '../../base/types/hex.ts';
import type { Network } from '../../base/types/network.ts';
import { Secret } from '../../base/types/secret.ts';
import { Session } from '../../codec/transport/session.ts';
import type { Fence } from '../../infra/store/store.ts';
import { Connection, type ConnectionOwner } from './connection.ts';
import type { Dial } from './dial.ts';
import { DIAL_TIMEOUT_MS, MAX_STRANGERS, MAX_UNKNOWN_CONNECTIONS, MAX_UNKNOWN_CONNECTIONS_PER_HOST } from './limits.ts';
import { formatNetAddress, type NetAddress } from './net-address.ts';
import { type ChannelHost, type GossipHost, type Peer, PeerError, type PeerLog } from './peer.ts';
import { Reconnects } from './reconnects.ts';
import { countedHost } from './remote-address.ts';

export interface PeersOptions {
  /** The node's own key. */
  readonly static_key: Secret<Uint8Array>;
  readonly network: Network;
  /** What we offer: INIT_FEATURES, or what the operator made of it. */
  readonly features: Features;
  readonly host: ChannelHost;
  /** Absent: gossip is decoded, and goes to the channels with everything else. */
  readonly gossip?: GossipHost | undefined;
  /** Whether the node has a channel with us: such a one always has a place, also when it is the one that calls. */
  readonly hasChannel: (node_id: NodeId) => boolean;
  readonly dial: Dial;
  /** Asked right before bytes leave for a peer. Absent: nobody else could speak for this node. */
  readonly fence?: Fence;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: PeerLog;
}

/** A connection that is not yet a peer, and who waits for it. */
interface Pending {
  readonly host: string;
  readonly waiting: { resolve: (peer: Peer) => void; reject: (error: PeerError) => void } | undefined;
}

export class Peers implements ConnectionOwner {
  readonly #options: PeersOptions;
  readonly #servers: Server[] = [];
  readonly #pending = new Map<Connection, Pending>();
  readonly #peers = new Map<NodeId, Connection>();
  readonly #dialling = new Map<NodeId, Promise<Peer>>();
  readonly #dials = new Set<AbortController>();
  readonly #reconnects: Reconnects;
  /** What was said of nodes that refuse to talk to us. */
  readonly #refusals = new Set<string>();
  #closing = false;

  constructor(options: PeersOptions) {
    this.#options = options;
    this.#reconnects = new Reconnects(options.clock, options.randomBytes, (node_id, address) => {
      this.connect(node_id, address).catch((error: Error) => {
        options.log('peer_not_reached', { node_id, address: formatNetAddress(address), reason: error.message });
        this.#reconnects.failed(node_id);
      });
    });
  }

  /** Listens on the address; port 0 takes any that is free. Resolves with the address in use. */
  listen({ host, port }: NetAddress): Promise<NetAddress> {
    return new Promise((resolve, reject) => {
      const server = createServer({ noDelay: true }, (socket) => this.#welcome(socket));
      server.once('error', reject);
      server.listen({ host, port }, () => {
        server.off('error', reject);
        // A descriptor that could not be had for one connection is no reason to stop listening.
        server.on('error', (error) => this.#options.log('listen_failed', { reason: error.message }));
        this.#servers.push(server);
        resolve({ host, port: (server.address() as { port: number }).port });
      });
    });
  }

  /** Takes a connection that somebody opened to us. `from` is where from: connections are counted by it. */
  accept(stream: Duplex, from: string, address = from): void {
    const host = countedHost(from);
    const unknown = [...this.#pending.values()];
    const same_host = unknown.filter((each) => each.host === host).length;
    if (this.#closing || unknown.length >= MAX_UNKNOWN_CONNECTIONS || same_host >= MAX_UNKNOWN_CONNECTIONS_PER_HOST) {
      this.#options.log('connection_refused', { address, reason: 'too many connections are setting up' });
      stream.on('error', () => {}).destroy();
      return;
    }
    this.#open(stream, address, 'in', { host, waiting: undefined });
  }

  /**
   * Connects, or returns the existing connection. Rejects with PeerError, whose stage tells a dial that found nobody
   * from a connection that ended before both said init. Its message begins with the address, in Core Lightning's words for
   * how far it came.
   */
  connect(node_id: NodeId, address: NetAddress): Promise<Peer> {
    const peer = this.#peers.get(node_id);
    if (peer !== undefined) return Promise.resolve(peer);
    if (!isHex(node_id, 33) || !curve.isPublicKey(fromHex(node_id))) {
      return Promise.reject(new PeerError('dial', 'the node id is not a public key'));
    }
    const under_way = this.#dialling.get(node_id);
    if (under_way !== undefined) return under_way;
    const attempt = this.#connect(node_id, address).finally(() => this.#dialling.delete(node_id));
    this.#dialling.set(node_id, attempt);
    return attempt;
  }

  /** From now on this node is one of ours: it always has a place, and is called again when it goes away. */
  keepConnected(node_id: NodeId, addresses: readonly NetAddress[]): void {
    this.#reconnects.keep(node_id, addresses, this.#peers.has(node_id));
  }

  /** Stops reconnecting. An existing connection stays. */
  letGo(node_id: NodeId): void {
    this.#reconnects.letGo(node_id);
  }

  /** Ends the connection to the node. False when there was none. */
  disconnect(node_id: NodeId, reason: string): boolean {
    const peer = this.#peers.get(node_id);
    peer?.disconnect(reason);
    return peer !== undefined;
  }

  /** The peer of this id, when it is connected. */
  find(node_id: NodeId): Peer | undefined {
    return this.#peers.get(node_id);
  }

  /** All that are connected. */
  list(): readonly Peer[] {
    return [...this.#peers.values()];
  }

  /** Stops listening and dialling, and ends every connection. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#reconnects.stop();
    for (const dial of this.#dials) dial.abort();
    for (const connection of [...this.#pending.keys(), ...this.#peers.values()])
      connection.disconnect('the node stops');
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  /** As owner of its connections. */
  ready(connection: Connection): void {
    const pending = this.#pending.get(connection);
    this.#pending.delete(connection);
    const { node_id, address, direction } = connection;
    const older = this.#peers.get(node_id);
    // The peer sees better than we do whether the older connection still works: a new one means that it does not.
    older?.disconnect('the peer connected again');
    if (direction === 'in' && pending !== undefined) {
      if (older === undefined && this.#isStranger(node_id, connection) && !this.#makeRoom(pending.host)) {
        connection.disconnect('too many peers are connected');
        return;
      }
    }
    this.#peers.set(node_id, connection);
    this.#reconnects.connected(node_id);
    this.#options.log('peer_connected', { node_id, address, direction });
    this.#options.host.peerConnected(connection);
    if (connection.is_connected) this.#options.gossip?.peerConnected(connection);
    if (connection.is_connected) pending?.waiting?.resolve(connection);
    else pending?.waiting?.reject(new PeerError('setup', 'the connection ended right after it was set up'));
  }

  /** As owner of its connections. */
  message(connection: Connection, message: Parameters<ChannelHost['message']>[1]): void {
    this.#options.host.message(connection, message);
  }

  /** As owner of its connections. */
  wants(node_id: NodeId): boolean {
    return this.#reconnects.keeps(node_id);
  }

  /** As owner of its connections. */
  gossip(connection: Connection, message: Uint8Array): boolean {
    return this.#options.gossip?.takes(connection, message) ?? false;
  }

  /** As owner of its connections. */
  closed(connection: Connection, reason: string, was_ready: boolean): void {
    const pending = this.#pending.get(connection);
    this.#pending.delete(connection);
    pending?.waiting?.reject(setupError(connection, reason));
    if (!was_ready || this.#peers.get(connection.node_id) !== connection) {
      this.#options.log('connection_ended', { address: connection.address, reason });
      if (!was_ready) this.#tellRefusal(connection, reason);
      return;
    }
    const { node_id } = connection;
    this.#peers.delete(node_id);
    this.#options.log('peer_disconnected', { node_id, reason });
    this.#options.gossip?.peerDisconnected(connection);
    this.#options.host.peerDisconnected(connection, reason);
    if (!this.#closing) this.#reconnects.lost(node_id);
  }

  /** A node that somebody here wants, and that will not talk to us or we to it: said once for each reason. */
  #tellRefusal(connection: Connection, reason: string): void {
    if (this.#closing || !connection.is_introduced) return;
    const { node_id, direction } = connection;
    if (direction === 'in' && this.#isStranger(node_id, connection)) return;
    const said = `${node_id} ${reason}`;
    if (this.#refusals.has(said)) return;
    this.#refusals.add(said);
    this.#options.log('peer_refused', { node_id, reason });
  }

  #welcome(socket: Socket): void {
    const { remoteAddress: host, remotePort: port } = socket;
    // Gone before we could look at it.
    if (host === undefined || port === undefined) socket.on('error', () => {}).destroy();
    else this.accept(socket, host, formatNetAddress({ host, port }));
  }

  async #connect(node_id: NodeId, address: NetAddress): Promise<Peer> {
    const text = formatNetAddress(address);
    if (this.#closing) throw new PeerError('dial', 'the node stops');
    const abort = new AbortController();
    this.#dials.add(abort);
    const cancel = this.#options.clock.after(DIAL_TIMEOUT_MS, () => abort.abort());
    let stream: Duplex;
    try {
      stream = await this.#options.dial(address, abort.signal);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new PeerError('dial', `${text}: Connection establishment: ${why}`);
    } finally {
      cancel();
      this.#dials.delete(abort);
    }
    if (this.#closing) {
      stream.destroy();
      throw new PeerError('dial', 'the node stops');
    }
    return new Promise((resolve, reject) => {
      this.#open(stream, text, 'out', { host: address.host, waiting: { resolve, reject } }, node_id);
    });
  }

  #open(stream: Duplex, address: string, direction: 'in' | 'out', pending: Pending, node_id?: NodeId): void {
    const { static_key, randomBytes, clock, network, features } = this.#options;
    const session = new Session({
      static_key,
      ephemeral_key: freshKey(randomBytes),
      ...(node_id === undefined ? {} : { remote_public_key: fromHex(node_id) }),
    });
    const host = direction === 'in' ? pending.host : undefined;
    const connection = new Connection({
      stream,
      session,
      address,
      direction,
      host,
      clock,
      network,
      features,
      owner: this,
      fence: this.#options.fence ?? (() => undefined),
    });
    this.#pending.set(connection, pending);
  }

  /** Whether nobody here asked for this peer. */
  #isStranger(node_id: NodeId, { direction }: Connection): boolean {
    return direction === 'in' && !this.#reconnects.keeps(node_id) && !this.#options.hasChannel(node_id);
  }

  /**
   * Whether there is a place for one more stranger from this host. When there is none, the host with the most strangers
   * gives one up, the oldest: so no host can keep all the others out. (Behind a proxy all come from one host, and the
   * first ones stay.)
   */
  #makeRoom(host: string): boolean {
    const strangers = [...this.#peers].filter(([id, connection]) => this.#isStranger(id, connection));
    if (strangers.length < MAX_STRANGERS) return true;
    const by_host = Map.groupBy(strangers, ([, connection]) => connection.host ?? '');
    const [most] = [...by_host.values()].sort((a, b) => b.length - a.length);
    const [oldest] = most ?? [];
    if (oldest === undefined || (most?.length ?? 0) <= (by_host.get(host)?.length ?? 0) + 1) return false;
    oldest[1].disconnect('others wait for a place');
    return true;
  }
}

/** A key for one handshake. Chance gives an invalid one once in 2^128 tries. */
function freshKey(randomBytes: RandomBytes): Secret<Uint8Array> {
  for (;;) {
    const key = randomBytes(32);
    if (curve.isPrivateKey(key)) return new Secret(key);
  }
}

/** A connection that we made ended before it could be used. Who is not the node that we called cannot go on either. */
function setupError({ address, is_introduced }: Connection, reason: string): PeerError {
  return is_introduced
    ? new PeerError('init', `${address}: Exchanging init messages: ${reason}`)
    : new PeerError('handshake', `${address}: Cryptographic handshake: ${reason} (wrong node id?)`);
}
