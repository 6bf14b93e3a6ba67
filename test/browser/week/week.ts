/**
 * A shop that is open for a week, and its customer: two whole nodes and a chain on one clock, which the test moves on. What the
 * test does is told to the account at once; what the shop says of it is asked at the end.
 */
import assert from 'node:assert/strict';
import { type Client, connectToNode } from '../../../src/api/client/index.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { parseAddress } from '../../../src/base/types/address.ts';
import { toHex } from '../../../src/base/types/hex.ts';
import { parseTransaction } from '../../../src/codec/tx/transaction.ts';
import { txidOf, walkBlock } from '../../../src/infra/chain/raw-block.ts';
import { SteeredClock } from '../../support/steered-clock.ts';
import { Storefront } from '../../support/storefront.ts';
import { NOBODY, Town, TRUSTS_PEERS, until, untilAsync } from '../../support/town.ts';
import { Browser, type Look, type Visit } from '../support/browser.ts';
import { Account, priceInMsat } from './account.ts';
import { type PinnedRate, WeekOfRates } from './rates.ts';

/** What commands answer, as far as a test looks. */
export type Answer = Readonly<Record<string, unknown>>;

/** Monday, 23 March 2026, midnight in Berlin. On Sunday the clocks there are set. */
const MONDAY = Date.UTC(2026, 2, 22, 23) / 1000;
/** Big enough for what is sold in a week, and too small for the largest order alone. */
const CHANNEL_SAT = 10_000_000;

/** An invoice that was made. */
export interface Order {
  readonly label: string;
  readonly bolt11: string;
  readonly payment_hash: string;
  /** Undefined: the customer chooses. */
  readonly asked_msat: bigint | undefined;
  readonly cents: bigint | undefined;
  readonly checkout_url: string;
}

export class Week {
  readonly account = new Account();
  readonly clock: SteeredClock;
  readonly store: Storefront;
  readonly rates: WeekOfRates;
  readonly browser: Browser;
  readonly #customer: Daemon;
  readonly #payer: Client;
  #orders = 0;
  readonly #kept = new Map<string, Order>();

  static async open(): Promise<Week> {
    const clock = new SteeredClock(MONDAY);
    const rates = await WeekOfRates.open(() => clock.nowSeconds());
    const town = await Town.found(() => {}, clock);
    const store = await Storefront.openIn(
      town,
      clock,
      '--alias=Kaffee & Kuchen',
      '--shop-currency=EUR',
      '--shop-timezone=Europe/Berlin',
      '--invoices-onchain-fallback',
      '--invoices-onchain-confirms=2',
      '--lnurl-allow-private=127.0.0.1',
      // The pages tell the time of the same clock.
      '--web-process=inside',
      ...rates.options,
    );
    const customer = await town.start(
      'customer',
      clock,
      TRUSTS_PEERS,
      '--shop-bind=127.0.0.1:0',
      '--web-process=inside',
    );
    const payer = await connectToNode(customer.rpc_file);
    return new Week({ clock, store, rates, customer, payer, browser: await Browser.open() });
  }

  private constructor(parts: {
    clock: SteeredClock;
    store: Storefront;
    rates: WeekOfRates;
    browser: Browser;
    customer: Daemon;
    payer: Client;
  }) {
    this.clock = parts.clock;
    this.store = parts.store;
    this.rates = parts.rates;
    this.browser = parts.browser;
    this.#customer = parts.customer;
    this.#payer = parts.payer;
  }

