/** Rules of BOLT 2 and 7, each with what just keeps it and what just breaks it. The figures are the BOLT's own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Msat, msat, type Sat, sat } from '../../../src/base/types/amount.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import type { AcceptChannel, ClosingSigned, CommitmentSigned, OpenChannel } from '../../../src/codec/wire/index.ts';
import { acceptOpening } from '../../../src/protocol/channel/accept.ts';
import { channelUpdateFacts, spendableMsat } from '../../../src/protocol/channel/facts.ts';
import type { ChannelMessage } from '../../../src/protocol/channel/message.ts';
import { type OpenRequest, startOpening, stepOpener } from '../../../src/protocol/channel/open.ts';
import type { Opening, OpeningOutcome } from '../../../src/protocol/channel/opening.ts';
import type { ChannelPolicy } from '../../../src/protocol/channel/policy.ts';
import { fakeSigner } from './fake-signer.ts';
import {
  acceptRequest,
  confirmation,
  type End,
  environment,
  fundedPair,
  offer,
  onlyMessage,
  openRequest,
  type Pair,
  policy,
  preimage,
  realSigner,
  usablePair,
} from './pair.ts';

const KEEPS_RESERVE = 10_000n;
/** BOLT 3: the fee of a commitment with anchors at 1,000 per kw, and of each HTLC output; and both anchors. */
const FEE = 1_124n;
const HTLC_FEE = 172n;
const ANCHORS = 660n;

function hear(end: End, message: ChannelMessage) {
  return end.attempt({ kind: 'message', message }).violation;
}

test('the opener pays the fee and both anchors out of what it has above its reserve, when we open and when the peer does', () => {
  const balance = 800_000n;
  // Ours keeps room for a feerate that doubles, and for one more HTLC.
  const ours_sat = balance - KEEPS_RESERVE - 2n * (FEE + 2n * HTLC_FEE) - ANCHORS;
  const { alice } = usablePair();
  assert.equal(spendableMsat(alice.state, 'local'), ours_sat * 1000n);
  assert.equal(alice.attempt(offer(1, ours_sat * 1000n + 1n)).refusal?.code, 'insufficient_balance');
  alice.do(offer(1, ours_sat * 1000n));
  const theirs_sat = balance - KEEPS_RESERVE - (FEE + HTLC_FEE) - ANCHORS;
  for (const [more_msat, isTaken] of [
    [0n, true],
    [1n, false],
  ] as const) {
    const { bob } = usablePair();
    const violation = hear(bob, {
      type: 'update_add_htlc',
      channel_id: bob.state.terms.channel_id,
      id: 0n,
      amount_msat: msat(theirs_sat * 1000n + more_msat),
      payment_hash: preimage(1).payment_hash,
      cltv_expiry: 140,
      onion_routing_packet: '00'.repeat(1_366),
    });
    assert.equal(violation === undefined, isTaken);
  }
});

test('who did not open offers no HTLC whose output the opener cannot pay for', () => {
  const least_sat = KEEPS_RESERVE + FEE + HTLC_FEE + ANCHORS;
  for (const [opener_sat, isOffered] of [
    [least_sat, true],
    [least_sat - 1n, false],
  ] as const) {
    const { bob } = usablePair({ open: { push_msat: msat((1_000_000n - opener_sat) * 1000n) } });
    const { refusal } = bob.attempt(offer(1, 1_000_000));
    assert.equal(refusal?.code, isOffered ? undefined : 'insufficient_balance');
    if (!isOffered) assert.match(refusal?.message ?? '', /the peer could not pay/);
  }
});

test('dust is counted on both commitments: an HTLC that has an output on one of them only may be lost on the other', () => {
  const high = policy({ dust_limit_satoshis: sat(1_000), max_dust_htlc_exposure_msat: msat(1_500_000) });
  const low = policy({ dust_limit_satoshis: sat(354), max_dust_htlc_exposure_msat: msat(1_500_000) });
  for (const [alices, bobs] of [
    [high, low],
    [low, high],
  ]) {
    const { alice, bob } = usablePair({
      alice: environment(fakeSigner('alice'), { policy: alices as ChannelPolicy }),
      bob: environment(fakeSigner('bob'), { policy: bobs as ChannelPolicy }),
    });
    alice.do(offer(1, 800_000));
    assert.equal(alice.attempt(offer(2, 800_000)).refusal?.code, 'own_limit');
    alice.env = { ...alice.env, policy: { ...alice.env.policy, max_dust_htlc_exposure_msat: msat(9_000_000) } };
    alice.do(offer(2, 800_000));
    for (const message of alice.outbox.splice(0)) bob.do({ kind: 'message', message });
    assert.deepEqual(
      bob.state.htlcs.map(({ over_exposed }) => over_exposed),
      [false, true],
    );
  }
});

