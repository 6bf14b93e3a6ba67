/** The child that gets a commitment mined, number by number: when it is made, what it pays, and how far it goes (BOLT 5). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sat } from '../../../src/base/types/amount.ts';
import type { Txid } from '../../../src/base/types/brand.ts';
import { fromHex } from '../../../src/base/types/hex.ts';
import { parseTransaction, txidOf, weightOf } from '../../../src/codec/tx/transaction.ts';
import { DEFAULT_ONCHAIN_POLICY, type OnchainEnvironment } from '../../../src/protocol/onchain/closing-channel.ts';
import type { Composition } from '../../../src/protocol/onchain/compose.ts';
import { composeForceClose, rivalAnchor } from '../../../src/protocol/onchain/force-close.ts';
import { nameOf } from '../../../src/protocol/onchain/outpoint.ts';
import {
  type FundRequest,
  type OnchainInput,
  type OnchainState,
  openOnchain,
  type Pending,
} from '../../../src/protocol/onchain/state.ts';
import { type ChannelMoment, channelOf, preimageOf, signedCommitment, type TestHtlc } from './channel.ts';

const HEIGHT = 100;
const FUNDING = 'ee'.repeat(32) as Txid;
const OURS: TestHtlc = { id: 0n, from: 'alice', amount_sat: 200_000, cltv_expiry: 180, secret: 1 };
const THEIRS: TestHtlc = { id: 0n, from: 'bob', amount_sat: 400_000, cltv_expiry: 160, secret: 2 };
const CHILD_WEIGHT = 900;

type Estimates = Readonly<Partial<Record<2 | 6 | 12 | 100, number>>>;
const ESTIMATES: Estimates = { 2: 4_000, 6: 3_000, 12: 2_000, 100: 1_000 };

function momentOf(htlcs: readonly TestHtlc[], feerate_per_kw = 253): ChannelMoment {
  return { number: 1, alice_sat: 5_000_000, htlcs, feerate_per_kw };
}

interface Scene {
  readonly htlcs?: readonly TestHtlc[];
  readonly feerate_per_kw?: number;
  readonly next?: readonly TestHtlc[];
  readonly state?: Partial<OnchainState>;
  readonly close?: Partial<NonNullable<OnchainState['force_close']>>;
  readonly estimates?: Estimates;
  readonly minimum_per_kw?: number;
  readonly input?: OnchainInput;
}

function setUp({ htlcs = [], feerate_per_kw, next, state = {}, close = {} }: Scene) {
  const after = next === undefined ? undefined : momentOf(next, feerate_per_kw);
  const channel = channelOf('alice', FUNDING, momentOf(htlcs, feerate_per_kw), after && { ...after, number: 2 });
  const transaction = signedCommitment(channel);
  const force_close = { transaction, height: HEIGHT, is_urgent: false, ...close };
  return { channel, transaction, before: { ...openOnchain(HEIGHT), force_close, ...state } };
}

function compose(scene: Scene): Composition {
  const { channel, before } = setUp(scene);
  const { estimates = ESTIMATES, input = { kind: 'block', height: HEIGHT }, minimum_per_kw } = scene;
  const environment: OnchainEnvironment = {
    policy: DEFAULT_ONCHAIN_POLICY,
    feeratePerKw: (target) => estimates[target],
    mempoolMinimumPerKw: () => minimum_per_kw,
    sweep_script: new Uint8Array(22),
  };
  return composeForceClose(channel, before, environment, input.kind === 'block', input);
}

function requestOf({ effects }: Composition): FundRequest | undefined {
  return effects.flatMap((effect) => (effect.kind === 'fund' ? [effect.request] : []))[0];
}

function broadcasts({ effects }: Composition): (readonly string[])[] {
  return effects.flatMap((effect) => (effect.kind === 'broadcast' ? [effect.transactions] : []));
}

function child(outpoint: string, changes: Partial<Pending> = {}): Pending {
  return {
    outpoints: [outpoint],
    transaction: '00',
    fee_sat: sat(3_000),
    feerate_per_kw: 2_000,
    height: HEIGHT - 1,
    is_wallet_funded: true,
    ...changes,
  };
}

/** Our anchor in our own commitment, by name. */
function anchorOf(scene: Scene): string {
  return compose({ ...scene, close: { is_urgent: true } }).pending[0]?.outpoints[0] as string;
}

