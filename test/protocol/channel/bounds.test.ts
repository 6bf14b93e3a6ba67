/** Amounts, counts and times of HTLCs, and feerates: the last value that each side takes and the first that it does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat, sat } from '../../../src/base/types/amount.ts';
import type { UpdateAddHtlc } from '../../../src/codec/wire/index.ts';
import { isFull, spendableMsat } from '../../../src/protocol/channel/facts.ts';
import type { ChannelPolicy } from '../../../src/protocol/channel/policy.ts';
import { fakeSigner } from './fake-signer.ts';
import { type End, environment, offer, type Pair, policy, preimage, usablePair } from './pair.ts';

/** Each side with its own policy. */
function pairOf(alice: Partial<ChannelPolicy>, bob: Partial<ChannelPolicy>, push_msat = 200_000_000): Pair {
  return usablePair({
    open: { push_msat: msat(push_msat) },
    alice: environment(fakeSigner('alice'), { policy: policy(alice) }),
    bob: environment(fakeSigner('bob'), { policy: policy(bob) }),
  });
}

/** What an end says against an HTLC of its peer; undefined when it takes it. */
function faultOf(end: End, changes: Partial<UpdateAddHtlc>): string | undefined {
  const message: UpdateAddHtlc = {
    type: 'update_add_htlc',
    channel_id: end.state.terms.channel_id,
    id: end.state.remote_next_htlc_id,
    amount_msat: msat(1_000_000),
    payment_hash: preimage(1).payment_hash,
    cltv_expiry: 140,
    onion_routing_packet: '00'.repeat(1_366),
    ...changes,
  };
  return end.attempt({ kind: 'message', message }).violation?.message;
}

/** Why an end does not offer an HTLC; undefined when it does. */
function refusalOf(end: End, amount_msat: number, cltv_expiry?: number): string | undefined {
  return end.attempt(offer(1, amount_msat, cltv_expiry)).refusal?.message;
}

test('the smallest HTLC is htlc_minimum_msat of who receives it', () => {
  const pair = pairOf({}, { htlc_minimum_msat: msat(2_000) });
  assert.match(refusalOf(pair.alice, 1_999) ?? '', /no HTLC below 2000 msat/);
  assert.equal(refusalOf(pair.alice, 2_000), undefined);
  assert.match(faultOf(pair.bob, { amount_msat: msat(1_999) }) ?? '', /below our htlc_minimum_msat of 2000/);
  const other = pairOf({}, { htlc_minimum_msat: msat(2_000) });
  assert.equal(faultOf(other.bob, { amount_msat: msat(2_000) }), undefined);
  assert.equal(refusalOf(other.bob, 1), undefined, 'alice takes any');
});

test('cltv_expiry is a height below 500,000,000, and what we offer is not over yet', () => {
  const { alice } = usablePair();
  assert.match(refusalOf(alice, 1_000_000, 500_000_000) ?? '', /no block height/);
  assert.equal(refusalOf(alice, 1_000_000, 499_999_999), undefined);
  assert.match(refusalOf(alice, 1_000_000, 100) ?? '', /already past/);
  assert.equal(refusalOf(alice, 1_000_000, 101), undefined);
  const { bob } = usablePair();
  assert.equal(faultOf(bob, { cltv_expiry: 499_999_999 }), undefined);
  assert.match(faultOf(bob, { cltv_expiry: 500_000_000 }) ?? '', /is no height/);
});

test('max_htlc_value_in_flight_msat may be reached, and not passed', () => {
  const limits = { max_in_flight_per_mille: 100 };
  const pair = pairOf({}, limits);
  assert.match(refusalOf(pair.alice, 100_000_001) ?? '', /no more than 100000000 msat in flight/);
  assert.equal(refusalOf(pair.alice, 60_000_000), undefined);
  assert.match(refusalOf(pair.alice, 40_000_001) ?? '', /in flight/);
  assert.equal(refusalOf(pair.alice, 40_000_000), undefined);
  const { bob } = pairOf({}, limits);
  assert.equal(faultOf(bob, { amount_msat: msat(60_000_000) }), undefined);
  const { state } = bob;
  assert.match(faultOf(bob, { amount_msat: msat(40_000_001) }) ?? '', /max_htlc_value_in_flight_msat of 100000000/);
  bob.state = state;
  assert.equal(faultOf(bob, { amount_msat: msat(40_000_000) }), undefined);
});

