/** One chain, a Till daemon and an LDK node around it: what the tests against an independent peer start from. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Client, connectToNode } from '../../src/api/client/index.ts';
import { loadConfig } from '../../src/app/config/config.ts';
import { Daemon } from '../../src/app/daemon/daemon.ts';
import { sha256 } from '../../src/base/crypto/hash.ts';
import { msat } from '../../src/base/types/amount.ts';
import type { ChannelId, NodeId } from '../../src/base/types/brand.ts';
import { ManualClock } from '../../src/base/types/clock.ts';
import { serveChain } from '../../src/infra/chain/embedded/chain-socket.ts';
import { EmbeddedChain } from '../../src/infra/chain/embedded/embedded-chain.ts';
import { walkBlock } from '../../src/infra/chain/raw-block.ts';
import { COIN_SCRIPT, coinbaseOf, payFrom } from '../support/coins.ts';
import { dropServerSchemas, walletOption } from '../support/test-store.ts';
import { TRUSTS_PEERS } from '../support/town.ts';
import { LdkPeer } from './ldk/ldk-peer.ts';

export class Arena {
  readonly dir = mkdtempSync(join(tmpdir(), 'till-ldk-'));
  readonly clock = new ManualClock();
  readonly chain = new EmbeddedChain({ clock: this.clock });
  readonly log: string[] = [];
  readonly #coins: Buffer[] = [];
  readonly #peers: LdkPeer[] = [];
  readonly #fed = new Map<LdkPeer, number>();
  readonly #signal: AbortSignal | undefined;
  #stopChain: () => Promise<void> = async () => {};
  #daemon: Daemon | undefined;
  #client: Client | undefined;

  private constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** An arena that ends with the test. */
  static async open(t: TestContext): Promise<Arena> {
    const arena = await Arena.start({ signal: t.signal });
    t.after(() => arena.stop());
    return arena;
  }

  /** An arena that ends with `stop`; what waits in it ends with the signal. */
  static async start({ signal, coins = 10 }: { signal?: AbortSignal; coins?: number } = {}): Promise<Arena> {
    const arena = new Arena(signal);
    // Those of the first blocks can be spent when a hundred blocks lie on them.
    arena.chain.mine(100 + coins, COIN_SCRIPT);
    for (let height = 1; height <= coins; height++) {
      arena.#coins.push(coinbaseOf(await arena.chain.block((await arena.chain.blockHash(height)) as string)));
    }
    arena.#stopChain = await serveChain(arena.chain, arena.#socket);
    return arena;
  }

  get #socket(): string {
    return join(this.dir, 'chain');
  }

  get daemon(): Daemon {
    if (this.#daemon === undefined) throw new Error('the daemon has not been started');
    return this.#daemon;
  }

  /** Starts the daemon, or starts it again on the same directory. */
  async startTill(...options: readonly string[]): Promise<Daemon> {
    const config = loadConfig([
      // What the two implementations say to each other is the matter here, not what a wallet can defend.
      TRUSTS_PEERS,
      ...options,
      `--lightning-dir=${join(this.dir, 'till')}`,
      ...(await walletOption(join(this.dir, 'till'), options)),
      `--embedded-chain=${this.#socket}`,
      '--log-level=debug',
    ]);
    const tell = (text: string): void => void this.log.push(text);
    this.#daemon = await Daemon.start({
      config,
      clock: this.clock,
      log: { debug: tell, info: tell, warn: tell, error: tell },
      onFatal: (message) => {
        throw new Error(message);
      },
      onStop: () => {},
    });
    return this.#daemon;
  }

  /** A client of Till's socket. It ends with the daemon. */
  async client(): Promise<Client> {
    this.#client ??= await connectToNode(this.daemon.rpc_file, { reconnect: false });
    return this.#client;
  }

  async stopTill(): Promise<void> {
    this.#client?.close();
    this.#client = undefined;
    await this.#daemon?.stop();
    this.#daemon = undefined;
  }

  /** Starts an LDK node of this name, or starts it again with what it had. */
  async startLdk(name: string, is_holding = false): Promise<LdkPeer> {
    const genesis = (await this.chain.blockHash(0)) as string;
    const peer = await LdkPeer.start({
      dir: join(this.dir, name),
      seed: sha256(Buffer.from(name)),
      tip: { height: 0, hash: new Uint8Array(Buffer.from(genesis, 'hex').reverse()) },
      time_seconds: this.clock.nowSeconds(),
      is_holding,
    });
    peer.onEvent((event) => {
      if (event.kind === 'broadcast') void this.chain.broadcast([event.transaction]);
    });
    this.#peers.push(peer);
    this.#fed.set(peer, peer.height);
    await this.#feed(peer);
    return peer;
  }

  /** Kills an LDK node, without a goodbye, between two of its turns. */
  async stopLdk(peer: LdkPeer): Promise<void> {
    this.#peers.splice(this.#peers.indexOf(peer), 1);
    // LDK gives a channel up when what it wrote of it is not of one turn: its answer means that a turn is over.
    await peer.ask('channels');
    await peer.kill();
  }

  /** Mines, and lets everyone see it. */
  async mine(count = 1): Promise<void> {
    for (let index = 0; index < count; index++) {
      this.chain.mine(1, COIN_SCRIPT);
      for (const peer of this.#peers) await this.#feed(peer);
      await this.#daemon?.chain.refresh();
    }
  }

  /** Hands LDK the blocks that it has not seen. */
  async #feed(peer: LdkPeer): Promise<void> {
    const tip = await this.chain.tip();
    for (let height = (this.#fed.get(peer) ?? 0) + 1; height <= tip.height; height++) {
      const block = await this.chain.block((await this.chain.blockHash(height)) as string);
      const transactions: { index: number; bytes: Uint8Array }[] = [];
      walkBlock(block, {}, (index, span) => {
        transactions.push({ index, bytes: new Uint8Array(block.subarray(span.start, span.end)) });
      });
      await peer.ask('feed', {
        header: new Uint8Array(block.subarray(0, 80)),
        height,
        transactions: transactions.slice(1),
      });
      this.#fed.set(peer, height);
    }
  }

  /** A signed transaction that pays the script, not published. */
  fundingFor(amount_sat: bigint, script_pubkey: string): Buffer {
    return payFrom(this.coin(), amount_sat, script_pubkey).bytes;
  }

  /** A transaction whose first output the tests may spend. */
  coin(): Buffer {
    const coin = this.#coins.shift();
    if (coin === undefined) throw new Error('no coins are left');
    return coin;
  }

  /** LDK connects to Till, and Till knows it. */
  async connect(peer: LdkPeer): Promise<void> {
    await peer.ask('connect', this.daemon.keys.node_id, this.daemon.bindings[0]?.port as number);
    await this.until(() => this.daemon.peers.find(peer.node_id as NodeId) !== undefined);
  }

  /** LDK connects to Till again, and what channels they have can be used by both. */
  async reconnect(peer: LdkPeer): Promise<void> {
    await this.connect(peer);
    await this.usable(peer);
  }

  /** Waits until all channels between the two can be used by both. */
  async usable(peer: LdkPeer): Promise<void> {
    const ours = this.daemon.channels.list().filter(({ peer_id }) => peer_id === peer.node_id);
    await this.until(() => ours.every(({ state }) => state.phase === 'normal' && state.link === 'up'));
    const isUsable = async (): Promise<boolean> => {
      const theirs = await peer.ask('channels');
      return theirs.every((each) => each.is_usable || each.node_id !== this.daemon.keys.node_id);
    };
    while (!(await isUsable())) this.#signal?.throwIfAborted();
  }

  /** LDK opens a channel to Till, and both use it. Answers its id. */
  async openFromLdk(peer: LdkPeer, amount_sat: bigint, push_msat = 0n, announced = false): Promise<ChannelId> {
    const channel_id = await this.open(peer, this.daemon.keys.node_id, amount_sat, push_msat, announced);
    await this.mine(6);
    await peer.take('channel_ready', (event) => event.channel_id === channel_id);
    await this.until(() => this.daemon.channels.find(channel_id)?.state.phase === 'normal');
    return channel_id;
  }

  /** LDK opens a channel; its funding is published, not mined. Answers its id. */
  async open(
    peer: LdkPeer,
    node_id: string,
    amount_sat: bigint,
    push_msat = 0n,
    announced = false,
  ): Promise<ChannelId> {
    await peer.ask('openChannel', node_id, amount_sat, push_msat, announced);
    const needed = await peer.take('funding_needed');
    const transaction = this.fundingFor(needed.amount_sat, needed.script_pubkey);
    await peer.ask('fundingTransaction', needed.temporary_channel_id, node_id, new Uint8Array(transaction));
    const { channel_id } = await peer.take('channel_pending');
    await this.until(() => this.chain.pending.length > 0);
    return channel_id as ChannelId;
  }

  /** Till's wallet has this many coins of 50 bitcoin. */
  async fillWallet(count = 1): Promise<void> {
    const { script_pubkey } = await this.daemon.wallet.newAddress('p2tr');
    this.chain.mine(count, script_pubkey);
    await this.mine(100);
  }

  /** An LDK node has a coin of its own, to pay fees with when it goes on chain. */
  async giveCoin(peer: LdkPeer, amount_sat: bigint): Promise<void> {
    await this.chain.broadcast([payFrom(this.coin(), amount_sat, peer.script_pubkey).bytes]);
    await this.mine();
  }

  /** Time goes by while the peers that are connected go on answering. */
  async passTime(seconds: number): Promise<void> {
    for (let left = seconds; left > 0; left -= 20) {
      this.clock.advance(Math.min(left, 20) * 1000);
      await Promise.all(this.daemon.peers.list().map((peer) => peer.ping(1, 0)));
    }
  }

  /** The HTLCs that are on Till's channels now. */
  get htlcs() {
    return this.daemon.channels.list().flatMap(({ state }) => state.htlcs);
  }

  /** What Till logged that should not be there when all behave. */
  get complaints(): readonly string[] {
    // A connection that ends in the middle of something is no complaint: the tests kill processes.
    const told = this.log.filter((line) => !/^(peer_disconnected|connection_ended) /.test(line));
    return told.filter((line) => /broke a rule|refused|failed:|judging|fulfilling/.test(line));
  }

  /** Waits, turn by turn of the event loop, until it is so. The test's own time limit ends a wait in vain. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      this.#signal?.throwIfAborted();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** An invoice of Till. */
  async invoice(
    label: string,
    amount_msat: bigint | 'any',
    expiry?: bigint,
  ): Promise<{ bolt11: string; payment_hash: string }> {
    const amount = amount_msat === 'any' ? 'any' : msat(amount_msat);
    const { invoice } = await this.daemon.invoices.create({ label, description: label, amount_msat: amount, expiry });
    return { bolt11: invoice.bolt11, payment_hash: invoice.payment_hash };
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    for (const peer of this.#peers) await peer.kill();
    await this.stopTill();
    await this.#stopChain();
    await dropServerSchemas(this.dir);
    rmSync(this.dir, { recursive: true, force: true });
  }
}