test('as many HTLC signatures as HTLC outputs, no fewer and no more', () => {
  for (const change of [[], ['11'.repeat(64)]]) {
    const { alice, bob } = usablePair({ alice: environment(realSigner('alice')), bob: environment(realSigner('bob')) });
    alice.do(offer(1, 10_000_000));
    alice.do({ kind: 'commit' });
    const [add, signed] = alice.outbox.splice(0) as [ChannelMessage, CommitmentSigned];
    bob.do({ kind: 'message', message: add });
    assert.equal(signed.htlc_signatures.length, 1);
    const htlc_signatures = change.length === 0 ? [] : [...signed.htlc_signatures, ...change];
    const violation = hear(bob, { ...signed, htlc_signatures });
    assert.match(violation?.message ?? '', /HTLC signatures where commitment 1 has 1 HTLC outputs/);
  }
});

/** Both have said shutdown, and alice, who opened, has made her first offer, which is answered. */
function negotiating(): { pair: Pair; first: ClosingSigned } {
  const pair = usablePair();
  pair.bob.do({ kind: 'shutdown' });
  for (const message of pair.bob.outbox.splice(0)) pair.alice.do({ kind: 'message', message });
  const [shutdown, first] = pair.alice.outbox.splice(0);
  assert.ok(shutdown !== undefined && first?.type === 'closing_signed');
  pair.bob.do({ kind: 'message', message: shutdown });
  return { pair, first };
}

/** A `closing_signed` of this end for this fee, with a signature that is valid. */
function closingSigned(
  { alice, bob }: Pair,
  by: 'alice' | 'bob',
  fee: bigint,
  fee_range?: ClosingSigned['fee_range'],
): ClosingSigned {
  const end = by === 'alice' ? alice : bob;
  const { local_shutdown_script, remote_shutdown_script, local_msat, remote_msat, terms } = end.state;
  const [local_fee, remote_fee] = by === 'alice' ? [fee, 0n] : [0n, fee];
  const signature = end.env.signer.signClosing(terms, {
    local_sat: sat(local_msat / 1000n - local_fee),
    remote_sat: sat(remote_msat / 1000n - remote_fee),
    local_script: local_shutdown_script as string,
    remote_script: remote_shutdown_script as string,
  });
  const message = {
    type: 'closing_signed',
    channel_id: terms.channel_id,
    fee_satoshis: fee as Sat,
    signature,
  } as const;
  return fee_range === undefined ? message : { ...message, fee_range };
}

function range(least: bigint, most: bigint) {
  return { min_fee_satoshis: sat(least), max_fee_satoshis: sat(most) };
}

test('a fee of the fundee that is outside of both fee ranges fails the channel, and any within is agreed to', () => {
  const { first } = negotiating();
  const { min_fee_satoshis: least = 0n, max_fee_satoshis: most = 0n } = first.fee_range ?? {};
  assert.ok(least > 100n && most > least);
  for (const [fee, isAgreed] of [
    [least - 1n, false],
    [least, true],
    [most, true],
    [most + 1n, false],
  ] as const) {
    const { pair } = negotiating();
    const violation = hear(pair.alice, closingSigned(pair, 'bob', fee, range(least - 50n, most + 50n)));
    assert.equal(violation?.force_close, isAgreed ? undefined : true, `${fee}`);
    assert.equal(pair.alice.state.phase, isAgreed ? 'closed' : 'failed');
    if (!isAgreed) continue;
    const [answer] = pair.alice.outbox.splice(0);
    if (answer !== undefined) assert.equal((answer as ClosingSigned).fee_satoshis, fee, 'answered with the same fee');
  }
});

test('the opener must answer with the fee that the fundee chose in its range', () => {
  const { pair, first } = negotiating();
  const { min_fee_satoshis: least = 0n, max_fee_satoshis: most = 0n } = first.fee_range ?? {};
  pair.bob.do({ kind: 'message', message: closingSigned(pair, 'alice', least, range(least, most)) });
  const [chosen] = pair.bob.outbox.splice(0) as [ClosingSigned];
  assert.ok(chosen.fee_satoshis > least && chosen.fee_satoshis < most);
  const violation = hear(pair.bob, closingSigned(pair, 'alice', chosen.fee_satoshis + 1n, range(least, most)));
  assert.match(violation?.message ?? '', /not the fee that we chose/);
  assert.equal(pair.bob.state.phase, 'failed');
});

