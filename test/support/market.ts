/** A shop and a customer, two real daemons on one embedded chain, with as many channels between them as are asked for. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, connectToNode } from '../../src/api/client/index.ts';
import type { PlainJsonObject } from '../../src/api/rpc/json.ts';
import { parseAddress } from '../../src/base/types/address.ts';
import { systemClock } from '../../src/base/types/clock.ts';
import { serveChain } from '../../src/infra/chain/embedded/chain-socket.ts';
import { EmbeddedChain } from '../../src/infra/chain/embedded/embedded-chain.ts';
import { ChildNode } from './node-process.ts';

const NOBODY = '6a';

/** A port that nobody uses now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** One of the two. */
export class Trader {
  readonly name: string;
  readonly #args: readonly string[];
  #node: ChildNode | undefined;
  #client: Client | undefined;

  constructor(name: string, args: readonly string[]) {
    this.name = name;
    this.#args = args;
  }

  get node(): ChildNode {
    if (this.#node === undefined) throw new Error(`${this.name} does not run`);
    return this.#node;
  }

  async start(): Promise<void> {
    this.#node = await ChildNode.start(this.#args, this.#node?.dir);
    this.#client = await connectToNode(this.node.rpc_file, { reconnect: false });
  }

  /** kill -9. */
  async kill(): Promise<void> {
    await this.node.kill();
    this.#client?.close();
  }

  async stop(keep: 'keep' | 'remove'): Promise<void> {
    this.#client?.close();
    await this.#node?.stop(keep);
  }

  async ask(method: string, params: PlainJsonObject = {}): Promise<PlainJsonObject> {
    if (this.#client === undefined) throw new Error(`${this.name} does not run`);
    return (await this.#client.callAny(method, params)) as PlainJsonObject;
  }

  /** Channels that can carry payments now. */
  async usable(): Promise<readonly PlainJsonObject[]> {
    const { channels } = await this.ask('listpeerchannels');
    return (channels as unknown as PlainJsonObject[]).filter(
      (channel) => channel.state === 'CHANNELD_NORMAL' && channel.peer_connected === true,
    );
  }
}

/** More options of the daemons. */
interface MarketOptions {
  readonly both: readonly string[];
  readonly shop?: readonly string[];
  readonly customer?: readonly string[];
}

export class Market {
  readonly shop: Trader;
  readonly customer: Trader;
  readonly #dir: string;
  readonly #chain = new EmbeddedChain({ clock: systemClock });
  /** Where the customer reaches the shop. */
  #shop_at: { readonly id: string; readonly host: string; readonly port: number } | undefined;
  #stopServing: () => Promise<void> = async () => {};

  /** `options`: more options of both. */
  static open(...options: readonly string[]): Promise<Market> {
    return Market.openWith({ both: options });
  }

  /** The same, with options for one of them alone. */
  static async openWith(options: MarketOptions): Promise<Market> {
    const ports = [await freePort(), await freePort()];
    const market = new Market(mkdtempSync(join(tmpdir(), 'till-market-')), ports, options);
    market.#stopServing = await serveChain(market.#chain, join(market.#dir, 'chain'));
    await Promise.all([market.shop.start(), market.customer.start()]);
    return market;
  }

  private constructor(dir: string, ports: readonly number[], options: MarketOptions) {
    this.#dir = dir;
    const [shop, customer] = ['shop', 'customer'].map(
      (name, index) =>
        new Trader(name, [
          '--network=regtest',
          `--embedded-chain=${join(dir, 'chain')}`,
          `--addr=127.0.0.1:${ports[index]}`,
          `--alias=${name}`,
          ...options.both,
          ...((name === 'shop' ? options.shop : options.customer) ?? []),
        ]),
    ) as [Trader, Trader];
    this.shop = shop;
    this.customer = customer;
  }

  /** Transactions that wait for a block. */
  get pending(): readonly Uint8Array[] {
    return this.#chain.pending;
  }

  mine(count: number): void {
    this.#chain.mine(count, NOBODY);
  }

  /** The customer opens channels to the shop; resolves when all are usable. */
  async openChannels(count: number, each_sat: number): Promise<void> {
    const { id, binding } = await this.shop.ask('getinfo');
    const [address] = binding as unknown as { address: string; port: number }[];
    if (address === undefined) throw new Error('the shop does not listen');
    for (let coin = 0; coin < Math.ceil((count * each_sat) / 4_000_000_000); coin++) {
      const { bech32 } = await this.customer.ask('newaddr', { addresstype: 'bech32' });
      this.#chain.mine(1, parseAddress(bech32 as string)?.script_pubkey as string);
    }
    this.mine(100);
    await until(async () =>
      ((await this.customer.ask('listfunds')).outputs as unknown as PlainJsonObject[]).some(
        ({ status }) => status === 'confirmed',
      ),
    );
    this.#shop_at = { id: id as string, host: address.address, port: address.port };
    await this.connect();
    for (let channel = 0; channel < count; channel++) {
      await this.customer.ask('fundchannel', { id: id as string, amount: each_sat, minconf: 0 });
      // One after the other out of the change of the one before. A peer may have no more than four without a block.
      if (channel % 4 !== 3) continue;
      await until(async () => {
        if (this.#chain.pending.length > 0) this.mine(1);
        return (await this.shop.ask('getinfo')).num_pending_channels === 0;
      });
    }
    this.mine(6);
    await until(async () => {
      if (this.#chain.pending.length > 0) this.mine(6);
      return (await this.shop.usable()).length >= count && (await this.customer.usable()).length >= count;
    });
  }

  /** The customer calls the shop now, and not when it would next by itself. Channels are there. */
  async connect(): Promise<void> {
    if (this.#shop_at === undefined) throw new Error('the customer does not know the shop');
    await this.customer.ask('connect', this.#shop_at);
  }

  async close(): Promise<void> {
    await Promise.all([this.shop.stop('remove'), this.customer.stop('remove')]);
    await this.#stopServing();
    await this.#chain.close();
    rmSync(this.#dir, { recursive: true });
  }
}

/** Asks again until it is so. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
}
