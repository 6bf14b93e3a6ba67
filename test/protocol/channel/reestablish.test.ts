import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import type { ChannelReestablish } from '../../../src/codec/wire/index.ts';
import { decodeState, encodeState } from '../../../src/protocol/channel/codec.ts';
import { loseState } from '../../../src/protocol/channel/lost.ts';
import { type Outcome, step } from '../../../src/protocol/channel/step.ts';
import { fakeSigner } from './fake-signer.ts';
import { deliver, finish, meet, types } from './meeting.ts';
import { confirmation, environment, fundedPair, offer, onlyMessage, preimage, realSigner, usablePair } from './pair.ts';

/** The text of the only error that an outcome says. */
function errorOf({ effects }: Outcome): string {
  const message = onlyMessage(effects);
  assert.ok(message.type === 'error');
  return Buffer.from(message.data).toString();
}

test('channel_ready is said again until an update shows that it was heard', () => {
  const pair = fundedPair();
  pair.alice.do(confirmation(3));
  pair.bob.do(confirmation(3));
  pair.disconnect();
  pair.reconnect();
  meet(pair);
  assert.deepEqual([types(pair.alice), types(pair.bob)], [['channel_ready'], ['channel_ready']]);
  pair.exchange();
  pair.alice.do(offer(1, 10_000_000));
  pair.exchange();
  pair.disconnect();
  pair.reconnect();
  meet(pair);
  assert.deepEqual([types(pair.alice), types(pair.bob)], [[], []]);
  finish(pair);
});

test('a channel that became deep enough while the peer was away says channel_ready when it is back', () => {
  const pair = fundedPair();
  pair.disconnect();
  pair.alice.do(confirmation(3));
  pair.bob.do(confirmation(3));
  assert.deepEqual([types(pair.alice), types(pair.bob)], [[], []]);
  pair.reconnect();
  pair.exchange();
  assert.equal(pair.alice.state.phase, 'normal');
});

test('an update that was never signed is forgotten by its receiver and said again by its sender', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 10_000_000));
  deliver(pair.alice, pair.bob);
  assert.equal(pair.bob.state.htlcs.length, 1);
  pair.disconnect();
  assert.equal(pair.bob.state.htlcs.length, 0);
  assert.equal(pair.bob.state.remote_next_htlc_id, 0n);
  pair.reconnect();
  meet(pair);
  assert.deepEqual(types(pair.alice), ['channel_ready', 'update_add_htlc']);
  finish(pair);
});

test('a commitment_signed that was lost is said again with its updates, and the same signature', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 10_000_000));
  pair.alice.do({ kind: 'commit' });
  const lost = pair.alice.outbox.at(-1);
  pair.disconnect();
  pair.reconnect();
  meet(pair);
  assert.deepEqual(types(pair.alice), ['channel_ready', 'update_add_htlc', 'commitment_signed']);
  assert.deepEqual(pair.alice.outbox.at(-1), lost);
  finish(pair);
});

test('a revoke_and_ack that was lost is said again, and the signature is not', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 10_000_000));
  pair.alice.do({ kind: 'commit' });
  deliver(pair.alice, pair.bob);
  assert.deepEqual(types(pair.bob), ['revoke_and_ack']);
  pair.disconnect();
  pair.reconnect();
  meet(pair);
  assert.deepEqual([types(pair.alice), types(pair.bob)], [[], ['revoke_and_ack']]);
  finish(pair);
});

test('revoke_and_ack then commitment_signed are said again in that order', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 10_000_000));
  pair.alice.do({ kind: 'commit' });
  deliver(pair.alice, pair.bob);
  pair.bob.do({ kind: 'commit' });
  assert.deepEqual(types(pair.bob), ['revoke_and_ack', 'commitment_signed']);
  pair.disconnect();
  pair.reconnect();
  meet(pair);
  assert.deepEqual(types(pair.bob), ['revoke_and_ack', 'commitment_signed']);
  finish(pair);
});

