/** The fees of a close in agreement, to the satoshi, and which of its transactions are taken (BOLT 2, closing_signed). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat, type Sat, sat } from '../../../src/base/types/amount.ts';
import type { ClosingSigned } from '../../../src/codec/wire/index.ts';
import type { Environment, Feerates } from '../../../src/protocol/channel/policy.ts';
import type { ClosingFeeSpan } from '../../../src/protocol/channel/state.ts';
import { fakeSigner } from './fake-signer.ts';
import { deliver, types } from './meeting.ts';
import { type End, environment, type Pair, policy, usablePair } from './pair.ts';

/** Of a closing transaction with two outputs of P2WPKH, and of one with one. */
const WEIGHT = 4 * 51 + 222 + 2 * 4 * 31;
const ONE_OUTPUT = WEIGHT - 4 * 31;
const feeAt = (feerate_per_kw: number, weight = WEIGHT) => BigInt(Math.ceil((feerate_per_kw * weight) / 1_000));
/** What the commitment would cost: 1,124 weight and both anchors. */
const aloneAt = (feerate_per_kw: number) => (1_124n * BigInt(feerate_per_kw)) / 1_000n + 660n;

const RATES: Feerates = {
  floor_per_kw: 253,
  mempool_per_kw: 253,
  commitment_per_kw: 1_000,
  closing_per_kw: 1_000,
  max_closing_per_kw: 5_000,
};

function pairOf(changes: Partial<Environment> = {}, push_msat = 200_000_000n): Pair {
  return usablePair({
    open: { push_msat: msat(push_msat) },
    alice: environment(fakeSigner('alice'), changes),
    bob: environment(fakeSigner('bob'), changes),
  });
}

function rates(end: End, changes: Partial<Feerates>): void {
  end.env = { ...end.env, feerates: { ...RATES, ...changes } };
}

/** Bob asks to close and has heard alice's answer; her first offer is taken out of her outbox. */
function begun(pair: Pair): ClosingSigned {
  pair.bob.do({ kind: 'shutdown' });
  deliver(pair.bob, pair.alice);
  deliver(pair.alice, pair.bob, 1);
  return offerOf(pair.alice);
}

function offerOf(end: End): ClosingSigned {
  const [message, ...more] = end.outbox.splice(0);
  assert.ok(message?.type === 'closing_signed');
  assert.deepEqual(more, []);
  return message;
}

interface Variant {
  readonly fee_range?: ClosingFeeSpan;
  readonly without_own?: boolean;
  readonly without_peers?: boolean;
}

/** A `closing_signed` of this end with a signature that is valid. */
function signed(end: End, fee: bigint, { fee_range, without_own, without_peers }: Variant = {}): ClosingSigned {
  const { local_msat, remote_msat, terms, local_shutdown_script, remote_shutdown_script } = end.state;
  const pays = terms.opener === 'local';
  const view = {
    local_sat: without_own === true ? undefined : sat(local_msat / 1_000n - (pays ? fee : 0n)),
    remote_sat: without_peers === true ? undefined : sat(remote_msat / 1_000n - (pays ? 0n : fee)),
    local_script: local_shutdown_script as string,
    remote_script: remote_shutdown_script as string,
  };
  const signature = end.env.signer.signClosing(terms, view);
  const message = {
    type: 'closing_signed',
    channel_id: terms.channel_id,
    fee_satoshis: fee as Sat,
    signature,
  } as const;
  return fee_range === undefined ? message : { ...message, fee_range };
}

function span(min: bigint, max: bigint): ClosingFeeSpan {
  return { min_fee_satoshis: sat(min), max_fee_satoshis: sat(max) };
}

function hear(end: End, message: ClosingSigned) {
  return end.attempt({ kind: 'message', message }).violation;
}

test('the opener offers what is fair, from what the mempool takes to what closing alone costs', () => {
  const pair = pairOf();
  rates(pair.alice, { mempool_per_kw: 400 });
  const first = begun(pair);
  assert.equal(first.fee_satoshis, feeAt(1_000));
  assert.deepEqual(first.fee_range, span(feeAt(400), aloneAt(5_000)));
});

