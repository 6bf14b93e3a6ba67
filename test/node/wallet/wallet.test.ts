import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '../../../src/base/types/address.ts';
import { sat } from '../../../src/base/types/amount.ts';
import { serializeTransaction } from '../../../src/codec/tx/transaction.ts';
import { DustError, NotEnoughError } from '../../../src/node/wallet/build.ts';
import { BroadcastError, CoinError, TransactionStateError } from '../../../src/node/wallet/failure.ts';
import { spendAll } from '../../support/coins.ts';
import { MINER, newStore, PAYEE, testKeys, World } from './world.ts';

const FEES = { feerate_per_kw: 1000 };

/** The same words in another wallet spend the first coin of the first address. */
function spendElsewhere(payment: Buffer): Buffer {
  const key = testKeys.privateKey({ kind: 'bech32', change: 0, index: 0 });
  return spendAll(payment, 1_000n, 2, key.reveal());
}

test('an address is new each time, of the kind asked for, also after a restart', async () => {
  const world = await World.open();
  const first = await world.wallet.newAddress('p2tr');
  const second = await world.wallet.newAddress('p2tr');
  const segwit = await world.wallet.newAddress('bech32');
  await world.restart();
  const third = await world.wallet.newAddress('p2tr');
  assert.equal(new Set([first, second, segwit, third].map(({ address }) => address)).size, 4);
  assert.equal(parseAddress(first.address)?.kind, 'P2TR');
  assert.equal(parseAddress(segwit.address)?.kind, 'P2WPKH');
  assert.equal(parseAddress(segwit.address)?.script_pubkey, segwit.script_pubkey);
});

test('a deposit counts from its block, and not before', async () => {
  const world = await World.open();
  for (const kind of ['p2tr', 'bech32'] as const) {
    await world.pay(50_000n, (await world.wallet.newAddress(kind)).script_pubkey);
  }
  await world.follow();
  assert.deepEqual(await world.sums(), [0n, 0n, 0n]);
  await world.mine();
  assert.deepEqual(await world.sums(), [100_000n, 0n, 0n]);
});

test('a deposit that arrives while the node is down is found', async () => {
  const world = await World.open();
  const { script_pubkey } = await world.wallet.newAddress('p2tr');
  await world.pay(50_000n, script_pubkey);
  await world.restart(() => world.chain.mine(3, MINER));
  assert.deepEqual(await world.sums(), [50_000n, 0n, 0n]);
});

test('events that come again change nothing', async () => {
  const world = await World.open();
  const early = world.source.tip();
  await world.deposit(80_000n, 20_000n);
  await world.wallet.withdraw(PAYEE, sat(30_000), FEES);
  await world.mine(2);
  const sums = await world.sums();
  const coins = (await world.wallet.listCoins(true)).map(({ coin }) => coin);
  await world.wallet.stop();
  await world.source.stop();
  await world.start(early);
  assert.deepEqual(await world.sums(), sums);
  const again = (await world.wallet.listCoins(true)).map(({ coin }) => coin);
  const byName = (a: { txid: string }, b: { txid: string }): number => (a.txid < b.txid ? -1 : 1);
  assert.deepEqual(again.toSorted(byName), coins.toSorted(byName));
});

test('a withdrawal: coins, change and fee add up to the satoshi on their way to the block', async () => {
  const world = await World.open();
  await world.deposit(100_000n);
  const { txid, fee_sat } = await world.wallet.withdraw(PAYEE, sat(30_000), FEES);
  assert.ok(world.isPending(txid));
  const left = 100_000n - 30_000n - fee_sat;
  assert.deepEqual(await world.sums(), [0n, left, 0n]);
  await world.restart();
  assert.deepEqual(await world.sums(), [0n, left, 0n]);
  await world.mine();
  assert.deepEqual(await world.sums(), [left, 0n, 0n]);
  await world.restart();
  assert.deepEqual(await world.sums(), [left, 0n, 0n]);
  const listed = await world.wallet.listCoins();
  assert.deepEqual(
    listed.map(({ status, is_reserved, coin }) => [status, is_reserved, coin.amount_sat]),
    [['confirmed', false, left]],
  );
  const everything = await world.wallet.listCoins(true);
  assert.deepEqual(everything.map(({ status }) => status).sort(), ['confirmed', 'spent']);
});

