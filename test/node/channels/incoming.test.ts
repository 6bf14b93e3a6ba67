import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_MONEY_MSAT, type Msat, sat } from '../../../src/base/types/amount.ts';
import type { ChannelId, PaymentHash, PaymentSecret } from '../../../src/base/types/brand.ts';
import { insertIncoming, SELECT_INCOMING, type StoredHtlc, storedHtlc } from '../../../src/node/channels/incoming.ts';
import { COIN_SCRIPT } from '../../support/coins.ts';
import { openTestStore } from '../../support/test-store.ts';
import { amount, Link, preimage, quiet, quietUntil, SECRET, TestNode, World } from './node.ts';

const u64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n),
) as fc.Arbitrary<Msat>;
const u32 = fc.integer({ min: 0, max: 0xffffffff });

test('whatever a sender may write into an onion is stored and read back as it was', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'till-incoming-'));
  const fail = (error: Error): never => {
    throw error;
  };
  const store = await openTestStore({ directory, onFailure: fail });
  try {
    await fc.assert(
      fc.asyncProperty(u64, u64, u32, fc.option(fc.constant(SECRET)), async (forward, total, cltv, secret) => {
        const htlc: StoredHtlc = {
          channel_id: 'ab'.repeat(32) as ChannelId,
          htlc_id: 7n,
          payment_hash: 'cd'.repeat(32) as PaymentHash,
          amount_msat: amount(1000),
          cltv_expiry: 500,
          amt_to_forward: forward,
          outgoing_cltv_value: cltv,
          payment_secret: (secret ?? undefined) as PaymentSecret | undefined,
          total_msat: total,
          shared_secret: new Uint8Array(32).fill(3),
          is_claimed: false,
        };
        await store.commit([{ sql: 'DELETE FROM incoming_htlcs', params: [] }, insertIncoming(htlc)]);
        const [row] = await store.read(SELECT_INCOMING);
        assert.ok(row);
        assert.deepEqual({ ...storedHtlc(row), shared_secret: undefined }, { ...htlc, shared_secret: undefined });
      }),
    );
  } finally {
    await store.close();
    rmSync(directory, { recursive: true });
  }
});

test('an onion with the largest numbers there are harms nobody', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'till-incoming-'));
  const failures: Error[] = [];
  const store = await openTestStore({ directory, onFailure: (error) => failures.push(error) });
  try {
    const world = await World.create();
    const payer = new TestNode(world, 'payer');
    const shop = new TestNode(world, 'shop', store);
    await payer.start();
    await shop.start();
    const link = new Link(payer, shop);
    await payer.channels.open(link.peer, {
      funding_satoshis: sat(1_000_000),
      push_msat: amount(0),
      feerate_per_kw: 1000,
      announce_channel: false,
    });
    world.chain.mine(6, COIN_SCRIPT);
    await quiet(link, payer, shop);
    await quietUntil(() => shop.channel.state.phase === 'normal', link, payer, shop);
    const { payment_hash } = preimage(7);
    const cltv_expiry = payer.follower.tip().height + 20;
    const onion_routing_packet = shop.onionFor(payment_hash, MAX_MONEY_MSAT as Msat, cltv_expiry, SECRET);
    const htlc = { amount_msat: amount(1000), payment_hash, cltv_expiry, onion_routing_packet };
    payer.channels.offer(payer.channel.channel_id, htlc, () => []);
    await quietUntil(() => shop.offered.length + failures.length > 0, link, payer, shop);
    assert.deepEqual(failures, []);
    assert.equal(shop.offered[0]?.total_msat, MAX_MONEY_MSAT);
    assert.equal(shop.channel.state.link, 'up');
  } finally {
    await store.close();
    rmSync(directory, { recursive: true });
  }
});

test('whatever fails an HTLC of a blinded path, its peer learns no more than that (invalid_onion_blinding)', async () => {
  const world = await World.create();
  const [payer, shop] = [new TestNode(world, 'payer'), new TestNode(world, 'shop')];
  await Promise.all([payer.start(), shop.start()]);
  const link = new Link(payer, shop);
  const funding = { funding_satoshis: sat(1_000_000), push_msat: amount(0), feerate_per_kw: 1000 };
  await payer.channels.open(link.peer, { ...funding, announce_channel: false });
  world.chain.mine(6, COIN_SCRIPT);
  await quietUntil(() => shop.channel.state.phase === 'normal', link, payer, shop);
  const { payment_hash } = preimage(7);
  const cltv_expiry = payer.follower.tip().height + 20;
  const whole = shop.onionFor(payment_hash, amount(1000), cltv_expiry, SECRET);
  const torn = `${whole.slice(0, -2)}${whole.endsWith('00') ? '01' : '00'}`;
  for (const [index, onion_routing_packet] of [whole, torn].entries()) {
    const htlc = {
      amount_msat: amount(1000),
      payment_hash,
      cltv_expiry,
      onion_routing_packet,
      path_key: payer.node_id,
    };
    payer.channels.offer(payer.channel.channel_id, htlc, () => []);
    await quietUntil(() => payer.removed.length + shop.offered.length > index, link, payer, shop);
    const sha256_of_onion = createHash('sha256').update(Buffer.from(onion_routing_packet, 'hex')).digest('hex');
    assert.deepEqual(payer.removed[index]?.removal, { kind: 'malformed', sha256_of_onion, failure_code: 0xc018 });
  }
  assert.deepEqual(shop.offered, []);
});
