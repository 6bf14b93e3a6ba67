/**
 * One run of whole-node purchases: a shop that buys channels with invoices, ahead and by itself, its provider, and two who
 * pay. Machines die at any step, connections are lost, blocks come and are taken back, time passes, and the provider lies,
 * refuses and keeps fundings back. Then calm, an honest provider, and everything that was told must be true.
 */
import assert from 'node:assert/strict';
import { HONEST } from '../../src/app/sandbox/provider/conduct.ts';
import { RpcError } from '../../src/base/errors.ts';
import { msat, sat } from '../../src/base/types/amount.ts';
import type { ChannelId, PaymentHash, Txid } from '../../src/base/types/brand.ts';
import { toHex } from '../../src/base/types/hex.ts';
import { type ChannelOrder, isOpen } from '../../src/node/liquidity/channel-order.ts';
import type { ChannelState } from '../../src/protocol/channel/state.ts';
import { DEFAULT_ONCHAIN_POLICY } from '../../src/protocol/onchain/closing-channel.ts';
import { buying, buyingOf } from './buying.ts';
import { LIES } from './lies.ts';
import type { Machine, TillNode } from './machine.ts';
import { Random } from './random.ts';
import { Seller } from './selling.ts';
import { Town } from './town.ts';

/** What came of it. */
export interface Figures {
  invoices: number;
  refused: number;
  paid: number;
  channels: number;
  ordered: number;
  delivered: number;
  refunded: number;
  lies: number;
  deaths: number;
  cuts: number;
  blocks: number;
  reorgs: number;
  double_spent: number;
}

interface Told {
  readonly label: string;
  readonly bolt11: string;
  readonly payment_hash: PaymentHash;
  /** Undefined: the payer chooses. */
  readonly amount_msat: bigint | undefined;
  /** What each payer was told last. */
  readonly answers: Map<Machine, 'none' | 'paid' | 'failed'>;
}

/** What may be at stake in channels that no block holds. */
const ALLOWANCE_MSAT = 100_000_000n;
const CHOSEN_MSAT = 40_000_000n;
/** None of the HTLCs of a run comes near its end before the end. */
const MOST_BLOCKS = 10;
const DEEPEST_REORG = 3;

export class Purchases {
  readonly figures: Figures = {
    invoices: 0,
    refused: 0,
    paid: 0,
    channels: 0,
    ordered: 0,
    delivered: 0,
    refunded: 0,
    lies: 0,
    deaths: 0,
    cuts: 0,
    blocks: 0,
    reorgs: 0,
    double_spent: 0,
  };
  readonly #seed: number;
  readonly #random: Random;
  readonly #town: Town;
  readonly #seller: Seller;
  readonly #told: Told[] = [];
  readonly #first_channels: number;
  #numbers = 0;
  /** What is in channels of the shop that no block holds. */
  #unmined_msat: ReadonlyMap<ChannelId, bigint> = new Map();

  /** The payers have channels with the provider, the shop has nothing but a small coin. */
  static async begin(seed: number): Promise<Purchases> {
    const random = new Random(seed);
    const coins = new Map([
      ['shop', [300_000n]],
      ['provider', new Array(6).fill(10_000_000n) as bigint[]],
      ['ann', [2_000_000n]],
      ['bob', [2_000_000n]],
    ]);
    const seller = new Seller({ ...HONEST }, { client_trusts_lsp: random.chance(0.4) });
    const town = await Town.found(
      ['shop', 'provider', 'ann', 'bob'],
      DEFAULT_ONCHAIN_POLICY,
      coins,
      msat(ALLOWANCE_MSAT),
      ([shop, provider]) => {
        (provider as Machine).begins_trade = seller.begins;
        (shop as Machine).begins_trade = buying({
          providers: [provider as Machine],
          client_trusts_lsp: random.chance(0.7),
          inbound_keep: random.chance(0.3) ? '150000sat' : '0sat',
          inbound_keep_limit: '20000sat',
        });
      },
    );
    const [shop, provider, ann, bob] = town.machines as [Machine, Machine, Machine, Machine];
    town.join(provider, ann);
    town.join(provider, bob);
    await town.calm();
    for (const payer of [ann, bob]) {
      await town.open([payer, provider], 800_000n, 0n);
      await town.open([payer, provider], 200_000n, 0n);
    }
    town.join(shop, provider);
    await town.calm();
    return new Purchases(seed, random, town, seller);
  }

