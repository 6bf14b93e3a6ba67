import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fromHex } from '../../../src/base/types/hex.ts';
import { parseTransaction, type Transaction, txidOf, weightOf } from '../../../src/codec/tx/transaction.ts';
import { type ChannelMoment, channelOf, claimOf, signedCommitment, type TestHtlc } from './channel.ts';
import { type Party, World } from './world.ts';

const EXPIRY = 170;
const FROM_BOB: readonly TestHtlc[] = [
  { id: 0n, from: 'bob', amount_sat: 40_000, cltv_expiry: EXPIRY, secret: 3 },
  { id: 1n, from: 'bob', amount_sat: 50_000, cltv_expiry: EXPIRY + 1, secret: 4 },
];
const MOMENT: ChannelMoment = { number: 1, alice_sat: 5_000_000, htlcs: FROM_BOB, feerate_per_kw: 1000 };

async function open(moment: ChannelMoment = MOMENT) {
  const world = await World.open();
  const alice = await world.join('alice', channelOf('alice', world.funding_txid, moment));
  for (const htlc of moment.htlcs) {
    if (htlc.from === 'bob') await alice.say(claimOf(htlc));
  }
  return { world, alice };
}

/** Height after height, while no miner takes what waits: the mempool still judges every replacement. */
async function wait(party: Party, from_height: number, to_height: number): Promise<void> {
  for (let height = from_height; height <= to_height; height++) await party.say({ kind: 'block', height });
}

function sent(party: Party): Transaction[] {
  const seen = new Map<string, Transaction>();
  for (const { transactions } of party.told('broadcast')) {
    const tx = parseTransaction(fromHex(transactions.at(-1) as string));
    seen.set(txidOf(tx), tx);
  }
  return [...seen.values()];
}

describe('fees of claims', () => {
  it('are shared while there is time, rise as the deadline nears, and never exceed what is at stake', async () => {
    const { world, alice } = await open();
    const bob = channelOf('bob', world.funding_txid, MOMENT);
    assert.equal(await world.broadcast([signedCommitment(bob)]), undefined);
    await world.mine(1);
    const before = world.balance('alice');
    const [batch] = sent(alice);
    assert.equal(batch?.inputs.length, 4, 'our output, two HTLCs and our anchor');

    await wait(alice, world.height + 1, EXPIRY - 1);
    assert.deepEqual(alice.refused, []);
    assert.equal(sent(alice).length > 4, true);
    const waiting = world.chain.pending.map((bytes) => parseTransaction(bytes));
    assert.deepEqual(
      waiting.map((tx) => tx.inputs.length).toSorted(),
      [1, 1, 1],
      'each HTLC alone, as they are not equally urgent, and our output; at these fees the anchor is not worth its input',
    );
    for (const tx of waiting) assert.ok(tx.outputs.every((output) => output.amount_sat >= 294n));
    // A day of blocks that are full at any price: still something comes out.
    alice.feerates = { 2: 1_000_000, 6: 900_000, 12: 800_000, 100: 700_000 };
    await wait(alice, EXPIRY, EXPIRY + 4);
    assert.deepEqual(alice.refused, []);
    const singles = world.chain.pending.map((bytes) => parseTransaction(bytes)).filter((tx) => tx.inputs.length === 1);
    assert.equal(singles.length, 3);
    for (const tx of singles) assert.ok(tx.outputs[0] && tx.outputs[0].amount_sat >= 294n);
    await world.mine(1);
    assert.ok(world.balance('alice') > before + 5_000_000n / 3n);
    assert.deepEqual(alice.state.pending, []);
  });

  it('of what has no deadline are never more than half of it', async () => {
    const { world, alice } = await open({ ...MOMENT, htlcs: [], alice_sat: 20_000 });
    alice.feerates = { 2: 200_000, 6: 200_000, 12: 200_000, 100: 200_000 };
    const bob = channelOf('bob', world.funding_txid, { ...MOMENT, htlcs: [], alice_sat: 20_000 });
    assert.equal(await world.broadcast([signedCommitment(bob)]), undefined);
    await world.mine(1);
    assert.equal(sent(alice).length, 0, 'more than all of it: it waits for better times');
    alice.feerates = { 2: 25_000, 6: 25_000, 12: 25_000, 100: 25_000 };
    await wait(alice, world.height + 1, world.height + 1);
    const [only] = sent(alice);
    // 20,000 less the commitment's fee and two anchors.
    const stake = 20_000n - 1124n - 660n;
    assert.equal(only?.outputs[0]?.amount_sat, stake - stake / 2n);
    assert.deepEqual(alice.refused, []);
  });

  it('wait for the wallet when an HTLC transaction needs a coin and there is none yet', async () => {
    const { world, alice } = await open();
    alice.has_wallet = false;
    await alice.say({ kind: 'force_close', transaction: signedCommitment(alice.channel), is_urgent: false });
    await world.mine(3);
    assert.equal(alice.told('ended')[0]?.ending, 'local');
    const requests = alice.told('fund').length;
    assert.ok(requests >= 2);
    alice.has_wallet = true;
    await world.mine(8);
    assert.deepEqual(
      alice.told('htlc_claimed').map(({ htlc }) => htlc.id),
      [0n, 1n],
    );
    assert.deepEqual(alice.refused, []);
  });
});

