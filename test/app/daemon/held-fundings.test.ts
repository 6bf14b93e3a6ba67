import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { resumeFundings } from '../../../src/app/daemon/held-fundings.ts';
import { sat } from '../../../src/base/types/amount.ts';
import { Town } from '../../support/town.ts';

let town: Town;
before(async () => {
  town = await Town.found();
});
after(() => town.close());

/** A witness script's output: nobody's. */
const FUNDING = Buffer.concat([Buffer.from([0, 32]), Buffer.alloc(32, 7)]);

test('coins that were reserved for a channel which never came to be are free again after a restart', async () => {
  const before = await town.start('shop', '--offline');
  await town.fund(before);
  const held = await before.wallet.fund(FUNDING, sat(100_000), { feerate_per_kw: 1000 });
  assert.equal((await before.wallet.balance()).confirmed_sat, 0n);
  await town.stop(before);
  const again = await town.start('shop', '--offline');
  assert.deepEqual(again.wallet.held(), []);
  assert.equal((await again.wallet.balance()).confirmed_sat, 5_000_000_000n);
  assert.equal(town.chain.isPending(held.txid), false);
  assert.ok(town.log.some((line) => line.includes(`the coins of ${held.txid} are free again`)));
});

test('a funding that a channel waits for is sent, one of a channel that is over is not', async () => {
  const shop = await town.start('second', '--offline');
  await town.fund(shop);
  await town.fund(shop);
  const fund = () => shop.wallet.fund(FUNDING, sat(100_000), { feerate_per_kw: 1000 });
  const [wanted, over] = [await fund(), await fund()];
  const channel = (funding_txid: typeof wanted.txid, phase: 'opening' | 'failed') => ({
    state: { phase, terms: { funding_txid } },
  });
  const lines: string[] = [];
  const log = { info: (text: string) => lines.push(text), warn: (text: string) => lines.push(text) };
  await resumeFundings(shop.wallet, [channel(wanted.txid, 'opening'), channel(over.txid, 'failed')], log);
  assert.deepEqual(
    [wanted, over].map(({ txid }) => town.chain.isPending(txid)),
    [true, false],
  );
  assert.deepEqual(shop.wallet.held(), [over.txid]);
  assert.equal(lines.length, 2);
});
