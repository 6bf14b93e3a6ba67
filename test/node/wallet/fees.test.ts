import assert from 'node:assert/strict';
import { test } from 'node:test';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { sat } from '../../../src/base/types/amount.ts';
import { toHex } from '../../../src/base/types/hex.ts';
import { p2wpkh, p2wpkhScriptCode } from '../../../src/codec/tx/script.ts';
import { SIGHASH_ALL, Sighash } from '../../../src/codec/tx/sighash.ts';
import { derSignature } from '../../../src/codec/tx/signature.ts';
import {
  parseTransaction,
  serializeTransaction,
  type Transaction,
  txInput,
  txidOf,
  weightOf,
  withWitness,
} from '../../../src/codec/tx/transaction.ts';
import { inputWeight } from '../../../src/codec/tx/witness.ts';
import { FeeLimitError } from '../../../src/node/wallet/composer.ts';
import { BroadcastError, TransactionStateError } from '../../../src/node/wallet/failure.ts';
import { PAYEE, World } from './world.ts';

const FEES = { feerate_per_kw: 500 };
/** The key of an output that the wallet does not know: an anchor, an HTLC. */
const KEY = new Uint8Array(32).fill(9);
const PUBLIC_KEY = curve.publicKey(KEY);
const FOREIGN_SCRIPT = p2wpkh(PUBLIC_KEY);

function feerateOf({ transaction, fee_sat }: { transaction: Transaction; fee_sat: bigint }): number {
  return (Number(fee_sat) * 1000) / weightOf(transaction);
}

/** A confirmed output of someone else's, and how it is spent. */
async function foreignCoin(world: World, amount_sat: bigint) {
  const parent = parseTransaction(await world.pay(amount_sat, toHex(FOREIGN_SCRIPT)));
  const spends = { amount_sat: sat(amount_sat), script_pubkey: FOREIGN_SCRIPT };
  const input = txInput({ txid: txidOf(parent), vout: 0 }, 0xfffffffd);
  const sign = (tx: Transaction): Transaction => {
    const digest = new Sighash(tx).segwit(0, p2wpkhScriptCode(PUBLIC_KEY), spends.amount_sat, SIGHASH_ALL);
    return withWitness(tx, 0, [derSignature(curve.sign(digest, KEY), SIGHASH_ALL), PUBLIC_KEY]);
  };
  return { parent, foreign: [{ input, spends, weight: inputWeight(72, 33) }], sign };
}

test('a withdrawal is replaced at a higher fee rate: the payment stays, the change pays', async () => {
  const world = await World.open();
  await world.deposit(100_000n);
  const first = await world.wallet.withdraw(PAYEE, sat(30_000), FEES);
  const second = await world.wallet.bump(first.txid, 3000);
  assert.deepEqual(world.pending, [second.txid]);
  assert.ok(feerateOf(second) >= 3000);
  assert.deepEqual(second.transaction.outputs[0], first.transaction.outputs[0]);
  const left = 70_000n - second.fee_sat;
  assert.deepEqual(await world.sums(), [0n, left, 0n]);
  await world.restart();
  await world.mine();
  assert.deepEqual(await world.sums(), [left, 0n, 0n]);
  await assert.rejects(world.wallet.bump(second.txid, 5000), TransactionStateError);
});

test('a withdrawal without change takes another coin, or pays less to the one who gets all', async () => {
  const world = await World.open();
  await world.deposit(100_000n);
  const all = await world.wallet.withdraw(PAYEE, 'all', FEES);
  const bumped = await world.wallet.bump(all.txid, 2000);
  assert.equal(bumped.transaction.outputs.length, 1);
  assert.equal(bumped.transaction.outputs[0]?.amount_sat, 100_000n - bumped.fee_sat);
  await world.mine();
  await world.deposit(50_000n, 60_000n);
  // No change: what is left over is below dust.
  const exact = await world.wallet.withdraw(PAYEE, sat(59_600), FEES);
  assert.equal(exact.transaction.outputs.length, 1);
  const richer = await world.wallet.bump(exact.txid, 2000);
  assert.equal(richer.transaction.inputs.length, 2);
  assert.deepEqual(await world.sums(), [0n, 110_000n - 59_600n - richer.fee_sat, 0n]);
  await world.mine();
  assert.deepEqual(await world.sums(), [110_000n - 59_600n - richer.fee_sat, 0n, 0n]);
});