describe('a raise that the wallet could not pay', () => {
  it('does not count as paid: what is asked for when it can pay again is measured by what is on its way', async () => {
    const { world, alice } = await open();
    await alice.say({ kind: 'force_close', transaction: signedCommitment(alice.channel), is_urgent: false });
    await world.mine(1);
    const paid = alice.state.pending.map(({ transaction, fee_sat, feerate_per_kw }) => ({
      transaction,
      fee_sat,
      feerate_per_kw,
    }));
    assert.deepEqual(
      paid.map(({ transaction }) => transaction !== undefined),
      [true],
    );
    alice.has_wallet = false;
    const asked = alice.told('fund').length;
    await wait(alice, world.height + 1, EXPIRY - 13);
    const before = alice.told('broadcast').length;
    await wait(alice, EXPIRY - 12, EXPIRY - 12);
    assert.ok(alice.told('fund').length > asked, 'it was asked to raise');
    for (const [at, expected] of paid.entries()) {
      const { transaction, fee_sat, feerate_per_kw } = alice.state.pending[at] ?? {};
      assert.deepEqual({ transaction, fee_sat, feerate_per_kw }, expected);
    }
    // What was sent goes out again with each block all the same.
    const last = alice.told('broadcast').slice(before);
    assert.ok(last.some(({ transactions }) => transactions[0] === paid[0]?.transaction));
    alice.has_wallet = true;
    await wait(alice, EXPIRY - 11, EXPIRY - 11);
    assert.ok((alice.state.pending[0]?.fee_sat ?? 0n) > (paid[0]?.fee_sat ?? 0n));
    // The heights are told, not mined: our balance, whose delay is over by them, has to wait.
    assert.deepEqual(
      alice.refused.filter((reason) => reason !== 'non-BIP68-final'),
      [],
    );
  });
});

describe('a claim with a deadline and no estimate of fees', () => {
  it('is raised step by step until all that is at stake would go to the fee, and no further', async () => {
    const htlc: TestHtlc = { id: 0n, from: 'bob', amount_sat: 400_000, cltv_expiry: EXPIRY, secret: 3 };
    const moment: ChannelMoment = { ...MOMENT, htlcs: [htlc] };
    const { world, alice } = await open(moment);
    alice.feerates = {};
    await alice.say(claimOf(htlc));
    await world.broadcast([signedCommitment(channelOf('bob', world.funding_txid, moment))]);
    await world.mine(1);
    const fees: bigint[] = [];
    for (let height = world.height; height < EXPIRY; height++) {
      await alice.say({ kind: 'block', height });
      fees.push(...alice.state.pending.filter(({ outpoints }) => outpoints.length === 1).map(({ fee_sat }) => fee_sat));
    }
    assert.ok((fees[0] ?? 0n) < 1_000n, `${fees}`);
    assert.ok((fees.at(-1) ?? 0n) > 200_000n, `${fees}`);
    assert.ok(fees.every((fee_sat) => fee_sat < 400_000n));
    assert.ok(fees.every((fee_sat, at) => fee_sat >= (fees[at - 1] ?? 0n)));
  });
});

describe('a commitment that pays too little', () => {
  it('is paid for by a child at its anchor, more as the deadline nears, and not beyond what depends on it', async () => {
    const cheap: ChannelMoment = { ...MOMENT, feerate_per_kw: 253 };
    const { world, alice } = await open(cheap);
    await alice.say({ kind: 'force_close', transaction: signedCommitment(alice.channel), is_urgent: false });
    assert.equal(world.chain.pending.length, 2, 'parent and child are there together');
    await wait(alice, world.height + 1, EXPIRY - 1);
    assert.deepEqual(alice.refused, []);
    const [parent, child] = world.chain.pending.map((bytes) => parseTransaction(bytes)) as [Transaction, Transaction];
    assert.equal(child.inputs[0]?.txid, txidOf(parent));
    const requests = alice.told('fund').map(({ request }) => request);
    assert.ok(requests.length > 5);
    for (const { max_fee_sat, feerate_per_kw } of requests) {
      assert.ok(max_fee_sat < 90_000n + 500_000n, 'something is left of the HTLCs');
      assert.ok(feerate_per_kw * 2_000 < 90_000_000, 'a deadline is worth the HTLCs, and not part of our balance');
    }
    assert.ok(requests.every(({ feerate_per_kw }, at) => feerate_per_kw >= (requests[at - 1]?.feerate_per_kw ?? 0)));
    await world.mine(1);
    assert.equal(alice.told('ended')[0]?.ending, 'local');
  });

  it('is left alone when nothing depends on it, unless the operator is in a hurry', async () => {
    const calm: ChannelMoment = { ...MOMENT, htlcs: [], feerate_per_kw: 400 };
    const { world, alice } = await open(calm);
    const transaction = signedCommitment(alice.channel);
    await alice.say({ kind: 'force_close', transaction, is_urgent: false });
    await wait(alice, world.height + 1, world.height + 5);
    assert.equal(alice.told('fund').length, 0);
    await alice.say({ kind: 'force_close', transaction, is_urgent: true });
    assert.equal(alice.told('fund').length, 1);
    const [parent, child] = world.chain.pending.map((bytes) => parseTransaction(bytes)) as [Transaction, Transaction];
    const weight = weightOf(parent) + weightOf(child);
    assert.ok(weight > 1500, `${weight}`);
    assert.deepEqual(alice.refused, []);
  });
});
