/**
 * A storm over a town: random payments both ways, messages and writes in random order, connections that break, processes
 * that die between any two commits, fees that move. Then calm, and everything must add up. A seed gives the same storm
 * again.
 */
import assert from 'node:assert/strict';
import { POLICY } from '../node/endings/pair.ts';
import type { Machine } from './machine.ts';
import { Random } from './random.ts';
import { Sales } from './sales.ts';
import { type Street, Town } from './town.ts';

/** How a storm went, for the one who looks at it. */
export interface Figures {
  steps: number;
  messages: number;
  units: number;
  crashes: number;
  cuts: number;
  blocks: number;
  asked: number;
  paid: number;
  unpaid: number;
}

/** What storms have of a kind. */
export interface Climate {
  /** The least and the most machines, and channels between two of them. */
  readonly machines: readonly [number, number];
  readonly most_channels: number;
  /** What the one who does not open a channel has of its 600,000 sat. */
  readonly push_msat: readonly bigint[];
  amount_msat(random: Random): bigint;
}

/** Amounts of every size: dust, usual ones, and more than a channel holds. */
const ANY_AMOUNT: Climate = {
  machines: [2, 3],
  most_channels: 2,
  push_msat: [0n, 200_000_123n, 300_000_000n],
  amount_msat(random) {
    const kind = random.next();
    if (kind < 0.3) return BigInt(1 + random.below(400_000));
    if (kind < 0.9) return BigInt(400_000 + random.below(30_000_000));
    return BigInt(1 + random.below(700_000_000));
  },
};

const NAMES = ['ann', 'bob', 'cid'];
const FUNDING_SAT = 600_000n;

/** Calls of `pay` that a node has at once. */
const MOST_CALLS = 12;
/** An HTLC that has so many blocks left is in nobody's way: a block may come. */
const FAR_BLOCKS = 21;

export class Storm {
  readonly random: Random;
  readonly town: Town;
  readonly sales: Sales;
  readonly figures: Figures = {
    steps: 0,
    messages: 0,
    units: 0,
    crashes: 0,
    cuts: 0,
    blocks: 0,
    asked: 0,
    paid: 0,
    unpaid: 0,
  };
  /** Those who trade. */
  traders: readonly Machine[];
  readonly #climate: Climate;
  /** How often a connection breaks, and how often a process dies, at each step. */
  readonly #cut_chance: number;
  readonly #crash_chance: number;

  private constructor(random: Random, town: Town, climate: Climate) {
    this.random = random;
    this.town = town;
    this.traders = town.machines;
    this.#climate = climate;
    this.sales = new Sales((what) => void town.troubles.push(what));
    this.#cut_chance = random.pick([0.001, 0.004, 0.015]);
    this.#crash_chance = random.pick([0.001, 0.004, 0.015]);
  }

  /** The first machine has channels with all others. */
  static async over(seed: number, climate = ANY_AMOUNT): Promise<Storm> {
    const random = new Random(seed);
    const names = NAMES.slice(0, random.pick(climate.machines));
    const town = await Town.found(names, POLICY, [3_000_000n, 2_000_000n]);
    const storm = new Storm(random, town, climate);
    const [hub, ...others] = town.machines as [Machine, ...Machine[]];
    for (const other of others) {
      town.join(hub, other);
      await town.calm();
      for (let count = 1 + random.below(climate.most_channels); count > 0; count--) {
        const ends = random.chance(0.5) ? ([hub, other] as const) : ([other, hub] as const);
        await town.open(ends, FUNDING_SAT, random.pick(climate.push_msat));
      }
    }
    for (const machine of town.machines) void storm.sales.hear(town.up(machine));
    return storm;
  }

  /** One random step; `blocks`: whether blocks come by themselves. */
  async step(blocks: 'blocks' | 'no blocks' = 'blocks'): Promise<void> {
    this.figures.steps++;
    const { random, town } = this;
    const dice = random.next();
    const machine = random.pick(town.machines);
    if (dice < 0.42) this.#deliver();
    else if (dice < 0.78) await this.#write();
    else if (dice < 0.84) this.#sell(random.pick(this.traders));
    else if (dice < 0.94) this.#pay(random.pick(this.traders));
    else if (dice < 0.96) town.world.clock.advance(random.below(8_000));
    else if (dice < 0.97 && blocks === 'blocks') this.#mine();
    if (random.chance(this.#cut_chance)) this.#cut();
    if (random.chance(this.#crash_chance)) await this.#crash(machine);
    this.#recover();
    await town.turn();
    assert.deepEqual(town.troubles, []);
  }

  #deliver(): void {
    const loaded = this.town.wires.flatMap((wire) => wire.loadedSides.map((side) => ({ wire, side })));
    if (loaded.length === 0) return;
    this.figures.messages++;
    const { wire, side } = this.random.pick(loaded);
    wire.deliver(side);
  }

  async #write(): Promise<void> {
    const busy = this.town.machines.filter(({ life }) => life.waiting.length > 0);
    if (busy.length === 0) return;
    const machine = this.random.pick(busy);
    const waiting = machine.life.waiting.length;
    const count = this.random.chance(0.5) ? 1 : 1 + this.random.below(waiting);
    this.figures.units += count;
    await machine.write(count);
  }

  #sell({ node }: Machine): void {
    if (node === undefined) return;
    const { random } = this;
    const amount_msat = this.#climate.amount_msat(random);
    this.sales.sell(node, amount_msat, random.pick([60, 600, 3600, 36_000]), 19 + random.below(28));
  }

  /** Mostly a new sale, sometimes one that was paid or tried before, sometimes by another. */
  #pay({ node }: Machine): void {
    if (node === undefined || this.sales.callsAt(node) >= MOST_CALLS) return;
    const recent = this.sales.list.slice(-10).filter(({ shop }) => shop !== node.machine);
    const open = recent.filter(({ payers }) => payers.size === 0);
    if (recent.length === 0) return;
    const sale = this.random.pick(this.random.chance(0.75) && open.length > 0 ? open : recent);
    this.figures.asked++;
    this.sales.pay(node, sale, this.random.pick([5, 20, 60]));
  }

