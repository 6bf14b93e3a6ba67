/** One run of the simulation of bought channels. */
import assert from 'node:assert/strict';
import { msat, sat } from '../../src/base/types/amount.ts';
import type { PaymentHash } from '../../src/base/types/brand.ts';
import { fromHex, toHex } from '../../src/base/types/hex.ts';
import type { ShortChannelId } from '../../src/base/types/short-channel-id.ts';
import { decodeInvoice } from '../../src/codec/bolt11/native.ts';
import { createPacket } from '../../src/codec/onion/packet.ts';
import { encodeFinalPayload } from '../../src/codec/onion/payload.ts';
import { DEFAULT_ONCHAIN_POLICY } from '../../src/protocol/onchain/closing-channel.ts';
import type { Machine, TillNode } from './machine.ts';
import { Random } from './random.ts';
import { Town } from './town.ts';

/** What came of it. */
export interface Figures {
  told: number;
  paid: number;
  channels: number;
  deaths: number;
}

interface Told {
  readonly label: string;
  readonly bolt11: string;
  readonly payment_hash: PaymentHash;
  readonly amount_msat: bigint;
}

const FEE_MSAT = 1_000_000n;
/** Far more than a run mines. */
const EXPIRY_BLOCKS = 200;
/** Blocks of a run: none of its HTLCs comes near its end. */
const MOST_BLOCKS = 60;

class Stall {
  readonly #seed: number;
  readonly #random: Random;
  readonly #town: Town;
  readonly #shop: Machine;
  readonly #provider: Machine;
  readonly #told: Told[] = [];
  #numbers = 0;
  #blocks = 0;
  #deaths = 0;

  static async set(seed: number): Promise<Stall> {
    const coins = new Map([['provider', new Array(8).fill(10_000_000n) as bigint[]]]);
    const town = await Town.found(['shop', 'provider'], DEFAULT_ONCHAIN_POLICY, coins, msat(100_000_000));
    return new Stall(seed, town);
  }

  private constructor(seed: number, town: Town) {
    const [shop, provider] = town.machines as [Machine, Machine];
    this.#seed = seed;
    this.#random = new Random(seed);
    this.#town = town;
    this.#shop = shop;
    this.#provider = provider;
    town.join(provider, shop);
    shop.buy = async ({ payment_hash, amount_msat }) => ({
      order: {
        payment_hash,
        node_id: provider.keys.node_id,
        jit_channel_scid: `1x2x${this.#numbers}` as ShortChannelId,
        payment_size_msat: amount_msat,
        min_fee_msat: msat(FEE_MSAT),
        proportional: 0,
        valid_until: town.world.clock.nowSeconds() + 100_000_000,
        min_lifetime: 1008,
        max_client_to_self_delay: 2016,
        client_trusts_lsp: this.#random.chance(0.3),
        created_at: town.world.clock.nowSeconds(),
        channel_id: undefined,
      },
      lsp_cltv_expiry_delta: 80,
      fee_msat: msat(FEE_MSAT),
      extra_cltv_blocks: 2,
    });
  }

