/**
 * Losing the connection and finding each other again (BOLT 2, Message Retransmission): what was never signed is
 * forgotten by its receiver, what was signed is sent again in its old order, and whoever is behind for good learns it
 * before harm is done.
 */

import type { ChannelReestablish } from '../../codec/wire/index.ts';
import { canCommit, sendCommitment, sendRevocation } from './commit.ts';
import { failChannel, sendFailure, setAside } from './failure.ts';
import { fail, warn } from './fault.ts';
import { sendAdd } from './htlc.ts';
import { isOwedSignature } from './pending.ts';
import { confirmReady, resumeAnnouncement, sendReady } from './ready.ts';
import { sendRemoval } from './remove.ts';
import { resumeShutdown, sendShutdown } from './shutdown.ts';
import { COMMITTED, PROPOSED, type Stage } from './stage.ts';
import type { ChannelState } from './state.ts';
import { send, type Turn } from './turn.ts';
import { takeBackUnsent } from './unsent.ts';

/** Nothing is agreed on closing: each connection begins again. */
const NO_NEGOTIATION = { negotiation: undefined, offered_close: undefined, shutdown_heard: false } as const;

const NO_SECRET = '00'.repeat(32);
/** How many warnings of one connection are answered by a peer that has lost data: no answer follows an answer for ever. */
const MOST_REMINDERS = 3;

/**
 * A connection is there: says where we are. A channel that is over is silent until the peer asks where it is, which is
 * answered with the error (BOLT 2, Message Retransmission): a peer that has closed the channel too may hang up at each error
 * (Electrum does), and its other channels go with it.
 */
export function connect(turn: Turn): void {
  turn.state = forgetUnsigned(turn.state);
  const { state, env } = turn;
  if (state.phase === 'spent' || (state.failure !== undefined && !state.failure.data_loss)) return;
  // LND owes a signature after its last revocation, forgets so when it stops, and signs only behind a revocation that it
  // says again (docs/decisions/0056): without that the HTLC stays until it has to be closed for.
  const revocation_repeated = state.failure === undefined && isOwedSignature(state);
  const revoked = state.remote_number - (revocation_repeated ? 1 : 0);
  send(turn, {
    type: 'channel_reestablish',
    channel_id: state.terms.channel_id,
    // Some peers (LND) close for nothing that we say, but for a number that cannot be. 0 is what LND itself says after a
    // loss of data, and others take it for that.
    next_commitment_number: state.failure?.data_loss === true ? 0n : BigInt(state.local_number + 1),
    next_revocation_number: BigInt(revoked),
    your_last_per_commitment_secret: secretBefore(turn, revoked),
    my_current_per_commitment_point: env.signer.perCommitmentPoint(state.local_number),
  });
  const fresh = { ...NO_NEGOTIATION, announcement_sent: false, reminders_left: MOST_REMINDERS, revocation_repeated };
  turn.state = { ...state, link: 'reestablishing', ...fresh };
}

/** A connection is there, and this channel takes no part in it. */
export function rest(turn: Turn): void {
  turn.state = { ...forgetUnsigned(turn.state), link: 'aside', ...NO_NEGOTIATION };
}

/** The secret of the peer's commitment before this one, which it has revoked. */
function secretBefore({ state, env }: Turn, number: number): string {
  return number === 0 ? NO_SECRET : env.signer.findSecret(state.remote_secrets, number - 1);
}

/** The connection is gone. */
export function disconnect(turn: Turn): void {
  turn.state = { ...forgetUnsigned(turn.state), link: 'down', ...NO_NEGOTIATION };
}

/** The state without the peer's proposals that it has not signed: it will make them again, or not. */
export function forgetUnsigned(state: ChannelState): ChannelState {
  const kept = state.htlcs.filter(({ offered_by, added }) => offered_by !== 'remote' || added !== PROPOSED);
  const htlcs = kept.map((htlc) =>
    htlc.offered_by === 'local' && htlc.removed === PROPOSED ? { ...htlc, removal: undefined } : htlc,
  );
  const feerates =
    state.terms.opener === 'remote' ? state.feerates.filter(({ stage }) => stage !== PROPOSED) : state.feerates;
  const forgotten = BigInt(state.htlcs.length - kept.length);
  return { ...state, htlcs, feerates, remote_next_htlc_id: state.remote_next_htlc_id - forgotten };
}

/** The peer says where it is. Throws Violation. */
export function receiveReestablish(turn: Turn, message: ChannelReestablish): void {
  const { state } = turn;
  if (state.link !== 'reestablishing') warn('channel_reestablish: the channel is established already');
  if (state.failure?.data_loss === true) {
    // Wherever the peer is, we cannot follow: it must close.
    sendFailure(turn, state.failure.reason);
    return;
  }
  if (message.next_commitment_number === 0n) {
    endForgotten(turn);
    return;
  }
  const revoke = owesRevocation(turn, message);
  if (turn.state.failure?.data_loss === true) return;
  if (isBehind(state, message)) {
    waitForLatest(turn, message);
    return;
  }
  const sign = owesCommitment(state, message);

  if (state.peer_behind_height !== undefined) turn.store = true;
  turn.state = { ...state, link: 'up', peer_behind_height: undefined };
  if (message.next_commitment_number === 1n && state.local_number === 0 && state.ready_sent) sendReady(turn);
  confirmReady(turn);
  if (revoke && !state.revoked_after_signing) sendRevocation(turn);
  if (sign) {
    sendUpdates(turn, COMMITTED);
    sendCommitment(turn);
  }
  if (revoke && state.revoked_after_signing) sendRevocation(turn);
  takeBackUnsent(turn);
  sendUpdates(turn, PROPOSED);
  if (state.shutdown_sent) sendShutdown(turn);
  resumeShutdown(turn);
  resumeAnnouncement(turn);
  turn.effects.push({ kind: 'reestablished' });
  if (canCommit(turn.state)) turn.effects.push({ kind: 'commit_due' });
}

