/** The mutual close of a channel whose feerate is still on its way, message by message as Core Lightning says them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sat } from '../../../src/base/types/amount.ts';
import type { ChannelMessage } from '../../../src/protocol/channel/message.ts';
import { type End, type Pair, usablePair } from './pair.ts';

const types = (messages: readonly ChannelMessage[]) => messages.map(({ type }) => type);

/** Delivers what one end has said, and answers what that was. */
function deliver(from: End, to: End): string[] {
  const said = from.outbox.splice(0);
  for (const message of said) to.do({ kind: 'message', message });
  return types(said);
}

/** The peer opened: it has said a new feerate and signed it. */
function feerateUnderWay(peer: End): void {
  peer.do({ kind: 'update_fee', feerate_per_kw: 2_000 });
  peer.do({ kind: 'commit' });
}

/** `shutdown` of a peer that does not wait for the signature of its feerate. */
function sayShutdown(peer: End): void {
  const { channel_id, default_shutdown_script } = peer.state.terms;
  const phase = 'closing';
  peer.state = { ...peer.state, phase, local_shutdown_script: default_shutdown_script, shutdown_sent: true };
  peer.outbox.push({ type: 'shutdown', channel_id, scriptpubkey: default_shutdown_script });
}

/** `closing_signed` of a peer that does not wait for our signature of its last feerate. */
function closingSigned(peer: End, till: End, fee_satoshis = 300n): ChannelMessage {
  const scripts = { local_script: till.state.remote_shutdown_script, remote_script: till.state.local_shutdown_script };
  const { terms, local_msat, remote_msat } = peer.state;
  const opened = terms.opener === 'local';
  const view = {
    local_sat: sat(local_msat / 1000n - (opened ? fee_satoshis : 0n)),
    remote_sat: sat(remote_msat / 1000n - (opened ? 0n : fee_satoshis)),
    ...(scripts as { local_script: string; remote_script: string }),
  };
  return {
    type: 'closing_signed',
    channel_id: terms.channel_id,
    fee_satoshis: sat(fee_satoshis),
    signature: peer.env.signer.signClosing(terms, view),
    fee_range: { min_fee_satoshis: sat(fee_satoshis), max_fee_satoshis: sat(fee_satoshis) },
  };
}

function bothClosed(pair: Pair): void {
  for (const end of [pair.alice, pair.bob]) assert.equal(end.state.phase, 'closed');
}

test('the peer says update_fee, commitment_signed, shutdown: our shutdown comes behind our signature', () => {
  const pair = usablePair();
  const { alice: peer, bob: till } = pair;
  feerateUnderWay(peer);
  sayShutdown(peer);
  assert.deepEqual(deliver(peer, till), ['update_fee', 'commitment_signed', 'shutdown']);
  till.do({ kind: 'commit' });
  assert.deepEqual(types(till.outbox), ['revoke_and_ack', 'commitment_signed', 'shutdown']);
  pair.exchange();
  bothClosed(pair);
});

test('the same when the signature has to wait, because the peer has yet to revoke', () => {
  const pair = usablePair();
  const { alice: peer, bob: till } = pair;
  feerateUnderWay(peer);
  deliver(peer, till);
  till.do({ kind: 'commit' });
  deliver(till, peer);
  const [revocation] = peer.outbox.splice(0) as [ChannelMessage];
  assert.equal(revocation.type, 'revoke_and_ack');
  peer.do({ kind: 'update_fee', feerate_per_kw: 3_000 });
  peer.do({ kind: 'commit' });
  sayShutdown(peer);
  assert.deepEqual(deliver(peer, till), ['update_fee', 'commitment_signed', 'shutdown']);
  till.do({ kind: 'commit' });
  assert.deepEqual(types(till.outbox), ['revoke_and_ack'], 'no signature and no shutdown before the revocation');
  till.do({ kind: 'message', message: revocation });
  till.do({ kind: 'commit' });
  assert.deepEqual(types(till.outbox), ['revoke_and_ack', 'commitment_signed', 'shutdown']);
  pair.exchange();
  bothClosed(pair);
});

test('we say shutdown first, a feerate of the peer crosses it, and the peer begins to close without our signature', () => {
  const { alice: peer, bob: till } = usablePair();
  till.do({ kind: 'shutdown' });
  feerateUnderWay(peer);
  deliver(till, peer);
  assert.deepEqual(deliver(peer, till).slice(0, 3), ['update_fee', 'commitment_signed', 'shutdown']);
  till.do({ kind: 'commit' });
  assert.deepEqual(deliver(till, peer), ['revoke_and_ack'], 'the signature is held back');
  assert.ok(till.take('pause').length > 0, 'and the host is asked to wait');
  till.do({ kind: 'message', message: closingSigned(peer, till) });
  till.do({ kind: 'commit' });
  till.do({ kind: 'pause_over' });
  assert.deepEqual(types(till.outbox), ['closing_signed']);
  assert.equal(till.state.phase, 'closed');
});

