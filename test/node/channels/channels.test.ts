import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256d } from '../../../src/base/crypto/hash.ts';
import { sat } from '../../../src/base/types/amount.ts';
import { NETWORKS } from '../../../src/base/types/network.ts';
import { decodeMessage, encodeMessage, type KnownMessage } from '../../../src/codec/wire/index.ts';
import { signUpdate } from '../../../src/node/channels/gossip/signing.ts';
import { waysIn } from '../../../src/node/channels/hint-source.ts';
import { claimIncoming } from '../../../src/node/channels/incoming.ts';
import { channelUpdateFacts } from '../../../src/protocol/channel/facts.ts';
import { COIN_SCRIPT } from '../../support/coins.ts';
import { amount, Link, preimage, quiet, SECRET, TestNode, World } from './node.ts';

async function openChannel(
  announce_channel = false,
): Promise<{ world: World; payer: TestNode; shop: TestNode; link: Link }> {
  const world = await World.create();
  const payer = new TestNode(world, 'payer');
  const shop = new TestNode(world, 'shop');
  await payer.start();
  await shop.start();
  const link = new Link(payer, shop);
  const end = await payer.channels.open(link.peer, {
    funding_satoshis: sat(1_000_000),
    push_msat: amount(100_000_000),
    feerate_per_kw: 1000,
    announce_channel,
  });
  assert.equal(end.kind, 'channel');
  world.chain.mine(6, COIN_SCRIPT);
  await quiet(link, payer, shop);
  return { world, payer, shop, link };
}

function pay(payer: TestNode, shop: TestNode, number: number, amount_msat: number): string {
  const { payment_hash } = preimage(number);
  const cltv_expiry = payer.follower.tip().height + 20;
  payer.channels.offer(
    payer.channel.channel_id,
    {
      amount_msat: amount(amount_msat),
      payment_hash,
      cltv_expiry,
      onion_routing_packet: shop.onionFor(payment_hash, amount(amount_msat), cltv_expiry, SECRET),
    },
    () => [],
  );
  return payment_hash;
}

test('a channel opens, is mined, and both ends can use it', async () => {
  const { payer, shop } = await openChannel();
  for (const node of [payer, shop]) {
    assert.equal(node.channel.state.phase, 'normal');
    assert.equal(node.channel.state.link, 'up');
    assert.ok(node.channel.remote_update !== undefined, `${node.name} heard what the other asks`);
    const rows = await node.store.read('SELECT channel_id FROM channels');
    assert.deepEqual(
      rows.map((row) => row.channel_id),
      [node.channel.channel_id],
    );
  }
  assert.equal(payer.channel.state.local_msat, 900_000_000n);
  assert.equal(shop.channel.state.local_msat, 100_000_000n);
});

test('a public channel is announced by signatures of both', async () => {
  const { payer, shop } = await openChannel(true);
  for (const node of [payer, shop]) {
    assert.ok(node.channel.state.local_announcement !== undefined);
    assert.ok(node.channel.state.remote_announcement !== undefined);
    assert.deepEqual(
      node.log.filter((line) => line.startsWith('WARN')),
      [],
    );
  }
});

test('a payment arrives with what its onion says, is fulfilled, and the balances move to the msat', async () => {
  const { payer, shop, link } = await openChannel();
  const { payment_preimage } = preimage(1);
  shop.onOffer = ({ channel_id, htlc_id }) => shop.channels.fulfil(channel_id, htlc_id, payment_preimage);
  const payment_hash = pay(payer, shop, 1, 12_345_678);
  await quiet(link, payer, shop);
  assert.equal(shop.offered.length, 1);
  const [offered] = shop.offered;
  assert.equal(offered?.payment_hash, payment_hash);
  assert.equal(offered?.payment_secret, SECRET);
  assert.equal(offered?.total_msat, 12_345_678n);
  assert.deepEqual(payer.fulfilled, [[0n, payment_preimage]]);
  assert.equal(payer.removed.length, 1);
  assert.equal(payer.channel.state.local_msat, 900_000_000n - 12_345_678n);
  assert.equal(shop.channel.state.local_msat, 100_000_000n + 12_345_678n);
  assert.deepEqual(await shop.store.read('SELECT * FROM incoming_htlcs'), []);
  assert.equal((await shop.store.read('SELECT * FROM revoked_htlcs')).length, 1);
});

