/** What is said of an ending, and from which block on, output by output (BOLT 5). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sat } from '../../../src/base/types/amount.ts';
import type { PaymentHash, Txid } from '../../../src/base/types/brand.ts';
import type { CommitmentHtlc } from '../../../src/codec/tx/commitment.ts';
import type { Transaction } from '../../../src/codec/tx/transaction.ts';
import { DEFAULT_ONCHAIN_POLICY, type OnchainEnvironment } from '../../../src/protocol/onchain/closing-channel.ts';
import { learnPreimages, lostHtlcs, missedPenalties, Outcome } from '../../../src/protocol/onchain/outcome.ts';
import { type OnchainState, openOnchain } from '../../../src/protocol/onchain/state.ts';
import type { OutputRole, Situation, TrackedOutput } from '../../../src/protocol/onchain/tracked-output.ts';
import { type ChannelMoment, channelOf, hashOf, preimageOf, type TestHtlc } from './channel.ts';

const FUNDING = 'ee'.repeat(32) as Txid;
const TXID = 'dd'.repeat(32) as Txid;
const SPENDER = 'cc'.repeat(32) as Txid;
/** The block that holds the ending. */
const MINED = 1_000;
const OURS: TestHtlc = { id: 3n, from: 'alice', amount_sat: 200_000, cltv_expiry: 900, secret: 1 };
const THEIRS: TestHtlc = { id: 3n, from: 'bob', amount_sat: 200_000, cltv_expiry: 900, secret: 2 };

const ENVIRONMENT: OnchainEnvironment = {
  policy: DEFAULT_ONCHAIN_POLICY,
  feeratePerKw: () => undefined,
  sweep_script: new Uint8Array(22),
};

function channelWith(...htlcs: readonly TestHtlc[]) {
  const moment: ChannelMoment = { number: 1, alice_sat: 5_000_000, htlcs, feerate_per_kw: 253 };
  return channelOf('alice', FUNDING, moment);
}

function htlcOf({ from, amount_sat, cltv_expiry, ...htlc }: TestHtlc): CommitmentHtlc {
  const payment_hash = hashOf({ from, amount_sat, cltv_expiry, ...htlc });
  const amount_msat = (BigInt(amount_sat) * 1_000n) as CommitmentHtlc['amount_msat'];
  return { offered_by: from === 'alice' ? 'local' : 'remote', amount_msat, payment_hash, cltv_expiry };
}

/** An output of the ending; `taken` is when, and by whom. */
function output(
  role: OutputRole,
  htlc?: CommitmentHtlc,
  taken?: { height: number; by_us: boolean; witness?: readonly Uint8Array[] },
  vout = 0,
): TrackedOutput {
  const input = { txid: TXID, vout, sequence: 0, script_sig: new Uint8Array(0), witness: [...(taken?.witness ?? [])] };
  const tx: Transaction = { version: 2, inputs: [input], outputs: [], locktime: 0 };
  return {
    outpoint: { txid: TXID, vout },
    spends: { amount_sat: sat(200_000), script_pubkey: new Uint8Array(34) },
    height: MINED,
    role,
    htlc,
    claim: undefined,
    spend: taken && { tx, txid: SPENDER, height: taken.height, input_index: 0 },
    is_ours: taken?.by_us === true,
  };
}

const REMOTE = { kind: 'remote', commitment: { number: 1, trimmed: [] } } as unknown as Situation['ending'];
const REVOKED = { kind: 'revoked', number: 1 } as unknown as Situation['ending'];
const UNKNOWN = { kind: 'unknown', number: 9 } as Situation['ending'];

function situation(ending: Situation['ending'], ...outputs: readonly TrackedOutput[]): Situation {
  return { ending, txid: TXID, height: MINED, outputs };
}

interface Scene {
  readonly htlcs?: readonly TestHtlc[];
  readonly at: Situation;
  readonly height: number;
  readonly state?: Partial<OnchainState>;
}

function outcomeOf({ htlcs = [], at, height, state = {} }: Scene): Outcome {
  return new Outcome(channelWith(...htlcs), { ...openOnchain(height), ...state }, at, ENVIRONMENT);
}

/** What is said of HTLCs, by kind and id. */
function saidOfHtlcs(scene: Scene): readonly string[] {
  const outcome = outcomeOf(scene);
  outcome.tellHtlcs();
  return outcome.effects.map((effect) => ('htlc' in effect ? `${effect.kind} ${effect.htlc.id}` : effect.kind));
}

