/**
 * Two or three machines on one chain and one clock, with wires between them. Here is what can happen to them, and calm,
 * in which everything that is under way comes to its end.
 */
import assert from 'node:assert/strict';
import { MAX_MONEY_MSAT, type Msat, msat, sat } from '../../src/base/types/amount.ts';
import type { ChannelId } from '../../src/base/types/brand.ts';
import type { Outpoint } from '../../src/infra/chain/source.ts';
import type { LiveChannel } from '../../src/node/channels/live-channel.ts';
import type { OnchainPolicy } from '../../src/protocol/onchain/closing-channel.ts';
import { World } from '../node/channels/node.ts';
import { MINER } from '../node/endings/pair.ts';
import { payFrom } from '../support/coins.ts';
import { Machine, type TillNode } from './machine.ts';
import { Wire } from './wire.ts';

/** Turns of the event loop without any news after which nothing more comes by itself. */
const CALM_TURNS = 4;
/** More than any run needs to come to rest. */
const MOST_TURNS = 20_000;

/** A channel between two machines. */
export interface Street {
  readonly channel_id: ChannelId;
  /** Who opened it, and the other. */
  readonly ends: readonly [Machine, Machine];
  readonly funding: Outpoint;
  readonly funding_sat: bigint;
  readonly push_msat: bigint;
}

export class Town {
  readonly world: World;
  readonly machines: readonly Machine[];
  readonly streets: Street[] = [];
  /** What should not have been: failures that nobody waited for. */
  readonly troubles: string[] = [];
  /** What nodes told their operators. */
  readonly warnings: string[] = [];
  /** Everything that was broadcast, and by whom. */
  readonly sent: { readonly machine: Machine; readonly bytes: Uint8Array }[] = [];
  #wires: Wire[] = [];
  #joined: (readonly [Machine, Machine])[] = [];

  private constructor(world: World, names: readonly string[], policy: OnchainPolicy, allowance_msat: Msat) {
    this.world = world;
    this.machines = names.map(
      (name) =>
        new Machine(name, {
          clock: world.clock,
          chain: world.chain,
          policy,
          allowance_msat,
          onSent: (machine, transactions) => this.sent.push(...transactions.map((bytes) => ({ machine, bytes }))),
          onTrouble: (machine, what) => void this.troubles.push(`${machine.name}: ${what}`),
          onWarning: (machine, what) => void this.warnings.push(`${machine.name}: ${what}`),
        }),
    );
  }

  /**
   * All machines are up, and each has coins of so many satoshis. Unless it is told otherwise they take any payment,
   * whether they could defend it on the chain or not. `prepare`: before they start.
   */
  static async found(
    names: readonly string[],
    policy: OnchainPolicy,
    coins_sat: readonly bigint[] | ReadonlyMap<string, readonly bigint[]>,
    allowance_msat: Msat = msat(MAX_MONEY_MSAT),
    prepare: (machines: readonly Machine[]) => void = () => {},
  ): Promise<Town> {
    const town = new Town(await World.create(), names, policy, allowance_msat);
    prepare(town.machines);
    const coinsOf = (name: string): readonly bigint[] =>
      coins_sat instanceof Map ? (coins_sat.get(name) ?? []) : (coins_sat as readonly bigint[]);
    for (const machine of town.machines) town.start(machine);
    await town.calm();
    for (const machine of town.machines) {
      for (const amount_sat of coinsOf(machine.name)) {
        const address = town.up(machine).wallet.newAddress('p2tr');
        await town.calm();
        const { bytes } = payFrom(town.world.coin(), amount_sat, (await address).script_pubkey);
        await town.world.chain.broadcast([bytes]);
      }
    }
    town.mine(1);
    await town.calm();
    return town;
  }

  /** Two machines are to have a connection. */
  join(a: Machine, b: Machine): void {
    this.#joined.push([a, b]);
  }

  /** Nobody connects with this machine any more. */
  isolate(machine: Machine): void {
    for (const wire of this.wires) if (wire.joins(machine)) wire.drop(machine);
    this.#joined = this.#joined.filter((pair) => !pair.includes(machine));
  }

