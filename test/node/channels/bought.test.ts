/**
 * Channels that were bought of a provider: used before they confirm, by a peer that nobody trusts. Nothing goes over them
 * before their funding is seen, or nothing but what they were bought for.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fundsListed } from '../../../src/app/daemon/command-modules.ts';
import { type Msat, msat, sat } from '../../../src/base/types/amount.ts';
import type { ChannelId, PaymentHash } from '../../../src/base/types/brand.ts';
import { waysIn } from '../../../src/node/channels/hint-source.ts';
import type { LiveChannel } from '../../../src/node/channels/live-channel.ts';
import { stateName } from '../../../src/node/channels/state-name.ts';
import type { BoughtOpening } from '../../../src/protocol/channel/accept.ts';
import { COIN_SCRIPT, spendAll } from '../../support/coins.ts';
import { amount, Link, preimage, quiet, quietUntil, SECRET, TestNode, World } from './node.ts';

const FUNDING_SAT = 55_000n;
const PAID = amount(50_000_000);
const FEE = amount(1_000_000);

class Scene {
  readonly world: World;
  readonly provider: TestNode;
  shop: TestNode;
  link: Link;
  /** What was bought, in the words of the port; undefined: nothing. */
  order: (BoughtOpening & { readonly payment_hash: PaymentHash }) | undefined;
  readonly opened: ChannelId[] = [];
  readonly forgotten: ChannelId[] = [];
  released = 0;

  private constructor(world: World, provider: TestNode, shop: TestNode) {
    this.world = world;
    this.provider = provider;
    this.shop = shop;
    this.#sell();
    this.link = new Link(this.provider, this.shop);
  }

  static async set(pays_unseen: boolean): Promise<Scene> {
    const world = await World.create();
    const [provider, shop] = [new TestNode(world, 'provider'), new TestNode(world, 'shop')];
    for (const node of [provider, shop]) await node.start();
    const scene = new Scene(world, provider, shop);
    scene.order = { payment_hash: preimage(1).payment_hash, max_to_self_delay: 100, pays_unseen };
    provider.holds_fundings = true;
    return scene;
  }

  #sell(): void {
    this.shop.bought = {
      claim: () =>
        this.order && {
          ...this.order,
          opened: (channel_id) => {
            this.opened.push(channel_id);
            return [];
          },
          release: () => void this.released++,
        },
      isFor: (_peer, payment_hash) => this.order?.payment_hash === payment_hash,
      forgotten: (channel_id) => {
        this.forgotten.push(channel_id);
        return [];
      },
    };
  }

  async open(): Promise<void> {
    const end = await this.provider.channels.open(this.link.peer, {
      funding_satoshis: sat(FUNDING_SAT),
      push_msat: msat(0),
      feerate_per_kw: 1000,
      announce_channel: false,
    });
    assert.equal(end.kind, 'channel');
    await this.quiet();
  }

  async quiet(): Promise<void> {
    await quiet(this.link, this.provider, this.shop);
  }

  async until(isSo: () => boolean): Promise<void> {
    await quietUntil(isSo, this.link, this.provider, this.shop);
  }

  /** Time goes on until the shop has looked for fundings again. */
  async look(): Promise<void> {
    this.world.clock.advance(30_000);
    await this.quiet();
  }

  async mine(count: number): Promise<void> {
    this.world.chain.mine(count, COIN_SCRIPT);
    await this.quiet();
  }

  /** The shop ends and starts again with what it had stored. */
  async restart(): Promise<void> {
    this.link.cut();
    await this.shop.channels.stop();
    this.shop = new TestNode(this.world, 'shop', this.shop.store);
    this.#sell();
    await this.shop.start();
    this.link = new Link(this.provider, this.shop);
    await this.quiet();
  }

  get channel(): LiveChannel {
    return this.shop.channel;
  }

  /** The provider brings a payment, less its fee. */
  offer(number: number, fee: bigint = FEE, paid: Msat = PAID): void {
    const { payment_hash } = preimage(number);
    const cltv_expiry = this.provider.follower.tip().height + 40;
    const htlc = {
      amount_msat: msat(paid - fee),
      payment_hash,
      cltv_expiry,
      onion_routing_packet: this.shop.onionFor(payment_hash, paid, cltv_expiry, SECRET),
      ...(fee === 0n ? {} : { extra_fee: msat(fee) }),
    };
    this.provider.channels.offer(this.provider.channel.channel_id, htlc, () => []);
  }

  async events(): Promise<readonly unknown[]> {
    return (await this.shop.store.read('SELECT type FROM events ORDER BY event_id')).map(({ type }) => type);
  }
}