test('an HTLC of ours that the ending does not hold has failed once the ending is six deep', () => {
  const at = situation(REMOTE);
  assert.deepEqual(saidOfHtlcs({ htlcs: [OURS], at, height: MINED + 4 }), []);
  assert.deepEqual(saidOfHtlcs({ htlcs: [OURS], at, height: MINED + 5 }), ['htlc_failed 3']);
});

test('an HTLC that only our own commitment still holds has failed as well, when another is mined', () => {
  const channel = { ...channelWith(OURS), remote: channelWith().remote };
  const outcome = new Outcome(channel, openOnchain(MINED + 5), situation(REMOTE), ENVIRONMENT);
  assert.equal(outcome.tellHtlcs(), true);
  assert.deepEqual(
    outcome.effects.map(({ kind }) => kind),
    ['htlc_failed'],
  );
});

test('an HTLC is in the output with its side, hash, expiry and amount, and in no other', () => {
  const own = htlcOf(OURS);
  const height = MINED + 5;
  assert.deepEqual(saidOfHtlcs({ htlcs: [OURS], at: situation(REMOTE, output('htlc', own)), height }), [], 'it waits');
  for (const change of [
    { offered_by: 'remote' },
    { payment_hash: '99'.repeat(32) as PaymentHash },
    { cltv_expiry: 901 },
    { amount_msat: 200_001_000n as never },
  ] as const) {
    const at = situation(REMOTE, output('htlc', { ...own, ...change }));
    assert.deepEqual(saidOfHtlcs({ htlcs: [OURS], at, height }), ['htlc_failed 3'], Object.keys(change).join());
  }
  const elsewhere = situation(REMOTE, output('second_stage', own), output('htlc', undefined));
  assert.deepEqual(saidOfHtlcs({ htlcs: [OURS], at: elsewhere, height }), ['htlc_failed 3']);
});

test('two HTLCs that look the same have an output each', () => {
  const twins = [OURS, { ...OURS, id: 4n }];
  const [own] = twins.map(htlcOf);
  const one = situation(REMOTE, output('htlc', own));
  assert.deepEqual(saidOfHtlcs({ htlcs: twins, at: one, height: MINED + 5 }), ['htlc_failed 4']);
  const both = situation(REMOTE, output('htlc', own), output('htlc', own, undefined, 1));
  assert.deepEqual(saidOfHtlcs({ htlcs: twins, at: both, height: MINED + 5 }), []);
});

test('what we took is ours when that is six deep: our own HTLC has failed, and one to us is paid', () => {
  for (const [htlc, preimages, word] of [
    [OURS, [], 'htlc_failed 3'],
    [THEIRS, [preimageOf(THEIRS)], 'htlc_claimed 3'],
  ] as const) {
    const said = (by_us: boolean, height: number): readonly string[] => {
      const at = situation(REMOTE, output('htlc', htlcOf(htlc), { height: MINED + 20, by_us }));
      return saidOfHtlcs({ htlcs: [htlc], at, height, state: { preimages } });
    };
    assert.deepEqual(said(true, MINED + 24), []);
    assert.deepEqual(said(true, MINED + 25), [word]);
    assert.deepEqual(said(false, MINED + 90), []);
  }
  const penalty = situation(REVOKED, output('htlc', htlcOf(THEIRS), { height: MINED, by_us: true }));
  assert.deepEqual(saidOfHtlcs({ htlcs: [THEIRS], at: penalty, height: MINED + 90 }), [], 'taken without the preimage');
});

test('a commitment that we know nothing of ends an HTLC of ours 100 blocks after its expiry', () => {
  const htlc = { ...OURS, cltv_expiry: 1_200 };
  const at = situation(UNKNOWN);
  assert.deepEqual(saidOfHtlcs({ htlcs: [htlc], at, height: 1_299 }), []);
  assert.deepEqual(saidOfHtlcs({ htlcs: [htlc], at, height: 1_300 }), ['htlc_failed 3']);
});

