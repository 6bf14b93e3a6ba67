/**
 * Which claims share a transaction, what it pays, and what follows when it is not mined or not taken, rule by rule
 * (BOLT 5). The claims are made up: `endings.test.ts` and its neighbours have real ones on a chain.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sat } from '../../../src/base/types/amount.ts';
import type { Txid } from '../../../src/base/types/brand.ts';
import { fromHex } from '../../../src/base/types/hex.ts';
import { parseTransaction } from '../../../src/codec/tx/transaction.ts';
import type { Claim } from '../../../src/protocol/onchain/claim.ts';
import { DEFAULT_ONCHAIN_POLICY, type OnchainEnvironment } from '../../../src/protocol/onchain/closing-channel.ts';
import { type Composition, composeClaims, isUneconomic } from '../../../src/protocol/onchain/compose.ts';
import {
  type FundRequest,
  type OnchainInput,
  openOnchain,
  type Pending,
  type Refusal,
} from '../../../src/protocol/onchain/state.ts';

const HEIGHT = 1_000;
/** P2WPKH: 294 sat are the least that such an output holds. */
const SCRIPT = Uint8Array.from({ length: 22 }, (_, index) => (index === 1 ? 20 : 0));
const HTLC_SCRIPT = new Uint8Array(34);
/** With it a sweep of one output weighs 500, and each further output as much more. */
const WEIGHT = 334;
/** What an HTLC transaction with a coin of the wallet weighs: that, its own output, and the wallet's part. */
const FUNDED_WEIGHT = 42 + 500 + WEIGHT + 172;
const BLOCK: OnchainInput = { kind: 'block', height: HEIGHT };

type Estimates = Readonly<Partial<Record<2 | 6 | 12 | 100, number>>>;
const AT_1000: Estimates = { 2: 1_000 };

function environment(estimates: Estimates = AT_1000): OnchainEnvironment {
  return { policy: DEFAULT_ONCHAIN_POLICY, feeratePerKw: (target) => estimates[target], sweep_script: SCRIPT };
}

function claim(number: number, amount_sat: number, changes: Partial<Claim> = {}): Claim {
  return {
    outpoint: { txid: 'ab'.repeat(32) as Txid, vout: number },
    spends: { amount_sat: sat(amount_sat), script_pubkey: HTLC_SCRIPT },
    weight: WEIGHT,
    sequence: 1,
    locktime: 0,
    valid_height: HEIGHT,
    deadline_height: undefined,
    is_exclusive: false,
    is_extra: false,
    paired_output: undefined,
    sign: () => [],
    ...changes,
  };
}

/** An HTLC transaction of our own commitment. */
function staged(number: number, amount_sat: number, changes: Partial<Claim> = {}): Claim {
  return claim(number, amount_sat, {
    paired_output: { amount_sat: sat(amount_sat), script_pubkey: HTLC_SCRIPT },
    ...changes,
  });
}

/** So many blocks are left, counted from the next one. */
function left(blocks: number): Partial<Claim> {
  return { deadline_height: HEIGHT + 1 + blocks };
}

interface Scene {
  readonly claims: readonly Claim[];
  readonly pending?: readonly Pending[];
  readonly estimates?: Estimates;
  readonly input?: OnchainInput;
}

function compose({ claims, pending = [], estimates, input = BLOCK }: Scene): Composition {
  const outputs = claims.map((each) => ({ claim: each, spend: undefined, outpoint: each.outpoint }));
  // One that is taken already, and one that we have no claim to.
  const [taken, foreign] = [claim(98, 1_000_000), claim(99, 1_000_000)];
  const situation = {
    outputs: [
      { claim: taken, spend: {}, outpoint: taken.outpoint },
      { claim: undefined, spend: undefined, outpoint: foreign.outpoint },
      ...outputs,
    ],
  };
  const state = { ...openOnchain(HEIGHT), pending };
  return composeClaims(state, environment(estimates), situation as never, input.kind === 'block', input);
}

