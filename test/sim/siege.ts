/**
 * A shop under siege: a customer with many channels pays, hears some of the preimages and falls silent for good, so that
 * all channels fail at once; from its HTLCs' expiry on it takes back what it can. The shop has few coins or none, fees move
 * by factors of ten at every block as far as SECURITY.md lets them, and the shop's process dies now and then. What the shop
 * was told is paid must be there afterwards, less fees, and less what the operator allows to be undefended.
 */
import assert from 'node:assert/strict';
import { msat } from '../../src/base/types/amount.ts';
import { stressPerKw } from '../../src/node/reserve/stress.ts';
import { minedSince } from '../node/endings/account.ts';
import { POLICY } from '../node/endings/pair.ts';
import type { Machine } from './machine.ts';
import { walletSat } from './parting.ts';
import { Random } from './random.ts';
import { Sales } from './sales.ts';
import { Town } from './town.ts';

const FUNDING_SAT = 600_000n;
const MOST_CHANNELS = 10;
/** The side of the wire to which the shop's messages go. */
const TO_CUSTOMER = 0;
const MOST_SALES = 14;
/** More blocks than any channel needs to end. */
const MOST_BLOCKS = 400;
/** After so many blocks every HTLC has expired. */
const EXPIRED_BLOCKS = 70;
/** What a shop's coins may be worth, and the feerates at which it is paid, satoshi per 1000 weight. */
const COINS_SAT = [15_000n, 40_000n, 120_000n, 400_000n, 2_000_000n];
const FEERATES = [253, 500, 1_250, 2_500, 10_000];

/** How it went. */
export interface Besieged {
  /** Channels that ended on the chain. */
  endings: number;
  /** HTLCs that were paid for, and not settled, when the customer fell silent. */
  at_stake: number;
  paid: number;
  refused: number;
  /** Of what was told as paid. */
  paid_sat: number;
  lost_sat: number;
  crashes: number;
}

/** One siege. A seed gives the same one again. Rejects when the shop lost more than it was allowed to. */
export async function besiege(seed: number): Promise<Besieged> {
  const random = new Random(seed);
  const allowance_sat = random.pick([0, 0, 100_000]);
  const coins_sat = Array.from({ length: random.below(4) }, () => random.pick(COINS_SAT));
  const coins = new Map([
    ['shop', coins_sat],
    ['customer', [20_000_000n]],
  ]);
  const town = await Town.found(['shop', 'customer'], POLICY, coins, msat(allowance_sat * 1000));
  try {
    return await new Siege(random, town, allowance_sat).run();
  } catch (error) {
    throw new Error(`seed ${seed}, coins ${coins_sat}: ${error instanceof Error ? error.stack : error}`);
  } finally {
    await town.close();
  }
}

class Siege {
  readonly #random: Random;
  readonly #town: Town;
  readonly #shop: Machine;
  readonly #customer: Machine;
  readonly #allowance_sat: number;
  readonly #sales: Sales;
  #crashes = 0;

