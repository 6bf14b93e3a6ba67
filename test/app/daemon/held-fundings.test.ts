import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectToNode } from '../../../src/api/client/index.ts';
import { resumeFundings } from '../../../src/app/daemon/held-fundings.ts';
import { sat } from '../../../src/base/types/amount.ts';
import { refused } from '../../support/refused.ts';
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
  const given_up: string[] = [];
  const giveUp = (_channel: object, reason: string): void => void given_up.push(reason);
  await resumeFundings(shop.wallet, [channel(wanted.txid, 'opening'), channel(over.txid, 'failed')], log, giveUp);
  assert.deepEqual(given_up, []);
  assert.deepEqual(
    [wanted, over].map(({ txid }) => town.chain.isPending(txid)),
    [true, false],
  );
  assert.deepEqual(shop.wallet.held(), [], 'and its coins are free');
  assert.equal(lines.length, 2);
});

test('listfunds shows what coins are held for, and unreserveinputs frees what nothing needs any more', async () => {
  const shop = await town.start('third', '--offline');
  await town.fund(shop);
  const client = await connectToNode(shop.rpc_file);
  const held = await shop.wallet.fund(FUNDING, sat(100_000), { feerate_per_kw: 1000 });
  const [output] = (await client.call('listfunds', {})).outputs;
  assert.deepEqual([output?.reserved, output?.reserved_by, output?.reserved_for], [true, held.txid, 'funding (held)']);
  const coin = `${output?.txid}:${output?.output}`;
  const { reservations } = await client.call('unreserveinputs', { utxos: [coin] });
  assert.deepEqual(reservations, [{ txid: output?.txid, vout: output?.output, was_reserved: true, reserved: false }]);
  assert.equal((await shop.wallet.balance()).confirmed_sat * 1000n, BigInt(output?.amount_msat ?? 0));
  const { psbt, txid } = await client.call('withdraw', {
    destination: (await client.call('newaddr', {})).p2tr as string,
    satoshi: 50_000,
  });
  const again = (await client.call('unreserveinputs', { psbt })).reservations;
  assert.deepEqual(
    again.map(({ reserved, reason }) => [reserved, reason]),
    [[true, `transaction ${txid} is on its way`]],
  );
  await refused(-32602, /not a PSBT/, client.call('unreserveinputs', { psbt: 'nothing' }));
  await refused(-32602, /missing required parameter/, client.call('unreserveinputs', {}));
  client.close();
});