/** The numbers of the outputs that each transaction takes which waits, and what it pays. */
function sent({ pending }: Composition): [outputs: string, fee_sat: bigint][] {
  return pending.map(({ outpoints, fee_sat }) => [outpoints.map((name) => name.split(':')[1]).join(), fee_sat]);
}

function groups(composition: Composition): string[] {
  return sent(composition).map(([outputs]) => outputs);
}

function requests({ effects }: Composition): FundRequest[] {
  return effects.flatMap((effect) => (effect.kind === 'fund' ? [effect.request] : []));
}

function broadcasts({ effects }: Composition): string[] {
  return effects.flatMap((effect) => (effect.kind === 'broadcast' ? effect.transactions : []));
}

function pendingOf(claims: readonly Claim[], changes: Partial<Pending> = {}): Pending {
  return {
    outpoints: claims.map(({ outpoint }) => `${outpoint.txid}:${outpoint.vout}`),
    transaction: '00',
    fee_sat: sat(500),
    feerate_per_kw: 1_000,
    height: HEIGHT - 1,
    is_wallet_funded: false,
    ...changes,
  };
}

function refused(refusal: Refusal): OnchainInput {
  return { kind: 'refused', transaction: '00', refusal };
}

test('outputs without a deadline share a sweep; what it pays goes by its weight, and the rest to our wallet', () => {
  const composition = compose({ claims: [claim(1, 50_000), claim(2, 60_000)] });
  assert.deepEqual(sent(composition), [['1,2', 834n]]);
  assert.deepEqual(composition.pending[0]?.feerate_per_kw, 1_000);
  assert.equal(composition.pending[0]?.height, HEIGHT);
  assert.equal(composition.pending[0]?.is_wallet_funded, false);
  const [text] = broadcasts(composition);
  assert.equal(text, composition.pending[0]?.transaction);
  const { outputs, inputs } = parseTransaction(fromHex(text as string));
  assert.deepEqual(
    inputs.map(({ vout }) => vout),
    [1, 2],
  );
  assert.equal(outputs[0]?.amount_sat, 110_000n - 834n);
});

test('an output joins a batch when it brings more than its input costs, and alone it goes in any case', () => {
  assert.deepEqual(groups(compose({ claims: [claim(1, 50_000), claim(2, 335), claim(3, 334)] })), ['1,2']);
  assert.deepEqual(groups(compose({ claims: [claim(2, 1_000)], estimates: { 2: 3_500 } })), ['2']);
});

test('a batch has at most 200 inputs', () => {
  const many = Array.from({ length: 401 }, (_, index) => claim(index, 10_000));
  assert.deepEqual(
    compose({ claims: many }).pending.map(({ outpoints }) => outpoints.length),
    [200, 200, 1],
  );
});

test('anchors are taken only together with something else', () => {
  const anchor = claim(9, 1_000, { is_extra: true });
  assert.deepEqual(groups(compose({ claims: [anchor] })), []);
  assert.deepEqual(groups(compose({ claims: [anchor, claim(1, 50_000)] })), ['9,1']);
});

test('without a deadline half is the most that goes to the fee, and near one all but dust', () => {
  const dear: Estimates = { 2: 1_000_000 };
  assert.deepEqual(sent(compose({ claims: [claim(1, 20_000)], estimates: dear })), [['1', 10_000n]]);
  assert.deepEqual(sent(compose({ claims: [claim(1, 20_000, left(19))], estimates: dear })), [['1', 10_000n]]);
  assert.deepEqual(sent(compose({ claims: [claim(1, 20_000, left(18))], estimates: dear })), [['1', 19_706n]]);
  assert.deepEqual(
    sent(compose({ claims: [claim(1, 500)], estimates: dear })),
    [['1', 206n]],
    'dust is more than half',
  );
});

test('what cannot pay the relay of its own sweep waits', () => {
  // 500 weight at the floor are 127 sat; 294 are dust.
  assert.deepEqual(sent(compose({ claims: [claim(1, 294 + 127)], estimates: {} })), [['1', 127n]]);
  assert.deepEqual(sent(compose({ claims: [claim(1, 294 + 126)], estimates: {} })), []);
});

