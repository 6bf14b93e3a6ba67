/**
 * The Lightning node under the provider: the same channels, wallet and peers as every Till has, with one port more, for
 * HTLCs that are meant for somebody behind it.
 */
import { secureRandomBytes } from '../../../base/crypto/random.ts';
import type { Log } from '../../../base/log.ts';
import { sat } from '../../../base/types/amount.ts';
import type { NodeId, Txid } from '../../../base/types/brand.ts';
import type { Clock } from '../../../base/types/clock.ts';
import type { Network } from '../../../base/types/network.ts';
import { encodeMessage, type KnownMessage } from '../../../codec/wire/index.ts';
import type { ChainBackend } from '../../../infra/chain/backend.ts';
import { ChainFollower } from '../../../infra/chain/follower.ts';
import type { Store } from '../../../infra/store/store.ts';
import { Channels } from '../../../node/channels/channels.ts';
import type { PassingPort } from '../../../node/channels/passing.ts';
import type { ConnectedPeer, IncomingPort, OutgoingPort } from '../../../node/channels/ports.ts';
import { Endings } from '../../../node/endings/endings.ts';
import type { Keys } from '../../../node/keys/keys.ts';
import { INIT_FEATURES, type NetAddress, netDial, type Peer, Peers } from '../../../node/peers/index.ts';
import { Wallet } from '../../../node/wallet/wallet.ts';
import { DEFAULT_POLICY } from '../../../protocol/channel/policy.ts';
import { DEFAULT_ONCHAIN_POLICY } from '../../../protocol/onchain/closing-channel.ts';
import { readOlderBlocks, readTip, rememberTip, tipWrite } from '../../daemon/chain-tip.ts';

/** What the provider asks for passing a payment on, which is nothing, and the blocks that it wants for it. */
export const FORWARDING = { cltv_expiry_delta: 40, fee_base_msat: 0, fee_proportional_millionths: 0 } as const;

/** How often a source of blocks without news of its own is asked. */
const POLL_MS = 1_000;

/** What the provider does with what comes to its node. */
export interface ProviderPorts {
  readonly incoming: IncomingPort;
  readonly outgoing: OutgoingPort;
  readonly passing: PassingPort;
  /** A message about channels, as it goes out. */
  say(message: KnownMessage): readonly (KnownMessage | Uint8Array)[];
  /** A request of a client. Never rejects. */
  request(peer: Pick<ConnectedPeer, 'node_id' | 'send'>, payload: Uint8Array): Promise<void>;
  /** Something may have moved on: a message came, a peer is there, a block. */
  moved(): void;
  beforeFunding(): Promise<void>;
  /** Comes before the funding transaction of a channel is sent. */
  beforePublishing(funding_txid: Txid): Promise<void>;
}

export interface ProviderNodeOptions {
  readonly store: Store;
  readonly keys: Keys;
  readonly network: Network;
  readonly backend: ChainBackend;
  readonly clock: Clock;
  readonly log: Log;
  readonly ports: ProviderPorts;
}

/** What those who sell ask of the node. */
export type SellingNode = Pick<ProviderNode, 'chain' | 'wallet' | 'channels' | 'client'>;

export class ProviderNode {
  readonly #options: ProviderNodeOptions;
  readonly chain: ChainFollower;
  readonly wallet: Wallet;
  readonly channels: Channels;
  readonly peers: Peers;
  readonly #endings: Endings;
  readonly #connected = new Map<Peer, ConnectedPeer>();
  #stopTips: (() => void)[] = [];

  /** Opens what the node left. Nothing moves before `start`. */
  static async open(options: ProviderNodeOptions): Promise<ProviderNode> {
    const { store, keys, network, log } = options;
    const wallet = await Wallet.open({
      store,
      keys,
      network,
      reserve_sat: sat(0),
      hasAnchorChannel: () => false,
      onProblem: (problem) => log.warn(problem),
    });
    return new ProviderNode(options, wallet);
  }

