/** The wallet's history: what came and went, in the order of the chain, through restarts and reorganisations. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sat } from '../../../src/base/types/amount.ts';
import type { Txid } from '../../../src/base/types/brand.ts';
import { toHex } from '../../../src/base/types/hex.ts';
import { serializeTransaction } from '../../../src/codec/tx/transaction.ts';
import { PAYEE, World } from './world.ts';

const FEES = { feerate_per_kw: 1000 };

async function txids(world: World): Promise<readonly Txid[]> {
  return (await world.wallet.history()).map(({ txid }) => txid);
}

test('a deposit is in the history with its block, and a withdrawal also while it waits', async () => {
  const world = await World.open();
  await world.deposit(80_000n);
  const { height } = world.source.tip();
  const [deposit, ...none] = await world.wallet.history();
  assert.deepEqual(none, []);
  assert.equal(deposit?.blockheight, height);
  assert.equal(deposit?.own, undefined);
  assert.ok(deposit?.transaction.outputs.some(({ amount_sat }) => amount_sat === 80_000n));
  assert.equal(deposit?.transaction_index, 1);
  assert.ok((deposit?.mined_at ?? 0) > 1_600_000_000);
  const sent = await world.wallet.withdraw(PAYEE, sat(30_000), FEES);
  const waiting = (await world.wallet.history()).at(-1);
  assert.equal(waiting?.txid, sent.txid);
  assert.deepEqual(
    [waiting?.blockheight, waiting?.transaction_index, waiting?.mined_at],
    [undefined, undefined, undefined],
  );
  await world.mine();
  const mined = (await world.wallet.history()).at(-1);
  assert.deepEqual([mined?.txid, mined?.blockheight, mined?.transaction_index], [sent.txid, height + 1, 1]);
  assert.equal(toHex(mined?.raw ?? new Uint8Array()), toHex(serializeTransaction(sent.transaction)));
  assert.equal(mined?.own?.purpose, 'withdrawal');
});

test('it outlives the process, and what happened meanwhile is in it', async () => {
  const world = await World.open();
  await world.deposit(80_000n);
  const before = await world.wallet.history();
  const { script_pubkey } = await world.wallet.newAddress('p2tr');
  await world.pay(50_000n, script_pubkey);
  await world.restart(() => world.chain.mine(1, '6a'));
  const after = await world.wallet.history();
  assert.deepEqual(after.slice(0, 1), before);
  assert.equal(after.length, 2);
});

for (const is_down of [false, true]) {
  test(`a deposit that a reorganisation ${is_down ? 'while the node is down ' : ''}takes away is not in it any more`, async () => {
    const world = await World.open();
    await world.deposit(80_000n);
    await world.mine();
    await world.deposit(20_000n);
    const [first] = await txids(world);
    if (is_down) await world.restart(() => world.chain.reorganise(1, '6a', 'drop'));
    else await world.reorganise(1, 'drop');
    assert.deepEqual(await txids(world), [first]);
  });
}

test('events that come again change nothing', async () => {
  const world = await World.open();
  const early = world.source.tip();
  await world.deposit(80_000n, 20_000n);
  await world.wallet.withdraw(PAYEE, sat(30_000), FEES);
  await world.mine(2);
  const before = await txids(world);
  await world.wallet.stop();
  await world.source.stop();
  await world.start(early);
  assert.deepEqual(await txids(world), before);
});