test('only what is equally urgent shares a sweep: far, within the last blocks, and in the last six', () => {
  const claims = [claim(1, 90_000), claim(2, 90_000, left(19)), claim(3, 90_000, { ...left(18), is_exclusive: true })];
  const near = claim(4, 90_000, { ...left(7), is_exclusive: true });
  const last = claim(5, 90_000, { ...left(6), is_exclusive: true });
  const over = claim(6, 90_000, { ...left(1), is_exclusive: true });
  assert.deepEqual(groups(compose({ claims: [...claims, near, last, over] })), ['1,2', '3,4', '5,6']);
});

test('outputs of different locktimes share a sweep, which has the latest', () => {
  const composition = compose({
    claims: [claim(1, 90_000, { locktime: 900 }), claim(2, 90_000), claim(3, 90_000, { locktime: 901 })],
  });
  assert.deepEqual(groups(composition), ['1,2,3']);
  assert.equal(parseTransaction(fromHex(broadcasts(composition)[0] as string)).locktime, 901);
});

test('an output that somebody else can take soon goes alone; an HTLC with its preimage from its expiry on', () => {
  const soon = [claim(1, 90_000, left(18)), claim(2, 90_000, left(18))];
  assert.deepEqual(groups(compose({ claims: soon })), ['1', '2']);
  const exclusive = (blocks: number) => [1, 2].map((n) => claim(n, 90_000, { ...left(blocks), is_exclusive: true }));
  assert.deepEqual(groups(compose({ claims: exclusive(1) })), ['1,2']);
  assert.deepEqual(groups(compose({ claims: exclusive(0) })), ['1', '2']);
  const endless = [1, 2].map((n) => claim(n, 90_000, { is_exclusive: true }));
  assert.deepEqual(groups(compose({ claims: endless })), ['1,2'], 'one without a deadline never has to');
});

test('HTLC transactions share one when their locktimes are the same, and the wallet is told what is at stake', () => {
  const claims = [
    staged(1, 50_000, { locktime: 7 }),
    staged(2, 60_000, { locktime: 7 }),
    staged(3, 70_000),
    staged(4, 70_000, { locktime: 8 }),
  ];
  const composition = compose({ claims });
  const [both, ...others] = requests(composition);
  assert.deepEqual(groups(composition), ['1,2', '3', '4']);
  assert.equal(both?.locktime, 7);
  assert.deepEqual(
    others.map(({ locktime }) => locktime),
    [0, 8],
  );
  assert.deepEqual(
    both?.foreign.map(({ input, spends, weight }) => [input.vout, input.script_sig.length, spends.amount_sat, weight]),
    [
      [1, 0, 50_000n, WEIGHT],
      [2, 0, 60_000n, WEIGHT],
    ],
  );
  assert.deepEqual(
    both?.outputs.map(({ amount_sat }) => amount_sat),
    [50_000n, 60_000n],
  );
  assert.equal(both?.feerate_per_kw, 1_000);
  assert.equal(both?.min_fee_sat, 0n);
  // 110,000 less dust and what brings both outputs home: of that half, as there is time.
  assert.equal(both?.max_fee_sat, (110_000n - 294n - 167n) / 2n);
  assert.deepEqual(
    composition.pending.map(({ transaction, fee_sat, is_wallet_funded }) => [transaction, fee_sat, is_wallet_funded]),
    Array(3).fill([undefined, 0n, true]),
  );
  const [hurried] = requests(compose({ claims: [staged(1, 50_000, { ...left(18), is_exclusive: true })] }));
  assert.equal(hurried?.max_fee_sat, 50_000n - 294n - 84n, 'near a deadline all of it');
});