test('unconfirmed change is spent only when no confirmation is asked for', async () => {
  const world = await World.open();
  await world.deposit(100_000n);
  await world.wallet.withdraw(PAYEE, sat(30_000), FEES);
  await assert.rejects(world.wallet.withdraw(PAYEE, sat(10_000), FEES), NotEnoughError);
  const child = await world.wallet.withdraw(PAYEE, sat(10_000), { ...FEES, min_confirmations: 0 });
  assert.equal(world.pending.length, 2);
  await world.mine();
  const [confirmed, ...others] = await world.sums();
  assert.deepEqual(others, [0n, 0n]);
  assert.equal(world.wallet.find(child.txid)?.blockheight, world.source.tip().height);
  assert.ok(confirmed > 58_000n && confirmed < 60_000n);
});

test('all: the wallet is empty afterwards, but for the reserve while there is a channel with anchors', async () => {
  const world = await World.open();
  await world.deposit(100_000n, 50_000n);
  world.has_anchor_channel = true;
  const kept = await world.wallet.withdraw(PAYEE, 'all', FEES);
  await world.mine();
  assert.deepEqual(await world.sums(), [25_000n, 0n, 0n]);
  assert.equal(kept.transaction.outputs[0]?.amount_sat, 125_000n - kept.fee_sat);
  await assert.rejects(
    world.wallet.withdraw(PAYEE, sat(5_000), FEES),
    (error) => error instanceof NotEnoughError && error.is_for_reserve,
  );
  world.has_anchor_channel = false;
  await world.wallet.withdraw(PAYEE, 'all', FEES);
  await world.mine();
  assert.deepEqual(await world.sums(), [0n, 0n, 0n]);
});

test('funding is held: coins are reserved and nothing is sent until it is published', async () => {
  const world = await World.open();
  await world.deposit(200_000n);
  const funding = await world.wallet.fund(PAYEE, sat(100_000), FEES);
  assert.deepEqual(funding.transaction.outputs[funding.vout]?.script_pubkey, PAYEE);
  assert.deepEqual(world.pending, []);
  assert.deepEqual(await world.sums(), [0n, 0n, 200_000n]);
  await assert.rejects(world.wallet.fund(PAYEE, sat(20_000), FEES), NotEnoughError);
  await world.restart();
  await world.mine();
  assert.deepEqual(world.wallet.held(), [funding.txid]);
  assert.deepEqual(await world.sums(), [0n, 0n, 200_000n]);
  assert.deepEqual(world.pending, []);
  await world.wallet.publish(funding.txid);
  assert.deepEqual(world.pending, [funding.txid]);
  const left = 100_000n - funding.fee_sat;
  assert.deepEqual(await world.sums(), [0n, left, 0n]);
  await assert.rejects(world.wallet.release(funding.txid), TransactionStateError);
  await world.mine();
  assert.deepEqual(await world.sums(), [left, 0n, 0n]);
});

test('funding that is released gives its coins back', async () => {
  const world = await World.open();
  await world.deposit(200_000n);
  const funding = await world.wallet.fund(PAYEE, sat(100_000), FEES);
  await world.wallet.release(funding.txid);
  assert.deepEqual(await world.sums(), [200_000n, 0n, 0n]);
  await world.restart();
  assert.deepEqual(await world.sums(), [200_000n, 0n, 0n]);
  assert.deepEqual(world.wallet.held(), []);
  await assert.rejects(world.wallet.publish(funding.txid), TransactionStateError);
});

