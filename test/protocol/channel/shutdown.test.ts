/** When `shutdown` is said, what of it is stored, and what it does not do (BOLT 2, Closing Initiation). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publishableCloses } from '../../../src/protocol/channel/close-agreed.ts';
import { fakeSigner } from './fake-signer.ts';
import { type End, environment, offer, type Pair, usablePair } from './pair.ts';

const SHUTDOWN = { kind: 'shutdown' } as const;
const FEERANGE = { min_per_kw: 2_000, max_per_kw: 3_000 };

const said = ({ outbox }: End): string[] => outbox.splice(0).map(({ type }) => type);

function deliver(from: End, to: End): void {
  for (const message of from.outbox.splice(0)) to.do({ kind: 'message', message });
}

/** A pair that has agreed on the simple close. */
function simplePair(): Pair {
  const env = (name: string) => environment(fakeSigner(name), { option_simple_close: true });
  return usablePair({ alice: env('alice'), bob: env('bob') });
}

test('the wish to close and the feerates of the operator are stored while the peer is away', () => {
  const { alice } = usablePair();
  alice.do({ kind: 'disconnected' });
  assert.equal(alice.do(SHUTDOWN).store, true);
  assert.equal(alice.state.phase, 'closing');
  assert.equal(alice.do({ kind: 'shutdown', feerange: FEERANGE }).store, true);
  assert.deepEqual(alice.state.closing_feerange, FEERANGE);
  assert.equal(alice.do(SHUTDOWN).store, false);
  assert.deepEqual(alice.state.closing_feerange, FEERANGE, 'a wish without feerates leaves those that were said');
  assert.deepEqual(said(alice), []);
});

test('that shutdown was said is stored, also when it is said after a reconnection', () => {
  const pair = usablePair();
  pair.disconnect();
  pair.alice.do(SHUTDOWN);
  pair.reconnect();
  const [message] = pair.bob.outbox;
  assert.equal(pair.alice.do({ kind: 'message', message: message as never }).store, true);
  assert.equal(pair.alice.state.shutdown_sent, true);
  assert.ok(said(pair.alice).includes('shutdown'));
});

test("the peer's shutdown is stored, also while ours has to wait for a signature", () => {
  const pair = usablePair();
  pair.bob.do(offer(1, 10_000_000));
  pair.bob.outbox.length = 0;
  pair.alice.do(SHUTDOWN);
  const [message] = pair.alice.outbox;
  const outcome = pair.bob.do({ kind: 'message', message: message as never });
  assert.deepEqual([outcome.store, outcome.effects], [true, []]);
  assert.equal(pair.bob.state.remote_shutdown_script, pair.alice.state.local_shutdown_script);
});

test('a channel that is over cannot be closed in agreement any more', () => {
  const failed = usablePair().alice;
  failed.do({ kind: 'force_close', reason: 'a test' });
  const spent = usablePair().alice;
  spent.do({ kind: 'funding_spent', transaction: '00' });
  for (const { attempt, state } of [failed, spent].map((end) => ({
    state: end.state,
    attempt: end.attempt(SHUTDOWN),
  }))) {
    assert.equal(attempt.refusal?.code, 'channel_unusable');
    assert.equal(attempt.state, state);
  }
});

test('we say no script that the peer need not take (BOLT 2, Closing Initiation)', () => {
  const free = environment(fakeSigner('alice'), { option_upfront_shutdown_script: false });
  const { alice } = usablePair({ alice: free });
  for (const scriptpubkey of ['51', `76a914${'11'.repeat(20)}88ac`, '6a']) {
    assert.equal(alice.attempt({ kind: 'shutdown', scriptpubkey }).refusal?.code, 'invalid', scriptpubkey);
    assert.equal(alice.state.phase, 'normal');
  }
  alice.do({ kind: 'shutdown', scriptpubkey: `0014${'33'.repeat(20)}` });
  assert.equal(alice.state.local_shutdown_script, `0014${'33'.repeat(20)}`);
});

test('other feerates are offered at once only to a peer that is there, and with no HTLC in flight', () => {
  const busy = usablePair();
  busy.alice.do(offer(1, 10_000_000));
  busy.exchange();
  busy.alice.do(SHUTDOWN);
  busy.exchange();
  busy.alice.do({ kind: 'shutdown', feerange: FEERANGE });
  assert.deepEqual(said(busy.alice), []);
  const away = usablePair();
  away.bob.do(SHUTDOWN);
  deliver(away.bob, away.alice);
  assert.deepEqual(said(away.alice), ['shutdown', 'closing_signed']);
  away.disconnect();
  away.alice.do({ kind: 'shutdown', feerange: FEERANGE });
  assert.deepEqual(said(away.alice), []);
});

