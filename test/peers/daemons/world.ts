/** bitcoind, Till, and daemons of one kind around it: what the tests against real daemons start from. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { BitcoindProcess, freePort, walletAndZmqOptions } from '../../support/bitcoind.ts';
import { COIN_SCRIPT, coinbaseOf, payFrom } from '../../support/coins.ts';
import { BitcoindView } from './bitcoind-view.ts';
import type { DaemonKind, Opening, PeerDaemon } from './daemon.ts';
import { until } from './daemon-process.ts';
import { Relay } from './relay.ts';
import { TillDaemon } from './till-daemon.ts';

/** The directory of the files that a failed test leaves is kept when this is set. */
const KEEPS = process.env.TILL_PEERS_KEEP !== undefined;

export class World {
  readonly dir: string;
  readonly bitcoind: BitcoindProcess;
  readonly till_view: BitcoindView;
  readonly till: TillDaemon;
  readonly #views: BitcoindView[] = [];
  readonly #daemons: PeerDaemon[] = [];
  readonly #relays: Relay[] = [];
  /** The block with the next coin of the test's own. */
  #next_coin = 1;
  /** Those that are down and not waited for. */
  readonly down = new Set<PeerDaemon | TillDaemon>();

  /** A world that ends with the test. */
  static async open(t: TestContext, options: readonly string[] = []): Promise<World> {
    const zmq_port = await freePort();
    const bitcoind = await BitcoindProcess.start(undefined, ...walletAndZmqOptions(zmq_port));
    await bitcoind.mine(120, COIN_SCRIPT);
    const view = await BitcoindView.start(bitcoind, zmq_port);
    const dir = mkdtempSync(join(tmpdir(), 'till-peers-'));
    const till = await TillDaemon.create(join(dir, 'till'), view, options);
    const world = new World(dir, bitcoind, view, till);
    t.after(() => world.#stop());
    return world;
  }

  private constructor(dir: string, bitcoind: BitcoindProcess, till_view: BitcoindView, till: TillDaemon) {
    this.dir = dir;
    this.bitcoind = bitcoind;
    this.till_view = till_view;
    this.till = till;
  }

  /** A daemon of this kind, with coins in its wallet. */
  async daemon(kind: DaemonKind, name: string): Promise<{ daemon: PeerDaemon; view: BitcoindView }> {
    const view = await BitcoindView.start(this.bitcoind, this.till_view.zmq_port);
    this.#views.push(view);
    const daemon = await kind.create({ dir: join(this.dir, name), name, bitcoind: view });
    this.#daemons.push(daemon);
    return { daemon, view };
  }

  /** Gives each of them, and Till, coins: some of one bitcoin each. */
  async fillWallets(...daemons: readonly PeerDaemon[]): Promise<void> {
    const { p2tr: ours } = await this.till.call('newaddr', { addresstype: 'p2tr' });
    const addresses = [ours as string, ...(await Promise.all(daemons.map((daemon) => daemon.newAddress())))];
    for (const address of addresses.flatMap((each) => [each, each, each])) {
      const { scriptPubKey } = await this.bitcoind.call<{ scriptPubKey: string }>('validateaddress', address);
      // Those that mint blocks get 50 bitcoin, and with a coin of that size Core Lightning's arithmetic ends.
      const coin = payFrom(await this.#coin(), 100_000_000n, scriptPubKey);
      await this.bitcoind.call('sendrawtransaction', coin.bytes.toString('hex'));
    }
    await this.mine(1);
    await until('all have their coins', async () => {
      const sums = await Promise.all([this.till, ...daemons].map((each) => each.walletSat()));
      return sums.every((sum) => sum === 300_000_000n);
    });
  }

  /** A transaction whose first output is the test's own, and old enough to be spent. */
  async #coin(): Promise<Buffer> {
    const height = this.#next_coin++;
    const hash = await this.bitcoind.call<string>('getblockhash', height);
    return coinbaseOf(Buffer.from(await this.bitcoind.call<string>('getblock', hash, 0), 'hex'));
  }

  /** Mines, and waits until everyone who is up has seen it. */
  async mine(count = 1): Promise<void> {
    await this.bitcoind.mine(count, COIN_SCRIPT);
    await this.settle();
  }

  /** Waits until everyone who is up has seen all blocks. */
  async settle(): Promise<void> {
    const height = await this.bitcoind.call<number>('getblockcount');
    if (!this.down.has(this.till)) {
      await until('Till has seen the block', async () => (await this.till.call('getinfo', {})).blockheight === height);
    }
    for (const daemon of this.#daemons) {
      if (this.down.has(daemon)) continue;
      await until(`${daemon.dir} has seen the block`, async () => (await daemon.height()) === height);
    }
  }

  /** Waits until the mempool has these transactions, or any. */
  async untilInMempool(...txids: readonly string[]): Promise<void> {
    await until('the transaction is in the mempool', async () => {
      const pool = await this.bitcoind.call<string[]>('getrawmempool');
      return txids.length === 0 ? pool.length > 0 : txids.every((txid) => pool.includes(txid));
    });
  }

  /** A relay through which Till calls the daemon. */
  async relayTo(daemon: PeerDaemon): Promise<Relay> {
    return this.#keep(await Relay.start(daemon.port));
  }

  /** A relay through which daemons call Till. */
  async relayToTill(): Promise<Relay> {
    return this.#keep(await Relay.start(this.till.port));
  }

  #keep(relay: Relay): Relay {
    this.#relays.push(relay);
    return relay;
  }

