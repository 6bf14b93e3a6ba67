/** Two nodes with channels, of which one misbehaves as a test wants. */
import assert from 'node:assert/strict';
import { sat } from '../../../src/base/types/amount.ts';
import type { ChannelId } from '../../../src/base/types/brand.ts';
import type { KnownMessage } from '../../../src/codec/wire/index.ts';
import type { LiveChannel } from '../../../src/node/channels/live-channel.ts';
import { COIN_SCRIPT } from '../../support/coins.ts';
import { amount, Link, preimage, quiet, SECRET, TestNode, World } from './node.ts';

/** A shop, and a customer that opened some channels to it and misbehaves as the tests want. */
export class Couple {
  readonly world: World;
  readonly customer: TestNode;
  readonly shop: TestNode;
  link: Link;
  /** What does not arrive. */
  isLost: (message: KnownMessage) => boolean = () => false;
  /** Connections that the shop ended, and why. */
  readonly hang_ups: string[] = [];

  private constructor(world: World, customer: TestNode, shop: TestNode) {
    this.world = world;
    this.customer = customer;
    this.shop = shop;
    this.link = this.#connect();
  }

  static async meet(count: number): Promise<Couple> {
    const world = await World.create();
    const couple = new Couple(world, new TestNode(world, 'customer'), new TestNode(world, 'shop'));
    for (const node of [couple.customer, couple.shop]) await node.start();
    for (let channel = 0; channel < count; channel++) {
      const end = await couple.customer.channels.open(couple.link.peer, {
        funding_satoshis: sat(1_000_000),
        push_msat: amount(100_000_000),
        feerate_per_kw: 1000,
        announce_channel: false,
      });
      assert.equal(end.kind, 'channel');
      world.chain.mine(2, COIN_SCRIPT);
      await couple.follow();
    }
    return couple;
  }

  #connect(): Link {
    const link = new Link(
      this.customer,
      this.shop,
      (reason) => this.hang_ups.push(reason),
      (message) => this.isLost(message),
    );
    this.link = link;
    return link;
  }

  async reconnect(): Promise<void> {
    this.link.cut();
    this.#connect();
    await this.follow();
  }

  async follow(): Promise<void> {
    await quiet(this.link, this.customer, this.shop);
  }

  /** The shop's channels, in a fixed order. */
  get channels(): readonly [LiveChannel, LiveChannel] {
    const list = [...this.shop.channels.list()].sort((a, b) => (a.channel_id < b.channel_id ? -1 : 1));
    return list as unknown as [LiveChannel, LiveChannel];
  }

  /** The customer's side of the connection says this to the shop. */
  async say(message: KnownMessage): Promise<void> {
    this.link.say(message);
    await this.follow();
  }

  async time(ms: number): Promise<void> {
    this.world.clock.advance(ms);
    await this.follow();
  }

  /** A payment over this channel arrives. */
  async pay(channel_id: ChannelId, number: number): Promise<void> {
    const { payment_hash } = preimage(number);
    const cltv_expiry = this.customer.follower.tip().height + 40;
    const amount_msat = amount(1_000_000);
    const before = this.shop.offered.length;
    this.customer.channels.offer(
      channel_id,
      {
        amount_msat,
        payment_hash,
        cltv_expiry,
        onion_routing_packet: this.shop.onionFor(payment_hash, amount_msat, cltv_expiry, SECRET),
      },
      () => [],
    );
    await this.follow();
    assert.equal(this.shop.offered.length, before + 1);
  }
}
