/** What is said after a reconnection, in which order, and what of it is stored (BOLT 2, Message Retransmission). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChannelReestablish } from '../../../src/codec/wire/index.ts';
import type { ChannelMessage } from '../../../src/protocol/channel/message.ts';
import { fakeSigner } from './fake-signer.ts';
import { deliver, meet, types } from './meeting.ts';
import {
  confirmation,
  type End,
  environment,
  fundedPair,
  messagesOf,
  offer,
  type Pair,
  preimage,
  realSigner,
  usablePair,
} from './pair.ts';

/** A pair with two payments behind it, which has lost its connection. */
function parted(): Pair {
  const pair = usablePair();
  for (let id = 0n; id < 2n; id++) {
    pair.alice.do(offer(1, 1_000_000));
    pair.exchange();
    pair.bob.do({ kind: 'remove_htlc', id, removal: { kind: 'fail', reason: '' } });
    pair.exchange();
  }
  pair.disconnect();
  return pair;
}

function reestablishOf({ outbox }: End): ChannelReestablish {
  const [message] = outbox;
  assert.ok(message?.type === 'channel_reestablish');
  return message;
}

function textOf(message: ChannelMessage | undefined): string {
  assert.ok(message?.type === 'error' || message?.type === 'warning');
  return Buffer.from(message.data).toString();
}

test('channel_reestablish says the next commitment and revocation, the last secret, and our current point', () => {
  const pair = parted();
  pair.reconnect();
  const { type: _, channel_id: __, ...said } = reestablishOf(pair.alice);
  assert.deepEqual(said, {
    next_commitment_number: 5n,
    next_revocation_number: 4n,
    your_last_per_commitment_secret: fakeSigner('bob').perCommitmentSecret(3),
    my_current_per_commitment_point: fakeSigner('alice').perCommitmentPoint(4),
  });
});

test('before the first revocation there is no secret to say, and a peer that says one is wrong', () => {
  const pair = usablePair();
  pair.disconnect();
  pair.reconnect();
  const said = reestablishOf(pair.alice);
  assert.equal(said.your_last_per_commitment_secret, '00'.repeat(32));
  assert.equal(said.next_revocation_number, 0n);
  const message = { ...said, your_last_per_commitment_secret: `${'00'.repeat(31)}01` };
  const { violation } = pair.bob.attempt({ kind: 'message', message });
  assert.match(violation?.message ?? '', /your_last_per_commitment_secret is wrong/);
  assert.equal(violation?.force_close, true);
});

test('channel_ready is said again only when both next commitments are the first, and only after it was said', () => {
  const silent = fundedPair();
  silent.disconnect();
  silent.reconnect();
  meet(silent);
  assert.deepEqual([types(silent.alice), types(silent.bob)], [[], []]);
  // Bob has signed once, and alice has not.
  const pair = usablePair();
  pair.bob.do(offer(1, 1_000_000));
  pair.bob.do({ kind: 'commit' });
  deliver(pair.bob, pair.alice);
  pair.disconnect();
  pair.reconnect();
  meet(pair);
  assert.deepEqual(types(pair.alice), ['revoke_and_ack'], "bob's next commitment is the first, alice's is not");
});

test('what was signed is said again before the signature: removals, then the feerate, then HTLCs, each once', () => {
  const pair = usablePair();
  const { alice, bob } = pair;
  bob.do(offer(7, 30_000_000));
  bob.do(offer(8, 30_000_000));
  pair.exchange();
  const propose = (id: bigint, number: number, feerate_per_kw: number): void => {
    alice.do(offer(number, 5_000_000));
    alice.do({ kind: 'update_fee', feerate_per_kw });
    alice.do({ kind: 'remove_htlc', id, removal: { kind: 'fail', reason: 'ab' } });
  };
  propose(0n, 1, 2_000);
  alice.do({ kind: 'commit' });
  propose(1n, 2, 3_000);
  pair.disconnect();
  pair.reconnect();
  meet(pair);
  const updates = ['update_fail_htlc', 'update_fee', 'update_add_htlc'];
  assert.deepEqual(types(alice), [...updates, 'commitment_signed', ...updates]);
  const said = alice.outbox.flatMap((message) => ('feerate_per_kw' in message ? [message.feerate_per_kw] : []));
  assert.deepEqual(said, [2_000, 3_000]);
  pair.exchange();
  assert.deepEqual([bob.state.htlcs.length, bob.state.feerates.at(-1)?.feerate_per_kw], [2, 3_000]);
});

