/**
 * kill -9 of a daemon at any moment while its channel ends on the chain: by its own commitment or the peer's, with HTLCs
 * both ways, or by a revoked one of the peer's, whose second stages may be there first; with a reorg in between. Rounds by
 * TILL_CRASH_ROUNDS, each a kill; a seed that is printed and can be given as TILL_SEED says which way the channel ends,
 * which side dies, and when. The end is the same as without: every satoshi is where it belongs.
 */
import { test } from 'node:test';
import { Random } from '../sim/random.ts';
import { ChildNode } from '../support/node-process.ts';
import { KINDS, type Kind, OPTION, Scene } from './scene.ts';

const ROUNDS = Number(process.env.TILL_CRASH_ROUNDS ?? 6);
const SEED = Number(process.env.TILL_SEED ?? Date.now() % 1_000_000);
const KILLS_PER_ENDING = 3;
/** So long the victim may be away at any time; after that blocks wait until it has done what cannot wait. */
const FREE_BLOCKS = 30;
const MOST_FEES_SAT = 15_000n;
/** What is taken out of blocks and forgotten may have to be sent again at a higher fee. */
const MOST_HURRIED_FEES_SAT = 30_000n;

/** A process is up well within this time. */
const START_MS = 1_200;

/** How many blocks a process lives: often it dies with the first, where most happens. */
function lifeBlocks(random: Random): number {
  return random.chance(0.6) ? random.below(5) : 5 + random.below(60);
}

async function pause(random: Random): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, random.below(12)));
}

async function endingWithKills(random: Random, kind: Kind, kills: number): Promise<void> {
  const scene = await Scene.open(kind, random.chance(0.5) ? 'customer' : 'shop');
  try {
    const args = ['--network=regtest', `--embedded-chain=${scene.town.dir}/chain`, '--offline', OPTION];
    let reorg_after = random.below(12);
    const drop = random.chance(0.5) ? 'drop' : 'keep';
    let blocks = 0;
    let is_secured = false;
    for (let kill = 0; kill < kills; kill++) {
      // What comes while it is away it learns when it is back, if it lives so long.
      for (let away = random.below(6); away > 0 && (blocks < FREE_BLOCKS || is_secured); away--, blocks++) {
        await scene.mine();
      }
      const { node: child, ready } = ChildNode.spawn(args, scene.dir);
      if (random.chance(0.3)) {
        // It dies while it starts, or while it reads the blocks that it has missed.
        await new Promise((resolve) => setTimeout(resolve, random.below(START_MS)));
        await child.kill();
        continue;
      }
      await ready;
      for (let left = lifeBlocks(random); left > 0; left--) {
        while (blocks >= FREE_BLOCKS && !is_secured) {
          is_secured = await scene.isSecured();
          if (is_secured) break;
          if (scene.town.chain.pending.length > 0) await scene.mine();
          await pause(random);
        }
        await scene.mine();
        blocks++;
        if (reorg_after-- === 0) {
          await scene.reorganise(1 + random.below(6), drop);
          is_secured = false;
        }
        await pause(random);
      }
      await child.kill();
    }
    await scene.finish(drop === 'drop' ? MOST_HURRIED_FEES_SAT : MOST_FEES_SAT);
  } finally {
    await scene.town.close();
  }
}

test(`a node may die at any moment while its channel ends (${ROUNDS} rounds, seed ${SEED})`, async (t) => {
  for (let round = 0, ending = 0; round < ROUNDS; round += KILLS_PER_ENDING, ending++) {
    const kind = KINDS[(SEED + ending) % KINDS.length] as Kind;
    const seed = SEED + ending;
    try {
      await endingWithKills(new Random(seed), kind, Math.min(KILLS_PER_ENDING, ROUNDS - round));
    } catch (error) {
      t.diagnostic(`${kind}: it was TILL_CRASH_ROUNDS=${KILLS_PER_ENDING} TILL_SEED=${seed}`);
      throw error;
    }
  }
});
