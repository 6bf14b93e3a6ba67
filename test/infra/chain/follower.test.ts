/** Sources of blocks that lag, lie, hang or change: what the node believes of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { type ChainBackend, ChainError } from '../../../src/infra/chain/backend.ts';
import { EmbeddedChain } from '../../../src/infra/chain/embedded/embedded-chain.ts';
import { ChainFollower } from '../../../src/infra/chain/follower.ts';
import type { BlockRef, TipEvent, WatchEvent } from '../../../src/infra/chain/source.ts';
import { COIN_SCRIPT, coinbaseOf, payFrom } from '../../support/coins.ts';

const MINER = `0014${'ab'.repeat(20)}`;

type Answers = { -readonly [Name in keyof ChainBackend]?: ChainBackend[Name] };

/** An embedded chain behind a source whose answers a test may change. */
class Source {
  readonly clock = new ManualClock();
  readonly chain = new EmbeddedChain({ clock: this.clock });
  readonly told: (string | undefined)[] = [];
  readonly tips: TipEvent[] = [];
  /** Takes the place of what the chain would answer. */
  answers: Answers = {};
  asked = 0;
  isCatchingUp = false;
  readonly follower: ChainFollower;

  constructor() {
    const { chain } = this;
    const own = <T>(name: keyof ChainBackend, call: () => Promise<T>, ...args: unknown[]): Promise<T> => {
      this.asked++;
      const answer = this.answers[name] as ((...args: unknown[]) => Promise<T>) | undefined;
      return answer === undefined ? call() : answer(...args);
    };
    const backend: ChainBackend = {
      open: () => own('open', () => chain.open()),
      close: () => own('close', async () => {}),
      tip: () => own('tip', () => chain.tip()),
      blockHash: (height) => own('blockHash', () => chain.blockHash(height), height),
      block: (hash) => own('block', () => chain.block(hash), hash),
      broadcast: (transactions) => own('broadcast', () => chain.broadcast(transactions), transactions),
      feeratePerKw: (target) => own('feeratePerKw', () => chain.feeratePerKw(), target),
      mempoolMinimumPerKw: () => own('mempoolMinimumPerKw', async () => 253),
      unspent: (outpoint) => own('unspent', () => chain.unspent(outpoint), outpoint),
      isCatchingUp: () => this.isCatchingUp,
    };
    this.follower = new ChainFollower(backend, {
      clock: this.clock,
      poll_ms: 1000,
      onHealth: (problem) => this.told.push(problem),
    });
    this.follower.onTip((event) => this.tips.push(event));
  }

  async start(blocks: number): Promise<void> {
    this.chain.mine(blocks, MINER);
    await this.follower.start();
    await this.follower.refresh();
  }

  get kinds(): readonly string[] {
    return this.tips.map(({ kind }) => kind);
  }
}

test('the tip is the best block only for as long as the source says so', async () => {
  const source = new Source();
  assert.equal(source.follower.isCurrent(), false, 'before the start');
  await source.follower.start();
  await source.follower.synced();
  assert.equal(source.follower.isCurrent(), true);
  source.answers.tip = () => Promise.reject(new ChainError('it does not answer'));
  source.clock.advance(600_000);
  assert.equal(source.follower.isCurrent(), true);
  await source.follower.refresh();
  source.clock.advance(1);
  assert.equal(source.follower.isCurrent(), false);
  source.answers = {};
  source.isCatchingUp = true;
  await source.follower.refresh();
  assert.equal(source.follower.isCurrent(), false, 'it waits for blocks itself');
  source.isCatchingUp = false;
  await source.follower.refresh();
  assert.equal(source.follower.isCurrent(), true);
  await source.follower.stop();
});

test('a source that falls behind takes nothing back', async () => {
  const source = new Source();
  await source.start(3);
  const old = { height: 2, hash: (await source.chain.blockHash(2)) as string };
  source.answers = {
    tip: async () => old,
    blockHash: async (height) => (height > old.height ? undefined : await source.chain.blockHash(height)),
  };
  await source.follower.refresh();
  assert.deepEqual(source.kinds, []);
  assert.equal(source.follower.tip().height, 3);
  source.answers = {};
  source.chain.mine(1, MINER);
  await source.follower.refresh();
  assert.deepEqual(source.kinds, ['connected']);
  await source.follower.stop();
});

test('a source of which one part falls behind takes nothing back', async () => {
  const source = new Source();
  await source.start(3);
  source.chain.mine(1, MINER);
  source.answers = { blockHash: async (height) => (height > 2 ? undefined : await source.chain.blockHash(height)) };
  await source.follower.refresh();
  assert.deepEqual(source.kinds, []);
  assert.match(source.told[0] ?? '', /has no block at height 3/);
  source.answers = {};
  await source.follower.refresh();
  assert.deepEqual(source.kinds, ['connected']);
  assert.equal(source.told.at(-1), undefined);
  await source.follower.stop();
});

