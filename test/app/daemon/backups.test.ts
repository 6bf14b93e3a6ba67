/** Nodes that lose their database, and what their backups bring back. */
import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { connectToNode } from '../../../src/api/client/index.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { DATABASE_FILE } from '../../../src/infra/store/file-name.ts';
import { COMMITS_FILE } from '../../../src/infra/store/high-water.ts';
import { EMERGENCY_FILE } from '../../../src/node/backup/backups.ts';
import { skippedOnServer } from '../../support/test-store.ts';
import { Town, TRUSTS_PEERS, until } from '../../support/town.ts';

const CHANNEL_SAT = 1_000_000;
/** What the shop is paid before the backup, and after it. */
const BEFORE_MSAT = 100_000_000n;
const AFTER_MSAT = 50_000_000n;
/** More than an anchor and the fee of one input at the least feerates. */
const MOST_COST_SAT = 5_000n;

const FILE = { skip: skippedOnServer('it replaces the database by a copy') };

let town: Town;
let shop: Daemon;
let customer: Daemon;
let count = 0;

before(async () => {
  town = await Town.found();
  customer = await town.start('customer');
  await town.fund(customer);
});
after(() => town.close());
beforeEach(async () => {
  shop = await town.start(`shop${++count}`, TRUSTS_PEERS);
  await town.connect(customer, shop);
  await town.open(customer, shop, CHANNEL_SAT);
  await payShop(BEFORE_MSAT);
});

async function ask(daemon: Daemon, method: string, params = {}): Promise<Record<string, unknown>> {
  const client = await connectToNode(daemon.rpc_file);
  try {
    return (await client.callAny(method, params)) as Record<string, unknown>;
  } finally {
    client.close();
  }
}

async function payShop(amount_msat: bigint): Promise<void> {
  const label = `sale ${Math.random()}`;
  const { bolt11 } = await ask(shop, 'invoice', { amount_msat, label, description: 'sale' });
  await ask(customer, 'pay', { bolt11 });
  // At both ends: what hangs at the customer's would close the channel during one of the next tests.
  const { node_id } = shop.keys;
  const all = () => [...shop.channels.list(), ...customer.channels.list().filter(({ peer_id }) => peer_id === node_id)];
  await until(() => all().every(({ state }) => state.htlcs.length === 0));
}

const dirOf = (name: string): string => join(town.dir, name, 'regtest');

/** Ends the shop for good, and puts its words into a directory of a new one. */
async function ruin(): Promise<{ readonly old: string; readonly name: string; readonly dir: string }> {
  const old = dirOf(`shop${count}`);
  await town.stop(shop);
  const name = `shop${count} again`;
  mkdirSync(dirOf(name), { recursive: true });
  copyFileSync(join(old, 'seed'), join(dirOf(name), 'seed'));
  return { old, name, dir: dirOf(name) };
}

/** The customer's commitment is mined, and all that follows; answers what the shop's wallet holds then. */
async function closeOnChain(): Promise<bigint> {
  const [channel] = shop.channels.list();
  assert.ok(channel !== undefined);
  // Its own: the channels of other tests live on the same chain.
  const funding_txid = Buffer.from(channel.state.terms.funding_txid, 'hex').reverse();
  await until(() => town.chain.pending.some((transaction) => transaction.includes(funding_txid)));
  await town.mine(1);
  await until(() => channel.state.phase === 'spent');
  const view = shop.endings.view(channel.channel_id);
  assert.equal(view?.commitment_txid, undefined, 'nothing of ours was published');
  await town.mineUntil(() => shop.channels.list().length === 0);
  const coins = await shop.wallet.listCoins();
  return coins.reduce((total, { coin }) => total + coin.amount_sat, 0n);
}

function assertShare(held_sat: bigint): void {
  const share_sat = (BEFORE_MSAT + AFTER_MSAT) / 1000n;
  assert.ok(held_sat <= share_sat && held_sat > share_sat - MOST_COST_SAT, `the shop holds ${held_sat} sat`);
}

