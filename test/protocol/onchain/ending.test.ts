/** What a spend of the funding output is, each kind by itself (BOLT 5). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat, sat } from '../../../src/base/types/amount.ts';
import type { Txid } from '../../../src/base/types/brand.ts';
import { fromHex } from '../../../src/base/types/hex.ts';
import { parseTransaction, type Transaction } from '../../../src/codec/tx/transaction.ts';
import { classifyEnding, matchRevokedHtlcs } from '../../../src/protocol/onchain/ending.ts';
import {
  type ChannelMoment,
  channelOf,
  closingOf,
  FUNDING_SAT,
  hashOf,
  type Name,
  signedCommitment,
  type TestHtlc,
} from './channel.ts';

const FUNDING = 'ee'.repeat(32) as Txid;
const NOW: ChannelMoment = { number: 3, alice_sat: 5_000_000, htlcs: [], feerate_per_kw: 1_000 };
const NEXT: ChannelMoment = { ...NOW, number: 4, alice_sat: 6_000_000 };
const OLD: ChannelMoment = { ...NOW, number: 1, alice_sat: 4_000_000 };
/** After its fee Alice has less than dust, Bob nothing: each is without an output of its own. */
const ALICE_WITHOUT: ChannelMoment = { ...OLD, alice_sat: 2_000 };
const BOB_WITHOUT: ChannelMoment = { ...OLD, alice_sat: Number(FUNDING_SAT) };

function commitment(owner: Name, moment: ChannelMoment): Transaction {
  return parseTransaction(fromHex(signedCommitment(channelOf(owner, FUNDING, moment))));
}

/** What Alice takes it for: its kind and number. */
function seen(tx: Transaction, alice = channelOf('alice', FUNDING, NOW, NEXT)): [string, number | undefined] {
  const ending = classifyEnding(alice, tx);
  if ('commitment' in ending) return [ending.kind, ending.commitment.number];
  return [ending.kind, 'number' in ending ? ending.number : undefined];
}

test('a close in agreement is told by its sequence; another transaction that is no commitment is unknown', () => {
  const scripts = { alice: `0014${'11'.repeat(20)}`, bob: `0014${'22'.repeat(20)}` };
  const tx = parseTransaction(fromHex(closingOf('alice', FUNDING, scripts, sat(4_000_000))));
  assert.deepEqual(seen(tx), ['mutual', undefined]);
  const withSequence = (sequence: number) => ({ ...tx, inputs: tx.inputs.map((input) => ({ ...input, sequence })) });
  assert.deepEqual(seen(withSequence(0xfffffffd)), ['mutual', undefined], 'option_simple_close');
  assert.deepEqual(seen(withSequence(5)), ['unknown', undefined]);
});

test("our latest commitment, the peer's, and the one after it that we have signed are known", () => {
  assert.deepEqual(seen(commitment('alice', NOW)), ['local', 3]);
  assert.deepEqual(seen(commitment('bob', NOW)), ['remote', 3]);
  assert.deepEqual(seen(commitment('bob', NEXT)), ['remote', 4]);
});

test('a commitment that has a known number and other contents is unknown, and so is a later one', () => {
  assert.deepEqual(seen(commitment('alice', { ...NOW, alice_sat: 1_000_000 })), ['unknown', 3]);
  assert.deepEqual(seen(commitment('bob', { ...NOW, number: 7 })), ['unknown', 7]);
  const lost = { ...channelOf('alice', FUNDING, NOW), local: undefined };
  assert.deepEqual(seen(commitment('alice', NOW), lost), ['unknown', 3], 'our own, when our state is lost');
});

test("a commitment that the peer has revoked is, also without an output of the peer's own", () => {
  assert.deepEqual(seen(commitment('bob', OLD)), ['revoked', 1]);
  assert.deepEqual(seen(commitment('bob', ALICE_WITHOUT)), ['revoked', 1]);
  assert.deepEqual(
    seen(commitment('bob', BOB_WITHOUT)),
    ['revoked', 1],
    "it pays us alone: nothing tells that it is not the peer's",
  );
});

test('an old commitment of our own is nothing to punish the peer for', () => {
  assert.deepEqual(seen(commitment('alice', OLD)), ['unknown', 1], 'our delayed output tells');
  assert.deepEqual(seen(commitment('alice', ALICE_WITHOUT)), ['unknown', 1], "the peer's plain output tells");
});

test('an HTLC of a revoked commitment is found by its script and amount, and one that has no output is not', () => {
  const held: TestHtlc = { id: 0n, from: 'alice', amount_sat: 200_000, cltv_expiry: 180, secret: 1 };
  const tx = commitment('bob', { ...OLD, htlcs: [held, { ...held, id: 1n }] });
  const ending = classifyEnding(channelOf('alice', FUNDING, NOW), tx);
  assert.ok(ending.kind === 'revoked');
  const record = {
    offered_by: 'local',
    amount_msat: msat(200_000_000),
    payment_hash: hashOf(held),
    cltv_expiry: 180,
    first_remote_number: 0,
    last_remote_number: 2,
  } as const;
  const found = matchRevokedHtlcs(ending, tx, [
    { ...record, amount_msat: msat(200_001_000) },
    { ...record, cltv_expiry: 181 },
    record,
    { ...record, offered_by: 'remote' },
    record,
    record,
  ]);
  assert.equal(found.length, 2);
  assert.equal(new Set(found.map(({ vout }) => vout)).size, 2, 'each output once');
  for (const { vout, htlc } of found) {
    assert.equal(tx.outputs[vout]?.amount_sat, 200_000n);
    assert.equal(htlc, record);
  }
});