  /** A block, with other fees, unless an HTLC is so near its end that it would be taken to the chain. */
  #mine(): void {
    const { town, random } = this;
    if (this.#nearest() < FAR_BLOCKS) return;
    town.world.chain.feerate_per_kw = 253 + random.below(4_000);
    // So that the estimate is looked at again.
    if (random.chance(0.7)) town.world.clock.advance(60_000);
    town.mine(1);
    this.figures.blocks++;
  }

  /** The fewest blocks that any HTLC has left. */
  #nearest(): number {
    let nearest = Number.POSITIVE_INFINITY;
    for (const { node } of this.town.machines) {
      // Who is down may hold any.
      if (node === undefined) return 0;
      const { height } = node.chain.tip();
      for (const { state } of node.channels.list()) {
        for (const { cltv_expiry } of state.htlcs) nearest = Math.min(nearest, cltv_expiry - height);
      }
    }
    return nearest;
  }

  #cut(): void {
    if (this.town.wires.length === 0) return;
    const wire = this.random.pick(this.town.wires);
    this.figures.cuts++;
    wire.drop(this.random.pick(this.town.machines.filter((machine) => wire.joins(machine))));
  }

  async #crash(machine: Machine): Promise<void> {
    this.figures.crashes++;
    await this.town.kill(machine, this.random.below(machine.life.waiting.length + 1));
  }

  /** Who is left alone notices in time, who died starts again, who is apart meets. */
  #recover(): void {
    const { town, random } = this;
    for (const wire of town.wires) if (!wire.isUp && random.chance(0.2)) wire.notice();
    for (const machine of town.machines) if (machine.life.isOver && random.chance(0.1)) this.start(machine);
    for (const pair of town.apart) if (random.chance(0.1)) town.connect(pair);
  }

  /** Starts a machine again. */
  start(machine: Machine): void {
    this.town.start(machine, (node) => {
      if (this.traders.includes(machine)) void this.sales.hear(node);
    });
  }

  /** Who is down starts again, and what is under way happens, but no time passes. */
  async calm(): Promise<void> {
    for (const machine of this.town.machines) if (machine.life.isOver) this.start(machine);
    await this.town.calm();
  }

  /** Everything comes to its end, people who heard nothing ask again, and what they were told is compared. */
  async finish(liar?: Machine): Promise<void> {
    const { town, sales } = this;
    await this.calm();
    await this.#rest();
    for (const sale of sales.list) {
      for (const [machine, answer] of sale.payers) if (answer === 'none') sales.pay(town.up(machine), sale, 0);
    }
    await this.#rest();
    assert.deepEqual(town.troubles, []);
    const { paid, unpaid } = await sales.check(liar);
    this.figures.paid = paid;
    this.figures.unpaid = unpaid;
    for (const { name, disk } of this.traders) {
      assert.deepEqual(await disk.read('SELECT * FROM incoming_htlcs'), [], `${name} holds no payment back`);
    }
  }

  /** Time passes until every call is answered and no HTLC is left. */
  async #rest(): Promise<void> {
    const { town, sales } = this;
    for (let round = 0; ; round++) {
      await town.calm();
      const nodes = this.traders.map((machine) => town.up(machine));
      const isOver = nodes.every(
        (node) => sales.callsAt(node) === 0 && node.channels.list().every(({ state }) => state.htlcs.length === 0),
      );
      if (isOver) return;
      assert.ok(round < 50, 'every HTLC comes to its end, and every call is answered');
      town.world.clock.advance(5_000);
    }
  }

  /** The channel is as usable as before. */
  async checkStreet(street: Street): Promise<void> {
    const states = street.ends.map((machine) => this.town.channel(street, machine)?.state);
    for (const state of states) assert.deepEqual([state?.phase, state?.link], ['normal', 'up']);
    await this.checkBalance(street);
  }

  /** Both ends agree about a channel, and its balance is what was paid over it. */
  async checkBalance(street: Street): Promise<void> {
    const { town } = this;
    const [opener, other] = street.ends;
    const [near, far] = street.ends.map((machine) => town.channel(street, machine)?.state);
    assert.ok(near !== undefined && far !== undefined, 'the channel is still there');
    const [paid_msat, got_msat] = await Promise.all([opener, other].map((machine) => paidOver(street, machine)));
    const expected_msat = street.funding_sat * 1000n - street.push_msat - (paid_msat ?? 0n) + (got_msat ?? 0n);
    assert.equal(near.local_msat, expected_msat, `${opener.name} has what its payments leave it`);
    assert.equal(near.remote_msat, street.funding_sat * 1000n - expected_msat);
    assert.deepEqual([far.remote_msat, far.local_msat], [near.local_msat, near.remote_msat], 'both agree');
    assert.deepEqual([far.remote_number, far.local_number], [near.local_number, near.remote_number]);
  }
}

/** What a machine paid over a channel, as it knows itself. */
export async function paidOver({ channel_id }: Street, { disk }: Machine): Promise<bigint> {
  const [row] = await disk.read(
    "SELECT SUM(amount_sent_msat) AS total FROM sendpays WHERE channel_id = ? AND status = 'complete'",
    [channel_id],
  );
  return (row?.total as bigint | null) ?? 0n;
}