test('a source that contradicts itself is asked again at the next poll, not at once', async () => {
  const source = new Source();
  await source.start(3);
  source.chain.mine(2, MINER);
  source.answers = { blockHash: async (height) => (height > 3 ? undefined : await source.chain.blockHash(height)) };
  const before = source.asked;
  await source.follower.refresh();
  assert.ok(source.asked - before < 20, `asked ${source.asked - before} times`);
  assert.equal(source.told.length, 1);
  assert.deepEqual(source.kinds, []);
  await source.follower.stop();
});

const WRONG_BLOCKS: readonly (readonly [string, (block: Buffer, other: Buffer) => Buffer])[] = [
  ['nothing', () => Buffer.alloc(0)],
  ['a web page', () => Buffer.from('<html><body>502 Bad Gateway</body></html>')],
  ['half of it', (block) => block.subarray(0, block.length >> 1)],
  ['all but a byte', (block) => block.subarray(0, -1)],
  ['more than it', (block) => Buffer.concat([block, Buffer.alloc(1)])],
  ['another block', (_block, other) => other],
  ['its header alone', (block) => block.subarray(0, 80)],
  ['its header and a huge count', (block) => Buffer.concat([block.subarray(0, 80), Buffer.alloc(9, 0xff)])],
];
for (const [what, wrong] of WRONG_BLOCKS) {
  test(`a source that answers ${what} for a block is reported, and asked again`, async () => {
    const source = new Source();
    await source.start(3);
    const coin: WatchEvent[] = [];
    source.follower.watch({ kind: 'script', script_pubkey: COIN_SCRIPT }, 0, (event) => coin.push(event));
    await source.follower.refresh();
    const other = await source.chain.block((await source.chain.blockHash(1)) as string);
    source.chain.mine(1, COIN_SCRIPT);
    source.answers = { block: async (hash) => wrong(await source.chain.block(hash), other) };
    await source.follower.refresh();
    assert.equal(source.follower.tip().height, 3);
    assert.equal(source.told.length, 1);
    source.answers = {};
    await source.follower.refresh();
    assert.equal(source.follower.tip().height, 4);
    assert.deepEqual(
      coin.map(({ kind }) => kind),
      ['paid'],
    );
    await source.follower.stop();
  });
}

test('what was found by looking back is taken back by a reorg that began before the start', async () => {
  const source = new Source();
  const first = source.chain.mine(1, COIN_SCRIPT);
  const coinbase = coinbaseOf(await source.chain.block(first.hash));
  source.chain.mine(100, MINER);
  const { bytes, txid } = payFrom(Buffer.from(coinbase), 50_000n, MINER);
  await source.chain.broadcast([bytes]);
  const mined = source.chain.mine(1, MINER);
  await source.start(2);
  const heard: string[] = [];
  source.follower.watch({ kind: 'transaction', txid }, mined.height, (event) => heard.push(event.kind));
  await source.follower.refresh();
  assert.deepEqual(heard, ['confirmed']);
  source.chain.reorganise(5, MINER, 'drop');
  await source.follower.refresh();
  assert.deepEqual(heard, ['confirmed', 'disconnected']);
  await source.chain.broadcast([bytes]);
  source.chain.mine(1, MINER);
  await source.follower.refresh();
  assert.deepEqual(heard, ['confirmed', 'disconnected', 'confirmed']);
  await source.follower.stop();
});

test('a source that suddenly is of another network takes nothing back', async () => {
  const source = new Source();
  await source.start(3);
  const other = (height: number): string => `${height}`.padStart(64, 'f');
  source.answers = {
    open: async () => {
      throw new ChainError('this is signet');
    },
    tip: async () => ({ height: 10, hash: other(10) }),
    blockHash: async (height) => other(height),
  };
  await source.follower.refresh();
  assert.deepEqual(source.kinds, []);
  assert.deepEqual(source.told, ['this is signet']);
  await source.follower.stop();
});

test('an old block that the source no longer has keeps no new one from being told', async () => {
  const source = new Source();
  await source.start(10);
  const pruned = await source.chain.blockHash(2);
  source.answers = {
    block: async (hash) => {
      if (hash === pruned) throw new ChainError('block 2 is pruned', { is_pruned: true });
      return await source.chain.block(hash);
    },
  };
  const events: WatchEvent[] = [];
  source.follower.watch({ kind: 'script', script_pubkey: COIN_SCRIPT }, 1, (event) => events.push(event));
  const old: WatchEvent[] = [];
  source.follower.watch({ kind: 'script', script_pubkey: MINER }, 1, (event) => old.push(event));
  source.chain.mine(1, COIN_SCRIPT);
  await source.follower.refresh();
  await source.follower.synced();
  assert.equal(source.follower.tip().height, 11);
  assert.equal(events.length, 1);
  assert.equal(old.length, 8, 'what lies behind the missing block is told');
  assert.match(source.told.join(), /no longer has block 2 .block 2 is pruned/);
  assert.equal(source.told.length, 1, 'once');
  await source.follower.stop();
});

