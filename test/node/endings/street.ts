/** Two whole nodes and a channel between them on the chain of a real bitcoind, with an account of every satoshi. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../../src/app/config/config.ts';
import { Daemon } from '../../../src/app/daemon/daemon.ts';
import { msat, sat } from '../../../src/base/types/amount.ts';
import { txidOf } from '../../../src/codec/tx/transaction.ts';
import { Bitcoind } from '../../../src/infra/chain/bitcoind.ts';
import { DATABASE_FILE } from '../../../src/infra/store/file-name.ts';
import type { LiveChannel } from '../../../src/node/channels/live-channel.ts';
import { BitcoindProcess } from '../../support/bitcoind.ts';
import { dropServerSchemas, openTestStore, walletOption } from '../../support/test-store.ts';
import { until, untilAsync } from '../../support/town.ts';
import { ANCHOR_SAT, type Mined, minedSince, paidBy } from './account.ts';
import { walletSat, walletScripts } from './half-payment.ts';

export type Name = 'shop' | 'customer';

const MINER = `0014${'ab'.repeat(20)}`;
export const FUNDING_SAT = 1_000_000n;
export const PUSH_SAT = 400_000n;
export const CONFIRMS = 12;
/** Far more than any of these endings takes. */
const MOST_BLOCKS = 600;
/** What an ending may cost a side at the lowest feerates, with every HTLC in a transaction of its own. */
const MOST_FEES_SAT = 12_000n;

/** Two nodes with coins, and a channel that the customer opened. */
export class Street {
  readonly #process: BitcoindProcess;
  readonly #dir = mkdtempSync(join(tmpdir(), 'till-street-'));
  readonly log: string[] = [];
  shop!: Daemon;
  customer!: Daemon;
  readonly #down = new Set<Name>();
  channel!: LiveChannel;
  #before = { shop: 0n, customer: 0n };
  #height = 0;

