/**
 * Crowds of strangers with channels that they never fund: they must push nobody out in whose channel money of ours waits,
 * block nobody who is known, and block no newcomer by being many in one place.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sat } from '../../src/base/types/amount.ts';
import type { Txid } from '../../src/base/types/brand.ts';
import { MemoryStore } from '../../src/infra/store/memory-store.ts';
import type { Store } from '../../src/infra/store/store.ts';
import { amount, Link, quiet, TestNode, World } from '../node/channels/node.ts';
import { COIN_SCRIPT, payFrom } from '../support/coins.ts';

const TERMS = { funding_satoshis: sat(1_000_000), push_msat: amount(0), feerate_per_kw: 1000, announce_channel: false };

/** In memory, wherever the shop keeps its rows: a hundred strangers would take all connections of a server. */
function strangersStore(): Store {
  return new MemoryStore({ onFailure: (error) => assert.fail(error) });
}

class Crowd {
  readonly world: World;
  shop: TestNode;
  readonly links: Link[] = [];
  #number = 0;

  static async gather(): Promise<Crowd> {
    const world = await World.create();
    const shop = new TestNode(world, 'shop');
    await shop.start();
    return new Crowd(world, shop);
  }

  private constructor(world: World, shop: TestNode) {
    this.world = world;
    this.shop = shop;
  }

  /** A node that calls the shop from this host. */
  async arrive(name: string, host: string): Promise<{ node: TestNode; link: Link }> {
    const node = new TestNode(this.world, name, strangersStore());
    node.host = host;
    await node.start();
    const link = new Link(node, this.shop);
    this.links.push(link);
    return { node, link };
  }