test('a chain that moves while older blocks are looked through is looked through again', async () => {
  const source = new Source();
  await source.start(5);
  source.chain.mine(1, COIN_SCRIPT);
  await source.follower.refresh();
  let isMoved = false;
  source.answers = {
    block: async (hash) => {
      if (!isMoved) source.chain.reorganise(3, MINER);
      isMoved = true;
      return await source.chain.block(hash);
    },
  };
  const heard: string[] = [];
  source.follower.watch({ kind: 'script', script_pubkey: COIN_SCRIPT }, 1, (event) => heard.push(event.kind));
  await source.follower.refresh();
  await source.follower.refresh();
  assert.equal(heard.filter((kind) => kind === 'paid').length, heard.filter((kind) => kind === 'disconnected').length);
  assert.deepEqual(source.follower.tip(), await source.chain.tip());
  await source.follower.stop();
});

test("the mempool's minimum is the source's, within reason", async () => {
  const source = new Source();
  await source.start(1);
  await source.follower.synced();
  assert.equal(source.follower.mempoolMinimumPerKw(), 253);
  for (const [said, expected] of [
    [250, 253],
    [5_000, 5_000],
    [Number.NaN, 5_000],
    [1e12, 250_000],
  ] as const) {
    source.answers = { mempoolMinimumPerKw: async () => said };
    source.clock.advance(60_000);
    await source.follower.refresh();
    assert.equal(source.follower.mempoolMinimumPerKw(), expected);
  }
  await source.follower.stop();
});

test('estimates of fees that fail, or cannot be, harm nobody', async () => {
  const source = new Source();
  source.answers = {
    feeratePerKw: async () => {
      throw new ChainError('no estimates');
    },
  };
  await source.start(1);
  await source.follower.synced();
  assert.equal(source.follower.feeratePerKw(6), undefined);
  for (const absurd of [Number.NaN, Number.POSITIVE_INFINITY, -5, 0]) {
    source.answers = { feeratePerKw: async () => absurd };
    source.clock.advance(60_000);
    await source.follower.refresh();
    assert.equal(source.follower.feeratePerKw(6), undefined, `${absurd}`);
  }
  source.answers = { feeratePerKw: async () => 1e12 };
  source.clock.advance(60_000);
  await source.follower.refresh();
  assert.ok((source.follower.feeratePerKw(6) as number) <= 250_000, 'at most 1,000 sat per virtual byte');
  await source.follower.stop();
});

test('stopping does not wait for an answer that never comes', async () => {
  const source = new Source();
  await source.start(1);
  const hangs = Promise.withResolvers<BlockRef>();
  source.answers = {
    tip: () => hangs.promise,
    close: async () => hangs.reject(new ChainError('closed')),
  };
  void source.follower.refresh();
  await new Promise((resolve) => setImmediate(resolve));
  await source.follower.stop();
  assert.deepEqual(source.told, []);
});

test('a source that is not ready yet is waited for at the start', async () => {
  const source = new Source();
  let isReady = false;
  source.answers = {
    open: async () => {
      if (!isReady) throw new ChainError('Loading block index', { is_starting: true });
    },
  };
  const started = source.follower.start();
  for (let poll = 0; poll < 3; poll++) {
    await new Promise((resolve) => setImmediate(resolve));
    isReady = poll === 1;
    source.clock.advance(1000);
  }
  assert.equal((await started).height, 0);
  assert.deepEqual(source.told, ['waiting for the source of blocks: Loading block index', undefined]);
  await source.follower.stop();
});

test('every outage is told, also while fees cannot be estimated, an old block is gone, and soon after the last', async () => {
  const source = new Source();
  await source.start(5);
  const pruned = await source.chain.blockHash(2);
  source.answers = {
    feeratePerKw: () => Promise.reject(new ChainError('no estimates')),
    block: async (hash) => {
      if (hash === pruned) throw new ChainError('block 2 is pruned', { is_pruned: true });
      return await source.chain.block(hash);
    },
  };
  source.follower.watch({ kind: 'script', script_pubkey: MINER }, 1, () => {});
  source.clock.advance(60_000);
  await source.follower.refresh();
  assert.equal(source.told.length, 2);
  source.told.splice(0);
  const { answers } = source;
  for (let outage = 0; outage < 3; outage++) {
    source.answers = { ...answers, tip: () => Promise.reject(new ChainError('it does not answer')) };
    await source.follower.refresh();
    await source.follower.refresh();
    source.answers = answers;
    await source.follower.refresh();
  }
  assert.deepEqual(source.told, Array.from({ length: 3 }, () => ['it does not answer', undefined]).flat());
  await source.follower.stop();
});

test('an outage of everything is one outage, and the next a moment later another', async () => {
  const source = new Source();
  await source.start(1);
  const away = () => Promise.reject(new ChainError('it does not answer'));
  for (let outage = 0; outage < 3; outage++) {
    source.clock.advance(outage === 0 ? 60_000 : 1_000);
    source.answers = { tip: away, blockHash: away, feeratePerKw: away };
    await source.follower.refresh();
    source.answers = {};
    await source.follower.refresh();
  }
  assert.deepEqual(source.told, Array.from({ length: 3 }, () => ['it does not answer', undefined]).flat());
  await source.follower.stop();
});
