/** From the funding to a usable channel: its depth, `channel_ready`, and fundings that are late, lost or bought (BOLT 2). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import type { Txid } from '../../../src/base/types/brand.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import type { ChannelReady } from '../../../src/codec/wire/index.ts';
import { isGone, isUnfunded } from '../../../src/protocol/channel/funding.ts';
import { fundingLost, isFundingSafe } from '../../../src/protocol/channel/ready.ts';
import type { ChannelState } from '../../../src/protocol/channel/state.ts';
import type { Turn } from '../../../src/protocol/channel/turn.ts';
import { fakeSigner } from './fake-signer.ts';
import { confirmation, type End, environment, fundedPair, messagesOf, policy, usablePair } from './pair.ts';

const GONE = { kind: 'funding_depth', confirmation: undefined } as const;
const RIVAL = { txid: 'cd'.repeat(32) as Txid, block_height: 95 };
const SPENT = { kind: 'funding_spent', transaction: '00' } as const;
const CLOSE = { kind: 'force_close', reason: 'a test' } as const;

const said = ({ outbox }: End): string[] => outbox.splice(0).map(({ type }) => type);

test('a channel that was given up before its funding was mined is brought to the chain when a block holds it, once', () => {
  const { bob } = fundedPair();
  bob.do(CLOSE);
  assert.equal(bob.take('waits_for_funding').length, 1);
  bob.do(GONE);
  assert.equal(bob.take('broadcast').length, 0, 'there is nothing yet that a commitment could spend');
  bob.do(confirmation(1));
  assert.deepEqual(
    bob.take('broadcast').map(({ purpose }) => purpose),
    ['commitment'],
  );
  assert.equal(bob.take('channel_failed').length, 1);
  bob.do(confirmation(2));
  assert.equal(bob.take('broadcast').length, 0);
});

test('a funding has left its block only when it was in one', () => {
  const { alice } = fundedPair();
  alice.do(GONE);
  alice.do(confirmation(1));
  alice.do(confirmation(2));
  assert.equal(alice.take('funding_left').length, 0);
  alice.do(GONE);
  assert.equal(alice.take('funding_left').length, 1);
});

test('a depth of one is waited for, and lost when the funding leaves its block (BOLT 2)', () => {
  const bob_env = environment(fakeSigner('bob'), { policy: policy({ minimum_depth: 1 }) });
  const pair = fundedPair({ bob: bob_env });
  pair.exchange();
  const { alice, bob } = pair;
  assert.deepEqual([alice.state.ready_sent, bob.state.ready_sent], [false, false]);
  assert.equal(isUnfunded(bob.state), true);
  alice.do(confirmation(1));
  bob.do(confirmation(1));
  pair.exchange();
  assert.deepEqual([alice.state.phase, bob.state.phase], ['normal', 'normal']);
  bob.do(GONE);
  assert.equal(isGone(bob.state), true);
});

test('channel_ready is not said of a channel that is over (BOLT 2)', () => {
  const failed = fundedPair().alice;
  failed.do(CLOSE);
  const spent = fundedPair().alice;
  spent.do(SPENT);
  const closed = fundedPair();
  closed.alice.do({ kind: 'shutdown' });
  closed.exchange();
  assert.equal(closed.alice.state.phase, 'closed');
  for (const alice of [failed, spent, closed.alice]) {
    alice.outbox.length = 0;
    alice.do(confirmation(3));
    assert.deepEqual(said(alice), [], alice.state.phase);
    assert.equal(alice.state.ready_sent, false);
  }
});

test('that channel_ready was said is stored, also when it is said after a reconnection', () => {
  const pair = fundedPair();
  pair.disconnect();
  pair.alice.do(confirmation(3));
  pair.reconnect();
  const [message] = pair.bob.outbox;
  const outcome = pair.alice.do({ kind: 'message', message: message as never });
  assert.ok(messagesOf(outcome.effects).some(({ type }) => type === 'channel_ready'));
  assert.equal(outcome.store, true);
});

/** The accepter, ready itself, and the opener's `channel_ready`, which it has not heard. */
function unheard(): { bob: End; ready: ChannelReady } {
  const { alice, bob } = fundedPair();
  for (const end of [alice, bob]) end.do(confirmation(3));
  const [ready] = alice.outbox;
  assert.equal(ready?.type, 'channel_ready');
  return { bob, ready: ready as ChannelReady };
}

test('channel_ready is stored, and its point must be one (BOLT 2, The channel_ready Message)', () => {
  const { bob, ready } = unheard();
  assert.equal(bob.do({ kind: 'message', message: ready }).store, true);
  assert.equal(bob.state.remote_next_point, ready.second_per_commitment_point);
  const nameless = unheard();
  const { short_channel_id: _, ...without } = nameless.ready;
  assert.equal(nameless.bob.do({ kind: 'message', message: without }).store, true);
  assert.deepEqual([nameless.bob.state.phase, nameless.bob.state.remote_alias], ['normal', undefined]);
  const wrong = unheard();
  const message = { ...wrong.ready, second_per_commitment_point: `02${'ff'.repeat(32)}` };
  const { violation } = wrong.bob.attempt({ kind: 'message', message });
  assert.deepEqual([violation?.kind, wrong.bob.state.phase], ['error', 'failed']);
  assert.match(violation?.message ?? '', /no point/);
});

