/** A commitment of the peer in the place of ours, in mempools: which one it is, its child finds out (BOLT 5). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sat } from '../../../src/base/types/amount.ts';
import type { Txid } from '../../../src/base/types/brand.ts';
import { DEFAULT_ONCHAIN_POLICY, type OnchainEnvironment } from '../../../src/protocol/onchain/closing-channel.ts';
import { rivalAnchor } from '../../../src/protocol/onchain/force-close.ts';
import { nameOf } from '../../../src/protocol/onchain/outpoint.ts';
import {
  type FundRequest,
  type OnchainInput,
  type OnchainState,
  openOnchain,
  type Refusal,
} from '../../../src/protocol/onchain/state.ts';
import { stepOnchain } from '../../../src/protocol/onchain/step.ts';
import { type ChannelMoment, channelOf, signedCommitment, type TestHtlc } from './channel.ts';

const FUNDING = 'ee'.repeat(32) as Txid;
const OURS: TestHtlc = { id: 0n, from: 'alice', amount_sat: 200_000, cltv_expiry: 180, secret: 1 };
const NOW: ChannelMoment = { number: 1, alice_sat: 5_000_000, htlcs: [OURS], feerate_per_kw: 253 };
const NEXT: ChannelMoment = { ...NOW, number: 2, alice_sat: 4_000_000 };
const CHANNEL = channelOf('alice', FUNDING, NOW, NEXT);
const COMMITMENT = signedCommitment(CHANNEL);
/** Our anchors in the peer's commitments. */
const ANCHORS = [0, 1].map((index) => nameOf(rivalAnchor(CHANNEL, index)?.claim.outpoint as never));

const ENVIRONMENT: OnchainEnvironment = {
  policy: DEFAULT_ONCHAIN_POLICY,
  feeratePerKw: () => 1_000,
  sweep_script: new Uint8Array(22),
};

/** Our close, and the children that it has asked for. */
class Close {
  state: OnchainState = openOnchain(100);
  readonly requests: FundRequest[] = [];

  constructor(isBegun = true) {
    if (isBegun) this.say({ kind: 'force_close', transaction: COMMITMENT, is_urgent: true });
  }

  say(input: OnchainInput): this {
    const { state, effects } = stepOnchain(CHANNEL, this.state, input, ENVIRONMENT);
    this.state = state;
    for (const effect of effects) if (effect.kind === 'fund') this.requests.push(effect.request);
    return this;
  }

  refused(transaction: string, refusal: Refusal): this {
    return this.say({ kind: 'refused', transaction, refusal });
  }

  /** The wallet has made the child that was asked for last. */
  funded(transaction: string): this {
    const { outpoints = [], feerate_per_kw = 0 } = this.requests.at(-1) ?? {};
    return this.say({ kind: 'funded', outpoints, transaction, fee_sat: sat(1_000), feerate_per_kw });
  }

  get rival(): number | undefined {
    return this.state.force_close?.rival;
  }

  /** Our anchors that children wait on. */
  get children(): readonly (string | undefined)[] {
    return this.state.pending.map(({ outpoints }) => outpoints[0]);
  }
}

test("only a rival of our own commitment says that one of the peer's is there", () => {
  const close = new Close();
  assert.equal(close.rival, undefined);
  for (const refusal of ['too_cheap', 'below_floor', 'no_parent', 'not_taken'] as const) {
    assert.equal(new Close().refused(COMMITMENT, refusal).rival, undefined, refusal);
  }
  assert.equal(new Close().refused('00', 'has_rival').rival, undefined, 'of something else');
  assert.equal(new Close(false).refused(COMMITMENT, 'has_rival').state.force_close, undefined);
  assert.equal(close.refused(COMMITMENT, 'has_rival').rival, 0);
});

test('the child goes on our anchor in one commitment after the other until it finds its parent', () => {
  const close = new Close().refused(COMMITMENT, 'has_rival');
  assert.deepEqual(close.requests.at(-1)?.outpoints, [ANCHORS[0]], 'at once');
  for (const [child, next] of [
    ['01', 1],
    ['02', 0],
    ['03', 1],
  ] as const) {
    close.funded(child);
    assert.equal(close.state.pending.at(-1)?.transaction, child);
    close.refused(child, 'no_parent');
    assert.equal(close.rival, next);
    assert.deepEqual(close.requests.at(-1)?.outpoints, [ANCHORS[next]]);
    assert.deepEqual(close.children, [ANCHORS[next]], 'the one without a parent is forgotten');
  }
});

test('a refusal for another reason, of another transaction, or of our own commitment again changes no guess', () => {
  const close = new Close().refused(COMMITMENT, 'has_rival').funded('01').refused('01', 'no_parent').funded('02');
  assert.equal(close.rival, 1);
  close.refused('02', 'not_taken').refused('02', 'has_rival').refused('09', 'no_parent');
  close.refused(COMMITMENT, 'no_parent').refused(COMMITMENT, 'has_rival');
  assert.deepEqual([close.rival, close.children], [1, [ANCHORS[1]]]);
});

test('only the child of the guess is given up: what else waits has its parent elsewhere', () => {
  const close = new Close().refused(COMMITMENT, 'has_rival').funded('01');
  const other = {
    ...(close.state.pending[0] as OnchainState['pending'][number]),
    outpoints: ['somewhere:0'],
    transaction: '0a',
  };
  close.state = { ...close.state, pending: [...close.state.pending, other] };
  close.refused('0a', 'no_parent');
  assert.equal(close.rival, 0);
  close.refused('01', 'no_parent');
  assert.deepEqual([close.rival, close.children], [1, ['somewhere:0', ANCHORS[1]]]);
});