test('HTLC transactions that are not worth the relay of one are not asked for', () => {
  // 1,048 weight at the floor are 266 sat; half of what is left after dust and 84 sat must be that.
  const worth = 2 * Math.ceil((FUNDED_WEIGHT * 253) / 1_000) + 294 + 84;
  assert.equal(requests(compose({ claims: [staged(1, worth)] })).length, 1);
  assert.equal(requests(compose({ claims: [staged(1, worth - 2)] })).length, 0);
});

test('a group that the wallet cannot pay for is halved by value: the dearer half is asked for, the other waits', () => {
  const claims = [staged(1, 50_000), staged(2, 90_000), staged(3, 70_000)];
  const asked = pendingOf(claims, { transaction: undefined, is_wallet_funded: true });
  const input: OnchainInput = { kind: 'unaffordable', outpoints: asked.outpoints };
  const halved = compose({ claims, pending: [asked], input });
  assert.deepEqual(groups(halved), ['2,3', '1']);
  assert.deepEqual(
    requests(halved).map(({ outpoints }) => outpoints),
    [halved.pending[0]?.outpoints],
  );
  const two = pendingOf(claims.slice(0, 2), { transaction: undefined, is_wallet_funded: true });
  const pair = compose({ claims: claims.slice(0, 2), pending: [two], input: { ...input, outpoints: two.outpoints } });
  assert.deepEqual(groups(pair), ['2', '1']);
  const cheap = [staged(1, 700), staged(2, 600)];
  const unworthy = pendingOf(cheap, { transaction: undefined, is_wallet_funded: true });
  const kept = compose({ claims: cheap, pending: [unworthy], input: { ...input, outpoints: unworthy.outpoints } });
  assert.deepEqual([kept.pending, kept.effects], [[unworthy], []], 'half of it is worth no fee');
  const alone = pendingOf([claims[0] as Claim], { transaction: undefined, is_wallet_funded: true });
  const one = compose({
    claims: claims.slice(0, 1),
    pending: [alone],
    input: { ...input, outpoints: alone.outpoints },
  });
  assert.deepEqual([one.pending, one.effects], [[alone], []], 'one alone stays');
  const paid = pendingOf(claims, { is_wallet_funded: true });
  assert.deepEqual(
    compose({ claims, pending: [paid], input }).pending,
    [paid],
    'what was paid for once stays together',
  );
  const other = compose({ claims, pending: [asked], input: { ...input, outpoints: [] } });
  assert.deepEqual([other.pending, other.effects], [[asked], []], 'it was said of another group');
});

test('a wallet that has change again is asked for what it could not fund, and for nothing else', () => {
  const claims = [staged(1, 50_000)];
  const input: OnchainInput = { kind: 'wallet_ready' };
  const waiting = pendingOf(claims, { transaction: undefined, is_wallet_funded: true });
  const again = compose({ claims, pending: [waiting], input });
  assert.equal(requests(again).length, 1);
  assert.deepEqual(again.pending, [waiting]);
  const cheap = [staged(1, 600)];
  const unworthy = pendingOf(cheap, { transaction: undefined, is_wallet_funded: true });
  const kept = compose({ claims: cheap, pending: [unworthy], input });
  assert.deepEqual([kept.pending, kept.effects], [[unworthy], []], 'it is worth no fee, and not forgotten');
  for (const pending of [
    pendingOf(claims, { is_wallet_funded: true }),
    pendingOf(claims, { transaction: undefined }),
  ]) {
    const calm = compose({ claims, pending: [pending], input });
    assert.deepEqual([calm.pending, calm.effects], [[pending], []]);
  }
});

test('what waits is sent again with each new block, but not with the one of its making', () => {
  const claims = [claim(1, 50_000)];
  const old = pendingOf(claims);
  assert.deepEqual(broadcasts(compose({ claims, pending: [old] })), ['00']);
  assert.deepEqual(compose({ claims, pending: [old] }).pending, [old]);
  const fresh = pendingOf(claims, { height: HEIGHT });
  assert.deepEqual(compose({ claims, pending: [fresh] }).effects, []);
  assert.deepEqual(compose({ claims, pending: [old], input: { kind: 'start' } }).effects, [], 'no new block');
});

