/** A shop whose pages are served, on an embedded chain, with coins to pay it on the chain and a customer to pay it over Lightning. */
import assert from 'node:assert/strict';
import { type Client, connectToNode } from '../../src/api/client/index.ts';
import type { Daemon } from '../../src/app/daemon/daemon.ts';
import { parseAddress } from '../../src/base/types/address.ts';
import type { Msat } from '../../src/base/types/amount.ts';
import type { Clock } from '../../src/base/types/clock.ts';
import { COIN_SCRIPT, coinbaseOf, payFrom } from './coins.ts';
import { Town, TRUSTS_PEERS, until } from './town.ts';

/** What `invoice` answers, as far as tests of pages look. */
export interface MadeInvoice {
  readonly bolt11: string;
  readonly payment_hash: string;
  readonly checkout_url: string;
}

export class Storefront {
  readonly town: Town;
  readonly shop: Daemon;
  readonly client: Client;
  /** Without a slash at the end. */
  readonly shop_url: string;
  readonly dashboard_url: string;
  readonly #coins: Buffer[] = [];
  #customer: Promise<Daemon> | undefined;
  #labels = 0;

  /** Starts a shop with further options. */
  static async open(...options: readonly (string | Clock)[]): Promise<Storefront> {
    return await Storefront.openIn(await Town.found(), ...options);
  }

  /** The same in a town that is there; it is closed with the shop. */
  static async openIn(town: Town, ...options: readonly (string | Clock)[]): Promise<Storefront> {
    const shop = await town.start(
      'shop',
      '--shop-bind=127.0.0.1:0',
      '--dashboard-bind=127.0.0.1:0',
      TRUSTS_PEERS,
      ...options,
    );
    return new Storefront(town, shop, await connectToNode(shop.rpc_file));
  }

  private constructor(town: Town, shop: Daemon, client: Client) {
    this.town = town;
    this.shop = shop;
    this.client = client;
    const log = town.log.join('\n');
    const find = (words: RegExp): string => {
      const found = words.exec(log)?.[1];
      assert.ok(found !== undefined, log);
      return found;
    };
    this.shop_url = find(/the shop's pages at (http[^\s,]+)/);
    this.dashboard_url = find(/the dashboard at (http\S+)/);
  }

  async close(): Promise<void> {
    this.client.close();
    await this.town.close();
  }

  /** Makes an invoice with a page: of 250,000 sat for a box of tea, unless the parameters say otherwise. */
  async invoice(params: Readonly<Record<string, unknown>> = {}): Promise<MadeInvoice> {
    this.#labels++;
    const isPriced = params.currency !== undefined;
    const standard = {
      ...(isPriced ? {} : { amount_msat: 250_000_000 }),
      label: `order-${this.#labels}`,
      description: 'A box of tea',
      checkout: true,
    };
    return (await this.client.callAny('invoice', { ...standard, ...params })) as unknown as MadeInvoice;
  }

  /** Marks it paid as a payment over Lightning would: for tests in which nobody needs a channel. */
  async markPaid({ payment_hash }: MadeInvoice, amount_msat = 250_000_000n): Promise<void> {
    await this.shop.invoices.markPaid(payment_hash as never, amount_msat as Msat);
  }

  /** Pays it from another node, over a channel that is opened the first time. */
  async pay({ bolt11 }: MadeInvoice): Promise<void> {
    this.#customer ??= this.#meetCustomer();
    const client = await connectToNode((await this.#customer).rpc_file);
    await client.callAny('pay', { bolt11 });
    client.close();
  }

  /** The customer's socket, once there is a channel. */
  async customerSocket(): Promise<string> {
    this.#customer ??= this.#meetCustomer();
    return (await this.#customer).rpc_file;
  }

  async #meetCustomer(): Promise<Daemon> {
    const customer = await this.town.start('customer');
    await this.town.fund(customer);
    await this.town.connect(customer, this.shop);
    await this.town.open(customer, this.shop, 10_000_000);
    await until(() => this.shop.channels.list().some(({ remote_update }) => remote_update !== undefined));
    return customer;
  }

  /** The address in the invoice. */
  async addressOf({ bolt11 }: MadeInvoice): Promise<string> {
    const decoded = (await this.client.callAny('decode', { string: bolt11 })) as { fallbacks: { addr: string }[] };
    return decoded.fallbacks[0]?.addr as string;
  }

  /** Sends so much to the address; it is in the next block. */
  async deposit(address: string, amount_sat: number): Promise<void> {
    if (this.#coins.length === 0) await this.#mineCoins();
    const script = parseAddress(address)?.script_pubkey;
    assert.ok(script !== undefined, address);
    const { bytes } = payFrom(this.#coins.shift() as Buffer, BigInt(amount_sat), script);
    assert.equal((await this.town.chain.broadcast([bytes])).kind, 'accepted');
  }

  /** Mines, and waits until the deposits are judged. */
  async mine(count: number): Promise<void> {
    await this.town.mine(count);
    await this.shop.deposits.judge();
  }

  async #mineCoins(): Promise<void> {
    for (let coin = 0; coin < 8; coin++) {
      const { hash } = this.town.chain.mine(1, COIN_SCRIPT);
      this.#coins.push(coinbaseOf(await this.town.chain.block(hash)));
    }
    await this.mine(100);
  }
}