/** Whether our last revoke_and_ack was lost. Also finds out when it is our own state that is old. */
function owesRevocation(turn: Turn, message: ChannelReestablish): boolean {
  const { state, env } = turn;
  const { next_revocation_number, your_last_per_commitment_secret } = message;
  const revoked = BigInt(state.local_number);
  if (next_revocation_number > revoked) {
    // Any secret below 2^48 can be made from our seed, so the peer cannot claim what it does not know.
    const known = next_revocation_number < 1n << 48n;
    const expected = known ? env.signer.perCommitmentSecret(Number(next_revocation_number) - 1) : undefined;
    if (expected === undefined || expected !== your_last_per_commitment_secret) {
      fail('channel_reestablish: your_last_per_commitment_secret does not prove next_revocation_number');
    }
    return loseData(turn);
  }
  const expected =
    next_revocation_number === 0n ? NO_SECRET : env.signer.perCommitmentSecret(Number(next_revocation_number) - 1);
  if (your_last_per_commitment_secret !== expected) {
    fail('channel_reestablish: your_last_per_commitment_secret is wrong');
  }
  return next_revocation_number + 1n === revoked;
}

/** The number of the last commitment of the peer that we signed. */
function signedNumber({ remote_number, awaiting_revocation }: ChannelState): bigint {
  return BigInt(remote_number + (awaiting_revocation ? 1 : 0));
}

/** Whether the peer's state is older than what it acknowledged: no message that was lost on the way explains it. */
function isBehind(state: ChannelState, message: ChannelReestablish): boolean {
  return (
    message.next_revocation_number + 1n < BigInt(state.local_number) ||
    message.next_commitment_number < signedNumber(state) + (state.awaiting_revocation ? 0n : 1n)
  );
}

/**
 * The peer was restored from an old copy. It is told, and may come back with its latest state (BOLT 2, rationale): when it
 * says `error` the channel is closed, and after a while in any case.
 */
function waitForLatest(turn: Turn, { next_commitment_number, next_revocation_number }: ChannelReestablish): void {
  const { state, env } = turn;
  // A mutual close that both have signed is on its way: what the peer has forgotten is no longer needed.
  if (state.phase === 'closed') {
    setAside(turn, 'channel_reestablish', 'the peer came back with an old state, and the channel is closed already');
    return;
  }
  const reason =
    `you have lost data: you are at commitment ${next_commitment_number} and revocation ${next_revocation_number}, we at ` +
    `${signedNumber(state) + 1n} and ${state.local_number}. Come back with your latest state, or say error and we close`;
  if (state.peer_behind_height === undefined) {
    turn.state = { ...state, peer_behind_height: env.height };
    turn.store = true;
  }
  turn.state = { ...turn.state, link: 'aside' };
  sendFailure(turn, reason);
  turn.effects.push({ kind: 'peer_behind', reason });
}

/** No commitment is next: so LDK and LND say that they no longer have the channel, and that it is for us to close it. */
function endForgotten(turn: Turn): void {
  const reason =
    'it no longer has this channel, and asks us to close it (channel_reestablish with next_commitment_number 0)';
  if (turn.state.phase === 'closed') {
    setAside(turn, 'channel_reestablish', reason);
    return;
  }
  failChannel(turn, 'remote', reason);
  // Who waits for our word before it looks for our commitment gets it.
  if (turn.state.phase === 'failed') sendFailure(turn, 'closed, as you asked');
}

/** The peer proved that it holds a revocation which we do not remember giving: our state is old. */
function loseData(turn: Turn): false {
  const reason = 'we have lost data: the peer is ahead of us, and must close the channel';
  turn.state = { ...turn.state, phase: 'failed', failure: { by: 'local', reason, data_loss: true } };
  turn.store = true;
  sendFailure(turn, reason);
  turn.effects.push({ kind: 'channel_failed', reason, data_loss: true });
  return false;
}

/** Whether our last commitment_signed was lost. */
function owesCommitment(state: ChannelState, { next_commitment_number }: ChannelReestablish): boolean {
  const signed = signedNumber(state);
  if (next_commitment_number === signed + 1n) return false;
  if (state.awaiting_revocation && next_commitment_number === signed) return true;
  fail(`channel_reestablish: commitment ${next_commitment_number} is not the next after ${signed}`);
}

/** Sends again our updates that have come just so far: those that the last signature brought, or the ones after it. */
function sendUpdates(turn: Turn, stage: Stage): void {
  const { terms, htlcs, feerates } = turn.state;
  // Removals give, the feerate takes, adds take: in this order the peer finds each affordable, whatever the old one was.
  for (const htlc of htlcs) {
    if (htlc.offered_by === 'remote' && htlc.removal !== undefined && htlc.removed === stage) sendRemoval(turn, htlc);
  }
  if (terms.opener === 'local') {
    for (const { stage: at, feerate_per_kw } of feerates) {
      if (at === stage) send(turn, { type: 'update_fee', channel_id: terms.channel_id, feerate_per_kw });
    }
  }
  for (const htlc of htlcs) if (htlc.offered_by === 'local' && htlc.added === stage) sendAdd(turn, htlc);
}
