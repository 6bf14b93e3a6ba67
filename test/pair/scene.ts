/**
 * A shop whose node is a pair, its database, a customer, and everything between them that a test can disturb: the
 * server, the ways to it, the way to the customer, and the processes. The second node's clock is an hour ahead. The chain is in
 * the test's own process.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client as SqlClient } from 'pg';
import { type Client, connectToNode } from '../../src/api/client/index.ts';
import { PostgresServer } from '../../src/app/sandbox/postgres-server.ts';
import { parseAddress } from '../../src/base/types/address.ts';
import { systemClock } from '../../src/base/types/clock.ts';
import { serveChain } from '../../src/infra/chain/embedded/chain-socket.ts';
import { EmbeddedChain } from '../../src/infra/chain/embedded/embedded-chain.ts';
import { Front } from './front.ts';
import { Ledger } from './ledger.ts';
import { PairNode } from './pair-node.ts';
import { TcpProxy } from './proxy.ts';

const NOBODY_SCRIPT = '6a';
const AN_HOUR_AHEAD = join(import.meta.dirname, 'an-hour-ahead.ts');
const CHANNEL_SAT = 16_000_000;
const LOOK_AGAIN_MS = 20;

export interface SceneOptions {
  /** How long a standby waits. */
  readonly lease_seconds: number;
  /** More options of both nodes. */
  readonly args?: readonly string[];
}

export type Side = 'front' | 'back';

export class Scene {
  readonly dir: string;
  readonly chain: EmbeddedChain;
  readonly server: PostgresServer;
  /** The ways to the database. */
  readonly ways: Readonly<Record<Side, TcpProxy>>;
  /** The way to the customer, whom the pair calls. */
  readonly door: TcpProxy;
  readonly nodes: Readonly<Record<Side, PairNode>>;
  readonly customer_node: PairNode;
  readonly ledger = new Ledger();
  readonly front: Front;
  readonly consumer: Front;
  customer!: Client;
  #stopServing: () => Promise<void> = async () => {};

  /** Everything runs, and the customer has a channel with money in it to the shop. */
  static async open(options: SceneOptions): Promise<Scene> {
    const dir = mkdtempSync(join(tmpdir(), 'till-pair-'));
    const chain = new EmbeddedChain({ clock: systemClock, file: join(dir, 'blocks') });
    const stopServing = await serveChain(chain, join(dir, 'chain'));
    // Where nobody may look into the temporary directory of root, a server that is not root's could not start.
    const server = PostgresServer.create({ directory: mkdtempSync(join(tmpdir(), 'till-pg-')) });
    await server.start();
    const ways = { front: await TcpProxy.to(server.socket), back: await TcpProxy.to(server.socket) };
    const scene = new Scene(dir, chain, server, ways, await TcpProxy.to(0), options);
    scene.#stopServing = stopServing;
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
    chain: EmbeddedChain,
    server: PostgresServer,
    ways: Record<Side, TcpProxy>,
    door: TcpProxy,
    { lease_seconds, args = [] }: SceneOptions,
  ) {
    this.dir = dir;
    this.chain = chain;
    this.server = server;
    this.ways = ways;
    this.door = door;
    const common = [
      '--network=regtest',
      '--chain=embedded',
      `--embedded-chain=${join(dir, 'chain')}`,
      '--log-level=debug',
    ];
    const node = (name: Side): PairNode =>
      new PairNode({
        name,
        dir: join(dir, name),
        args: [
          ...common,
          `--wallet=${server.dsnAt(ways[name].port)}`,
          '--standby',
          `--lease-seconds=${lease_seconds}`,
          '--undefended-msat=1000000000000',
          ...args,
        ],
        // No wall clock decides anything between the nodes.
        ...(name === 'back' ? { env: { NODE_OPTIONS: `--import=${AN_HOUR_AHEAD}` } } : {}),
      });
    this.nodes = { front: node('front'), back: node('back') };
    this.customer_node = new PairNode({ name: 'customer', dir: join(dir, 'customer'), args: common });
    this.front = new Front([this.nodes.front.socket, this.nodes.back.socket]);
    this.consumer = new Front([this.nodes.back.socket, this.nodes.front.socket]);
  }

  async #begin(): Promise<void> {
    await Promise.all([this.nodes.front.start(), this.customer_node.start()]);
    cpSync(join(this.nodes.front.dir, 'regtest', 'seed'), join(this.nodes.back.dir, 'regtest', 'seed'));
    await this.nodes.back.start();
    this.customer = await connectToNode(this.customer_node.socket);
    const { id, binding } = await this.customer.call('getinfo', {});
    const [address] = binding;
    if (address === undefined) throw new Error('the customer does not listen');
    this.door.retarget(address.port);
    const shop = await connectToNode(this.nodes.front.socket);
    try {
      const { id: shop_id } = await shop.call('getinfo', {});
      await this.#fund(shop);
      await this.#fund(this.customer);
      await shop.call('connect', { id, host: '127.0.0.1', port: this.door.port });
      await this.customer.call('fundchannel', { id: shop_id, amount: CHANNEL_SAT, announce: false });
      await this.until(async () => this.chain.pending.length > 0);
      this.chain.mine(6, NOBODY_SCRIPT);
      await this.until(async () => {
        const { channels } = await this.customer.call('listpeerchannels', {});
        return channels[0]?.state === 'CHANNELD_NORMAL' && channels[0].reestablished === true;
      });
    } finally {
      shop.close();
    }
  }

  async #fund(client: Client): Promise<void> {
    const { bech32 } = await client.call('newaddr', { addresstype: 'bech32' });
    const address = parseAddress(bech32 as string);
    if (address === undefined) throw new Error(`newaddr answered ${bech32}`);
    this.chain.mine(1, address.script_pubkey);
    this.chain.mine(100, NOBODY_SCRIPT);
    await this.until(async () => {
      const { outputs } = await client.call('listfunds', {});
      return outputs.some(({ status }) => status === 'confirmed');
    });
  }

  /** The node that works, by the lease; undefined while nobody does. */
  async active(): Promise<Side | undefined> {
    const [row] = await this.sql('SELECT holder FROM lease');
    return row?.holder === '' ? undefined : (row?.holder as Side);
  }

  /** Asks the server itself, past the ways of the nodes. */
  async sql(text: string): Promise<readonly Record<string, unknown>[]> {
    const client = new SqlClient({ host: this.server.directory, user: 'till', database: 'postgres' });
    // A server that is killed meanwhile says so here too; whoever asked hears of it by the answer that does not come.
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query(text)).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  }

  /** Looks until it is so. */
  async until(isSo: () => Promise<boolean>): Promise<void> {
    while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }

  /** Ends everything, and leaves nothing behind. */
  async close(): Promise<void> {
    this.front.close();
    this.consumer.close();
    this.customer?.close();
    for (const way of [...Object.values(this.ways), this.door]) way.clear();
    await Promise.all([...Object.values(this.nodes), this.customer_node].map((node) => node.stop('SIGKILL')));
    await Promise.all([...Object.values(this.ways), this.door].map((way) => way.close()));
    await this.server.end('SIGQUIT');
    await this.#stopServing();
    await this.chain.close();
    for (const each of [this.dir, this.server.directory]) rmSync(each, { recursive: true, force: true });
  }
}
