/**
 * Endings by chance: who closes and when, what is in flight, what is claimed, fee rates that move, processes that die,
 * blocks that vanish. Seeds are printed; TILL_SEED gives one, TILL_ROUNDS their number. Each side ends with its share to
 * the satoshi, less the fees that it paid itself, and who publishes a revoked state ends with nothing.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signedCommitment } from '../../../src/node/endings/closing-channel.ts';
import { Random } from '../../sim/random.ts';
import { ANCHOR_SAT } from './account.ts';
import { FUNDING_SAT, MINER, type Name, Pair, POLICY, PUSH_SAT } from './pair.ts';

const ROUNDS = Number(process.env.TILL_ROUNDS ?? 6);
const SEED = Number(process.env.TILL_SEED ?? Date.now() % 1_000_000);
/** Some HTLCs may be claimed at the last moment, and go to fees for the most part. */
const MOST_FEES_SAT = 60_000n;
const NAMES = ['payer', 'shop'] as const;

function other(name: Name): Name {
  return name === 'payer' ? 'shop' : 'payer';
}

/** Something that the world does to both nodes, most often nothing. */
async function disturb(pair: Pair, random: Random, names: readonly Name[]): Promise<void> {
  pair.world.chain.feerate_per_kw = 253 + random.below(4000);
  if (random.chance(0.06)) await pair.reorganise(1 + random.below(6), random.chance(0.5) ? 'keep' : 'drop');
  for (const name of names) {
    if (!random.chance(0.06)) continue;
    await pair.restart(name, () => {
      if (random.chance(0.5)) pair.world.chain.mine(1 + random.below(3), MINER);
      else if (random.chance(0.3)) pair.world.chain.reorganise(1 + random.below(4), MINER, 'drop');
    });
  }
}

async function honestEnding(random: Random): Promise<void> {
  const pair = (await Pair.open()).note();
  const shares = { payer: FUNDING_SAT - PUSH_SAT - 2n * ANCHOR_SAT, shop: PUSH_SAT };
  const next = { payer: 0n, shop: 0n };
  const sent: { from: Name; number: number; id: bigint; amount_sat: number }[] = [];
  for (let number = 0, count = random.below(7); number < count; number++) {
    const from = random.chance(0.5) ? 'payer' : 'shop';
    const amount_sat = 20_000 + random.below(30_000);
    await pair.pay(from, number, amount_sat, 30 + random.below(20));
    sent.push({ from, number, id: next[from]++, amount_sat });
  }
  if (random.chance(0.7)) pair.cut();
  const closer = random.chance(0.5) ? 'payer' : 'shop';
  pair.nodes[closer].channels.forceClose(pair.nodes[closer].channel.channel_id, 'by chance');
  if (random.chance(0.3)) {
    // Both at once: one of the two commitments is mined.
    pair.nodes[other(closer)].channels.forceClose(pair.nodes[closer].channel.channel_id, 'by chance');
  }
  await pair.follow();
  for (const { from, number, id, amount_sat } of sent) {
    if (random.chance(0.5)) continue;
    await pair.claim(other(from), number, id);
    shares[from] -= BigInt(amount_sat);
    shares[other(from)] += BigInt(amount_sat);
  }
  for (let block = 0; block < 400 && pair.isEnding(...NAMES); block++) {
    // Enough to tell the stages apart; the long delay of our own outputs is a quiet time.
    if (block < 70 || block % 10 === 0) await disturb(pair, random, NAMES);
    await pair.mine(1);
  }
  for (const name of NAMES) await pair.assertOver(name);
  await pair.assertShares(shares, MOST_FEES_SAT);
}

/** Whoever goes back does it with a signed commitment alone, or as a node that follows it up while the other is away. */
async function cheating(random: Random): Promise<void> {
  const pair = (await Pair.open()).note();
  const cheater = random.chance(0.5) ? 'payer' : 'shop';
  const honest = other(cheater);
  const states: { readonly commitment: string; readonly stored: string; readonly to_cheater: number }[] = [];
  const to_cheater: number[] = [];
  for (let number = 0; number < 4; number++) {
    states.push({
      commitment: signedCommitment(pair.over(cheater)) as string,
      stored: await pair.storedState(cheater),
      to_cheater: to_cheater.length,
    });
    const from = random.chance(0.5) ? 'payer' : 'shop';
    if (from === honest) to_cheater.push(number);
    await pair.pay(from, number, 20_000 + random.below(20_000), 30 + random.below(20));
  }
  const old = random.pick(states);
  let cheat: Buffer | undefined;
  const alive: Name[] = [honest];
  if (random.chance(0.5)) {
    pair.kill(cheater);
    cheat = Buffer.from(old.commitment, 'hex');
    await pair.world.chain.broadcast([cheat]);
  } else {
    alive.push(cheater);
    pair.kill(honest);
    await pair.goBack(cheater, old.stored);
    pair.nodes[cheater].channels.forceClose(pair.nodes[cheater].channel.channel_id, 'to cheat');
    await pair.follow();
    for (const [id, number] of to_cheater.slice(0, old.to_cheater).entries()) {
      if (random.chance(0.7)) await pair.claim(cheater, number, BigInt(id));
    }
    // Not longer than the penalty has time.
    await pair.mine(random.below(100));
    await pair.revive(honest);
  }
  for (let block = 0; block < 190 && pair.isEnding(honest); block++) {
    if (block > 0) await disturb(pair, random, alive);
    if (cheat !== undefined) await pair.world.chain.broadcast([cheat]);
    await pair.mine(1);
  }
  await pair.assertOver(honest);
  const end = (await pair.transactions()).find(({ tx }) => tx.inputs[0]?.txid === pair.funding_txid);
  assert.ok(end !== undefined);
  const { gained_sat, fees_sat } = await pair.gained(honest, MOST_FEES_SAT);
  const shared_sat = FUNDING_SAT - 2n * ANCHOR_SAT - end.fee_sat;
  assert.equal(gained_sat + fees_sat - (honest === 'payer' ? end.fee_sat : 0n), shared_sat);
}

test(`${ROUNDS} endings by chance, seed ${SEED} (final after ${POLICY.irrevocable_depth} blocks)`, async (t) => {
  for (let round = 0; round < ROUNDS; round++) {
    const seed = SEED + round;
    const random = new Random(seed);
    try {
      await (random.chance(0.7) ? honestEnding : cheating)(random);
    } catch (error) {
      t.diagnostic(`it was TILL_ROUNDS=1 TILL_SEED=${seed}`);
      throw error;
    }
  }
});
