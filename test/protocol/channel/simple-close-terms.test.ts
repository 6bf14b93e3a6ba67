/** What a side offers in a simple close at which balances, and what it takes of the other (BOLT 2, closing_complete). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat, sat } from '../../../src/base/types/amount.ts';
import type { ClosingComplete, ClosingSig } from '../../../src/codec/wire/index.ts';
import type { ChannelSigner, ClosingView } from '../../../src/protocol/channel/signer.ts';
import { offerClose } from '../../../src/protocol/channel/simple-close.ts';
import type { ChannelState } from '../../../src/protocol/channel/state.ts';
import type { Turn } from '../../../src/protocol/channel/turn.ts';
import { fakeSigner } from './fake-signer.ts';
import { type End, environment, messagesOf, offer, type Pair, usablePair } from './pair.ts';

const OURS = `0014${'11'.repeat(20)}`;
const THEIRS = `0014${'22'.repeat(20)}`;
const OP_RETURN = `6a10${'ee'.repeat(16)}`;

/** BOLT 3: a closing transaction with one output of P2WPKH, and with two. The dust limit of each is 294 sat. */
const WEIGHT_1 = 550;
const WEIGHT_2 = 674;
const feeAt = (feerate_per_kw: number, weight: number) => BigInt(Math.ceil((feerate_per_kw * weight) / 1_000));
const [FAIR_1, FAIR_2] = [feeAt(1_000, WEIGHT_1), feeAt(1_000, WEIGHT_2)];
const [LEAST_1, LEAST_2] = [feeAt(253, WEIGHT_1), feeAt(253, WEIGHT_2)];

function simplePair(): Pair {
  const env = (name: string) => environment(fakeSigner(name), { option_simple_close: true });
  return usablePair({ alice: env('alice'), bob: env('bob') });
}

/** A signer that keeps the views of what it signs. */
function recording(): { signer: ChannelSigner; views: ClosingView[] } {
  const signer = fakeSigner('alice');
  const views: ClosingView[] = [];
  return {
    views,
    signer: {
      ...signer,
      signClosing(terms, view) {
        views.push(view);
        return signer.signClosing(terms, view);
      },
    },
  };
}

/** Both have said `shutdown`, and these are the balances. */
function ready(state: ChannelState, local_msat: bigint, remote_msat: bigint, changes: Partial<ChannelState> = {}) {
  return {
    ...state,
    phase: 'closing',
    local_msat: msat(local_msat),
    remote_msat: msat(remote_msat),
    local_shutdown_script: OURS,
    remote_shutdown_script: THEIRS,
    shutdown_sent: true,
    shutdown_heard: true,
    ...changes,
  } as const satisfies ChannelState;
}

/** What the opener offers at these balances: fee, variants, and the views that it signs. */
function offered(local_msat: bigint, remote_msat: bigint, raised_per_kw?: number, changes: Partial<ChannelState> = {}) {
  const { signer, views } = recording();
  const env = environment(signer, { option_simple_close: true });
  const state = ready(simplePair().alice.state, local_msat, remote_msat, changes);
  const turn: Turn = { state, env, store: false, effects: [] };
  offerClose(turn, raised_per_kw);
  const [message] = messagesOf(turn.effects) as ClosingComplete[];
  if (message === undefined) {
    assert.equal(turn.state, state);
    return undefined;
  }
  return { fee: message.fee_satoshis, variants: turn.state.offered_close?.variants, views };
}

const LARGE = 900_000_000n;

test('a peer whose balance is dust has no output in our offer, and no part in its weight', () => {
  const without = offered(LARGE, 293_999n);
  assert.deepEqual([without?.fee, without?.variants], [FAIR_1, ['closer_output_only']]);
  assert.deepEqual(without?.views, [
    {
      local_sat: LARGE / 1_000n - FAIR_1,
      remote_sat: undefined,
      local_script: OURS,
      remote_script: THEIRS,
      locktime: 0,
    },
  ]);
  const both = offered(LARGE, 294_000n);
  assert.deepEqual([both?.fee, both?.variants], [FAIR_2, ['closer_output_only', 'closer_and_closee_outputs']]);
});

test('who has the lesser balance signs one transaction, and may give all that it has to the fee', () => {
  const usual = offered(200_000_000n, LARGE);
  assert.deepEqual([usual?.fee, usual?.variants], [FAIR_2, ['closer_and_closee_outputs']]);
  const small = offered(700_000n, LARGE);
  assert.deepEqual([small?.fee, small?.variants], [FAIR_2, ['closee_output_only']]);
  assert.deepEqual(small?.views, [
    { local_sat: undefined, remote_sat: LARGE / 1_000n, local_script: OURS, remote_script: THEIRS, locktime: 0 },
  ]);
  const least = offered(LEAST_1 * 1_000n, LARGE);
  assert.deepEqual([least?.fee, least?.variants], [LEAST_1, ['closee_output_only']]);
  assert.equal(offered(150_000n, LARGE)?.fee, 150n, 'what would be left for us is dust, and the fee relays without it');
  assert.equal(offered(LEAST_1 * 1_000n - 1n, LARGE), undefined, 'it would not be relayed');
});