test('a sweep that the estimate has overtaken is made again, and pays for what it replaces', () => {
  const claims = [claim(1, 50_000)];
  const slow = pendingOf(claims, { height: HEIGHT - 6, feerate_per_kw: 500, fee_sat: sat(250) });
  const again = compose({ claims, pending: [slow] });
  assert.deepEqual(sent(again), [['1', 500n]]);
  assert.deepEqual(broadcasts(again), [again.pending[0]?.transaction], 'the old one is not sent any more');
  // What it replaces has paid more than the new feerate comes to: that, and its own relay.
  const dear = pendingOf(claims, { height: HEIGHT - 6, feerate_per_kw: 500, fee_sat: sat(800) });
  assert.deepEqual(sent(compose({ claims, pending: [dear] })), [['1', 927n]]);
  // That is more than half of what there is: the old one stays.
  const poor = [claim(1, 1_853)];
  const kept = compose({ claims: poor, pending: [pendingOf(poor, { ...dear })] });
  assert.deepEqual([sent(kept), broadcasts(kept)], [[['1', 800n]], ['00']]);
});

test('near its deadline a claim is raised towards all that is at stake', () => {
  const claims = [claim(1, 50_000, left(1))];
  const raised = compose({ claims, pending: [pendingOf(claims)] });
  assert.deepEqual(sent(raised), [['1', 49_706n]]);
  const exclusive = [staged(1, 50_000, { ...left(1), is_exclusive: true })];
  const funded = pendingOf(exclusive, { is_wallet_funded: true });
  const [request] = requests(compose({ claims: exclusive, pending: [funded] }));
  assert.equal(request?.feerate_per_kw, Math.floor(((50_000 - 294 - 84) * 1_000) / FUNDED_WEIGHT), 'by its own weight');
  assert.equal(request?.min_fee_sat, 500n + BigInt(Math.ceil((FUNDED_WEIGHT * 253) / 1_000)));
});

test('what the wallet has not funded yet is asked for again at the estimate of the day', () => {
  const claims = [staged(1, 50_000)];
  const waiting = pendingOf(claims, { transaction: undefined, is_wallet_funded: true, feerate_per_kw: 9_000 });
  const [request] = requests(compose({ claims, pending: [waiting] }));
  assert.equal(request?.feerate_per_kw, 1_000);
  assert.equal(request?.min_fee_sat, 0n);
});

test('a batch of which one is urgent now is parted: the most urgent replaces it, the others go anew', () => {
  const claims = [
    claim(1, 90_000),
    claim(2, 80_000, left(9)),
    claim(3, 60_000, left(8)),
    claim(4, 70_000, left(8)),
    claim(5, 40_000),
  ];
  const batch = pendingOf(claims, { fee_sat: sat(1_500), height: HEIGHT - 3 });
  const parted = compose({ claims, pending: [batch] });
  assert.deepEqual(groups(parted), ['4', '1,5', '2', '3'], 'of two as urgent the more valuable pays for replacing it');
  assert.ok((parted.pending[0]?.fee_sat ?? 0n) >= 1_500n + 127n);
  const two = [claim(1, 90_000), claim(2, 80_000, left(9))];
  const twain = pendingOf(two, { fee_sat: sat(1_500), height: HEIGHT - 3 });
  assert.deepEqual(groups(compose({ claims: two, pending: [twain] })), ['2', '1']);
  const together = [claim(1, 90_000), claim(2, 80_000)];
  const calm = pendingOf(together, { feerate_per_kw: 500, height: HEIGHT - 6 });
  assert.deepEqual(groups(compose({ claims: together, pending: [calm] })), ['1,2'], 'nothing is urgent');
  const cannot = [claim(1, 90_000), claim(2, 600, left(9))];
  const dear = pendingOf(cannot, { fee_sat: sat(1_500), height: HEIGHT - 3 });
  assert.deepEqual(groups(compose({ claims: cannot, pending: [dear] })), ['1,2'], 'the urgent one cannot pay for that');
  // All of it pays then, and near a deadline more than half may go.
  const little = [claim(1, 3_000), claim(2, 600, left(9))];
  const costly = pendingOf(little, { fee_sat: sat(2_000), height: HEIGHT - 3 });
  assert.deepEqual(sent(compose({ claims: little, pending: [costly] })), [['1,2', 2_000n + 212n]]);
});