test('what the peer proposed and never signed is forgotten by both kinds: its feerate, and its removal of ours', () => {
  const pair = usablePair();
  pair.bob.do(offer(1, 10_000_000));
  pair.exchange();
  pair.alice.do({ kind: 'update_fee', feerate_per_kw: 2_000 });
  pair.alice.do({ kind: 'remove_htlc', id: 0n, removal: { kind: 'fulfill', ...preimage(1) } });
  deliver(pair.alice, pair.bob);
  assert.equal(pair.bob.state.htlcs[0]?.removal?.kind, 'fulfill');
  pair.disconnect();
  assert.equal(pair.bob.state.htlcs[0]?.removal, undefined);
  assert.deepEqual(pair.bob.state.feerates, [{ feerate_per_kw: 1_000, stage: 4 }]);
  assert.equal(pair.alice.state.feerates.length, 2, 'its sender says it again');
  assert.equal(pair.alice.state.htlcs[0]?.removal?.kind, 'fulfill');
});

test('the host is told that both have found each other, and to sign what could not be said before', () => {
  for (const isWaiting of [false, true]) {
    const pair = usablePair();
    if (isWaiting) pair.alice.do(offer(1, 1_000_000));
    pair.disconnect();
    pair.alice.take('commit_due');
    pair.reconnect();
    assert.equal(pair.alice.take('reestablished').length, 0, 'not before the peer has said where it is');
    meet(pair);
    assert.equal(pair.alice.take('reestablished').length, 1);
    assert.equal(pair.alice.take('commit_due').length, isWaiting ? 1 : 0);
  }
});

test('a peer with an old state is told both numbers; that it is behind, and that it is back, is stored', () => {
  const pair = parted();
  pair.reconnect();
  const honest = reestablishOf(pair.bob);
  const message: ChannelReestablish = { ...honest, next_commitment_number: 3n };
  pair.alice.outbox.length = 0;
  const outcome = pair.alice.do({ kind: 'message', message });
  assert.equal(outcome.store, true);
  const text = textOf(pair.alice.outbox[0]);
  assert.match(text, /you are at commitment 3 and revocation 4, we at 5 and 4\./);
  assert.deepEqual(pair.alice.take('peer_behind'), [{ kind: 'peer_behind', reason: text }]);
  pair.disconnect();
  pair.reconnect();
  assert.equal(pair.alice.do({ kind: 'message', message }).store, false, 'it is known');
  pair.disconnect();
  pair.reconnect();
  assert.equal(pair.alice.do({ kind: 'message', message: honest }).store, true);
  assert.equal(pair.alice.state.peer_behind_height, undefined);
  pair.disconnect();
  pair.reconnect();
  assert.equal(pair.alice.do({ kind: 'message', message: honest }).store, false);
});

test('a peer that has the channel no longer is told that it is closed, and by whose wish', () => {
  const pair = parted();
  pair.reconnect();
  const message = { ...reestablishOf(pair.bob), next_commitment_number: 0n };
  pair.alice.outbox.length = 0;
  pair.alice.do({ kind: 'message', message });
  assert.equal(textOf(pair.alice.outbox[0]), 'closed, as you asked');
  assert.equal(pair.alice.outbox.length, 1);
  // One that was never funded is forgotten without a word.
  const promised = fundedPair({ open: { push_msat: 0n as never } });
  promised.disconnect();
  promised.reconnect();
  promised.bob.outbox.length = 0;
  promised.bob.do({ kind: 'message', message: { ...reestablishOf(promised.alice), next_commitment_number: 0n } });
  assert.equal(promised.bob.take('channel_forgotten').length, 1);
  assert.deepEqual(promised.bob.outbox, []);
});

test('a channel that is closed in agreement outlives a peer with an old state, or with none', () => {
  for (const next_commitment_number of [0n, 3n]) {
    const pair = parted();
    pair.alice.state = { ...pair.alice.state, phase: 'closed' };
    pair.reconnect();
    const message = { ...reestablishOf(pair.bob), next_commitment_number };
    pair.alice.outbox.length = 0;
    const { effects, state } = pair.alice.do({ kind: 'message', message });
    assert.deepEqual([state.phase, state.link, state.peer_behind_height], ['closed', 'aside', undefined]);
    assert.deepEqual(
      effects.map(({ kind }) => kind),
      ['set_aside'],
    );
  }
});

