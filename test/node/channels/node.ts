/**
 * Two nodes as far as channels go, in one process: real state machines, stores, onions, wallets and chain; no sockets.
 * Channels are funded with coins of a stranger, so that a wallet holds only what came back from them or was given to it.
 */

import { readOlderBlocks, readTip, rememberTip, tipWrite } from '../../../src/app/daemon/chain-tip.ts';
import { sha256 } from '../../../src/base/crypto/hash.ts';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { type Msat, msat, sat } from '../../../src/base/types/amount.ts';
import type {
  ChannelId,
  NodeId,
  PaymentHash,
  PaymentPreimage,
  PaymentSecret,
  Txid,
} from '../../../src/base/types/brand.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { FEATURE_BITS } from '../../../src/base/types/features.ts';
import { fromHex, toHex } from '../../../src/base/types/hex.ts';
import { NETWORKS } from '../../../src/base/types/network.ts';
import { Secret } from '../../../src/base/types/secret.ts';
import { createPacket } from '../../../src/codec/onion/packet.ts';
import { encodeFinalPayload } from '../../../src/codec/onion/payload.ts';
import { type ChannelKeys, channelKeysFromSeed } from '../../../src/codec/tx/channel-keys.ts';
import { createSigner } from '../../../src/codec/tx/signer.ts';
import { decodeMessage, encodeMessage, type KnownMessage } from '../../../src/codec/wire/index.ts';
import { EmbeddedChain } from '../../../src/infra/chain/embedded/embedded-chain.ts';
import { ChainFollower } from '../../../src/infra/chain/follower.ts';
import type { Store } from '../../../src/infra/store/store.ts';
import { Channels } from '../../../src/node/channels/channels.ts';
import type { IncomingHtlc } from '../../../src/node/channels/incoming.ts';
import type { BoughtPort, ConnectedPeer, NodeKeys, OutgoingPort } from '../../../src/node/channels/ports.ts';
import { Endings } from '../../../src/node/endings/endings.ts';
import { Wallet } from '../../../src/node/wallet/wallet.ts';
import { type ChannelPolicy, DEFAULT_POLICY } from '../../../src/protocol/channel/policy.ts';
import type { RemovedHtlc } from '../../../src/protocol/channel/state.ts';
import { DEFAULT_ONCHAIN_POLICY, type OnchainPolicy } from '../../../src/protocol/onchain/closing-channel.ts';
import { COIN_SCRIPT, coinbaseOf, payFrom } from '../../support/coins.ts';
import { calmTurns, testStore } from '../../support/test-store.ts';

const FEATURES = new Set(Object.values(FEATURE_BITS).map((bit) => bit + 1));

/** A chain that both nodes follow, with coins to fund channels from. */
export class World {
  readonly clock = new ManualClock();
  readonly chain = new EmbeddedChain({ clock: this.clock });
  readonly #coins: Buffer[] = [];

  static async create(): Promise<World> {
    const world = new World();
    const first = await world.chain.tip();
    world.chain.mine(110, COIN_SCRIPT);
    for (let height = first.height + 1; height <= first.height + 10; height++) {
      world.#coins.push(coinbaseOf(await world.chain.block((await world.chain.blockHash(height)) as string)));
    }
    return world;
  }

  coin(): Buffer {
    const coin = this.#coins.shift();
    if (coin === undefined) throw new Error('no coins are left in this world');
    return coin;
  }
}

/** What a node needs of a world. */
export type NodeWorld = Pick<World, 'clock' | 'chain' | 'coin'>;

type TestKeys = NodeKeys & {
  readonly private_key: Uint8Array;
  channelKeys(key_id: string): ChannelKeys;
  privateKey(path: { kind: string; change: number; index: number }): Secret<Uint8Array>;
};