  constructor(random: Random, town: Town, allowance_sat: number) {
    this.#random = random;
    this.#town = town;
    [this.#shop, this.#customer] = town.machines as [Machine, Machine];
    this.#allowance_sat = allowance_sat;
    this.#sales = new Sales((what) => void town.troubles.push(what));
  }

  async run(): Promise<Besieged> {
    const town = this.#town;
    town.join(this.#customer, this.#shop);
    await town.calm();
    const channels = 1 + this.#random.below(MOST_CHANNELS);
    for (let count = 0; count < channels; count++) await town.open([this.#customer, this.#shop], FUNDING_SAT, 0n);
    const today_per_kw = this.#random.pick(FEERATES);
    await this.#setFees(today_per_kw);
    town.mine(1);
    await town.calm();
    await this.#trade();
    const before_sat = await walletSat(this.#shop);
    const at_stake = this.#atStake();
    const { height } = await town.world.chain.tip();
    town.isolate(this.#customer);
    await town.calm();
    await this.#endAll(stressPerKw(today_per_kw));
    return { ...(await this.#reckon(before_sat, height)), endings: channels, at_stake };
  }

  async #setFees(feerate_per_kw: number): Promise<void> {
    this.#town.world.chain.feerate_per_kw = feerate_per_kw;
    // So that estimates are looked at again.
    this.#town.world.clock.advance(60_000);
    await this.#town.calm();
  }

  /** The HTLCs that the shop has given its preimages for, and that its customer can still take back in time. */
  #atStake(): number {
    const { channels } = this.#town.up(this.#shop);
    const htlcs = channels.list().flatMap(({ state }) => state.htlcs);
    return htlcs.filter(({ removal }) => removal?.kind === 'fulfill').length;
  }

  /** Payments, some small, some large, some in parts. From some word of the shop on the customer does not answer. */
  async #trade(): Promise<void> {
    const town = this.#town;
    const count = 1 + this.#random.below(MOST_SALES);
    for (let sale = 0; sale < count; sale++) {
      const amount_sat = this.#random.pick([3_000, 20_000, 60_000, 150_000, 400_000, 900_000]);
      this.#sales.sell(town.up(this.#shop), BigInt(amount_sat + this.#random.below(amount_sat)) * 1000n, 3600, 24);
    }
    await town.calm();
    for (const sale of this.#sales.list) this.#sales.pay(town.up(this.#customer), sale, 0);
    let isDeaf = false;
    for (let steps = 600 + this.#random.below(600); steps > 0; steps--) {
      const loaded = town.wires.flatMap((wire) => wire.loadedSides.map((side) => ({ wire, side })));
      isDeaf ||= this.#atStake() > 0 && this.#random.chance(0.3);
      const heard = loaded.filter(({ side }) => !(isDeaf && side === TO_CUSTOMER));
      if (heard.length > 0) {
        const { wire, side } = this.#random.pick(heard);
        wire.deliver(side);
      }
      for (const machine of town.machines) {
        if (machine.life.waiting.length > 0 && this.#random.chance(0.5)) await machine.write(1);
      }
      await town.turn();
    }
  }

  /** Blocks, each with other fees, until the shop has no channel left. After the HTLCs' end fees are calm again. */
  async #endAll(most_per_kw: number): Promise<void> {
    const town = this.#town;
    for (let block = 0; town.up(this.#shop).channels.list().length > 0; block++) {
      assert.ok(block < MOST_BLOCKS, 'every channel comes to its end');
      const least_per_kw = Math.max(253, most_per_kw / 10);
      const isStorm = block < EXPIRED_BLOCKS;
      await this.#setFees(isStorm ? this.#random.pick([253, least_per_kw, most_per_kw, most_per_kw]) : 253);
      if (isStorm && this.#random.chance(0.05)) {
        this.#crashes++;
        await town.kill(this.#shop, this.#random.below(this.#shop.life.waiting.length + 1));
        town.start(this.#shop);
        await town.calm();
      }
      town.mine(1);
      await town.calm();
      // A channel that nothing forces to the chain is closed by hand.
      if (block === EXPIRED_BLOCKS) this.#closeTheRest();
    }
    assert.deepEqual(town.troubles, []);
  }

  #closeTheRest(): void {
    const { channels } = this.#town.up(this.#shop);
    for (const { channel_id, state } of channels.list()) {
      if (state.phase === 'normal') channels.forceClose(channel_id, 'nobody is there');
    }
  }

  /** What was told as paid is in the wallet, less all the fees that anybody paid, and less what the operator allowed. */
  async #reckon(before_sat: bigint, from_height: number): Promise<Omit<Besieged, 'endings' | 'at_stake'>> {
    const lines = this.#town.warnings.filter((line) => line.startsWith('shop: ') && line.includes('IS LOST'));
    const lost_sat = lines.reduce((total, line) => total + Number(/of (\d+) sat IS LOST/.exec(line)?.[1]), 0);
    assert.ok(lost_sat <= this.#allowance_sat, `${lost_sat} sat are lost, and ${this.#allowance_sat} were allowed`);
    const rows = await this.#shop.disk.read("SELECT amount_received_msat FROM invoices WHERE state = 'paid'");
    const paid_sat = rows.reduce((total, row) => total + (row.amount_received_msat as bigint), 0n) / 1000n;
    const mined = await minedSince(this.#town.world.chain, from_height);
    const fees_sat = mined.reduce((total, { fee_sat }) => total + fee_sat, 0n);
    const gained_sat = (await walletSat(this.#shop)) - before_sat;
    assert.ok(
      gained_sat + fees_sat + BigInt(lost_sat) >= paid_sat,
      `${gained_sat} sat came home of ${paid_sat}, with ${fees_sat} sat of fees and ${lost_sat} sat lost`,
    );
    const refused = this.#sales.list.length - rows.length;
    return {
      paid: rows.length,
      refused,
      paid_sat: Number(paid_sat),
      lost_sat,
      crashes: this.#crashes,
    };
  }
}
