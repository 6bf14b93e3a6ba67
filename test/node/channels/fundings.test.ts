/** What an opening of ours holds of the wallet's coins, and when it lets them go: whatever the peer or the chain does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { releaseOrphans } from '../../../src/app/daemon/held-fundings.ts';
import { sat } from '../../../src/base/types/amount.ts';
import type { Txid } from '../../../src/base/types/brand.ts';
import { BroadcastError } from '../../../src/node/wallet/failure.ts';
import { amount, Link, quiet, TestNode, World } from './node.ts';

const WISH = {
  funding_satoshis: sat(1_000_000),
  push_msat: amount(0),
  feerate_per_kw: 1000,
  announce_channel: false,
};

async function couple(): Promise<{ customer: TestNode; shop: TestNode; link: Link }> {
  const world = await World.create();
  const [customer, shop] = [new TestNode(world, 'customer'), new TestNode(world, 'shop')];
  for (const node of [customer, shop]) await node.start();
  return { customer, shop, link: new Link(customer, shop) };
}

test('a peer that hangs up while the wallet makes the funding transaction locks no coins', async () => {
  const { customer, shop, link } = await couple();
  const funding = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  customer.beforeFunding = () => {
    asked.resolve();
    return funding.promise;
  };
  const end = customer.channels.open(link.peer, WISH);
  await asked.promise;
  link.cut();
  assert.equal(customer.channels.usesFunding('ab'.repeat(32) as Txid), false, 'no opening is left');
  funding.resolve();
  assert.deepEqual(await end, { kind: 'failed', reason: 'the connection was lost', cause: undefined });
  await quiet(link, customer, shop);
  assert.deepEqual(customer.held, [], 'the coins are free again');
  assert.equal(customer.channels.list().length, 0);
});

test('a funding that the source of blocks refuses is answered with its reason, and its coins are free', async () => {
  const { customer, shop, link } = await couple();
  customer.refuseFunding = new BroadcastError('min relay fee not met');
  const end = await customer.channels.open(link.peer, WISH);
  assert.ok(end.kind === 'failed' && end.cause === customer.refuseFunding);
  await quiet(link, customer, shop);
  assert.deepEqual(customer.held, []);
  assert.equal(customer.channel.state.phase, 'failed');
  assert.match(customer.channel.state.failure?.reason ?? '', /no funding: .*min relay fee not met/);
  assert.equal(shop.channels.list().length, 0, 'the peer has heard of it, and forgets the channel');
});

test('an opening is answered only when the source of blocks has taken the funding', async () => {
  const { customer, shop, link } = await couple();
  const end = await customer.channels.open(link.peer, WISH);
  assert.ok(end.kind === 'channel');
  assert.equal(customer.world.chain.isPending(end.funding_txid), true);
  await quiet(link, customer, shop);
});

test('coins that are held for a channel which nobody knows are freed with the next block; others are left alone', async () => {
  const released: string[] = [];
  const purposes: Readonly<Record<string, string>> = { orphan: 'funding', wanted: 'funding', child: 'fees' };
  const lines: string[] = [];
  await releaseOrphans(
    {
      held: () => Object.keys(purposes) as Txid[],
      find: (txid) => ({ purpose: purposes[txid] as string }),
      release: async (txid) => void released.push(txid),
    },
    { usesFunding: (txid) => (txid as string) === 'wanted' },
    { warn: (text) => void lines.push(text) },
  );
  assert.deepEqual([released, lines.length], [['orphan'], 1]);
});
