/**
 * A shop whose node is a pair, its database, a customer, and everything between them that a test can disturb: the servers, the
 * ways to them, the way to the customer, the processes and their clocks. The second node's clock is an hour ahead. The chain is
 * in the test's own process, which writes down what each side gives to it.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Commands } from '../../src/api/client/commands.ts';
import { type Client, connectToNode } from '../../src/api/client/index.ts';
import { parseAddress } from '../../src/base/types/address.ts';
import type { Txid } from '../../src/base/types/brand.ts';
import { systemClock } from '../../src/base/types/clock.ts';
import { serveChain } from '../../src/infra/chain/embedded/chain-socket.ts';
import { EmbeddedChain } from '../../src/infra/chain/embedded/embedded-chain.ts';
import type { Outpoint } from '../../src/infra/chain/source.ts';
import { Database, type DatabaseKind } from './database.ts';
import { Front } from './front.ts';
import { Published } from './heard-chain.ts';
import { Ledger } from './ledger.ts';
import { PairNode } from './pair-node.ts';
import { TcpProxy } from './proxy.ts';

const NOBODY_SCRIPT = '6a';
const STEERED_CLOCK = join(import.meta.dirname, 'steered-clock.ts');
const NEWER_TILL = join(import.meta.dirname, 'newer-till.ts');
export const HOUR_MS = 3_600_000;
const CHANNEL_SAT = 16_000_000;
const LOOK_AGAIN_MS = 20;

export interface SceneOptions {
  /** How long a standby waits. */
  readonly lease_seconds: number;
  readonly database?: DatabaseKind;
  /** More options of both nodes. */
  readonly args?: readonly string[];
}

export type Side = 'front' | 'back';

export class Scene {
  readonly dir: string;
  readonly lease_seconds: number;
  readonly chain: EmbeddedChain;
  readonly database: Database;
  /** The ways to the database. */
  readonly ways: Readonly<Record<Side, TcpProxy>>;
  /** The way to the customer, whom the pair calls. */
  readonly door: TcpProxy;
  readonly nodes: Readonly<Record<Side, PairNode>>;
  readonly customer_node: PairNode;
  /** What each side gave to the chain. */
  readonly published = { shop: new Published(), customer: new Published() };
  readonly ledger = new Ledger();
  readonly front: Front;
  readonly consumer: Front;
  customer!: Client;
  /** The output that the channel is in. */
  funding!: Outpoint;
  readonly #args: readonly string[];
  #stopServing: (() => Promise<void>)[] = [];
  #twins = 0;

  /** Everything runs, and the customer has a channel with money in it to the shop. */
  static async open(options: SceneOptions): Promise<Scene> {
    const dir = mkdtempSync(join(tmpdir(), 'till-pair-'));
    const database = await Database.open(options.database ?? 'single');
    const ways = { front: await TcpProxy.to(0), back: await TcpProxy.to(0) };
    const scene = new Scene(dir, database, ways, await TcpProxy.to(0), options);
    scene.leadToServer();
    try {
      await scene.#begin();
      return scene;
    } catch (error) {
      await scene.close();
      throw error;
    }
  }

  private constructor(
    dir: string,
    database: Database,
    ways: Record<Side, TcpProxy>,
    door: TcpProxy,
    { lease_seconds, args = [] }: SceneOptions,
  ) {
    this.dir = dir;
    this.lease_seconds = lease_seconds;
    this.chain = new EmbeddedChain({ clock: systemClock, file: join(dir, 'blocks') });
    this.database = database;
    this.ways = ways;
    this.door = door;
    this.#args = ['--standby', `--lease-seconds=${lease_seconds}`, '--undefended-msat=1000000000000', ...args];
    this.nodes = { front: this.#node('front', 'front', 0), back: this.#node('back', 'back', HOUR_MS) };
    this.customer_node = new PairNode({
      name: 'customer',
      dir: join(dir, 'customer'),
      args: this.#common('customer'),
    });
    this.front = new Front([this.nodes.front.socket, this.nodes.back.socket]);
    this.consumer = new Front([this.nodes.back.socket, this.nodes.front.socket]);
  }

  #common(side: 'shop' | 'customer'): readonly string[] {
    const chain = join(this.dir, `${side}-chain`);
    return ['--network=regtest', '--chain=embedded', `--embedded-chain=${chain}`, '--log-level=debug'];
  }

  /** A node that reaches the database over the way of this side. */
  #node(side: Side, directory: string, clock_off_ms: number): PairNode {
    const wallet = this.database.server.dsnAt(this.ways[side].port);
    return new PairNode({
      name: side,
      dir: join(this.dir, directory),
      args: [...this.#common('shop'), `--wallet=${wallet}`, ...this.#args],
      env: { NODE_OPTIONS: `--import=${STEERED_CLOCK}`, TILL_CLOCK_OFF: String(clock_off_ms) },
    });
  }