test('the wish to close said again without feerates replaces no closing transaction', () => {
  const pair = simplePair();
  pair.bob.do(SHUTDOWN);
  pair.exchange();
  assert.equal(pair.alice.state.offered_close?.is_answered, true);
  pair.alice.do(SHUTDOWN);
  assert.deepEqual(said(pair.alice), []);
  pair.alice.do({ kind: 'shutdown', feerange: FEERANGE });
  assert.deepEqual(said(pair.alice), ['closing_complete']);
});

test('a channel that is closed stays so when the peer says shutdown again after a reconnection', () => {
  const pair = usablePair();
  pair.alice.do(SHUTDOWN);
  pair.exchange();
  pair.disconnect();
  pair.reconnect();
  deliver(pair.alice, pair.bob);
  deliver(pair.bob, pair.alice);
  const shutdown = pair.alice.outbox.find(({ type }) => type === 'shutdown');
  pair.bob.do({ kind: 'message', message: shutdown as never });
  assert.equal(pair.bob.state.phase, 'closed');
});

/** Alice has opened, and pauses for the signature of her last feerate, which bob has acknowledged. */
function pausing(pair: Pair): End {
  const { alice, bob } = pair;
  alice.do({ kind: 'update_fee', feerate_per_kw: 2_000 });
  alice.do({ kind: 'commit' });
  bob.do(SHUTDOWN);
  deliver(alice, bob);
  const unsigned = bob.outbox.splice(0).filter(({ type }) => type !== 'commitment_signed');
  for (const message of unsigned) alice.do({ kind: 'message', message });
  alice.do({ kind: 'commit' });
  assert.ok(alice.take('pause').length > 0);
  alice.outbox.length = 0;
  return alice;
}

test('a pause that is over when the peer is gone begins no negotiation', () => {
  for (const pair of [usablePair(), simplePair()]) {
    const alice = pausing(pair);
    pair.disconnect();
    alice.do({ kind: 'pause_over' });
    assert.deepEqual(said(alice), []);
    assert.deepEqual([alice.state.negotiation, alice.state.offered_close], [undefined, undefined]);
  }
});

test('once the pause is over the close is begun, and there is no second pause', () => {
  for (const [pair, word] of [
    [usablePair(), 'closing_signed'],
    [simplePair(), 'closing_complete'],
  ] as const) {
    const alice = pausing(pair);
    alice.do({ kind: 'pause_over' });
    assert.deepEqual(said(alice), [word]);
    assert.deepEqual(alice.take('pause'), []);
  }
});

const FAILED = { kind: 'fail', reason: '' } as const;

/** An update that waits for alice's signature, as she has proposed it or bob has signed it. */
const UNSIGNED: readonly [string, (pair: Pair) => void][] = [
  ['an HTLC of ours', ({ alice }) => alice.do(offer(2, 10_000_000))],
  ['a feerate of ours', ({ alice }) => alice.do({ kind: 'update_fee', feerate_per_kw: 2_000 })],
  ['our removal of an HTLC', ({ alice }) => alice.do({ kind: 'remove_htlc', id: 0n, removal: FAILED })],
  [
    "the peer's HTLC, which it has signed",
    ({ alice, bob }) => {
      bob.do(offer(2, 10_000_000));
      bob.do({ kind: 'commit' });
      deliver(bob, alice);
    },
  ],
  [
    "the peer's removal, which it has signed",
    ({ alice, bob }) => {
      bob.do({ kind: 'remove_htlc', id: 0n, removal: FAILED });
      bob.do({ kind: 'commit' });
      deliver(bob, alice);
    },
  ],
];

/** A pair with an HTLC of each side. */
function busyPair(): Pair {
  const pair = usablePair();
  for (const end of [pair.alice, pair.bob]) end.do(offer(1, 10_000_000));
  pair.exchange();
  return pair;
}

test("shutdown waits while an update is pending on the peer's commitment, and for nothing else (BOLT 2, Closing Initiation)", () => {
  for (const [what, propose] of UNSIGNED) {
    const pair = busyPair();
    propose(pair);
    said(pair.alice);
    pair.alice.do(SHUTDOWN);
    assert.deepEqual(said(pair.alice), [], what);
    pair.alice.do({ kind: 'commit' });
    assert.deepEqual(said(pair.alice), ['commitment_signed', ...(what.includes('feerate') ? [] : ['shutdown'])], what);
  }
  const quiet = busyPair();
  quiet.alice.do(SHUTDOWN);
  assert.deepEqual(said(quiet.alice), ['shutdown'], 'HTLCs that both have signed may be in flight');
  const proposed = busyPair();
  proposed.bob.do(offer(2, 10_000_000));
  proposed.bob.do({ kind: 'remove_htlc', id: 0n, removal: FAILED });
  deliver(proposed.bob, proposed.alice);
  proposed.alice.do(SHUTDOWN);
  assert.deepEqual(said(proposed.alice), ['shutdown'], 'what the peer has not signed is not pending there');
});