test('a refused payment comes back with its reason, and nothing moves', async () => {
  const { payer, shop, link } = await openChannel();
  shop.onOffer = ({ channel_id, htlc_id }) => shop.channels.fail(channel_id, htlc_id, { failure: 'mpp_timeout' });
  pay(payer, shop, 2, 5_000_000);
  await quiet(link, payer, shop);
  assert.equal(payer.removed[0]?.removal.kind, 'fail');
  assert.equal(payer.channel.state.local_msat, 900_000_000n);
  assert.equal(shop.channel.state.local_msat, 100_000_000n);
  assert.deepEqual(await shop.store.read('SELECT * FROM incoming_htlcs'), []);
});

test('an onion that cannot be read is refused as malformed', async () => {
  const { payer, shop, link } = await openChannel();
  const { payment_hash } = preimage(3);
  const cltv_expiry = payer.follower.tip().height + 20;
  const onion = `00${'02'.repeat(33)}${'00'.repeat(1332)}`;
  payer.channels.offer(
    payer.channel.channel_id,
    { amount_msat: amount(1_000_000), payment_hash, cltv_expiry, onion_routing_packet: onion },
    () => [],
  );
  await quiet(link, payer, shop);
  assert.equal(shop.offered.length, 0);
  assert.equal(payer.removed[0]?.removal.kind, 'malformed');
});

test('thirty payments at once share their commitments', async () => {
  const { payer, shop, link } = await openChannel();
  shop.onOffer = ({ channel_id, htlc_id, payment_hash }) => {
    const found = Array.from({ length: 30 }, (_, index) => preimage(100 + index)).find(
      (each) => each.payment_hash === payment_hash,
    );
    assert.ok(found !== undefined);
    shop.channels.fulfil(channel_id, htlc_id, found.payment_preimage);
  };
  const before = link.count;
  for (let index = 0; index < 30; index++) pay(payer, shop, 100 + index, 1_000_000);
  await quiet(link, payer, shop);
  assert.equal(payer.fulfilled.length, 30);
  assert.equal(shop.channel.state.local_msat, 130_000_000n);
  // 60 updates, and a few commitments with their revocations.
  assert.ok(link.count - before < 90, `${link.count - before} messages`);
});

test('after a restart of both, the channel is found again and an HTLC that waited is offered again', async () => {
  const { world, payer, shop, link } = await openChannel();
  pay(payer, shop, 4, 7_000_000);
  await quiet(link, payer, shop);
  assert.equal(shop.offered.length, 1);
  link.cut();
  await payer.channels.stop();
  await shop.channels.stop();

  const payer2 = new TestNode(world, 'payer', payer.store);
  const shop2 = new TestNode(world, 'shop', shop.store);
  const { payment_preimage } = preimage(4);
  shop2.onOffer = ({ channel_id, htlc_id }) => shop2.channels.fulfil(channel_id, htlc_id, payment_preimage);
  await payer2.start();
  await shop2.start();
  assert.equal(shop2.offered.length, 1);
  const again = new Link(payer2, shop2);
  await quiet(again, payer2, shop2);
  assert.equal(payer2.fulfilled.length, 1);
  assert.equal(shop2.channel.state.local_msat, 107_000_000n);
  assert.equal(payer2.channel.state.local_msat, 893_000_000n);
  // And it goes on.
  const next = preimage(5);
  shop2.onOffer = ({ channel_id, htlc_id }) => shop2.channels.fulfil(channel_id, htlc_id, next.payment_preimage);
  pay(payer2, shop2, 5, 1_000_000);
  await quiet(again, payer2, shop2);
  assert.equal(shop2.channel.state.local_msat, 108_000_000n);
});

test('a claimed HTLC that was not yet fulfilled is fulfilled after a restart', async () => {
  const { world, payer, shop, link } = await openChannel();
  pay(payer, shop, 6, 7_000_000);
  await quiet(link, payer, shop);
  const { payment_preimage } = preimage(6);
  await shop.store.commit([claimIncoming({ channel_id: shop.channel.channel_id, htlc_id: 0n })]);
  link.cut();
  const shop2 = new TestNode(world, 'shop', shop.store);
  await shop2.start();
  assert.equal(shop2.offered.length, 0, 'it is decided already');
  assert.equal(shop2.resumed.length, 1);
  shop2.channels.fulfil(shop2.channel.channel_id, 0n, payment_preimage);
  const again = new Link(payer, shop2);
  await quiet(again, payer, shop2);
  assert.equal(payer.fulfilled.length, 1);
});

test('a cooperative close pays both sides, and the chain takes it', async () => {
  const { world, payer, shop, link } = await openChannel();
  payer.channels.apply(payer.channel, { kind: 'shutdown' });
  await quiet(link, payer, shop);
  assert.equal(payer.channel.state.phase, 'closed');
  assert.equal(world.chain.pending.length, 1);
  world.chain.mine(1, COIN_SCRIPT);
  await quiet(link, payer, shop);
  assert.equal(payer.channel.state.phase, 'spent');
  assert.equal(shop.channel.state.phase, 'spent');
});

