/** A shop that has nothing, a customer with a channel to a provider, and that provider, whose conduct the test may change. */
import { join } from 'node:path';
import { type Client, connectToNode } from '../../../src/api/client/index.ts';
import type { PlainJsonObject } from '../../../src/api/rpc/json.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { type Conduct, HONEST } from '../../../src/app/sandbox/provider/conduct.ts';
import { CHANNEL_PRICE, JIT_PRICE, Provider } from '../../../src/app/sandbox/provider/provider.ts';
import { parseAddress } from '../../../src/base/types/address.ts';
import { msat, sat } from '../../../src/base/types/amount.ts';
import type { Txid } from '../../../src/base/types/brand.ts';
import { type Clock, systemClock } from '../../../src/base/types/clock.ts';
import { SharedChain } from '../../../src/infra/chain/embedded/chain-socket.ts';
import { NOBODY, Town, until, untilAsync } from '../../support/town.ts';

/** The machine's clock, which the test may put forward. */
export class LateClock implements Clock {
  late_seconds = 0;
  nowSeconds = (): number => systemClock.nowSeconds() + this.late_seconds;
  monotonicMs = (): number => systemClock.monotonicMs();
  after = systemClock.after;
}

/** An invoice of the shop. */
export interface Made {
  readonly bolt11: string;
  readonly label: string;
  readonly opening_fee_msat: number;
  readonly amount_expected_msat: number;
}

export interface StallOptions {
  readonly shop?: readonly string[];
  readonly client_trusts_lsp?: boolean;
  /** How many channels the customer has with the provider, and how large each is. */
  readonly channels?: number;
  readonly channel_sat?: number;
}

export class Stall {
  readonly town: Town;
  readonly conduct: Conduct;
  readonly clock = new LateClock();
  provider!: Provider;
  shop!: Daemon;
  customer!: Daemon;
  readonly #options: StallOptions;
  readonly #clients = new Map<Daemon, Client>();
  #labels = 0;

  /** Opens it: all are there, and the shop has no channel and no coin. */
  static async open(options: StallOptions = {}): Promise<Stall> {
    const stall = new Stall(await Town.found(), options);
    await stall.startProvider();
    stall.customer = await stall.town.start('customer');
    await stall.#giveCoins();
    await stall.meet();
    for (let index = 0; index < (options.channels ?? 1); index++)
      await stall.#openChannel(options.channel_sat ?? 10_000_000);
    await stall.startShop();
    return stall;
  }

  private constructor(town: Town, options: StallOptions) {
    this.town = town;
    this.#options = options;
    this.conduct = { ...HONEST };
  }

  async startProvider(): Promise<void> {
    const write = (level: string) => (text: string) => void this.town.log.push(`provider ${level} ${text}`);
    this.provider = await Provider.start({
      dir: join(this.town.dir, 'provider'),
      backend: new SharedChain(this.chain_socket),
      clock: this.clock,
      log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
      jit_price: { ...JIT_PRICE, client_trusts_lsp: this.#options.client_trusts_lsp ?? false },
      channel_price: CHANNEL_PRICE,
      conduct: this.conduct,
      ...(this.provider === undefined ? {} : { port: this.provider.address.port }),
    });
  }

  async startShop(...more: readonly string[]): Promise<void> {
    const { node_id, address } = this.provider;
    this.shop = await this.town.start(
      'shop',
      `--lsp=${node_id}@${address.host}:${address.port}`,
      '--lsp-max-fee=100000sat',
      '--lsp-max-fee-ppm=10000',
      ...(this.#options.shop ?? []),
      ...more,
    );
    await until(() => this.provider.node.client(this.shop.keys.node_id) !== undefined);
    await until(() => this.shop.peers.find(node_id) !== undefined);
  }

  /** The customer connects to the provider. */
  async meet(): Promise<void> {
    await this.customer.peers.connect(this.provider.node_id, this.provider.address);
    await until(() => this.provider.node.client(this.customer.keys.node_id) !== undefined);
  }

  async #giveCoins(): Promise<void> {
    const { wallet } = this.provider.node;
    await this.mine(3, (await wallet.newAddress('p2tr')).script_pubkey);
    await this.mine(1, (await this.customer.wallet.newAddress('p2tr')).script_pubkey);
    await this.mine(100);
    await untilAsync(async () => (await wallet.balance()).confirmed_sat > 0n);
  }

  async #openChannel(amount_sat: number): Promise<void> {
    const peer = this.customer.channels.peer(this.provider.node_id);
    if (peer === undefined) throw new Error('the customer is not connected');
    const end = await this.customer.channels.open(peer, {
      funding_satoshis: sat(amount_sat),
      push_msat: msat(0),
      feerate_per_kw: 1000,
      announce_channel: false,
    });
    if (end.kind !== 'channel') throw new Error(end.reason);
    await until(() => this.town.chain.isPending(end.funding_txid));
    await this.mine(6);
    await until(() => this.customer.channels.find(end.channel_id)?.state.phase === 'normal');
    await until(() => this.customer.channels.find(end.channel_id)?.remote_update !== undefined);
  }