  private constructor(options: ProviderNodeOptions, wallet: Wallet) {
    const { store, keys, network, backend, clock, log, ports } = options;
    this.#options = options;
    this.wallet = wallet;
    this.chain = new ChainFollower(backend, {
      clock,
      poll_ms: POLL_MS,
      onHealth: (problem) => problem !== undefined && log.warn(problem),
    });
    this.#endings = new Endings({
      store,
      chain: this.chain,
      wallet,
      keys,
      channels: {
        write: (...writes) => this.channels.book.write(...writes),
        speak: (output) => this.channels.book.speak(output),
        resolved: (channel_id) => this.channels.resolved(channel_id),
      },
      outgoing: ports.outgoing,
      policy: DEFAULT_ONCHAIN_POLICY,
      log,
    });
    this.channels = new Channels({
      store,
      keys,
      network,
      chain: this.chain,
      wallet: {
        newScript: async () => (await wallet.newAddress('bech32')).script_pubkey,
        fund: async (script, amount_sat, how) => {
          await ports.beforeFunding();
          const { txid, vout } = await wallet.fund(Buffer.from(script, 'hex'), amount_sat, how);
          return { txid, vout };
        },
        publish: async (txid) => {
          await ports.beforePublishing(txid);
          await wallet.publish(txid);
        },
        release: (txid) => void wallet.release(txid).catch((error: Error) => log.warn(error.message)),
        payForParent: (parent, fees) => wallet.payForParent(parent, fees),
        dropChildren: (parents) => void wallet.dropChildren(parents),
      },
      incoming: ports.incoming,
      outgoing: ports.outgoing,
      passing: ports.passing,
      endings: this.#endings,
      features: INIT_FEATURES,
      policy: { ...DEFAULT_POLICY, minimum_depth: 1 },
      forwarding: FORWARDING,
      zeroconf_peers: new Set(),
      clock,
      randomBytes: secureRandomBytes,
      log,
      onListChanged: () => {},
    });
    this.peers = new Peers({
      static_key: keys.node_key,
      network,
      features: INIT_FEATURES,
      host: {
        peerConnected: (peer) => {
          const connected = this.#wrap(peer);
          this.#connected.set(peer, connected);
          this.channels.peerConnected(connected);
          ports.moved();
        },
        peerDisconnected: (peer) => {
          const connected = this.#connected.get(peer);
          this.#connected.delete(peer);
          if (connected !== undefined) this.channels.peerDisconnected(connected);
          ports.moved();
        },
        message: (peer, message) => {
          const connected = this.#connected.get(peer);
          if (message.type === 'lsps0_message') void ports.request(peer, message.payload);
          else if (connected !== undefined) this.channels.message(connected, message);
          ports.moved();
        },
      },
      hasChannel: (node_id) => this.channels.hasFunded(node_id),
      dial: netDial(undefined),
      clock,
      randomBytes: secureRandomBytes,
      log: (event, fields) => log.debug(`${event} ${JSON.stringify(fields)}`),
    });
  }

  get node_id(): NodeId {
    return this.#options.keys.node_id;
  }

  /** Listens on loopback. Port 0 takes any that is free. */
  listen(port = 0): Promise<NetAddress> {
    return this.peers.listen({ host: '127.0.0.1', port });
  }

  /** The connection to a client; undefined while it is away. */
  client(node_id: NodeId): ConnectedPeer | undefined {
    return this.channels.peer(node_id);
  }

  /** Follows the chain, and goes on with the channels. */
  async start(): Promise<void> {
    const { store, ports } = this.#options;
    const from = await readTip(store);
    const tip = await this.chain.start(from, { older: await readOlderBlocks(store, from) });
    this.wallet.start(this.chain, tip.height);
    await this.channels.start(tip.height + 1);
    this.#stopTips = [
      rememberTip(this.chain, (...writes) => this.channels.book.write(...writes)),
      this.chain.onTip(() => ports.moved()),
    ];
    if (from === undefined) this.channels.book.write(tipWrite(tip));
    await this.chain.synced();
  }

  /** The peer, with what goes out to it passing through the provider's hands. */
  #wrap(peer: Peer): ConnectedPeer {
    const { ports } = this.#options;
    return {
      node_id: peer.node_id,
      features: peer.features,
      host: peer.host,
      is_wanted: peer.is_wanted,
      send: (messages) => {
        const said = messages.flatMap((message) => ports.say(message));
        peer.sendBytes(said.map((each) => (each instanceof Uint8Array ? each : encodeMessage(each))));
      },
      awake: () => peer.awake(),
      disconnect: (reason) => peer.disconnect(reason),
    };
  }

  /** Stops in good order, and closes the store. */
  async stop(): Promise<void> {
    await this.peers.close();
    for (const stop of this.#stopTips) stop();
    await this.#endings.stop();
    await this.channels.stop();
    await this.wallet.stop();
    await this.chain.stop();
    await this.#options.store.close();
  }
}
