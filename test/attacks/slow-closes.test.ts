/** A mutual close that no block takes: a dearer one, or a child on our own output, and nothing left of what was in vain. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sat } from '../../src/base/types/amount.ts';
import { FEATURE_BITS } from '../../src/base/types/features.ts';
import { fromHex } from '../../src/base/types/hex.ts';
import { parseTransaction, txidOf, weightOf } from '../../src/codec/tx/transaction.ts';
import { amount, Link, quiet, TestNode, World } from '../node/channels/node.ts';
import { COIN_SCRIPT } from '../support/coins.ts';

const FUNDING_SAT = sat(1_000_000);

class Scene {
  readonly world: World;
  readonly payer: TestNode;
  readonly shop: TestNode;
  readonly link: Link;
  /** What both handed to the network, which says yes to all of it and mines none. */
  readonly sent: Uint8Array[][] = [];
  estimate_per_kw = 253;

  private constructor(world: World, payer: TestNode, shop: TestNode) {
    this.world = world;
    this.payer = payer;
    this.shop = shop;
    this.link = new Link(payer, shop);
  }

  /** A channel that both have closed. `simple`: as option_simple_close does it. */
  static async set(simple: boolean): Promise<Scene> {
    const world = await World.create();
    const payer = new TestNode(world, 'payer');
    const shop = new TestNode(world, 'shop');
    for (const node of [payer, shop]) if (!simple) node.features.delete(FEATURE_BITS.option_simple_close + 1);
    await payer.start();
    await shop.start();
    const scene = new Scene(world, payer, shop);
    const end = await payer.channels.open(scene.link.peer, {
      funding_satoshis: FUNDING_SAT,
      push_msat: amount(400_000_000),
      feerate_per_kw: 1000,
      announce_channel: false,
    });
    assert.equal(end.kind, 'channel');
    await scene.mine(6);
    for (const { follower } of [payer, shop]) {
      follower.feeratePerKw = () => scene.estimate_per_kw;
      follower.broadcast = async (transactions) => {
        scene.sent.push([...transactions]);
        return { kind: 'accepted' };
      };
    }
    payer.channels.apply(payer.channel, { kind: 'shutdown' });
    await scene.quiet();
    for (const { channel } of [payer, shop]) assert.equal(channel.state.phase, 'closed');
    return scene;
  }

  async quiet(): Promise<void> {
    await quiet(this.link, this.payer, this.shop);
  }

  async mine(blocks: number): Promise<void> {
    for (let block = 0; block < blocks; block++) {
      this.world.chain.mine(1, COIN_SCRIPT);
      await this.quiet();
    }
  }

  /** The last closing transaction that was sent with a child on the output of this node. */
  familyOf(name: 'payer' | 'shop'): readonly Uint8Array[] | undefined {
    return this.sent.findLast((family) => {
      const [parent, child] = family.map((bytes) => parseTransaction(bytes));
      const spent = parent?.outputs[child?.inputs[0]?.vout ?? -1];
      return spent !== undefined && spent.amount_sat > 400_000n === (name === 'payer');
    });
  }

  /** What a closing transaction and its child pay together. */
  perKwOf(family: readonly Uint8Array[]): number {
    const [parent, child] = family.map((bytes) => parseTransaction(bytes));
    assert.ok(parent !== undefined);
    assert.ok(child !== undefined);
    const spent = new Set(child.inputs.map(({ vout }) => vout));
    const left = [...parent.outputs.filter((_output, vout) => !spent.has(vout)), ...child.outputs];
    const left_sat = left.reduce((total, { amount_sat }) => total + amount_sat, 0n);
    return Number(((FUNDING_SAT - left_sat) * 1000n) / BigInt(weightOf(parent) + weightOf(child)));
  }
}