test('a backup that is older than its channel publishes nothing, and the peer closes towards us', FILE, async () => {
  const destination = join(town.dir, `backup${count}`);
  const { size_bytes } = await ask(shop, 'backup', { destination });
  assert.ok((size_bytes as number) > 4096);
  await payShop(AFTER_MSAT);
  const { name, dir } = await ruin();
  renameSync(destination, join(dir, DATABASE_FILE));
  shop = await town.start(name, TRUSTS_PEERS);
  const [channel] = shop.channels.list();
  assert.deepEqual([channel?.state.phase, channel?.state.failure?.data_loss], ['failed', true]);
  await town.connect(customer, shop);
  assertShare(await closeOnChain());
});

test(
  'a directory that was copied while the node went on does not start without a word, and is safe with it',
  FILE,
  async () => {
    await town.stop(shop);
    const copy = join(town.dir, `copy${count}`);
    copyFileSync(join(dirOf(`shop${count}`), DATABASE_FILE), copy);
    shop = await town.start(`shop${count}`, TRUSTS_PEERS);
    await town.connect(customer, shop);
    await until(() => shop.channels.list().every(({ state }) => state.link === 'up'));
    await payShop(AFTER_MSAT);
    const { name, dir } = await ruin();
    renameSync(copy, join(dir, DATABASE_FILE));
    await assert.rejects(town.start(name), /--copied-database=latest/);
    shop = await town.start(name, '--copied-database=old', TRUSTS_PEERS);
    await town.connect(customer, shop);
    assertShare(await closeOnChain());
  },
);

test('an old copy that is laid over the database, or over all of the directory, is noticed', FILE, async () => {
  const directory = dirOf(`shop${count}`);
  const database = join(directory, DATABASE_FILE);
  const [while_running, stopped, all] = ['running', 'stopped', 'all'].map((what) => join(town.dir, `${what}${count}`));
  assert.ok(while_running && stopped && all);
  const again = async (): Promise<void> => {
    shop = await town.start(`shop${count}`, TRUSTS_PEERS);
    await town.connect(customer, shop);
    await until(() => shop.channels.list().every(({ state }) => state.link === 'up'));
  };
  await town.stop(shop);
  copyFileSync(database, stopped);
  cpSync(directory, all, { recursive: true });
  await again();
  copyFileSync(database, while_running);
  await payShop(AFTER_MSAT);
  await town.stop(shop);
  await again();
  await town.stop(shop);
  const { ino } = statSync(database);
  const commits = readFileSync(join(directory, COMMITS_FILE));
  // The whole directory brings its number of commits along, so the marks of the runs alone tell.
  for (const lay of [() => cpSync(all, directory, { recursive: true }), () => copyFileSync(stopped, database)]) {
    lay();
    assert.equal(statSync(database).ino, ino, 'it is the same file');
    await assert.rejects(town.start(`shop${count}`), /--copied-database=latest/);
  }
  writeFileSync(join(directory, COMMITS_FILE), commits);
  for (const copy of [while_running, stopped]) {
    copyFileSync(copy, database);
    assert.equal(statSync(database).ino, ino, 'it is the same file');
    await assert.rejects(town.start(`shop${count}`, '--copied-database=latest'), /cannot be taken for the latest/);
  }
  const before = town.log.length;
  copyFileSync(while_running, database);
  shop = await town.start(`shop${count}`, TRUSTS_PEERS);
  const said = town.log.slice(before).filter((line) => / warn .*older than this node/.test(line));
  assert.match(said.join('\n'), /it has \d+ commits, and \d+ were durable/);
  assert.deepEqual(
    shop.channels.list().map(({ state }) => [state.phase, state.failure?.data_loss]),
    [['failed', true]],
  );
  await town.connect(customer, shop);
  assertShare(await closeOnChain());
});

test('a directory that was moved goes on when the operator says that it is the latest', FILE, async () => {
  const { old, name, dir } = await ruin();
  copyFileSync(join(old, DATABASE_FILE), join(dir, DATABASE_FILE));
  shop = await town.start(name, '--copied-database=latest', TRUSTS_PEERS);
  await town.connect(customer, shop);
  await until(() => shop.channels.list().every(({ state }) => state.link === 'up'));
  await payShop(AFTER_MSAT);
  const [channel] = shop.channels.list();
  assert.equal(channel?.state.local_msat, BEFORE_MSAT + AFTER_MSAT);
  await town.stop(shop);
  shop = await town.start(name, TRUSTS_PEERS);
  assert.equal(shop.channels.list()[0]?.state.phase, 'normal', 'and then it is a database like any other');
});