  private constructor(seed: number, random: Random, town: Town, seller: Seller) {
    this.#seed = seed;
    this.#random = random;
    this.#town = town;
    this.#seller = seller;
    this.#first_channels = town.up(this.#provider).channels.list().length;
  }

  get #shop(): Machine {
    return this.#town.machines[0] as Machine;
  }

  get #provider(): Machine {
    return this.#town.machines[1] as Machine;
  }

  get #payers(): readonly Machine[] {
    return this.#town.machines.slice(2);
  }

  async step(): Promise<void> {
    const random = this.#random;
    const dice = random.next();
    if (dice < 0.4) this.#deliver();
    else if (dice < 0.68) await this.#write();
    else if (dice < 0.75) this.#sell();
    else if (dice < 0.84) this.#pay();
    else if (dice < 0.86) this.#buyAhead();
    else if (dice < 0.92) this.#town.world.clock.advance(random.pick([500, 1_500, 20_000, 65_000]));
    else if (dice < 0.945) this.#mine();
    else if (dice < 0.955) this.#lie();
    else if (dice < 0.97) Object.assign(this.#seller.conduct, HONEST);
    else if (dice < 0.974) this.#cut();
    else if (dice < 0.981) await this.#die(random.pick(this.#town.machines));
    else if (dice < 0.984) this.#reorganise();
    else if (dice < 0.985) this.#town.world.clock.advance(this.#seller.jit_price.valid_seconds * 1000);
    else if (dice < 0.989) await this.#spendOtherwise();
    else await this.#rest();
    for (const wire of this.#town.wires) if (!wire.isUp && random.chance(0.3)) wire.notice();
    for (const machine of this.#town.machines) if (machine.life.isOver && random.chance(0.3)) this.#town.start(machine);
    for (const pair of this.#town.apart) if (random.chance(0.3)) this.#town.connect(pair);
    await this.#town.turn();
    assert.deepEqual(this.#town.troubles, [], this.#what);
    this.#checkAllowance();
  }

  get #what(): string {
    return `seed ${this.#seed}`;
  }

  #deliver(): void {
    for (const wire of this.#town.wires) {
      for (const side of wire.loadedSides) if (this.#random.chance(0.8)) wire.deliver(side);
    }
  }

  async #write(): Promise<void> {
    const machine = this.#random.pick(this.#town.machines);
    await machine.write(1 + this.#random.below(Math.max(1, machine.life.waiting.length)));
  }

  #sell(): void {
    const { node } = this.#shop;
    if (node === undefined) return;
    const random = this.#random;
    const label = `sale ${this.#numbers++}`;
    const amount_msat = random.pick([20_000_000n, 45_000_000n, 90_000_000n, 180_000_000n, undefined]);
    node.invoices
      .create({
        amount_msat: amount_msat === undefined ? 'any' : msat(amount_msat),
        label,
        description: label,
        expiry: random.pick([600n, 3_600n]),
        jit: random.pick([true, 'auto'] as const),
      })
      .then(
        ({ invoice: { bolt11, payment_hash } }) => {
          if (this.#shop.node !== node) return;
          this.figures.invoices++;
          this.#told.push({ label, bolt11, payment_hash, amount_msat, answers: new Map() });
        },
        (error: unknown) => {
          if (error instanceof RpcError) this.figures.refused++;
          else node.trouble('invoice', error);
        },
      );
  }

  #pay(): void {
    const payer = this.#random.pick(this.#payers);
    const { node } = payer;
    const recent = this.#told.slice(-6);
    if (node === undefined || recent.length === 0) return;
    const sale = this.#random.pick(recent);
    if (sale.answers.get(payer) !== 'paid') sale.answers.set(payer, 'none');
    node.pay(sale.bolt11, this.#random.pick([0, 5, 60]), msat(CHOSEN_MSAT)).then(
      () => {
        if (payer.node === node) sale.answers.set(payer, 'paid');
      },
      (error: unknown) => {
        if (!(error instanceof RpcError)) return node.trouble('pay', error);
        // Of two who pay the same, one may have paid a part, which is more than nothing.
        if (payer.node !== node || error.error === 'PAY_RHASH_ALREADY_USED') return;
        if (sale.answers.get(payer) === 'paid') node.trouble('pay', `forgot that it paid ${sale.label}`);
        else if (error.error !== 'PAY_IN_PROGRESS') sale.answers.set(payer, 'failed');
      },
    );
  }

  #buyAhead(): void {
    const { node } = this.#shop;
    if (node === undefined) return;
    const { channel_orders } = buyingOf(node).purchases;
    const wish = {
      provider_id: undefined,
      lsp_balance_sat: sat(this.#random.pick([100_000n, 250_000n])),
      channel_expiry_blocks: 4_320,
      announce_channel: false,
    };
    const way = this.#random.pick(['lightning', 'onchain', undefined] as const);
    channel_orders
      .quote(wish, 'operator')
      .then((order) => channel_orders.buy(order.number, 6_000n, way))
      .catch((error: unknown) => {
        if (error instanceof RpcError) this.figures.refused++;
        else node.trouble('buying ahead', error);
      });
  }

  #mine(): void {
    if (this.figures.blocks++ < MOST_BLOCKS) this.#town.mine(1);
  }

  #lie(): void {
    this.figures.lies++;
    this.#random.pick(LIES)(this.#seller, this.#random);
  }

  #cut(): void {
    const { wires } = this.#town;
    if (wires.length === 0) return;
    this.figures.cuts++;
    const wire = this.#random.pick(wires);
    wire.drop(this.#random.pick(this.#town.machines.filter((machine) => wire.joins(machine))));
  }

  async #die(machine: Machine): Promise<void> {
    if (machine.node === undefined) return;
    this.figures.deaths++;
    await this.#town.kill(machine, this.#random.below(machine.life.waiting.length + 1));
  }

  #reorganise(): void {
    if (this.figures.blocks >= MOST_BLOCKS) return;
    const depth = 1 + this.#random.below(DEEPEST_REORG);
    this.figures.reorgs++;
    this.figures.blocks++;
    this.#town.world.chain.reorganise(depth, '6a', 'keep');
  }

  /** A funding that was kept back will never come: its coins go elsewhere. */
  async #spendOtherwise(): Promise<void> {
    const { node } = this.#provider;
    if (node === undefined) return;
    const held = node.wallet.held().filter((txid) => this.#isOfShop(node, txid));
    if (held.length === 0) return;
    const txid = this.#random.pick(held);
    this.figures.double_spent++;
    this.#seller.withheld.add(txid);
    const { inputs } = node.wallet.find(txid)?.transaction ?? { inputs: [] };
    const elsewhere = async (): Promise<void> => {
      await node.wallet.release(txid);
      const { script_pubkey } = await node.wallet.newAddress('bech32');
      const utxos = inputs.map((input) => ({ txid: input.txid as Txid, vout: input.vout }));
      await node.wallet.withdraw(Buffer.from(script_pubkey, 'hex'), 'all', { feerate_per_kw: 1000, utxos });
    };
    // The process may die in the middle of it.
    elsewhere().catch(() => {});
  }

  /** Whether the provider took the payment of this order, and spent the funding of its channel otherwise or opened less. */
  #isCheated({ order_id, lsp_balance_sat }: ChannelOrder): boolean {
    const sold = this.#seller.records.channel_orders.find((each) => each.order_id === order_id);
    const funding_txid = sold?.channel?.funding_outpoint.split(':')[0] as Txid;
    const channels = this.#town.up(this.#shop).channels.list();
    const terms = channels.find(({ state }) => state.terms.funding_txid === funding_txid)?.state.terms;
    return this.#isGone(funding_txid) || (terms !== undefined && terms.funding_satoshis < lsp_balance_sat);
  }

  /**
   * Whether the provider waits to be paid before it sends the funding, and nothing was: it may have said in `lsps2.buy` that
   * it would not wait.
   */
  #isUnpaid(channel_id: ChannelId, { local_msat }: ChannelState): boolean {
    const sold = this.#seller.records.jit_orders.find((order) => order.channel_id === channel_id);
    return local_msat === 0n && sold?.client_trusts_lsp === true && sold.paid_by === undefined;
  }

  /** Whether the coins of this funding went elsewhere. */
  #isGone(funding_txid: Txid): boolean {
    return this.#seller.withheld.has(funding_txid);
  }

  #isOfShop(node: TillNode, txid: Txid): boolean {
    return node.channels
      .list()
      .some(({ peer_id, state }) => peer_id === this.#shop.keys.node_id && state.terms.funding_txid === txid);
  }

  /** Nothing more is taken in channels that no block holds when more than the allowance would be there. */
  #checkAllowance(): void {
    const channels = this.#shop.node?.channels.list();
    if (channels === undefined) return;
    const unmined = channels.filter(
      ({ state }) => state.funding_confirmation === undefined && state.terms.opener === 'remote',
    );
    const before = this.#unmined_msat;
    this.#unmined_msat = new Map(unmined.map(({ channel_id, state }) => [channel_id, takenMsat(state)]));
    // A reorganisation may bring what was taken in a block.
    const isMore = unmined.some(
      ({ channel_id, state }) => takenMsat(state) > (before.get(channel_id) ?? takenMsat(state)),
    );
    if (!isMore) return;
    const total_msat = unmined.reduce((total, { state }) => total + takenMsat(state), 0n);
    assert.ok(total_msat <= ALLOWANCE_MSAT, `${this.#what}: ${total_msat} msat in channels without a block`);
  }

  /** All that is under way happens. A provider that lies each time it is called again would never let it end. */
  async #rest(): Promise<void> {
    Object.assign(this.#seller.conduct, HONEST);
    await this.#town.calm();
  }

  /** Everything comes to its end; then what people were told must be true. */
  async end(): Promise<Figures> {
    const town = this.#town;
    for (const machine of town.machines) {
      if (!machine.life.isOver) await town.kill(machine, machine.life.waiting.length);
      town.start(machine);
    }
    await this.#rest();
    for (let round = 0; this.#leftOver().length > 0; round++) {
      assert.ok(round < 300, `${this.#what}: comes to no end: ${this.#leftOver().join('; ')}`);
      town.world.clock.advance(61_000);
      town.mine(1);
      await town.calm();
    }
    // What is sent when it is paid for may still wait for its block.
    for (let block = 0; block < 2; block++) {
      town.world.clock.advance(61_000);
      town.mine(1);
      await town.calm();
    }
    assert.deepEqual(town.troubles, [], this.#what);
    await this.#checkSales();
    await this.#checkOrders();
    await this.#checkChannels();
    await town.close();
    return this.figures;
  }

  /** What is still under way. */
  #leftOver(): readonly string[] {
    const payments = this.#town.machines.flatMap((machine) =>
      this.#town
        .up(machine)
        .channels.list()
        .filter(({ state }) => state.htlcs.length > 0 && !this.#isGone(state.terms.funding_txid))
        .map(({ channel_id, state }) => {
          const { phase, failure, funding_sight, funding_confirmation } = state;
          const funding = funding_confirmation === undefined ? funding_sight : 'mined';
          return `${machine.name} has HTLCs in ${channel_id}: ${phase} ${failure?.reason}, funding ${funding}`;
        }),
    );
    const orders = buyingOf(this.#town.up(this.#shop))
      .purchases.channel_orders.list()
      .filter((order) => isOpen(order) && !this.#isCheated(order))
      .map(({ number, status, pay_way, problem }) => `order ${number} is ${status} ${pay_way}: ${problem}`);
    return [...payments, ...orders];
  }

  /** Every invoice that was told is there, paid at most once, and exactly if a payer has the proof. */
  async #checkSales(): Promise<void> {
    const shop = this.#town.up(this.#shop);
    let paid = 0;
    for await (const invoice of shop.invoices.list({ index: 'paid' })) {
      assert.ok(invoice.status === 'paid' && invoice.pay_index === ++paid, this.#what);
    }
    this.figures.paid = paid;
    for (const { label, payment_hash, answers } of this.#told) {
      const what = `${this.#what}: ${label}`;
      const invoice = await shop.invoices.find({ label });
      assert.equal(invoice?.payment_hash, payment_hash, what);
      let sent_msat = 0n;
      let payers = 0;
      for (const payer of this.#payers) {
        const parts = await payer.disk.read(
          'SELECT groupid, status, amount_msat FROM sendpays WHERE payment_hash = ?',
          [payment_hash],
        );
        assert.ok(!parts.some(({ status }) => status === 'pending'), `${what} is not under way`);
        const complete = parts.filter(({ status }) => status === 'complete');
        if (answers.get(payer) === 'paid') assert.ok(complete.length > 0, `${what}: ${payer.name} was told the truth`);
        assert.ok(new Set(complete.map(({ groupid }) => groupid)).size <= 1, `${what} was paid once by ${payer.name}`);
        if (complete.length > 0) payers++;
        for (const { amount_msat } of complete) sent_msat += amount_msat as bigint;
      }
      if (invoice?.status !== 'paid') {
        assert.equal(sent_msat, 0n, `${what} is ${invoice?.status}, and nobody paid it`);
        continue;
      }
      const fee_msat = invoice.opening_fee_msat ?? 0n;
      const order = await shop.orders.find(payment_hash);
      if (order === undefined) assert.equal(fee_msat, 0n, `${what} has no order and cost nothing`);
      else assert.ok(fee_msat <= 2_000_000n, `${what} cost what was promised, not ${fee_msat} msat`);
      const arrived_msat = invoice.amount_received_msat + fee_msat;
      // Of two who pay the same, whoever is between may keep the money of one.
      if (payers === 1) assert.equal(arrived_msat, sent_msat, `${what}: what was sent arrived`);
      else assert.ok(payers > 1 && arrived_msat <= sent_msat, `${what}: no more arrived than was sent`);
    }
  }

  /** Each order was paid at most once, by one way, and has its own channel. */
  async #checkOrders(): Promise<void> {
    const shop = this.#town.up(this.#shop);
    const orders = buyingOf(shop).purchases.channel_orders.list();
    const fundings = new Set<string>();
    for (const order of orders) {
      const what = `${this.#what}: order ${order.number}, ${order.status}`;
      if (order.status === 'quoted') continue;
      this.figures.ordered++;
      if (order.status === 'refunded') this.figures.refunded++;
      const sold = this.#seller.records.channel_orders.find(({ order_id }) => order_id === order.order_id);
      assert.ok(sold !== undefined, what);
      const onchain_payments = await this.#paymentsTo(sold.onchain?.script_pubkey);
      const parts = await this.#shop.disk.read(
        "SELECT DISTINCT groupid FROM sendpays WHERE payment_hash = ? AND status = 'complete'",
        [sold.payment_hash],
      );
      assert.ok(onchain_payments + parts.length <= 1, `${what} was paid ${onchain_payments + parts.length} times`);
      if (order.status !== 'delivered') continue;
      this.figures.delivered++;
      assert.equal(onchain_payments + parts.length, 1, `${what} was paid`);
      const { funding_txid } = order;
      assert.ok(funding_txid !== undefined && !fundings.has(funding_txid), `${what} has a channel of its own`);
      fundings.add(funding_txid);
    }
  }

  async #paymentsTo(script_pubkey: string | undefined): Promise<number> {
    if (script_pubkey === undefined) return 0;
    const { wallet } = this.#town.up(this.#provider);
    return (await wallet.history())
      .flatMap(({ transaction }) => transaction.outputs)
      .filter((output) => toHex(output.script_pubkey) === script_pubkey).length;
  }

  /** Both ends agree about every channel whose funding is there; no channel and no coin is forgotten. */
  async #checkChannels(): Promise<void> {
    const [shop, provider] = [this.#town.up(this.#shop), this.#town.up(this.#provider)];
    let held_msat = 0n;
    for (const { channel_id, state } of shop.channels.list()) {
      const what = `${this.#what}: channel ${channel_id}`;
      if (state.funding_confirmation === undefined) {
        assert.ok(
          this.#isUnpaid(channel_id, state) || this.#isGone(state.terms.funding_txid),
          `${what} has no funding: ${state.phase} ${state.funding_sight} ${state.failure?.reason}, with ${state.local_msat}`,
        );
        continue;
      }
      assert.deepEqual([state.phase, state.failure], ['normal', undefined], what);
      assert.equal(provider.channels.find(channel_id)?.state.remote_msat, state.local_msat, `${what}: both ends`);
      held_msat += state.local_msat;
      this.figures.channels++;
    }
    const theirs = provider.channels
      .list()
      .filter(({ peer_id, state }) => peer_id === this.#shop.keys.node_id && state.funding_confirmation !== undefined);
    assert.equal(theirs.length, this.figures.channels, `${this.#what}: no channel is forgotten`);
    assert.equal(provider.channels.list().length - this.#first_channels >= theirs.length, true);
    const { reserved_sat } = await shop.wallet.balance();
    assert.equal(reserved_sat, 0n, `${this.#what}: no coin is forgotten`);
    assert.ok(held_msat >= 0n);
  }
}

/** What is ours in a channel, with the payments that we have claimed. */
function takenMsat({ local_msat, htlcs }: ChannelState): bigint {
  return htlcs
    .filter(
      ({ offered_by, removal, removed }) =>
        offered_by === 'remote' && removal?.kind === 'fulfill' && removed !== undefined,
    )
    .reduce((total, { amount_msat }) => total + amount_msat, local_msat as bigint);
}

/** Runs it. The same seed gives the same run. */
export async function purchases(seed: number, steps: number): Promise<Figures> {
  const run = await Purchases.begin(seed);
  for (let step = 0; step < steps; step++) await run.step();
  return await run.end();
}
