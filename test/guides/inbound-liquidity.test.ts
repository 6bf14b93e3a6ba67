import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectToNode } from '../../src/api/client/index.ts';
import { Provider } from '../../src/app/sandbox/provider/provider.ts';
import { msat, sat } from '../../src/base/types/amount.ts';
import { systemClock } from '../../src/base/types/clock.ts';
import { SharedChain } from '../../src/infra/chain/embedded/chain-socket.ts';
import { freePort } from '../support/bitcoind.ts';
import { until, untilAsync } from '../support/town.ts';
import { Neighbour } from './neighbour.ts';
import { Reader } from './reader.ts';

/** `586,369`, as the guide writes a number of satoshi. */
function satText(amount_msat: number): string {
  return Math.floor(amount_msat / 1000).toLocaleString('en-US');
}

/** A provider with coins, and the neighbour as somebody who can pay through it. */
async function openProvider(neighbour: Neighbour, reader: Reader): Promise<Provider> {
  const { town, node } = neighbour;
  const write = (text: string): void => void town.log.push(`provider ${text}`);
  const provider = await Provider.start({
    dir: join(town.dir, 'provider'),
    backend: new SharedChain(join(town.dir, 'chain')),
    clock: systemClock,
    log: { debug: write, info: write, warn: write, error: write },
  });
  const { script_pubkey } = await provider.node.wallet.newAddress('p2tr');
  await town.mine(2, script_pubkey);
  await town.mine(100);
  await untilAsync(async () => (await provider.node.wallet.balance()).confirmed_sat > 0n);
  await node.peers.connect(provider.node_id, provider.address);
  const peer = node.channels.peer(provider.node_id);
  assert.ok(peer !== undefined);
  await node.channels.open(peer, {
    funding_satoshis: sat(5_000_000),
    push_msat: msat(0),
    feerate_per_kw: 1000,
    announce_channel: false,
  });
  await until(() => town.chain.pending.length > 0);
  await town.mine(6);
  await until(() =>
    node.channels.list().every(({ state, remote_update }) => state.phase === 'normal' && remote_update),
  );
  reader.replace('PROVIDER', `${provider.node_id}@${provider.address.host}:${provider.address.port}`);
  return provider;
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
  const provider = await openProvider(neighbour, reader);
  t.after(() => provider.stop());
  const { town, node: customer } = neighbour;
  const mine = async (count: number): Promise<void> => {
    await neighbour.mine(reader, count);
    const { height } = await town.chain.tip();
    await until(() => provider.node.chain.tip().height >= height);
  };
  const channels = async () => JSON.parse((await reader.runMentioned('till listpeerchannels')).stdout).channels;
  const says = (words: string) =>
    assert.ok(reader.text.replaceAll(/\s+/g, ' ').includes(words), `the guide should say: ${words}`);

  // What there is: nothing.
  const running = reader.begin(
    'till start --network=signet --addr=0.0.0.0:39735 --lsp=PROVIDER --lsp-max-fee=10000sat',
  );
  await running.says('is up on regtest');
  const { id, binding } = JSON.parse(await reader.outside('till getinfo'));
  await until(() => provider.node.client(id) !== undefined);
  const told = JSON.parse((await reader.run('till inbound')).stdout);
  assert.match(told.summary, /^Nobody can pay this shop over Lightning now\./);
  says('Nobody can pay this shop over Lightning now.');
  const warned = JSON.parse(await reader.outside('till invoice 980000sat before x'));
  assert.match(warned.warning_capacity, /^Insufficient incoming channel capacity/);
  const [listed] = JSON.parse((await reader.run('till listlsps')).stdout).lsps;
  says(`says what does: here ${satText(listed.menu[0].least_payment_msat)} sat`);
  const [priced] = JSON.parse((await reader.runMentioned('till listlsps 50000sat')).stdout).lsps;
  assert.equal(priced.menu[0].opening_fee_msat, 2_000_000);

  // The first payment opens the channel.
  const made = JSON.parse(
    (await reader.run('till -k invoice amount_msat=80000sat label=first description="a table" jit=true')).stdout,
  );
  assert.equal(made.amount_expected_msat, 80_000_000 - made.opening_fee_msat);
  says(`${satText(made.opening_fee_msat)} of 80,000 sat`);
  says(`After 80,000 sat less ${satText(made.opening_fee_msat)} sat`);
  const { bolt11 } = made;
  const payer = await connectToNode(customer.rpc_file, { reconnect: false });
  await payer.callAny('pay', { bolt11 });
  payer.close();
  const paid = JSON.parse(await reader.outside('till listinvoices first')).invoices[0];
  assert.equal(paid.status, 'paid');
  assert.equal(paid.opening_fee_msat, made.opening_fee_msat);
  await until(() => town.chain.pending.length > 0);
  await mine(1);
  await neighbour.untilUsable(reader);
  says(`you can receive another ${satText((await channels())[0].receivable_msat)} sat`);

  // One that is bought ahead, from the wallet.
  const { p2tr } = JSON.parse(await reader.outside('till newaddr'));
  await neighbour.payTo(reader, p2tr);
  const price = JSON.parse((await reader.run('till buychannel 1000000')).stdout);
  assert.equal(price.status, 'quoted');
  says(`${satText(price.fee_msat)} sat for 1,000,000 sat and 3 months`);
  const bought = JSON.parse((await reader.run('till buychannel 1000000 3 10000sat')).stdout);
  assert.ok(['paying', 'paid', 'delivered'].includes(bought.status), bought.status);
  await reader.run('till listchannelorders');
  for (;;) {
    await mine(1);
    const { orders } = JSON.parse(await reader.outside('till listchannelorders'));
    if (orders.at(-1).status === 'delivered') break;
  }
  await mine(6);
  await neighbour.untilUsable(reader);
  const large = (await channels()).find(({ total_msat }: { total_msat: number }) => total_msat === 1_000_000_000);
  says(`Of a channel of 1,000,000 sat you can receive ${satText(large.receivable_msat)} sat`);

  // By itself: what it buys is tried in test/node/liquidity/inbound-keeper.test.ts.
  reader.file('~/.till/config');

  // From somebody that one knows.
  const info = JSON.parse((await reader.run('till getinfo')).stdout);
  assert.equal(info.binding[0].port, port);
  assert.equal(binding[0].port, port);
  await neighbour.opensChannel(reader, id, port, 1_000_000);
  const theirs = (await channels()).find(({ peer_id }: { peer_id: string }) => peer_id === neighbour.id);
  says(`of 1,000,000 sat you can receive ${satText(theirs.receivable_msat)}`);
  assert.ok(reader.text.includes('--zeroconf-peer=NODE_ID'));

  // A channel that we open, and pay over.
  reader.replace('NODE_ID@HOST:PORT', `${neighbour.id}@${neighbour.address}`);
  reader.replace('NODE_ID', neighbour.id);
  await reader.run('till newaddr');
  await reader.run('till connect NODE_ID@HOST:PORT');
  const { channel_id } = JSON.parse((await reader.run('till fundchannel NODE_ID 1000000')).stdout);
  await until(() => town.chain.pending.length > 0);
  await mine(6);
  await neighbour.untilUsable(reader);
  // What is paid is paid over the channel that is ours: no other one holds so much of ours.
  reader.replace('BOLT11', await neighbour.asksFor(400_000_000, 'supplier'));
  await reader.run('till pay BOLT11');
  const over = await reader.until('till listpeerchannels', (text) =>
    JSON.parse(text).channels.every(({ htlcs = [] }: { htlcs?: unknown[] }) => htlcs.length === 0),
  );
  const ours = JSON.parse(over).channels.find((each: Record<string, unknown>) => each.channel_id === channel_id);
  assert.equal(ours.to_us_msat, 600_000_000);
  says(`you can receive ${satText(ours.receivable_msat)}, and pay out another ${satText(ours.spendable_msat)}`);
  reader.assertAllFollowed();
});
