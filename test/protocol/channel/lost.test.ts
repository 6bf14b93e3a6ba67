/** What is told of a channel's figures, and what is left of one whose state or funding is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat, sat } from '../../../src/base/types/amount.ts';
import type { Txid } from '../../../src/base/types/brand.ts';
import { isUnfunded } from '../../../src/protocol/channel/funding.ts';
import { dustMsat } from '../../../src/protocol/channel/htlc.ts';
import { figuresOf, lostChannel } from '../../../src/protocol/channel/lost.ts';
import { fundingLost } from '../../../src/protocol/channel/ready.ts';
import type { Turn } from '../../../src/protocol/channel/turn.ts';
import { fakeSigner } from './fake-signer.ts';
import { environment, offer, policy, preimage, usablePair } from './pair.ts';

test('the figures of a channel: what is ours, the feerate, how many commitments each side has had, and our HTLCs', () => {
  const pair = usablePair();
  assert.deepEqual(figuresOf(pair.bob.state), {
    to_us_msat: 200_000_000n,
    feerate_per_kw: 1_000,
    local_commitments: 1,
    remote_commitments: 1,
    htlcs_sent: 0n,
  });
  pair.bob.do(offer(1, 1_000_000));
  pair.exchange();
  assert.deepEqual(figuresOf(pair.bob.state), {
    to_us_msat: 200_000_000n,
    feerate_per_kw: 1_000,
    local_commitments: 2,
    remote_commitments: 2,
    htlcs_sent: 1n,
  });
});

test('a channel of which only the terms are left has no figures, and nothing is ever built of it', () => {
  const lost = lostChannel(usablePair().bob.state.terms);
  assert.equal(figuresOf(lost), undefined);
  assert.deepEqual(
    [lost.knowledge, lost.phase, lost.link, lost.local_msat, lost.remote_msat, lost.failure?.data_loss],
    ['terms', 'failed', 'down', 0n, 1_000_000_000n, true],
  );
});

test('a channel that is known by its terms alone is no promise that is given up when its funding is not found', () => {
  const lost = lostChannel(usablePair().bob.state.terms);
  assert.equal(isUnfunded(lost), false);
});

test('what would go to miners is the dust of that commitment which has more of it', () => {
  const alice = environment(fakeSigner('alice'), { policy: policy({ dust_limit_satoshis: sat(2_000) }) });
  for (const who of ['alice', 'bob'] as const) {
    const pair = usablePair({ alice });
    assert.equal(dustMsat(pair[who].state), 0n);
    pair.alice.do(offer(1, 1_500_000));
    pair.alice.do(offer(2, 300_000));
    pair.exchange();
    assert.equal(dustMsat(pair[who].state), 1_800_000n, `as ${who} sees it`);
  }
});

test('a channel whose funding is lost is over: nothing in it is ours, and what we paid over it has failed', () => {
  const pair = usablePair();
  pair.bob.do(offer(1, 30_000_000));
  pair.alice.do(offer(2, 40_000_000));
  pair.alice.do(offer(3, 50_000_000));
  pair.exchange();
  pair.bob.do({
    kind: 'remove_htlc',
    id: 0n,
    removal: { kind: 'fulfill', payment_preimage: preimage(2).payment_preimage },
  });
  const rival = { txid: 'cd'.repeat(32) as Txid, block_height: 95 };
  const turn: Turn = {
    state: { ...pair.bob.state, funding_rival: rival },
    env: pair.bob.env,
    store: false,
    effects: [],
  };
  fundingLost(turn);
  assert.deepEqual([turn.state.phase, turn.state.local_msat, turn.state.htlcs], ['failed', 0n, []]);
  assert.equal(turn.state.remote_msat, pair.bob.state.local_msat + pair.bob.state.remote_msat);
  assert.equal(turn.store, true);
  const removed = turn.effects.flatMap((effect) => (effect.kind === 'htlc_removed' ? [effect.htlc] : []));
  assert.deepEqual(
    removed.map(({ amount_msat, removal }) => [amount_msat, removal.kind]),
    [[30_000_000n, 'ended_on_chain']],
  );
  const lost = turn.effects.flatMap((effect) => (effect.kind === 'funding_lost' ? [effect] : []));
  assert.deepEqual(
    lost.map(({ lost_msat, payments }) => [lost_msat, payments.map(({ amount_msat }) => amount_msat)]),
    [[pair.bob.state.local_msat, [msat(40_000_000)]]],
  );
});