  /** The coins that both begin with, the channels between them, and the people of the shop. */
  async setUp(): Promise<void> {
    const { town, shop } = this.store;
    await town.fund(this.#customer);
    const { script_pubkey } = await shop.wallet.newAddress('p2tr');
    await town.mine(1, script_pubkey);
    const [coin] = await shop.wallet.listCoins();
    assert.ok(coin !== undefined);
    const { txid, vout, amount_sat } = coin.coin;
    this.account.adds({ type: 'deposit', amount_msat: amount_sat * 1000n, reference: `${txid}:${vout}` });
    await town.mine(100);
    await town.connect(this.#customer, shop);
    for (let channel = 0; channel < 2; channel++) await town.open(this.#customer, shop, CHANNEL_SAT);
    for (const user of ['bar', 'terrace']) await this.ask('createuser', { user, role: 'cashier' });
    await this.ask('createitem', { name: 'Coffee', amount: 350 });
    await this.ask('createitem', { name: 'Apple cake', amount: 420 });
    await this.pays('createlightningaddress', { name: 'alice', description: 'Alice' });
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.#payer.close();
    await this.store.close();
    await this.rates.close();
  }

  /** Remembers an order by what has happened to it, for what happens to it later. */
  keep(name: string, order: Order): void {
    this.#kept.set(name, order);
  }

  /** The order that was kept under the name. */
  kept(name: string): Order {
    const order = this.#kept.get(name);
    assert.ok(order !== undefined, name);
    return order;
  }

  /** Asks the shop. */
  async ask(method: string, params: Answer = {}): Promise<Answer> {
    return (await this.store.client.callAny(method, params as never)) as Answer;
  }

  /** Asks the customer. */
  async pays(method: string, params: Answer = {}): Promise<Answer> {
    return (await this.#payer.callAny(method, params as never)) as Answer;
  }

  /** Goes on to a time of the day, in minutes from the first midnight's Monday, and waits until the nodes have found each other. */
  async until(day: number, minute: number): Promise<void> {
    // The last night is an hour shorter.
    const shorter_seconds = day === 6 && minute >= 120 ? 3600 : 0;
    await this.#goTo(MONDAY + day * 86_400 + minute * 60 - shorter_seconds);
  }

  /** Goes on by so much. */
  async pass(seconds: number): Promise<void> {
    await this.#goTo(this.clock.nowSeconds() + seconds);
  }

  async #goTo(unix_seconds: number): Promise<void> {
    this.clock.advanceTo(unix_seconds);
    const { shop, town } = this.store;
    const id = shop.keys.node_id;
    const areThere = async (): Promise<boolean> => {
      try {
        await this.pays('ping', { id });
        return true;
      } catch {
        // A night without a word ends a connection.
        if (shop.peers.find(this.#customer.keys.node_id) === undefined) await town.connect(this.#customer, shop);
        return false;
      }
    };
    await untilAsync(areThere);
    await until(() => shop.channels.list().every(({ remote_update }) => remote_update !== undefined));
  }

  /** Mines, and waits until deposits are judged. */
  async mine(count: number): Promise<void> {
    await this.store.mine(count);
  }

  /** The last block is replaced by two others without what it held. Resolves when its sender has sent that again. */
  async reorganise(): Promise<void> {
    const { chain } = this.store.town;
    chain.reorganise(1, NOBODY, 'drop');
    await this.mine(0);
    await until(() => chain.pending.length > 0);
  }

  /** An order of the web shop: in euro cents, in satoshi, or what the customer likes. */
  async order(what: { cents?: bigint; sat?: bigint; more?: Answer }): Promise<Order> {
    const { cents, sat, more } = what;
    const made = await this.ask('invoice', {
      ...(cents !== undefined
        ? { currency: 'EUR', amount: Number(cents) }
        : { amount_msat: sat === undefined ? 'any' : Number(sat) * 1000 }),
      label: `web-${++this.#orders}`,
      description: 'From the web shop',
      checkout: true,
      expiry: 3600,
      ...more,
    });
    return this.#orderOf(`web-${this.#orders}`, made, sat === undefined ? undefined : sat * 1000n);
  }

  /** A sale that a counter has made, as its program would. */
  async sale(counter: string, what: Answer): Promise<Order> {
    const { sale_id } = await this.ask('createsale', { counter, ...what });
    return await this.saleOf(Number(sale_id));
  }

  /** The order behind a sale. */
  async saleOf(sale_id: number): Promise<Order> {
    const { sales } = await this.ask('listsales', { sale_id });
    const [sale] = sales as readonly Answer[];
    assert.ok(sale !== undefined);
    const { invoices } = await this.ask('listinvoices', { label: sale.label });
    const [invoice] = invoices as readonly Answer[];
    return this.#orderOf(
      String(sale.label),
      invoice as Answer,
      invoice?.price ? undefined : BigInt(sale.amount as number),
    );
  }

  /** Reads what an invoice asks, and checks the amount against its price. */
  #orderOf(label: string, made: Answer, asked_msat: bigint | undefined): Order {
    const price = made.price as (Answer & PinnedRate) | undefined;
    const cents = price && BigInt(price.amount as number);
    if (price !== undefined) this.rates.check(price);
    const wanted_msat = cents === undefined ? asked_msat : priceInMsat(cents, (price as PinnedRate).rate);
    if (price !== undefined) assert.equal(BigInt(made.amount_msat as number), wanted_msat, label);
    return {
      label,
      bolt11: String(made.bolt11),
      payment_hash: String(made.payment_hash),
      asked_msat: wanted_msat,
      cents,
      checkout_url: String(made.checkout_url),
    };
  }

  /** The customer pays over Lightning; answers in how many parts. */
  async pay(order: Order, chosen_msat?: bigint): Promise<number> {
    const params = chosen_msat === undefined ? {} : { amount_msat: Number(chosen_msat) };
    const { amount_msat, successful_parts } = await this.pays('xpay', { invstring: order.bolt11, ...params });
    this.#received(order, BigInt(amount_msat as number));
    return Number(successful_parts);
  }

  /** The customer pays more than is asked for, as BOLT 4 lets a payer do. */
  async overpay(order: Order, more_msat: bigint): Promise<void> {
    const { payment_secret } = await this.pays('decode', { string: order.bolt11 });
    const [channel] = this.#customer.channels.list();
    const amount_msat = Number((order.asked_msat as bigint) + more_msat);
    const step = {
      id: this.store.shop.keys.node_id,
      channel: ((await this.pays('listpeerchannels')).channels as readonly Answer[])[0]?.short_channel_id,
      delay: 100,
      amount_msat,
    };
    assert.ok(channel !== undefined);
    const { payment_hash } = order;
    await this.pays('sendpay', { route: [step], payment_hash, payment_secret, amount_msat });
    const { amount_sent_msat } = await this.pays('waitsendpay', { payment_hash });
    this.#received(order, BigInt(amount_sent_msat as number));
  }

  #received({ label, asked_msat, cents, payment_hash: reference }: Order, received_msat: bigint): void {
    const sale = { label, asked_msat, cents, received_msat, reference, over: 'lightning' } as const;
    this.account.receives(sale, this.clock.nowSeconds());
  }

  /** The customer pays so much to an address, or to that of an order; it is in the mempool. Answers the output. */
  async deposit(to: Order | string, amount_sat: bigint): Promise<string> {
    const destination = typeof to === 'string' ? to : await this.addressOf(to);
    const { tx, txid } = await this.pays('withdraw', { destination, satoshi: Number(amount_sat) });
    const { outputs } = parseTransaction(Buffer.from(tx as string, 'hex'));
    const script_pubkey = parseAddress(destination)?.script_pubkey;
    const vout = outputs.findIndex((output) => toHex(output.script_pubkey) === script_pubkey);
    return `${txid}:${vout}`;
  }

  /** The address in the invoice. */
  async addressOf({ bolt11 }: Order): Promise<string> {
    const { fallbacks } = await this.pays('decode', { string: bolt11 });
    return (fallbacks as readonly Answer[])[0]?.addr as string;
  }

  /** The deposits of the order are deep enough: it is paid, by the last of them. */
  deposited({ label, asked_msat, cents }: Order, amount_sat: bigint, reference: string): void {
    const sale = { label, asked_msat, cents, received_msat: amount_sat * 1000n, reference, over: 'chain' } as const;
    this.account.receives(sale, this.clock.nowSeconds());
  }

  /** What a transaction paid for its place, by what it spends and pays: as anybody reads it from the chain. */
  async feeOf(txid: string): Promise<bigint> {
    const { chain } = this.store.town;
    const { height } = await chain.tip();
    const outputs = new Map<string, bigint>();
    const spent = new Map<string, readonly string[]>();
    for (let at = 1; at <= height; at++) {
      const block = Buffer.from(await chain.block((await chain.blockHash(at)) as string));
      walkBlock(block, {}, (_index, span) => {
        const id = txidOf(block, span);
        const { inputs, outputs: made } = parseTransaction(block.subarray(span.start, span.end));
        for (const [vout, { amount_sat }] of made.entries()) outputs.set(`${id}:${vout}`, amount_sat);
        spent.set(
          id,
          inputs.map((input) => `${input.txid}:${input.vout}`),
        );
      });
    }
    const total = (places: readonly string[]): bigint =>
      places.reduce((sum, at) => sum + (outputs.get(at) as bigint), 0n);
    const made = [...outputs.keys()].filter((place) => place.startsWith(`${txid}:`));
    return total(spent.get(txid) ?? []) - total(made);
  }

  /** Opens a page as somebody who has just signed in. */
  async visit(user: string | undefined, path: string, look: Look, run: (seen: Visit) => Promise<void>): Promise<void> {
    const { token } = await this.ask('createlogin', user === undefined ? {} : { user });
    const base = path.startsWith('/pos') ? this.store.shop_url : this.store.dashboard_url;
    const seen = await this.browser.visit(`${base}/sign-in?token=${token}&next=${encodeURIComponent(path)}`, look);
    try {
      await seen.page.locator('main button').first().click();
      await seen.page.waitForURL((url) => url.pathname === path);
      await run(seen);
      assert.deepEqual(seen.faults, []);
    } finally {
      await seen.close();
    }
  }
}
