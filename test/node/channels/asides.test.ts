/** Channels that cannot go on: one that is refused must neither loop nor take the peer's other channels along. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sat } from '../../../src/base/types/amount.ts';
import type { ChannelId } from '../../../src/base/types/brand.ts';
import type { KnownMessage } from '../../../src/codec/wire/index.ts';
import type { LiveChannel } from '../../../src/node/channels/live-channel.ts';
import type { ConnectedPeer } from '../../../src/node/channels/ports.ts';
import { loseState } from '../../../src/protocol/channel/lost.ts';
import { COIN_SCRIPT } from '../../support/coins.ts';
import { amount, Link, preimage, quiet, SECRET, TestNode, World } from './node.ts';

/** A shop, and a customer that opened some channels to it and misbehaves as the tests want. */
class Couple {
  readonly world: World;
  readonly customer: TestNode;
  readonly shop: TestNode;
  link: Link;
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
    const link = new Link(this.customer, this.shop, (reason) => this.hang_ups.push(reason));
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

const tooLow = (channel_id: ChannelId): KnownMessage => ({ type: 'update_fee', channel_id, feerate_per_kw: 1 });
const internal = (channel_id: ChannelId): KnownMessage => ({
  type: 'error',
  channel_id,
  data: Buffer.from('internal error'),
});

test('a refused message of one channel leaves the connection to the others; the same one again and again lets the channel rest', async () => {
  const couple = await Couple.meet(2);
  const [bad, good] = couple.channels;
  let refused = 0;
  for (let round = 1; round <= 8; round++) {
    if (bad.state.link === 'up') refused++;
    await couple.say(tooLow(bad.channel_id));
    assert.equal(bad.state.link, 'aside');
    assert.deepEqual(couple.hang_ups, [], 'nothing is interrupted for it');
    await couple.pay(good.channel_id, round);
    await couple.reconnect();
    assert.equal(good.state.link, 'up');
  }
  assert.equal(refused, 3, 'and then it rests');
  assert.equal(bad.state.phase, 'normal', 'it is not lost');
  await couple.time(3_600_000);
  await couple.reconnect();
  assert.equal(bad.state.link, 'up', 'after an hour it is tried again');
  await couple.say(tooLow(bad.channel_id));
  await couple.reconnect();
  assert.equal(bad.state.link, 'aside', 'once');
});

test('what was refused and is taken after all begins the count again', async () => {
  const couple = await Couple.meet(2);
  const [bad] = couple.channels;
  for (let round = 0; round < 6; round++) {
    await couple.say(tooLow(bad.channel_id));
    await couple.reconnect();
    await couple.say({ type: 'update_fee', channel_id: bad.channel_id, feerate_per_kw: 1100 });
    await couple.reconnect();
    assert.equal(bad.state.link, 'up');
  }
});

test('a minute after a refusal the connection is begun again for the channel, twice', async () => {
  const couple = await Couple.meet(2);
  const [bad] = couple.channels;
  for (const hang_ups of [1, 2]) {
    await couple.say(tooLow(bad.channel_id));
    assert.equal(couple.hang_ups.length, hang_ups - 1);
    await couple.time(60_000);
    assert.equal(couple.hang_ups.length, hang_ups);
    await couple.reconnect();
  }
  await couple.say(tooLow(bad.channel_id));
  await couple.time(60_000);
  await couple.time(3_600_000);
  assert.equal(couple.hang_ups.length, 2, 'the other channel shows that the connection is good');
});

test('the only channel of a peer is tried again at once, then rests without hanging up', async () => {
  const couple = await Couple.meet(1);
  const [channel] = couple.channels;
  for (const hang_ups of [1, 2, 2]) {
    await couple.say(tooLow(channel.channel_id));
    assert.equal(couple.hang_ups.length, hang_ups);
    await couple.reconnect();
  }
  assert.equal(channel.state.link, 'aside');
});

test('an error that LND takes back costs no channel: a new connection goes on, and only days of it close', async () => {
  const couple = await Couple.meet(1);
  const [channel] = couple.channels;
  await couple.say(internal(channel.channel_id));
  assert.equal(couple.hang_ups.length, 1);
  await couple.reconnect();
  await couple.pay(channel.channel_id, 1);
  assert.equal(channel.aside, undefined);
  for (let time = 1; time < 24; time++) {
    await couple.say(internal(channel.channel_id));
    await couple.time(3_600_000);
    await couple.reconnect();
    assert.equal(channel.state.phase, 'normal', `after ${time} errors`);
  }
  await couple.say(internal(channel.channel_id));
  assert.equal(channel.state.phase, 'failed');
  assert.match(channel.state.failure?.reason ?? '', /24 times in a row the peer says: internal error/);
});

test('closing a channel that rests tries it again at once', async () => {
  const couple = await Couple.meet(2);
  const [bad] = couple.channels;
  for (let round = 0; round < 3; round++) {
    await couple.say(tooLow(bad.channel_id));
    await couple.reconnect();
  }
  assert.equal(bad.state.link, 'aside');
  couple.shop.channels.apply(bad, { kind: 'shutdown' });
  couple.shop.channels.tryNow(bad);
  await couple.follow();
  await couple.reconnect();
  assert.equal(bad.state.phase, 'closed');
});

test('a peer that must close a channel is asked every minute until the funding is spent', async () => {
  const couple = await Couple.meet(1);
  couple.link.cut();
  const [channel] = couple.channels;
  channel.state = loseState(channel.state);
  const said: KnownMessage[] = [];
  const deaf: ConnectedPeer = {
    node_id: couple.customer.node_id,
    features: new Set(),
    host: undefined,
    is_wanted: false,
    send: (messages) => void said.push(...messages),
    awake: () => undefined,
    disconnect: () => {},
  };
  couple.shop.channels.peerConnected(deaf);
  await couple.follow();
  assert.deepEqual(
    said.splice(0).map(({ type }) => type),
    ['channel_reestablish'],
  );
  for (let minute = 0; minute < 3; minute++) await couple.time(60_000);
  assert.deepEqual(
    said.splice(0).map(({ type }) => type),
    ['error', 'error', 'error'],
  );
  couple.shop.channels.apply(channel, { kind: 'funding_spent', transaction: '' });
  await couple.time(60_000);
  assert.deepEqual(said, []);
});
