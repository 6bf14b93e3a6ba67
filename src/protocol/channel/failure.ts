/** How a channel ends badly: errors said and heard, warnings, and our commitment brought to the chain (BOLT 1, BOLT 5). */

import type { ErrorMessage, Warning } from '../../codec/wire/index.ts';
import { commitmentView } from './commitment.ts';
import type { Violation } from './fault.ts';
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
export function sendFailure(turn: Turn, failure: Failure): void {
  const { channel_id } = turn.state.terms;
  send(turn, { type: 'error', channel_id, data: encoder.encode(failure.reason) });
}

/**
 * Ends the channel: our latest commitment goes to the chain, unless the channel is over already or our state is known
 * to be old.
 */
export function failChannel(turn: Turn, by: Side, reason: string): void {
  const { state } = turn;
  if (state.phase === 'failed' || state.phase === 'spent') return;
  if (isUnfunded(state)) {
    forget(turn, by, reason);
    return;
  }
  const failure: Failure = { by, reason, data_loss: false };
  turn.store = true;
  turn.state = { ...state, phase: 'failed', failure };
  if (by === 'local' && state.link !== 'down') sendFailure(turn, failure);
  turn.effects.push(
    { kind: 'channel_failed', reason, data_loss: false },
    { kind: 'broadcast', purpose: 'commitment', transaction: latestCommitment(turn) },
  );
}

/**
 * Whether the peer opened the channel, and no block holds its funding: nothing of ours can be in it. A channel that may
 * be used before it confirms is another matter.
 */
export function isUnfunded({ terms, phase, funding_confirmation }: ChannelState): boolean {
  return (
    phase === 'opening' && terms.opener === 'remote' && terms.minimum_depth > 0 && funding_confirmation === undefined
  );
}

/** Gives up a channel that has nothing of ours in it. The peer hears why, unless it was the peer that said so. */
export function forget(turn: Turn, by: Side, reason: string): void {
  if (by === 'local' && turn.state.link !== 'down') sendFailure(turn, { by, reason, data_loss: false });
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
 * The peer says `error`: the channel fails. When a mutual close is signed that is on its way to the chain already. On a
 * channel that has failed it is an answer to ours, so the peer need not hear that again.
 */
export function receiveError(turn: Turn, message: ErrorMessage): void {
  const { state } = turn;
  const { phase, failure } = state;
  if (phase === 'closed') return;
  if (phase === 'failed' && failure?.by === 'local' && !failure.data_loss) {
    turn.store = true;
    turn.state = { ...state, failure: { ...failure, by: 'remote' } };
    return;
  }
  failChannel(turn, 'remote', printable(message.data));
}

/** The peer says `warning`: for the log. */
export function receiveWarning(turn: Turn, message: Warning): void {
  turn.effects.push({ kind: 'peer_warned', text: printable(message.data) });
}

/** What a broken rule leads to, on the state as it was before the message. */
export function applyViolation(turn: Turn, violation: Violation): void {
  // Once a mutual close is signed there is nothing to win by another transaction.
  if (violation.kind === 'error' && turn.state.phase !== 'closed') {
    failChannel(turn, 'local', violation.message);
    return;
  }
  const { channel_id } = turn.state.terms;
  send(turn, { type: 'warning', channel_id, data: encoder.encode(violation.message) });
  turn.effects.push({ kind: 'disconnect', reason: violation.message });
}

/** Whether the channel is over and nothing but the chain matters. */
export function isOver(state: ChannelState): boolean {
  return state.phase === 'failed' || state.phase === 'spent';
}
