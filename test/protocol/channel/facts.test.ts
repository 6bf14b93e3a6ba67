import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import type { Txid } from '../../../src/base/types/brand.ts';
import {
  channelUpdateFacts,
  firstPaymentMsat,
  isFull,
  knownNames,
  routeHintName,
  spendableMsat,
} from '../../../src/protocol/channel/facts.ts';
import { fundingTimeoutBlocks, isGone, isOverdue, isUnfunded } from '../../../src/protocol/channel/funding.ts';
import { isFundingSafe } from '../../../src/protocol/channel/ready.ts';
import { fakeSigner } from './fake-signer.ts';
import { confirmation, environment, fundedPair, offer, policy, usablePair } from './pair.ts';

test('a private channel is named by aliases only, and its update is for the peer alone', () => {
  const { alice } = usablePair();
  assert.deepEqual(knownNames(alice.state), ['1x2x3'], 'never the real one: the type has option_scid_alias');
  assert.equal(routeHintName(alice.state), '4x5x6');
  assert.deepEqual(channelUpdateFacts(alice.state), {
    short_channel_id: '4x5x6',
    htlc_minimum_msat: 1n,
    htlc_maximum_msat: 1_000_000_000n,
    dont_forward: true,
    disabled: false,
  });
  alice.do({ kind: 'disconnected' });
  assert.equal(channelUpdateFacts(alice.state)?.disabled, false, 'nobody but the peer hears it, and it knows that');
  alice.do({ kind: 'shutdown' });
  assert.equal(channelUpdateFacts(alice.state)?.disabled, true);
});

test('a public channel is known by its real name too, and announced under it', () => {
  const channel_type = { option_scid_alias: false, option_zeroconf: false };
  const { alice } = usablePair({ open: { announce_channel: true, channel_type } });
  assert.deepEqual(knownNames(alice.state), ['1x2x3', '90x2x1']);
  const signatures = {
    short_channel_id: '90x2x1' as never,
    node_signature: 'aa'.repeat(64),
    bitcoin_signature: 'aa'.repeat(64),
  };
  alice.do({ kind: 'announce', signatures });
  const half = channelUpdateFacts(alice.state);
  assert.deepEqual([half?.short_channel_id, half?.dont_forward], ['4x5x6', true], 'one side alone announces nothing');
  alice.do({
    kind: 'message',
    message: { type: 'announcement_signatures', channel_id: alice.state.terms.channel_id, ...signatures },
  });
  const facts = channelUpdateFacts(alice.state);
  assert.deepEqual([facts?.short_channel_id, facts?.dont_forward, facts?.disabled], ['90x2x1', false, true]);
});

test('before the peer gave a name there is none for a hint or an update', () => {
  const { alice } = fundedPair();
  assert.equal(routeHintName(alice.state), undefined);
  assert.equal(channelUpdateFacts(alice.state), undefined);
});

test('a peer that gave no name means the channel by its real one, unless the type hides that', () => {
  for (const option_scid_alias of [false, true]) {
    const { alice } = fundedPair({ open: { channel_type: { option_scid_alias, option_zeroconf: false } } });
    alice.do(confirmation(1));
    assert.equal(routeHintName(alice.state), option_scid_alias ? undefined : '90x2x1');
    assert.deepEqual(knownNames(alice.state), option_scid_alias ? ['1x2x3'] : ['1x2x3', '90x2x1']);
    assert.equal(channelUpdateFacts(alice.state)?.short_channel_id, '90x2x1', 'for the peer alone, which knows it');
  }
});

test("what is spendable ends at the receiver's limits", () => {
  const bob = environment(fakeSigner('bob'), {
    policy: policy({ max_in_flight_per_mille: 100, max_accepted_htlcs: 5 }),
  });
  const pair = usablePair({ bob });
  assert.equal(spendableMsat(pair.alice.state, 'local'), 100_000_000n);
  pair.alice.do(offer(1, 60_000_000));
  assert.equal(spendableMsat(pair.alice.state, 'local'), 40_000_000n);
  for (let number = 2; number <= 4; number++) pair.alice.do(offer(number, 1_000_000));
  assert.equal(spendableMsat(pair.alice.state, 'local'), 37_000_000n, 'one place is left');
  pair.alice.do(offer(5, 1_000_000));
  pair.exchange();
  assert.equal(spendableMsat(pair.alice.state, 'local'), 0n);
  assert.equal(spendableMsat(pair.bob.state, 'remote'), 0n, 'both ends see it alike');
  assert.deepEqual([isFull(pair.alice.state, 'local'), isFull(pair.alice.state, 'remote')], [true, false]);
});