test('the largest funding is what can be funded, with the reserve left over', async () => {
  const world = await World.open();
  await world.deposit(100_000n, 60_000n, 40_000n);
  const amount_sat = world.wallet.maxFundingSat(FEES);
  const script = Uint8Array.of(0, 32, ...new Uint8Array(32).fill(9));
  const { fee_sat, txid } = await world.wallet.fund(script, amount_sat, FEES);
  await world.wallet.publish(txid);
  await world.mine();
  const [left] = await world.sums();
  assert.equal(left, 200_000n - amount_sat - fee_sat);
  assert.ok(left >= 25_000n && left < 25_010n, `${left}`);
});

test('what was published goes out again after a restart and with every block until it is mined', async () => {
  const world = await World.open();
  await world.deposit(100_000n);
  const { txid, fee_sat } = await world.wallet.withdraw(PAYEE, sat(30_000), FEES);
  // The mempool forgets it, with a block that is taken back.
  await world.mine();
  world.chain.reorganise(1, MINER, 'drop');
  assert.deepEqual(world.pending, []);
  await world.follow();
  await world.wallet.stop();
  assert.ok(world.isPending(txid), 'sent again with the next block');
  await world.restart();
  assert.deepEqual(await world.sums(), [0n, 70_000n - fee_sat, 0n]);
  await world.mine();
  assert.deepEqual(await world.sums(), [70_000n - fee_sat, 0n, 0n]);
});

for (const is_down of [false, true]) {
  test(`a reorg ${is_down ? 'while the node is down' : 'before its eyes'} takes back a deposit and gives it back`, async () => {
    const world = await World.open();
    await world.deposit(100_000n);
    await world.mine(2);
    const reorganise = async (drop: 'keep' | 'drop'): Promise<void> => {
      if (is_down) await world.restart(() => world.chain.reorganise(3, MINER, drop));
      else await world.reorganise(3, drop);
    };
    await reorganise('keep');
    assert.deepEqual(await world.sums(), [100_000n, 0n, 0n], 'mined again in the new branch');
    const deposit = (await world.wallet.listCoins())[0];
    assert.equal(deposit?.coin.blockheight, world.source.tip().height - 3);
    await reorganise('drop');
    assert.deepEqual(await world.sums(), [100_000n, 0n, 0n], 'its block was deeper than this reorg');
    await world.reorganise(5, 'drop');
    assert.deepEqual(await world.sums(), [0n, 0n, 0n], 'forgotten by all');
    assert.deepEqual(await world.wallet.listCoins(true), []);
  });
}

test('after a restart, a reorg below the block it started at is followed', async () => {
  const world = await World.open();
  await world.deposit(100_000n);
  await world.mine(2);
  await world.restart();
  await world.reorganise(3);
  assert.deepEqual(await world.sums(), [100_000n, 0n, 0n]);
  assert.equal((await world.wallet.listCoins())[0]?.coin.blockheight, world.source.tip().height - 3);
});

test('a spend that is reorganised away keeps its coins and is mined again', async () => {
  const world = await World.open();
  await world.deposit(100_000n);
  const { txid, fee_sat } = await world.wallet.withdraw(PAYEE, sat(30_000), FEES);
  await world.mine();
  await world.reorganise(1, 'drop');
  assert.deepEqual(await world.sums(), [0n, 70_000n - fee_sat, 0n]);
  assert.equal(world.wallet.find(txid)?.blockheight, undefined);
  await world.mine();
  assert.deepEqual(await world.sums(), [70_000n - fee_sat, 0n, 0n]);
});

test('two requests at once never take the same coin', async () => {
  const world = await World.open();
  await world.deposit(100_000n, 100_000n, 100_000n);
  const results = await Promise.allSettled(
    Array.from({ length: 4 }, () => world.wallet.fund(PAYEE, sat(60_000), FEES)),
  );
  const funded = results.filter((result) => result.status === 'fulfilled').map(({ value }) => value);
  const spent = funded.flatMap(({ transaction }) => transaction.inputs.map(({ txid }) => txid));
  assert.equal(new Set(spent).size, spent.length);
  assert.equal(funded.length, 3);
});

