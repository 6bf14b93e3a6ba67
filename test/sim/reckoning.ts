/**
 * A storm in which somebody goes to the chain: an honest end at any moment, or a cheat that starts again on an old backup
 * and publishes what it revoked, with all that Till can do for it. Fees move, blocks come late and are taken back, honest
 * processes die. In the end each honest side has its share, to the satoshi where all amounts are whole, less the fees that
 * it paid itself, and a cheat has nothing of the channel.
 */
import assert from 'node:assert/strict';
import { sat, satToMsat } from '../../src/base/types/amount.ts';
import { parseTransaction } from '../../src/codec/tx/transaction.ts';
import { closingChannelOf } from '../../src/node/endings/closing-channel.ts';
import { isOver } from '../../src/protocol/channel/failure.ts';
import { DEFAULT_POLICY } from '../../src/protocol/channel/policy.ts';
import { classifyEnding } from '../../src/protocol/onchain/ending.ts';
import { ANCHOR_SAT, type Mined, minedSince, paidBy } from '../node/endings/account.ts';
import { MINER } from '../node/endings/pair.ts';
import type { Machine } from './machine.ts';
import { spends, storedState, walletSat } from './parting.ts';
import { type Climate, type Figures, paidOver, Storm } from './storm.ts';
import type { Street } from './town.ts';

/** Amounts that are worth their fees on the chain, in whole satoshis: so every account is exact. */
const WHOLE_SATOSHIS: Climate = {
  machines: [2, 3],
  most_channels: 2,
  push_msat: [100_000_000n, 200_000_000n, 300_000_000n],
  amount_msat: (random) => BigInt(10_000 + random.below(50_000)) * 1000n,
};

/** The chain knows no msat: each output loses what is less than a satoshi. */
const WITH_MSAT: Climate = {
  ...WHOLE_SATOSHIS,
  push_msat: [100_000_999n, 200_000_500n, 300_000_001n],
  amount_msat: (random) => BigInt(10_000_000 + random.below(50_000_000)),
};

/** Whoever cheats has one channel: what it does to several at once is not told apart here. */
const ONE_CHANNEL: Climate = { ...WITH_MSAT, most_channels: 1 };

/** Blocks that may come while somebody is down or has not been listened to. */
const MOST_MISSED_BLOCKS = 4;
const DEEPEST_REORG = 6;
/** More blocks than any channel needs to end. */
const MOST_ROUNDS = 500;

/** How it went. */
export interface Reckoned extends Figures {
  reorgs: number;
  cheats: number;
  closed: number;
}

class Reckoning {
  readonly storm: Storm;
  readonly #before = new Map<Machine, bigint>();
  #from_height = 0;
  #missed_blocks = 0;
  reorgs = 0;
  cheat: { readonly machine: Machine; readonly before_sat: bigint } | undefined;

  constructor(storm: Storm) {
    this.storm = storm;
  }

  /** Looks at what everyone has in the wallet. */
  async begin(): Promise<void> {
    const { town } = this.storm;
    await town.calm();
    for (const machine of town.machines) this.#before.set(machine, await walletSat(machine));
    // What a reorg takes back may come again in a block that is lower.
    this.#from_height = (await town.world.chain.tip()).height - DEEPEST_REORG;
  }

  async steps(count: number, blocks: 'blocks' | 'no blocks' = 'blocks'): Promise<void> {
    for (let left = count; left > 0; left--) await this.storm.step(blocks);
  }

  /** One end of a channel has had enough, and sometimes the other too. */
  async close(street: Street): Promise<void> {
    const { random } = this.storm;
    const first = random.pick(street.ends);
    const both = random.chance(0.3);
    // A process that dies may forget what it was asked for: then its owner asks again.
    while (!isOver(await storedState(street, first))) {
      for (const machine of street.ends) if (machine === first || both) await this.#forceClose(street, machine);
      await this.steps(1 + random.below(6), 'no blocks');
    }
  }