test('each end knows what the other can send, to the msat, whatever is in flight and whoever opened (BOLT 2)', () => {
  const alice = environment(fakeSigner('alice'), {
    policy: policy({ max_in_flight_per_mille: 300, max_accepted_htlcs: 20 }),
  });
  const bob = environment(fakeSigner('bob'), {
    policy: policy({ max_in_flight_per_mille: 600, max_accepted_htlcs: 9 }),
  });
  for (const push of [0, 15_000_000, 200_000_000, 700_000_000]) {
    const pair = usablePair({ alice, bob, open: { push_msat: msat(push) } });
    const agree = (): void => {
      assert.equal(spendableMsat(pair.alice.state, 'local'), spendableMsat(pair.bob.state, 'remote'));
      assert.equal(spendableMsat(pair.bob.state, 'local'), spendableMsat(pair.alice.state, 'remote'));
    };
    agree();
    pair.alice.do(offer(1, 50_000_000));
    pair.exchange();
    agree();
    if (push < 200_000_000) continue;
    pair.bob.do(offer(2, 20_000_000));
    pair.exchange();
    agree();
  }
});

test('an HTLC that the peer has offered takes of its limits at once, before anybody has signed for it', () => {
  const alice = environment(fakeSigner('alice'), { policy: policy({ max_in_flight_per_mille: 100 }) });
  const pair = usablePair({ alice, open: { push_msat: msat(500_000_000) } });
  assert.equal(spendableMsat(pair.alice.state, 'remote'), 100_000_000n);
  pair.bob.do(offer(1, 60_000_000));
  const add = pair.bob.outbox.find(({ type }) => type === 'update_add_htlc');
  pair.alice.do({ kind: 'message', message: add as never });
  assert.equal(spendableMsat(pair.alice.state, 'remote'), 40_000_000n);
  assert.equal(isFull(pair.alice.state, 'remote'), true);
});

test('nothing is offered while the peer is not there, or when the channel is closing (BOLT 2)', () => {
  const { alice } = usablePair();
  alice.do({ kind: 'disconnected' });
  assert.equal(alice.attempt(offer(1, 1_000_000)).refusal?.code, 'channel_unusable');
  const closing = usablePair().alice;
  closing.do({ kind: 'shutdown' });
  assert.equal(closing.attempt(offer(1, 1_000_000)).refusal?.code, 'channel_unusable');
});

test('a channel is full while its HTLCs in flight are what bounds the next one', () => {
  const bob = environment(fakeSigner('bob'), { policy: policy({ max_in_flight_per_mille: 100 }) });
  const pair = usablePair({ bob });
  const full = (): boolean => isFull(pair.alice.state, 'local');
  assert.equal(full(), false, 'nothing is in flight that could end');
  pair.alice.do(offer(1, 60_000_000));
  assert.equal(full(), true);
  const free = usablePair();
  free.alice.do(offer(1, 60_000_000));
  assert.equal(isFull(free.alice.state, 'local'), false, 'its balance bounds it');
});

test('a funding is safe when it is confirmed, ours, or trusted', () => {
  const { alice, bob } = fundedPair();
  assert.equal(isFundingSafe(alice.state), true);
  assert.equal(isFundingSafe(bob.state), false);
  bob.do(confirmation(1));
  assert.equal(isFundingSafe(bob.state), true);
  const trusted = fundedPair({
    open: { channel_type: { option_scid_alias: true, option_zeroconf: true }, push_msat: msat(0) },
    accept: { zeroconf_allowed: true },
  });
  assert.equal(isFundingSafe(trusted.bob.state), true);
});