for (const by of ['payer', 'shop'] as const) {
  test(`the ${by} offers a closing transaction that pays what blocks ask for now (option_simple_close)`, async () => {
    const scene = await Scene.set(true);
    const node = scene[by];
    const before = node.channel.state.own_closing_transaction;
    assert.ok(before !== undefined);
    await scene.mine(20);
    assert.equal(node.channel.state.own_closing_transaction, before, 'it pays what the estimate asks for');
    scene.estimate_per_kw = 2_000;
    await scene.mine(7);
    const raised = node.channel.state.own_closing_transaction;
    assert.ok(raised !== undefined && raised !== before);
    const tx = parseTransaction(fromHex(raised));
    const kept_sat = tx.outputs.map(({ amount_sat }) => Number(amount_sat)).reduce((total, each) => total + each, 0);
    const paid_sat = Number(FUNDING_SAT) - kept_sat;
    assert.ok((paid_sat * 1000) / weightOf(tx) >= 1_990, `${paid_sat} sat for ${weightOf(tx)}`);
    const own = tx.outputs.map(({ amount_sat }) => amount_sat);
    // Whoever pays, the other keeps all that it has.
    assert.ok(own.includes(sat(by === 'payer' ? 400_000 : 600_000)));
  });
}

test('without an estimate it is a quarter more after six hours, and again', async () => {
  const scene = await Scene.set(true);
  await scene.mine(35);
  const before = scene.payer.channel.state.own_closing_transaction;
  await scene.mine(6);
  const first = scene.payer.channel.state.own_closing_transaction;
  assert.notEqual(first, before);
  await scene.mine(6);
  assert.notEqual(scene.payer.channel.state.own_closing_transaction, first);
});

for (const simple of [false, true]) {
  test(`${simple ? 'while the peer is away' : 'with the older negotiation'} a child on our output pays for both`, async () => {
    const scene = await Scene.set(simple);
    const { shop, link } = scene;
    if (simple) link.cut();
    scene.estimate_per_kw = 2_000;
    await scene.mine(7);
    assert.equal(scene.familyOf('shop'), undefined, 'who opened pays, if it can');
    assert.ok(scene.familyOf('payer') !== undefined);
    await scene.mine(12);
    const family = scene.familyOf('shop');
    assert.ok(family !== undefined);
    assert.ok(scene.perKwOf(family) >= 1_990, `${scene.perKwOf(family)}`);
    assert.ok(shop.log.some((line) => /no block takes its closing transaction, and .* pays for both/.test(line)));
    // It goes on with the estimate, and replaces the child that it has.
    scene.estimate_per_kw = 4_000;
    await scene.mine(7);
    const { unconfirmed_sat, confirmed_sat } = await shop.wallet.balance();
    assert.ok(unconfirmed_sat + confirmed_sat < 400_000n && unconfirmed_sat > 380_000n, `${unconfirmed_sat} sat`);
  });
}

test('when another closing transaction is mined, what was built on this one is given up', async () => {
  const scene = await Scene.set(true);
  const { shop, payer, link, world } = scene;
  link.cut();
  scene.estimate_per_kw = 2_000;
  await scene.mine(19);
  const taken = shop.channel.publication;
  assert.ok(taken?.kind === 'taken');
  const parent = txidOf(parseTransaction(fromHex(taken.transaction)));
  assert.ok(shop.wallet.spenderOf({ txid: parent, vout: 0 }) ?? shop.wallet.spenderOf({ txid: parent, vout: 1 }));
  const { closing_transactions } = payer.channel.state;
  const other = closing_transactions.find((text) => txidOf(parseTransaction(fromHex(text))) !== parent);
  assert.ok(other !== undefined);
  await world.chain.broadcast([Buffer.from(other, 'hex')]);
  await scene.mine(2);
  for (const vout of [0, 1]) assert.equal(shop.wallet.spenderOf({ txid: parent, vout }), undefined);
  const { confirmed_sat, unconfirmed_sat } = await shop.wallet.balance();
  assert.ok(confirmed_sat > 399_000n, `${confirmed_sat} sat`);
  assert.equal(unconfirmed_sat, 0n);
});