test('commitment_signed then revoke_and_ack are said again in that order', () => {
  const pair = usablePair();
  pair.bob.do(offer(2, 20_000_000));
  pair.exchange();
  pair.alice.do({ kind: 'remove_htlc', id: 0n, removal: { kind: 'fail', reason: '00' } });
  pair.bob.do(offer(3, 5_000_000));
  pair.alice.do({ kind: 'commit' });
  pair.bob.do({ kind: 'commit' });
  // Bob signs before he hears alice's signature: his revocation comes second.
  deliver(pair.alice, pair.bob);
  assert.deepEqual(types(pair.bob), ['update_add_htlc', 'commitment_signed', 'revoke_and_ack']);
  pair.disconnect();
  pair.reconnect();
  meet(pair);
  assert.deepEqual(types(pair.bob), ['update_add_htlc', 'commitment_signed', 'revoke_and_ack']);
  pair.exchange();
  assert.equal(pair.alice.state.htlcs.length, 1);
  assert.equal(pair.alice.state.local_number, pair.bob.state.remote_number);
});

test('a fulfilment said while the peer was away goes out when it is back', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 10_000_000));
  pair.exchange();
  pair.disconnect();
  pair.bob.do({
    kind: 'remove_htlc',
    id: 0n,
    removal: { kind: 'fulfill', payment_preimage: preimage(1).payment_preimage },
  });
  assert.deepEqual(types(pair.bob), []);
  pair.reconnect();
  pair.exchange();
  assert.equal(pair.bob.state.local_msat, 210_000_000n);
});

test('a preimage that was seen before a crash is seen again, and the balance moves once', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 10_000_000));
  pair.exchange();
  pair.bob.do({
    kind: 'remove_htlc',
    id: 0n,
    removal: { kind: 'fulfill', payment_preimage: preimage(1).payment_preimage },
  });
  deliver(pair.bob, pair.alice);
  assert.equal(pair.alice.take('htlc_fulfilled').length, 1);
  pair.alice.state = decodeState(encodeState(pair.alice.state));
  assert.equal(pair.alice.state.htlcs[0]?.removal, undefined);
  pair.disconnect();
  pair.reconnect();
  pair.exchange();
  assert.equal(pair.alice.take('htlc_fulfilled').length, 1);
  assert.equal(pair.alice.state.local_msat, 790_000_000n);
});

/** A channel with some payments behind it, and what alice's state was before the last. */
function withHistory() {
  const pair = usablePair({ alice: environment(realSigner('alice')), bob: environment(realSigner('bob')) });
  let old = pair.alice.state;
  for (let id = 0n; id < 3n; id++) {
    old = pair.alice.state;
    pair.alice.do(offer(Number(id), 1_000_000));
    pair.exchange();
    pair.bob.do({ kind: 'remove_htlc', id, removal: { kind: 'fail', reason: '' } });
    pair.exchange();
  }
  return { pair, old };
}

test('an end that lost data learns it, never broadcasts, and asks the peer to close', () => {
  const { pair, old } = withHistory();
  pair.disconnect();
  pair.alice.state = { ...old, link: 'down' };
  pair.reconnect();
  deliver(pair.bob, pair.alice);
  assert.equal(pair.alice.state.failure?.data_loss, true);
  assert.deepEqual(types(pair.alice), ['channel_reestablish', 'error']);
  assert.equal(pair.alice.take('broadcast').length, 0);
  assert.equal(pair.alice.take('channel_failed')[0]?.data_loss, true);
  for (const input of [
    { kind: 'force_close', reason: 'now' },
    { kind: 'message', message: { type: 'error', channel_id: old.terms.channel_id, data: Buffer.from('x') } },
    { kind: 'block' },
  ] as const) {
    pair.alice.attempt(input);
  }
  assert.equal(pair.alice.take('broadcast').length, 0, 'not even when it is told to');
  pair.alice.state = decodeState(encodeState(pair.alice.state));
  assert.equal(pair.alice.state.failure?.data_loss, true, 'not even after a restart');
  // The peer, whose state is the newer one, closes.
  const [first, error] = pair.alice.outbox.splice(0);
  assert.ok(first);
  pair.bob.do({ kind: 'message', message: first });
  assert.equal(pair.bob.take('broadcast').length, 0, 'it gives the chance to come back with newer state');
  assert.ok(error?.type === 'error');
  pair.bob.do({ kind: 'message', message: error });
  assert.equal(pair.bob.take('broadcast').length, 1);
});