function keysOf(name: string): TestKeys {
  const private_key = sha256(Buffer.from(`node ${name}`));
  const seedOf = (key_id: string): Secret<Uint8Array> => new Secret(sha256(Buffer.from(`${name} ${key_id}`)));
  return {
    private_key,
    node_id: toHex(curve.publicKey(private_key)) as NodeId,
    signAsNode: (digest) => curve.sign(digest, private_key),
    sharedSecret: (point) => curve.ecdh(point, private_key),
    channelKeys: (key_id) => channelKeysFromSeed(seedOf(key_id)),
    privateKey: ({ kind, change, index }) => seedOf(`wallet ${kind} ${change} ${index}`),
    channelSigner: (key_id) => createSigner(channelKeysFromSeed(seedOf(key_id))),
    signAsFunding: (key_id, digest) => curve.sign(digest, channelKeysFromSeed(seedOf(key_id)).funding.reveal()),
  };
}

/** One node. */
export class TestNode {
  readonly world: NodeWorld;
  readonly name: string;
  readonly keys: ReturnType<typeof keysOf>;
  readonly store: Store;
  readonly follower: ChainFollower;
  readonly channels: Channels;
  readonly endings: Endings;
  wallet!: Wallet;
  /** Payments to us that arrived, and what is done with them. */
  readonly offered: IncomingHtlc[] = [];
  readonly resumed: IncomingHtlc[] = [];
  onOffer: (htlc: IncomingHtlc) => void = () => {};
  onResume: (htlc: IncomingHtlc) => void = () => {};
  /** Payments that must not be accepted any more. */
  readonly expired: bigint[] = [];
  readonly fulfilled: [bigint, PaymentPreimage][] = [];
  readonly removed: RemovedHtlc[] = [];
  readonly log: string[] = [];
  /** Where it calls others from. */
  host: string | undefined;
  /** Channels that were bought of peers. */
  bought: BoughtPort | undefined;
  /** Whether its fundings are not sent before the test says so. */
  holds_fundings = false;
  /** The coin that its last funding spends. */
  last_coin: Buffer | undefined;
  /** A cheat's funding: an output that it names, whatever it is. */
  fundWith: { readonly txid: Txid; readonly vout: number } | undefined;
  /** What happens while the wallet makes a funding transaction, and what the source of blocks says to it. */
  readonly forwarding = { cltv_expiry_delta: 34, fee_base_msat: 0, fee_proportional_millionths: 0 };
  /** What it offers: a test may take some away. */
  readonly features = new Set(FEATURES);
  /** While its peers are silent: what its channels wait for before they sign. */
  asleep: Promise<void> | undefined;
  beforeFunding: () => Promise<void> = async () => {};
  refuseFunding: Error | undefined;
  readonly #held = new Map<Txid, Buffer>();
  readonly #channel_policy: ChannelPolicy;
  #random = 0;

  constructor(
    world: NodeWorld,
    name: string,
    store?: Store,
    policy: OnchainPolicy = DEFAULT_ONCHAIN_POLICY,
    channel_policy: Partial<ChannelPolicy> = {},
  ) {
    this.#channel_policy = { ...DEFAULT_POLICY, minimum_depth: 1, ...channel_policy };
    this.world = world;
    this.name = name;
    this.keys = keysOf(name);
    const fail = (error: Error): never => {
      throw error;
    };
    this.store = store ?? testStore({ onFailure: fail });
    this.follower = new ChainFollower(world.chain, { clock: world.clock, poll_ms: 1000, onHealth: () => {} });
    this.endings = this.#buildEndings(policy);
    this.channels = this.#build();
  }