test('peers that know the simple close get the signature at once', () => {
  const pair = usablePair();
  for (const end of [pair.alice, pair.bob]) end.env = { ...end.env, option_simple_close: true };
  pair.bob.do({ kind: 'shutdown' });
  feerateUnderWay(pair.alice);
  deliver(pair.bob, pair.alice);
  deliver(pair.alice, pair.bob);
  pair.bob.do({ kind: 'commit' });
  assert.deepEqual(types(pair.bob.outbox), ['revoke_and_ack', 'commitment_signed']);
  pair.exchange();
  bothClosed(pair);
});

test('an opener that waits for the signature of its last feerate gets it after a pause', () => {
  const pair = usablePair();
  const { alice: peer, bob: till } = pair;
  till.do({ kind: 'shutdown' });
  feerateUnderWay(peer);
  deliver(till, peer);
  deliver(peer, till);
  till.do({ kind: 'commit' });
  deliver(till, peer);
  assert.deepEqual(peer.outbox, [], 'it says nothing before our signature is there');
  till.do({ kind: 'pause_over' });
  assert.deepEqual(types(till.outbox), ['commitment_signed']);
  pair.exchange();
  bothClosed(pair);
});

test('the signature is held back again after a reconnection', () => {
  const pair = usablePair();
  const { alice: peer, bob: till } = pair;
  till.do({ kind: 'shutdown' });
  feerateUnderWay(peer);
  deliver(till, peer);
  deliver(peer, till);
  till.do({ kind: 'commit' });
  pair.disconnect();
  till.take('pause');
  pair.reconnect();
  for (let round = 0; round < 3; round++) {
    deliver(till, peer);
    deliver(peer, till);
    till.do({ kind: 'commit' });
  }
  assert.ok(till.take('pause').length > 0);
  till.do({ kind: 'message', message: closingSigned(peer, till) });
  assert.equal(till.state.phase, 'closed');
});

test('we opened, and the peer never signs our last feerate: we begin to close after a pause', () => {
  const { alice: till, bob: peer } = usablePair();
  feerateUnderWay(till);
  peer.do({ kind: 'shutdown' });
  deliver(till, peer);
  const said = peer.outbox.splice(0).filter(({ type }) => type !== 'commitment_signed');
  for (const message of said) till.do({ kind: 'message', message });
  assert.deepEqual(types(said), ['shutdown', 'revoke_and_ack']);
  till.do({ kind: 'commit' });
  assert.deepEqual(types(till.outbox.splice(0)), ['shutdown']);
  assert.ok(till.take('pause').length > 0);
  till.do({ kind: 'pause_over' });
  const [offer] = till.outbox.splice(0);
  assert.equal(offer?.type, 'closing_signed');
  till.do({ kind: 'message', message: closingSigned(peer, till, (offer as { fee_satoshis: bigint }).fee_satoshis) });
  assert.equal(till.state.phase, 'closed');
});

test('we opened and our feerate is under way: shutdown waits for it, since a peer may sign nothing after its own', () => {
  const pair = usablePair();
  const { alice: till, bob: peer } = pair;
  feerateUnderWay(till);
  till.do({ kind: 'shutdown' });
  assert.deepEqual(types(till.outbox), ['update_fee', 'commitment_signed']);
  pair.exchange();
  assert.equal(peer.state.remote_shutdown_script !== undefined, true);
  bothClosed(pair);
});

test('what the peer still says about commitments once the close is signed is passed over', () => {
  const { alice: peer, bob: till } = usablePair();
  till.do({ kind: 'shutdown' });
  feerateUnderWay(peer);
  deliver(till, peer);
  deliver(peer, till);
  till.do({ kind: 'message', message: closingSigned(peer, till) });
  assert.equal(till.state.phase, 'closed');
  const before = till.state;
  const { channel_id } = till.state.terms;
  till.do({ kind: 'message', message: { type: 'update_fee', channel_id, feerate_per_kw: 3_000 } });
  const signature = '00'.repeat(64);
  till.do({ kind: 'message', message: { type: 'commitment_signed', channel_id, signature, htlc_signatures: [] } });
  assert.equal(till.state, before);
});

test('both ends are Till, and the signature and the negotiation cross', () => {
  const pair = usablePair();
  pair.bob.do({ kind: 'shutdown' });
  feerateUnderWay(pair.alice);
  pair.exchange();
  bothClosed(pair);
});