test('a peer that only claims to be ahead proves nothing: the channel fails, and our state is broadcast', () => {
  const { pair } = withHistory();
  pair.disconnect();
  pair.reconnect();
  const honest = pair.bob.outbox[0] as ChannelReestablish;
  const outcome = pair.alice.attempt({
    kind: 'message',
    message: { ...honest, next_revocation_number: honest.next_revocation_number + 5n },
  });
  assert.equal(outcome.violation?.force_close, true);
  assert.equal(pair.alice.state.failure?.data_loss, false);
});

const BAD: [string, (honest: ChannelReestablish) => Partial<ChannelReestablish>][] = [
  ['a commitment that we never signed', (honest) => ({ next_commitment_number: honest.next_commitment_number + 1n })],
  ['a wrong secret', () => ({ your_last_per_commitment_secret: '33'.repeat(32) })],
  ['numbers beyond 48 bits', () => ({ next_revocation_number: 1n << 60n })],
];

for (const [what, change] of BAD) {
  test(`channel_reestablish with ${what} fails the channel`, () => {
    const { pair } = withHistory();
    pair.disconnect();
    pair.reconnect();
    const honest = pair.bob.outbox[0] as ChannelReestablish;
    const outcome = pair.alice.attempt({ kind: 'message', message: { ...honest, ...change(honest) } });
    assert.equal(outcome.violation?.kind, 'error');
    assert.equal(pair.alice.take('broadcast')[0]?.purpose, 'commitment');
  });
}

const OLD: [string, Partial<ChannelReestablish>][] = [
  ['a commitment long past', { next_commitment_number: 1n }],
  [
    'a revocation long past',
    { next_revocation_number: 1n, your_last_per_commitment_secret: realSigner('alice').perCommitmentSecret(0) },
  ],
];

test('a peer is behind from the second revocation on that it has forgotten, and from the first commitment on', () => {
  const { pair } = withHistory();
  pair.disconnect();
  pair.reconnect();
  const honest = pair.bob.outbox[0] as ChannelReestablish;
  const revoked = honest.next_revocation_number;
  assert.ok(revoked >= 3n, 'the history is long enough');
  const linkAfter = (change: Partial<ChannelReestablish>): string => {
    const { alice } = pair;
    const outcome = step(alice.state, { kind: 'message', message: { ...honest, ...change } }, alice.env);
    assert.equal(outcome.violation, undefined);
    return outcome.state.link;
  };
  const forgetting = (count: bigint): Partial<ChannelReestablish> => ({
    next_revocation_number: revoked - count,
    your_last_per_commitment_secret: realSigner('alice').perCommitmentSecret(Number(revoked - count) - 1),
  });
  assert.equal(linkAfter(forgetting(0n)), 'up');
  assert.equal(linkAfter(forgetting(1n)), 'up', 'the last revoke_and_ack may be lost');
  assert.equal(linkAfter(forgetting(2n)), 'aside');
  assert.equal(linkAfter({ next_commitment_number: honest.next_commitment_number - 1n }), 'aside');
});

for (const [what, change] of OLD) {
  test(`a peer that comes back with ${what} is told, may come back with its latest state, and goes on`, () => {
    const { pair } = withHistory();
    pair.disconnect();
    for (let time = 0; time < 3; time++) {
      pair.reconnect();
      const honest = pair.bob.outbox[0] as ChannelReestablish;
      pair.alice.outbox.splice(0);
      const outcome = pair.alice.do({ kind: 'message', message: { ...honest, ...change } });
      assert.match(errorOf(outcome), /you have lost data/);
      assert.deepEqual([pair.alice.state.phase, pair.alice.state.link], ['normal', 'aside']);
      pair.bob.outbox.splice(0);
      pair.disconnect();
      pair.alice.state = decodeState(encodeState(pair.alice.state));
      assert.equal(pair.alice.state.peer_behind_height, 100, 'the first time counts, also after a restart');
      pair.alice.env = { ...pair.alice.env, height: pair.alice.env.height + 40 };
      pair.alice.do({ kind: 'block' });
    }
    pair.reconnect();
    meet(pair);
    pair.exchange();
    assert.deepEqual([pair.alice.state.link, pair.alice.state.peer_behind_height], ['up', undefined]);
    assert.deepEqual(pair.alice.take('broadcast'), []);
  });

  test(`a peer that comes back with ${what} and nothing else is closed on after a day`, () => {
    const { pair } = withHistory();
    pair.disconnect();
    pair.reconnect();
    const honest = pair.bob.outbox[0] as ChannelReestablish;
    pair.alice.do({ kind: 'message', message: { ...honest, ...change } });
    const { env } = pair.alice;
    pair.alice.env = { ...env, height: env.height + env.policy.peer_behind_blocks - 1 };
    pair.alice.do({ kind: 'block' });
    assert.equal(pair.alice.state.phase, 'normal');
    pair.alice.env = { ...env, height: env.height + env.policy.peer_behind_blocks };
    pair.alice.do({ kind: 'block' });
    assert.equal(pair.alice.take('broadcast')[0]?.purpose, 'commitment');
    assert.match(pair.alice.state.failure?.reason ?? '', /did not come back with its latest state/);
  });
}