  /** Opens a channel that will never be funded. True when the shop takes it. */
  async promise({ node, link }: { node: TestNode; link: Link }, push_msat = 0): Promise<boolean> {
    this.#number += 1;
    node.fundWith = { txid: this.#number.toString(16).padStart(64, '0') as Txid, vout: 0 };
    const end = await node.channels.open(link.peer, { ...TERMS, push_msat: amount(push_msat) });
    await quiet(link, this.shop, node);
    return end.kind === 'channel';
  }

  /** So many strangers, each with four promises if it gets them; they stay connected when `stay`. */
  async crowd(count: number, hostOf: (number: number) => string, stay: boolean, push_msat = 0): Promise<void> {
    for (let number = 0; number < count; number++) {
      const stranger = await this.arrive(`stranger ${number}`, hostOf(number));
      for (let each = 0; each < 4; each++) await this.promise(stranger, push_msat);
      if (!stay) stranger.link.cut();
    }
  }
}

/** Opens a channel of which the returned transaction is the funding, and that the node does not send. */
async function openHonest(crowd: Crowd, node: TestNode, link: Link, push_msat: number): Promise<Buffer> {
  let funding: Buffer | undefined;
  const { wallet } = node.channels.options;
  wallet.fund = async (script_pubkey, amount_sat) => {
    const { bytes, txid } = payFrom(crowd.world.coin(), amount_sat, script_pubkey);
    funding = bytes;
    return { txid: txid as Txid, vout: 0 };
  };
  const end = await node.channels.open(link.peer, { ...TERMS, push_msat: amount(push_msat) });
  assert.equal(end.kind, 'channel');
  await quiet(link, crowd.shop, node);
  assert.ok(funding);
  return funding;
}

for (const push_msat of [0, 1_000_000]) {
  test(`26 identities and more push no channel out that holds money of ours, with ${push_msat} msat in theirs`, async () => {
    const crowd = await Crowd.gather();
    const { node, link } = await crowd.arrive('honest', '192.0.2.1');
    const funding = await openHonest(crowd, node, link, 300_000_000);
    link.cut();
    await crowd.crowd(40, (number) => `198.51.100.${number}`, false, push_msat);
    await crowd.world.chain.broadcast([funding]);
    crowd.world.chain.mine(3, COIN_SCRIPT);
    const again = new Link(node, crowd.shop);
    await quiet(again, crowd.shop, node);
    const [channel] = crowd.shop.channels.list().filter(({ peer_id }) => peer_id === node.node_id);
    assert.equal(channel?.state.phase, 'normal');
    assert.equal(channel?.state.local_msat, 300_000_000n);
  });
}

for (const push_msat of [0, 1_000_000]) {
  test(`strangers that stay connected block no newcomer, with ${push_msat} msat in their channels`, async () => {
    const crowd = await Crowd.gather();
    await crowd.crowd(30, () => '198.51.100.1', true, push_msat);
    const newcomer = await crowd.arrive('newcomer', '192.0.2.1');
    assert.equal(await crowd.promise(newcomer), true);
    const neighbour = await crowd.arrive('neighbour', '198.51.100.1');
    assert.equal(await crowd.promise(neighbour), true, 'also one from where they come from');
    const payer = await crowd.arrive('payer', '192.0.2.2');
    assert.equal(await crowd.promise(payer, 5_000_000), true, 'and one that brings money');
  });
}

test('an address has its share of the places and no more', async () => {
  const crowd = await Crowd.gather();
  await crowd.crowd(16, () => '198.51.100.1', true);
  const unfunded = crowd.shop.channels.list().length;
  assert.ok(unfunded <= 60, `${unfunded} from one address`);
  await crowd.crowd(11, (number) => `203.0.113.${number}`, true);
  assert.ok(crowd.shop.channels.list().length <= 100);
  // All places are taken: an address with one channel is not what makes room.
  const single = await crowd.arrive('single', '192.0.2.1');
  assert.equal(await crowd.promise(single), true);
  for (let number = 0; number < 10; number++) {
    const other = await crowd.arrive(`other ${number}`, '192.0.2.2');
    await crowd.promise(other);
  }
  assert.ok(crowd.shop.channels.list().some(({ peer_id }) => peer_id === single.node.node_id));
  assert.ok(crowd.shop.channels.list().length <= 100);
});

test('openings that are all begun at once get no more places', async () => {
  const crowd = await Crowd.gather();
  const strangers = await Promise.all(
    Array.from({ length: 40 }, (_, number) => crowd.arrive(`stranger ${number}`, `198.51.100.${number}`)),
  );
  let number = 0;
  for (const { node } of strangers) {
    node.channels.options.wallet.fund = async () => {
      number += 1;
      return { txid: number.toString(16).padStart(64, '0') as Txid, vout: 0 };
    };
  }
  await Promise.all(
    strangers.flatMap(({ node, link }) => [1, 2, 3, 4].map(() => node.channels.open(link.peer, TERMS))),
  );
  for (const { node, link } of strangers) await quiet(link, crowd.shop, node);
  assert.ok(crowd.shop.channels.list().length <= 100, `${crowd.shop.channels.list().length} channels`);
});

test('peers that we have a channel with, or that we called, have places of their own', async () => {
  const crowd = await Crowd.gather();
  const { shop, world } = crowd;
  const known = await crowd.arrive('known', '198.51.100.1');
  const funding = await openHonest(crowd, known.node, known.link, 0);
  await world.chain.broadcast([funding]);
  world.chain.mine(3, COIN_SCRIPT);
  await quiet(known.link, shop, known.node);
  await crowd.crowd(110, (number) => `203.0.113.${number}`, true);
  assert.equal(await crowd.promise(known), true);
  const called = new TestNode(world, 'called');
  await called.start();
  const link = new Link(shop, called);
  const peer = called.channels.peer(shop.node_id);
  assert.ok(peer);
  called.fundWith = { txid: 'ff'.repeat(32) as Txid, vout: 0 };
  assert.equal((await called.channels.open(peer, TERMS)).kind, 'channel');
  await quiet(link, shop, called);
  const before = shop.channels.list().filter(({ peer_id }) => peer_id === called.node_id);
  assert.equal(before.length, 1);
});

test('a channel whose funding comes after two weeks is closed, and what was pushed in it is ours', async () => {
  for (const restarts of [false, true]) {
    const crowd = await Crowd.gather();
    const { world } = crowd;
    const { node, link } = await crowd.arrive('honest', '192.0.2.1');
    const funding = await openHonest(crowd, node, link, 300_000_000);
    world.chain.mine(2_016, COIN_SCRIPT);
    await quiet(link, crowd.shop, node);
    assert.deepEqual(crowd.shop.channels.list(), []);
    link.cut();
    if (restarts) {
      await crowd.shop.channels.stop();
      await crowd.shop.follower.stop();
      crowd.shop = new TestNode(world, 'shop', crowd.shop.store);
      await crowd.shop.start();
    }
    await world.chain.broadcast([funding]);
    for (let block = 0; block < 160; block++) {
      world.chain.mine(1, COIN_SCRIPT);
      await quiet(link, crowd.shop);
      await crowd.shop.endings.idle();
    }
    const { confirmed_sat } = await crowd.shop.wallet.balance();
    assert.ok(confirmed_sat > 290_000n, `${confirmed_sat} sat`);
    const [row] = await crowd.shop.store.read('SELECT count(*) AS number FROM late_fundings');
    assert.equal(Number(row?.number), 0);
  }
});
