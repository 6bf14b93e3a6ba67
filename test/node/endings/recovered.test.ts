/** Channels of which only the terms are left, and endings that Till cannot follow: each costs nobody else anything. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sat } from '../../../src/base/types/amount.ts';
import type { Store } from '../../../src/infra/store/store.ts';
import type { LiveChannel } from '../../../src/node/channels/live-channel.ts';
import { lostChannel } from '../../../src/protocol/channel/lost.ts';
import { amount, Link, quiet, TestNode, World } from '../channels/node.ts';
import { MINER, POLICY } from './pair.ts';

/** A shop with channels that a customer opened or it opened itself, in a world where both may lose everything. */
class Couple {
  readonly world: World;
  readonly shop: TestNode;
  link: Link | undefined;
  customer: TestNode;

  private constructor(world: World, customer: TestNode, shop: TestNode) {
    this.world = world;
    this.customer = customer;
    this.shop = shop;
  }

  static async meet(): Promise<Couple> {
    const world = await World.create();
    const [customer, shop] = ['customer', 'shop'].map((name) => new TestNode(world, name, undefined, POLICY));
    assert.ok(customer !== undefined && shop !== undefined);
    const couple = new Couple(world, customer, shop);
    for (const node of [customer, shop]) await node.start();
    couple.link = new Link(customer, shop);
    return couple;
  }

  /** The customer opens a channel. */
  async open(push_sat: number): Promise<LiveChannel> {
    assert.ok(this.link !== undefined);
    const end = await this.customer.channels.open(this.link.peer, {
      funding_satoshis: sat(1_000_000),
      push_msat: amount(push_sat * 1000),
      feerate_per_kw: 1000,
      announce_channel: false,
    });
    assert.ok(end.kind === 'channel');
    await this.mine(2);
    const channel = this.customer.channels.find(end.channel_id);
    assert.ok(channel?.state.phase === 'normal');
    return channel;
  }

  async follow(): Promise<void> {
    for (const node of [this.customer, this.shop]) {
      await quiet(this.link as Link, this.customer, this.shop);
      await node.endings.idle();
    }
    await quiet(this.link as Link, this.customer, this.shop);
  }

  async mine(blocks: number): Promise<void> {
    for (let block = 0; block < blocks; block++) {
      this.world.chain.mine(1, MINER);
      await this.follow();
    }
  }

  /** The customer's machine is gone; a new one has the same keys and, unless it is given a store, nothing else. */
  async lose(store?: Store): Promise<void> {
    this.link?.cut();
    await this.follow();
    await this.customer.channels.stop();
    await this.customer.endings.stop();
    await this.customer.follower.stop();
    this.customer = new TestNode(this.world, 'customer', store, POLICY);
    await this.customer.start();
  }

  async balance(): Promise<bigint> {
    const { confirmed_sat, unconfirmed_sat } = await this.customer.wallet.balance();
    return confirmed_sat + unconfirmed_sat;
  }
}

for (const [how, push_sat] of [
  ['that was never used', 0],
  ['that was used', 250_000],
] as const) {
  test(`a channel ${how} is recovered from its terms: the peer's commitment is swept, and no figure is made up`, async () => {
    const couple = await Couple.meet();
    const { peer_id, key_id, state } = await couple.open(push_sat);
    await couple.lose();
    const { customer, shop } = couple;
    const { script_pubkey } = await customer.wallet.newAddress('p2tr');
    await customer.channels.recover(
      peer_id,
      key_id,
      lostChannel({ ...state.terms, default_shutdown_script: script_pubkey }),
    );
    couple.link = new Link(customer, shop);
    await couple.follow();
    assert.equal(shop.channel.state.phase, 'failed', 'the peer was asked to close, and closes');
    await couple.mine(1);
    assert.equal(customer.endings.list()[0]?.ending, 'unknown');
    await couple.mine(POLICY.irrevocable_depth + 4);
    assert.equal(customer.channels.list().length, 0);
    const [closed, ...rest] = await customer.endings.closed();
    assert.ok(closed !== undefined && rest.length === 0);
    assert.equal(closed.ending, 'unknown');
    assert.equal(closed.figures, undefined);
    const balance_sat = await couple.balance();
    const share_sat = 1_000_000n - BigInt(push_sat);
    assert.ok(balance_sat < share_sat && balance_sat > share_sat - 5_000n, `${balance_sat} sat`);
  });
}

test('a stub that an earlier Till stored, with a number and balances of its own, is known for what it is', async () => {
  const couple = await Couple.meet();
  const { peer_id, key_id, state } = await couple.open(0);
  await couple.lose();
  const { customer } = couple;
  await customer.channels.recover(peer_id, key_id, lostChannel(state.terms));
  const [row] = await customer.store.read('SELECT state FROM channels');
  const stored = JSON.parse(row?.state as string) as { state: Record<string, unknown> };
  const { knowledge, ...earlier } = stored.state;
  assert.equal(knowledge, 'terms');
  const text = JSON.stringify({ ...stored, state: earlier });
  await customer.store.commit([{ sql: 'UPDATE channels SET state = ?', params: [text] }]);
  await couple.lose(customer.store);
  assert.equal(couple.customer.channel.state.knowledge, 'terms');
});

test('an ending that Till cannot follow is told, tried again, and keeps no other from its money', async () => {
  const couple = await Couple.meet();
  const poisoned = await couple.open(100_000);
  const sound = await couple.open(200_000);
  const { channel_id } = poisoned;
  const store = couple.customer.store;
  const stateOf = async (): Promise<string> => {
    const [row] = await store.read('SELECT state FROM channels WHERE channel_id = ?', [channel_id]);
    return row?.state as string;
  };
  const good = await stateOf();
  // Both balances together are more than the funding: no commitment can be built of them.
  const bad = good.replace(/"remote_msat":"\d+"/, '"remote_msat":"1000000000"');
  assert.notEqual(bad, good);
  const write = (text: string) =>
    store.commit([{ sql: 'UPDATE channels SET state = ? WHERE channel_id = ?', params: [text, channel_id] }]);
  await write(bad);
  await couple.lose(store);
  for (const { channel_id: each } of couple.shop.channels.list())
    couple.shop.channels.forceClose(each, 'the test says so');
  await couple.follow();
  await couple.mine(3);
  const { customer } = couple;
  const view = customer.endings.view(channel_id);
  assert.match(view?.status.join('\n') ?? '', /cannot be followed/);
  assert.equal(customer.log.filter((line) => /cannot be followed/.test(line)).length, 1, 'it is logged once');
  assert.equal(customer.endings.view(sound.channel_id)?.ending, 'remote');
  await couple.mine(POLICY.irrevocable_depth + 4);
  assert.deepEqual(
    customer.channels.list().map((channel) => channel.channel_id),
    [channel_id],
    'the sound one is collected',
  );
  const before_sat = await couple.balance();
  assert.ok(before_sat > 790_000n);
  // The next start finds it as bad as it was, and goes on; when the cause is gone, the money comes.
  await couple.lose(store);
  await couple.mine(2);
  assert.equal(couple.customer.endings.list().length, 1);
  const now = await stateOf();
  await write(now.replace('"remote_msat":"1000000000"', '"remote_msat":"100000000"'));
  await couple.lose(store);
  await couple.mine(POLICY.irrevocable_depth + 4);
  assert.equal(couple.customer.channels.list().length, 0);
  assert.ok((await couple.balance()) > before_sat + 890_000n);
});