test('without fee_range each fee lies strictly between the two before', () => {
  for (const [second, isTaken] of [
    ['below', false],
    ['between', true],
    ['received', false],
    ['above', false],
  ] as const) {
    const { pair } = negotiating();
    const received = 9_000n;
    assert.equal(hear(pair.alice, closingSigned(pair, 'bob', received)), undefined);
    const [{ fee_satoshis: sent }] = pair.alice.outbox.splice(0) as [ClosingSigned];
    assert.ok(sent < received && pair.alice.state.phase === 'closing');
    const fee = { below: sent - 1n, between: received - 1n, received, above: received + 1n }[second];
    const violation = hear(pair.alice, closingSigned(pair, 'bob', fee));
    assert.equal(
      violation?.message,
      isTaken ? undefined : 'closing_signed: the fee is not strictly between the two before',
    );
  }
});

test("a peer's scriptpubkey that is of no form that we take is a violation, and closes nothing", () => {
  for (const scriptpubkey of [
    '',
    '51',
    '00',
    `0014${'22'.repeat(19)}`,
    `0020${'22'.repeat(31)}`,
    `5102${'22'.repeat(3)}`,
    `5129${'22'.repeat(41)}`,
    `21${'02'.repeat(33)}ac`,
  ]) {
    const { alice } = usablePair({
      alice: environment(fakeSigner('alice'), { option_upfront_shutdown_script: false }),
      bob: environment(fakeSigner('bob'), { option_upfront_shutdown_script: false }),
    });
    const violation = hear(alice, { type: 'shutdown', channel_id: alice.state.terms.channel_id, scriptpubkey });
    assert.match(violation?.message ?? '', /no kind that a channel can be closed to/, scriptpubkey);
    assert.equal(alice.state.phase, 'normal');
  }
});

test('the script of the peer stays as it was said; in a simple close it may be another after a reconnection', () => {
  const [first, second] = ['33', '44'].map((byte) => `0014${byte.repeat(20)}`) as [string, string];
  for (const option_simple_close of [false, true]) {
    const options = { option_simple_close, option_upfront_shutdown_script: false };
    const { alice } = usablePair({
      alice: environment(fakeSigner('alice'), options),
      bob: environment(fakeSigner('bob'), options),
    });
    alice.do(offer(1, 10_000_000));
    alice.do({ kind: 'commit' });
    const { channel_id } = alice.state.terms;
    const shutdown = (scriptpubkey: string) => ({ type: 'shutdown', channel_id, scriptpubkey }) as const;
    assert.equal(hear(alice, shutdown(first)), undefined);
    assert.equal(hear(alice, shutdown(first)), undefined, 'the same again');
    const { state } = alice;
    assert.match(hear(alice, shutdown(second))?.message ?? '', /sent before, with another script/);
    alice.state = { ...state, shutdown_heard: false };
    const violation = hear(alice, shutdown(second));
    assert.equal(violation === undefined, option_simple_close);
    if (option_simple_close) assert.equal(alice.state.remote_shutdown_script, second);
  }
});

function openMessage(changes: Partial<OpenRequest> = {}): OpenChannel {
  return onlyMessage(startOpening(openRequest(changes), environment(fakeSigner('alice'))).effects) as OpenChannel;
}

function reasonOf({ effects }: OpeningOutcome): string | undefined {
  return effects.find((effect) => effect.kind === 'opening_failed')?.reason;
}

/** Why bob refuses to accept this `open_channel`. */
function refusalOf(changes: Partial<OpenChannel>, request: Partial<OpenRequest> = {}): string | undefined {
  return reasonOf(
    acceptOpening({ ...openMessage(request), ...changes }, acceptRequest(), environment(fakeSigner('bob'))),
  );
}

/** Why alice refuses bob's answer. */
function refusalOfAnswer(
  changes: Partial<AcceptChannel>,
  request: Partial<OpenRequest> = {},
  limits: Partial<ChannelPolicy> = {},
): string | undefined {
  const alice = environment(fakeSigner('alice'), { policy: policy(limits) });
  const begun = startOpening(openRequest(request), alice);
  const bob = acceptOpening(
    onlyMessage(begun.effects) as OpenChannel,
    acceptRequest({ zeroconf_allowed: true }),
    environment(fakeSigner('bob')),
  );
  const message = { ...(onlyMessage(bob.effects) as AcceptChannel), ...changes };
  return reasonOf(stepOpener(begun.opening as Opening, { kind: 'message', message }, alice));
}