test('an HTLC to us that we accepted is lost when the peer has taken it back for good, and only then', () => {
  const state = { accepted_ids: [THEIRS.id], preimages: [preimageOf(THEIRS)] };
  const taken = (by_us: boolean) => output('htlc', htlcOf(THEIRS), { height: MINED + 20, by_us });
  const said = (
    ending: Situation['ending'],
    each: TrackedOutput,
    height: number,
    known: Partial<OnchainState> = state,
  ) => saidOfHtlcs({ htlcs: [THEIRS], at: situation(ending, each), height, state: known });
  assert.deepEqual(said(REMOTE, taken(false), MINED + 24), []);
  assert.deepEqual(said(REMOTE, taken(false), MINED + 25), ['htlc_lost 3']);
  assert.deepEqual(said(REMOTE, taken(true), MINED + 25), ['htlc_claimed 3']);
  assert.deepEqual(said(REVOKED, taken(false), MINED + 25), [], 'of a revoked commitment we take what it became');
  assert.deepEqual(said(REMOTE, taken(false), MINED + 25, {}), [], 'it was never accepted');
  const waits = output('htlc', htlcOf(THEIRS));
  assert.deepEqual(said(REMOTE, waits, MINED + 98), []);
  assert.deepEqual(said(REMOTE, waits, MINED + 99), ['htlc_lost 3'], 'nobody takes it any more');
});

test('an HTLC to us that was too small for an output is lost when the ending is six deep; one that it does not hold is not', () => {
  const state = { accepted_ids: [THEIRS.id], preimages: [preimageOf(THEIRS)] };
  const held = { offered_by: 'remote', id: THEIRS.id };
  for (const [trimmed, isLost] of [
    [[held], true],
    [[], false],
    [[{ ...held, id: 4n }], false],
    [[{ ...held, offered_by: 'local' }], false],
  ] as const) {
    const at = situation({ kind: 'remote', commitment: { number: 1, trimmed } } as never);
    assert.deepEqual(saidOfHtlcs({ htlcs: [THEIRS], at, height: MINED + 4, state }), []);
    assert.deepEqual(saidOfHtlcs({ htlcs: [THEIRS], at, height: MINED + 5, state }), isLost ? ['htlc_lost 3'] : []);
  }
});

test('what was said is not said again, and tells afterwards what was lost', () => {
  const state = { accepted_ids: [THEIRS.id], preimages: [preimageOf(THEIRS)] };
  const lost = output('htlc', htlcOf(THEIRS), { height: MINED, by_us: false });
  const scene: Scene = { htlcs: [THEIRS], at: situation(REMOTE, lost), height: MINED + 5, state };
  const outcome = outcomeOf(scene);
  outcome.tellHtlcs();
  outcome.tellHtlcs();
  outcome.tellEnding();
  outcome.tellEnding();
  assert.deepEqual(
    outcome.effects.map(({ kind }) => kind),
    ['htlc_lost', 'ended'],
  );
  const after = { ...openOnchain(MINED + 5), ...state, told: outcome.told };
  assert.deepEqual(
    lostHtlcs(channelWith(THEIRS, OURS), after).map(({ id, offered_by }) => [id, offered_by]),
    [[3n, 'remote']],
  );
  assert.deepEqual(lostHtlcs(channelWith(THEIRS, OURS), openOnchain(MINED)), []);
  assert.deepEqual(saidOfHtlcs({ ...scene, state: after }), []);
});

test('a penalty that came too late is told when what the peer took is six deep: its delayed outputs alone', () => {
  const took = (role: OutputRole, vout: number, by_us = false) =>
    output(role, undefined, { height: MINED + 30, by_us }, vout);
  const outputs = [
    took('to_local', 0),
    took('second_stage', 1),
    took('htlc', 2),
    took('to_remote', 3),
    took('to_local', 4, true),
    output('to_local', undefined, undefined, 5),
  ];
  const missed = (ending: Situation['ending'], height: number): readonly number[] => {
    const outcome = outcomeOf({ at: situation(ending, ...outputs), height });
    outcome.tellMissed();
    assert.equal(missedPenalties(outputs, outcome).length, outcome.effects.length);
    return missedPenalties(outputs, outcome).map(({ outpoint }) => outpoint.vout);
  };
  assert.deepEqual(missed(REVOKED, MINED + 34), []);
  assert.deepEqual(missed(REVOKED, MINED + 35), [0, 1]);
  assert.deepEqual(missed(REMOTE, MINED + 35), [], 'there was nothing to punish');
});