  /** The first opens a channel to the second; it is usable when this resolves. */
  async open(ends: readonly [Machine, Machine], funding_sat: bigint, push_msat: bigint): Promise<Street> {
    const [from, to] = ends.map((machine) => this.up(machine)) as [TillNode, TillNode];
    const peer = from.channels.peer(to.machine.keys.node_id);
    assert.ok(peer !== undefined, 'not connected');
    const opening = from.channels.open(peer, {
      funding_satoshis: sat(funding_sat),
      push_msat: msat(push_msat),
      feerate_per_kw: 1000,
      announce_channel: false,
    });
    await this.calm();
    const end = await opening;
    if (end.kind !== 'channel') throw new Error(`the channel did not come about: ${end.reason}`);
    // Two more than the deepest reorg.
    for (let block = 0; block < 8; block++) {
      this.mine(1);
      await this.calm();
    }
    const { funding_txid, funding_output_index } = from.channels.find(end.channel_id)?.state.terms ?? {};
    assert.ok(funding_txid !== undefined && funding_output_index !== undefined);
    const funding = { txid: funding_txid, vout: funding_output_index };
    const street = { channel_id: end.channel_id, ends, funding, funding_sat, push_msat };
    this.streets.push(street);
    return street;
  }

  /** The node on a machine, which must be up. */
  up({ node, name }: Machine): TillNode {
    assert.ok(node !== undefined, `${name} is down`);
    return node;
  }

  /** The channel as one end sees it, if the end is up and still has it. */
  channel(street: Street, machine: Machine): LiveChannel | undefined {
    return machine.node?.channels.find(street.channel_id);
  }

  /** The process of a machine begins to start; calls back when it is up. */
  start(machine: Machine, onUp: (node: TillNode) => void = () => {}): void {
    machine
      .start()
      .then(onUp, (error: Error) => void this.troubles.push(`${machine.name} does not start: ${error.stack}`));
  }

  /** The process of a machine dies; so many of the units that wait still reach its disk. */
  async kill(machine: Machine, count: number): Promise<void> {
    await machine.die(count);
    for (const wire of this.#wires) if (wire.joins(machine)) wire.drop(machine);
  }

  /** Those that are not gone at both ends. */
  get wires(): readonly Wire[] {
    if (this.#wires.some(({ isGone }) => isGone)) this.#wires = this.#wires.filter(({ isGone }) => !isGone);
    return this.#wires;
  }

  /** Pairs of machines that are up and could be connected, and are not. */
  get apart(): readonly (readonly [Machine, Machine])[] {
    return this.#joined.filter(
      (pair) =>
        pair.every(({ node }) => node !== undefined) &&
        !this.wires.some((wire) => pair.every((machine) => wire.joins(machine))),
    );
  }

  connect([a, b]: readonly [Machine, Machine]): void {
    this.#wires.push(new Wire(this.up(a), this.up(b)));
  }

  mine(count: number): void {
    this.world.chain.mine(count, MINER);
  }

  /** One turn of the event loop. */
  turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** Every machine that runs writes, every message arrives, whoever is apart meets again, until nothing is left. */
  async calm(): Promise<void> {
    let calm = 0;
    for (let turn = 0; calm < CALM_TURNS; turn++) {
      assert.ok(turn < MOST_TURNS, 'the town does not come to rest');
      let isQuiet = true;
      for (const wire of this.wires) wire.notice();
      for (const pair of this.apart) {
        this.connect(pair);
        isQuiet = false;
      }
      for (const wire of this.wires) {
        for (const side of wire.loadedSides) wire.deliver(side);
      }
      for (const machine of this.machines) {
        if (machine.life.waiting.length === 0) continue;
        isQuiet = false;
        await machine.write(machine.life.waiting.length);
      }
      await this.turn();
      if (this.wires.some(({ load }) => load > 0)) isQuiet = false;
      calm = isQuiet ? calm + 1 : 0;
    }
  }

  async close(): Promise<void> {
    for (const machine of this.machines) {
      await machine.die(0);
      await machine.disk.close();
    }
  }
}