test('when the miners take the replaced one after all, the books follow', async () => {
  const world = await World.open();
  await world.deposit(100_000n);
  const first = await world.wallet.withdraw(PAYEE, sat(30_000), FEES);
  await world.mine();
  await world.reorganise(1);
  assert.deepEqual(await world.sums(), [70_000n - first.fee_sat, 0n, 0n], 'in the new branch as well');
  // Now with the replacement in the mempool, and the old one in a block.
  const second = await world.wallet.withdraw(PAYEE, sat(20_000), FEES);
  const third = await world.wallet.bump(second.txid, 2000);
  world.chain.reorganise(1, `0014${'ab'.repeat(20)}`, 'drop');
  await world.chain.broadcast([serializeTransaction(first.transaction), serializeTransaction(second.transaction)]);
  await world.mine();
  assert.deepEqual(await world.sums(), [50_000n - first.fee_sat - second.fee_sat, 0n, 0n]);
  assert.equal(world.wallet.find(third.txid)?.state, 'dropped');
  await world.restart();
  assert.deepEqual(await world.sums(), [50_000n - first.fee_sat - second.fee_sat, 0n, 0n]);
});

test('a replacement that is refused leaves the old one on its way', async () => {
  const world = await World.open();
  await world.deposit(100_000n);
  const first = await world.wallet.withdraw(PAYEE, sat(30_000), { feerate_per_kw: 5000 });
  const sums = await world.sums();
  const { source } = world;
  const broadcast = source.broadcast.bind(source);
  source.broadcast = async () => ({ kind: 'rejected', reason: 'insufficient fee' });
  await assert.rejects(world.wallet.bump(first.txid, 6000), BroadcastError);
  source.broadcast = broadcast;
  assert.deepEqual(await world.sums(), sums);
  assert.equal(world.wallet.find(first.txid)?.state, 'sent');
  await world.mine();
  assert.deepEqual(await world.sums(), [70_000n - first.fee_sat, 0n, 0n]);
});

test("a channel's funding keeps its txid: a child pays for both", async () => {
  const world = await World.open();
  await world.deposit(100_000n);
  const funding = await world.wallet.fund(PAYEE, sat(40_000), FEES);
  await assert.rejects(world.wallet.bump(funding.txid, 3000), TransactionStateError);
  await world.wallet.publish(funding.txid);
  const child = await world.wallet.bump(funding.txid, 3000);
  assert.deepEqual(world.pending, [funding.txid, child.txid]);
  const weight = weightOf(funding.transaction) + weightOf(child.transaction);
  assert.ok(Number(funding.fee_sat + child.fee_sat) * 1000 >= 3000 * weight);
  await assert.rejects(world.wallet.bump(funding.txid, 4000), /bump that one/);
  await world.mine();
  assert.deepEqual(await world.sums(), [60_000n - funding.fee_sat - child.fee_sat, 0n, 0n]);
});