test('a funding that left its block takes its channel with it when the peer made it, and not when we did', () => {
  for (const who of ['alice', 'bob'] as const) {
    const { [who]: end } = usablePair();
    assert.equal(isGone(end.state), false);
    end.do({ kind: 'funding_depth', confirmation: undefined });
    assert.equal(end.take('funding_left').length, 1);
    assert.equal(isGone(end.state), who === 'bob', 'alice opened the channel');
    end.do(confirmation(1));
    assert.equal(isGone(end.state), false);
    assert.equal(end.take('funding_back').length, who === 'bob' ? 1 : 0);
  }
  const { bob } = usablePair({ accept: { zeroconf_allowed: true } });
  bob.do({ kind: 'funding_depth', confirmation: undefined });
  assert.equal(isGone(bob.state), false, 'a zero-conf channel was usable without it');
});

test('a rival of the funding is remembered while the funding is in no block, and no longer', () => {
  const { bob } = usablePair();
  const rival = { txid: 'cd'.repeat(32) as Txid, block_height: 95 };
  bob.do({ kind: 'funding_depth', confirmation: undefined });
  bob.do({ kind: 'funding_rival', rival });
  assert.equal(isFundingSafe(bob.state), false);
  bob.do({ kind: 'funding_depth', confirmation: undefined });
  assert.deepEqual(bob.state.funding_rival, rival, 'nothing of the funding was found');
  bob.do(confirmation(1));
  assert.equal(bob.state.funding_rival, undefined);
  assert.equal(isFundingSafe(bob.state), true);
});

test('a channel becomes usable at the depth that comes last, whoever said channel_ready first', () => {
  const { alice, bob } = fundedPair();
  bob.do(confirmation(3));
  for (const message of bob.outbox.splice(0)) alice.do({ kind: 'message', message });
  assert.notEqual(alice.state.phase, 'normal', 'the peer is ready, the funding is not deep enough for us');
  alice.do(confirmation(3));
  assert.equal(alice.state.phase, 'normal');
});

test('a channel whose funding has a rival in its place is gone, our own as well', () => {
  for (const who of ['alice', 'bob'] as const) {
    const { [who]: end } = usablePair();
    end.do({ kind: 'funding_depth', confirmation: undefined });
    end.do({ kind: 'funding_rival', rival: { txid: 'cd'.repeat(32) as Txid, block_height: 95 } });
    assert.equal(isGone(end.state), true);
  }
});

test("a peer's funding has 2,016 blocks to be mined, and a channel that was not funded by then is forgotten (BOLT 2)", () => {
  const { alice, bob } = fundedPair();
  const { opened_height } = bob.state.terms;
  assert.equal(fundingTimeoutBlocks(bob.state), 2_016);
  assert.equal(isUnfunded(bob.state), true);
  assert.equal(isOverdue(bob.state, opened_height + 2_015), false);
  assert.equal(isOverdue(bob.state, opened_height + 2_016), true);
  assert.equal(isOverdue(alice.state, opened_height + 9_999), false, 'our own funding is ours');
  const failure = { data_loss: true } as never;
  assert.equal(
    isOverdue({ ...bob.state, failure }, opened_height + 2_016),
    false,
    'what the peer knows of it is needed',
  );
  assert.equal(isOverdue({ ...bob.state, failure: { data_loss: false } as never }, opened_height + 2_016), true);
  bob.do(confirmation(1));
  assert.equal(isUnfunded(bob.state), false);
  assert.equal(isOverdue(bob.state, opened_height + 2_016), false);
  // One that was bought is funded at once, or not at all: it waits a day, unless something of ours is in it.
  const bought = {
    ...fundedPair({ open: { push_msat: msat(0) } }).bob.state,
    funding_sight: 'waits',
  } as typeof bob.state;
  assert.equal(fundingTimeoutBlocks(bought), 144);
  assert.equal(fundingTimeoutBlocks({ ...bought, local_msat: msat(353_999) }), 144);
  assert.equal(fundingTimeoutBlocks({ ...bought, local_msat: msat(354_000) }), 2_016);
});

test('the first payment over a channel brings all but the reserve, both anchors and a fee that may double', () => {
  // BOLT 3: 1,124 weight and two HTLCs of 172 at 2,000 per kw; 660 sat of anchors.
  assert.equal(firstPaymentMsat(1_000_000n, 10_000n, 1_000), (1_000_000n - 10_000n - 2_936n - 660n) * 1_000n);
  assert.ok(firstPaymentMsat(10_000n, 10_000n, 1_000) < 0n);
});