test('an opening that the peer leaves half-way gives the coins back', async () => {
  const world = await World.create();
  const payer = new TestNode(world, 'payer');
  const shop = new TestNode(world, 'shop');
  await payer.start();
  await shop.start();
  const link = new Link(payer, shop);
  const opening = payer.channels.open(link.peer, {
    funding_satoshis: sat(1_000_000),
    push_msat: amount(0),
    feerate_per_kw: 1000,
    announce_channel: false,
  });
  // The first messages have gone to and fro, and not all.
  while (link.count < 2) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(payer.channels.list().length, 0);
  link.cut();
  assert.equal((await opening).kind, 'failed');
  assert.deepEqual(payer.channels.list(), []);
});

test('gossip in the middle of an opening is no part of it', async () => {
  const world = await World.create();
  const payer = new TestNode(world, 'payer');
  const shop = new TestNode(world, 'shop');
  await payer.start();
  await shop.start();
  const link = new Link(payer, shop);
  const gossip: KnownMessage = {
    type: 'gossip_timestamp_filter',
    chain_hash: NETWORKS.regtest.chain_hash,
    first_timestamp: 0,
    timestamp_range: 1,
  };
  let end: string | undefined;
  void payer.channels
    .open(link.peer, {
      funding_satoshis: sat(1_000_000),
      push_msat: amount(0),
      feerate_per_kw: 1000,
      announce_channel: false,
    })
    .then(({ kind }) => {
      end = kind;
    });
  while (end === undefined) {
    link.peer.send([gossip]);
    payer.channels.message(link.peer, gossip);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(end, 'channel');
});

test('a message for a channel that is not there is answered with an error, and others notice nothing', async () => {
  const { payer, shop, link } = await openChannel();
  link.peer.send([{ type: 'update_fee', channel_id: 'ee'.repeat(32) as never, feerate_per_kw: 1000 }]);
  await quiet(link, payer, shop);
  assert.equal(payer.channel.state.phase, 'normal');
  assert.equal(shop.channel.state.phase, 'normal');
});

test('an update of the peer with fields of a later version is kept: its signature covers them too', async () => {
  const { payer, shop, link } = await openChannel();
  const facts = channelUpdateFacts(payer.channel.state);
  assert.ok(facts);
  const terms = { cltv_expiry_delta: 80, fee_base_msat: 1, fee_proportional_millionths: 2 };
  const update = signUpdate(payer.keys, shop.node_id, NETWORKS.regtest.chain_hash, facts, terms, 2_000_000_000);
  // A record that others put there: type 55555, 8 bytes.
  const bytes = Buffer.concat([encodeMessage(update), Buffer.from('fdd90308fffffc18fffffc18', 'hex')]);
  payer.keys.signAsNode(sha256d(bytes.subarray(66))).forEach((byte, index) => {
    bytes[2 + index] = byte;
  });
  const peer = shop.channels.peer(payer.node_id);
  assert.ok(peer);
  shop.channels.message(peer, decodeMessage(bytes) as KnownMessage);
  await quiet(link, payer, shop);
  assert.equal(shop.channel.remote_update?.timestamp, 2_000_000_000);
  assert.equal(shop.channel.remote_update?.cltv_expiry_delta, 80);
});

test('a public channel whose announcement the peer signed wrongly is not announced, until it signs it well', async () => {
  const world = await World.create();
  const payer = new TestNode(world, 'payer');
  const shop = new TestNode(world, 'shop');
  await payer.start();
  await shop.start();
  const deliver = shop.channels.message.bind(shop.channels);
  shop.channels.message = (peer, message) => {
    const isSigned = message.type === 'announcement_signatures';
    deliver(peer, isSigned ? { ...message, node_signature: '11'.repeat(64) } : message);
  };
  const first = new Link(payer, shop);
  await payer.channels.open(first.peer, {
    funding_satoshis: sat(1_000_000),
    push_msat: amount(0),
    feerate_per_kw: 1000,
    announce_channel: true,
  });
  world.chain.mine(6, COIN_SCRIPT);
  await quiet(first, payer, shop);
  assert.equal(shop.channel.state.remote_announcement, undefined);
  assert.deepEqual(
    waysIn(shop.channels.list()).map(({ announced }) => announced),
    [false],
  );
  shop.channels.message = deliver;
  first.cut();
  const second = new Link(payer, shop);
  await quiet(second, payer, shop);
  assert.deepEqual(
    waysIn(shop.channels.list()).map(({ announced }) => announced),
    [true],
  );
});