  get #outgoing(): OutgoingPort {
    return {
      fulfilled: (_channel, id, _hash, preimage) => {
        this.fulfilled.push([id, preimage]);
        return [];
      },
      removed: (_channel, htlc) => {
        this.removed.push(htlc);
        return [];
      },
      told: () => {},
    };
  }

  get #log() {
    return {
      info: (text: string) => void this.log.push(text),
      warn: (text: string) => void this.log.push(`WARN ${text}`),
    };
  }

  #buildEndings(policy: OnchainPolicy): Endings {
    return new Endings({
      store: this.store,
      chain: this.follower,
      wallet: {
        spend: (request) => this.wallet.spend(request),
        publish: (txid, parents) => this.wallet.publish(txid, parents),
        release: (txid) => this.wallet.release(txid),
        find: (txid) => this.wallet.find(txid),
      },
      keys: this.keys,
      channels: {
        write: (...writes) => this.channels.book.write(...writes),
        speak: (output) => this.channels.book.speak(output),
        resolved: (channel_id) => this.channels.resolved(channel_id),
      },
      outgoing: this.#outgoing,
      policy,
      log: this.#log,
    });
  }

  #build(): Channels {
    return new Channels({
      onListChanged: () => {},
      store: this.store,
      keys: this.keys,
      network: NETWORKS.regtest,
      chain: this.follower,
      wallet: {
        newScript: async () => (await this.wallet.newAddress('p2tr')).script_pubkey,
        fund: async (script_pubkey, amount_sat) => {
          await this.beforeFunding();
          if (this.fundWith !== undefined) return this.fundWith;
          this.last_coin = this.world.coin();
          const { bytes, txid } = payFrom(this.last_coin, amount_sat, script_pubkey);
          this.#held.set(txid, bytes);
          return { txid, vout: 0 };
        },
        publish: async (txid) => {
          const held = this.#held.get(txid);
          if (this.refuseFunding !== undefined) throw this.refuseFunding;
          if (held !== undefined && !this.holds_fundings) await this.world.chain.broadcast([held]);
        },
        release: (txid) => void this.#held.delete(txid),
        payForParent: (parent, fees) => this.wallet.payForParent(parent, fees),
        dropChildren: (parents) => void this.wallet.dropChildren(parents),
      },
      incoming: {
        offer: (htlc) => {
          this.offered.push(htlc);
          this.onOffer(htlc);
        },
        resume: (htlc) => {
          this.resumed.push(htlc);
          this.onResume(htlc);
        },
        expire: (_channel, htlc_id) => void this.expired.push(htlc_id),
      },
      outgoing: this.#outgoing,
      endings: this.endings,
      bought: {
        claim: (peer_id, message) => this.bought?.claim(peer_id, message),
        isFor: (peer_id, payment_hash) => this.bought?.isFor(peer_id, payment_hash) === true,
        forgotten: (channel_id) => this.bought?.forgotten(channel_id) ?? [],
      },
      features: this.features,
      policy: this.#channel_policy,
      forwarding: this.forwarding,
      zeroconf_peers: new Set(),
      clock: this.world.clock,
      randomBytes: (length) => sha256(Buffer.from(`${this.name} ${this.#random++}`)).slice(0, length),
      log: this.#log,
    });
  }

  /** Sends the fundings that were held back. */
  async sendFundings(): Promise<void> {
    for (const held of this.#held.values()) await this.world.chain.broadcast([held]);
  }

  /** The fundings that the wallet holds for channels. */
  get held(): readonly Txid[] {
    return [...this.#held.keys()];
  }

  async start(): Promise<void> {
    const from = await readTip(this.store);
    const tip = await this.follower.start(from, { older: await readOlderBlocks(this.store, from) });
    this.wallet = await Wallet.open({
      store: this.store,
      keys: this.keys,
      network: NETWORKS.regtest,
      reserve_sat: sat(0),
      hasAnchorChannel: () => false,
      onProblem: (problem) => this.log.push(`wallet: ${problem}`),
    });
    this.wallet.start(this.follower, tip.height);
    await this.channels.start(tip.height + 1);
    rememberTip(this.follower, (...writes) => this.channels.book.write(...writes));
    if (from === undefined) this.channels.book.write(tipWrite(tip));
    await this.follower.synced();
  }

  /** Gives the wallet a coin for fees. */
  async deposit(amount_sat: bigint): Promise<void> {
    const { script_pubkey } = await this.wallet.newAddress('p2tr');
    const { bytes } = payFrom(this.world.coin(), amount_sat, script_pubkey);
    await this.world.chain.broadcast([bytes]);
    this.world.chain.mine(1, COIN_SCRIPT);
    await this.follower.refresh();
  }

  get node_id(): NodeId {
    return this.keys.node_id;
  }

  /** The only channel. */
  get channel() {
    const [channel] = this.channels.list();
    if (channel === undefined) throw new Error(`${this.name} has no channel`);
    return channel;
  }

  /** A single-hop onion to this node. */
  onionFor(payment_hash: PaymentHash, amount_msat: Msat, cltv: number, secret: PaymentSecret): string {
    const payload = encodeFinalPayload({
      amt_to_forward: amount_msat,
      outgoing_cltv_value: cltv,
      payment_data: { payment_secret: secret, total_msat: amount_msat },
      payment_metadata: undefined,
    });
    const session_key = sha256(Buffer.from(`session ${payment_hash}`));
    const hop = { node_id: fromHex(this.node_id), payload };
    return toHex(createPacket(session_key, [hop], fromHex(payment_hash)).packet);
  }
}

/** A connection between two nodes: messages are encoded, carried over in a later turn, and decoded. */
export class Link {
  readonly #ends: readonly [TestNode, TestNode];
  readonly #peers: readonly [ConnectedPeer, ConnectedPeer];
  #isUp = true;
  /** How many messages went over it. */
  count = 0;
  /** What the nodes said to each other. */
  readonly said: { readonly by: string; readonly message: KnownMessage }[] = [];

  readonly #hungUp: (reason: string) => void;

  readonly #isLost: (message: KnownMessage) => boolean;

  /** `hungUp` hears why an end wanted the connection to be over; what `isLost` does not arrive. */
  constructor(
    a: TestNode,
    b: TestNode,
    hungUp: (reason: string) => void = () => {},
    isLost: (message: KnownMessage) => boolean = () => false,
  ) {
    this.#hungUp = hungUp;
    this.#isLost = isLost;
    this.#ends = [a, b];
    this.#peers = [this.#peer(a, b, 0), this.#peer(b, a, 1)];
    a.channels.peerConnected(this.#peers[0]);
    b.channels.peerConnected(this.#peers[1]);
  }

  /** What `near` sees of `far`. */
  #peer(near: TestNode, far: TestNode, side: 0 | 1): ConnectedPeer {
    return {
      node_id: far.node_id,
      features: FEATURES,
      // The first end calls the second.
      host: side === 0 ? undefined : far.host,
      is_wanted: side === 0,
      send: (messages) => {
        const bytes = messages.map((message) => encodeMessage(message));
        setImmediate(() => {
          for (const each of bytes) {
            if (!this.#isUp) return;
            this.count++;
            const message = decodeMessage(each) as KnownMessage;
            if (this.#isLost(message)) continue;
            this.said.push({ by: near.name, message });
            far.channels.message(this.#peers[side === 0 ? 1 : 0], message);
          }
        });
      },
      awake: () => near.asleep,
      disconnect: (reason) => {
        this.#hungUp(reason);
        this.cut();
      },
    };
  }

  /** The first node's view of the second. */
  get peer(): ConnectedPeer {
    return this.#peers[0];
  }

  /** The first end says something that its node did not want to say. */
  say(message: KnownMessage): void {
    this.#ends[1].channels.message(this.#peers[1], message);
  }

  cut(): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#ends.forEach((end, side) => {
      end.channels.peerDisconnected(this.#peers[side] as ConnectedPeer);
    });
  }
}

/** Lets everything that is under way happen. */
export async function quiet(link: Link, ...nodes: readonly TestNode[]): Promise<void> {
  for (let calm = 0, last = -1; calm < 4; ) {
    for (const node of nodes) {
      await node.follower.refresh();
      await node.channels.book.idle();
    }
    await calmTurns(1);
    calm = link.count === last ? calm + 1 : 0;
    last = link.count;
  }
}

/** Far more rounds than anything here takes: whoever waits in vain hears of it. */
const MOST_ROUNDS = 500;

/** Lets things happen until it is so. Fails when nothing leads there. */
export async function quietUntil(isSo: () => boolean, link: Link, ...nodes: readonly TestNode[]): Promise<void> {
  for (let round = 0; !isSo(); round++) {
    if (round === MOST_ROUNDS) throw new Error('what the test waits for does not come');
    await quiet(link, ...nodes);
  }
}

/** A preimage and its hash. */
export function preimage(number: number): { payment_preimage: PaymentPreimage; payment_hash: PaymentHash } {
  const bytes = sha256(Buffer.from(`preimage ${number}`));
  return { payment_preimage: toHex(bytes) as PaymentPreimage, payment_hash: toHex(sha256(bytes)) as PaymentHash };
}

export const SECRET = 'ab'.repeat(32) as PaymentSecret;
export const amount = (value: number): Msat => msat(value);
export type { ChannelId };
