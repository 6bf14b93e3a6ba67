/**
 * A source of blocks below, beside or behind what the node has seen: a wiped disk, another chain, a bitcoind that waits
 * for blocks itself. On such a view no preimage leaves the node, and it says what is wrong.
 */
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connectToNode } from '../../src/api/client/index.ts';
import type { Daemon } from '../../src/app/daemon/daemon.ts';
import { msat } from '../../src/base/types/amount.ts';
import { systemClock } from '../../src/base/types/clock.ts';
import { decodeInvoice } from '../../src/codec/bolt11/native.ts';
import { serveChain } from '../../src/infra/chain/embedded/chain-socket.ts';
import { EmbeddedChain } from '../../src/infra/chain/embedded/embedded-chain.ts';
import { BitcoindProcess, bitcoindMissing, freePort } from '../support/bitcoind.ts';
import { NOBODY, Town, TRUSTS_PEERS, until } from '../support/town.ts';

let town: Town;
let customer: Daemon;
let shop: Daemon;
/** The same chain, as of block 3, on a socket of its own: as after a disk was wiped. */
let other: EmbeddedChain;
let other_socket: string;
let stopServing: () => Promise<void>;

before(async () => {
  town = await Town.found();
  await town.mine(3);
  copyFileSync(join(town.dir, 'blocks'), join(town.dir, 'other-blocks'));
  other = new EmbeddedChain({ clock: systemClock, file: join(town.dir, 'other-blocks') });
  other_socket = join(town.dir, 'other-chain');
  stopServing = await serveChain(other, other_socket);
  [shop, customer] = await Promise.all([town.start('shop', TRUSTS_PEERS), town.start('customer')]);
  await town.fund(customer);
  await town.connect(customer, shop);
  await town.open(customer, shop, 1_000_000);
});
after(async () => {
  await town.close();
  await stopServing();
});

async function call(daemon: Daemon, method: string, params: Record<string, string | number> = {}) {
  const client = await connectToNode(daemon.rpc_file);
  try {
    return (await client.callAny(method, params)) as Record<string, unknown>;
  } finally {
    client.close();
  }
}

/** Begins a payment of the customer; resolves when the shop holds its HTLC for good, or has taken it. */
async function begin(amount_msat: number, label: string): Promise<void> {
  const { invoice } = await shop.invoices.create({ amount_msat: msat(amount_msat), label, description: label });
  const decoded = decodeInvoice(invoice.bolt11);
  const paying = customer.payer.pay({
    invoice: decoded,
    bolt11: invoice.bolt11,
    amount_msat: msat(amount_msat),
    total_msat: msat(amount_msat),
    maxfee_msat: msat(0),
    max_delay: 2016,
    retry_for_seconds: 60,
    exclude: new Set(),
    label: undefined,
    description: undefined,
  });
  paying.catch(() => {});
  await until(() => shop.payments.pending_sets > 0 || isOver());
}

function isOver(): boolean {
  return customer.channels.list().every(({ state }) => state.htlcs.length === 0 && state.local_msat < 1_000_000_000n);
}

test('a source that is far behind what the node has seen: the payment waits, and is taken when the chain is there', async () => {
  await town.stop(shop);
  shop = await town.start('shop', TRUSTS_PEERS, `--embedded-chain=${other_socket}`);
  await shop.chain.refresh();
  const seen = (await town.chain.tip()).height;
  assert.equal(shop.chain.tip().height, seen, 'nothing is taken back');
  assert.match(town.log.join('\n'), /the source of blocks is only at block 3, and this node has seen block/);
  const info = await call(shop, 'getinfo');
  assert.match(info.warning_bitcoind_sync as string, /^Bitcoind is not up-to-date with network\./);
  assert.equal(info.warning_lightningd_sync, undefined);
  const asked = await call(shop, 'invoice', { amount_msat: 1000, label: 'warned', description: 'warned' });
  assert.match(asked.warning_bitcoind_sync as string, /only at block 3/);

  await town.connect(customer, shop);
  await until(() => shop.channels.list().every(({ state }) => state.link === 'up'));
  await begin(300_000_000, 'behind');
  assert.equal((await shop.invoices.find({ label: 'behind' }))?.status, 'unpaid');
  assert.equal(customer.channels.list()[0]?.state.htlcs.length, 1);

  await town.stop(shop);
  shop = await town.start('shop', TRUSTS_PEERS);
  await town.connect(customer, shop);
  await until(isOver);
  assert.equal((await shop.invoices.find({ label: 'behind' }))?.status, 'paid');
  assert.equal(shop.channels.list()[0]?.state.local_msat, 300_000_000n);
  assert.equal((await call(shop, 'getinfo')).warning_bitcoind_sync, undefined);
});

