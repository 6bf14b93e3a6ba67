/** Our channel_update: said again before the network forgets it, after each reconnection, and when it is not true any more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sat } from '../../../src/base/types/amount.ts';
import type { ChannelUpdate } from '../../../src/codec/wire/index.ts';
import type { Store } from '../../../src/infra/store/store.ts';
import { COIN_SCRIPT } from '../../support/coins.ts';
import { amount, Link, quiet, TestNode, World } from './node.ts';

const DAY_MS = 24 * 3_600_000;
const DISABLED = 2;

class Couple {
  readonly world: World;
  shop: TestNode;
  readonly customer: TestNode;
  link: Link;

  private constructor(world: World, customer: TestNode, shop: TestNode) {
    this.world = world;
    this.customer = customer;
    this.shop = shop;
    this.link = new Link(customer, shop);
  }

  static async meet(announce_channel: boolean): Promise<Couple> {
    const world = await World.create();
    const couple = new Couple(world, new TestNode(world, 'customer'), new TestNode(world, 'shop'));
    for (const node of [couple.customer, couple.shop]) await node.start();
    const end = await couple.customer.channels.open(couple.link.peer, {
      funding_satoshis: sat(1_000_000),
      push_msat: amount(100_000_000),
      feerate_per_kw: 1000,
      announce_channel,
    });
    assert.equal(end.kind, 'channel');
    for (let block = 0; block < 8; block++) {
      world.chain.mine(1, COIN_SCRIPT);
      await couple.follow();
    }
    assert.equal(couple.shop.channel.state.phase, 'normal');
    return couple;
  }

  async follow(): Promise<void> {
    await quiet(this.link, this.customer, this.shop);
  }

  async time(ms: number): Promise<void> {
    this.world.clock.advance(ms);
    await this.follow();
  }

  async reconnect(): Promise<void> {
    this.link.cut();
    await this.follow();
    this.link = new Link(this.customer, this.shop);
    await this.follow();
  }

  /** The shop's process ends, and a new one starts on what it stored. */
  async restart(fee_base_msat = 0): Promise<void> {
    this.link.cut();
    await this.follow();
    const store: Store = this.shop.store;
    await this.shop.channels.stop();
    await this.shop.follower.stop();
    this.shop = new TestNode(this.world, 'shop', store);
    this.shop.forwarding.fee_base_msat = fee_base_msat;
    await this.shop.start();
    this.link = new Link(this.customer, this.shop);
    await this.follow();
  }

  /** What the shop has said over the present connection since the last look. */
  updates(): ChannelUpdate[] {
    const said = this.link.said.splice(0).filter(({ by }) => by === 'shop');
    return said.flatMap(({ message }) => (message.type === 'channel_update' ? [message] : []));
  }
}

for (const announce of [true, false]) {
  const kind = announce ? 'a public' : 'a private';
  test(`the update of ${kind} channel is said again after a reconnection, and another one before two weeks are over`, async () => {
    const couple = await Couple.meet(announce);
    const first = couple.updates().at(-1);
    assert.ok(first !== undefined);
    assert.equal((first.channel_flags & DISABLED) !== 0, announce, 'only what the network hears is disabled');
    await couple.reconnect();
    const [again, ...more] = couple.updates();
    assert.deepEqual([again, more], [first, []], 'the same, so that nobody relays it for nothing');
    await couple.time(11 * DAY_MS);
    assert.deepEqual(couple.updates(), []);
    await couple.time(1.5 * DAY_MS);
    const [fresh] = couple.updates();
    assert.ok(fresh !== undefined && fresh.timestamp > first.timestamp + 11 * 24 * 3600);
    await couple.time(DAY_MS);
    assert.deepEqual(couple.updates(), [], 'once');
  });
}

test('the timestamp rises through restarts, whatever the clock does', async () => {
  const couple = await Couple.meet(false);
  const [first] = couple.updates().slice(-1);
  assert.ok(first !== undefined);
  couple.world.clock.advance(-3_600_000);
  await couple.restart();
  assert.deepEqual(couple.updates(), [first]);
  await couple.restart(7);
  const [changed] = couple.updates();
  assert.equal(changed?.timestamp, first.timestamp + 1);
});