test('an output is resolved 100 blocks after it was taken; an anchor, or what is not ours to know, is not waited for', () => {
  const at = situation(
    REMOTE,
    output('to_remote', undefined, { height: MINED + 2, by_us: true }),
    output('anchor', undefined, undefined, 1),
    output('unrecognised', undefined, undefined, 2),
  );
  const said = (height: number, are_htlcs_decided = true): readonly string[] => {
    const outcome = outcomeOf({ at, height });
    outcome.tellResolved(are_htlcs_decided);
    return outcome.effects.map(({ kind }) => kind);
  };
  assert.deepEqual(said(MINED + 100), []);
  assert.deepEqual(said(MINED + 101), ['output_resolved', 'channel_resolved']);
  assert.deepEqual(said(MINED + 101, false), ['output_resolved'], 'an HTLC of ours may still come back');
});

test('an ending without outputs is resolved when it is 100 deep itself', () => {
  const said = (height: number): number => {
    const outcome = outcomeOf({ at: situation({ kind: 'mutual' }), height });
    outcome.tellResolved(true);
    return outcome.effects.length;
  };
  assert.deepEqual([said(MINED + 98), said(MINED + 99)], [0, 1]);
});

test('an HTLC of ours counts as decided once its preimage is known, or it has come back', () => {
  const isDecided = (preimages: OnchainState['preimages'], height: number, ...outputs: readonly TrackedOutput[]) =>
    outcomeOf({ htlcs: [OURS], at: situation(REMOTE, ...outputs), height, state: { preimages } }).tellHtlcs();
  const waits = output('htlc', htlcOf(OURS));
  assert.equal(isDecided([], MINED + 50, waits), false);
  assert.equal(isDecided([preimageOf(OURS)], MINED + 50, waits), true);
  assert.equal(isDecided([], MINED + 4), false);
  assert.equal(isDecided([], MINED + 5), true);
});

test('a preimage is learned of HTLCs that we offered, from spends of the peer, and of no item that only looks like one', () => {
  const preimage = Buffer.from(preimageOf(OURS), 'hex');
  const learned = (each: TrackedOutput, ...htlcs: readonly TestHtlc[]) =>
    learnPreimages(channelWith(...htlcs), situation(REMOTE, each));
  const spent = (witness: readonly Uint8Array[], by_us = false) => ({ height: MINED + 1, by_us, witness });
  const signature = new Uint8Array(72);
  assert.deepEqual(learned(output('htlc', htlcOf(OURS), spent([signature, preimage])), OURS), [preimageOf(OURS)]);
  assert.deepEqual(learned(output('htlc', htlcOf(OURS), spent([signature, preimage], true)), OURS), [], 'our own');
  assert.deepEqual(learned(output('htlc', htlcOf(OURS), spent([signature, new Uint8Array(32)])), OURS), []);
  assert.deepEqual(learned(output('htlc', htlcOf(OURS)), OURS), [], 'not spent yet');
  const theirs = { ...htlcOf(OURS), offered_by: 'remote' } as const;
  assert.deepEqual(learned(output('htlc', theirs, spent([preimage])), OURS), [], 'one to us shows what we said');
  assert.deepEqual(learned(output('htlc', htlcOf(OURS), spent([preimage]))), [preimageOf(OURS)], 'long gone from ours');
  assert.deepEqual(learned(output('unrecognised', undefined, spent([preimage])), OURS), [preimageOf(OURS)]);
  assert.deepEqual(learned(output('unrecognised', undefined, spent([preimage]))), [], 'of no HTLC in flight');
  assert.deepEqual(learned(output('to_local', undefined, spent([preimage])), OURS), []);
});

test("the peer's own output is left alone when its time is 100 blocks past, and a claim of ours when it brings nothing", () => {
  const resolvedAt = (each: TrackedOutput, height: number): boolean => {
    const outcome = outcomeOf({ at: situation(REMOTE, each), height });
    outcome.tellResolved(false);
    return outcome.effects.length > 0;
  };
  const later: TestHtlc = { ...THEIRS, cltv_expiry: MINED + 50 };
  const peers = output('htlc', htlcOf(later));
  assert.deepEqual([resolvedAt(peers, MINED + 148), resolvedAt(peers, MINED + 149)], [false, true]);
  const claim = (amount: number) =>
    ({ spends: { amount_sat: sat(amount) }, weight: 300, valid_height: MINED + 30, paired_output: undefined }) as never;
  const small = { ...output('to_remote'), claim: claim(400) };
  assert.deepEqual([resolvedAt(small, MINED + 128), resolvedAt(small, MINED + 129)], [false, true]);
  assert.equal(resolvedAt({ ...small, claim: claim(5_000) }, MINED + 999), false);
});