test('an opener that has little left offers no more than that', () => {
  // After the push 2,000 sat are alice's: the fee of the first commitment and both anchors are 1,784.
  const poor = () => pairOf({}, 998_000_000n);
  const first = begun(poor());
  assert.deepEqual([first.fee_satoshis, first.fee_range], [feeAt(1_000), span(feeAt(253), 2_000n)]);
  const dear = poor();
  rates(dear.alice, { mempool_per_kw: 4_000, closing_per_kw: 4_500 });
  const all = begun(dear);
  assert.deepEqual([all.fee_satoshis, all.fee_range], [2_000n, span(2_000n, 2_000n)]);
});

test('who does not pay asks only that it relays, and allows what the opener allows', () => {
  for (const [theirs, most] of [
    [span(100n, 50_000n), 50_000n],
    [span(100n, 2_000n), aloneAt(5_000)],
  ] as const) {
    const pair = pairOf();
    begun(pair);
    rates(pair.bob, { mempool_per_kw: 4_000, closing_per_kw: 1_500 });
    assert.equal(hear(pair.bob, signed(pair.alice, 700n, { fee_range: theirs })), undefined);
    const answer = offerOf(pair.bob);
    assert.deepEqual([answer.fee_satoshis, answer.fee_range], [feeAt(1_500), span(feeAt(253), most)]);
    assert.equal(pair.bob.state.phase, 'closing', 'the opener has yet to say the same');
  }
});

test('who does not pay chooses what is fair within both ranges, and closes at once where that is what was offered', () => {
  for (const [theirs, offered, chosen] of [
    [span(300n, 500n), 400n, 500n],
    [span(3_000n, 4_000n), 3_500n, 3_000n],
    [span(3_000n, 4_000n), 3_000n, 3_000n],
    [span(100n, 9_000n), feeAt(1_000), feeAt(1_000)],
    [span(10n, feeAt(253)), feeAt(253), feeAt(253)],
  ] as const) {
    const pair = pairOf();
    begun(pair);
    assert.equal(hear(pair.bob, signed(pair.alice, offered, { fee_range: theirs })), undefined);
    assert.equal(offerOf(pair.bob).fee_satoshis, chosen);
    assert.equal(pair.bob.state.phase, offered === chosen ? 'closed' : 'closing');
  }
  const pair = pairOf();
  begun(pair);
  const below = span(10n, feeAt(253) - 1n);
  assert.match(hear(pair.bob, signed(pair.alice, 10n, { fee_range: below }))?.message ?? '', /do not overlap/);
});

test('other feerates of the operator are offered only by the opener, to a peer that has said nothing yet, and before the end', () => {
  const again = { kind: 'shutdown', feerange: { min_per_kw: 2_000, max_per_kw: 3_000 } } as const;
  const pair = pairOf();
  const first = begun(pair);
  pair.alice.do(again);
  assert.deepEqual(offerOf(pair.alice).fee_range, span(feeAt(2_000), feeAt(3_000)));
  pair.bob.do(again);
  assert.deepEqual(types(pair.bob), [], 'it is for the opener to begin');
  const answered = pairOf();
  begun(answered);
  assert.equal(hear(answered.alice, signed(answered.bob, 9_000n)), undefined);
  offerOf(answered.alice);
  answered.alice.do(again);
  assert.deepEqual(types(answered.alice), []);
  const agreed = pairOf();
  begun(agreed);
  assert.equal(hear(agreed.alice, signed(agreed.bob, first.fee_satoshis)), undefined);
  assert.equal(agreed.alice.state.phase, 'closed');
  agreed.alice.outbox.length = 0;
  agreed.alice.do(again);
  assert.deepEqual(types(agreed.alice), []);
});