test('the wallet pays the fee of an input that is not its own, and pays again when it must pay more', async () => {
  const world = await World.open();
  await world.deposit(100_000n);
  const { foreign, sign } = await foreignCoin(world, 10_000n);
  await world.mine();
  const outputs = [{ amount_sat: sat(10_000), script_pubkey: PAYEE }];
  const request = { foreign, outputs, sign, feerate_per_kw: 1000, locktime: world.source.tip().height };
  const first = await world.wallet.spend(request);
  assert.ok(first);
  assert.deepEqual(first.transaction.outputs[0], outputs[0]);
  assert.deepEqual(first.transaction.inputs[0]?.txid, foreign[0]?.input.txid);
  await world.wallet.publish(first.txid);
  assert.ok(world.isPending(first.txid));

  const second = await world.wallet.spend({ ...request, feerate_per_kw: 1001, min_fee_sat: sat(first.fee_sat + 500n) });
  assert.ok(second);
  assert.ok(second.fee_sat >= first.fee_sat + 500n);
  await world.wallet.publish(second.txid);
  assert.deepEqual(world.pending, [second.txid]);
  await world.mine();
  assert.deepEqual(await world.sums(), [100_000n - second.fee_sat, 0n, 0n]);
});

test('what a block holds is not replaced, though who asks has not heard of the block', async () => {
  const world = await World.open();
  await world.deposit(100_000n);
  const { foreign, sign } = await foreignCoin(world, 10_000n);
  await world.mine();
  const outputs = [{ amount_sat: sat(10_000), script_pubkey: PAYEE }];
  const request = { foreign, outputs, sign, feerate_per_kw: 1000, locktime: 0 };
  const first = await world.wallet.spend(request);
  assert.ok(first);
  await world.wallet.publish(first.txid);
  await world.mine();
  await assert.rejects(world.wallet.spend({ ...request, feerate_per_kw: 2000 }), TransactionStateError);
  assert.deepEqual(await world.sums(), [100_000n - first.fee_sat, 0n, 0n]);
});

test('the limit of a fee is kept, or said to be too low', async () => {
  const world = await World.open();
  await world.deposit(100_000n);
  const { foreign, sign } = await foreignCoin(world, 10_000n);
  await world.mine();
  const outputs = [{ amount_sat: sat(10_000), script_pubkey: PAYEE }];
  const request = { foreign, outputs, sign, feerate_per_kw: 50_000, locktime: 0 };
  const limited = await world.wallet.spend({ ...request, max_fee_sat: sat(4000) });
  assert.ok(limited);
  assert.ok(limited.fee_sat <= 4000n && limited.fee_sat > 3800n, `${limited.fee_sat}`);
  await assert.rejects(
    world.wallet.spend({ ...request, min_fee_sat: sat(2000), max_fee_sat: sat(1900) }),
    FeeLimitError,
  );
});

test('a parent that pays the least that is relayed goes out with the child that pays for both, and again after a restart', async () => {
  const world = await World.open();
  await world.deposit(100_000n);
  const { foreign, sign } = await foreignCoin(world, 20_000n);
  await world.mine();
  // A commitment with a small fee, and an output of it that the child spends.
  const unsigned: Transaction = {
    version: 2,
    inputs: [foreign[0]?.input].filter((input) => input !== undefined),
    outputs: [{ amount_sat: sat(19_850), script_pubkey: FOREIGN_SCRIPT }],
    locktime: 0,
  };
  const parent = sign(unsigned);
  const spends = { amount_sat: sat(19_850), script_pubkey: FOREIGN_SCRIPT };
  const signChild = (tx: Transaction): Transaction => {
    const digest = new Sighash(tx).segwit(0, p2wpkhScriptCode(PUBLIC_KEY), spends.amount_sat, SIGHASH_ALL);
    return withWitness(tx, 0, [derSignature(curve.sign(digest, KEY), SIGHASH_ALL), PUBLIC_KEY]);
  };
  const child = await world.wallet.spend({
    foreign: [{ input: txInput({ txid: txidOf(parent), vout: 0 }, 0xfffffffd), spends, weight: inputWeight(72, 33) }],
    outputs: [],
    sign: signChild,
    feerate_per_kw: 2000,
    parents: { weight: weightOf(parent), fee_sat: sat(150) },
    locktime: 0,
  });
  assert.ok(child);
  assert.ok(Number(child.fee_sat + 150n) * 1000 >= 2000 * (weightOf(parent) + weightOf(child.transaction)));
  await world.wallet.publish(child.txid, [serializeTransaction(parent)]);
  assert.deepEqual(world.pending, [txidOf(parent), child.txid]);
  await world.mine();
  assert.deepEqual(await world.sums(), [119_850n - child.fee_sat, 0n, 0n]);
  world.chain.reorganise(1, `0014${'ab'.repeat(20)}`, 'drop');
  await world.restart();
  await world.wallet.stop();
  assert.deepEqual(world.pending, [txidOf(parent), child.txid]);
});