test('who does not have the lesser balance keeps an output that is relayed', () => {
  const equal = offered(700_000n, 700_000n);
  assert.deepEqual([equal?.fee, equal?.variants], [406n, ['closer_output_only', 'closer_and_closee_outputs']]);
  const least_msat = (LEAST_2 + 294n) * 1_000n;
  assert.equal(offered(least_msat, least_msat)?.fee, LEAST_2);
  assert.equal(offered(least_msat - 1_000n, least_msat - 1_000n), undefined);
});

test('nothing is offered when the balance of each is dust', () => {
  assert.equal(offered(200_000n, 293_000n), undefined);
  assert.equal(offered(293_000n, 200_000n), undefined);
  const closing_feerange = { min_per_kw: 0, max_per_kw: 10_000 };
  assert.equal(offered(293_000n, 293_000n, undefined, { closing_feerange }), undefined, 'a fee of nothing is allowed');
});

test('a raised feerate is paid to the satoshi, and our output of OP_RETURN has no amount', () => {
  assert.equal(offered(LARGE, LARGE, 2_000)?.fee, feeAt(2_000, WEIGHT_2));
  const burnt = offered(LARGE, 200_000_000n, undefined, { local_shutdown_script: OP_RETURN });
  assert.deepEqual(
    burnt?.views.map(({ local_sat, remote_sat }) => [local_sat, remote_sat]),
    [
      [0n, undefined],
      [0n, 200_000n],
    ],
  );
});

/** Bob, and what alice signs to him: a transaction without her output, which pays this fee. */
function signedTo(bob: End, fee: bigint, closer_scriptpubkey = THEIRS): ClosingComplete {
  const { state, env } = bob;
  const view = {
    local_sat: sat(state.local_msat / 1_000n),
    remote_sat: undefined,
    local_script: OURS,
    remote_script: closer_scriptpubkey,
    locktime: 0,
  };
  return {
    type: 'closing_complete',
    channel_id: state.terms.channel_id,
    closer_scriptpubkey,
    closee_scriptpubkey: OURS,
    fee_satoshis: sat(fee),
    locktime: 0,
    closee_output_only: env.signer.signClosing(state.terms, view),
  };
}

function judged(end: End, message: ClosingComplete | ClosingSig): string | undefined {
  return end.attempt({ kind: 'message', message }).violation?.message;
}

/** Bob as a receiver of closing_complete; alice has promised no script at the opening. */
function receiver(remote_msat: bigint, changes: Partial<ChannelState> = {}): End {
  const { bob } = simplePair();
  const { terms } = bob.state;
  const free = { ...terms, remote: { ...terms.remote, upfront_shutdown_script: '' } };
  bob.state = ready({ ...bob.state, terms: free }, LARGE, remote_msat, changes);
  return bob;
}

test('the closer may pay all that it has, and no more (BOLT 2, closing_complete)', () => {
  const all = receiver(400_000n);
  assert.equal(judged(all, signedTo(all, 400n)), undefined);
  const more = receiver(400_999n);
  assert.match(judged(more, signedTo(more, 401n)) ?? '', /cannot pay a fee of 401 sat/);
});

test('the script of the closer is one that a channel can be closed to (BOLT 2, closing_complete)', () => {
  const bob = receiver(400_000n);
  assert.match(judged(bob, signedTo(bob, 400n, '51')) ?? '', /of no kind/);
  const other = receiver(400_000n);
  assert.equal(judged(other, signedTo(other, 400n, `0014${'33'.repeat(20)}`)), undefined);
});

test('closing_complete is refused with an HTLC in flight, and before shutdown on this connection', () => {
  const pair = simplePair();
  pair.alice.do(offer(1, 10_000_000));
  pair.exchange();
  const busy = receiver(400_000n, { htlcs: pair.bob.state.htlcs });
  assert.equal(busy.state.htlcs.length, 1);
  assert.match(judged(busy, signedTo(busy, 400n)) ?? '', /before the channel is empty/);
  const early = receiver(400_000n, { shutdown_heard: false });
  assert.match(judged(early, signedTo(early, 400n)) ?? '', /before the channel is empty/);
});

test('what the closee signs is seen from its own side', () => {
  const bob = receiver(400_000n);
  const message = signedTo(bob, 400n);
  const { signer, views } = recording();
  bob.env = { ...bob.env, signer };
  assert.equal(judged(bob, message), undefined);
  assert.deepEqual(views, [
    { local_sat: LARGE / 1_000n, remote_sat: undefined, local_script: OURS, remote_script: THEIRS, locktime: 0 },
  ]);
});

