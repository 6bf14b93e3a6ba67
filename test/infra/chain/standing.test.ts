/** How far a reorganisation may go before its source is another chain, and what the operator can say then. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/types/clock.ts';
import type { ChainBackend } from '../../../src/infra/chain/backend.ts';
import { EmbeddedChain } from '../../../src/infra/chain/embedded/embedded-chain.ts';
import { ChainFollower } from '../../../src/infra/chain/follower.ts';
import type { TipEvent } from '../../../src/infra/chain/source.ts';

const MINER = `0014${'ab'.repeat(20)}`;
const OTHER = `0014${'cd'.repeat(20)}`;

interface Scene {
  readonly clock: ManualClock;
  readonly chain: EmbeddedChain;
  readonly follower: ChainFollower;
  readonly said: (string | undefined)[];
  readonly tips: TipEvent[];
}

function follow(
  backend: ChainBackend,
  clock: ManualClock,
  max_tip_age_seconds?: number,
): Omit<Scene, 'chain' | 'clock'> {
  const said: (string | undefined)[] = [];
  const tips: TipEvent[] = [];
  const follower = new ChainFollower(backend, {
    clock,
    poll_ms: 1000,
    max_tip_age_seconds,
    onHealth: (problem) => void said.push(problem),
  });
  follower.onTip((event) => void tips.push(event));
  return { follower, said, tips };
}

async function scene(blocks: number): Promise<Scene> {
  const clock = new ManualClock();
  const chain = new EmbeddedChain({ clock });
  chain.mine(blocks, MINER);
  const followed = { chain, clock, ...follow(chain, clock) };
  await followed.follower.start();
  await followed.follower.refresh();
  return followed;
}

for (const depth of [1, 99, 100]) {
  test(`a reorganisation of ${depth} blocks is followed right after the first start`, async () => {
    const { chain, follower, tips } = await scene(150);
    chain.reorganise(depth, OTHER);
    await follower.refresh();
    assert.deepEqual(follower.tip(), await chain.tip());
    assert.equal(tips.filter(({ kind }) => kind === 'disconnected').length, depth);
    assert.equal(follower.isCurrent(), true);
    await follower.stop();
  });
}

test('a reorganisation of 101 blocks is another chain: nothing is taken back, and nothing is current', async () => {
  const { chain, clock, follower, said, tips } = await scene(150);
  const before = follower.tip();
  chain.reorganise(101, OTHER);
  await follower.refresh();
  assert.deepEqual(follower.tip(), before);
  assert.deepEqual(tips, []);
  assert.equal(follower.isCurrent(), false, 'at once');
  assert.match(said.at(-1) ?? '', /follows another chain than this node/);
  clock.advance(1000);
  await follower.refresh();
  assert.equal(said.length, 1, 'it is said once');
  await follower.stop();

  const again = follow(chain, clock);
  const older = follower.recent().slice(0, -1);
  await assert.rejects(again.follower.start(before, { older }), /follows another chain than this node/);
  await again.follower.stop();
  const believing = follow(chain, clock);
  const started = await believing.follower.start(before, { older, believe_from: 40 });
  assert.equal(started.height, 39);
  await believing.follower.refresh();
  assert.deepEqual(believing.follower.tip(), await chain.tip());
  await believing.follower.stop();
});

test('a restart goes on from the block below the reorganisation', async () => {
  const { chain, clock, follower } = await scene(150);
  const [from, older] = [follower.tip(), follower.recent().slice(0, -1)];
  await follower.stop();
  chain.reorganise(30, OTHER);
  const again = follow(chain, clock);
  assert.equal((await again.follower.start(from, { older })).height, 120);
  await again.follower.refresh();
  assert.deepEqual(again.follower.tip(), await chain.tip());
  await again.follower.stop();
});

test('a source that falls far behind while the node runs is waited for', async () => {
  const { chain, follower, said, tips, clock } = await scene(150);
  const shown = async (height: number) => ({ height, hash: (await chain.blockHash(height)) as string });
  chain.tip = () => shown(143);
  await follower.refresh();
  assert.deepEqual(follower.view(), { kind: 'source_behind', reason: said[0] });
  assert.match(said[0] ?? '', /only at block 143, and this node has seen block 150: waiting/);
  chain.tip = () => shown(149);
  await follower.refresh();
  assert.deepEqual(said.slice(1), [], 'it is said once');
  assert.equal(follower.isCurrent(), false);
  chain.tip = () => shown(150);
  await follower.refresh();
  assert.deepEqual(follower.view(), { kind: 'current' });
  assert.deepEqual(said.slice(1), [undefined]);
  // A few blocks behind: what we know is newer, and counts for ten minutes.
  chain.tip = () => shown(149);
  await follower.refresh();
  assert.equal(follower.isCurrent(), true);
  clock.advance(600_001);
  await follower.refresh();
  assert.equal(follower.view().kind, 'source_behind');
  assert.deepEqual(tips, []);
  await follower.stop();
});

test('a best block that is older than allowed is not current; without an age to judge, any block is', async () => {
  const { chain, clock, follower } = await scene(3);
  let made_at: number | undefined = clock.nowSeconds();
  const aged = Object.assign(Object.create(chain) as EmbeddedChain, { tipTime: () => made_at });
  for (const method of ['open', 'close', 'tip', 'blockHash', 'block', 'feeratePerKw', 'unspent'] as const) {
    Object.assign(aged, { [method]: (chain[method] as () => unknown).bind(chain) });
  }
  const judged = follow(aged, clock, 10_800);
  await judged.follower.start();
  await judged.follower.refresh();
  assert.equal(judged.follower.isCurrent(), true);
  for (let second = 0; second < 10_800; second += 540) {
    clock.advance(540_000);
    await judged.follower.refresh();
  }
  assert.equal(judged.follower.isCurrent(), true);
  clock.advance(1000);
  assert.deepEqual(judged.follower.view(), {
    kind: 'source_behind',
    reason: "the newest block of the source of blocks is 180 minutes old, or this machine's clock is wrong",
  });
  made_at = undefined;
  assert.equal(judged.follower.isCurrent(), true);
  await judged.follower.stop();
  await follower.stop();
});
