/**
 * The database of a node that was killed is replaced by an older one, as its operator's restore does it: over the same file,
 * with the same marks of runs beside it. The node says so, publishes nothing, and its peer closes the channel.
 */
import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DATABASE_FILE } from '../../src/infra/store/file-name.ts';
import { MARK_PREFIX } from '../../src/node/backup/run-mark.ts';
import { Market, type Trader, until } from '../support/market.ts';
import { skippedOnServer } from '../support/test-store.ts';
import { TRUSTS_PEERS } from '../support/town.ts';

const SKIP = { skip: skippedOnServer('it replaces the file of a database') };
const AMOUNT_MSAT = 10_000_000;

/** The files of a database that was not closed. */
const FILES = [DATABASE_FILE, `${DATABASE_FILE}-wal`];

const directoryOf = ({ node }: Trader): string => join(node.dir, 'regtest');
const marksOf = (trader: Trader): readonly string[] =>
  readdirSync(directoryOf(trader)).filter((name) => name.startsWith(MARK_PREFIX));

async function pay(market: Market, label: string): Promise<void> {
  const { bolt11 } = await market.shop.ask('invoice', { amount_msat: AMOUNT_MSAT, label, description: label });
  await market.customer.ask('pay', { bolt11: bolt11 as string });
}

async function channelOf(trader: Trader): Promise<Record<string, unknown>> {
  const { channels } = await trader.ask('listpeerchannels');
  return (channels as unknown as Record<string, unknown>[])[0] ?? {};
}

/** Runs a shop that is paid, killed and given another database by `replace`; answers what it said at its next start. */
async function replaced(replace: (directory: string, kept: string) => void): Promise<void> {
  const market = await Market.open(TRUSTS_PEERS);
  try {
    const { shop, customer } = market;
    await market.openChannels(1, 1_000_000);
    await pay(market, 'before');
    // A database that is closed is whole without its log.
    await shop.stop('keep');
    await shop.start();
    await market.connect();
    await until(async () => (await shop.usable()).length === 1 && (await customer.usable()).length === 1);
    const directory = directoryOf(shop);
    const kept = join(directory, 'kept');
    // While it runs: no mark changes from here to the kill.
    for (const name of FILES) copyFileSync(join(directory, name), `${kept}-${name}`);
    await pay(market, 'after');
    const before = marksOf(shop);
    await shop.kill();
    const { ino } = statSync(join(directory, DATABASE_FILE));
    replace(directory, kept);
    assert.deepEqual([statSync(join(directory, DATABASE_FILE)).ino, marksOf(shop)], [ino, before]);

    await shop.start();
    const log = readFileSync(join(shop.node.dir, 'log'), 'utf8');
    assert.match(log, /this database is older than this node: it has \d+ commits, and \d+ were durable/);
    assert.match(log, /this database may be older than the channel, so its peer is asked to close it/);
    assert.notEqual((await channelOf(shop)).state, 'CHANNELD_NORMAL');
    assert.equal(market.pending.length, 0, 'nothing of the shop is published');
    await until(async () => {
      await market.connect().catch(() => {});
      return market.pending.length > 0;
    });
    assert.equal((await channelOf(customer)).closer, 'local', 'the customer has closed');
    assert.equal(market.pending.length, 1);
    // It was the newest state, in which both payments are the shop's.
    await until(async () => {
      market.mine(1);
      return (await shop.ask('listfunds')).outputs !== undefined && (await heldSat(shop)) > 0n;
    });
    const share_sat = (2n * BigInt(AMOUNT_MSAT)) / 1000n;
    const held_sat = await heldSat(shop);
    assert.ok(held_sat <= share_sat && held_sat > share_sat - 5_000n, `the shop holds ${held_sat} sat`);
  } finally {
    await market.close();
  }
}

async function heldSat(shop: Trader): Promise<bigint> {
  const { outputs } = await shop.ask('listfunds');
  return (outputs as unknown as { amount_msat: number }[]).reduce(
    (total, { amount_msat }) => total + BigInt(amount_msat) / 1000n,
    0n,
  );
}

test('a copy that was made while the node ran, over the database of a node that was killed', SKIP, async () => {
  await replaced((directory, kept) => {
    for (const name of FILES) copyFileSync(`${kept}-${name}`, join(directory, name));
    rmSync(join(directory, `${DATABASE_FILE}-shm`));
  });
});

test('the database of a node that was killed, without the log beside it', SKIP, async () => {
  await replaced((directory) => {
    for (const name of ['wal', 'shm']) rmSync(join(directory, `${DATABASE_FILE}-${name}`));
  });
});
