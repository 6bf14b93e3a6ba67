/** What is remembered of the chain and of what we sent, and what a reorganisation takes back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sat } from '../../../src/base/types/amount.ts';
import type { PaymentPreimage, Txid } from '../../../src/base/types/brand.ts';
import { toHex } from '../../../src/base/types/hex.ts';
import { serializeTransaction, type Transaction, txInput, txidOf } from '../../../src/codec/tx/transaction.ts';
import { DEFAULT_ONCHAIN_POLICY, type OnchainEnvironment } from '../../../src/protocol/onchain/closing-channel.ts';
import {
  type OnchainEffect,
  type OnchainInput,
  type OnchainState,
  openOnchain,
  type Pending,
} from '../../../src/protocol/onchain/state.ts';
import { signClaims, stepOnchain } from '../../../src/protocol/onchain/step.ts';
import { channelOf } from './channel.ts';

const FUNDING = 'ee'.repeat(32) as Txid;
const CHANNEL = channelOf('alice', FUNDING, { number: 1, alice_sat: 5_000_000, htlcs: [], feerate_per_kw: 253 });
const PREIMAGE = '11'.repeat(32) as PaymentPreimage;
const HTLC = { offered_by: 'local', amount_msat: 1n, payment_hash: '22'.repeat(32), cltv_expiry: 1 } as never;

const ENVIRONMENT: OnchainEnvironment = {
  policy: DEFAULT_ONCHAIN_POLICY,
  feeratePerKw: () => undefined,
  sweep_script: new Uint8Array(22),
};

function step(state: OnchainState, input: OnchainInput): { state: OnchainState; effects: readonly OnchainEffect[] } {
  return stepOnchain(CHANNEL, state, input, ENVIRONMENT);
}

function after(state: OnchainState, ...inputs: readonly OnchainInput[]): OnchainState {
  return inputs.reduce((before, input) => step(before, input).state, state);
}

/** A transaction that spends this output. */
function spender(txid: Txid, vout = 0): Transaction {
  const output = { amount_sat: sat(1_000), script_pubkey: new Uint8Array(22) };
  return { version: 2, inputs: [txInput({ txid, vout }, 0xfffffffd)], outputs: [output], locktime: 0 };
}

const OTHER = spender('aa'.repeat(32) as Txid);
const THIRD = spender('bb'.repeat(32) as Txid);
/** The funding is the output 0 of its transaction. */
const END = spender(FUNDING);

function spent(tx: Transaction, height: number): OnchainInput {
  return { kind: 'spent', transaction: serializeTransaction(tx), height, revoked_htlcs: [HTLC] };
}

function disconnected(tx: Transaction, height: number): OnchainInput {
  return { kind: 'disconnected', txid: txidOf(tx), height };
}

function pending(outpoints: readonly string[], tx: Transaction | undefined, changes: Partial<Pending> = {}): Pending {
  const transaction = tx && toHex(serializeTransaction(tx));
  const sent = { fee_sat: sat(300), feerate_per_kw: 500, height: 90, is_wallet_funded: true };
  return { outpoints, transaction, ...sent, ...changes };
}

const heights = ({ spends }: OnchainState) => spends.map(({ txid, height }) => [txid, height]);

test('the height is that of the last block, and never below a spend that was found ahead of it', () => {
  assert.equal(after(openOnchain(100), { kind: 'block', height: 101 }).height, 101);
  assert.equal(after(openOnchain(100), { kind: 'block', height: 99 }).height, 99, 'after a reorganisation');
  const ahead = after(openOnchain(100), spent(OTHER, 105));
  assert.equal(ahead.height, 105);
  assert.equal(after(ahead, { kind: 'block', height: 101 }).height, 105);
  assert.equal(after(ahead, { kind: 'block', height: 106 }).height, 106);
  assert.equal(after(ahead, spent(THIRD, 103)).height, 105);
});

test('a spend is remembered once, and where it was found last', () => {
  const once = after(openOnchain(100), spent(OTHER, 101), spent(OTHER, 101));
  assert.deepEqual(heights(once), [[txidOf(OTHER), 101]]);
  const moved = after(once, spent(OTHER, 102));
  assert.deepEqual(heights(moved), [[txidOf(OTHER), 102]]);
  assert.equal(heights(after(moved, spent(THIRD, 102))).length, 2);
});

test('a block that is gone takes its spend with it, and no other', () => {
  const state = after(openOnchain(100), spent(OTHER, 101), spent(THIRD, 101));
  assert.deepEqual(heights(after(state, disconnected(OTHER, 101))), [[txidOf(THIRD), 101]]);
  assert.equal(heights(after(state, disconnected(OTHER, 100))).length, 2, 'it was seen in another block since');
  assert.equal(after(state, disconnected(OTHER, 101)).height, 100);
  assert.equal(after({ ...state, height: 98 }, disconnected(OTHER, 101)).height, 98);
});