  async #begin(): Promise<void> {
    for (const side of ['shop', 'customer'] as const) {
      const heard = this.published[side].listen(this.chain);
      this.#stopServing.push(await serveChain(heard, join(this.dir, `${side}-chain`)));
    }
    await Promise.all([this.nodes.front.start(), this.customer_node.start()]);
    cpSync(join(this.nodes.front.dir, 'regtest', 'seed'), join(this.nodes.back.dir, 'regtest', 'seed'));
    await this.nodes.back.start();
    this.customer = await connectToNode(this.customer_node.socket);
    const { id, binding } = await this.customer.call('getinfo', {});
    const [address] = binding;
    if (address === undefined) throw new Error('the customer does not listen');
    this.door.retarget(address.port);
    const { id: shop_id } = await this.#ask('getinfo', {});
    await this.#fund((addresstype) => this.#ask('newaddr', { addresstype }));
    await this.#fund((addresstype) => this.customer.call('newaddr', { addresstype }));
    await this.until(async () => (await this.#ask('listfunds', {})).outputs.some(isConfirmed));
    await this.until(async () => (await this.customer.call('listfunds', {})).outputs.some(isConfirmed));
    await this.#ask('connect', { id, host: '127.0.0.1', port: this.door.port });
    const opened = await this.customer.call('fundchannel', { id: shop_id, amount: CHANNEL_SAT, announce: false });
    this.funding = { txid: opened.txid as Txid, vout: Number(opened.outnum) };
    await this.until(async () => this.chain.pending.length > 0);
    this.chain.mine(6, NOBODY_SCRIPT);
    await this.until(async () => {
      const { channels } = await this.customer.call('listpeerchannels', {});
      return channels[0]?.state === 'CHANNELD_NORMAL' && channels[0].reestablished === true;
    });
  }

  /** Asks whichever node works: on a machine that has no time, that may change already while all is set up. */
  #ask<M extends keyof Commands>(method: M, params: Commands[M]['params']): Promise<Commands[M]['result']> {
    return this.front.ask(method, params, { signal: new AbortController().signal, is_repeatable: true });
  }

  async #fund(newAddress: (type: 'bech32') => Promise<{ readonly bech32?: string | undefined }>): Promise<void> {
    const { bech32 } = await newAddress('bech32');
    const address = parseAddress(bech32 as string);
    if (address === undefined) throw new Error(`newaddr answered ${bech32}`);
    this.chain.mine(1, address.script_pubkey);
    this.chain.mine(100, NOBODY_SCRIPT);
  }

  /** Leads the ways of both nodes to the server that takes writes now. */
  leadToServer(): void {
    for (const way of Object.values(this.ways)) way.retarget(this.database.server.socket);
  }

  /** The node that works, by the lease; undefined while nobody does. Rejects while the server cannot be asked. */
  async active(): Promise<Side | undefined> {
    const [row] = await this.sql('SELECT holder FROM lease');
    return row?.holder === '' ? undefined : (row?.holder as Side);
  }

  /** See Database.sql. */
  sql(text: string): Promise<readonly Record<string, unknown>[]> {
    return this.database.sql(text);
  }

  /** Sets the wall clock of a node: so far off the machine's. */
  setClock(side: Side, off_ms: number): void {
    const { dir } = this.nodes[side];
    writeFileSync(join(dir, 'clock'), String(off_ms));
    this.nodes[side].signal('SIGUSR2');
  }

  /** A copy of a node, directory and name and all, as somebody makes it who thinks that the original is dead. Not started. */
  twin(side: Side): PairNode {
    const directory = `twin-${++this.#twins}`;
    // What it has of its own while it runs is not copied.
    const filter = (path: string): boolean => !/(?:lightning-rpc|lock|\/log|\/said)$/.test(path);
    cpSync(this.nodes[side].dir, join(this.dir, directory), { recursive: true, filter });
    return this.#node(side, directory, 0);
  }

  /** From its next start on this node is a newer Till. */
  upgrade(side: Side): void {
    this.nodes[side].change({ NODE_OPTIONS: `--import=${STEERED_CLOCK} --import=${NEWER_TILL}` });
  }

  /** Mines blocks, and with them all that waits. */
  mine(count: number): void {
    this.chain.mine(count, NOBODY_SCRIPT);
  }

  /** Looks until it is so. */
  async until(isSo: () => Promise<boolean>): Promise<void> {
    while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }

  /** What all nodes logged. */
  get logs(): Readonly<Record<string, string>> {
    return Object.fromEntries([...Object.values(this.nodes), this.customer_node].map(({ name, log }) => [name, log]));
  }

  /** Ends everything, and leaves nothing behind. */
  async close(): Promise<void> {
    this.front.close();
    this.consumer.close();
    this.customer?.close();
    for (const way of [...Object.values(this.ways), this.door]) way.clear();
    await Promise.all([...Object.values(this.nodes), this.customer_node].map((node) => node.stop('SIGKILL')));
    await Promise.all([...Object.values(this.ways), this.door].map((way) => way.close()));
    await this.database.close();
    for (const stop of this.#stopServing) await stop();
    await this.chain.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

function isConfirmed({ status }: { readonly status: string }): boolean {
  return status === 'confirmed';
}