test('a commitment with an HTLC at stake gets a child at the estimate for half of the blocks that are left', () => {
  const { transaction } = setUp({ htlcs: [OURS] });
  const composition = compose({ htlcs: [OURS] });
  const request = requestOf(composition);
  const tx = parseTransaction(fromHex(transaction));
  const weight = weightOf(tx) + CHILD_WEIGHT;
  assert.equal(request?.feerate_per_kw, 2_000, '79 blocks');
  assert.equal(request?.min_fee_sat, 0n);
  assert.deepEqual(request?.parents?.weight, weightOf(tx));
  assert.equal(request?.locktime, 0);
  // At the same feerate the HTLC has to be brought home: 1,500 weight. And a tenth of our own output may go as well.
  const worth_sat = (200_000n * BigInt(weight)) / BigInt(weight + 1_500);
  assert.equal(request?.max_fee_sat, worth_sat + 500_000n);
  const outputs_sat = tx.outputs.reduce((total, { amount_sat }) => total + amount_sat, 0n);
  assert.equal(request?.parents?.fee_sat, 10_000_000n - outputs_sat);
  assert.deepEqual(request?.outputs, []);
  assert.deepEqual(composition.pending, [
    {
      outpoints: request?.outpoints,
      transaction: undefined,
      fee_sat: 0n,
      feerate_per_kw: 2_000,
      height: HEIGHT,
      is_wallet_funded: true,
    },
  ]);
  assert.equal(request?.outpoints[0]?.split(':')[0], txidOf(tx));
  assert.deepEqual(broadcasts(composition), [[transaction]]);
});

test("an HTLC of the peer's is at stake when we know its preimage", () => {
  assert.equal(requestOf(compose({ htlcs: [THEIRS] })), undefined);
  const known = requestOf(compose({ htlcs: [THEIRS, OURS], state: { preimages: [preimageOf(THEIRS)] } }));
  const weight = BigInt((known?.parents?.weight ?? 0) + CHILD_WEIGHT);
  assert.equal(known?.max_fee_sat, (600_000n * weight) / (weight + 3_000n) + 500_000n);
});

test('the first expiry counts, from the next block on', () => {
  const at = (height: number): number | undefined =>
    requestOf(compose({ htlcs: [OURS], state: { height, preimages: [] }, close: { height } }))?.feerate_per_kw;
  assert.equal(at(180 - 1 - 24), 2_000);
  assert.equal(at(180 - 1 - 23), 3_000);
  assert.equal(at(400), 4_000, 'long over');
  const both = { htlcs: [OURS, THEIRS], state: { height: 160 - 1 - 23, preimages: [preimageOf(THEIRS)] } };
  assert.equal(requestOf(compose(both))?.feerate_per_kw, 3_000);
});

test('a commitment that nothing depends on is helped after twelve blocks, with a tenth of our output at most', () => {
  assert.equal(requestOf(compose({ state: { height: HEIGHT + 11 } })), undefined);
  const late = requestOf(compose({ state: { height: HEIGHT + 12 } }));
  assert.equal(late?.max_fee_sat, 500_000n);
  assert.equal(late?.feerate_per_kw, 1_000);
});

test('a close that the operator hurries should be mined in six blocks, or before the first deadline', () => {
  assert.equal(requestOf(compose({ close: { is_urgent: true } }))?.feerate_per_kw, 4_000);
  const soon = { htlcs: [OURS], state: { height: 175 }, close: { is_urgent: true, height: 175 } };
  assert.equal(requestOf(compose(soon))?.feerate_per_kw, 4_000);
});

test('a commitment that pays the estimate itself is left alone while there is time', () => {
  assert.equal(requestOf(compose({ htlcs: [OURS], feerate_per_kw: 2_100 })), undefined);
  assert.equal(requestOf(compose({ htlcs: [OURS], feerate_per_kw: 1_900 }))?.feerate_per_kw, 2_000);
  const near = { htlcs: [OURS], feerate_per_kw: 5_000, state: { height: 170 }, close: { height: 160 } };
  assert.ok((requestOf(compose(near))?.feerate_per_kw ?? 0) > 5_000, 'near a deadline the estimate is wrong');
});

test('a child that is out is raised, and pays for what it replaces; without a reason it only goes out again', () => {
  const scene: Scene = { htlcs: [OURS] };
  const { transaction } = setUp(scene);
  const sent = child(anchorOf(scene));
  const calm = compose({ ...scene, state: { pending: [sent] } });
  assert.deepEqual(calm.pending, [sent]);
  assert.equal(requestOf(calm), undefined);
  assert.deepEqual(broadcasts(calm), [[transaction], [transaction, '00']], 'the parent alone first');
  const slow = child(anchorOf(scene), { feerate_per_kw: 1_000, height: HEIGHT - 6 });
  const raised = compose({ ...scene, state: { pending: [slow] } });
  assert.equal(requestOf(raised)?.feerate_per_kw, 2_000);
  assert.equal(requestOf(raised)?.min_fee_sat, 3_000n + 228n, 'its fee, and 900 weight at the floor');
  assert.deepEqual(raised.pending, [slow]);
});

