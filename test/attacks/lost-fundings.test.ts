/**
 * A funding that was in a block and is not any more, after a reorganisation: for a while, or for good because another
 * transaction spends the same coin. It must be said at once, count as nothing, and end.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fundsListed } from '../../src/app/daemon/command-modules.ts';
import { sat } from '../../src/base/types/amount.ts';
import type { Txid } from '../../src/base/types/brand.ts';
import { waysIn } from '../../src/node/channels/hint-source.ts';
import type { LiveChannel } from '../../src/node/channels/live-channel.ts';
import { amount, Link, quiet, TestNode, World } from '../node/channels/node.ts';
import { COIN_SCRIPT, payFrom, spendAll } from '../support/coins.ts';

const TERMS = { funding_satoshis: sat(1_000_000), push_msat: amount(300_000_000), feerate_per_kw: 1000 };
const OTHER = `0014${'77'.repeat(20)}`;

class Scene {
  readonly world: World;
  readonly mallory: TestNode;
  shop: TestNode;
  link: Link;
  /** The coin that the funding spends. */
  coin: Buffer = Buffer.alloc(0);
  funding: Buffer = Buffer.alloc(0);

  private constructor(world: World, mallory: TestNode, shop: TestNode) {
    this.world = world;
    this.mallory = mallory;
    this.shop = shop;
    this.link = new Link(mallory, shop);
  }

  /** A channel with money of the shop in it, whose funding is in a block of so many confirmations. */
  static async set(confirmations: number): Promise<Scene> {
    const world = await World.create();
    const mallory = new TestNode(world, 'mallory');
    const shop = new TestNode(world, 'shop');
    await mallory.start();
    await shop.start();
    const scene = new Scene(world, mallory, shop);
    mallory.channels.options.wallet.fund = async (script_pubkey, amount_sat) => {
      scene.coin = world.coin();
      const { bytes, txid } = payFrom(scene.coin, amount_sat, script_pubkey);
      scene.funding = bytes;
      return { txid: txid as Txid, vout: 0 };
    };
    const end = await mallory.channels.open(scene.link.peer, { ...TERMS, announce_channel: false });
    assert.equal(end.kind, 'channel');
    await world.chain.broadcast([scene.funding]);
    await scene.mine(confirmations);
    assert.equal(scene.channel.state.phase, 'normal');
    assert.equal(waysIn(shop.channels.list()).length, 1);
    return scene;
  }

  get channel(): LiveChannel {
    return this.shop.channel;
  }

  async quiet(): Promise<void> {
    await quiet(this.link, this.shop, this.mallory);
  }

  async mine(blocks: number): Promise<void> {
    this.world.chain.mine(blocks, COIN_SCRIPT);
    await this.quiet();
  }

  /** The coin of the funding goes another way, in the newest of these blocks' successors. */
  async doubleSpend(depth: number): Promise<void> {
    this.world.chain.reorganise(depth, OTHER, 'drop');
    await this.world.chain.broadcast([spendAll(this.coin, 1_000n)]);
    await this.mine(1);
  }

  logged(pattern: RegExp): number {
    return this.shop.log.filter((line) => pattern.test(line)).length;
  }

  async restart(whileDown: () => Promise<void>): Promise<void> {
    this.link.cut();
    await this.quiet();
    await this.shop.channels.stop();
    await this.shop.follower.stop();
    await whileDown();
    this.shop = new TestNode(this.world, 'shop', this.shop.store);
    await this.shop.start();
    this.link = new Link(this.mallory, this.shop);
    await this.quiet();
  }
}

function assertCountsForNothing(scene: Scene): void {
  const { shop } = scene;
  assert.deepEqual(waysIn(shop.channels.list()), [], 'no hint');
  assert.deepEqual(fundsListed(shop.channels, shop.endings), [], 'no funds');
}

for (const confirmations of [2, 10]) {
  test(`a funding ${confirmations} blocks deep that is double-spent is said at once, counts for nothing, and is lost in the end`, async () => {
    const scene = await Scene.set(confirmations);
    await scene.doubleSpend(confirmations);
    assert.equal(scene.logged(/took its funding .* out of the chain/), 1);
    assert.equal(scene.logged(/spends what its funding .* 300000 sat of ours in it are lost/), 1);
    assertCountsForNothing(scene);
    const lines = scene.shop.log.length;
    for (let block = 0; block < 97; block++) await scene.mine(1);
    await scene.mine(1);
    assert.equal(scene.shop.log.length, lines, 'nothing is said for each block');
    assert.equal(scene.shop.channels.list().length, 1);
    await scene.mine(1);
    assert.equal(scene.logged(/IS LOST: .* 300000 sat in it were ours/), 1);
    assert.deepEqual(scene.shop.channels.list(), []);
    const [closed, ...others] = await scene.shop.endings.closed();
    assert.equal(others.length, 0);
    assert.equal(closed?.close_cause, 'onchain');
    assert.equal(closed?.figures?.to_us_msat, 0n);
    const [row] = await scene.shop.store.read('SELECT count(*) AS number FROM funding_coins');
    assert.equal(Number(row?.number), 0);
  });
}

test('a funding that comes back counts again, and so does one whose rival is undone', async () => {
  const scene = await Scene.set(2);
  scene.world.chain.reorganise(2, OTHER, 'drop');
  await scene.mine(1);
  assertCountsForNothing(scene);
  await scene.world.chain.broadcast([scene.funding]);
  await scene.mine(1);
  assert.equal(scene.logged(/is in the chain again/), 1);
  assert.equal(waysIn(scene.shop.channels.list()).length, 1);
  await scene.doubleSpend(1);
  assert.ok(scene.channel.state.funding_rival);
  scene.world.chain.reorganise(1, COIN_SCRIPT, 'drop');
  await scene.quiet();
  assert.equal(scene.channel.state.funding_rival, undefined);
  await scene.world.chain.broadcast([scene.funding]);
  await scene.mine(2);
  assert.equal(waysIn(scene.shop.channels.list()).length, 1);
  assert.equal(fundsListed(scene.shop.channels, scene.shop.endings).length, 1);
});

for (const confirmations of [2, 10]) {
  test(`a funding ${confirmations} blocks deep that is double-spent while the node is down`, async () => {
    const scene = await Scene.set(confirmations);
    await scene.restart(async () => {
      scene.world.chain.reorganise(confirmations, OTHER, 'drop');
      await scene.world.chain.broadcast([spendAll(scene.coin, 1_000n)]);
      scene.world.chain.mine(1, COIN_SCRIPT);
    });
    assert.equal(scene.logged(/took its funding .* out of the chain/), 1);
    assert.equal(scene.logged(/spends what its funding/), 1);
    assertCountsForNothing(scene);
    // What is known is kept over another start.
    await scene.restart(async () => {});
    assertCountsForNothing(scene);
    await scene.mine(100);
    assert.equal(scene.logged(/IS LOST/), 1);
    assert.deepEqual(scene.shop.channels.list(), []);
  });
}

test('a channel that was failing when its funding went ends as well, and its commitment is not sent for ever', async () => {
  const scene = await Scene.set(2);
  scene.shop.channels.forceClose(scene.channel.channel_id, 'the operator wants it');
  await scene.quiet();
  await scene.doubleSpend(2);
  assertCountsForNothing(scene);
  for (let block = 0; block < 100; block++) await scene.mine(1);
  assert.deepEqual(scene.shop.channels.list(), []);
  assert.deepEqual(scene.shop.endings.list(), []);
  assert.equal(scene.logged(/IS LOST/), 1);
});
