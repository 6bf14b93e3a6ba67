/** A wallet whose database is lost comes back from the words alone. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { rescanHeight } from '../../../src/app/daemon/build-node.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { sat } from '../../../src/base/types/amount.ts';
import { fromHex } from '../../../src/base/types/hex.ts';
import { NOBODY, Town } from '../../support/town.ts';

let town: Town;
let lost: Daemon;
const used = new Set<string>();

before(async () => {
  town = await Town.found();
  lost = await town.start('lost');
  for (const kind of ['p2tr', 'bech32', 'p2tr'] as const) {
    const { script_pubkey } = await lost.wallet.newAddress(kind);
    used.add(script_pubkey);
    await town.mine(1, script_pubkey);
    // Addresses that nobody ever paid to lie between.
    for (let index = 0; index < 30; index++) used.add((await lost.wallet.newAddress(kind)).script_pubkey);
  }
  await town.mine(100);
  await lost.wallet.withdraw(fromHex(NOBODY), sat(6_000_000_000n), { feerate_per_kw: 1000 });
  await town.mine(1);
});
after(() => town.close());

async function coinsOf(daemon: Daemon): Promise<readonly string[]> {
  const coins = await daemon.wallet.listCoins();
  return coins.map(({ coin, status }) => `${coin.txid}:${coin.vout} ${coin.amount_sat} ${status}`).sort();
}

async function restore(name: string, ...options: readonly string[]): Promise<Daemon> {
  mkdirSync(join(town.dir, name, 'regtest'), { recursive: true });
  copyFileSync(join(town.dir, 'lost', 'regtest', 'seed'), join(town.dir, name, 'regtest', 'seed'));
  return await town.start(name, ...options);
}

test('every coin is found again, change included, and what was spent is not', async () => {
  const before = await coinsOf(lost);
  assert.equal(before.length, 2);
  const daemon = await restore('restored', '--rescan=0');
  await daemon.chain.synced();
  await daemon.chain.refresh();
  assert.deepEqual(await coinsOf(daemon), before);
  const { script_pubkey } = await daemon.wallet.newAddress('p2tr');
  assert.ok([...used].indexOf(script_pubkey) > 0, 'an address that was paid is not given out again');
  await town.stop(daemon);
  const again = await town.start('restored');
  assert.deepEqual(await coinsOf(again), before, 'and they are in the database');
});

test('without the option nothing is searched, and the log says what to do', async () => {
  const daemon = await restore('hasty');
  await daemon.chain.synced();
  assert.deepEqual(await coinsOf(daemon), []);
  assert.ok(town.log.some((line) => line.startsWith('hasty') && line.includes('--rescan=-HEIGHT')));
});

test('rescan is a height when it is negative, and a number of blocks when it is not, as in Core Lightning', () => {
  assert.equal(rescanHeight(undefined, 500), undefined);
  assert.deepEqual(
    [-200, 0, 1, 15, 501, 900].map((rescan) => rescanHeight(rescan, 500)),
    [200, 0, 500, 486, 0, 0],
  );
});