test('a shutdown behind a signature that has to wait for a revocation waits with it', () => {
  const pair = busyPair();
  const { alice, bob } = pair;
  alice.do(offer(2, 10_000_000));
  alice.do({ kind: 'commit' });
  deliver(alice, bob);
  alice.do(offer(3, 10_000_000));
  alice.do(SHUTDOWN);
  alice.do({ kind: 'commit' });
  assert.deepEqual(said(alice), ['update_add_htlc']);
  deliver(bob, alice);
  assert.deepEqual(said(alice), []);
  alice.do({ kind: 'commit' });
  assert.deepEqual(said(alice), ['commitment_signed', 'shutdown']);
});

test('fees are talked about when both have said shutdown and nothing is in flight or under way, and not before', () => {
  const pair = busyPair();
  const { alice, bob } = pair;
  alice.do(SHUTDOWN);
  deliver(alice, bob);
  deliver(bob, alice);
  assert.deepEqual([said(alice), said(bob)], [[], []], 'HTLCs are in flight');
  alice.do({ kind: 'remove_htlc', id: 0n, removal: FAILED });
  pair.exchange();
  assert.equal(alice.state.negotiation, undefined, 'one is left');
  bob.do({ kind: 'remove_htlc', id: 0n, removal: FAILED });
  bob.do({ kind: 'commit' });
  deliver(bob, alice);
  assert.equal(alice.state.negotiation, undefined, 'it is gone from one commitment only');
  pair.exchange();
  assert.deepEqual([alice.state.phase, bob.state.phase], ['closed', 'closed']);
});

test('one side that has said shutdown talks of no fee while the other has not', () => {
  const { alice } = usablePair();
  alice.do(SHUTDOWN);
  assert.deepEqual(said(alice), ['shutdown']);
  alice.do({ kind: 'pause_over' });
  alice.do({ kind: 'commit' });
  assert.deepEqual(said(alice), []);
});

test('the height at which the close was begun is that of whoever was first', () => {
  const pair = usablePair();
  pair.bob.do(SHUTDOWN);
  pair.alice.env = { ...pair.alice.env, height: 150 };
  deliver(pair.bob, pair.alice);
  assert.equal(pair.alice.state.closing_height, 150);
  pair.alice.env = { ...pair.alice.env, height: 200 };
  pair.disconnect();
  pair.reconnect();
  deliver(pair.bob, pair.alice);
  assert.equal(pair.alice.state.closing_height, 150);
  const own = usablePair();
  own.alice.do(SHUTDOWN);
  own.alice.env = { ...own.alice.env, height: 200 };
  deliver(own.alice, own.bob);
  deliver(own.bob, own.alice);
  assert.equal(own.alice.state.closing_height, 100);
});

test('a feerate of ours that nobody has signed is signed before the close is begun, also when the one before is owed', () => {
  const alice = pausing(usablePair());
  alice.do({ kind: 'update_fee', feerate_per_kw: 3_000 });
  alice.do({ kind: 'pause_over' });
  assert.deepEqual(said(alice), ['update_fee', 'commitment_signed']);
});

test('once the fee is talked about, the signature that was held back is not said any more', () => {
  const { alice, bob } = usablePair();
  bob.do(SHUTDOWN);
  alice.do({ kind: 'update_fee', feerate_per_kw: 2_000 });
  alice.do({ kind: 'commit' });
  deliver(alice, bob);
  bob.do({ kind: 'commit' });
  assert.ok(bob.take('pause').length > 0);
  bob.outbox.length = 0;
  const span = { min_fee_satoshis: 500n, max_fee_satoshis: 600n } as never;
  bob.state = {
    ...bob.state,
    negotiation: {
      sent_fee_satoshis: 550n as never,
      sent_range: span,
      received_fee_satoshis: 500n as never,
      received_range: span,
    },
  };
  bob.do({ kind: 'pause_over' });
  assert.deepEqual(said(bob), []);
});

test('the closing transactions go out with our own as the last, whose fee we chose', () => {
  assert.deepEqual(publishableCloses({ closing_transactions: ['01', '02'], own_closing_transaction: undefined }), [
    '01',
    '02',
  ]);
  assert.deepEqual(publishableCloses({ closing_transactions: ['01', '02', '03'], own_closing_transaction: '02' }), [
    '01',
    '03',
    '02',
  ]);
});

test('an HTLC that was never said is taken back when the channel is to be closed, by whichever side', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 10_000_000));
  pair.alice.do(SHUTDOWN);
  pair.disconnect();
  pair.reconnect();
  pair.exchange();
  assert.deepEqual(
    pair.alice.take('htlc_removed').map(({ htlc }) => htlc.removal.kind),
    ['unsent'],
  );
  assert.equal(pair.alice.state.phase, 'closed');
});
