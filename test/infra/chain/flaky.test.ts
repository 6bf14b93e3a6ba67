/** Whatever a source does in between, what a watch has been told in the end is what the chain holds. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { type ChainBackend, ChainError } from '../../../src/infra/chain/backend.ts';
import { EmbeddedChain } from '../../../src/infra/chain/embedded/embedded-chain.ts';
import { ChainFollower } from '../../../src/infra/chain/follower.ts';
import type { BlockRef } from '../../../src/infra/chain/source.ts';
import { coinbaseOf } from '../../support/coins.ts';

const WATCHED = `0014${'aa'.repeat(20)}`;
const OTHER = `0014${'bb'.repeat(20)}`;

type Mood = 'well' | 'down' | 'behind' | 'torn' | 'garbled';
type Step =
  | { readonly do: 'mine'; readonly pays: boolean }
  | { readonly do: 'reorganise'; readonly depth: number; readonly pays: boolean }
  | { readonly do: 'mood'; readonly mood: Mood }
  | { readonly do: 'look' }
  | { readonly do: 'watch' }
  | { readonly do: 'restart' };

/** The chain as a source in this mood shows it. The n-th question is what makes it vary. */
function moody(chain: EmbeddedChain, moodOf: () => Mood): ChainBackend {
  let asked = 0;
  const strikes = (): boolean => ++asked % 3 === 0;
  const height = async (): Promise<number> => (await chain.tip()).height;
  const shownHeight = async (): Promise<number> => {
    const mood = moodOf();
    if (mood === 'down' && strikes()) throw new ChainError('down');
    const isBehind = mood === 'behind' || (mood === 'torn' && strikes());
    return Math.max(0, (await height()) - (isBehind ? 2 : 0));
  };
  return {
    open: async () => {},
    close: async () => {},
    async tip() {
      const shown = await shownHeight();
      return { height: shown, hash: (await chain.blockHash(shown)) as string };
    },
    blockHash: async (wanted) => (wanted > (await shownHeight()) ? undefined : await chain.blockHash(wanted)),
    async block(hash) {
      await shownHeight();
      const block = await chain.block(hash);
      return moodOf() === 'garbled' && strikes() ? block.subarray(0, -20) : block;
    },
    broadcast: (transactions) => chain.broadcast(transactions),
    feeratePerKw: async () => undefined,
    unspent: (outpoint) => chain.unspent(outpoint),
  };
}

/** What a watch believes: the blocks that pay to the script, by hash. */
class Ear {
  readonly blocks = new Map<string, number>();

  listen(follower: ChainFollower): void {
    follower.watch({ kind: 'script', script_pubkey: WATCHED }, 0, (event) => {
      const { hash, height } = event.kind === 'disconnected' ? event.block : event.confirmation.block;
      const isKnown = this.blocks.has(hash);
      if (event.kind === 'disconnected') {
        assert.ok(isKnown, 'only what was told is taken back');
        this.blocks.delete(hash);
      } else {
        assert.ok(!isKnown, 'nothing is told twice');
        this.blocks.set(hash, height);
      }
    });
  }
}

async function truth(chain: EmbeddedChain): Promise<readonly string[]> {
  const paying: string[] = [];
  const { height } = await chain.tip();
  for (let at = 1; at <= height; at++) {
    const hash = (await chain.blockHash(at)) as string;
    if (coinbaseOf(await chain.block(hash)).includes(Buffer.from(WATCHED, 'hex'))) paying.push(hash);
  }
  return paying;
}

async function play(steps: readonly Step[]): Promise<void> {
  const clock = new ManualClock();
  const chain = new EmbeddedChain({ clock });
  chain.mine(5, WATCHED);
  let mood: Mood = 'well';
  const open = async (from: BlockRef | undefined): Promise<ChainFollower> => {
    const backend = moody(chain, () => mood);
    const opened = new ChainFollower(backend, { clock, poll_ms: 1e9, onHealth: () => {} });
    await opened.start(from);
    return opened;
  };
  let follower = await open(undefined);
  let ears = [new Ear()];
  ears[0]?.listen(follower);
  for (const step of steps) {
    const script = 'pays' in step && step.pays ? WATCHED : OTHER;
    if (step.do === 'mine') chain.mine(1, script);
    else if (step.do === 'reorganise') {
      const { height } = await chain.tip();
      chain.reorganise(Math.min(step.depth, height - 1), script);
    } else if (step.do === 'mood') mood = step.mood;
    else if (step.do === 'watch') {
      const ear = new Ear();
      ear.listen(follower);
      ears.push(ear);
    } else if (step.do === 'restart') {
      const tip = follower.tip();
      await follower.stop();
      const before: Mood = mood;
      mood = 'well';
      follower = await open(tip);
      mood = before;
      ears = [new Ear()];
      ears[0]?.listen(follower);
    }
    if (step.do === 'look') await follower.refresh();
    assert.ok(follower.tip().height >= 0);
  }
  mood = 'well';
  await follower.refresh();
  await follower.refresh();
  assert.deepEqual(follower.tip(), await chain.tip());
  const paying = await truth(chain);
  for (const ear of ears) assert.deepEqual([...ear.blocks.keys()].sort(), [...paying].sort());
  await follower.stop();
}

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('mine' as const), pays: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('reorganise' as const),
      depth: fc.integer({ min: 1, max: 5 }),
      pays: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('mood' as const),
      mood: fc.constantFrom<Mood[]>('well', 'down', 'behind', 'torn', 'garbled'),
    }),
  },
  { weight: 5, arbitrary: fc.constant({ do: 'look' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'watch' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
);

test('what a watch was told is what the chain holds, however the source behaved', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), play), { numRuns: 300 });
});