  /** Till calls the daemon. */
  async connect(daemon: PeerDaemon, port = daemon.port): Promise<void> {
    await this.till.call('connect', { id: daemon.node_id, host: '127.0.0.1', port });
    // The daemon knows of the connection when it takes an opening over it; all of them answer this as soon as init came.
    await until('the peer is connected', async () => {
      const { peers } = await this.till.call('listpeers', { id: daemon.node_id });
      return peers[0]?.connected === true;
    });
  }

  /** The daemon opens a channel to Till, and both use it. */
  async openFrom(daemon: PeerDaemon, opening: Opening): Promise<string> {
    const txid = await daemon.open(this.till.node_id, this.till.port, opening);
    await this.untilInMempool(txid);
    await this.mine(6);
    await this.usable(daemon, txid);
    return txid;
  }

  /** Till opens a channel to the daemon, and both use it. */
  async openTo(daemon: PeerDaemon, { amount_sat, push_msat, is_public = true }: Opening): Promise<string> {
    await daemon.takesOpenings?.();
    const opened = await this.till.call('fundchannel', {
      id: daemon.node_id,
      amount: amount_sat,
      ...(push_msat === undefined ? {} : { push_msat }),
      announce: is_public,
      feerate: '1000perkw',
    });
    await this.untilInMempool(opened.txid);
    await this.mine(6);
    await this.usable(daemon, opened.txid);
    return opened.txid;
  }

  /** Waits until both can use this channel, or all between them. */
  async usable(daemon: PeerDaemon, ...funding_txids: readonly string[]): Promise<void> {
    await until('both can use the channel', () => this.areUsable(daemon, ...funding_txids));
  }

  /** Whether both can use this channel, or all between them. */
  async areUsable(daemon: PeerDaemon, ...funding_txids: readonly string[]): Promise<boolean> {
    const ours = (await this.till.channels(daemon.node_id)).filter(
      ({ funding_txid, state }) =>
        funding_txids.includes(funding_txid) || (funding_txids.length === 0 && state === 'CHANNELD_NORMAL'),
    );
    const theirs = (await daemon.channels()).filter(({ funding_txid }) =>
      ours.some((channel) => channel.funding_txid === funding_txid),
    );
    return (
      ours.length > 0 &&
      theirs.length === ours.length &&
      ours.every(({ state, reestablished }) => state === 'CHANNELD_NORMAL' && reestablished === true) &&
      theirs.every(({ is_usable }) => is_usable)
    );
  }

  /** Waits until no HTLC is on the open channels between the two. */
  async quiet(daemon: PeerDaemon): Promise<void> {
    await until('no HTLC is on the way', () => this.isQuiet(daemon));
  }

  /** Whether no HTLC is on the open channels between the two. Those of closed ones end on the chain. */
  async isQuiet(daemon: PeerDaemon): Promise<boolean> {
    const all = await this.till.channels(daemon.node_id);
    const ours = all.filter(({ state }) => state.startsWith('CHANNELD_'));
    const open = ours.map(({ funding_txid }) => funding_txid);
    const theirs = (await daemon.channels()).filter(({ funding_txid }) => open.includes(funding_txid));
    return ours.every(({ htlcs }) => htlcs.length === 0) && theirs.every(({ htlcs }) => (htlcs ?? 0) === 0);
  }

  /** The channels about whose balance the two do not agree: one line each. */
  async disagreements(daemon: PeerDaemon): Promise<readonly string[]> {
    const theirs = await daemon.channels();
    const ours = (await this.till.channels(daemon.node_id)).filter(({ state }) => state === 'CHANNELD_NORMAL');
    return ours.flatMap(({ funding_txid, to_us_msat }) => {
      const told = theirs.find((channel) => channel.funding_txid === funding_txid);
      if (told === undefined) return [`${funding_txid}: the peer does not have it`];
      if (told.remote_sat === undefined) return [];
      const difference_msat = BigInt(to_us_msat as bigint) - told.remote_sat * 1000n;
      const is_same = difference_msat > -1000n && difference_msat < 1000n;
      return is_same ? [] : [`${funding_txid}: Till has ${to_us_msat} msat, the peer says ${told.remote_sat} sat`];
    });
  }

  async #stop(): Promise<void> {
    for (const daemon of this.#daemons) {
      await daemon.end();
    }
    await this.till.kill();
    for (const relay of this.#relays) await relay.stop();
    for (const view of [this.till_view, ...this.#views]) await view.stop();
    await this.bitcoind.stop();
    if (!KEEPS) rmSync(this.dir, { recursive: true, force: true });
  }
}
