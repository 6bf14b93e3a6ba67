/** Rules of BOLT 1, 2 and 7 that a peer could break to the harm of others: what names other people's channels, dust, gossip. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256d } from '../../../src/base/crypto/hash.ts';
import { sat } from '../../../src/base/types/amount.ts';
import type { ChannelId } from '../../../src/base/types/brand.ts';
import { NETWORKS } from '../../../src/base/types/network.ts';
import { type ChannelUpdate, encodeMessage, type KnownMessage } from '../../../src/codec/wire/index.ts';
import { signUpdate, verifyUpdate } from '../../../src/node/channels/gossip/signing.ts';
import { ALL_CHANNELS } from '../../../src/node/channels/ports.ts';
import { channelUpdateFacts } from '../../../src/protocol/channel/facts.ts';
import type { ChannelPolicy } from '../../../src/protocol/channel/policy.ts';
import { COIN_SCRIPT } from '../../support/coins.ts';
import { amount, Link, preimage, quiet, quietUntil, SECRET, TestNode, World } from './node.ts';

const DONT_FORWARD = 2;

/** A shop, and a customer with channels to it that are six blocks deep. */
async function meet({ count = 1, announce_channel = false, limits = {} as Partial<ChannelPolicy> } = {}) {
  const world = await World.create();
  const customer = new TestNode(world, 'customer', undefined, undefined, { max_in_flight_per_mille: 500 });
  const shop = new TestNode(world, 'shop', undefined, undefined, limits);
  const mallory = new TestNode(world, 'mallory');
  for (const node of [customer, shop, mallory]) await node.start();
  const link = new Link(customer, shop);
  for (let opened = 0; opened < count; opened++) {
    const wish = { funding_satoshis: sat(1_000_000), push_msat: amount(100_000_000), feerate_per_kw: 1000 };
    const end = await customer.channels.open(link.peer, { ...wish, announce_channel });
    assert.equal(end.kind, 'channel');
  }
  world.chain.mine(6, COIN_SCRIPT);
  const isReady = () => [customer, shop].every(({ channels }) => channels.list().every((one) => one.remote_update));
  await quietUntil(isReady, link, customer, shop);
  return { world, customer, shop, mallory, link };
}

function error(channel_id: string, type: 'error' | 'warning' = 'error'): KnownMessage {
  return { type, channel_id: channel_id as ChannelId, data: Buffer.from('give up') };
}

const phases = ({ channels }: TestNode): string[] => channels.list().map(({ state }) => state.phase);

test("whatever a peer says about a channel of another peer, the channel never hears it, and nor does its peer's", async () => {
  const { customer, shop, mallory, link } = await meet();
  const [known, strange] = [link, new Link(mallory, shop)];
  const { channel_id } = shop.channel;
  const before = shop.channel.state;
  const messages: KnownMessage[] = [
    error(channel_id),
    error(channel_id, 'warning'),
    { type: 'shutdown', channel_id, scriptpubkey: `0014${'11'.repeat(20)}` },
    { type: 'update_fee', channel_id, feerate_per_kw: 2_000 },
    { type: 'commitment_signed', channel_id, signature: '11'.repeat(64), htlc_signatures: [] },
  ];
  for (const message of messages) {
    strange.peer.send([message]);
    await quiet(strange, mallory, shop);
    await quiet(known, customer, shop);
    assert.deepEqual(shop.channel.state, before, message.type);
    assert.equal(shop.channel.warning, undefined);
    assert.deepEqual(phases(customer), ['normal'], message.type);
  }
  const answers = strange.said.filter(({ by }) => by === 'shop').map(({ message }) => message.type);
  assert.deepEqual(answers, ['error', 'error', 'error'], 'all but error and warning are answered (BOLT 1)');
});

test('an error for all channels fails all channels with its sender, and with nobody else', async () => {
  const { customer, shop, mallory, link } = await meet({ count: 2 });
  const strange = new Link(mallory, shop);
  strange.peer.send([error(ALL_CHANNELS)]);
  await quiet(strange, mallory, shop);
  assert.deepEqual(phases(shop), ['normal', 'normal']);
  link.peer.send([error(ALL_CHANNELS, 'warning')]);
  await quiet(link, customer, shop);
  assert.deepEqual(phases(shop), ['normal', 'normal'], 'a warning fails nothing');
  link.peer.send([error(ALL_CHANNELS)]);
  await quiet(link, customer, shop);
  assert.deepEqual(phases(shop), ['failed', 'failed']);
});

