import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '../support/bitcoind.ts';
import { Neighbour } from './neighbour.ts';
import { Reader } from './reader.ts';

/** `586,369`, as the guide writes a number of satoshi. */
function satText(amount_msat: number): string {
  return Math.floor(amount_msat / 1000).toLocaleString('en-US');
}

test('docs/guide/inbound-liquidity.md', async (t) => {
  const port = await freePort();
  const reader = new Reader('inbound-liquidity', [
    ['signet', 'regtest'],
    ['39735', String(port)],
  ]);
  t.after(() => reader.close());
  const neighbour = await Neighbour.movesIn(reader);
  t.after(() => neighbour.close());
  const channels = async () => JSON.parse((await reader.runMentioned('till listpeerchannels')).stdout).channels;

  const says = (words: string) =>
    assert.ok(reader.text.replaceAll(/\s+/g, ' ').includes(words), `the guide should say: ${words}`);

  // 1. A channel that is opened to us.
  const node = reader.begin('till start --network=signet --addr=0.0.0.0:39735');
  await node.says('is up on regtest');
  const { id, binding } = JSON.parse((await reader.run('till getinfo')).stdout);
  assert.equal(binding[0].port, port);
  const warned = JSON.parse(await reader.outside('till invoice 980000sat before x'));
  assert.match(warned.warning_capacity, /^Insufficient incoming channel capacity/);
  await neighbour.opensChannel(reader, id, port, 1_000_000);
  says(`of 1,000,000 sat you can receive ${satText((await channels())[0].receivable_msat)}`);
  const warnings = async (label: string): Promise<string[]> => {
    const made = JSON.parse(await reader.outside(`till invoice 980000sat ${label} x`));
    return Object.keys(made).filter((name) => name.startsWith('warning'));
  };
  assert.deepEqual(await warnings('after'), ['warning_reserve']);

  // 2. A channel that we open, and pay over.
  const { p2tr } = JSON.parse((await reader.run('till newaddr')).stdout);
  await neighbour.payTo(reader, p2tr);
  assert.deepEqual(await warnings('deposited'), []);
  reader.replace('NODE_ID@HOST:PORT', `${neighbour.id}@${neighbour.address}`);
  reader.replace('NODE_ID', neighbour.id);
  await reader.run('till connect NODE_ID@HOST:PORT');
  const { channel_id } = JSON.parse((await reader.run('till fundchannel NODE_ID 1000000')).stdout);
  await neighbour.mine(reader, 6);
  await neighbour.untilUsable(reader);
  // What is paid is paid over the channel that is ours: the other one holds nothing of ours.
  reader.replace('BOLT11', await neighbour.asksFor(400_000_000, 'supplier'));
  await reader.run('till pay BOLT11');
  const settled = await reader.until('till listpeerchannels', (text) =>
    JSON.parse(text).channels.every(({ htlcs = [] }: { htlcs?: unknown[] }) => htlcs.length === 0),
  );
  const ours = JSON.parse(settled).channels.find((each: Record<string, unknown>) => each.channel_id === channel_id);
  assert.equal(ours.to_us_msat, 600_000_000);
  says(`you can receive ${satText(ours.receivable_msat)}, and pay out another ${satText(ours.spendable_msat)}`);

  // 3. One that may be used before it is in a block is what test/sim and test/peers try.
  assert.ok(reader.text.includes('--zeroconf-peer=NODE_ID'));
  reader.assertAllFollowed();
});