test('what a penalty needs comes with the spend of the funding output, and with no other', () => {
  assert.deepEqual(after(openOnchain(100), spent(OTHER, 101)).revoked_htlcs, []);
  assert.deepEqual(after(openOnchain(100), spent(spender(FUNDING, 1), 101)).revoked_htlcs, []);
  assert.deepEqual(after(openOnchain(100), spent(END, 101)).revoked_htlcs, [HTLC]);
});

test('a preimage and the HTLC that it was accepted for are remembered once', () => {
  const preimage = (htlc_id: bigint | undefined): OnchainInput => ({
    kind: 'preimage',
    htlc_id,
    payment_preimage: PREIMAGE,
  });
  const state = after(openOnchain(100), preimage(undefined), preimage(4n), preimage(4n), preimage(5n));
  assert.deepEqual([state.preimages, state.accepted_ids], [[PREIMAGE], [4n, 5n]]);
});

test('what we sent is mined with a block, waits again without it, and leaves alone what else waits', () => {
  const sent = pending(['a:0', 'b:0'], OTHER);
  const other = pending(['c:0'], THIRD);
  const unfunded = pending(['d:0'], undefined);
  const before = { ...openOnchain(100), pending: [sent, other, unfunded] };
  const mined = after(before, spent(OTHER, 101));
  assert.deepEqual([mined.pending, mined.mined], [[other, unfunded], [sent]]);
  const gone = after(mined, disconnected(OTHER, 101));
  assert.deepEqual([gone.pending, gone.mined], [[other, unfunded, sent], []]);
  const untouched = after(mined, disconnected(THIRD, 101));
  assert.deepEqual([untouched.pending, untouched.mined], [[other, unfunded], [sent]]);
  const both = after(mined, spent(THIRD, 101));
  assert.deepEqual([both.pending, both.mined], [[unfunded], [sent, other]]);
});

test('what took the place of a claim meanwhile is what waits', () => {
  const sent = pending(['a:0', 'b:0'], OTHER);
  const newer = pending(['b:0'], undefined);
  const mined = after({ ...openOnchain(100), pending: [sent] }, spent(OTHER, 101));
  const gone = after({ ...mined, pending: [newer] }, disconnected(OTHER, 101));
  assert.deepEqual([gone.pending, gone.mined], [[newer], []]);
});

test('what the wallet has funded takes the place of the request for the same outputs, and goes out', () => {
  const asked = pending(['a:0', 'b:0'], undefined);
  const others = [pending(['a:0'], undefined), pending(['b:0', 'a:0'], undefined)];
  const before = { ...openOnchain(100), pending: [asked, ...others] };
  const transaction = toHex(serializeTransaction(OTHER));
  const funded = {
    kind: 'funded',
    outpoints: ['a:0', 'b:0'],
    transaction,
    fee_sat: sat(900),
    feerate_per_kw: 700,
  } as const;
  const { state, effects } = step(before, funded);
  const made = { ...asked, transaction, fee_sat: 900n, feerate_per_kw: 700, height: 100 };
  assert.deepEqual(state.pending, [made, ...others]);
  const broadcasts = (all: readonly OnchainEffect[]) => all.filter(({ kind }) => kind === 'broadcast');
  assert.deepEqual(broadcasts(effects), [{ kind: 'broadcast', transactions: [transaction] }]);
  const late = step(before, { ...funded, outpoints: ['z:0'] });
  assert.deepEqual(
    [late.state.pending, broadcasts(late.effects)],
    [before.pending, []],
    'nobody waits for it any more',
  );
});

test('a close that is asked for again is as old as before, and as urgent as it was asked for last', () => {
  const close = (is_urgent: boolean): OnchainInput => ({ kind: 'force_close', transaction: CLOSE, is_urgent });
  const CLOSE = toHex(serializeTransaction(END));
  const state = after(openOnchain(100), close(false), { kind: 'block', height: 120 }, close(true));
  assert.deepEqual(state.force_close, { transaction: CLOSE, is_urgent: true, height: 100 });
});

test('each output is watched once, and all of them again after a start', () => {
  const watched = (all: readonly OnchainEffect[]) => all.filter(({ kind }) => kind === 'watch');
  const first = step(openOnchain(100), { kind: 'block', height: 101 });
  const funding = { kind: 'watch', outpoint: { txid: FUNDING, vout: 0 }, from_height: 0 };
  assert.deepEqual(watched(first.effects), [funding]);
  assert.deepEqual(watched(step(first.state, { kind: 'block', height: 102 }).effects), []);
  assert.deepEqual(watched(step(first.state, { kind: 'start' }).effects), [funding]);
});

test('a transaction that spends nothing of the channel is not signed', () => {
  assert.throws(() => signClaims(CHANNEL, openOnchain(100), OTHER), /spends nothing of this channel/);
});
