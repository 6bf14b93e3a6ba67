/** What the log of events says of channels: opened, closing and closed once each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sat } from '../../../src/base/types/amount.ts';
import { closeChannel } from '../../../src/node/channels/closing/close.ts';
import { COIN_SCRIPT } from '../../support/coins.ts';
import { amount, Link, quiet, TestNode, World } from './node.ts';

async function events({ store }: TestNode): Promise<Record<string, unknown>[]> {
  const rows = await store.read("SELECT type, data FROM events WHERE type LIKE 'channel.%' ORDER BY event_id");
  return rows.map(({ type, data }) => ({ type, ...JSON.parse(data as string) }));
}

test('a channel is told of when it can be used, when it closes, and when nothing is left of it', async () => {
  const world = await World.create();
  const payer = new TestNode(world, 'payer');
  const shop = new TestNode(world, 'shop');
  await payer.start();
  await shop.start();
  const link = new Link(payer, shop);
  await payer.channels.open(link.peer, {
    funding_satoshis: sat(1_000_000),
    push_msat: amount(100_000_000),
    feerate_per_kw: 1000,
    announce_channel: false,
  });
  await quiet(link, payer, shop);
  assert.deepEqual(await events(shop), [], 'it cannot be used yet');
  world.chain.mine(6, COIN_SCRIPT);
  await quiet(link, payer, shop);
  const { channel_id, state } = shop.channel;
  const opened = {
    type: 'channel.opened',
    channel_id,
    peer_id: payer.node_id,
    funding_txid: state.terms.funding_txid,
    funding_outnum: state.terms.funding_output_index,
    total_msat: 1_000_000_000,
  };
  const [first] = await events(shop);
  assert.match(String(first?.short_channel_id), /^\d+x\d+x\d+$/);
  assert.deepEqual({ ...first, short_channel_id: undefined }, { ...opened, short_channel_id: undefined });

  const closed = closeChannel(payer.channels, payer.channel, {
    clock: world.clock,
    scriptpubkey: undefined,
    feerange: undefined,
    unilateral_timeout_seconds: 0,
    signal: new AbortController().signal,
    notify: () => {},
  });
  await quiet(link, payer, shop);
  await closed;
  assert.deepEqual(
    (await events(payer)).map(({ type, closer, close_cause }) => [type, closer, close_cause]),
    [
      ['channel.opened', undefined, undefined],
      ['channel.closing', 'local', 'user'],
    ],
  );
  world.chain.mine(120, COIN_SCRIPT);
  await quiet(link, payer, shop);
  for (const [node, closer] of [
    [payer, 'local'],
    [shop, 'remote'],
  ] as const) {
    const told = await events(node);
    assert.deepEqual(
      told.map((event) => [event.type, event.channel_id, event.closer]),
      [
        ['channel.opened', channel_id, undefined],
        ['channel.closing', channel_id, closer],
        ['channel.closed', channel_id, closer],
      ],
    );
  }
});