  /** Mines, and waits until all have seen it. */
  async mine(count = 1, script_pubkey = NOBODY): Promise<void> {
    await this.town.mine(count, script_pubkey);
    const { height } = await this.town.chain.tip();
    await until(() => this.provider.node.chain.tip().height >= height);
    await this.provider.node.channels.book.idle();
  }

  /** Where the chain is served. */
  get chain_socket(): string {
    return join(this.town.dir, 'chain');
  }

  /** Gives an address a coin of 50 BTC that can be spent. */
  async mineTo(address: string): Promise<void> {
    const parsed = parseAddress(address);
    if (parsed === undefined) throw new Error(address);
    await this.mine(1, parsed.script_pubkey);
    await this.mine(100);
  }

  /** Asks a node as a program does. */
  async ask<T = Record<string, unknown>>(node: Daemon, method: string, params: PlainJsonObject = {}): Promise<T> {
    let client = this.#clients.get(node);
    if (client === undefined) {
      client = await connectToNode(node.rpc_file, { reconnect: false });
      this.#clients.set(node, client);
    }
    return (await client.callAny(method, params)) as T;
  }

  /** An invoice of the shop that buys a channel. */
  async jitInvoice(amount_msat: number | 'any', more: PlainJsonObject = {}): Promise<Made> {
    const label = `jit ${this.#labels++}`;
    const asked = { amount_msat, label, description: label, jit: true, ...more };
    const made = await this.ask<Made>(this.shop, 'invoice', asked);
    return { ...made, label };
  }

  /** The customer pays. */
  pay(bolt11: string, more: PlainJsonObject = {}): Promise<Record<string, unknown>> {
    return this.ask(this.customer, 'pay', { bolt11, ...more });
  }

  /** Keeps every funding back; answers how to let them go. */
  withholds(): { readonly kept: Txid[]; readonly letGo: () => void } {
    const kept: Txid[] = [];
    const wait = Promise.withResolvers<void>();
    this.conduct.beforePublishing = (txid) => {
      kept.push(txid);
      return wait.promise;
    };
    return { kept, letGo: wait.resolve };
  }

  /** How the shop's invoice stands. */
  async invoice(label: string): Promise<Record<string, unknown>> {
    const answered = await this.ask<{ invoices: readonly Record<string, unknown>[] }>(this.shop, 'listinvoices', {
      label,
    });
    return answered.invoices[0] ?? {};
  }

  async stopShop(): Promise<void> {
    this.#clients.get(this.shop)?.close();
    this.#clients.delete(this.shop);
    await this.town.stop(this.shop);
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) client.close();
    await this.provider.stop();
    await this.town.close();
  }
}