test('a source of another chain is refused at the start, and nothing follows from it', async () => {
  await town.stop(shop);
  other.mine((await town.chain.tip()).height + 10, NOBODY);
  await assert.rejects(
    () => town.start('shop', TRUSTS_PEERS, `--embedded-chain=${other_socket}`),
    /follows another chain than this node.*--rescan=HEIGHT/s,
  );
  shop = await town.start('shop', TRUSTS_PEERS);
  await shop.chain.synced();
  assert.deepEqual(shop.chain.tip(), await town.chain.tip());
  assert.equal(shop.channels.list()[0]?.state.local_msat, 300_000_000n);
});

async function onBitcoind(bitcoind: { rpcport: number; user: string; password: string }, name: string, dir: Town) {
  return await dir.start(
    name,
    '--chain=bitcoind',
    `--bitcoin-rpcport=${bitcoind.rpcport}`,
    `--bitcoin-rpcuser=${bitcoind.user}`,
    `--bitcoin-rpcpassword=${bitcoind.password}`,
    '--chain-poll-seconds=1',
  );
}

const skip = bitcoindMissing === undefined ? {} : { skip: bitcoindMissing };

test('on bitcoind a tip that is three days old, or a download of blocks under way, is not current', skip, async (t) => {
  const bitcoind = await BitcoindProcess.start();
  t.after(() => bitcoind.stop());
  const fresh = await onBitcoind(bitcoind, 'till-on-bitcoind', town);
  const warning = async (): Promise<unknown> => {
    await fresh.chain.refresh();
    const info = await call(fresh, 'getinfo');
    assert.equal(fresh.chain.isCurrent(), info.warning_bitcoind_sync === undefined);
    return info.warning_bitcoind_sync;
  };
  assert.match(
    (await warning()) as string,
    /catching up|minutes old/,
    'at its genesis block bitcoind waits for blocks',
  );
  const three_days_ago = systemClock.nowSeconds() - 3 * 86_400;
  await bitcoind.call('setmocktime', three_days_ago);
  await bitcoind.mine(10, NOBODY);
  assert.equal(
    (await bitcoind.call<{ initialblockdownload: boolean }>('getblockchaininfo')).initialblockdownload,
    false,
  );
  assert.match((await warning()) as string, /newest block of the source of blocks is 43\d\d minutes old/);
  await bitcoind.call('setmocktime', 0);
  await bitcoind.mine(1, NOBODY);
  assert.equal(await warning(), undefined);
  await town.stop(fresh);
});

test('a node that is started before its bitcoind waits for it, and says for what', skip, async (t) => {
  const first = await BitcoindProcess.start();
  await first.mine(1, NOBODY);
  await first.halt();
  const starting = onBitcoind(first, 'early', town);
  await until(() => town.log.some((line) => line.startsWith('early warn')));
  assert.match(
    town.log.find((line) => line.startsWith('early warn')) as string,
    new RegExp(`waiting for the source of blocks: bitcoind at 127.0.0.1:${first.rpcport} does not answer`),
  );
  const second = await BitcoindProcess.start(first);
  t.after(() => second.stop());
  const node = await starting;
  assert.equal(node.chain.tip().height, 1);
  await town.stop(node);
});

test('a node that waits for its bitcoind ends when it is asked to', async () => {
  const stop = new AbortController();
  const nowhere = { rpcport: await freePort(), user: 'nobody', password: 'nothing' };
  const starting = town.start(
    'never',
    ...[`--bitcoin-rpcport=${nowhere.rpcport}`, '--chain=bitcoind', '--bitcoin-rpcuser=nobody'],
    stop.signal,
  );
  const outcome = assert.rejects(starting, /stopped while waiting for the source of blocks/);
  await until(() => town.log.some((line) => line.startsWith('never warn')));
  stop.abort();
  await outcome;
});