test('before the opener has begun, closing_signed is refused; and so it is where the simple close was agreed on', () => {
  const pair = pairOf();
  begun(pair);
  const message = signed(pair.bob, 700n);
  pair.alice.state = { ...pair.alice.state, negotiation: undefined };
  assert.match(hear(pair.alice, message)?.message ?? '', /for the opener to begin/);
  const simple = pairOf();
  begun(simple);
  simple.bob.env = { ...simple.bob.env, option_simple_close: true };
  assert.match(hear(simple.bob, signed(simple.alice, 700n))?.message ?? '', /we agreed on closing_complete/);
});

test('the transaction that the peer signed may leave out its own output, and never ours', () => {
  for (const who of ['alice', 'bob'] as const) {
    for (const [variant, isTaken] of [
      [{}, true],
      [{ without_own: true }, true],
      [{ without_peers: true }, false],
    ] as const) {
      const pair = pairOf();
      const first = begun(pair);
      const [till, peer] = who === 'alice' ? [pair.alice, pair.bob] : [pair.bob, pair.alice];
      const fee_range = who === 'alice' ? {} : { fee_range: first.fee_range as ClosingFeeSpan };
      const violation = hear(till, signed(peer, first.fee_satoshis, { ...variant, ...fee_range }));
      assert.equal(violation === undefined, isTaken, `${who} ${JSON.stringify(variant)}`);
      if (!isTaken) assert.match(violation?.message ?? '', /signature is not valid .*: raw transaction/);
    }
  }
});

test('a transaction without any output closes nothing', () => {
  const pair = pairOf({}, 100_000n);
  const { fee_range, fee_satoshis } = begun(pair);
  const none = { without_own: true, without_peers: true, fee_range: fee_range as ClosingFeeSpan };
  assert.match(hear(pair.bob, signed(pair.alice, fee_satoshis, none))?.message ?? '', /signature is not valid/);
});

test('an output between the dust limits of both sides may be there or not', () => {
  for (const isThere of [true, false]) {
    const [high, low] = [policy({ dust_limit_satoshis: sat(900) }), policy({ dust_limit_satoshis: sat(354) })];
    const pair = usablePair({
      open: { push_msat: msat(600_000) },
      alice: environment(fakeSigner('alice'), { policy: high }),
      bob: environment(fakeSigner('bob'), { policy: low }),
    });
    begun(pair);
    // Bob's 600 sat are dust to alice.
    const fee = pair.alice.state.negotiation?.sent_fee_satoshis as bigint;
    assert.equal(fee, feeAt(1_000, ONE_OUTPUT));
    assert.equal(hear(pair.alice, signed(pair.bob, fee, { without_own: !isThere })), undefined);
    assert.equal(pair.alice.state.phase, 'closed');
  }
});

test('an output of the peer that would not be relayed fails the channel before anything is signed', () => {
  const script = `76a914${'22'.repeat(20)}88ac`;
  for (const [balance, isRelayed] of [
    [545_000n, false],
    [546_000n, true],
  ] as const) {
    const pair = pairOf({ option_upfront_shutdown_script: false }, balance);
    const { channel_id } = pair.alice.state.terms;
    const message = { type: 'shutdown', channel_id, scriptpubkey: script } as const;
    const { violation } = pair.alice.attempt({ kind: 'message', message });
    assert.equal(
      violation?.message,
      isRelayed ? undefined : 'closing_signed: your output of 545 sat would not be relayed',
    );
    if (isRelayed) assert.deepEqual(types(pair.alice), ['shutdown', 'closing_signed']);
    else assert.equal(pair.alice.state.phase, 'failed');
  }
});

test('nor is a transaction with such an output completed, when only the dust limit of the peer allows it', () => {
  const high = policy({ dust_limit_satoshis: sat(900) });
  const pair = usablePair({
    open: { push_msat: msat(500_000) },
    alice: environment(fakeSigner('alice'), { policy: high, option_upfront_shutdown_script: false }),
    bob: environment(fakeSigner('bob'), { option_upfront_shutdown_script: false }),
  });
  begun(pair);
  const fee = pair.alice.state.negotiation?.sent_fee_satoshis as bigint;
  const script = `76a914${'22'.repeat(20)}88ac`;
  for (const end of [pair.alice, pair.bob]) {
    const key = end === pair.alice ? 'remote_shutdown_script' : 'local_shutdown_script';
    end.state = { ...end.state, [key]: script };
  }
  const violation = hear(pair.alice, signed(pair.bob, fee));
  assert.equal(violation?.message, 'closing_signed: your output of 500 sat would not be relayed');
  assert.deepEqual(pair.alice.state.closing_transactions, []);
});