test('the words and emergency.recover alone bring the balance back', async () => {
  await payShop(AFTER_MSAT);
  const { old, name, dir } = await ruin();
  copyFileSync(join(old, EMERGENCY_FILE), join(dir, EMERGENCY_FILE));
  shop = await town.start(name, TRUSTS_PEERS);
  assert.equal(shop.channels.list().length, 0);
  assert.ok(town.log.some((line) => line.startsWith(name) && /emergency.recover holds 1 channel/.test(line)));
  const { stubs } = await ask(shop, 'emergencyrecover');
  assert.equal((stubs as string[]).length, 1);
  assert.deepEqual(await ask(shop, 'emergencyrecover'), { stubs: [] }, 'a second time there is nothing left to do');
  // Clients add these up: a figure that nobody knows is 0, and said to be unknown.
  const [held] = (await ask(shop, 'listfunds')).channels as unknown as Record<string, unknown>[];
  assert.deepEqual([held?.our_amount_msat, held?.amount_unknown], [0, true]);
  await town.connect(customer, shop);
  assertShare(await closeOnChain());
  const [closed] = (await ask(shop, 'listclosedchannels')).closedchannels as unknown as Record<string, unknown>[];
  assert.ok(closed !== undefined);
  const { figures_unknown, total_msat, final_to_us_msat, min_to_us_msat, max_to_us_msat, total_htlcs_sent } = closed;
  assert.equal(figures_unknown, true);
  assert.deepEqual([final_to_us_msat, min_to_us_msat, max_to_us_msat, total_htlcs_sent], [0, 0, 0, 0]);
  assert.equal(typeof total_msat, 'number');
});

test('the words and the texts of staticbackup do the same, on a node that has channels of its own by then', async () => {
  const { scb } = await ask(shop, 'staticbackup');
  assert.equal((scb as string[]).length, 1);
  await payShop(AFTER_MSAT);
  const { name } = await ruin();
  shop = await town.start(name, TRUSTS_PEERS);
  const [first, ...rest] = (await ask(shop, 'recoverchannel', { scb })).stubs as string[];
  assert.deepEqual([shop.channels.list()[0]?.channel_id, rest], [first, []]);
  await town.connect(customer, shop);
  assertShare(await closeOnChain());
});

test('the words alone bring the balance back, when the operator knows one peer', async () => {
  await payShop(AFTER_MSAT);
  const { name } = await ruin();
  shop = await town.start(name);
  assert.deepEqual(await ask(shop, 'emergencyrecover'), { stubs: [] });
  const { host, port } = customer.bindings[0] as { host: string; port: number };
  await ask(shop, 'connect', { id: `${customer.keys.node_id}@${host}:${port}` });
  await until(() => town.log.some((line) => line.startsWith(`${name} warn peer`) && /1 channel\(s\)/.test(line)));
  await town.stop(shop);
  shop = await town.start(name);
  assert.ok(
    town.log.some((line) => line.startsWith(name) && /emergency.recover holds 1 channel/.test(line)),
    'what the peer returned is kept',
  );
  assert.equal(((await ask(shop, 'emergencyrecover')).stubs as string[]).length, 1);
  assertShare(await closeOnChain());
});

test('a peer that called us has no address: staticbackup and the log say so at once', async () => {
  const { warning_no_address } = await ask(shop, 'staticbackup');
  assert.match(warning_no_address as string, new RegExp(customer.keys.node_id));
  const lines = () => town.log.filter((line) => line.startsWith(`shop${count}`) && /no address of peer/.test(line));
  assert.equal(lines().length, 1, 'once');
  const { host, port } = customer.bindings[0] as { host: string; port: number };
  await ask(shop, 'connect', { id: `${customer.keys.node_id}@${host}:${port}` });
  assert.equal((await ask(shop, 'staticbackup')).warning_no_address, undefined);
});

test('a backup of another node is refused, and changes nothing', async () => {
  const { scb } = await ask(shop, 'staticbackup');
  await assert.rejects(ask(customer, 'recoverchannel', { scb }), /another node/);
  await assert.rejects(ask(customer, 'recoverchannel', { scb: ['00'] }), /no static channel backup/);
  await assert.rejects(ask(shop, 'backup', { destination: 'here' }), /absolute path/);
  rmSync(join(dirOf(`shop${count}`), EMERGENCY_FILE), { force: true });
  assert.deepEqual(await ask(shop, 'emergencyrecover'), { stubs: [] });
});