test('HTLC transactions that have to go alone leave their group, the most urgent first', () => {
  const claims = [
    staged(1, 90_000, { ...left(9), is_exclusive: true }),
    staged(2, 50_000, { ...left(0), is_exclusive: true }),
    staged(3, 60_000, { ...left(-1), is_exclusive: true }),
  ];
  const batch = pendingOf(claims, { is_wallet_funded: true, fee_sat: sat(1_500), height: HEIGHT - 3 });
  const parted = compose({ claims, pending: [batch] });
  assert.deepEqual(groups(parted), ['3', '1', '2']);
  const [lead, ...others] = requests(parted);
  assert.equal(lead?.min_fee_sat, 1_500n + 266n);
  assert.equal(lead?.max_fee_sat, 60_000n - 294n - 84n);
  assert.deepEqual(
    others.map(({ min_fee_sat }) => min_fee_sat),
    [0n, 0n],
  );
  for (const [fee_sat, expected] of [
    [59_622 - 266, ['3', '1', '2']],
    [59_622 - 265, ['1,2,3']],
  ] as const) {
    const dear = pendingOf(claims, { is_wallet_funded: true, fee_sat: sat(fee_sat), height: HEIGHT - 3 });
    assert.deepEqual(groups(compose({ claims, pending: [dear] })), expected, `it can pay for replacing ${fee_sat}`);
  }
  const two = claims.slice(0, 2);
  const twain = pendingOf(two, { is_wallet_funded: true, height: HEIGHT - 3 });
  assert.deepEqual(groups(compose({ claims: two, pending: [twain] })), ['2', '1']);
});

test('HTLC transactions of which none has to go alone are raised together, and one alone as it is', () => {
  const claims = [
    staged(1, 90_000, { ...left(40), is_exclusive: true }),
    staged(2, 50_000, { ...left(9), is_exclusive: true }),
  ];
  const batch = pendingOf(claims, { is_wallet_funded: true, height: HEIGHT - 3 });
  const raised = compose({ claims, pending: [batch] });
  assert.deepEqual(raised.pending, [batch], 'what was sent is good until the wallet has paid more');
  assert.equal(requests(raised)[0]?.max_fee_sat, 140_000n - 294n - 167n, 'one is near its deadline: all of it may go');
  const single = [staged(1, 90_000, { ...left(0), is_exclusive: true })];
  const sentAlone = pendingOf(single, { is_wallet_funded: true, height: HEIGHT - 3 });
  const again = compose({ claims: single, pending: [sentAlone] });
  assert.deepEqual([again.pending, requests(again).length], [[sentAlone], 1]);
});

test('an anchor that the wallet pays for is not raised here', () => {
  const anchor = claim(1, 50_000, { is_extra: true, ...left(9) });
  for (const claims of [[anchor], [anchor, staged(2, 50_000, left(9))]]) {
    const child = pendingOf(claims, { is_wallet_funded: true, height: HEIGHT - 3 });
    const kept = compose({ claims, pending: [child] });
    assert.deepEqual([kept.pending, requests(kept)], [[child], []]);
  }
});

