/** What an operator sees of a channel that ends, command by command, and reads in the log. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Client, connectToNode } from '../../../src/api/client/index.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { parseTransaction, txidOf } from '../../../src/codec/tx/transaction.ts';
import { TIMEOUT } from '../../support/time-limit.ts';
import { Town, until } from '../../support/town.ts';

const FUNDING_SAT = 1_000_000;
const PUSH_SAT = 300_000;

let town: Town;
let shop: Daemon;
let customer: Daemon;
let client: Client;
before(async () => {
  town = await Town.found();
  shop = await town.start('shop');
  customer = await town.start('customer');
  for (let coin = 0; coin < 3; coin++) await town.fund(customer);
  await town.connect(customer, shop);
  client = await connectToNode(shop.rpc_file);
});
after(async () => {
  client.close();
  await town.close();
});

const openChannel = () => town.open(customer, shop, FUNDING_SAT, PUSH_SAT * 1000);

/** The shop's only channel as it lists it. */
async function listed() {
  const { channels } = await client.call('listpeerchannels', {});
  assert.equal(channels.length, 1);
  return channels[0] as (typeof channels)[number];
}

async function untilState(state: string): Promise<void> {
  while ((await listed()).state !== state);
}

const sent = () => town.chain.pending.map((transaction) => txidOf(parseTransaction(transaction)) as string);

/** A transaction is told before it is sent, so a test that mines one waits for it. */
async function mineWhatIsSent(txid?: string): Promise<void> {
  await until(() => (txid === undefined ? sent().length > 0 : sent().includes(txid)));
  await town.mine(1);
}

/**
 * What the shop sweeps next, once its transaction waits to be mined. A transaction that is refused (the customer's
 * own sweep may hold the same anchor by then) is made again, so what is listed is asked for until it is the one sent.
 */
async function untilSwept() {
  for (;;) {
    const [sweep] = (await client.call('listfunds', {})).sweeps;
    const sweep_txid = sweep?.sweep_txid;
    if (sweep_txid !== undefined && sent().includes(sweep_txid)) return { ...sweep, sweep_txid };
  }
}

test('a channel that is closed in agreement: its states, and its row in history', TIMEOUT, async () => {
  const channel = await openChannel();
  assert.equal((await listed()).state, 'CHANNELD_NORMAL');
  const { type, txid } = await client.call('close', { id: channel.channel_id });
  assert.equal(type, 'mutual');
  const row = await listed();
  assert.equal(row.state, 'CLOSINGD_COMPLETE');
  assert.equal(row.closer, 'local');
  assert.equal((await client.call('listclosedchannels', {})).closedchannels.length, 0);
  await mineWhatIsSent(txid);
  await untilState('ONCHAIN');
  assert.match((await listed()).status.join('\n'), /Tracking mutual close transaction/);
  const { outputs, sweeps } = await client.call('listfunds', {});
  assert.deepEqual(
    outputs.map(({ txid, status }) => [txid, status]),
    [[txid, 'confirmed']],
  );
  assert.deepEqual(sweeps, []);
  await town.mineUntil(() => shop.channels.list().length === 0);
  const { closedchannels } = await client.call('listclosedchannels', { id: customer.keys.node_id });
  const [closed] = closedchannels;
  assert.equal(closed?.channel_id, channel.channel_id);
  assert.deepEqual(
    [closed?.closer, closed?.close_cause, closed?.ending, closed?.closing_txid, closed?.opener],
    ['local', 'user', 'mutual', txid, 'remote'],
  );
  assert.equal(closed?.final_to_us_msat, PUSH_SAT * 1000);
});

test(
  'a channel that the shop closes alone: what is on its way, from when it can be taken, until it is there',
  TIMEOUT,
  async () => {
    const channel = await openChannel();
    shop.channels.forceClose(channel.channel_id, 'the operator wants it');
    await untilState('AWAITING_UNILATERAL');
    assert.match((await listed()).status.join('\n'), /Our commitment transaction [0-9a-f]{64} waits to be mined/);
    await mineWhatIsSent();
    await untilState('ONCHAIN');
    const row = await listed();
    assert.match(row.status.join('\n'), /Tracking our own unilateral close/);
    assert.match(row.status.join('\n'), /in \d+ blocks will spend DELAYED_OUTPUT_TO_US/);
    const { sweeps, channels } = await client.call('listfunds', {});
    const { height } = await town.chain.tip();
    const delay = Number(row.our_to_self_delay);
    assert.deepEqual(
      sweeps.map(({ channel_id, output_type, amount_msat, claimable_height, sweep_txid }) => ({
        channel_id,
        output_type,
        amount_msat,
        claimable_height,
        sweep_txid,
      })),
      [
        {
          channel_id: channel.channel_id,
          output_type: 'DELAYED_OUTPUT_TO_US',
          amount_msat: PUSH_SAT * 1000,
          claimable_height: height + delay,
          sweep_txid: undefined,
        },
      ],
    );
    assert.equal(channels[0]?.state, 'ONCHAIN');
    await town.mine(delay - 1);
    const { sweep_txid } = await untilSwept();
    await town.mine(1);
    await until(() => shop.endings.view(channel.channel_id)?.sweeps.length === 0);
    const funds = await client.call('listfunds', {});
    assert.deepEqual(funds.sweeps, []);
    assert.ok(funds.outputs.some(({ txid, status }) => txid === sweep_txid && status === 'confirmed'));
    await town.mineUntil(() => shop.channels.list().length === 0);
    const { closedchannels } = await client.call('listclosedchannels', {});
    const closed = closedchannels.find(({ channel_id }) => channel_id === channel.channel_id);
    assert.deepEqual([closed?.closer, closed?.close_cause, closed?.ending], ['local', 'user', 'local']);
  },
);

test('a channel that the peer closes alone, told in words for a shopkeeper', TIMEOUT, async () => {
  const channel = await openChannel();
  customer.channels.forceClose(channel.channel_id, 'the operator wants it');
  // The shop, told that it is over, sends its own commitment too: to be told in one order, that comes before the block.
  await until(() => town.log.some((line) => line.startsWith(`shop info channel ${channel.channel_id}: transaction`)));
  await mineWhatIsSent();
  await untilState('ONCHAIN');
  assert.equal((await listed()).closer, 'remote');
  const { output_type } = await untilSwept();
  assert.equal(output_type, 'OUTPUT_TO_US');
  await town.mineUntil(() => shop.channels.list().length === 0);
  const { closedchannels } = await client.call('listclosedchannels', {});
  const closed = closedchannels.find(({ channel_id }) => channel_id === channel.channel_id);
  assert.deepEqual([closed?.closer, closed?.close_cause, closed?.ending], ['remote', 'remote', 'remote']);
  const told = town.log.filter((line) => line.startsWith('shop') && line.includes(channel.channel_id));
  assert.deepEqual(
    told.map((line) => line.replaceAll(/[0-9a-f]{64,66}/g, '*').replaceAll(/\d+/g, 'N')),
    [
      'shop info channel * with * waits for its funding transaction',
      'shop info channel * with * is ready',
      'shop warn channel * is over: the peer says: the operator wants it',
      'shop info channel *: transaction * was not taken: insufficient fee (rejecting replacement: N against N)',
      'shop info channel * was closed by the peer alone: our part is on its way to the wallet (transaction *)',
      'shop info channel *: sent *',
      'shop info channel *: its output *:N is ours',
      'shop info channel * is closed for good: all that was ours is in the wallet',
    ],
  );
});
