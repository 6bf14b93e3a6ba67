/** A shop whose invoices show an address: a wallet and an invoices fixture on one store, joined as the daemon joins them. */
import assert from 'node:assert/strict';
import { depositPort } from '../../../src/app/daemon/deposit-port.ts';
import { decodeInvoice } from '../../../src/codec/bolt11/native.ts';
import { Deposits } from '../../../src/shop/deposits/deposits.ts';
import type { CreateRequest } from '../../../src/shop/invoices/create-request.ts';
import type { Invoice } from '../../../src/shop/invoices/invoice.ts';
import { World } from '../../node/wallet/world.ts';
import { type Fixture, openFixture } from '../invoices/fixture.ts';

export interface ShopOptions {
  readonly confirmations?: number;
  readonly shows_addresses?: boolean;
}

export class Shop {
  readonly world: World;
  readonly lines: string[] = [];
  readonly #options: ShopOptions;
  fixture!: Fixture;
  deposits!: Deposits;
  #endTip: () => void = () => {};

  static async open(options: ShopOptions = {}): Promise<Shop> {
    const shop = new Shop(await World.open(), options);
    await shop.#start();
    return shop;
  }

  private constructor(world: World, options: ShopOptions) {
    this.world = world;
    this.#options = options;
  }

  async #start(): Promise<void> {
    const { world } = this;
    const { confirmations = 3, shows_addresses = true } = this.#options;
    const deposits = new Deposits({
      store: world.store,
      clock: world.clock,
      invoices: depositPort(() => this.fixture.invoices),
      coins: {
        blockheight: (outpoint) => world.wallet.blockheight(outpoint),
        durable: () => world.wallet.durable(),
      },
      newScript: shows_addresses ? async () => (await world.wallet.newAddress('p2tr')).script_pubkey : undefined,
      height: () => world.source.tip().height,
      confirmations,
      log: { info: (text) => this.lines.push(text), warn: (text) => this.lines.push(`! ${text}`) },
      onBackgroundError: (error) => assert.fail(error as Error),
    });
    this.deposits = deposits;
    world.coinWrites = (coin) => deposits.coinWrites(coin);
    this.fixture = openFixture({ store: world.store, clock: world.clock, fallback: deposits });
    this.#endTip = world.source.onTip(() => void deposits.judge());
    await deposits.judge();
    await this.fixture.invoices.start();
  }

  /** As after a crash that came before anything was judged: the chain may move while the shop is down. */
  async restart(meanwhile: () => void = () => {}): Promise<void> {
    this.#endTip();
    await this.deposits.stop();
    await this.fixture.invoices.stop();
    await this.world.restart(meanwhile);
    await this.#start();
    await this.idle();
  }

  async close(): Promise<void> {
    this.#endTip();
    await this.deposits.stop();
    await this.fixture.invoices.stop();
    await this.world.wallet.stop();
    await this.world.source.stop();
    await this.world.store.close();
  }

  async create(label: string, amount_sat: bigint | 'any', request: Partial<CreateRequest> = {}): Promise<Invoice> {
    const amount_msat = amount_sat === 'any' ? amount_sat : ((amount_sat * 1000n) as never);
    return await this.fixture.create(label, { amount_msat, ...request });
  }

  /** The script of the one address that the invoice shows. */
  async scriptOf(label: string): Promise<string> {
    const { fallbacks } = decodeInvoice((await this.find(label)).bolt11);
    assert.equal(fallbacks.length, 1);
    return fallbacks[0] as string;
  }

  /** A stranger's payment to the address of the invoice, not mined yet. */
  async deposit(label: string, amount_sat: bigint): Promise<void> {
    await this.world.pay(amount_sat, await this.scriptOf(label));
  }

  /** Mines, and lets everything that follows come to its end. */
  async mine(count = 1): Promise<void> {
    await this.world.mine(count);
    await this.idle();
  }

  /** As when the process dies after the wallet has written down the blocks, and before anything was judged. */
  async mineAndDie(count: number): Promise<void> {
    this.#endTip();
    await this.world.mine(count);
    await this.world.wallet.durable();
    await this.restart();
  }

  async idle(): Promise<void> {
    await this.deposits.judge();
    for (let round = 0; round < 5; round++) await this.world.store.commit([]);
  }

  async find(label: string): Promise<Invoice> {
    const invoice = await this.fixture.invoices.find({ label });
    assert.ok(invoice, `${label} exists`);
    return invoice;
  }

  async statusOf(label: string): Promise<string> {
    return (await this.find(label)).status;
  }

  /** Amount in satoshi and outcome of each deposit to the invoice. */
  async arrived(label: string): Promise<(readonly [bigint, string])[]> {
    const { created_index } = await this.find(label);
    const found = await this.deposits.ofInvoices([created_index]);
    return found.map(({ amount_sat, outcome }) => [amount_sat, outcome] as const);
  }
}