test('HTLCs that are dust above our limit are failed once they are committed, and never offered to the payments', async () => {
  const dust_msat = amount(300_000);
  // The customer's own limit is far higher: it offers one HTLC too many for ours.
  const { customer, shop, link } = await meet({ limits: { max_dust_htlc_exposure_msat: amount(900_000) } });
  const cltv_expiry = customer.follower.tip().height + 20;
  for (let number = 1; number <= 4; number++) {
    const { payment_hash } = preimage(number);
    const onion_routing_packet = shop.onionFor(payment_hash, dust_msat, cltv_expiry, SECRET);
    const htlc = { amount_msat: dust_msat, payment_hash, cltv_expiry, onion_routing_packet };
    customer.channels.offer(customer.channel.channel_id, htlc, () => []);
  }
  await quietUntil(() => customer.removed.length + shop.offered.length >= 4, link, customer, shop);
  assert.deepEqual(
    shop.offered.map(({ htlc_id }) => htlc_id),
    [0n, 1n, 2n],
  );
  assert.deepEqual(
    customer.removed.map(({ id, removal }) => [id, removal.kind]),
    [[3n, 'fail']],
  );
});

/** An update of the customer's direction, as if it had said so. */
function updateOf(customer: TestNode, shop: TestNode, timestamp: number, fee_base_msat: number): ChannelUpdate {
  const facts = channelUpdateFacts(customer.channel.state);
  assert.ok(facts);
  const terms = { cltv_expiry_delta: 80, fee_base_msat, fee_proportional_millionths: 2 };
  return signUpdate(customer.keys, shop.node_id, NETWORKS.regtest.chain_hash, facts, terms, timestamp);
}

test("the fees of our hints are the peer's own last word: signed by it, newer, of its direction and of this chain", async () => {
  const { customer, shop, link } = await meet();
  const fees = () => shop.channel.remote_update?.fee_base_msat;
  const hear = async (update: ChannelUpdate): Promise<void> => {
    link.peer.send([update]);
    await quiet(link, customer, shop);
  };
  await hear(updateOf(customer, shop, 2_000_000_000, 1));
  assert.equal(fees(), 1);
  const next = updateOf(customer, shop, 2_000_000_001, 66);
  await hear({ ...next, fee_base_msat: 67 });
  assert.equal(fees(), 1, 'not what the peer did not sign');
  const [warning] = link.said.flatMap(({ by, message }) =>
    by === 'shop' && message.type === 'warning' ? [message] : [],
  );
  assert.match(Buffer.from(warning?.data ?? []).toString(), /signature is not valid/);
  await hear(
    signUpdate(
      shop.keys,
      shop.node_id,
      next.chain_hash,
      channelUpdateFacts(customer.channel.state) as never,
      next,
      2_000_000_002,
    ),
  );
  assert.equal(fees(), 1, 'not what another node signed');
  for (const timestamp of [1_999_999_999, 2_000_000_000]) {
    await hear(updateOf(customer, shop, timestamp, 68));
    assert.equal(fees(), 1, `not what was said before (${timestamp})`);
  }
  await hear(resigned(customer, { ...next, channel_flags: next.channel_flags ^ 1 }));
  assert.equal(fees(), 1, 'not what is about our direction');
  await hear(resigned(customer, { ...next, chain_hash: NETWORKS.bitcoin.chain_hash }));
  assert.equal(fees(), 1, 'not what is about another chain');
  await hear(next);
  assert.equal(fees(), 66);
});

/** The same, signed by the node again. */
function resigned(node: TestNode, update: ChannelUpdate): ChannelUpdate {
  const unsigned = { ...update, signature: '00'.repeat(64) };
  const digest = sha256d(encodeMessage(unsigned).subarray(66));
  return { ...unsigned, signature: Buffer.from(node.keys.signAsNode(digest)).toString('hex') };
}

test('our update of a private channel must not be passed on, and promises no more than the peer lets us have in flight', async () => {
  for (const announce_channel of [false, true]) {
    const { customer, shop, link } = await meet({ announce_channel });
    const last = link.said
      .flatMap(({ by, message }) => (by === 'shop' && message.type === 'channel_update' ? [message] : []))
      .at(-1);
    assert.ok(last !== undefined && verifyUpdate(last, shop.node_id));
    assert.equal((last.message_flags & DONT_FORWARD) !== 0, !announce_channel);
    assert.equal(last.message_flags & 1, 1);
    const { max_htlc_value_in_flight_msat, htlc_minimum_msat } = customer.channel.state.terms.local;
    assert.deepEqual([last.htlc_maximum_msat, max_htlc_value_in_flight_msat], [500_000_000n, 500_000_000n]);
    assert.equal(last.htlc_minimum_msat, htlc_minimum_msat);
  }
});

test('the announcement of a public channel is followed by our update of it, under its real name', async () => {
  const { shop, link } = await meet({ announce_channel: true });
  const said = link.said.filter(({ by }) => by === 'shop').map(({ message }) => message);
  const at = said.findIndex(({ type }) => type === 'channel_announcement');
  const announcement = said[at];
  assert.ok(announcement?.type === 'channel_announcement');
  const update = said.slice(at).find(({ type }) => type === 'channel_update');
  assert.ok(update?.type === 'channel_update');
  assert.equal(update.short_channel_id, announcement.short_channel_id);
  assert.equal(verifyUpdate(update, shop.node_id), true);
});