test('HTLCs of one side do not count to what the other may have in flight', () => {
  const limits = { max_in_flight_per_mille: 100, max_accepted_htlcs: 5 };
  const pair = pairOf(limits, limits);
  for (let number = 1; number <= 5; number++) {
    pair.alice.do(offer(number, 20_000_000));
    pair.bob.do(offer(number, 20_000_000));
  }
  pair.exchange();
  assert.equal(pair.alice.state.htlcs.length, 10);
  for (const end of [pair.alice, pair.bob]) assert.match(refusalOf(end, 1_000) ?? '', /no more than 5 HTLCs at once/);
});

/** Bob's limits on dust, and an HTLC of 300 sat that he has taken. */
function exposed(limits: Partial<ChannelPolicy>, elsewhere_msat?: bigint): End {
  const { bob } = pairOf({}, limits);
  if (elsewhere_msat !== undefined) bob.env = { ...bob.env, dustElsewhereMsat: () => elsewhere_msat };
  assert.equal(faultOf(bob, { amount_msat: msat(300_000) }), undefined);
  return bob;
}

test('dust may reach the limit of the channel and of the node, with all of its channels, and not pass them', () => {
  const channel = { max_dust_htlc_exposure_msat: msat(500_000) };
  const node = { max_node_dust_exposure_msat: msat(1_500_000) };
  for (const [limits, elsewhere_msat] of [
    [channel, undefined],
    [channel, 0n],
    [node, 1_000_000n],
    [{ max_node_dust_exposure_msat: msat(500_000) }, undefined],
  ] as const) {
    for (const [more_msat, isOver] of [
      [200_000n, false],
      [200_001n, true],
    ] as const) {
      const bob = exposed(limits, elsewhere_msat);
      assert.equal(bob.attempt(offer(2, more_msat)).refusal?.code, isOver ? 'own_limit' : undefined);
      const other = exposed(limits, elsewhere_msat);
      faultOf(other, { amount_msat: msat(more_msat) });
      assert.deepEqual(
        other.state.htlcs.map(({ over_exposed }) => over_exposed),
        [false, isOver],
      );
    }
  }
});

test('an HTLC that has an output on both commitments is taken however much dust there is', () => {
  const bob = exposed({ max_dust_htlc_exposure_msat: msat(300_000) }, 900_000_000_000n);
  faultOf(bob, { amount_msat: msat(354_000) });
  assert.deepEqual(
    bob.state.htlcs.map(({ over_exposed }) => over_exposed),
    [true, false],
    'the first is over the limit of the node',
  );
  assert.equal(refusalOf(bob, 354_000), undefined);
  assert.match(refusalOf(bob, 353_999) ?? '', /too small for an output of their own/);
});

test('what is spendable can be sent to the msat where HTLCs have outputs on one commitment only', () => {
  const small = { dust_limit_satoshis: sat(354), max_dust_htlc_exposure_msat: msat(900_000_000) };
  const large = { ...small, dust_limit_satoshis: sat(2_000) };
  for (const [alices, bobs] of [
    [small, large],
    [large, small],
  ] as const) {
    for (const who of ['alice', 'bob'] as const) {
      const pair = pairOf(alices, bobs, who === 'alice' ? 200_000_000 : 960_000_000);
      // Their outputs are on the commitment of the side with the lower dust limit, and the opener pays for them there.
      for (let number = 1; number <= 12; number++)
        pair[number % 2 === 0 ? 'alice' : 'bob'].do(offer(number, 1_500_000));
      pair.exchange();
      const end = pair[who];
      const most_msat = spendableMsat(end.state, 'local');
      assert.ok(most_msat > 0n);
      const other = pair[who === 'alice' ? 'bob' : 'alice'];
      assert.equal(spendableMsat(other.state, 'remote'), most_msat, 'as the other end sees it');
      assert.equal(end.attempt(offer(20, most_msat + 1n)).refusal?.code, 'insufficient_balance');
      end.do(offer(20, most_msat));
      pair.exchange();
      assert.equal(pair.alice.state.htlcs.length, 13, `${who} with a dust limit of ${bobs.dust_limit_satoshis}`);
    }
  }
});

/** BOLT 3: the weight of a commitment with anchors, of each HTLC output, and both anchors. */
const WEIGHT = 1_124;
const HTLC_WEIGHT = 172;
const ANCHORS = 660;

