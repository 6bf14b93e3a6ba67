/** How a channel ends badly: errors said and heard, warnings, and our commitment brought to the chain (BOLT 1, BOLT 5). */

import type { ErrorMessage, Warning } from '../../codec/wire/index.ts';
import { commitmentView } from './commitment.ts';
import type { Violation } from './fault.ts';
import { holdsOurs, isUnfunded } from './funding.ts';
import type { ChannelMessage } from './message.ts';
import { LOCAL_LATEST, type Side } from './stage.ts';
import type { ChannelState, Failure } from './state.ts';
import { send, type Turn } from './turn.ts';

const encoder = new TextEncoder();
const PRINTABLE = /^[\x20-\x7e]*$/;

/** What is kept of a peer's words: nobody reads more, and they go into the store. */
const MAX_TEXT_LENGTH = 500;

/** The text of an error or warning as it may be shown: BOLT 1 forbids to print what is not printable ASCII. */
export function printable(data: Uint8Array): string {
  const text = Buffer.from(data.subarray(0, MAX_TEXT_LENGTH)).toString('latin1');
  return PRINTABLE.test(text) ? text : `${data.length} bytes that are not printable`;
}

/** Says `error` for this channel, for the first time or again. */
export function sendFailure(turn: Turn, reason: string): void {
  const { channel_id } = turn.state.terms;
  send(turn, { type: 'error', channel_id, data: encoder.encode(reason) });
}

/**
 * Ends the channel: our latest commitment goes to the chain, unless the channel is over already or our state is known
 * to be old.
 */
export function failChannel(turn: Turn, by: Side, reason: string): void {
  const { state } = turn;
  if (state.phase === 'failed' || state.phase === 'spent') return;
  const isPromise = isUnfunded(state);
  if (isPromise && !holdsOurs(state)) {
    forget(turn, by, reason);
    return;
  }
  const failure: Failure = { by, reason, data_loss: false };
  turn.store = true;
  turn.state = { ...state, phase: 'failed', failure };
  if (by === 'local' && state.link !== 'down') sendFailure(turn, reason);
  if (isPromise) turn.effects.push({ kind: 'waits_for_funding', reason });
  else bringToChain(turn, reason);
}

/** Our commitment goes to the chain. */
function bringToChain(turn: Turn, reason: string): void {
  turn.effects.push(
    { kind: 'channel_failed', reason, data_loss: false },
    { kind: 'broadcast', purpose: 'commitment', transaction: latestCommitment(turn) },
  );
}

/** A block holds the funding of a channel that failed before: what the peer has pushed to us can be had now. */
export function claimPushed(turn: Turn): void {
  const { failure } = turn.state;
  if (failure !== undefined && !failure.data_loss) bringToChain(turn, failure.reason);
}

/** Gives up a channel that has nothing of ours in it. The peer hears why, unless it was the peer that said so. */
export function forget(turn: Turn, by: Side, reason: string): void {
  if (by === 'local' && turn.state.link !== 'down') sendFailure(turn, reason);
  turn.effects.push({ kind: 'channel_forgotten', reason });
}

/** Our latest commitment with both signatures, serialized, hex. Never call it for a state with `data_loss`. */
export function latestCommitment({ state, env }: Pick<Turn, 'state' | 'env'>): string {
  if (state.failure?.data_loss === true) throw new RangeError('an old state must never be broadcast');
  const { terms, local_number } = state;
  const point = env.signer.perCommitmentPoint(local_number);
  const view = commitmentView(state, 'local', local_number, point, LOCAL_LATEST);
  const signatures = { signature: state.local_signature, htlc_signatures: state.local_htlc_signatures };
  return env.signer.completeCommitment(terms, view, signatures);
}

/**
 * What LND says when something on its own side went wrong, though the channel is sound and its next connection goes on
 * (docs/decisions/0023): a queue that stops while something waits for a signature, a close asked for too early.
 */
const TAKEN_BACK: readonly RegExp[] = [
  /(^|: )internal error$/,
  /^link failed to shutdown$/,
  /^cannot co-op close channel w\/ active htlcs$/,
];

/** Whether the peer says `error` and does not mean it: it goes on with the channel when it is called again. */
function isTakenBack(text: string): boolean {
  return TAKEN_BACK.some((pattern) => pattern.test(text.trim()));
}

/**
 * The peer says `error`: the channel fails, unless it is an error that the peer takes back. When a mutual close is signed
 * that is on its way to the chain already.
 */
export function receiveError(turn: Turn, message: ErrorMessage): void {
  const { state } = turn;
  const { phase } = state;
  if (phase === 'closed' || phase === 'spent') return;
  const text = printable(message.data);
  if (phase !== 'failed' && isTakenBack(text)) {
    setAside(turn, 'error', `the peer says: ${text}`);
    return;
  }
  failChannel(turn, 'remote', text);
}

/** The peer says `warning`: for the log. One that we ask to close the channel has not understood: it is asked again. */
export function receiveWarning(turn: Turn, message: Warning): void {
  turn.effects.push({ kind: 'peer_warned', text: printable(message.data) });
  if (turn.state.reminders_left > 0) remind(turn);
}

/** We have lost data, and only the peer can close the channel: asks it, again if need be. */
export function remind(turn: Turn): void {
  const { phase, link, failure, reminders_left } = turn.state;
  if (phase !== 'failed' || link === 'down' || failure?.data_loss !== true) return;
  turn.state = { ...turn.state, reminders_left: Math.max(0, reminders_left - 1) };
  sendFailure(turn, failure.reason);
}

/** What comes for this channel on this connection is not read any more. Said once for each connection. */
export function setAside(turn: Turn, cause: ChannelMessage['type'], reason: string): void {
  if (turn.state.link === 'aside') return;
  turn.state = { ...turn.state, link: 'aside', negotiation: undefined };
  turn.effects.push({ kind: 'set_aside', cause, reason });
}

/** What a broken rule leads to, on the state as it was before the message of this type. */
export function applyViolation(turn: Turn, violation: Violation, cause: ChannelMessage['type']): void {
  // Once a mutual close is signed there is nothing to win by another transaction.
  if (violation.kind === 'error' && turn.state.phase !== 'closed') {
    failChannel(turn, 'local', violation.message);
    return;
  }
  const { channel_id } = turn.state.terms;
  send(turn, { type: 'warning', channel_id, data: encoder.encode(violation.message) });
  setAside(turn, cause, violation.message);
}

/** Whether the channel is over and nothing but the chain matters. */
export function isOver(state: ChannelState): boolean {
  return state.phase === 'failed' || state.phase === 'spent';
}