  static async run(story: (street: Street) => Promise<void>): Promise<void> {
    const street = new Street(await BitcoindProcess.start());
    try {
      await street.#open();
      await story(street);
    } finally {
      await Promise.all(street.#up.map((daemon) => daemon.stop()));
      await street.#process.stop();
      await dropServerSchemas(street.#dir);
      rmSync(street.#dir, { recursive: true, force: true });
    }
  }

  private constructor(process: BitcoindProcess) {
    this.#process = process;
  }

  get #up(): readonly Daemon[] {
    const names = (['shop', 'customer'] as const).filter((name) => !this.#down.has(name));
    return names.map((name) => this[name]).filter((daemon) => daemon !== undefined);
  }

  async #start(name: string, ...options: readonly string[]): Promise<Daemon> {
    const write = (text: string) => void this.log.push(`${name} ${text}`);
    return await Daemon.start({
      config: loadConfig([
        '--network=regtest',
        `--lightning-dir=${join(this.#dir, name)}`,
        ...(await walletOption(join(this.#dir, name))),
        '--chain=bitcoind',
        `--bitcoin-rpcport=${this.#process.rpcport}`,
        `--bitcoin-rpcuser=${this.#process.user}`,
        `--bitcoin-rpcpassword=${this.#process.password}`,
        `--closing-confirms=${CONFIRMS}`,
        ...options,
      ]),
      log: { debug: () => {}, info: write, warn: write, error: write },
      onFatal: assert.fail,
      onStop: () => {},
    });
  }

  async #open(): Promise<void> {
    this.shop = await this.#start('shop');
    this.customer = await this.#start('customer');
    for (const daemon of [this.shop, this.customer]) {
      await this.#process.mine(2, (await daemon.wallet.newAddress('p2tr')).script_pubkey);
    }
    await this.#process.mine(100, MINER);
    await this.follow();
    const [address] = this.shop.bindings;
    assert.ok(address !== undefined);
    await this.customer.peers.connect(this.shop.keys.node_id, address);
    const peer = this.customer.channels.peer(this.shop.keys.node_id);
    assert.ok(peer !== undefined);
    const end = await this.customer.channels.open(peer, {
      funding_satoshis: sat(FUNDING_SAT),
      push_msat: msat(PUSH_SAT * 1000n),
      feerate_per_kw: 1000,
      announce_channel: false,
    });
    assert.ok(end.kind === 'channel', JSON.stringify(end));
    await untilAsync(async () => (await this.#process.call<string[]>('getrawmempool')).length > 0);
    await this.mine(6);
    const [ours, theirs] = [this.customer, this.shop].map((daemon) => daemon.channels.find(end.channel_id));
    assert.ok(ours !== undefined && theirs !== undefined);
    await until(() => ours.state.phase === 'normal' && theirs.state.phase === 'normal');
    await until(() => ours.remote_update !== undefined && theirs.remote_update !== undefined);
    this.channel = ours;
    this.#before = { shop: await walletSat(this.shop), customer: await walletSat(this.customer) };
    this.#height = this.customer.chain.tip().height;
  }

  async follow(): Promise<void> {
    for (const daemon of this.#up) {
      for (let turn = 0; turn < 3; turn++) {
        await daemon.chain.refresh();
        await daemon.channels.book.idle();
        await daemon.endings.idle();
      }
    }
  }

  async stop(name: Name): Promise<void> {
    await this[name].stop();
    this.#down.add(name);
  }

  async start(name: Name, ...options: readonly string[]): Promise<void> {
    this[name] = await this.#start(name, ...options);
    this.#down.delete(name);
    await this.follow();
  }

  /** The shop has another address than before: the customer is told. */
  async meet(): Promise<void> {
    const [address] = this.shop.bindings;
    assert.ok(address !== undefined);
    await this.customer.peers.connect(this.shop.keys.node_id, address);
    await until(() => this.shop.peers.find(this.customer.keys.node_id) !== undefined);
  }

  /** The channel as this node has it. */
  find(name: Name): LiveChannel {
    const [channel] = this[name].channels.list();
    assert.ok(channel !== undefined, `${name} has a channel`);
    return channel;
  }

  /** What a node has of its channel on disk now. */
  async storedState(name: Name): Promise<string> {
    const [row] = await this[name].store.read('SELECT state FROM channels');
    return row?.state as string;
  }

  /** A node whose database says of its channel what it said long ago. */
  async goBack(name: Name, state: string, ...options: readonly string[]): Promise<void> {
    if (!this.#down.has(name)) await this.stop(name);
    const store = await openTestStore({ directory: join(this.#dir, name, 'regtest'), onFailure: assert.fail });
    await store.commit([{ sql: 'UPDATE channels SET state = ?', params: [state] }]);
    await store.close();
    await this.start(name, ...options);
  }

  /** A copy of the database of a node that is stopped; answers how to lay it over what there is then. */
  copyDatabase(name: Name): () => void {
    const database = join(this.#dir, name, 'regtest', DATABASE_FILE);
    const copy = join(this.#dir, `${name}.copy`);
    copyFileSync(database, copy);
    return () => copyFileSync(copy, database);
  }

  /** The shop's database is gone; its words and the static backups of its channels are there. */
  async ruinShop(): Promise<void> {
    await this.shop.stop();
    await dropServerSchemas(join(this.#dir, 'shop'));
    rmSync(join(this.#dir, 'shop', 'regtest', DATABASE_FILE), { force: true });
    this.shop = await this.#start('shop', '--rescan=0');
    await this.shop.backups.recoverFile();
    await this.meet();
    await this.follow();
  }

  async send(transaction: string): Promise<void> {
    await this.#process.call('sendrawtransaction', transaction);
  }

  async mine(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      await this.#process.mine(1, MINER);
      await this.follow();
    }
  }

  /** The last blocks are replaced by others, one more; what they held waits to be mined again. */
  async reorganise(depth: number): Promise<void> {
    const height = await this.#process.call<number>('getblockcount');
    const first = await this.#process.call<string>('getblockhash', height - depth + 1);
    await this.#process.call('invalidateblock', first);
    await this.#process.mine(depth + 1, `0014${'cd'.repeat(20)}`);
    await this.follow();
  }

  /** The transactions in blocks since the channel was open. */
  async mined(): Promise<readonly Mined[]> {
    const chain = new Bitcoind({
      network: 'regtest',
      'bitcoin-rpcconnect': '127.0.0.1',
      'bitcoin-rpcport': this.#process.rpcport,
      login: `${this.#process.user}:${this.#process.password}`,
      timeout_ms: 10_000,
    });
    await chain.open();
    try {
      return await minedSince(chain, this.#height);
    } finally {
      await chain.close();
    }
  }

  /** How many anchors of the commitment that ended the channel nobody has taken. */
  async anchorsLeft(): Promise<number> {
    const mined = await this.mined();
    const { funding_txid } = this.channel.state.terms;
    const end = mined.find(({ tx }) => tx.inputs.some(({ txid }) => txid === funding_txid));
    assert.ok(end !== undefined);
    const txid = txidOf(end.tx);
    const taken = new Set(
      mined.flatMap(({ tx }) => tx.inputs.filter((each) => each.txid === txid).map(({ vout }) => vout)),
    );
    return [...end.tx.outputs.entries()].filter(
      ([vout, { amount_sat }]) => amount_sat === ANCHOR_SAT && !taken.has(vout),
    ).length;
  }

  /** What the nodes gained of the channel, fees that they paid added, anchors that they took left out. */
  async gained(): Promise<{ readonly shop_sat: bigint; readonly customer_sat: bigint; readonly end_fee_sat: bigint }> {
    const mined = await this.mined();
    const { funding_txid } = this.channel.state.terms;
    const shareOf = async (name: Name): Promise<bigint> => {
      const scripts = await walletScripts(this[name]);
      const { fees_sat, anchors_sat } = paidBy(mined, scripts, name === 'customer', funding_txid);
      assert.ok(fees_sat < MOST_FEES_SAT, `the ${name} paid ${fees_sat} sat in fees`);
      return (await walletSat(this[name])) - this.#before[name] - anchors_sat + fees_sat;
    };
    const end = mined.find(({ tx }) => tx.inputs.some(({ txid }) => txid === funding_txid));
    return {
      shop_sat: await shareOf('shop'),
      customer_sat: await shareOf('customer'),
      end_fee_sat: end?.fee_sat ?? 0n,
    };
  }

  /** Mines until nothing of the channel is left for these nodes. How many blocks that takes, nothing promises. */
  async mineUntilOver(...names: readonly Name[]): Promise<void> {
    const isLeft = (name: Name): boolean => this[name].endings.list().length + this[name].channels.list().length > 0;
    for (let blocks = 0; names.some(isLeft); blocks++) {
      assert.ok(blocks < MOST_BLOCKS, this.log.join('\n'));
      await this.mine(1);
    }
  }
}
