/** Whole nodes in one process, on one embedded chain, connected over loopback: what a user runs, without the processes. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/app/config/config.ts';
import { Daemon } from '../../src/app/daemon/daemon.ts';
import type { Log } from '../../src/base/log.ts';
import { msat, sat } from '../../src/base/types/amount.ts';
import { type Clock, systemClock } from '../../src/base/types/clock.ts';
import { serveChain } from '../../src/infra/chain/embedded/chain-socket.ts';
import { EmbeddedChain } from '../../src/infra/chain/embedded/embedded-chain.ts';
import type { LiveChannel } from '../../src/node/channels/live-channel.ts';
import { dropServerSchemas, walletOption } from './test-store.ts';

/** A script that nobody can spend. */
export const NOBODY = '6a';

/** For a shop without a coin, in tests that are not about what it can defend on the chain. */
export const TRUSTS_PEERS = '--undefended-msat=1000000000000';

export class Town {
  readonly dir = mkdtempSync(join(tmpdir(), 'till-town-'));
  readonly chain: EmbeddedChain;
  /** What the nodes logged, each line behind its node's name. */
  readonly log: string[] = [];
  readonly #daemons = new Set<Daemon>();
  #stopServing: () => Promise<void> = async () => {};

  /** `prepare` may put files into the directory first: `blocks`, and a directory for each node. Blocks have the clock's times. */
  static async found(prepare: (dir: string) => void = () => {}, clock: Clock = systemClock): Promise<Town> {
    const town = new Town(prepare, clock);
    town.#stopServing = await serveChain(town.chain, town.#socket);
    return town;
  }

  private constructor(prepare: (dir: string) => void, clock: Clock) {
    prepare(this.dir);
    this.chain = new EmbeddedChain({ clock, file: join(this.dir, 'blocks') });
  }

  get #socket(): string {
    return join(this.dir, 'chain');
  }

  /** Starts a node, or starts it again on what it left. A signal ends a start that waits; a clock is its own. */
  async start(name: string, ...options: readonly (string | AbortSignal | Clock)[]): Promise<Daemon> {
    const signal = options.find((option) => option instanceof AbortSignal);
    const clock = options.find((option): option is Clock => typeof option === 'object' && 'monotonicMs' in option);
    const write = (level: string) => (text: string) => void this.log.push(`${name} ${level} ${text}`);
    const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
    const directory = join(this.dir, name);
    const words = options.filter((option) => typeof option === 'string');
    const config = loadConfig([
      '--network=regtest',
      `--lightning-dir=${directory}`,
      ...(await walletOption(directory, words)),
      `--embedded-chain=${this.#socket}`,
      `--alias=${name}`,
      // The dashboard's own default is a port that another test may listen on.
      ...(words.some((word) => word.startsWith('--shop-bind=')) ? ['--dashboard-bind=127.0.0.1:0'] : []),
      ...words,
    ]);
    const onFatal = (message: string): never => {
      throw new Error(`${name}: ${message}`);
    };
    const daemon = await Daemon.start({
      config,
      log,
      onFatal,
      onStop: () => {},
      ...(signal && { signal }),
      ...(clock && { clock }),
    });
    this.#daemons.add(daemon);
    return daemon;
  }

  async stop(daemon: Daemon): Promise<void> {
    this.#daemons.delete(daemon);
    await daemon.stop();
  }

  /** Stops everything and leaves nothing behind. */
  async close(): Promise<void> {
    await Promise.all([...this.#daemons].map((daemon) => daemon.stop()));
    await this.#stopServing();
    await this.chain.close();
    await dropServerSchemas(this.dir);
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Mines, and waits until every node has seen it, and has written down and sent what follows from it. */
  async mine(count: number, script_pubkey = NOBODY): Promise<void> {
    this.chain.mine(count, script_pubkey);
    const { height } = await this.chain.tip();
    for (const daemon of this.#daemons) {
      await until(() => daemon.chain.tip().height >= height);
      await daemon.chain.synced();
      await daemon.channels.book.idle();
      await daemon.endings.idle();
      await daemon.wallet.durable();
    }
  }

  /**
   * Mines a block at a time until it is so. How many it takes, nothing promises: a claim may leave a block or more after it
   * could, and be made again.
   */
  async mineUntil(isSo: () => boolean): Promise<void> {
    while (!isSo()) await this.mine(1);
  }

  /** Gives the node's wallet a coin of 50 BTC that it can spend. */
  async fund(daemon: Daemon): Promise<void> {
    const { script_pubkey } = await daemon.wallet.newAddress('p2tr');
    await this.mine(1, script_pubkey);
    await this.mine(100);
  }

  /** Connects one node to another. */
  async connect(from: Daemon, to: Daemon): Promise<void> {
    const [address] = to.bindings;
    assert.ok(address !== undefined);
    await from.peers.connect(to.keys.node_id, address);
    await until(() => to.peers.find(from.keys.node_id) !== undefined);
  }

  /** Opens a channel between two connected nodes, and mines until it is usable at both ends. */
  async open(from: Daemon, to: Daemon, funding_sat: number, push_msat = 0): Promise<LiveChannel> {
    const peer = from.channels.peer(to.keys.node_id);
    assert.ok(peer !== undefined, 'not connected');
    const end = await from.channels.open(peer, {
      funding_satoshis: sat(funding_sat),
      push_msat: msat(push_msat),
      feerate_per_kw: 1000,
      announce_channel: false,
    });
    assert.equal(end.kind, 'channel');
    if (end.kind !== 'channel') throw new Error('unreachable');
    // This one: what else waits for a block says nothing of it.
    await until(() => this.chain.isPending(end.funding_txid));
    await this.mine(6);
    const [ours, theirs] = [from, to].map((daemon) => daemon.channels.find(end.channel_id));
    assert.ok(ours !== undefined && theirs !== undefined);
    await until(() => ours.state.phase === 'normal' && ours.remote_update !== undefined);
    await until(() => theirs.state.phase === 'normal' && theirs.remote_update !== undefined);
    return ours;
  }
}

/** Resolves when it is so, looked at after every turn of the event loop in which anything happened. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * The same for what is asked of a store or a client. A read of the store is done at once: asked again and again without
 * a turn of the event loop between, nothing else would ever happen, not even the test's own time limit.
 */
export async function untilAsync(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
}