test('one side at least has more than channel_reserve_satoshis at the beginning', () => {
  const half = (1_000_000n - FEE - ANCHORS) / 2n;
  const reserve = { channel_reserve_satoshis: sat(half) };
  const neither = /neither side would have more/;
  assert.match(refusalOf(reserve, { push_msat: msat(half * 1000n) }) ?? '', neither, 'both have just so much');
  for (const push of [half + 1n, half - 1n]) {
    assert.doesNotMatch(refusalOf(reserve, { push_msat: msat(push * 1000n) }) ?? '', neither, `${push}`);
  }
  const all = { max_reserve_per_mille: 1000 };
  const split = { push_msat: msat(500_000_000) };
  assert.match(refusalOfAnswer({ channel_reserve_satoshis: sat(500_000) }, split, all) ?? '', neither);
  assert.equal(refusalOfAnswer({ channel_reserve_satoshis: sat(499_999) }, split, all), undefined);
  for (const push of [500_001_000n, 499_999_000n]) {
    const request = { push_msat: msat(push) };
    assert.equal(refusalOfAnswer({ channel_reserve_satoshis: sat(500_000) }, request, all), undefined, `${push}`);
  }
});

test('no reserve is below a dust limit, whoever set either of them', () => {
  const small = { funding_satoshis: sat(100_000), push_msat: msat(0) };
  type Reserves = Pick<AcceptChannel, 'dust_limit_satoshis' | 'channel_reserve_satoshis'>;
  for (const refusal of [
    (changes: Reserves) => refusalOf(changes, small),
    (changes: Reserves) => refusalOfAnswer(changes, small),
  ]) {
    const theirs = (dust: number, reserve: number) => ({
      dust_limit_satoshis: sat(dust),
      channel_reserve_satoshis: sat(reserve),
    });
    assert.equal(refusal(theirs(354, 354)), undefined);
    assert.match(
      refusal(theirs(355, 354)) ?? '',
      /channel_reserve_satoshis 354 is below a dust limit/,
      "the peer's own",
    );
    assert.match(refusal(theirs(354, 353)) ?? '', /channel_reserve_satoshis 353 is below a dust limit/, 'ours');
    assert.equal(refusal(theirs(1_000, 1_000)), undefined);
    assert.match(refusal(theirs(1_001, 1_001)) ?? '', /1001 is above our channel_reserve_satoshis/);
  }
});

test("a reserve below our own dust limit is refused, although it is not below the peer's", () => {
  const ours = policy({ dust_limit_satoshis: sat(1_000) });
  for (const [reserve, isTaken] of [
    [1_000, true],
    [999, false],
  ] as const) {
    const open = { ...openMessage(), channel_reserve_satoshis: sat(reserve) };
    const bob = environment(fakeSigner('bob'), { policy: ours });
    assert.equal(reasonOf(acceptOpening(open, acceptRequest(), bob)) === undefined, isTaken);
  }
});

test('our update promises no more than the channel holds, and no more than the peer lets us have in flight', () => {
  const { alice } = usablePair();
  for (const [in_flight_msat, expected_msat] of [
    [2n ** 63n, 1_000_000_000n],
    [1_000_000_001n, 1_000_000_000n],
    [999_999_999n, 999_999_999n],
  ] as const) {
    const remote = { ...alice.state.terms.remote, max_htlc_value_in_flight_msat: in_flight_msat as Msat };
    const facts = channelUpdateFacts({ ...alice.state, terms: { ...alice.state.terms, remote } });
    assert.equal(facts?.htlc_maximum_msat, expected_msat);
  }
});

test('a zero-conf channel has no depth to wait for, and another one may have any within our limit', () => {
  const type = (option_zeroconf: boolean) => ({ channel_type: { option_scid_alias: true, option_zeroconf } });
  assert.equal(refusalOfAnswer({ minimum_depth: 0 }, type(true)), undefined);
  assert.match(refusalOfAnswer({ minimum_depth: 1 }, type(true)) ?? '', /zero-conf channel must be zero/);
  assert.equal(refusalOfAnswer({ minimum_depth: 1 }, type(false)), undefined);
  assert.equal(refusalOfAnswer({ minimum_depth: 144 }, type(false)), undefined);
  assert.match(refusalOfAnswer({ minimum_depth: 145 }, type(false)) ?? '', /minimum_depth 145 is too large/);
});