test('a next_commitment_number of zero is told as what it is: the peer no longer has the channel', () => {
  const { pair } = withHistory();
  pair.disconnect();
  pair.reconnect();
  const honest = pair.bob.outbox[0] as ChannelReestablish;
  const outcome = pair.alice.do({ kind: 'message', message: { ...honest, next_commitment_number: 0n } });
  assert.equal(outcome.violation, undefined, 'no rule is broken');
  assert.deepEqual(pair.alice.state.failure?.by, 'remote');
  assert.match(pair.alice.state.failure?.reason ?? '', /no longer has this channel/);
  assert.equal(pair.alice.take('broadcast')[0]?.purpose, 'commitment');
});

test('a channel that is over is as it was, also where the rest of the data is lost', () => {
  const { state } = usablePair().alice;
  for (const phase of ['closed', 'failed', 'spent'] as const) {
    const over = { ...state, phase };
    assert.equal(loseState(over), over, phase);
  }
  assert.equal(loseState(state).failure?.data_loss, true);
});

test('an end that lost data says a number that cannot be, also of a channel that was never used', () => {
  const { pair } = withHistory();
  const unused = { ...pair.alice.state, local_number: 0, remote_number: 0 };
  for (const state of [pair.alice.state, unused]) {
    pair.alice.state = loseState({ ...state, phase: 'normal', failure: undefined, link: 'down' });
    pair.alice.do({ kind: 'connected' });
    const said = pair.alice.outbox.splice(0).find(({ type }) => type === 'channel_reestablish') as ChannelReestablish;
    assert.equal(said.next_commitment_number, 0n);
    pair.alice.state = { ...pair.alice.state, link: 'down' };
  }
});

test('an end that lost data asks again when the peer warns, three times on a connection, and whenever it is reminded', () => {
  const { pair, old } = withHistory();
  pair.disconnect();
  pair.alice.state = loseState({ ...old, link: 'down' });
  const warning = { type: 'warning', channel_id: old.terms.channel_id, data: Buffer.from('bad reestablish') } as const;
  for (let connection = 0; connection < 2; connection++) {
    pair.alice.do({ kind: 'connected' });
    pair.alice.outbox.splice(0);
    for (let time = 0; time < 5; time++) pair.alice.do({ kind: 'message', message: warning });
    assert.deepEqual(types(pair.alice), ['error', 'error', 'error']);
    pair.alice.do({ kind: 'remind' });
    assert.equal(pair.alice.outbox.length, 4);
    pair.alice.do({ kind: 'disconnected' });
    pair.alice.do({ kind: 'remind' });
    assert.equal(pair.alice.outbox.length, 4, 'nobody is there to hear it');
  }
  pair.alice.do({ kind: 'connected' });
  pair.alice.do({ kind: 'funding_spent', transaction: '' });
  pair.alice.outbox.splice(0);
  pair.alice.do({ kind: 'remind' });
  assert.deepEqual(types(pair.alice), [], 'the peer has closed');
});

test('a peer that has not seen the end of the channel is told of it', () => {
  const { pair } = withHistory();
  pair.disconnect();
  pair.reconnect();
  const [reestablish] = pair.bob.outbox as [ChannelReestablish];
  pair.alice.do({ kind: 'funding_spent', transaction: '' });
  for (const link of ['kept', 'new'] as const) {
    if (link === 'new') {
      pair.alice.do({ kind: 'disconnected' });
      pair.alice.do({ kind: 'connected' });
    }
    pair.alice.outbox.splice(0);
    pair.alice.do({ kind: 'message', message: reestablish });
    const [message, ...more] = pair.alice.outbox.splice(0);
    assert.ok(message?.type === 'error');
    assert.match(Buffer.from(message.data).toString(), /funding output is spent/);
    assert.deepEqual(more, []);
  }
  const { channel_id } = reestablish;
  pair.alice.do({ kind: 'message', message: { type: 'update_fee', channel_id, feerate_per_kw: 500 } });
  assert.deepEqual(types(pair.alice), [], 'to all else it is deaf');
});