test('a deadline raises a child to what the HTLCs are worth, and no further', () => {
  const scene: Scene = { htlcs: [OURS], state: { height: 178 }, close: { height: 178 } };
  const weight = (requestOf(compose(scene))?.parents?.weight ?? 0) + CHILD_WEIGHT;
  const worth_sat = (200_000n * BigInt(weight)) / BigInt(weight + 1_500);
  const most_per_kw = Number((worth_sat * 1_000n) / BigInt(weight));
  const at = (feerate_per_kw: number): number | undefined => {
    const sent = child(anchorOf(scene), { feerate_per_kw, height: 170 });
    return requestOf(compose({ ...scene, state: { height: 178, pending: [sent] } }))?.feerate_per_kw;
  };
  assert.equal(at(10_000), most_per_kw);
  assert.equal(at(most_per_kw - 1), most_per_kw);
  assert.equal(at(most_per_kw), undefined);
});

test('a child that the wallet has not funded is asked for again with each block, and when the wallet has change', () => {
  const scene: Scene = { htlcs: [OURS] };
  const asked = child(anchorOf(scene), { transaction: undefined, fee_sat: sat(0), feerate_per_kw: 9_000 });
  const state = { pending: [asked] };
  for (const input of [{ kind: 'block', height: HEIGHT }, { kind: 'wallet_ready' }] as const) {
    const again = compose({ ...scene, state, input });
    assert.equal(requestOf(again)?.feerate_per_kw, 2_000, input.kind);
    assert.equal(requestOf(again)?.min_fee_sat, 0n);
    assert.deepEqual(again.pending, [asked]);
  }
  const slow = child(anchorOf(scene), { feerate_per_kw: 1_000, height: HEIGHT - 6 });
  for (const pending of [[], [child(anchorOf(scene))], [slow]]) {
    const calm = compose({ ...scene, state: { pending }, input: { kind: 'wallet_ready' } });
    assert.deepEqual([calm.pending, calm.effects], [pending, []], 'nothing waits for that');
  }
  const other = compose({ ...scene, state, input: { kind: 'unaffordable', outpoints: asked.outpoints } });
  assert.deepEqual([other.pending, other.effects], [[asked], []], 'it is not asked for again at once');
});

test('a parent that the mempool finds too cheap gets a child at once, a child a dearer one, once in a block', () => {
  const scene: Scene = { htlcs: [] };
  const { transaction } = setUp(scene);
  const refused = (text: string, refusal = 'too_cheap'): OnchainInput =>
    ({ kind: 'refused', transaction: text, refusal }) as OnchainInput;
  const late = { height: HEIGHT + 12 };
  // The commitment pays 253 or a little less: a quarter more is below the estimate.
  assert.equal(requestOf(compose({ ...scene, state: late, input: refused(transaction) }))?.feerate_per_kw, 1_000);
  const sent = child(anchorOf(scene), { height: HEIGHT + 12 });
  const withChild = { ...late, pending: [sent] };
  assert.equal(requestOf(compose({ ...scene, state: withChild, input: refused('00') }))?.feerate_per_kw, 2_500);
  for (const input of [refused(transaction), refused('00', 'below_floor'), refused('01')]) {
    assert.equal(requestOf(compose({ ...scene, state: withChild, input })), undefined);
  }
  const asks = (minimum_per_kw: number, height = HEIGHT + 12): number | undefined => {
    const pending = [{ ...sent, height }];
    return requestOf(compose({ ...scene, state: { ...late, pending }, input: refused('00'), minimum_per_kw }))
      ?.feerate_per_kw;
  };
  assert.equal(asks(2_000), 2_500, 'it pays no more than the mempool asks for');
  assert.equal(asks(1_999), undefined, 'it pays more, and is refused all the same: only a block helps');
  assert.equal(asks(1_999, HEIGHT + 11), 2_500, 'that was a block ago');
});

test("where a commitment of the peer's stands in the place of ours the child goes on our anchor in that one", () => {
  const scene: Scene = { htlcs: [OURS], next: [OURS, THEIRS], close: { rival: 1 } };
  const { channel, transaction } = setUp(scene);
  const rival = rivalAnchor(channel, 1);
  const name = nameOf(rival?.claim.outpoint as never);
  assert.equal(rivalAnchor(channel, 2), undefined);
  assert.equal(rival?.weight, weightOf(rival?.commitment.tx as never) + 224, 'with its signatures and script');
  // At once, and although it pays what the estimate asks for.
  const first = compose({ ...scene, input: { kind: 'wallet_ready' } });
  assert.deepEqual(requestOf(first)?.outpoints, [name]);
  assert.deepEqual(broadcasts(first), []);
  const own = child(anchorOf({ htlcs: [OURS], next: [OURS, THEIRS] }));
  const other = child('somewhere:0');
  const sent = child(name);
  const with_all = compose({ ...scene, state: { pending: [own, other, sent] } });
  assert.deepEqual(with_all.pending, [other, sent], 'a child of our own is of no use now');
  assert.deepEqual(broadcasts(with_all), [[transaction], ['00']], 'it goes alone');
});

test('without a close of ours, or without a commitment of ours, nothing is done', () => {
  const pending = [child('somewhere:0')];
  const none = compose({ htlcs: [OURS], state: { force_close: undefined, pending } });
  assert.deepEqual([none.pending, none.effects], [pending, []]);
});