test('the opener proposes a feerate that it can pay on both commitments, and the peer takes no other', () => {
  const small = { dust_limit_satoshis: sat(354), max_dust_htlc_exposure_msat: msat(900_000_000) };
  const large = { ...small, dust_limit_satoshis: sat(2_000) };
  for (const [alices, bobs] of [
    [small, large],
    [large, small],
  ] as const) {
    const pair = pairOf(alices, bobs);
    for (let number = 1; number <= 10; number++) pair.bob.do(offer(number, 1_500_000));
    pair.exchange();
    // 800,000 sat are alice's, of which 10,000 are her reserve; on one of the commitments there are ten outputs.
    const most_per_kw = Math.floor(((800_000 - 10_000 - ANCHORS) * 1_000 + 999) / (WEIGHT + 10 * HTLC_WEIGHT));
    const { refusal } = pair.alice.attempt({ kind: 'update_fee', feerate_per_kw: most_per_kw + 1 });
    assert.equal(refusal?.code, 'insufficient_balance');
    pair.alice.do({ kind: 'update_fee', feerate_per_kw: most_per_kw });
    pair.exchange();
    assert.equal(pair.bob.state.feerates.at(-1)?.feerate_per_kw, most_per_kw);
  }
});

test('an HTLC below the dust limit of a commitment costs its opener nothing there, and from it on an output', () => {
  for (const [amount_msat, outputs] of [
    [353_999, 0],
    [354_000, 5],
  ] as const) {
    const pair = pairOf({}, {});
    for (let number = 1; number <= 5; number++) pair.bob.do(offer(number, amount_msat));
    pair.exchange();
    const most_per_kw = Math.floor(((800_000 - 10_000 - ANCHORS) * 1_000 + 999) / (WEIGHT + outputs * HTLC_WEIGHT));
    const { refusal } = pair.alice.attempt({ kind: 'update_fee', feerate_per_kw: most_per_kw + 1 });
    assert.equal(refusal?.code, 'insufficient_balance');
    pair.alice.do({ kind: 'update_fee', feerate_per_kw: most_per_kw });
    pair.exchange();
  }
});

test('what the peer gives back in a failure that it has not signed is not spent before it is signed', () => {
  const pair = pairOf({}, {});
  const { alice, bob } = pair;
  alice.do(offer(1, 700_000_000));
  pair.exchange();
  const before = spendableMsat(alice.state, 'local');
  bob.do({ kind: 'remove_htlc', id: 0n, removal: { kind: 'fail', reason: '' } });
  const outcome = alice.do({ kind: 'message', message: bob.outbox[0] as never });
  assert.deepEqual([outcome.store, outcome.effects], [false, []], 'nobody is told of it yet');
  assert.equal(spendableMsat(alice.state, 'local'), before);
  assert.equal(alice.attempt(offer(2, before + 1n)).refusal?.code, 'insufficient_balance');
});

test('a channel with one place left is full only when what is in flight is what bounds it', () => {
  const { alice } = pairOf({}, { max_accepted_htlcs: 5 });
  for (let number = 1; number <= 4; number++) alice.do(offer(number, 1_000_000));
  assert.equal(isFull(alice.state, 'local'), false);
  alice.do(offer(5, 1_000_000));
  assert.equal(isFull(alice.state, 'local'), true);
});

test('update_add_htlc says all that was offered, and nothing of what was not', () => {
  const { alice } = usablePair();
  const plain = offer(1, 1_000_000);
  assert.ok(plain.kind === 'add_htlc');
  const path_key = `02${'11'.repeat(32)}`;
  alice.do(plain);
  assert.deepEqual(alice.take('htlc_offered'), [{ kind: 'htlc_offered', id: 0n }]);
  alice.do({ ...plain, htlc: { ...plain.htlc, path_key, extra_fee: msat(7) } });
  const { channel_id } = alice.state.terms;
  const { payment_hash, cltv_expiry, onion_routing_packet } = plain.htlc;
  const add = { type: 'update_add_htlc', channel_id, amount_msat: 1_000_000n, payment_hash, cltv_expiry };
  assert.deepEqual(alice.outbox, [
    { ...add, id: 0n, onion_routing_packet },
    { ...add, id: 1n, onion_routing_packet, path_key, extra_fee: 7n },
  ]);
});

test("a peer's feerate is taken to the last satoshi above its reserve, with its HTLCs and ours", () => {
  for (const more of [0, 1]) {
    const pair = usablePair();
    pair.alice.do(offer(1, 50_000_000));
    pair.exchange();
    const { bob } = pair;
    const most_per_kw = Math.floor(((750_000 - 10_000 - ANCHORS) * 1_000 + 999) / (WEIGHT + HTLC_WEIGHT));
    const { channel_id } = bob.state.terms;
    const message = { type: 'update_fee', channel_id, feerate_per_kw: most_per_kw + more } as const;
    const { violation } = bob.attempt({ kind: 'message', message });
    assert.equal(violation === undefined, more === 0);
  }
});