/** A side that has made its offer, and the peer's answer to it for these variants, each with a signature that is valid. */
function answered(local_msat: bigint, remote_msat: bigint, ...variants: readonly string[]): [End, ClosingSig] {
  const { alice: end } = simplePair();
  end.state = ready(end.state, local_msat, remote_msat);
  const turn: Turn = { state: end.state, env: end.env, store: false, effects: [] };
  offerClose(turn);
  end.state = turn.state;
  const [message] = messagesOf(turn.effects) as [ClosingComplete];
  const { channel_id, closer_scriptpubkey, closee_scriptpubkey, fee_satoshis, locktime } = message;
  const signatures = variants.map((variant) => {
    const local_sat = variant === 'closee_output_only' ? undefined : sat(local_msat / 1_000n - fee_satoshis);
    const remote_sat = variant === 'closer_output_only' ? undefined : sat(remote_msat / 1_000n);
    const view = { local_sat, remote_sat, local_script: OURS, remote_script: THEIRS, locktime };
    return [variant, end.env.signer.signClosing(end.state.terms, view)];
  });
  const fields = { channel_id, closer_scriptpubkey, closee_scriptpubkey, fee_satoshis, locktime };
  return [end, { type: 'closing_sig', ...fields, ...Object.fromEntries(signatures) }];
}

test('closing_sig holds one signature, of a transaction that we have signed, however valid (BOLT 2, closing_sig)', () => {
  const both = 'closer_and_closee_outputs';
  for (const [local_msat, remote_msat, variants] of [
    [200_000_000n, LARGE, [both]],
    [LARGE, 200_000_000n, [both]],
    [LARGE, 200_000_000n, ['closer_output_only']],
  ] as const) {
    const [end, message] = answered(local_msat, remote_msat, ...variants);
    assert.equal(judged(end, message), undefined);
    assert.equal(end.state.closing_transactions.length, 1);
  }
  for (const [local_msat, remote_msat, variants] of [
    // Our own output is left out, and with it all that we have.
    [200_000_000n, LARGE, ['closee_output_only']],
    [200_000_000n, LARGE, ['closer_output_only']],
    [LARGE, 200_000_000n, ['closee_output_only']],
    [LARGE, 200_000_000n, ['closer_output_only', both]],
    [LARGE, 200_000_000n, []],
  ] as const) {
    const [end, message] = answered(local_msat, remote_msat, ...variants);
    assert.match(judged(end, message) ?? '', /exactly one of the signatures/, variants.join());
    assert.deepEqual(end.state.closing_transactions, []);
    assert.equal(end.take('broadcast').length, 0);
  }
});

test('an offer is not replaced before it has been answered', () => {
  const [end, answer] = answered(LARGE, 200_000_000n, 'closer_and_closee_outputs');
  const more = { kind: 'shutdown', feerange: { min_per_kw: 4_000, max_per_kw: 4_000 } } as const;
  end.do(more);
  assert.deepEqual(end.outbox, []);
  end.do({ kind: 'message', message: answer });
  const [replaced] = messagesOf(end.do(more).effects) as ClosingComplete[];
  assert.equal(replaced?.fee_satoshis, feeAt(4_000, WEIGHT_2));
});

test('nothing is raised while HTLCs are in flight, or when the channel was set aside', () => {
  const raise = { kind: 'raise_close', feerate_per_kw: 4_000 } as const;
  const pair = simplePair();
  pair.alice.do(offer(1, 10_000_000));
  pair.exchange();
  pair.alice.do({ kind: 'shutdown' });
  pair.exchange();
  assert.equal(pair.alice.state.shutdown_heard, true);
  pair.alice.do(raise);
  assert.deepEqual(pair.alice.outbox, []);
  const [end, answer] = answered(LARGE, 200_000_000n, 'closer_and_closee_outputs');
  end.do({ kind: 'message', message: answer });
  const closed = end.state;
  end.state = { ...closed, link: 'aside' };
  end.do(raise);
  assert.deepEqual(end.outbox, []);
  end.state = closed;
  end.do(raise);
  assert.equal(end.outbox.length, 1);
});

test('an offer that cannot be raised stays as it is', () => {
  const [end, answer] = answered(1_000_000n, LARGE, 'closer_and_closee_outputs');
  end.do({ kind: 'message', message: answer });
  assert.equal(end.state.phase, 'closed');
  const before = end.state;
  end.env = { ...end.env, feerates: { ...end.env.feerates, mempool_per_kw: 5_000 } };
  end.do({ kind: 'raise_close', feerate_per_kw: 5_000 });
  assert.deepEqual(end.outbox, []);
  assert.equal(end.state, before);
});