test('announcement_signatures before channel_reestablish are passed over', () => {
  const { alice } = usablePair({ alice: environment(fakeSigner('alice')) });
  alice.do({ kind: 'disconnected' });
  alice.do({ kind: 'connected' });
  const signatures = { short_channel_id: '1x2x3' as ShortChannelId, node_signature: '', bitcoin_signature: '' };
  const { channel_id } = alice.state.terms;
  alice.do({ kind: 'message', message: { type: 'announcement_signatures', channel_id, ...signatures } });
  assert.equal(alice.state.link, 'reestablishing');
});

test('nothing but channel_reestablish is heard before it', () => {
  const { alice } = usablePair({ alice: environment(fakeSigner('alice')) });
  alice.do({ kind: 'disconnected' });
  alice.do({ kind: 'connected' });
  const message = { type: 'update_fee', channel_id: alice.state.terms.channel_id, feerate_per_kw: 500 } as const;
  assert.match(alice.attempt({ kind: 'message', message }).violation?.message ?? '', /before channel_reestablish/);
});

test('feerates that were never signed are said again by the opener, once each', () => {
  const pair = usablePair();
  pair.alice.do({ kind: 'update_fee', feerate_per_kw: 2_000 });
  pair.alice.do({ kind: 'update_fee', feerate_per_kw: 3_000 });
  pair.disconnect();
  pair.reconnect();
  meet(pair);
  assert.deepEqual(types(pair.alice), ['channel_ready', 'update_fee']);
  pair.exchange();
  for (const { state } of [pair.alice, pair.bob])
    assert.deepEqual(state.feerates, [{ feerate_per_kw: 3_000, stage: 4 }]);
});

test('an update that was never signed and that the peer could no longer accept is taken back', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 10_000_000, 140));
  pair.alice.do(offer(2, 10_000_000, 120));
  pair.alice.do(offer(3, 10_000_000, 140));
  pair.disconnect();
  pair.alice.env = { ...pair.alice.env, height: 120 };
  pair.reconnect();
  meet(pair);
  assert.deepEqual(
    types(pair.alice),
    ['channel_ready', 'update_add_htlc'],
    'the second has expired, the third has no id',
  );
  const removed = pair.alice.take('htlc_removed').map(({ htlc }) => [htlc.id, htlc.removal.kind]);
  assert.deepEqual(removed, [
    [1n, 'unsent'],
    [2n, 'unsent'],
  ]);
  assert.equal(pair.alice.state.local_next_htlc_id, 1n);
  finish(pair);
});

test('nothing is added to a channel that the peer began to close while we were away', () => {
  const pair = usablePair();
  pair.bob.do({ kind: 'shutdown' });
  const [shutdown] = pair.bob.outbox.splice(0);
  assert.ok(shutdown);
  pair.alice.do(offer(1, 10_000_000));
  pair.alice.do({ kind: 'message', message: shutdown });
  pair.disconnect();
  pair.reconnect();
  pair.exchange();
  assert.equal(pair.alice.take('htlc_removed')[0]?.htlc.removal.kind, 'unsent');
  assert.equal(pair.alice.state.phase, 'closed');
});

test('a feerate that was never signed and cannot be paid any more is taken back, and nothing is signed for it', () => {
  const pair = usablePair({ open: { push_msat: msat(900_000_000) } });
  for (let number = 1; number <= 10; number++) pair.bob.do(offer(number, 1_000_000));
  pair.bob.do({ kind: 'commit' });
  pair.alice.do({ kind: 'update_fee', feerate_per_kw: 70_000 });
  deliver(pair.bob, pair.alice);
  pair.disconnect();
  pair.reconnect();
  pair.exchange();
  for (const { state } of [pair.alice, pair.bob])
    assert.deepEqual(state.feerates, [{ feerate_per_kw: 1_000, stage: 4 }]);
  assert.equal(pair.bob.state.htlcs.length, 10);
});
