/** What the network does not take, and how it is mended at once: no estimate knows what each node asks for. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sat } from '../../../src/base/types/amount.ts';
import { fromHex, toHex } from '../../../src/base/types/hex.ts';
import { prepareTerms } from '../../../src/codec/tx/terms.ts';
import {
  parseTransaction,
  serializeTransaction,
  type Transaction,
  txInput,
  txidOf,
  weightOf,
} from '../../../src/codec/tx/transaction.ts';
import { nameOf } from '../../../src/protocol/onchain/outpoint.ts';
import {
  type ChannelMoment,
  channelOf,
  claimOf,
  signedCommitment,
  type TestHtlc,
  TO_SELF_DELAY,
  termsOf,
} from './channel.ts';
import { World } from './world.ts';

/** What nodes ask for, in a time without estimates. */
const LEAST_PER_KW = 5_000;

const HTLC: TestHtlc = { id: 0n, from: 'bob', amount_sat: 400_000, cltv_expiry: 200, secret: 3 };
const MOMENT: ChannelMoment = { number: 1, alice_sat: 5_000_000, htlcs: [HTLC], feerate_per_kw: 1000 };

/** Adds a mempool's minimum to the world; Alice has no estimate, and knows what the HTLC pays her. */
async function open() {
  const world = await World.open();
  const alice = await world.join('alice', channelOf('alice', world.funding_txid, MOMENT));
  alice.feerates = {};
  await alice.say(claimOf(HTLC));
  return { world, alice };
}

function askForMore(world: World): void {
  world.refuse = (transactions) =>
    feerateOf(world, transactions) < LEAST_PER_KW ? 'mempool min fee not met, 100 < 500' : undefined;
}

/** Of a package as one; what it spends is in a block, or waits. */
function feerateOf(world: World, transactions: readonly string[]): number {
  const txs = transactions.map((text) => parseTransaction(fromHex(text)));
  const made = new Map([...world.unspent()].map(([name, { amount_sat }]) => [name, amount_sat as bigint]));
  for (const tx of [...world.chain.pending.map((bytes) => parseTransaction(bytes)), ...txs]) {
    for (const [vout, { amount_sat }] of tx.outputs.entries()) made.set(nameOf({ txid: txidOf(tx), vout }), amount_sat);
  }
  const fee_sat = txs.reduce((total, tx) => total + feeOf(tx, made), 0n);
  const weight = txs.reduce((total, tx) => total + weightOf(tx), 0);
  return Number((fee_sat * 1000n) / BigInt(weight));
}

function feeOf(tx: Transaction, made: ReadonlyMap<string, bigint>): bigint {
  const in_sat = tx.inputs.reduce((total, input) => total + (made.get(nameOf(input)) ?? 0n), 0n);
  return tx.outputs.reduce((left, { amount_sat }) => left - amount_sat, in_sat);
}

describe('a transaction that the network finds too cheap', () => {
  it('is made again at once, dearer step by step, until it is taken: claims of our own', async () => {
    const { world, alice } = await open();
    assert.equal(await world.broadcast([signedCommitment(channelOf('bob', world.funding_txid, MOMENT))]), undefined);
    askForMore(world);
    await world.mine(1);
    assert.ok(alice.refused.length > 1);
    const [pending] = world.chain.pending;
    assert.ok(pending !== undefined, 'taken before another block has come');
    const feerate_per_kw = feerateOf(world, [toHex(pending)]);
    assert.ok(feerate_per_kw >= LEAST_PER_KW && feerate_per_kw < 2 * LEAST_PER_KW, `${feerate_per_kw}`);
  });

  it('is made again with more of the wallet: HTLC transactions', async () => {
    const { world, alice } = await open();
    await alice.say({ kind: 'force_close', transaction: signedCommitment(alice.channel), is_urgent: false });
    askForMore(world);
    await world.mine(1);
    const feerates = alice.told('fund').map(({ request }) => request.feerate_per_kw);
    assert.ok(feerates.length > 2 && feerates.every((feerate, at) => feerate > (feerates[at - 1] ?? 0)), `${feerates}`);
    await world.mine(1);
    assert.equal(alice.state.pending.length, 0);
  });

  it('gets a child that pays for both: our own commitment', async () => {
    const { world, alice } = await open();
    askForMore(world);
    await alice.say({ kind: 'force_close', transaction: signedCommitment(alice.channel), is_urgent: false });
    assert.equal(world.chain.pending.length, 2, 'parent and child');
    const feerate_per_kw = feerateOf(
      world,
      world.chain.pending.map((bytes) => toHex(bytes)),
    );
    assert.ok(feerate_per_kw >= LEAST_PER_KW && feerate_per_kw < 2 * LEAST_PER_KW, `${feerate_per_kw}`);
  });

  it('stays as it is when all that is at stake is not enough, and is tried again with the next block', async () => {
    const { world, alice } = await open();
    assert.equal(await world.broadcast([signedCommitment(channelOf('bob', world.funding_txid, MOMENT))]), undefined);
    world.refuse = () => 'min relay fee not met';
    await world.mine(1);
    const tried = alice.told('broadcast').length;
    assert.ok(tried > 10);
    await world.mine(1);
    assert.equal(alice.told('broadcast').length, tried + 1);
  });
});

describe('a batch of which an anchor is taken by a stranger', () => {
  it('goes out without that, whatever the stranger paid', async () => {
    const world = await World.open();
    const moment = { ...MOMENT, htlcs: [] };
    const alice = await world.join('alice', channelOf('alice', world.funding_txid, moment));
    alice.feerates = { 2: 253, 6: 253, 12: 253, 100: 253 };
    const transaction = signedCommitment(alice.channel);
    await alice.say({ kind: 'force_close', transaction, is_urgent: false });
    await world.mine(TO_SELF_DELAY.bob - 1);
    const before = world.balance('alice');
    // Bob's anchor, which is anybody's by now.
    const tx = parseTransaction(fromHex(transaction));
    const { anchor_script_pubkey, anchor_witness_script } = prepareTerms(termsOf('alice', world.funding_txid)).remote;
    const vout = tx.outputs.findIndex(({ script_pubkey }) => Buffer.compare(script_pubkey, anchor_script_pubkey) === 0);
    const input = txInput({ txid: txidOf(tx), vout }, 16);
    const pin: Transaction = {
      version: 2,
      inputs: [{ ...input, witness: [new Uint8Array(0), anchor_witness_script] }],
      outputs: [{ amount_sat: sat(240), script_pubkey: fromHex('51024e73') }],
      locktime: 0,
    };
    // Told of the last block of the delay, Alice finds the stranger there before her.
    const told = alice.connect.bind(alice);
    alice.connect = async (block) => {
      assert.equal(await world.broadcast([toHex(serializeTransaction(pin))]), undefined);
      await told(block);
    };
    await world.mine(1);
    alice.connect = told;
    assert.equal(alice.refused.length, 1);
    assert.match(alice.refused[0] as string, /^insufficient fee/);
    await world.mine(1);
    assert.ok(world.balance('alice') - before > 4_990_000n);
    assert.deepEqual(alice.state.pending, []);
  });
});
