/** What went over a channel is counted once, whatever the connection and the process do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sat } from '../../../src/base/types/amount.ts';
import type { LiveChannel } from '../../../src/node/channels/live-channel.ts';
import { NO_TRAFFIC, type Traffic } from '../../../src/node/channels/traffic.ts';
import { COIN_SCRIPT } from '../../support/coins.ts';
import { amount, Link, preimage, quiet, SECRET, TestNode, World } from './node.ts';

const MINUTE_MS = 60_000;
/** Two are paid, and the last is refused. */
const PAYMENTS = [10_000_000, 20_000_000, 40_000_000] as const;
const REFUSED_MSAT = 40_000_000n;

class Couple {
  readonly payer: TestNode;
  shop: TestNode;
  link: Link;

  private constructor(payer: TestNode, shop: TestNode) {
    this.payer = payer;
    this.shop = shop;
    this.link = new Link(payer, shop);
  }

  static async meet(): Promise<Couple> {
    const world = await World.create();
    const [payer, shop] = [new TestNode(world, 'payer'), new TestNode(world, 'shop')];
    for (const node of [payer, shop]) await node.start();
    const couple = new Couple(payer, shop);
    answer(shop);
    const end = await payer.channels.open(couple.link.peer, {
      funding_satoshis: sat(1_000_000),
      push_msat: amount(100_000_000),
      feerate_per_kw: 1000,
      announce_channel: false,
    });
    assert.equal(end.kind, 'channel');
    world.chain.mine(6, COIN_SCRIPT);
    await couple.follow();
    return couple;
  }

  async follow(): Promise<void> {
    await quiet(this.link, this.payer, this.shop);
  }

  pay(): void {
    const { channels, follower, channel } = this.payer;
    for (const [number, amount_msat] of PAYMENTS.entries()) {
      const { payment_hash } = preimage(number);
      const cltv_expiry = follower.tip().height + 40;
      const onion_routing_packet = this.shop.onionFor(payment_hash, amount(amount_msat), cltv_expiry, SECRET);
      const htlc = { amount_msat: amount(amount_msat), payment_hash, cltv_expiry, onion_routing_packet };
      channels.offer(channel.channel_id, htlc, () => []);
    }
  }

  async reconnect(): Promise<void> {
    this.link.cut();
    await quiet(this.link, this.payer, this.shop);
    this.link = new Link(this.payer, this.shop);
    await this.follow();
  }

  /** The shop's process ends, and a new one starts on what it stored. */
  async restart(): Promise<void> {
    this.link.cut();
    await this.follow();
    await this.shop.channels.stop();
    await this.shop.follower.stop();
    this.shop = new TestNode(this.payer.world, 'shop', this.shop.store);
    answer(this.shop);
    await this.shop.start();
    this.link = new Link(this.payer, this.shop);
    await this.follow();
  }
}

/** The shop takes what it is offered, except the last payment. */
function answer(shop: TestNode): void {
  shop.onOffer = ({ channel_id, htlc_id, payment_hash, amount_msat }) => {
    if (amount_msat === REFUSED_MSAT) {
      shop.channels.fail(channel_id, htlc_id, { failure: 'temporary_node_failure' });
      return;
    }
    const known = PAYMENTS.map((_, number) => preimage(number)).find((each) => each.payment_hash === payment_hash);
    assert.ok(known !== undefined);
    shop.channels.fulfil(channel_id, htlc_id, known.payment_preimage);
  };
}

/** The same as the other side sees it. */
function mirrored(traffic: Traffic): Traffic {
  return {
    in_payments_offered: traffic.out_payments_offered,
    in_offered_msat: traffic.out_offered_msat,
    in_payments_fulfilled: traffic.out_payments_fulfilled,
    in_fulfilled_msat: traffic.out_fulfilled_msat,
    out_payments_offered: traffic.in_payments_offered,
    out_offered_msat: traffic.in_offered_msat,
    out_payments_fulfilled: traffic.in_payments_fulfilled,
    out_fulfilled_msat: traffic.in_fulfilled_msat,
  };
}

const SENT: Traffic = {
  ...NO_TRAFFIC,
  out_payments_offered: 3,
  out_offered_msat: 70_000_000n,
  out_payments_fulfilled: 2,
  out_fulfilled_msat: 30_000_000n,
};

test('each payment is counted once at both ends, wherever the connection breaks', async () => {
  for (let after = 0; after <= 14; after++) {
    const couple = await Couple.meet();
    assert.deepEqual(couple.payer.channel.traffic, NO_TRAFFIC);
    couple.pay();
    const until = couple.link.count + after;
    for (let turn = 0; couple.link.count < until && turn < 200; turn++) {
      await couple.shop.channels.book.idle();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await couple.reconnect();
    assert.deepEqual(couple.payer.channel.traffic, SENT, `cut after ${after} messages`);
    assert.deepEqual(couple.shop.channel.traffic, mirrored(SENT), `cut after ${after} messages`);
    assert.equal(couple.shop.channel.state.htlcs.length, 0);
  }
});

test('the figures are on disk with the HTLCs that they count', async () => {
  const couple = await Couple.meet();
  couple.pay();
  await couple.follow();
  await couple.restart();
  assert.deepEqual(couple.shop.channel.traffic, mirrored(SENT));
});

test('a connection is noted once it has lasted a minute, once, and the note outlives the process', async () => {
  const couple = await Couple.meet();
  const { clock } = couple.payer.world;
  const noted = ({ last_stable_connection }: LiveChannel) => last_stable_connection;
  const minute = async (): Promise<void> => {
    clock.advance(MINUTE_MS);
    await couple.follow();
  };
  await minute();
  await couple.reconnect();
  await minute();
  assert.equal(noted(couple.shop.channel), undefined, 'each connection was up at one look only');
  await minute();
  const first = noted(couple.shop.channel);
  assert.equal(first, clock.nowSeconds());
  await minute();
  assert.equal(noted(couple.shop.channel), first, 'once for each connection');
  await couple.restart();
  assert.equal(noted(couple.shop.channel), first);
  await minute();
  await minute();
  assert.equal(noted(couple.shop.channel), clock.nowSeconds());
});