test('channel_ready said again changes the alias, and nothing else (BOLT 2, The channel_ready Message)', () => {
  const { bob, ready } = unheard();
  bob.do({ kind: 'message', message: ready });
  assert.deepEqual(bob.take('alias_changed'), [], 'it had none before');
  const before = bob.state;
  const other_point = bob.env.signer.perCommitmentPoint(7);
  const again = (short_channel_id: string | undefined) =>
    bob.do({
      kind: 'message',
      message: {
        type: 'channel_ready',
        channel_id: ready.channel_id,
        second_per_commitment_point: other_point,
        ...(short_channel_id === undefined ? {} : { short_channel_id: short_channel_id as ShortChannelId }),
      },
    });
  for (const alias of [undefined, before.remote_alias]) {
    assert.equal(again(alias).store, false);
    assert.equal(bob.state, before);
    assert.deepEqual(bob.take('alias_changed'), []);
  }
  assert.equal(again('7x8x9').store, true);
  assert.deepEqual(bob.state, { ...before, remote_alias: '7x8x9' }, 'its next point is as it was');
  assert.deepEqual(
    bob.take('alias_changed').map(({ remote_alias }) => remote_alias),
    ['7x8x9'],
  );
});

test('a rival of the funding is stored and told, and takes the safety of a channel of our own', () => {
  const { alice } = usablePair();
  assert.equal(isFundingSafe(alice.state), true);
  assert.equal(alice.do({ kind: 'funding_rival', rival: RIVAL }).store, true);
  assert.deepEqual(alice.take('funding_rival'), [{ kind: 'funding_rival', rival: RIVAL }]);
  assert.equal(isFundingSafe(alice.state), false);
  assert.equal(alice.do({ kind: 'funding_rival', rival: undefined }).store, true);
  assert.deepEqual(alice.take('funding_rival'), []);
  assert.equal(isFundingSafe(alice.state), true);
});

test('the peer hears that a funding is lost when it is there, and when the channel had not failed before', () => {
  const lose = (state: ChannelState): string[] => {
    const turn: Turn = { state, env: environment(fakeSigner('bob')), store: false, effects: [] };
    fundingLost(turn);
    assert.equal(turn.state.failure?.data_loss, false);
    return messagesOf(turn.effects).map(({ type }) => type);
  };
  const { bob } = usablePair();
  assert.deepEqual(lose(bob.state), ['error']);
  assert.deepEqual(lose({ ...bob.state, link: 'down' }), []);
  assert.deepEqual(lose({ ...bob.state, phase: 'failed' }), []);
});

/** A channel that bob has bought of alice, who may fund it whenever she likes. */
function bought(): ReturnType<typeof fundedPair> {
  const terms = { max_to_self_delay: 2_016, pays_unseen: false };
  return fundedPair({ open: { push_msat: msat(0) }, accept: { bought: terms } });
}

test('a channel that was bought is ready when its funding is seen, without a block', () => {
  const { bob } = bought();
  assert.deepEqual(said(bob), []);
  assert.equal(isFundingSafe(bob.state), false);
  const seen = bob.do({ kind: 'funding_sight', is_there: true });
  assert.deepEqual([seen.store, bob.state.funding_sight, said(bob)], [true, 'seen', ['channel_ready']]);
  assert.equal(bob.take('funding_seen').length, 1);
  assert.equal(isFundingSafe(bob.state), true);
});

test('what is seen of a funding is told when it changes, and not once a block holds it or the channel is over', () => {
  const { bob } = bought();
  const look = (is_there: boolean): unknown[] => {
    const { store } = bob.do({ kind: 'funding_sight', is_there });
    return [store, bob.state.funding_sight, bob.take('funding_seen').length, bob.take('funding_vanished').length];
  };
  assert.deepEqual(look(false), [false, 'waits', 0, 0]);
  assert.deepEqual(look(true), [true, 'seen', 1, 0]);
  assert.deepEqual(look(true), [false, 'seen', 0, 0]);
  assert.deepEqual(look(false), [true, 'waits', 0, 1]);
  bob.do(confirmation(1));
  assert.equal(bob.state.funding_sight, 'seen', 'a block holds it');
  assert.deepEqual(look(false), [false, 'seen', 0, 0]);
  bob.do(GONE);
  assert.equal(bob.state.funding_sight, 'waits', 'it is looked for again');
  bob.do(SPENT);
  assert.deepEqual(look(true), [false, 'waits', 0, 0]);
});

test('a funding that vanishes calls for no channel_ready, and one that was not bought is not looked for', () => {
  const { bob } = bought();
  bob.do({ kind: 'disconnected' });
  bob.do({ kind: 'funding_sight', is_there: true });
  bob.state = { ...bob.state, link: 'up' };
  bob.do({ kind: 'funding_sight', is_there: false });
  assert.deepEqual(said(bob), []);
  const { bob: other } = fundedPair();
  const before = other.state;
  assert.equal(other.do({ kind: 'funding_sight', is_there: true }).store, false);
  assert.equal(other.state, before);
  other.do(confirmation(1));
  assert.equal(other.state.funding_sight, undefined);
});