test('the peer that is ahead of us is asked to close on each connection, wherever it says that it is', () => {
  const pair = parted();
  const failure = { by: 'local', reason: 'we have lost data', data_loss: true } as const;
  pair.alice.state = { ...pair.alice.state, phase: 'failed', failure };
  pair.reconnect();
  const message = reestablishOf(pair.bob);
  assert.equal(reestablishOf(pair.alice).next_commitment_number, 0n);
  pair.alice.outbox.length = 0;
  pair.alice.do({ kind: 'message', message });
  assert.equal(textOf(pair.alice.outbox[0]), 'we have lost data');
  assert.deepEqual([pair.alice.state.phase, pair.alice.state.link], ['failed', 'reestablishing']);
});

test('a channel that rests takes no part in a connection, and forgets what the peer has not signed', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 10_000_000));
  deliver(pair.alice, pair.bob);
  pair.bob.do({ kind: 'rest' });
  assert.deepEqual([pair.bob.state.link, pair.bob.state.htlcs, pair.bob.outbox], ['aside', [], []]);
  const message = { type: 'channel_ready', channel_id: pair.bob.state.terms.channel_id } as never;
  assert.deepEqual(pair.bob.do({ kind: 'message', message }).effects, []);
});

test('each connection negotiates the close again, whether the last one was lost or rested', () => {
  for (const kind of ['disconnected', 'rest'] as const) {
    for (const option_simple_close of [false, true]) {
      const env = (name: string) => environment(fakeSigner(name), { option_simple_close });
      const { alice, bob } = usablePair({ alice: env('alice'), bob: env('bob') });
      bob.do({ kind: 'shutdown' });
      deliver(bob, alice);
      assert.ok(alice.state.shutdown_heard);
      assert.ok((option_simple_close ? alice.state.offered_close : alice.state.negotiation) !== undefined);
      alice.do({ kind });
      const { negotiation, offered_close, shutdown_heard } = alice.state;
      assert.deepEqual([negotiation, offered_close, shutdown_heard], [undefined, undefined, false]);
    }
  }
});

test('a channel_reestablish that comes when the channel is up is refused, and one of a failed channel is told the error', () => {
  const pair = usablePair();
  pair.disconnect();
  pair.reconnect();
  const message = reestablishOf(pair.bob);
  pair.alice.do({ kind: 'message', message });
  assert.match(pair.alice.attempt({ kind: 'message', message }).violation?.message ?? '', /established already/);
  const { alice } = usablePair();
  alice.do({ kind: 'force_close', reason: 'a test' });
  const { effects } = alice.do({ kind: 'message', message });
  assert.deepEqual(
    messagesOf(effects).map(({ type }) => type),
    ['error'],
  );
  alice.do(confirmation(4));
});

test('no number beyond 48 bits is proven, whatever secret comes with it: our state stays the latest', () => {
  for (const next_revocation_number of [2n ** 48n, 2n ** 48n + 1n]) {
    const pair = usablePair({ alice: environment(realSigner('alice')), bob: environment(realSigner('bob')) });
    pair.disconnect();
    pair.reconnect();
    const your_last_per_commitment_secret = realSigner('alice').perCommitmentSecret(Number(next_revocation_number) - 1);
    const message = { ...reestablishOf(pair.bob), next_revocation_number, your_last_per_commitment_secret };
    const { violation } = pair.alice.attempt({ kind: 'message', message });
    assert.match(violation?.message ?? '', /does not prove next_revocation_number/);
    assert.equal(pair.alice.state.failure?.data_loss, false);
  }
});

test('a peer may have our last signature or not, and not one that we have not made', () => {
  for (const [ahead, fault] of [
    [-1n, undefined],
    [0n, undefined],
    [1n, /commitment 3 is not the next after 1/],
  ] as const) {
    const pair = usablePair();
    pair.alice.do(offer(1, 1_000_000));
    pair.alice.do({ kind: 'commit' });
    pair.disconnect();
    pair.reconnect();
    const message = { ...reestablishOf(pair.bob), next_commitment_number: 2n + ahead };
    pair.alice.outbox.length = 0;
    const { violation } = pair.alice.attempt({ kind: 'message', message });
    if (fault !== undefined) assert.match(violation?.message ?? '', fault);
    else assert.equal(types(pair.alice).includes('commitment_signed'), ahead < 0n);
  }
});