test('exactly the coins that were named are spent, and those that cannot be are named in the error', async () => {
  const world = await World.open();
  await world.deposit(100_000n, 40_000n);
  const small = (await world.wallet.listCoins()).find(({ coin }) => coin.amount_sat === 40_000n)?.coin;
  assert.ok(small);
  const utxos = [{ txid: small.txid, vout: small.vout }];
  const { transaction } = await world.wallet.withdraw(PAYEE, sat(10_000), { ...FEES, utxos });
  assert.deepEqual(
    transaction.inputs.map(({ txid, vout }) => ({ txid, vout })),
    utxos,
  );
  await assert.rejects(world.wallet.withdraw(PAYEE, 'all', { ...FEES, utxos }), /already reserved/);
  await world.mine();
  await assert.rejects(world.wallet.withdraw(PAYEE, 'all', { ...FEES, utxos }), /Already spent UTXO/);
  const unknown = [{ txid: small.txid, vout: 99 }];
  await assert.rejects(world.wallet.withdraw(PAYEE, 'all', { ...FEES, utxos: unknown }), CoinError);
});

test('what the network refuses is told, and leaves the wallet as it was', async () => {
  const world = await World.open();
  await world.deposit(100_000n);
  // Another wallet of the same keys has spent the coin; this one has not heard of it yet.
  const rival = await world.wallet.fund(PAYEE, sat(50_000), { feerate_per_kw: 5000 });
  await world.wallet.release(rival.txid);
  assert.equal((await world.chain.broadcast([serializeTransaction(rival.transaction)])).kind, 'accepted');
  await assert.rejects(world.wallet.withdraw(PAYEE, sat(30_000), FEES), BroadcastError);
  assert.deepEqual(await world.sums(), [100_000n, 0n, 0n]);
  await assert.rejects(world.wallet.withdraw(PAYEE, sat(100), FEES), DustError);
  // It is mined after all: what was given up counts again.
  await world.mine();
  assert.deepEqual(await world.sums(), [50_000n - rival.fee_sat, 0n, 0n]);
});

test("a miner's reward counts when it can be spent", async () => {
  const world = await World.open();
  const { script_pubkey } = await world.wallet.newAddress('p2tr');
  world.chain.mine(1, script_pubkey);
  await world.mine(98);
  assert.equal((await world.wallet.balance()).immature_sat, 5_000_000_000n);
  await assert.rejects(world.wallet.withdraw(PAYEE, 'all', FEES), NotEnoughError);
  await world.mine();
  assert.deepEqual(await world.sums(), [5_000_000_000n, 0n, 0n]);
  await world.wallet.withdraw(PAYEE, 'all', FEES);
});

test('a coin that came and went in the same block is never there', async () => {
  const world = await World.open();
  const { script_pubkey } = await world.wallet.newAddress('bech32');
  const payment = await world.pay(50_000n, script_pubkey);
  assert.equal((await world.chain.broadcast([spendElsewhere(payment)])).kind, 'accepted');
  await world.mine();
  assert.deepEqual(await world.sums(), [0n, 0n, 0n]);
});

test('a coin that is gone is at no moment there, while older blocks are looked through for it', async () => {
  const world = await World.open();
  const early = world.source.tip();
  const { script_pubkey } = await world.wallet.newAddress('bech32');
  const payment = await world.pay(50_000n, script_pubkey);
  await world.mine();
  await world.chain.broadcast([spendElsewhere(payment)]);
  await world.mine();
  // A new database on the same words.
  await world.wallet.stop();
  await world.source.stop();
  const seen: Promise<bigint>[] = [];
  const look = async (): Promise<bigint> => (await world.sums())[0];
  world.store = newStore();
  world.coinWrites = () => {
    queueMicrotask(() => seen.push(look()));
    return [];
  };
  await world.start(undefined, early.height);
  assert.deepEqual(await Promise.all(seen), [0n]);
});