test('of channel_flags only the lowest bit means something', () => {
  const type = { channel_type: { option_scid_alias: false, option_zeroconf: false } };
  for (const [channel_flags, announce_channel] of [
    [0x00, false],
    [0x01, true],
    [0xfe, false],
    [0xff, true],
  ] as const) {
    const { opening } = acceptOpening(
      { ...openMessage(type), channel_flags },
      acceptRequest(),
      environment(fakeSigner('bob')),
    );
    assert.equal(opening?.announce_channel, announce_channel, `${channel_flags}`);
  }
});

const PUBLIC = { announce_channel: true, channel_type: { option_scid_alias: false, option_zeroconf: false } };

function signatures(short_channel_id: string, fill = 'aa') {
  const signature = fill.repeat(64);
  return {
    short_channel_id: short_channel_id as ShortChannelId,
    node_signature: signature,
    bitcoin_signature: signature,
  };
}

test('a channel is announced when it is public, usable and six deep', () => {
  const isDue = ({ alice }: Pair): boolean => alice.take('announcement_due').length > 0;
  const hidden = usablePair();
  hidden.alice.do(confirmation(6));
  assert.equal(isDue(hidden), false, 'not a private one');
  const early = usablePair({ open: PUBLIC });
  early.alice.do(confirmation(5));
  assert.equal(isDue(early), false);
  early.alice.do(confirmation(6));
  assert.equal(isDue(early), true);
  const opening = fundedPair({ open: PUBLIC });
  opening.alice.do(confirmation(6));
  assert.equal(isDue(opening), false, 'not before the peer is ready');
  opening.bob.do(confirmation(6));
  opening.exchange();
  assert.equal(isDue(opening), true);
  const closing = usablePair({ open: PUBLIC });
  closing.alice.do({ kind: 'shutdown' });
  closing.alice.do(confirmation(6));
  assert.equal(isDue(closing), false, 'not one that is closing');
});

test('announcement_signatures are said again until the other side has said its own, but not after shutdown', () => {
  for (const isClosing of [false, true]) {
    const pair = usablePair({ open: PUBLIC });
    pair.alice.do(confirmation(6));
    pair.alice.do({ kind: 'announce', signatures: signatures('90x2x1') });
    if (isClosing) pair.alice.do({ kind: 'shutdown' });
    pair.disconnect();
    pair.reconnect();
    for (const message of pair.bob.outbox.splice(0)) pair.alice.do({ kind: 'message', message });
    const said = pair.alice.outbox.some(({ type }) => type === 'announcement_signatures');
    assert.equal(said, !isClosing);
  }
});

test('announcement_signatures of a private channel, or for another place in the chain, announce nothing', () => {
  const hear = ({ alice }: Pair, short_channel_id: string) => {
    alice.do(confirmation(6));
    const { channel_id } = alice.state.terms;
    alice.do({
      kind: 'message',
      message: { type: 'announcement_signatures', channel_id, ...signatures(short_channel_id, 'bb') },
    });
    return alice.take('passed_over').map(({ reason }) => reason);
  };
  const hidden = usablePair();
  assert.deepEqual(hear(hidden, '90x2x1'), ['announcement_signatures for a private channel']);
  assert.equal(hidden.alice.state.remote_announcement, undefined);
  const moved = usablePair({ open: PUBLIC });
  assert.deepEqual(hear(moved, '91x2x1'), ['announcement_signatures for 91x2x1, and the channel is 90x2x1']);
  assert.equal(moved.alice.state.remote_announcement, undefined);
  // Right when it was said, and a reorganisation moves the funding afterwards.
  const { alice } = usablePair({ open: PUBLIC });
  const { channel_id } = alice.state.terms;
  alice.do(confirmation(6));
  alice.do({
    kind: 'message',
    message: { type: 'announcement_signatures', channel_id, ...signatures('90x2x1', 'bb') },
  });
  alice.do({ kind: 'funding_depth', confirmation: { block_height: 91, transaction_index: 2, depth_blocks: 6 } });
  alice.do({ kind: 'announce', signatures: signatures('91x2x1') });
  assert.deepEqual(alice.take('announcement_complete'), []);
});