test('what was held for a claim is given up when the process ends; funding is not', async () => {
  const world = await World.open();
  await world.deposit(100_000n, 100_000n);
  const { foreign, sign } = await foreignCoin(world, 10_000n);
  await world.mine();
  const outputs = [{ amount_sat: sat(10_000), script_pubkey: PAYEE }];
  const claim = await world.wallet.spend({ foreign, outputs, sign, feerate_per_kw: 1000, locktime: 0 });
  assert.ok(claim);
  const funding = await world.wallet.fund(PAYEE, sat(50_000), FEES);
  assert.deepEqual(world.wallet.held(), [claim.txid, funding.txid]);
  await world.restart();
  assert.deepEqual(world.wallet.held(), [funding.txid]);
  assert.deepEqual(await world.sums(), [100_000n, 0n, 100_000n]);
});

test('what is broadcast is durable before: a crash at that moment forgets neither payment nor replacement', async () => {
  const world = await World.open();
  await world.deposit(100_000n);
  const seen: (readonly unknown[])[] = [];
  const { source } = world;
  const broadcast = source.broadcast.bind(source);
  source.broadcast = async (transactions) => {
    const txid = txidOf(parseTransaction(transactions.at(-1) as Uint8Array));
    const rows = await world.store.read('SELECT txid, state FROM wallet_transactions ORDER BY number');
    seen.push(rows.map((row) => [row.txid === txid, row.state]));
    return await broadcast(transactions);
  };
  const { txid } = await world.wallet.withdraw(PAYEE, sat(30_000), FEES);
  await world.wallet.bump(txid, 3000);
  assert.deepEqual(seen, [
    [[true, 'sent']],
    [
      [false, 'dropped'],
      [true, 'sent'],
    ],
  ]);
});

test('a child whose parent is mined already goes out alone', async () => {
  const world = await World.open();
  await world.deposit(100_000n);
  const { parent, foreign, sign } = await foreignCoin(world, 20_000n);
  const claim = await world.wallet.spend({ foreign, outputs: [], sign, feerate_per_kw: 1000, locktime: 0 });
  assert.ok(claim);
  await world.mine();
  const { source } = world;
  const broadcast = source.broadcast.bind(source);
  // As bitcoind judges a package whose parent is in a block.
  source.broadcast = async (transactions) =>
    transactions.length > 1 ? { kind: 'rejected', reason: 'txn-already-known' } : await broadcast(transactions);
  await world.wallet.publish(claim.txid, [serializeTransaction(parent)]);
  assert.deepEqual(world.pending, [claim.txid]);
});

test('a replacement takes the place of the old one in one commit', async () => {
  const world = await World.open();
  await world.deposit(100_000n);
  const { txid } = await world.wallet.withdraw(PAYEE, sat(30_000), FEES);
  const units: unknown[][] = [];
  const commit = world.store.commit.bind(world.store);
  world.store.commit = (unit) => {
    const writes = unit.filter(({ sql }) => sql.includes('wallet_transactions'));
    units.push(writes.map(({ params }) => [params[0], params[2]]));
    return commit(unit);
  };
  const { txid: newer } = await world.wallet.bump(txid, 3000);
  assert.deepEqual(units[0], [
    [txid, 'dropped'],
    [newer, 'sent'],
  ]);
});
