/**
 * Channels whose funding is not there, or cannot be spent yet: a block's reward, a stranger's promise that should be
 * spendable at once, promises that are given another name to escape their limit, and money that was pushed in them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sat } from '../../src/base/types/amount.ts';
import type { Txid } from '../../src/base/types/brand.ts';
import { readTransaction } from '../../src/infra/chain/embedded/transaction.ts';
import type { ChannelPolicy } from '../../src/protocol/channel/policy.ts';
import { amount, Link, quiet, TestNode, World } from '../node/channels/node.ts';
import { COIN_SCRIPT, coinbaseOf, payFrom } from '../support/coins.ts';

const TERMS = { funding_satoshis: sat(1_000_000), push_msat: amount(0), feerate_per_kw: 1000, announce_channel: false };

interface Scene {
  readonly world: World;
  readonly shop: TestNode;
  readonly mallory: TestNode;
  readonly link: Link;
}

async function meet(policy: Partial<ChannelPolicy> = {}): Promise<Scene> {
  const world = await World.create();
  const shop = new TestNode(world, 'shop', undefined, undefined, policy);
  const mallory = new TestNode(world, 'mallory', undefined, undefined, { minimum_depth: 0 });
  await shop.start();
  await mallory.start();
  return { world, shop, mallory, link: new Link(mallory, shop) };
}

/** The id of a transaction that is nowhere. */
const nowhere = (number: number): Txid => number.toString(16).padStart(64, '0') as Txid;

async function mine({ world, shop, mallory, link }: Scene, blocks: number): Promise<void> {
  world.chain.mine(blocks, COIN_SCRIPT);
  await quiet(link, shop, mallory);
}

test('a channel that the reward of a block funds is usable once that is mature, and as deep as others from then on', async () => {
  for (const minimum_depth of [1, 3]) {
    const scene = await meet({ minimum_depth });
    const { world, shop, mallory, link } = scene;
    const { wallet } = mallory.channels.options;
    wallet.fund = async (script_pubkey) => {
      world.chain.mine(1, script_pubkey);
      const { hash } = await world.chain.tip();
      const reward = coinbaseOf(await world.chain.block(hash));
      return { txid: readTransaction(reward).txid as Txid, vout: 0 };
    };
    const end = await mallory.channels.open(link.peer, { ...TERMS, funding_satoshis: sat(5_000_000_000) });
    assert.equal(end.kind, 'channel');
    await mine(scene, 10);
    assert.equal(shop.channel.state.funding_confirmation?.transaction_index, 0);
    assert.equal(shop.channel.state.ready_sent, false);
    await mine(scene, 100 - 11 + minimum_depth - 1);
    assert.equal(shop.channel.state.ready_sent, false, 'one block is missing');
    await mine(scene, 1);
    assert.equal(shop.channel.state.ready_sent, true);
    assert.equal(shop.channel.state.phase, 'normal');
  }
});

test('no depth at all is for named peers: a channel of a stranger needs a block also when the operator asks for none', async () => {
  const scene = await meet({ minimum_depth: 0 });
  const { shop, mallory, link } = scene;
  mallory.fundWith = { txid: nowhere(1), vout: 0 };
  assert.equal((await mallory.channels.open(link.peer, TERMS)).kind, 'channel');
  await quiet(link, shop, mallory);
  assert.equal(shop.channel.state.terms.minimum_depth, 1);
  assert.equal(shop.channel.state.ready_sent, false);
  assert.equal(mallory.channel.state.phase, 'opening');
});

/** What a peer may say before the funding is there, and what it hopes to be afterwards. */
const WORDS = {
  shutdown: (scene: Scene) => {
    for (const channel of scene.mallory.channels.list()) scene.mallory.channels.apply(channel, { kind: 'shutdown' });
  },
  'shutdown, and no answer to the rest': (scene: Scene) => {
    const { shop, mallory } = scene;
    const deliver = mallory.channels.message.bind(mallory.channels);
    mallory.channels.message = (peer, message) => {
      if (!message.type.startsWith('closing_') && message.type !== 'shutdown') deliver(peer, message);
    };
    for (const { state } of shop.channels.list()) {
      const { channel_id, remote } = state.terms;
      scene.link.say({ type: 'shutdown', channel_id, scriptpubkey: remote.upfront_shutdown_script });
    }
  },
  error: ({ mallory }: Scene) => {
    for (const channel of mallory.channels.list()) mallory.channels.forceClose(channel.channel_id, 'changed my mind');
  },
} as const;

for (const [what, say] of Object.entries(WORDS)) {
  for (const pushed of [0, 10_000_000]) {
    test(`after ${what} a channel without funding counts as before, ${pushed} msat in it`, async () => {
      const scene = await meet();
      const { shop, mallory, link } = scene;
      const terms = { ...TERMS, push_msat: amount(pushed) };
      let opened = 0;
      for (let number = 0; number < 12; number++) {
        mallory.fundWith = { txid: nowhere(number + 1), vout: 0 };
        if ((await mallory.channels.open(link.peer, terms)).kind === 'channel') opened += 1;
        await quiet(link, shop, mallory);
        say(scene);
        await quiet(link, shop, mallory);
        assert.ok(shop.channels.list().length <= 4, `${shop.channels.list().length} channels`);
      }
      assert.ok(opened >= 4);
      // Mallory may offer dearer closing transactions now and then: that is its line, not one for each block.
      const said = (): number => shop.log.filter((line) => !line.includes('closes in agreement')).length;
      const lines = said();
      let sent = 0;
      const broadcast = shop.follower.broadcast.bind(shop.follower);
      shop.follower.broadcast = (transactions) => {
        sent += 1;
        return broadcast(transactions);
      };
      for (let block = 0; block < 20; block++) await mine(scene, 1);
      assert.equal(said(), lines, 'no line for each block');
      assert.equal(sent, 0, 'nothing goes out that spends what is not there');
      await mine(scene, 2_016);
      assert.deepEqual(shop.channels.list(), [], 'and the promises end');
    });
  }
}

test('what was pushed in a channel that failed before its funding came is claimed when it comes', async () => {
  for (const restarts of [false, true]) {
    const scene = await meet();
    const { world, mallory, link } = scene;
    let { shop } = scene;
    let funding: Buffer | undefined;
    const { wallet } = mallory.channels.options;
    wallet.fund = async (script_pubkey, amount_sat) => {
      const paid = payFrom(world.coin(), amount_sat, script_pubkey);
      funding = paid.bytes;
      return { txid: paid.txid as Txid, vout: 0 };
    };
    await mallory.channels.open(link.peer, { ...TERMS, push_msat: amount(300_000_000) });
    await quiet(link, shop, mallory);
    mallory.channels.forceClose(mallory.channel.channel_id, 'changed my mind');
    await quiet(link, shop, mallory);
    assert.equal(shop.channel.state.phase, 'failed');
    assert.deepEqual(shop.endings.list(), [], 'nothing is on its way');
    if (restarts) {
      link.cut();
      await shop.channels.stop();
      await shop.follower.stop();
      shop = new TestNode(world, 'shop', shop.store);
      await shop.start();
      assert.equal(shop.channel.state.phase, 'failed');
    }
    assert.ok(funding);
    await world.chain.broadcast([funding]);
    // Our commitment takes one block, and our balance in it another.
    for (let block = 0; block < 160; block++) {
      world.chain.mine(1, COIN_SCRIPT);
      await quiet(link, shop, mallory);
      await shop.endings.idle();
    }
    const { confirmed_sat } = await shop.wallet.balance();
    assert.ok(confirmed_sat > 290_000n, `${confirmed_sat} sat`);
  }
});