test('a bought channel asks for less, and is used when its funding is in the mempool, not before', async () => {
  const scene = await Scene.set(false);
  const { shop, provider } = scene;
  await scene.open();
  const { state } = scene.channel;
  assert.equal(state.terms.minimum_depth, 0);
  assert.equal(state.terms.local.channel_reserve_satoshis, 354n);
  assert.equal(state.terms.local.to_self_delay, 100);
  assert.deepEqual(scene.opened, [scene.channel.channel_id]);
  await scene.look();
  assert.deepEqual([scene.channel.state.phase, scene.channel.state.ready_sent], ['opening', false]);
  assert.throws(() => scene.offer(1), /channel/);
  assert.deepEqual(waysIn(shop.channels.list()), []);

  await provider.sendFundings();
  await scene.look();
  await scene.until(() => scene.channel.state.phase === 'normal');
  scene.offer(1);
  await scene.until(() => shop.offered.length === 1);
  assert.deepEqual(
    [shop.offered[0]?.amount_msat, shop.offered[0]?.extra_fee, shop.offered[0]?.amt_to_forward],
    [49_000_000n, 1_000_000n, 50_000_000n],
  );
  await scene.mine(1);
  assert.equal(scene.channel.state.funding_sight, 'seen');
});

test('what was taken off a payment outlives a restart of the node', async () => {
  const scene = await Scene.set(false);
  await scene.open();
  await scene.provider.sendFundings();
  await scene.look();
  await scene.until(() => scene.channel.state.phase === 'normal');
  scene.offer(1);
  await scene.until(() => scene.shop.offered.length === 1);
  await scene.restart();
  assert.deepEqual([scene.shop.offered[0]?.extra_fee, scene.channel.state.htlcs[0]?.extra_fee], [FEE, FEE]);
});

test('a block does as well as the mempool, also for a node that was away when the channel was opened', async () => {
  const scene = await Scene.set(false);
  await scene.open();
  await scene.restart();
  await scene.look();
  assert.equal(scene.channel.state.phase, 'opening');
  await scene.provider.sendFundings();
  await scene.mine(1);
  await scene.until(() => scene.channel.state.phase === 'normal');
  assert.equal(scene.channel.state.funding_sight, 'seen');
});

test('who is trusted with one payment brings that one before the funding is seen, and no other', async () => {
  const scene = await Scene.set(true);
  const { shop, provider } = scene;
  await scene.open();
  await scene.until(() => scene.channel.state.phase === 'normal');
  assert.deepEqual(waysIn(shop.channels.list()), [], 'it is no capacity');
  assert.deepEqual(fundsListed(shop.channels, shop.endings), []);
  assert.equal(stateName(scene.channel.state), 'CHANNELD_AWAITING_LOCKIN');
  scene.offer(2);
  await scene.until(() => provider.removed.length === 1);
  assert.equal(shop.offered.length, 0, 'another payment goes back');
  scene.offer(1);
  await scene.until(() => shop.offered.length === 1);
  scene.shop.channels.fulfil(scene.channel.channel_id, 1n, preimage(1).payment_preimage);
  await scene.until(() => provider.fulfilled.length === 1 && scene.channel.state.htlcs.length === 0);
  scene.offer(1, 0n, amount(1_000_000));
  await scene.until(() => provider.removed.length === 3);
  assert.equal(shop.offered.length, 1, 'nor does the same come again');

  await provider.sendFundings();
  await scene.look();
  assert.equal(scene.channel.state.funding_sight, 'seen');
  assert.equal(fundsListed(shop.channels, shop.endings)[0]?.our_amount_msat, 49_000_000n);
});

test('a funding that never comes is said, and after a day the channel is forgotten and its order free', async () => {
  const scene = await Scene.set(false);
  await scene.open();
  const { channel_id } = scene.channel;
  scene.world.clock.advance(601_000);
  await scene.look();
  assert.ok((await scene.events()).includes('warning.funding_missing'));
  assert.match(scene.shop.log.join('\n'), /WARN channel .* is in no block and not in the mempool/);
  await scene.mine(143);
  assert.equal(scene.shop.channels.list().length, 1);
  await scene.mine(1);
  assert.equal(scene.shop.channels.list().length, 0);
  assert.deepEqual(scene.forgotten, [channel_id]);
});