test('a transaction refused for its fee pays a quarter more at once, by sweep and by wallet', () => {
  for (const refusal of ['too_cheap', 'below_floor'] as const) {
    const claims = [claim(1, 50_000)];
    const input = refused(refusal);
    const pending = pendingOf(claims, { fee_sat: sat(5), height: HEIGHT });
    assert.deepEqual(sent(compose({ claims, pending: [pending], input })), [['1', 625n]]);
    const funded = pendingOf([staged(1, 50_000)], { is_wallet_funded: true });
    const [request] = requests(compose({ claims: [staged(1, 50_000)], pending: [funded], input }));
    assert.equal(request?.feerate_per_kw, 1_250);
  }
  const claims = [claim(1, 50_000)];
  for (const input of [refused('no_parent'), { ...refused('too_cheap'), transaction: '01' } as OnchainInput]) {
    const kept = compose({ claims, pending: [pendingOf(claims)], input });
    assert.deepEqual([kept.pending, kept.effects], [[pendingOf(claims)], []], 'its parent is missing; another one');
  }
});

test('a batch with a rival goes without its anchors, and stays as it is where that leaves nothing', () => {
  const anchor = claim(9, 1_000, { is_extra: true });
  const input = refused('has_rival');
  const claims = [claim(1, 50_000), anchor];
  // The anchor is free again, and not worth a sweep of its own.
  assert.deepEqual(sent(compose({ claims, pending: [pendingOf(claims)], input })), [['1', 500n]]);
  for (const same of [[claim(1, 50_000)], [anchor]]) {
    const kept = compose({ claims: same, pending: [pendingOf(same)], input });
    assert.deepEqual([kept.pending, kept.effects], [[pendingOf(same)], []]);
  }
  const poor = [claim(1, 400), anchor];
  assert.deepEqual(groups(compose({ claims: poor, pending: [pendingOf(poor)], input })), ['1,9']);
});

test('near a deadline a batch that is not taken is parted, so that one output does not hold up the others', () => {
  const input = refused('not_taken');
  const near = [
    claim(1, 50_000, { ...left(18), is_exclusive: true }),
    claim(2, 60_000, { ...left(18), is_exclusive: true }),
    claim(9, 1_000, { is_extra: true }),
  ];
  for (const batch of [near, near.slice(0, 2)]) {
    assert.deepEqual(groups(compose({ claims: batch, pending: [pendingOf(batch)], input })), ['1', '2']);
  }
  const kept = (claims: readonly Claim[], changes: Partial<Pending> = {}): void => {
    const pending = pendingOf(claims, changes);
    const composition = compose({ claims, pending: [pending], input });
    assert.deepEqual([composition.pending, composition.effects], [[pending], []]);
  };
  kept(near.slice(0, 1));
  kept(near, { is_wallet_funded: true });
  kept([claim(1, 50_000), claim(2, 60_000, left(19))]);
});

test('when an output of a batch is gone the others are free again; one that a reorg made too young waits with its batch', () => {
  const claims = [claim(1, 50_000), claim(2, 60_000)];
  const batch = pendingOf(claims);
  assert.deepEqual(sent(compose({ claims: claims.slice(1), pending: [batch] })), [['2', 500n]]);
  const young = [claim(1, 50_000), claim(2, 60_000, { valid_height: HEIGHT + 2 })];
  const waiting = compose({ claims: young, pending: [batch] });
  assert.deepEqual([waiting.pending, waiting.effects], [[batch], []]);
  assert.deepEqual(groups(compose({ claims: young })), ['1'], 'the next block may hold what is valid there');
  assert.deepEqual(groups(compose({ claims: [claim(1, 50_000, { valid_height: HEIGHT + 1 })] })), ['1']);
  // A third one is gone: the young one cannot hold the batch together.
  const three = pendingOf([...young, claim(3, 70_000)]);
  assert.deepEqual(groups(compose({ claims: young, pending: [three] })), ['1']);
});

test('an output is never worth its claim when half of it is less than dust and the least fee', () => {
  // 500 weight at the floor are 127 sat, 1,048 are 266; 294 are dust.
  assert.equal(isUneconomic(claim(1, 842), SCRIPT), false);
  assert.equal(isUneconomic(claim(1, 841), SCRIPT), true);
  assert.equal(isUneconomic(staged(1, 1_120), SCRIPT), false);
  assert.equal(isUneconomic(staged(1, 1_119), SCRIPT), true);
});