  async #forceClose(street: Street, machine: Machine): Promise<void> {
    const { storm } = this;
    while (machine.node === undefined) await storm.step('no blocks');
    const channel = storm.town.channel(street, machine);
    if (channel === undefined || isOver(channel.state)) return;
    storm.town.up(machine).channels.forceClose(street.channel_id, 'by chance');
    if (storm.random.chance(0.7)) await this.steps(storm.random.below(6), 'no blocks');
  }

  /** The machine starts again on a backup whose commitment is revoked, meets nobody any more, and publishes that. */
  async cheatWith(street: Street, machine: Machine): Promise<void> {
    const { storm } = this;
    const honest = other(street, machine);
    await this.steps(50 + storm.random.below(300));
    const backup = await machine.disk.copy();
    const old = await storedState(street, { disk: backup });
    for (let more = 20; ; more += 20) {
      await this.steps(1 + storm.random.below(more));
      if ((await storedState(street, honest)).remote_number > old.local_number) break;
      assert.ok(more < 10_000, 'the commitment is revoked at last');
    }
    storm.traders = storm.traders.filter((each) => each !== machine);
    await storm.town.kill(machine, 0);
    storm.town.isolate(machine);
    await machine.disk.close();
    machine.disk = backup;
    storm.start(machine);
    await storm.calm();
    this.cheat = { machine, before_sat: await walletSat(machine) };
    storm.town.up(machine).channels.forceClose(street.channel_id, 'this was more');
    await storm.calm();
  }

  /** Blocks come, at any time and with any fees, until everyone honest has done with the channel. */
  async end(street: Street): Promise<void> {
    const { storm } = this;
    const { random, town } = storm;
    const honest = street.ends.filter((machine) => machine !== this.cheat?.machine);
    for (let round = 0; ; round++) {
      await this.#catchUp();
      const left = await Promise.all(honest.map((machine) => isOpen(street, machine)));
      if (!left.includes(true)) return;
      assert.ok(round < MOST_ROUNDS, 'the channel ends');
      this.#missed_blocks = 0;
      while (random.chance(0.5) || this.#missed_blocks === 0) {
        for (const machine of town.machines) if (random.chance(0.2)) machine.lag_blocks = random.below(4);
        await this.steps(random.below(8), 'no blocks');
        // The long delay of our own outputs is a quiet time.
        const count = round < 60 ? 1 : 1 + random.below(MOST_MISSED_BLOCKS);
        if (this.#missed_blocks + count > MOST_MISSED_BLOCKS) break;
        this.#block(count);
        await town.turn();
      }
    }
  }

  /** Everyone is up, has heard of every block, and has done what follows from it. */
  async #catchUp(): Promise<void> {
    const { storm } = this;
    for (const machine of storm.town.machines) machine.lag_blocks = 0;
    await storm.calm();
    for (const machine of storm.town.machines) void storm.town.up(machine).chain.refresh();
    await storm.calm();
  }

  #block(count: number): void {
    const { random, town, figures } = this.storm;
    const { chain, clock } = town.world;
    chain.feerate_per_kw = 253 + random.below(4_000);
    clock.advance(random.below(90_000));
    if (random.chance(0.05)) {
      this.reorgs++;
      chain.reorganise(1 + random.below(DEEPEST_REORG), MINER, random.chance(0.5) ? 'keep' : 'drop');
      this.#missed_blocks += 1;
    } else {
      town.mine(count);
      this.#missed_blocks += count;
    }
    figures.blocks += count;
  }

  /** Who has what. */
  async check(): Promise<number> {
    const { town } = this.storm;
    const mined = await minedSince(town.world.chain, this.#from_height);
    const commitments = new Map<Street, Mined>();
    for (const street of town.streets) {
      const found = mined.find(({ tx }) => spends(tx, street));
      if (found !== undefined) commitments.set(street, found);
      else await this.storm.checkStreet(street);
    }
    for (const machine of this.storm.traders) await this.#checkWallet(machine, mined, commitments);
    await this.#checkSent();
    if (this.cheat !== undefined) {
      const { machine, before_sat } = this.cheat;
      const gained_sat = (await walletSat(machine)) - before_sat;
      // Its own anchor is anybody's.
      assert.ok(gained_sat <= ANCHOR_SAT, `${machine.name} cheated and got ${gained_sat} sat`);
    }
    return commitments.size;
  }

  async #checkWallet(
    machine: Machine,
    mined: readonly Mined[],
    commitments: ReadonlyMap<Street, Mined>,
  ): Promise<void> {
    const rows = await machine.disk.read('SELECT script_pubkey FROM wallet_scripts');
    const scripts = new Set(rows.map((row) => row.script_pubkey as string));
    const ends = new Set(commitments.values());
    const own = paidBy(
      mined.filter((each) => !ends.has(each)),
      scripts,
      false,
      '',
    );
    let expected_msat = satToMsat(sat((this.#before.get(machine) ?? 0n) - own.fees_sat + own.anchors_sat)) as bigint;
    let slack_msat = 0n;
    for (const [street, { fee_sat }] of commitments) {
      if (!street.ends.includes(machine)) continue;
      slack_msat += await lossIn(street);
      if (street.ends.includes(this.cheat?.machine as Machine)) {
        expected_msat += (street.funding_sat - 2n * ANCHOR_SAT - fee_sat) * 1000n;
        continue;
      }
      const isOpener = street.ends[0] === machine;
      const { funding_sat, push_msat } = street;
      const start_msat = isOpener ? (funding_sat - 2n * ANCHOR_SAT - fee_sat) * 1000n - push_msat : push_msat;
      const paid_msat = await paidOver(street, machine);
      const got_msat = await paidOver(street, other(street, machine));
      expected_msat += start_msat + got_msat - paid_msat;
    }
    const off_msat = (await walletSat(machine)) * 1000n - expected_msat;
    const isRight = off_msat >= -slack_msat && off_msat <= slack_msat;
    assert.ok(isRight, `${machine.name} has ${off_msat} msat beside its share less its fees, and not ${slack_msat}`);
  }

  /** Nothing that an honest machine ever broadcast could be punished. */
  async #checkSent(): Promise<void> {
    for (const street of this.storm.town.streets) {
      for (const { machine, bytes } of this.storm.town.sent) {
        const tx = parseTransaction(bytes);
        if (machine === this.cheat?.machine || !spends(tx, street)) continue;
        const judge = other(street, machine);
        if (judge === this.cheat?.machine) continue;
        const [row] = await judge.disk.read('SELECT key_id FROM channels WHERE channel_id = ?', [street.channel_id]);
        const key_id = row?.key_id as string;
        const channel = {
          channel_id: street.channel_id,
          peer_id: machine.keys.node_id,
          key_id,
          signer: judge.keys.channelSigner(key_id),
          state: await storedState(street, judge),
        };
        const { kind } = classifyEnding(closingChannelOf(channel, judge.keys.channelKeys(key_id)), tx);
        assert.equal(kind, 'remote', `${machine.name} broadcast a commitment that is in force`);
      }
    }
  }
}

function other(street: Street, machine: Machine): Machine {
  return street.ends[0] === machine ? street.ends[1] : street.ends[0];
}

/**
 * What the chain may have kept of a channel's last state: what was too small for an output (the rest of a payment in
 * parts), and of each output what is less than a satoshi.
 */
async function lossIn(street: Street): Promise<bigint> {
  const { htlcs, local_msat } = await storedState(street, street.ends[0]);
  const limit_msat = satToMsat(DEFAULT_POLICY.dust_limit_satoshis);
  const lost = htlcs.map(({ amount_msat }) => (amount_msat < limit_msat ? amount_msat : amount_msat % 1000n));
  const isWhole = local_msat % 1000n === 0n && lost.every((msat) => msat === 0n);
  return lost.reduce((sum, msat) => sum + msat, isWhole ? 0n : 2_000n);
}

async function isOpen(street: Street, { disk }: Machine): Promise<boolean> {
  const [row] = await disk.read('SELECT is_closed FROM channels WHERE channel_id = ?', [street.channel_id]);
  return row?.is_closed !== 1n;
}

/** One town, from its first payment to its end. */
export async function reckon(seed: number): Promise<Reckoned> {
  const isCheat = seed % 3 === 0;
  const climate = seed % 2 === 0 ? WHOLE_SATOSHIS : WITH_MSAT;
  const storm = await Storm.over(seed, isCheat ? ONE_CHANNEL : climate);
  const { random, town } = storm;
  const reckoning = new Reckoning(storm);
  try {
    await reckoning.begin();
    const street = random.pick(town.streets);
    // The first has channels with all others: it is the one who is honest, when one is not.
    const cheat = street.ends.find((machine) => machine !== town.machines[0]);
    if (isCheat && cheat !== undefined) await reckoning.cheatWith(street, cheat);
    else {
      await reckoning.steps(50 + random.below(500));
      await reckoning.close(street);
    }
    await reckoning.end(street);
    await storm.finish(reckoning.cheat?.machine);
    const closed = await reckoning.check();
    return { ...storm.figures, reorgs: reckoning.reorgs, cheats: isCheat ? 1 : 0, closed };
  } catch (error) {
    throw new Error(`seed ${seed}, step ${storm.figures.steps}: ${(error as Error).message}`, { cause: error });
  } finally {
    await town.close();
  }
}