test('a channel in which the payment was taken is kept, and its money claimed when the funding comes late', async () => {
  const scene = await Scene.set(true);
  const { provider, shop } = scene;
  await scene.open();
  await scene.until(() => scene.channel.state.phase === 'normal');
  scene.offer(1);
  await scene.until(() => shop.offered.length === 1);
  shop.channels.fulfil(scene.channel.channel_id, 0n, preimage(1).payment_preimage);
  await scene.until(() => scene.channel.state.htlcs.length === 0);
  await scene.mine(200);
  assert.equal(scene.channel.state.phase, 'normal', 'a day is over, and it is still there');
  shop.channels.forceClose(scene.channel.channel_id, 'the operator has had enough');
  await scene.quiet();
  assert.equal(scene.channel.state.phase, 'failed');
  assert.equal(shop.log.filter((line) => line.includes('is watched on')).length, 1);
  await provider.sendFundings();
  await scene.mine(1);
  await scene.until(() => scene.world.chain.pending.length > 0);
  await scene.mine(1);
  await scene.until(() => scene.channel.state.phase === 'spent');
});

test('when its funding leaves the mempool a bought channel counts no more, until it is back', async () => {
  const scene = await Scene.set(false);
  const { shop, provider } = scene;
  await scene.open();
  await provider.sendFundings();
  await scene.look();
  await scene.until(() => scene.channel.state.phase === 'normal');
  scene.world.chain.reorganise(0, COIN_SCRIPT, 'drop');
  await scene.look();
  assert.equal(scene.channel.state.funding_sight, 'waits');
  assert.ok((await scene.events()).includes('warning.funding_missing'));
  scene.offer(1);
  await scene.until(() => provider.removed.length === 1);
  assert.equal(shop.offered.length, 0);
  assert.deepEqual(waysIn(shop.channels.list()), []);
  await provider.sendFundings();
  await scene.look();
  assert.equal(scene.channel.state.funding_sight, 'seen');
  scene.offer(3, 0n);
  await scene.until(() => shop.offered.length === 1);
});

test('when another transaction takes the coin of the funding, that is said, and in the end the channel is lost', async () => {
  const scene = await Scene.set(false);
  const { shop, provider } = scene;
  await scene.open();
  await provider.sendFundings();
  await scene.look();
  await scene.until(() => scene.channel.state.phase === 'normal');
  scene.world.chain.reorganise(0, COIN_SCRIPT, 'drop');
  await scene.world.chain.broadcast([spendAll(provider.last_coin as Buffer, 5_000n)]);
  await scene.mine(1);
  assert.match(shop.log.join('\n'), /spends what its funding .* was to spend/);
  assert.equal(scene.channel.state.funding_rival === undefined, false);
  await scene.mine(100);
  assert.equal(shop.channels.list().filter(({ state }) => state.phase !== 'failed').length, 0);
  assert.match(shop.log.join('\n'), /IS LOST/);
});

test('an opening that fails gives its order back, and one that was ended by the peer too', async () => {
  const scene = await Scene.set(false);
  const end = scene.provider.channels.open(scene.link.peer, {
    funding_satoshis: sat(10_000),
    push_msat: msat(0),
    feerate_per_kw: 1000,
    announce_channel: false,
  });
  assert.equal((await end).kind, 'failed');
  scene.provider.refuseFunding = new Error('no coin');
  const second = await scene.provider.channels.open(scene.link.peer, {
    funding_satoshis: sat(FUNDING_SAT),
    push_msat: msat(0),
    feerate_per_kw: 1000,
    announce_channel: false,
  });
  assert.equal(second.kind, 'failed');
  await scene.quiet();
  // The first never became a channel, the second was one for a moment.
  assert.deepEqual([scene.forgotten, scene.shop.channels.list().length], [scene.opened, 0]);
});

test('what nothing was bought for is a channel like any other', async () => {
  const scene = await Scene.set(false);
  scene.order = undefined;
  await scene.open();
  assert.deepEqual([scene.channel.state.terms.minimum_depth, scene.channel.state.funding_sight], [1, undefined]);
});