  async step(): Promise<void> {
    const random = this.#random;
    const { node: shop } = this.#shop;
    const { node: provider } = this.#provider;
    this.#provider.holds_fundings = random.chance(0.5);
    const deeds: readonly (() => unknown)[] = [
      () => shop && this.#sell(shop),
      () => provider && this.#open(provider),
      () => provider && this.#bring(provider),
      () => provider && this.#bring(provider),
      () => this.#write(),
      () => this.#write(),
      () => this.#deliver(),
      () => this.#deliver(),
      () => this.#deliver(),
      () => this.#town.world.clock.advance(random.pick([500, 2_000, 30_000])),
      () => random.chance(0.3) && this.#mine(),
      () => random.chance(0.2) && this.#die(random.pick([this.#shop, this.#provider])),
      () => random.chance(0.3) && this.#town.calm(),
    ];
    await random.pick(deeds)();
    for (const pair of this.#town.apart) this.#town.connect(pair);
    for (const wire of this.#town.wires) wire.notice();
    await this.#town.turn();
  }

  #sell(shop: TillNode): void {
    const label = `sale ${this.#numbers++}`;
    const amount_msat = msat(this.#random.pick([30_000_000n, 50_000_000n, 90_000_000n]));
    const expiry = 50_000_000n;
    shop.invoices.create({ amount_msat, label, description: label, expiry, jit: true, cltv: 24 }).then(
      ({ invoice: { bolt11, payment_hash } }) => {
        if (this.#shop.node === shop) this.#told.push({ label, bolt11, payment_hash, amount_msat });
      },
      (error: Error) => this.#town.troubles.push(String(error.stack)),
    );
  }

  #open(provider: TillNode): void {
    const peer = provider.channels.peer(this.#shop.keys.node_id);
    const sale = this.#someSale();
    if (peer === undefined || sale === undefined) return;
    const funding_satoshis = sat(((sale.amount_msat / 1000n) * this.#random.pick([105n, 110n, 150n])) / 100n + 3_000n);
    const terms = { funding_satoshis, push_msat: msat(0), feerate_per_kw: 1000, announce_channel: false };
    // It may come to nothing: either side may die.
    provider.channels.open(peer, terms).catch((error: Error) => this.#town.troubles.push(String(error.stack)));
  }

  /** A payment as it should be, or a part of it, or one of which too much is taken. */
  #bring(provider: TillNode): void {
    const random = this.#random;
    const channels = provider.channels.list().filter(({ state }) => state.phase === 'normal' && state.link === 'up');
    const sale = this.#someSale();
    if (channels.length === 0 || sale === undefined) return;
    const { channel_id } = random.pick(channels);
    const parts = random.pick([
      [sale.amount_msat],
      [sale.amount_msat / 2n, sale.amount_msat / 2n],
      [sale.amount_msat / 2n],
    ]);
    const fees = random.pick([
      [FEE_MSAT, 0n],
      [FEE_MSAT / 2n, FEE_MSAT / 2n],
      [FEE_MSAT + 1n, 0n],
      [0n, 0n],
    ]);
    for (const [index, amount_msat] of parts.entries()) {
      const fee_msat = fees[index] as bigint;
      const htlc = this.#htlc(provider, sale, amount_msat, fee_msat);
      try {
        provider.channels.offer(channel_id, htlc, () => []);
      } catch {
        // The channel does not carry it now.
        return;
      }
    }
  }

  #htlc(provider: TillNode, { bolt11, payment_hash, amount_msat: total }: Told, amount_msat: bigint, fee_msat: bigint) {
    const { payment_secret } = decodeInvoice(bolt11);
    const cltv_expiry = provider.chain.tip().height + EXPIRY_BLOCKS;
    const payload = encodeFinalPayload({
      amt_to_forward: msat(amount_msat),
      outgoing_cltv_value: cltv_expiry,
      payment_data: { payment_secret, total_msat: msat(total) },
      payment_metadata: undefined,
    });
    const hop = { node_id: fromHex(this.#shop.keys.node_id), payload };
    const { packet } = createPacket(new Uint8Array(32).fill(7), [hop], fromHex(payment_hash));
    return {
      amount_msat: msat(amount_msat - fee_msat),
      payment_hash,
      cltv_expiry,
      onion_routing_packet: toHex(packet),
      ...(fee_msat === 0n ? {} : { extra_fee: msat(fee_msat) }),
    };
  }

  #someSale(): Told | undefined {
    return this.#told.length === 0 ? undefined : this.#random.pick(this.#told);
  }

  async #write(): Promise<void> {
    const machine = this.#random.pick([this.#shop, this.#provider]);
    await machine.write(1 + this.#random.below(3));
  }

  #deliver(): void {
    for (const wire of this.#town.wires) {
      for (const side of wire.loadedSides) if (this.#random.chance(0.7)) wire.deliver(side);
    }
  }

  #mine(): void {
    if (this.#blocks++ < MOST_BLOCKS) this.#town.mine(1);
  }

  async #die(machine: Machine): Promise<void> {
    if (machine.node === undefined) return;
    this.#deaths++;
    await this.#town.kill(machine, this.#random.below(3));
    this.#town.start(machine);
  }

  /** Everything comes to its end; then what people were told must be true. */
  async end(): Promise<Figures> {
    this.#provider.holds_fundings = false;
    await this.#town.calm();
    // What was kept back is sent now, and what waited for a block gets one.
    await this.#town.kill(this.#provider, 0);
    this.#town.start(this.#provider);
    await this.#town.calm();
    for (let round = 0; round < 4; round++) {
      this.#town.world.clock.advance(61_000);
      this.#town.mine(1);
      await this.#town.calm();
    }
    const [shop, provider] = [this.#town.up(this.#shop), this.#town.up(this.#provider)];
    const what = `seed ${this.#seed}`;
    assert.deepEqual(this.#town.troubles, [], what);
    let received_msat = 0n;
    let paid = 0;
    for await (const invoice of shop.invoices.list({ index: 'paid' })) {
      assert.ok(invoice.status === 'paid' && invoice.pay_index === ++paid, what);
      const fee_msat = invoice.opening_fee_msat ?? 0n;
      assert.ok(fee_msat <= FEE_MSAT, `${what}: ${invoice.label} cost ${fee_msat} msat`);
      // Two attempts at the same payment may meet in one set, which is then claimed whole (BOLT 4).
      const asked_msat = invoice.amount_msat as bigint;
      const brought_msat = invoice.amount_received_msat + fee_msat;
      assert.ok(
        brought_msat >= asked_msat && brought_msat < 2n * asked_msat,
        `${what}: ${invoice.label} of ${asked_msat} got ${brought_msat}`,
      );
      received_msat += invoice.amount_received_msat;
    }
    for (const { label, payment_hash } of this.#told) {
      assert.equal((await shop.invoices.find({ label }))?.payment_hash, payment_hash, `${what}: ${label} was told`);
      assert.notEqual(await shop.orders.find(payment_hash), undefined, `${what}: ${label} was bought`);
    }
    const bought = shop.channels.list().filter(({ state }) => state.funding_sight !== undefined);
    const orders = await this.#shop.disk.read('SELECT payment_hash, channel_id FROM jit_orders');
    assert.ok(bought.length <= orders.length, `${what}: ${bought.length} channels for ${orders.length} orders`);
    let held_msat = 0n;
    for (const { channel_id, state } of shop.channels.list()) {
      assert.deepEqual([state.htlcs.length, state.failure], [0, undefined], `${what}: channel ${channel_id}`);
      const other = provider.channels.find(channel_id);
      assert.equal(other?.state.remote_msat, state.local_msat, `${what}: both ends of ${channel_id}`);
      held_msat += state.local_msat;
    }
    assert.equal(held_msat, received_msat, `${what}: what was received is there, and nothing else`);
    await this.#town.close();
    return { told: this.#told.length, paid, channels: bought.length, deaths: this.#deaths };
  }
}

/** Runs it. The same seed gives the same run. */
export async function stall(seed: number, steps: number): Promise<Figures> {
  const run = await Stall.set(seed);
  for (let step = 0; step < steps; step++) await run.step();
  return await run.end();
}