test('a fundee without fee_range is met half way, as far as an urgent transaction costs', () => {
  const pair = pairOf();
  const { fee_satoshis: first } = begun(pair);
  assert.equal(first, feeAt(1_000));
  assert.equal(hear(pair.alice, signed(pair.bob, 5_000n)), undefined);
  assert.equal(offerOf(pair.alice).fee_satoshis, (first + 5_000n) / 2n);
  const dear = pairOf();
  begun(dear);
  hear(dear.alice, signed(dear.bob, 90_000n));
  assert.equal(offerOf(dear.alice).fee_satoshis, feeAt(5_000), 'half way would be more');
  const urgent = pairOf();
  begun(urgent);
  hear(urgent.alice, signed(urgent.bob, feeAt(5_000)));
  assert.equal(urgent.alice.state.phase, 'closed', 'so much is paid at once');
});

test('beyond that it goes on satoshi by satoshi, as long as closing alone would cost more', () => {
  const pair = pairOf();
  begun(pair);
  hear(pair.alice, signed(pair.bob, 90_000n));
  const sent = offerOf(pair.alice).fee_satoshis;
  hear(pair.alice, signed(pair.bob, 80_000n));
  assert.equal(offerOf(pair.alice).fee_satoshis, sent + 1n);
  assert.equal(hear(pair.alice, signed(pair.bob, sent + 2n)), undefined);
  assert.equal(pair.alice.state.phase, 'closed', 'a satoshi more is what would be said next');
  for (const [last, isOffered] of [
    [aloneAt(5_000) - 1n, true],
    [aloneAt(5_000), false],
  ] as const) {
    const end = pairOf();
    begun(end);
    hear(end.alice, signed(end.bob, 90_000n));
    offerOf(end.alice);
    const { negotiation } = end.alice.state;
    end.alice.state = { ...end.alice.state, negotiation: { ...negotiation, sent_fee_satoshis: sat(last) } as never };
    const violation = hear(end.alice, signed(end.bob, 80_000n));
    if (isOffered) assert.equal(offerOf(end.alice).fee_satoshis, aloneAt(5_000));
    else assert.match(violation?.message ?? '', /no fee suits both of us/);
  }
});

test('an opener without fee_range that pays less than what relays is asked for that, and not met below it', () => {
  const pair = pairOf();
  begun(pair);
  const least = feeAt(253);
  // Half way each time: from 674 to 10, then from there to what is said next, but not below 171.
  for (const [theirs, ours] of [
    [10n, (feeAt(1_000) + 10n) / 2n],
    [11n, ((feeAt(1_000) + 10n) / 2n + 11n) / 2n],
    [12n, least],
  ] as const) {
    assert.equal(hear(pair.bob, signed(pair.alice, theirs)), undefined);
    assert.equal(offerOf(pair.bob).fee_satoshis, ours);
  }
  assert.match(hear(pair.bob, signed(pair.alice, 13n))?.message ?? '', /no fee suits both of us/);
  const fair = pairOf();
  begun(fair);
  assert.equal(hear(fair.bob, signed(fair.alice, least)), undefined);
  assert.equal(fair.bob.state.phase, 'closed');
});

test('that a close was agreed on is stored before its transaction goes out', () => {
  const pair = pairOf();
  const { fee_satoshis } = begun(pair);
  const outcome = pair.alice.do({ kind: 'message', message: signed(pair.bob, fee_satoshis) });
  assert.equal(outcome.store, true);
  assert.deepEqual(
    outcome.effects.map(({ kind }) => kind),
    ['closing_agreed', 'broadcast'],
  );
});
